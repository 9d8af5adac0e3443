//! How operations and times are written in the sentences of violations.

use system::{Nanos, Op, Output};
use trace::foreign::lock;
use trace::{OpId, Operation, Outcome, UNTIMED};

use super::model::seen_by;

/// The words for what is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// A value is read, written, compared, appended to and deleted.
    Store,
    /// A lock is acquired and released.
    Lock,
}

impl Vocabulary {
    /// The words for an object that holds `initial` at first: a lock is what is free at first, and
    /// then only compared and set between free and held.
    #[must_use]
    pub fn of(initial: Option<&[u8]>, operations: &[&Operation]) -> Vocabulary {
        let is_lock = |o: &&Operation| lock::is_acquire(&o.op) || lock::is_release(&o.op);
        if initial == Some(lock::FREE) && operations.iter().all(is_lock) {
            Vocabulary::Lock
        } else {
            Vocabulary::Store
        }
    }

    /// What was asked: `put x=7`, or `acquire`.
    #[must_use]
    pub fn asked(self, operation: &Operation) -> String {
        let key = text(operation.op.key());
        match (&operation.op, self) {
            (op, Vocabulary::Lock) => {
                let verb = if lock::is_acquire(op) { "acquire" } else { "release" };
                match op.key().as_ref() {
                    lock::ONLY_KEY => verb.to_owned(),
                    _ => format!("{verb} {key}"),
                }
            }
            (Op::Get { .. }, _) => format!("read {key}"),
            (Op::Put { value, .. }, _) => format!("put {key}={}", text(value)),
            (Op::Delete { .. }, _) => format!("delete {key}"),
            (Op::Append { value, .. }, _) => format!("append {key}+{}", text(value)),
            (Op::Cas { expect, value, .. }, _) => {
                let expect = expect.as_deref().map_or("nothing".to_owned(), text);
                format!("cas {key} {expect}->{}", text(value))
            }
        }
    }

    /// What happened: `c2.5 read x and got 3 at 1.500s`.
    pub(super) fn told(self, operation: &Operation) -> String {
        format!("{} at {}", self.told_short(operation), time(operation.returned_at))
    }

    /// What happened, without the time: `c2.5 read x and got 3`.
    pub(super) fn told_short(self, operation: &Operation) -> String {
        let who = id(operation.id);
        let key = text(operation.op.key());
        match (&operation.op, &operation.outcome) {
            (op, Outcome::Ok { output: Output::Swapped(true), .. }) if self == Vocabulary::Lock => {
                let verb = if lock::is_acquire(op) { "acquired" } else { "released" };
                match op.key().as_ref() {
                    lock::ONLY_KEY => format!("{who} {verb} the lock"),
                    _ => format!("{who} {verb} lock {key}"),
                }
            }
            (Op::Get { .. }, _) => {
                let seen = seen_by(operation).flatten().map_or("nothing".to_owned(), text);
                format!("{who} read {key} and got {seen}")
            }
            (Op::Cas { .. }, Outcome::Ok { output: Output::Swapped(swapped), .. }) => {
                let found = if *swapped { "swapped" } else { "found another value" };
                format!("{who}'s {} {found}", self.asked(operation))
            }
            _ => format!("{who}'s {} completed", self.asked(operation)),
        }
    }
}

/// `c2.5`.
pub(super) fn id(id: OpId) -> String {
    format!("c{}.{}", id.client, id.number)
}

/// A value or a key.
pub(super) fn text(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "\"\"".to_owned();
    }
    bytes.escape_ascii().to_string()
}

/// `1.500s`, or `event 5` in a history without times.
pub(super) fn time(at: Nanos) -> String {
    if at & UNTIMED != 0 {
        return format!("event {}", at & !UNTIMED);
    }
    format!("{}.{:03}s", at / 1_000_000_000, at / 1_000_000 % 1000)
}
