//! What the clients saw: operations with the interval in which each took effect, or may have.

use std::collections::BTreeMap;

use system::{Nanos, Op, Value};

use crate::event::{Event, Kind, OpId, Outcome};

/// The bit of a time that is none: without it, the time is the place of an event in a history whose
/// events have no times.
pub const UNTIMED: u64 = 1 << 63;

/// One operation of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub id: OpId,
    /// What was asked.
    pub op: Op,
    /// The place of the invocation in the order of events.
    pub invoked_seq: u64,
    /// The virtual time of the invocation.
    pub invoked_at: Nanos,
    /// The place of the return in the order of events; `u64::MAX` if it never returned or its
    /// outcome is unknown: it may still take effect.
    pub returned_seq: u64,
    /// The virtual time of the return, or of the moment in which the client gave up.
    pub returned_at: Nanos,
    /// How it ended.
    pub outcome: Outcome,
}

/// The operations of a run, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What every key holds at first; `None` is the absent key.
    pub initial: Option<Value>,
    /// The operations.
    pub operations: Vec<Operation>,
}

/// Folds the events of a run into its history.
///
/// * An operation that never returns, or whose outcome is unknown, stays open for ever.
/// * Only clients' operations count; the nemesis' administrative ones are not part of it.
#[derive(Clone, Debug, Default)]
pub struct HistoryBuilder {
    operations: Vec<Operation>,
    /// Operations without a return so far, and their places in `operations`.
    open: BTreeMap<OpId, usize>,
}

impl HistoryBuilder {
    /// A builder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one event; all but invocations and returns are passed over.
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Invoke { id, op } => {
                self.open.insert(*id, self.operations.len());
                self.operations.push(Operation {
                    id: *id,
                    op: (**op).clone(),
                    invoked_seq: event.seq,
                    invoked_at: event.at,
                    returned_seq: u64::MAX,
                    returned_at: u64::MAX,
                    outcome: Outcome::Unknown("open"),
                });
            }
            Kind::Return { id, outcome, .. } => {
                let Some(place) = self.open.remove(id) else { return };
                let operation = &mut self.operations[place];
                operation.outcome = (**outcome).clone();
                operation.returned_at = event.at;
                if !matches!(**outcome, Outcome::Unknown(_)) {
                    operation.returned_seq = event.seq;
                }
            }
            _ => {}
        }
    }

    /// The operations so far on one key, in the order of their invocations. Those still open have
    /// an unknown outcome.
    pub fn on_key<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(move |operation| operation.op.key() == key)
    }

    /// The operation of this name that returned last or is open.
    #[must_use]
    pub fn find(&self, id: OpId) -> Option<&Operation> {
        self.operations.iter().rev().find(|operation| operation.id == id)
    }

    /// The history. Operations still open have an unknown outcome.
    #[must_use]
    pub fn finish(self) -> History {
        History { initial: None, operations: self.operations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{Output, ReadPath};

    fn event(seq: u64, kind: Kind) -> Event {
        Event { seq, at: seq * 10, cause: Event::NO_CAUSE, kind }
    }

    #[test]
    fn only_a_known_outcome_closes_an_operation() {
        let mut builder = HistoryBuilder::new();
        let op = || Box::new(Op::Get { key: "x".into() });
        let id = |number| OpId { client: 1, number };
        let ok = Outcome::Ok { output: Output::Value(None), path: ReadPath::Log, index: 4 };
        let outcomes = [Some(ok), Some(Outcome::Unknown("timeout")), None];
        for (number, outcome) in (0..).zip(outcomes) {
            builder.observe(&event(number * 2, Kind::Invoke { id: id(number), op: op() }));
            if let Some(outcome) = outcome {
                let outcome = Box::new(outcome);
                let kind = Kind::Return { id: id(number), outcome, node: 1 };
                builder.observe(&event(number * 2 + 1, kind));
            }
        }
        let history = builder.finish();
        let seqs: Vec<u64> = history.operations.iter().map(|o| o.returned_seq).collect();
        assert_eq!(seqs, [1, u64::MAX, u64::MAX]);
        assert_eq!(history.operations[1].returned_at, 30);
        assert_eq!(history.operations[2].outcome, Outcome::Unknown("open"));
    }
}
