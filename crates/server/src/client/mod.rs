//! The client and the administrator: `raftkv put`, `get`, `delete`, `cas`, `append`, `conf`,
//! `transfer`, `status`.
//!
//! * [`args`]: what can be asked. [`call`]: finding who can answer, and asking again.
//! * [`store`]: keys and values, exactly once. [`members`]: who takes part, and who leads.
//! * [`status`]: a table of all nodes.
//!
//! Exit codes: 0 it is done, 1 the key is absent or does not hold what was expected, 2 bad
//! arguments, 3 it did not happen, 4 nobody can tell whether it happened.

pub(crate) mod args;
mod call;
mod members;
mod status;
mod store;

use std::io::Write as _;
use std::process::ExitCode;

use args::ClientCommand;
use call::Ended;

/// It is done.
const DONE: u8 = 0;
/// The key is absent, or does not hold what was expected.
const OTHERWISE: u8 = 1;
/// An argument is wrong.
const BAD_ARGUMENT: u8 = 2;
/// It did not happen.
const FAILED: u8 = 3;
/// Nobody can tell.
const UNKNOWN: u8 = 4;

/// Does what was asked, and says how it ended.
pub(crate) fn run(command: &ClientCommand) -> ExitCode {
    match command {
        ClientCommand::Get(args) => store::get(args),
        ClientCommand::Put(args) => store::put(args),
        ClientCommand::Append(args) => store::append(args),
        ClientCommand::Delete(args) => store::delete(args),
        ClientCommand::Cas(args) => store::cas(args),
        ClientCommand::Conf(args) => members::conf(args),
        ClientCommand::Transfer(args) => members::transfer(args),
        ClientCommand::Status(args) => status::status(args),
    }
}

/// The end of a command, with something to say.
fn stop(code: u8, words: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {words}");
    ExitCode::from(code)
}

/// The end of a command whose request was not answered.
fn unanswered(ended: Ended) -> ExitCode {
    match ended {
        Ended::Answered { status, body } => {
            let body = String::from_utf8_lossy(&body);
            stop(FAILED, &format!("an answer that is not understood: {status} {}", body.trim()))
        }
        Ended::Refused { reason, was_open: true, .. } => {
            stop(UNKNOWN, &format!("{reason}, and an earlier attempt may have happened"))
        }
        Ended::Refused { status: 400 | 413, reason, .. } => stop(BAD_ARGUMENT, &reason),
        Ended::Refused { reason, .. } => stop(FAILED, &reason),
        Ended::Unreachable(reason) => stop(FAILED, &format!("it did not happen: {reason}")),
        Ended::Unknown(reason) => {
            stop(UNKNOWN, &format!("nobody can tell whether it happened: {reason}"))
        }
    }
}

/// Writes a result; a reader that goes away is no error.
fn say(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
