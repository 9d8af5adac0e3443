//! One request, asked until somebody knows how it ended.
//!
//! A server that does not lead names the leader, and is followed; one that cannot be reached is
//! passed over. An answer that does not come leaves open whether the request happened. It is asked
//! again only if that is safe: a read, a write with a place in a session, a change that is the
//! same when it is made twice.

use std::io;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use ureq::http::{Method, Request, Response, StatusCode};
use ureq::{Agent, Body, Error};

use crate::url::Url;

/// For one server to answer: longer than it takes itself to give up.
const ANSWER: Duration = Duration::from_secs(6);

/// Between rounds over all servers.
const PAUSE: Duration = Duration::from_millis(100);

/// A request to whoever leads.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query.
    pub(super) target: String,
    pub(super) body: Vec<u8>,
    /// The place in a session.
    pub(super) session: Option<(u64, u64)>,
    /// Whether asking twice is the same as asking once.
    pub(super) again: bool,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// A status that says that it happened, or what it found.
    Answered { status: u16, body: Vec<u8> },
    /// It did not happen. `was_open`: an earlier attempt may have happened all the same.
    Refused { status: u16, reason: String, was_open: bool },
    /// Nobody could be asked in time.
    Unreachable(String),
    /// It may have happened, and may still happen.
    Unknown(String),
}

/// Servers, and who was last found to answer.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    servers: Vec<String>,
    at: usize,
    until: Instant,
}

/// What one attempt came to.
enum Attempt {
    End(Ended),
    /// It did not happen here; somebody else may do it.
    Elsewhere {
        reason: String,
        leader: Option<String>,
    },
    /// It may have happened.
    Open(String),
}

impl Client {
    /// A client of these servers that gives up after a while.
    ///
    /// # Errors
    ///
    /// If one of them is no address.
    pub(super) fn new(servers: &[String], within: Duration) -> Result<Self, String> {
        let parse = |text: &String| match Url::parse(text) {
            Ok(url) if url.tls => Err(format!("--servers {text}: expected http://HOST:PORT")),
            Ok(url) => Ok(url.to_string()),
            Err(error) => Err(format!("--servers {error}")),
        };
        let servers = servers.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.proxy(None).user_agent("raftkv").build().new_agent();
        Ok(Client { agent, servers, at: 0, until: Instant::now() + within })
    }

    /// The servers, as they were named.
    pub(super) fn servers(&self) -> &[String] {
        &self.servers
    }

    /// Asks until somebody knows, or the time is up.
    pub(super) fn call(&mut self, call: &Call) -> Ended {
        let mut open: Option<String> = None;
        let mut last = "no time to ask".to_owned();
        let mut asked = 0;
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return match open {
                    Some(reason) => Ended::Unknown(reason),
                    None => Ended::Unreachable(last),
                };
            }
            let server = self.servers[self.at].clone();
            match self.attempt(&server, call, left.min(ANSWER)) {
                Attempt::End(Ended::Refused { status, reason, .. }) => {
                    return Ended::Refused { status, reason, was_open: open.is_some() };
                }
                Attempt::End(ended) => return ended,
                Attempt::Elsewhere { reason, leader } => {
                    last = format!("{server}: {reason}");
                    let led = leader.is_some_and(|leader| self.turn_to(&leader, &server));
                    if led {
                        continue;
                    }
                }
                Attempt::Open(reason) if call.again => open = Some(format!("{server}: {reason}")),
                Attempt::Open(reason) => return Ended::Unknown(format!("{server}: {reason}")),
            }
            self.at = (self.at + 1) % self.servers.len();
            asked += 1;
            if asked % self.servers.len() == 0 {
                std::thread::sleep(PAUSE.min(self.until.saturating_duration_since(Instant::now())));
            }
        }
    }

    /// A document that one server has about itself.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn document(&self, server: &str, path: &str) -> Result<Json, String> {
        let left = self.until.saturating_duration_since(Instant::now());
        let call = Call {
            method: Method::GET,
            target: path.to_owned(),
            body: Vec::new(),
            session: None,
            again: true,
        };
        let mut response = self
            .send(server, &call, left.min(Duration::from_secs(2)))
            .map_err(|error| in_words(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        let text = response.body_mut().read_to_string().map_err(|error| in_words(&error))?;
        serde_json::from_str(&text).map_err(|_| "it answers what is no JSON".to_owned())
    }

    /// Follows a hint, if it leads elsewhere. A leader that nobody named is remembered.
    fn turn_to(&mut self, leader: &str, from: &str) -> bool {
        let Ok(leader) = Url::parse(leader).map(|url| url.to_string()) else { return false };
        if leader == from {
            return false;
        }
        self.at = match self.servers.iter().position(|server| *server == leader) {
            Some(place) => place,
            None => {
                self.servers.push(leader);
                self.servers.len() - 1
            }
        };
        true
    }

    fn attempt(&self, server: &str, call: &Call, within: Duration) -> Attempt {
        let mut response = match self.send(server, call, within) {
            Ok(response) => response,
            Err(error) if never_arrived(&error) => {
                return Attempt::Elsewhere { reason: in_words(&error), leader: None };
            }
            Err(error) => return Attempt::Open(in_words(&error)),
        };
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let (outcome, leader) = (header("Raftkv-Outcome"), header("Raftkv-Leader"));
        let status = response.status();
        let body = match response.body_mut().read_to_vec() {
            Ok(body) => body,
            Err(error) => return Attempt::Open(in_words(&error)),
        };
        let reason = || String::from_utf8_lossy(&body).trim().to_owned();
        match outcome.as_deref() {
            None if status.is_server_error() => Attempt::Open(format!("it answers {status}")),
            None => Attempt::End(Ended::Answered { status: status.as_u16(), body }),
            Some("failed") if status == StatusCode::SERVICE_UNAVAILABLE => {
                Attempt::Elsewhere { reason: reason(), leader }
            }
            Some("failed") => Attempt::End(Ended::Refused {
                status: status.as_u16(),
                reason: reason(),
                was_open: false,
            }),
            Some(_) => Attempt::Open(reason()),
        }
    }

    fn send(&self, server: &str, call: &Call, within: Duration) -> Result<Response<Body>, Error> {
        let mut request = Request::builder();
        request = request.method(&call.method).uri(format!("{server}{}", call.target));
        if let Some((session, sequence)) = call.session {
            request = request.header("Raftkv-Session", session);
            request = request.header("Raftkv-Sequence", sequence);
        }
        if matches!(call.method, Method::PUT | Method::POST) {
            let request = request.body(call.body.clone())?;
            let configured = self.agent.configure_request(request).timeout_global(Some(within));
            return self.agent.run(configured.build());
        }
        let configured = self.agent.configure_request(request.body(())?);
        self.agent.run(configured.timeout_global(Some(within)).build())
    }
}

/// Whether nobody can have read the request.
fn never_arrived(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => true,
        Error::HostNotFound | Error::ConnectionFailed | Error::BadUri(_) => true,
        _ => false,
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "nobody listens there".to_owned()
        }
        Error::Timeout(_) => "no answer in time".to_owned(),
        other => other.to_string(),
    }
}

/// Bytes in a path or a query.
pub(super) fn escaped(bytes: &[u8]) -> String {
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
