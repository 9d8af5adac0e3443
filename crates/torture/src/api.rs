//! `raftkv` over HTTP: one request, and what its answer means for a history.
//!
//! An answer is a success, a refusal (it did not happen and never will), or nothing that tells:
//! it may have happened, and may still. Whatever is not surely one of the first two is the third.

use std::io;
use std::time::Duration;

use serde_json::Value as Json;
use system::{Admin, ConfChange, Op, Output, ReadMode, ReadPath, SessionSeq, Value};
use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body, Error};

/// What an operation answered, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) output: Output,
    /// The index of the log at which it took effect or was read; 0 if it has none.
    pub(crate) index: u64,
    /// How it was served; `None` if the server does not say.
    pub(crate) path: Option<ReadPath>,
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// It happened.
    Done(T),
    /// It did not happen and never will.
    Refused {
        /// Why, in the word of [`system::Refusal`] if it was the node who refused.
        why: &'static str,
        /// Where the leader is, if that is known.
        leader: Option<String>,
    },
    /// Nobody can tell.
    Lost(&'static str),
}

/// Which of the two interfaces is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `/v1`.
    #[default]
    Own,
    /// That of etcd's raftexample: `PUT /key`, `GET /key`, and nothing else.
    Raftexample,
}

/// A connection to each server, kept for the next request.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    agent: Agent,
    dialect: Dialect,
}

impl Api {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("squall-torture")
            .build();
        Api { agent: config.new_agent(), dialect }
    }

    /// An operation on the store.
    pub(crate) fn operate(
        &self,
        server: &str,
        op: &Op,
        read: ReadMode,
        session: Option<SessionSeq>,
        within: Duration,
    ) -> Answer<Done> {
        let key = escaped(op.key());
        let uri = match self.dialect {
            Dialect::Raftexample => format!("{server}/{key}{}", query(op, read)),
            Dialect::Own => format!("{server}/v1/kv/{key}{}", query(op, read)),
        };
        let (method, body) = match op {
            Op::Get { .. } => ("GET", None),
            Op::Put { value, .. } | Op::Cas { value, .. } => ("PUT", Some(value)),
            Op::Append { value, .. } => ("POST", Some(value)),
            Op::Delete { .. } => ("DELETE", None),
        };
        let headers = session.map(|at| (at.session.to_string(), at.seq.to_string()));
        match self.send(method, &uri, body, headers, within) {
            Ok(response) => read_output(op, response),
            Err(error) => unanswered(&error),
        }
    }

    /// Opens a session.
    pub(crate) fn open_session(&self, server: &str, within: Duration) -> Answer<u64> {
        let uri = format!("{server}/v1/session");
        match self.send("POST", &uri, None, None, within) {
            Ok(mut response) if response.status().is_success() => {
                let session = json(&mut response).and_then(|body| body["session"].as_u64());
                session.map_or(Answer::Lost("malformed-answer"), Answer::Done)
            }
            Ok(response) => refused(response),
            Err(error) => unanswered(&error),
        }
    }

    /// A change of the cluster of one node. `address` is where a node that is added is dialed.
    pub(crate) fn change(
        &self,
        server: &str,
        admin: &Admin,
        address: impl Fn(u64) -> String,
        within: Duration,
    ) -> Answer<()> {
        let mut sent = Answer::Refused { why: "unsupported", leader: None };
        let requests: Vec<(&str, String, Option<Value>)> = match admin {
            Admin::Transfer { to } => {
                vec![("POST", format!("{server}/v1/transfer?to={to}"), None)]
            }
            Admin::Reconfigure { changes, .. } => changes
                .iter()
                .map(|change| {
                    let id = change.node();
                    let uri = format!("{server}/v1/members/{id}");
                    let peer = || Some(Value::from(address(id)));
                    match change {
                        ConfChange::AddVoter(_) => ("POST", uri, peer()),
                        ConfChange::AddLearner(_) => ("POST", uri + "?learner=true", peer()),
                        ConfChange::Remove(_) => ("DELETE", uri, None),
                    }
                })
                .collect(),
        };
        for (method, uri, body) in requests {
            sent = match self.send(method, &uri, body.as_ref(), None, within) {
                Ok(response) if response.status().is_success() => Answer::Done(()),
                Ok(response) => refused(response),
                Err(error) => unanswered(&error),
            };
            if !matches!(sent, Answer::Done(())) {
                break;
            }
        }
        sent
    }

    /// A document that the server has about itself.
    pub(crate) fn document(&self, server: &str, path: &str, within: Duration) -> Option<Json> {
        let mut response = self.send("GET", &format!("{server}{path}"), None, None, within).ok()?;
        response.status().is_success().then(|| json(&mut response)).flatten()
    }

    fn send(
        &self,
        method: &str,
        uri: &str,
        body: Option<&Value>,
        session: Option<(String, String)>,
        within: Duration,
    ) -> Result<Response<Body>, Error> {
        let uri: Uri = uri.parse().map_err(|_| Error::BadUri(uri.to_owned()))?;
        let mut request = ureq::http::Request::builder().method(method).uri(uri);
        if let Some((session, sequence)) = session {
            request = request.header("Raftkv-Session", session);
            request = request.header("Raftkv-Sequence", sequence);
        }
        let body = body.map_or(&[][..], |value| &value[..]).to_vec();
        let takes_body = matches!(method, "PUT" | "POST");
        if takes_body {
            let request = request.body(body)?;
            let configured = self.agent.configure_request(request);
            return self.agent.run(configured.timeout_global(Some(within)).build());
        }
        let request = request.body(())?;
        let configured = self.agent.configure_request(request);
        self.agent.run(configured.timeout_global(Some(within)).build())
    }
}

