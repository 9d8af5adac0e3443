//! From invocations and returns, as others record them, to a history.

use std::collections::BTreeMap;

use system::{Op, Output, ReadPath};

use super::HistoryProblem;
use crate::event::{OpId, Outcome};
use crate::history::{History, Operation, UNTIMED};

/// What an event says of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It begins.
    Invoke(Op),
    /// It happened; a read got this.
    Ok(Output),
    /// It did not happen.
    Fail,
    /// Nobody knows.
    Info,
}

/// Events on their way into a history.
#[derive(Debug, Default)]
pub(super) struct Events {
    operations: Vec<Operation>,
    /// Per process: how many operations it has begun.
    numbers: BTreeMap<u64, u64>,
    /// Per process: the open operation and its line.
    open: BTreeMap<u64, (usize, u64)>,
    seq: u64,
    timed: bool,
}

impl Events {
    /// Takes in an event. `at` is its time, if it has one.
    pub(super) fn take(
        &mut self,
        line: u64,
        process: u64,
        at: Option<u64>,
        said: Said,
    ) -> Result<(), HistoryProblem> {
        let seq = self.seq;
        self.seq += 1;
        self.timed |= at.is_some();
        let at = at.unwrap_or(seq | UNTIMED);
        let said = match said {
            Said::Invoke(op) => return self.invoke(line, process, at, op, seq),
            other => other,
        };
        let Some((place, _)) = self.open.remove(&process) else {
            return Err(HistoryProblem::new(
                line,
                format!("process {process} returns from an operation that it did not invoke"),
            ));
        };
        let operation = &mut self.operations[place];
        operation.returned_at = at;
        operation.outcome = match said {
            Said::Ok(output) => Outcome::Ok { output, path: ReadPath::Log, index: 0 },
            Said::Fail => Outcome::Failed("fail"),
            _ => return Ok(()),
        };
        operation.returned_seq = seq;
        Ok(())
    }

    fn invoke(
        &mut self,
        line: u64,
        process: u64,
        at: u64,
        op: Op,
        seq: u64,
    ) -> Result<(), HistoryProblem> {
        let number = self.numbers.entry(process).or_default();
        *number += 1;
        let open = (self.operations.len(), line);
        if let Some((_, since)) = self.open.insert(process, open) {
            return Err(HistoryProblem::new(
                line,
                format!("process {process} invokes while its operation of line {since} is open"),
            ));
        }
        self.operations.push(Operation {
            id: OpId { client: process, number: *number },
            op,
            invoked_seq: seq,
            invoked_at: at,
            returned_seq: u64::MAX,
            returned_at: u64::MAX,
            outcome: Outcome::Unknown("info"),
        });
        Ok(())
    }

    /// What a process is doing.
    pub(super) fn open(&self, process: u64) -> Option<&Op> {
        self.open.get(&process).map(|(place, _)| &self.operations[*place].op)
    }

    /// The history, and whether its events had times.
    pub(super) fn finish(self, initial: Option<system::Value>) -> (History, bool) {
        (History { initial, operations: self.operations }, self.timed)
    }
}
