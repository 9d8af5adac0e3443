//! What a request asks, from its method and its target alone.
//!
//! | raftexample's paths | |
//! |---|---|
//! | `PUT /KEY`, `GET /KEY` | sets, reads a key |
//! | `POST /ID`, `DELETE /ID` | adds a member whose peer address is the body, removes one |
//!
//! | path | |
//! |---|---|
//! | `GET`, `PUT`, `DELETE /v1/kv/KEY` | `GET ?consistency=read-index` (or `lease`, `log`, `local`); `PUT ?expect=VALUE` or `?expect-absent` compares first |
//! | `POST /v1/kv/KEY` | appends the body |
//! | `POST /v1/session` | opens a session |
//! | `GET /v1/status`, `GET /v1/members` | |
//! | `POST /v1/members/ID`, `DELETE /v1/members/ID` | as above; `?learner` adds one without a vote |
//! | `POST /v1/transfer?to=ID` | hands over the leadership |
//! | `GET /metrics`, `GET /health` | |
//!
//! An id that was removed may be added again for a node that starts on its old directory. An empty
//! directory wants a new id: its node would not know for whom the old one has voted.
//!
//! Reserved: the short form does not reach keys named `metrics` or `health` or that begin with
//! `v1/`, and `DELETE /KEY` is about members; `/v1/kv/KEY` reaches all keys but those that begin
//! with a zero byte. In both forms `%XX` stands for a byte.

use bytes::Bytes;
use hyper::{Method, StatusCode, Uri};
use system::{NodeId, NodeSet, ReadMode};

/// Bytes of a key, at most: the node's own limit.
pub(super) const KEY_BYTES_MAX: usize = 4 << 10;

/// What a request asks. A body that is needed comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Get { key: Bytes, read: Option<ReadMode> },
    Put { key: Bytes },
    Cas { key: Bytes, expect: Option<Bytes> },
    Append { key: Bytes },
    Delete { key: Bytes },
    OpenSession,
    Status,
    Members,
    AddMember { id: NodeId, learner: bool },
    RemoveMember { id: NodeId },
    Transfer { to: NodeId },
    Metrics,
    Health,
}

/// Why a request asks nothing that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) reason: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Problem { status, reason: reason.into() }
    }

    pub(super) fn bad(reason: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, reason)
    }
}

/// Reads a request's target.
///
/// # Errors
///
/// What is wrong with it, and what was expected.
pub(super) fn route(method: &Method, uri: &Uri) -> Result<Route, Problem> {
    let path = uri.path();
    let mut query = Query::parse(uri.query().unwrap_or_default())?;
    let route = match path {
        "/metrics" => only(method, &Method::GET, Route::Metrics)?,
        "/health" => only(method, &Method::GET, Route::Health)?,
        "/v1/session" => only(method, &Method::POST, Route::OpenSession)?,
        "/v1/status" => only(method, &Method::GET, Route::Status)?,
        "/v1/members" => only(method, &Method::GET, Route::Members)?,
        "/v1/transfer" => {
            let to = query.take("to").ok_or_else(|| Problem::bad("expected ?to=ID"))?;
            only(method, &Method::POST, Route::Transfer { to: node(&to)? })?
        }
        _ => {
            if let Some(id) = path.strip_prefix("/v1/members/") {
                member(method, id, &mut query)?
            } else if let Some(key) = path.strip_prefix("/v1/kv/") {
                pair(method, key, &mut query)?
            } else if path == "/v1" || path.starts_with("/v1/") {
                return Err(Problem::new(StatusCode::NOT_FOUND, "there is no such path below /v1"));
            } else {
                short(method, path.strip_prefix('/').unwrap_or(path), &mut query)?
            }
        }
    };
    query.finish()?;
    Ok(route)
}

fn only(method: &Method, allowed: &Method, route: Route) -> Result<Route, Problem> {
    if method == allowed { Ok(route) } else { Err(not_allowed(&[allowed])) }
}

fn not_allowed(allowed: &[&Method]) -> Problem {
    let names: Vec<&str> = allowed.iter().map(|method| method.as_str()).collect();
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("expected {}", names.join(", ")))
}

/// The paths of raftexample.
fn short(method: &Method, rest: &str, query: &mut Query) -> Result<Route, Problem> {
    match *method {
        Method::GET | Method::PUT => pair(method, rest, query),
        Method::POST | Method::DELETE => member(method, rest, query),
        _ => Err(not_allowed(&[&Method::GET, &Method::PUT, &Method::POST, &Method::DELETE])),
    }
}

fn member(method: &Method, id: &str, query: &mut Query) -> Result<Route, Problem> {
    let id = node(id.as_bytes())?;
    match *method {
        Method::POST => {
            let learner = match query.take("learner").as_deref() {
                None | Some(b"false") => false,
                Some(b"" | b"true") => true,
                Some(_) => return Err(Problem::bad("learner: expected true or false")),
            };
            Ok(Route::AddMember { id, learner })
        }
        Method::DELETE => Ok(Route::RemoveMember { id }),
        _ => Err(not_allowed(&[&Method::POST, &Method::DELETE])),
    }
}

fn pair(method: &Method, key: &str, query: &mut Query) -> Result<Route, Problem> {
    let key = checked(decode(key)?)?;
    match *method {
        Method::GET => {
            let read = query.take("consistency").map(|mode| read_mode(&mode)).transpose()?;
            Ok(Route::Get { key, read })
        }
        Method::PUT => match (query.take("expect"), query.take("expect-absent")) {
            (None, None) => Ok(Route::Put { key }),
            (Some(value), None) => Ok(Route::Cas { key, expect: Some(value) }),
            (None, Some(value)) if value.is_empty() => Ok(Route::Cas { key, expect: None }),
            (None, Some(_)) => Err(Problem::bad("expect-absent: expected no value")),
            (Some(_), Some(_)) => Err(Problem::bad("expected one of expect and expect-absent")),
        },
        Method::POST => Ok(Route::Append { key }),
        Method::DELETE => Ok(Route::Delete { key }),
        _ => Err(not_allowed(&[&Method::GET, &Method::PUT, &Method::POST, &Method::DELETE])),
    }
}

