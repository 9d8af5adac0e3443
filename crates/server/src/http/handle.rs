//! Doing what a request asks.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::HeaderMap;
use hyper::{Request as HttpRequest, StatusCode};
use system::{Admin, ConfChange, Op, ReadMode, Reply, Request, SessionSeq, Transition, View};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::route::{self, Problem, Route};
use super::{HEAD_BYTES_MAX, metrics, status};
use crate::args::Compat;
use crate::book::{self, Record};
use crate::shared::{Event, Shared};
use crate::url::Url;

/// Bytes of a body, at most: the node's own limit for values.
const BODY_BYTES_MAX: usize = 1 << 20;
/// For a body to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Answers a request, whatever it is.
pub(super) async fn handle(shared: &Arc<Shared>, request: HttpRequest<Incoming>) -> Answer {
    let answer = match attempt(shared, request).await {
        Ok(answer) => answer,
        Err(problem) => answer::problem(&problem),
    };
    let class = usize::from(answer.status().as_u16() / 100);
    shared.metrics.answers[class].add(1);
    answer
}

async fn attempt(shared: &Arc<Shared>, request: HttpRequest<Incoming>) -> Result<Answer, Problem> {
    check_head(&request)?;
    let route = route::route(request.method(), request.uri())?;
    let session = session(request.headers())?;
    let op = match route {
        Route::Get { key, read } => {
            let read = read.unwrap_or(default_read(shared));
            return Ok(ask(shared, Request::Op { op: Op::Get { key }, read, session: None }).await);
        }
        Route::Put { key } => Op::Put { key, value: body(request).await? },
        Route::Cas { key, expect } => Op::Cas { key, expect, value: body(request).await? },
        Route::Append { key } => Op::Append { key, value: body(request).await? },
        Route::Delete { key } => Op::Delete { key },
        Route::OpenSession => return Ok(ask(shared, Request::OpenSession).await),
        Route::AddMember { id, learner } => {
            let url = peer_address(shared, &body(request).await?)?;
            let change =
                if learner { ConfChange::AddLearner(id) } else { ConfChange::AddVoter(id) };
            return Ok(change_members(shared, change, Some(url)).await);
        }
        Route::RemoveMember { id } => {
            return Ok(change_members(shared, ConfChange::Remove(id), None).await);
        }
        Route::Transfer { to } => {
            return Ok(ask(shared, Request::Admin(Admin::Transfer { to })).await);
        }
        Route::Status => return Ok(status::status(shared)),
        Route::Members => return Ok(status::members(shared)),
        Route::Health => return Ok(status::health(shared)),
        Route::Metrics => return Ok(metrics::metrics(shared)),
    };
    Ok(ask(shared, Request::Op { op, read: ReadMode::ReadIndex, session }).await)
}

/// The buffer that a head is read into may grow beyond its limit in one step.
fn check_head(request: &HttpRequest<Incoming>) -> Result<(), Problem> {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>();
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    if headers + target <= HEAD_BYTES_MAX {
        return Ok(());
    }
    let reason = format!("expected target and headers of at most {HEAD_BYTES_MAX} bytes");
    Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, reason))
}

fn default_read(shared: &Shared) -> ReadMode {
    match shared.settings.compat {
        Some(Compat::Raftexample) => ReadMode::Local,
        None => ReadMode::ReadIndex,
    }
}

/// Lets the node do it.
async fn ask(shared: &Shared, request: Request) -> Answer {
    match outcome(shared, request).await {
        Ok(reply) => answer::reply(shared, reply),
        Err(answer) => *answer,
    }
}

