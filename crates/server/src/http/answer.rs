//! How a request ended, as an HTTP answer.
//!
//! | | status | `Raftkv-Outcome` |
//! |---|---|---|
//! | done | 200, 201, 204; a key that is absent: 404 | |
//! | compared, and not swapped | 412 | |
//! | never happened, and trying again may help | 503, `Retry-After` | `failed` |
//! | never happened, and trying again will not help | 4xx, 501 | `failed` |
//! | may have happened, and may still happen | 503, `Retry-After` | `unknown` |
//!
//! `Raftkv-Index` is the index of the log at which it took effect or was read; `Raftkv-Path` says
//! how; `Raftkv-Leader` is the client address of the leader, if that is known.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use system::{Output, Refusal, Reply};

use super::route::Problem;
use crate::shared::Shared;

/// An answer to a client.
pub(super) type Answer = Response<Full<Bytes>>;

const OUTCOME: HeaderName = HeaderName::from_static("raftkv-outcome");
const INDEX: HeaderName = HeaderName::from_static("raftkv-index");
const PATH: HeaderName = HeaderName::from_static("raftkv-path");
const LEADER: HeaderName = HeaderName::from_static("raftkv-leader");

/// An answer with a body of a type.
pub(super) fn body(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

fn text(status: StatusCode, reason: &str, outcome: &'static str) -> Answer {
    let mut answer = body(status, "text/plain; charset=utf-8", format!("{reason}\n"));
    answer.headers_mut().insert(OUTCOME, HeaderValue::from_static(outcome));
    answer
}

/// What was asked makes no sense.
pub(super) fn problem(problem: &Problem) -> Answer {
    text(problem.status, &problem.reason, "failed")
}

/// It never happened; trying again may help.
pub(super) fn unavailable(shared: &Shared, reason: &str) -> Answer {
    again(shared, text(StatusCode::SERVICE_UNAVAILABLE, reason, "failed"))
}

/// Nobody can tell whether it happened.
pub(super) fn unknown(shared: &Shared, reason: &str) -> Answer {
    again(shared, text(StatusCode::SERVICE_UNAVAILABLE, reason, "unknown"))
}

/// Where and when to try again.
fn again(shared: &Shared, mut answer: Answer) -> Answer {
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    let leader = shared.view().leader;
    let url = if leader == shared.settings.id {
        Some(shared.settings.client_url.clone())
    } else {
        shared.book(|book| book.client(leader).map(str::to_owned))
    };
    if let Some(url) = url.and_then(|url| HeaderValue::from_str(&url).ok()) {
        answer.headers_mut().insert(LEADER, url);
    }
    answer
}

/// What the node said.
pub(super) fn reply(shared: &Shared, reply: Reply) -> Answer {
    let (response, index, path) = match reply {
        Reply::Ok { response, index, path } => (response, index, path),
        Reply::Failed(refusal) => return refused(shared, refusal),
        Reply::Unknown(reason) => return unknown(shared, reason),
    };
    let mut answer = match response {
        system::Response::Output(Output::Value(Some(value))) => {
            body(StatusCode::OK, "application/octet-stream", value)
        }
        system::Response::Output(Output::Value(None)) => {
            body(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "no such key\n")
        }
        system::Response::Output(Output::Swapped(false)) => {
            let reason = "the key does not hold what was expected\n";
            body(StatusCode::PRECONDITION_FAILED, "text/plain; charset=utf-8", reason)
        }
        system::Response::Session(session) => {
            let json = format!("{{\"session\":{session}}}\n");
            body(StatusCode::CREATED, "application/json", json)
        }
        system::Response::Output(Output::Done | Output::Swapped(true))
        | system::Response::Changed => empty(StatusCode::NO_CONTENT),
    };
    answer.headers_mut().insert(INDEX, HeaderValue::from(index));
    answer.headers_mut().insert(PATH, HeaderValue::from_static(path.name()));
    answer
}

fn refused(shared: &Shared, refusal: Refusal) -> Answer {
    let (status, reason) = match refusal {
        Refusal::NotLeader { .. } => (StatusCode::SERVICE_UNAVAILABLE, "this node does not lead"),
        Refusal::Dropped => (StatusCode::SERVICE_UNAVAILABLE, "the proposal was dropped"),
        Refusal::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "too much waits for a commit"),
        Refusal::ReadTimeout => (StatusCode::SERVICE_UNAVAILABLE, "the read was not confirmed"),
        Refusal::TransferFailed => (StatusCode::SERVICE_UNAVAILABLE, "the leadership did not move"),
        Refusal::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "the node stops or is no member"),
        Refusal::ChangePending => {
            (StatusCode::SERVICE_UNAVAILABLE, "another change of the cluster is under way")
        }
        Refusal::SessionExpired => (StatusCode::GONE, "the session expired or was never opened"),
        Refusal::Superseded => (StatusCode::CONFLICT, "the session has moved beyond this request"),
        Refusal::InvalidChange => {
            (StatusCode::CONFLICT, "the change makes no sense for the present members")
        }
        Refusal::Unsupported => (StatusCode::NOT_IMPLEMENTED, "the node does not offer this"),
        Refusal::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the key or the value is too long"),
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        unavailable(shared, reason)
    } else {
        text(status, reason, "failed")
    }
}
