//! A worker process, as its parent sees it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use sweep::record::{Assembler, Piece};
use sweep::{Plan, Record};

use crate::output::Stop;
use crate::program;

/// A process that can be ended by somebody who does not wait for it.
pub(crate) type Leash = Arc<Mutex<Child>>;

/// A worker.
#[derive(Debug)]
pub(crate) struct Hand {
    child: Leash,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// What a worker made of what it was asked.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The record of the seeds.
    Record(Box<Record>),
    /// The process ended.
    Died(ExitStatus),
}

impl Hand {
    /// Starts a worker for a plan.
    ///
    /// # Errors
    ///
    /// If no process can be started.
    pub(crate) fn hire(plan: &Plan) -> Result<Self, Stop> {
        let mut child = program::again()
            .and_then(|mut command| {
                command.arg("__worker").stdin(Stdio::piped()).stdout(Stdio::piped());
                command.stderr(Stdio::null()).spawn()
            })
            .map_err(|error| Stop::environment(format!("cannot start a worker: {error}")))?;
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        // If it is dead already, the first question finds out.
        let _ = stdin.write_all(plan.write().as_bytes());
        Ok(Hand { child: Arc::new(Mutex::new(child)), stdin, stdout })
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().expect("no panic while it is held").id()
    }

    /// For whoever may have to end it.
    pub(crate) fn leash(&self) -> Leash {
        self.child.clone()
    }

    /// Has the seeds at some places of a chunk run; `begun` is told each of them.
    ///
    /// # Errors
    ///
    /// If the worker says that it cannot work here.
    pub(crate) fn ask(
        &mut self,
        chunk: u64,
        (from, to): (u64, u64),
        begun: &mut dyn FnMut(u64),
    ) -> Result<Answer, Stop> {
        let asked = self.stdin.write_all(format!("{chunk} {from} {to}\n").as_bytes());
        let mut assembler = Assembler::default();
        let mut line = String::new();
        while asked.is_ok() {
            line.clear();
            if self.stdout.read_line(&mut line).unwrap_or(0) == 0 || !line.ends_with('\n') {
                break;
            }
            let text = line.trim_end_matches('\n');
            if let Some(seed) = text.strip_prefix("seed ").and_then(|seed| seed.parse().ok()) {
                begun(seed);
            } else if let Some(message) = text.strip_prefix("stop ") {
                let message = message.strip_prefix("error: ").unwrap_or(message);
                return Err(Stop::environment(message));
            } else if let Piece::Whole(record) = assembler.line(text) {
                return Ok(Answer::Record(record));
            }
        }
        self.bury()
    }

    /// Waits for a process that has ended, or ends it if it only stopped talking.
    fn bury(&mut self) -> Result<Answer, Stop> {
        let mut child = self.child.lock().expect("no panic while it is held");
        let lost = |error| Stop::environment(format!("a worker was lost: {error}"));
        let status = match child.try_wait().map_err(lost)? {
            Some(status) => status,
            None => child.wait().map_err(lost)?,
        };
        Ok(Answer::Died(status))
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}
