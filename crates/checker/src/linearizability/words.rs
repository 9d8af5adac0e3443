//! How operations and times are written in the sentences of violations.

use system::{Nanos, Op, Output};
use trace::{OpId, Operation, Outcome, UNTIMED};

use super::model::seen_by;

/// `c2.5 read x and got 3 at 1.500s`.
pub(super) fn told(operation: &Operation) -> String {
    format!("{} at {}", told_short(operation), time(operation.returned_at))
}

/// `c2.5 read x and got 3`.
pub(super) fn told_short(operation: &Operation) -> String {
    let who = id(operation.id);
    let key = text(operation.op.key());
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, _) => {
            let seen = seen_by(operation).flatten().map_or("nothing".to_owned(), text);
            format!("{who} read {key} and got {seen}")
        }
        (Op::Cas { .. }, Outcome::Ok { output: Output::Swapped(swapped), .. }) => {
            let found = if *swapped { "swapped" } else { "found another value" };
            format!("{who}'s {} {found}", asked(operation))
        }
        _ => format!("{who}'s {} completed", asked(operation)),
    }
}

/// `put x=7`.
pub fn asked(operation: &Operation) -> String {
    let key = text(operation.op.key());
    match &operation.op {
        Op::Get { .. } => format!("read {key}"),
        Op::Put { value, .. } => format!("put {key}={}", text(value)),
        Op::Delete { .. } => format!("delete {key}"),
        Op::Append { value, .. } => format!("append {key}+{}", text(value)),
        Op::Cas { expect, value, .. } => {
            let expect = expect.as_deref().map_or("nothing".to_owned(), text);
            format!("cas {key} {expect}->{}", text(value))
        }
    }
}

/// `c2.5`.
pub(super) fn id(id: OpId) -> String {
    format!("c{}.{}", id.client, id.number)
}

fn text(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "\"\"".to_owned();
    }
    bytes.escape_ascii().to_string()
}

/// `1.500s`.
pub(super) fn time(at: Nanos) -> String {
    if at & UNTIMED != 0 {
        return format!("event {}", at & !UNTIMED);
    }
    format!("{}.{:03}s", at / 1_000_000_000, at / 1_000_000 % 1000)
}