fn query(op: &Op, read: ReadMode) -> String {
    match op {
        Op::Get { .. } => format!("?consistency={}", read.name()),
        Op::Cas { expect: Some(expect), .. } => format!("?expect={}", escaped(expect)),
        Op::Cas { expect: None, .. } => "?expect-absent".to_owned(),
        _ => String::new(),
    }
}

fn read_output(op: &Op, mut response: Response<Body>) -> Answer<Done> {
    let done = done(&response);
    match (op, response.status()) {
        (Op::Get { .. }, StatusCode::OK) => match response.body_mut().read_to_vec() {
            Ok(value) => Answer::Done(done(Output::Value(Some(value.into())))),
            Err(error) => unanswered(&error),
        },
        (Op::Get { .. }, StatusCode::NOT_FOUND) => drained(response, done(Output::Value(None))),
        (Op::Cas { .. }, StatusCode::PRECONDITION_FAILED) => {
            drained(response, done(Output::Swapped(false)))
        }
        (Op::Get { .. }, _) => refused(response),
        (Op::Cas { .. }, status) if status.is_success() => {
            drained(response, done(Output::Swapped(true)))
        }
        (_, status) if status.is_success() => drained(response, done(Output::Done)),
        _ => refused(response),
    }
}

/// What the headers say about an answer.
fn done(response: &Response<Body>) -> impl Fn(Output) -> Done + use<> {
    let header = |name| response.headers().get(name)?.to_str().ok();
    let index = header("Raftkv-Index").and_then(|text| text.parse().ok()).unwrap_or(0);
    let path = header("Raftkv-Path").and_then(path_named);
    move |output| Done { output, index, path }
}

fn path_named(name: &str) -> Option<ReadPath> {
    use ReadPath::{FollowerReadIndex, Lease, Local, Log, ReadIndex, Session};
    let all = [Log, Session, ReadIndex, FollowerReadIndex, Lease, Local];
    all.into_iter().find(|path| path.name() == name)
}

/// A connection is used again only if its last answer was read to its end.
fn drained<T>(mut response: Response<Body>, value: T) -> Answer<T> {
    // The status has said it all.
    let _ = response.body_mut().read_to_vec();
    Answer::Done(value)
}

/// An answer that is no success: it says whether the request may have happened.
fn refused<T>(mut response: Response<Body>) -> Answer<T> {
    let header = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let outcome = header("Raftkv-Outcome");
    let leader = header("Raftkv-Leader").map(|url| url.trim_end_matches('/').to_owned());
    let why = match response.status() {
        StatusCode::GONE => "session-expired",
        StatusCode::CONFLICT if is_superseded(&mut response) => "superseded",
        StatusCode::CONFLICT => "invalid-change",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::NOT_IMPLEMENTED => "unsupported",
        status if status.is_client_error() => "bad-request",
        _ => "unavailable",
    };
    let _ = response.body_mut().read_to_vec();
    match outcome.as_deref() {
        Some("failed") => Answer::Refused { why, leader },
        _ => Answer::Lost("not-known"),
    }
}

/// One status stands for two refusals.
fn is_superseded(response: &mut Response<Body>) -> bool {
    response.body_mut().read_to_string().is_ok_and(|text| text.contains("session"))
}

/// No answer. Who was never reached did nothing.
fn unanswered<T>(error: &Error) -> Answer<T> {
    let never_sent = match error {
        Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        Error::Timeout(ureq::Timeout::Connect) | Error::ConnectionFailed => true,
        _ => false,
    };
    match error {
        _ if never_sent => Answer::Refused { why: "unreachable", leader: None },
        Error::Timeout(_) => Answer::Lost("timeout"),
        _ => Answer::Lost("connection-lost"),
    }
}

fn json(response: &mut Response<Body>) -> Option<Json> {
    serde_json::from_str(&response.body_mut().read_to_string().ok()?).ok()
}

/// Bytes in a path or a query.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_escaped() {
        assert_eq!(escaped(b"k1-._~"), "k1-._~");
        assert_eq!(escaped(b"1.2;3 /\xff"), "1.2%3B3%20%2F%FF");
    }

    #[test]
    fn nobody_there_means_that_nothing_happened() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("http://{}", listener.local_addr().expect("bound"));
        let op = Op::Put { key: "x".into(), value: "1".into() };
        let ask = |within| {
            Api::new(Dialect::Own).operate(&server, &op, ReadMode::ReadIndex, None, within)
        };
        // The system takes the connection, and nobody ever answers.
        assert_eq!(ask(Duration::from_millis(50)), Answer::Lost("timeout"));
        drop(listener);
        let refused = Answer::Refused { why: "unreachable", leader: None };
        assert_eq!(ask(Duration::from_secs(5)), refused);
    }
}
