//! Keys and values. A write opens a session first, so that however often it is asked, it happens
//! once.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::ValueEnum;
use ureq::http::Method;

use super::args::{CasArgs, DeleteArgs, GetArgs, Servers, WriteArgs, value};
use super::call::{Call, Client, Ended, escaped};
use super::{BAD_ARGUMENT, DONE, OTHERWISE, say, stop, unanswered};

/// Prints what a key holds.
pub(super) fn get(args: &GetArgs) -> ExitCode {
    let mode = args.consistency.to_possible_value().expect("no mode is hidden");
    let call = Call {
        method: Method::GET,
        target: format!("{}?consistency={}", target(&args.key), mode.get_name()),
        body: Vec::new(),
        session: None,
        again: true,
    };
    let ended = match client(&args.servers) {
        Ok(mut client) => client.call(&call),
        Err(error) => return stop(BAD_ARGUMENT, &error),
    };
    match ended {
        Ended::Answered { status: 200, mut body } => {
            // A script gets the bytes and nothing else.
            if std::io::stdout().is_terminal() {
                body.push(b'\n');
            }
            say(&body);
            ExitCode::from(DONE)
        }
        Ended::Answered { status: 404, .. } => stop(OTHERWISE, "no such key"),
        ended => unanswered(ended),
    }
}

/// Sets a key.
pub(super) fn put(args: &WriteArgs) -> ExitCode {
    write(&args.servers, Method::PUT, target(&args.key), Some(&args.value))
}

/// Puts a value behind what a key holds.
pub(super) fn append(args: &WriteArgs) -> ExitCode {
    write(&args.servers, Method::POST, target(&args.key), Some(&args.value))
}

/// Removes a key.
pub(super) fn delete(args: &DeleteArgs) -> ExitCode {
    write(&args.servers, Method::DELETE, target(&args.key), None)
}

/// Sets a key if it holds what is expected.
pub(super) fn cas(args: &CasArgs) -> ExitCode {
    let query = match &args.expect {
        Some(expect) => format!("?expect={}", escaped(expect.as_bytes())),
        None => "?expect-absent".to_owned(),
    };
    write(&args.servers, Method::PUT, target(&args.key) + &query, Some(&args.value))
}

fn write(servers: &Servers, method: Method, target: String, text: Option<&str>) -> ExitCode {
    let body = match text.map(value).transpose() {
        Ok(body) => body.unwrap_or_default(),
        Err(error) => return stop(BAD_ARGUMENT, &format!("standard input: {error}")),
    };
    let mut client = match client(servers) {
        Ok(client) => client,
        Err(error) => return stop(BAD_ARGUMENT, &error),
    };
    let session = match open_session(&mut client) {
        Ok(session) => session,
        // A session is no write: nothing has happened to the key.
        Err(Ended::Unknown(reason)) => return unanswered(Ended::Unreachable(reason)),
        Err(ended) => return unanswered(ended),
    };
    match client.call(&Call { method, target, body, session: Some((session, 1)), again: true }) {
        Ended::Answered { status: 200..=299, .. } => ExitCode::from(DONE),
        Ended::Answered { status: 412, .. } => {
            stop(OTHERWISE, "the key does not hold what was expected")
        }
        ended => unanswered(ended),
    }
}

fn open_session(client: &mut Client) -> Result<u64, Ended> {
    let call = Call {
        method: Method::POST,
        target: "/v1/session".to_owned(),
        body: Vec::new(),
        session: None,
        again: true,
    };
    match client.call(&call) {
        Ended::Answered { status: 201, body } => {
            let json: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
            let session = json.and_then(|json| json["session"].as_u64());
            session.ok_or(Ended::Answered { status: 201, body })
        }
        ended => Err(ended),
    }
}

fn client(servers: &Servers) -> Result<Client, String> {
    Client::new(&servers.servers, servers.within())
}

fn target(key: &str) -> String {
    format!("/v1/kv/{}", escaped(key.as_bytes()))
}