fn checked(key: Bytes) -> Result<Bytes, Problem> {
    if key.is_empty() {
        return Err(Problem::bad("expected a key behind the last /"));
    }
    if key[0] == 0 {
        return Err(Problem::bad("keys that begin with a zero byte are reserved"));
    }
    if key.len() > KEY_BYTES_MAX {
        let reason = format!("a key of {} bytes; expected at most {KEY_BYTES_MAX}", key.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    Ok(key)
}

fn read_mode(text: &[u8]) -> Result<ReadMode, Problem> {
    let modes = [ReadMode::ReadIndex, ReadMode::Lease, ReadMode::Log, ReadMode::Local];
    let mode = modes.into_iter().find(|mode| mode.name().as_bytes() == text);
    mode.ok_or_else(|| Problem::bad("consistency: expected read-index, lease, log or local"))
}

fn node(text: &[u8]) -> Result<NodeId, Problem> {
    let id = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    let id = id.filter(|id| (1..=NodeSet::MAX).contains(id));
    id.ok_or_else(|| Problem::bad("expected the id of a node, from 1 to 63"))
}

/// Replaces `%XX` by the byte that it stands for.
fn decode(text: &str) -> Result<Bytes, Problem> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => out.push((high * 16 + low) as u8),
            _ => return Err(Problem::bad("expected two hexadecimal digits behind %")),
        }
    }
    Ok(out.into())
}

/// The options behind `?`.
struct Query(Vec<(Bytes, Bytes)>);

impl Query {
    fn parse(text: &str) -> Result<Query, Problem> {
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(value)?))
        };
        parts.map(pair).collect::<Result<_, _>>().map(Query)
    }

    fn take(&mut self, name: &str) -> Option<Bytes> {
        let position = self.0.iter().position(|(known, _)| known == name.as_bytes())?;
        Some(self.0.swap_remove(position).1)
    }

    /// Refuses options that nobody has taken: a misspelt one must not change what is done.
    fn finish(&self) -> Result<(), Problem> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = String::from_utf8_lossy(name);
                Err(Problem::bad(format!("the option {name} is not known here")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, target: &str) -> Result<Route, Problem> {
        route(&method.parse().unwrap(), &target.parse().unwrap())
    }

    #[test]
    fn short_and_long_paths_name_the_same_keys() {
        let key = Bytes::from_static(b"a/b \xff");
        let get = Route::Get { key: key.clone(), read: None };
        assert_eq!(of("GET", "/a/b%20%fF"), Ok(get.clone()));
        assert_eq!(of("GET", "/v1/kv/a/b%20%FF"), Ok(get));
        assert_eq!(of("PUT", "/a/b%20%ff"), Ok(Route::Put { key }));
    }

    #[test]
    fn members_are_named_by_number() {
        assert_eq!(of("POST", "/4"), Ok(Route::AddMember { id: 4, learner: false }));
        assert_eq!(
            of("POST", "/v1/members/4?learner"),
            Ok(Route::AddMember { id: 4, learner: true })
        );
        assert_eq!(of("DELETE", "/63"), Ok(Route::RemoveMember { id: 63 }));
        for bad in ["/0", "/64", "/x", "/v1/members/", "/4?learner=perhaps"] {
            assert_eq!(of("POST", bad).unwrap_err().status, StatusCode::BAD_REQUEST, "{bad}");
        }
    }

    #[test]
    fn options_are_read_or_refused() {
        let key = Bytes::from_static(b"k");
        let lease = Some(ReadMode::Lease);
        assert_eq!(
            of("GET", "/k?consistency=lease"),
            Ok(Route::Get { key: key.clone(), read: lease })
        );
        let cas = |expect| Ok(Route::Cas { key: key.clone(), expect });
        assert_eq!(of("PUT", "/v1/kv/k?expect=%41b"), cas(Some("Ab".into())));
        assert_eq!(of("PUT", "/v1/kv/k?expect="), cas(Some(Bytes::new())));
        assert_eq!(of("PUT", "/v1/kv/k?expect-absent"), cas(None));
        assert_eq!(of("POST", "/v1/transfer?to=2"), Ok(Route::Transfer { to: 2 }));
        let bad = [
            ("GET", "/k?consistancy=lease"),
            ("GET", "/k?consistency=eventual"),
            ("PUT", "/k?expect=a&expect-absent"),
            ("PUT", "/k?expect=a&expect=b"),
            ("GET", "/"),
            ("GET", "/v1/kv/"),
            ("GET", "/k%4"),
            ("GET", "/%00k"),
            ("POST", "/v1/transfer"),
        ];
        for (method, target) in bad {
            assert_eq!(of(method, target).unwrap_err().status, StatusCode::BAD_REQUEST, "{target}");
        }
    }

    #[test]
    fn what_is_not_there_says_so() {
        assert_eq!(of("GET", "/v1/nothing").unwrap_err().status, StatusCode::NOT_FOUND);
        for (method, target) in [("PUT", "/metrics"), ("PATCH", "/k"), ("GET", "/v1/session")] {
            let status = of(method, target).unwrap_err().status;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {target}");
        }
        let long = format!("/{}", "k".repeat(KEY_BYTES_MAX + 1));
        assert_eq!(of("PUT", &long).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