/// Lets the node do it. `Err`: the answer if it has not said in time how it ended.
async fn outcome(shared: &Shared, request: Request) -> Result<Reply, Box<Answer>> {
    let is_read = matches!(&request, Request::Op { op, .. } if op.is_read());
    let (sender, receiver) = oneshot::channel();
    if !shared.post(Event::Request { request, answer: sender }) {
        return Err(Box::new(answer::unavailable(shared, "the node is busy or has ended")));
    }
    let reason = match timeout(shared.settings.request_time, receiver).await {
        Ok(Ok(reply)) => return Ok(reply),
        Ok(Err(_)) => "the node has ended",
        Err(_) => "not known in time",
    };
    // A read that nobody answers has done nothing.
    let answer =
        if is_read { answer::unavailable(shared, reason) } else { answer::unknown(shared, reason) };
    Err(Box::new(answer))
}

/// Adds or removes a member. Its address goes into the store first, so that no member meets the
/// change without knowing where to send (see [`book`]).
async fn change_members(shared: &Arc<Shared>, change: ConfChange, url: Option<Url>) -> Answer {
    if shared.settings.compat == Some(Compat::Raftexample) {
        // raftexample does not wait for the change either.
        let shared = Arc::clone(shared);
        tokio::spawn(async move { change_now(&shared, change, url).await });
        return answer::empty(StatusCode::NO_CONTENT);
    }
    change_now(shared, change, url).await
}

async fn change_now(shared: &Shared, change: ConfChange, url: Option<Url>) -> Answer {
    let id = change.node();
    let leaving = url.is_none();
    if let Some(url) = url.or_else(|| shared.book(|book| book.url(id).cloned())) {
        let op = Op::Put { key: book::key(id), value: Record { url, leaving }.encode() };
        let read = ReadMode::ReadIndex;
        match outcome(shared, Request::Op { op, read, session: None }).await {
            Ok(Reply::Ok { .. }) => {}
            // Whether the address is there says nothing about the membership.
            Ok(Reply::Unknown(reason)) => return answer::unavailable(shared, reason),
            Ok(failed) => return answer::reply(shared, failed),
            Err(answer) => return *answer,
        }
    }
    if is_so_already(&shared.view(), change) {
        return answer::empty(StatusCode::NO_CONTENT);
    }
    let (changes, transition) = (vec![change], Transition::Auto);
    ask(shared, Request::Admin(Admin::Reconfigure { changes, transition })).await
}

/// Whether a node is there already as it is to be added: then only its address is new.
fn is_so_already(view: &View, change: ConfChange) -> bool {
    match change {
        ConfChange::AddVoter(id) => view.voters.contains(id),
        ConfChange::AddLearner(id) => view.learners.contains(id),
        ConfChange::Remove(_) => false,
    }
}

/// The peer address in a body, if this node may send there.
fn peer_address(shared: &Shared, body: &[u8]) -> Result<Url, Problem> {
    let text = std::str::from_utf8(body.trim_ascii());
    let text = text.map_err(|_| Problem::bad("expected a peer address as the body"))?;
    let url = Url::parse(text).map_err(Problem::bad)?;
    shared.settings.may_dial(&url).map_err(Problem::bad)?;
    Ok(url)
}

/// The place in a session that the headers name.
fn session(headers: &HeaderMap) -> Result<Option<SessionSeq>, Problem> {
    let number = |name: &str| {
        let Some(value) = headers.get(name) else { return Ok(None) };
        let number = value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
        let number = number.filter(|&number| number > 0);
        let number =
            number.ok_or_else(|| Problem::bad(format!("{name}: expected a number from 1")))?;
        Ok(Some(number))
    };
    match (number("raftkv-session")?, number("raftkv-sequence")?) {
        (Some(session), Some(seq)) => Ok(Some(SessionSeq { session, seq })),
        (None, None) => Ok(None),
        _ => Err(Problem::bad("expected both of Raftkv-Session and Raftkv-Sequence, or neither")),
    }
}

/// The whole body.
async fn body(request: HttpRequest<Incoming>) -> Result<Bytes, Problem> {
    let too_large = || {
        let reason = format!("expected a body of at most {BODY_BYTES_MAX} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
    };
    let body = request.into_body();
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let Ok(collected) = timeout(BODY_TIME, Limited::new(body, BODY_BYTES_MAX).collect()).await
    else {
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"));
    };
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::bad("the body broke off")),
    }
}
