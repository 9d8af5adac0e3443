//! The order in which a run committed its operations, as a candidate.
//!
//! If the log's order explains every answer, the history is linearizable, and that is found in
//! linear time. If it does not, nothing follows: an answer may have a wrong index, and there may
//! be another order. A violation is never concluded from it.
//!
//! An operation whose outcome its client does not know has no index; it is put where an answer
//! needs it.

use std::borrow::Cow;

use system::{Op, Output, ReadPath};
use trace::{Operation, Outcome};

/// What the key holds.
type Held<'a> = Option<Cow<'a, [u8]>>;

/// Whether the order of the log explains every answer on one key.
pub(super) fn confirms(initial: Option<&[u8]>, operations: &[&Operation]) -> bool {
    let mut order: Vec<(u64, bool, u64, &Operation)> = Vec::with_capacity(operations.len());
    let mut unknown: Vec<&Operation> = Vec::new();
    for &operation in operations {
        match &operation.outcome {
            Outcome::Failed(_) => {}
            Outcome::Unknown(_) if operation.op.is_read() => {}
            Outcome::Unknown(_) => unknown.push(operation),
            Outcome::Ok { index: 0, .. } => return false,
            Outcome::Ok { index, path, .. } => {
                // A read that is not in the log comes behind the entry that it waited for.
                let is_behind = operation.op.is_read() && *path != ReadPath::Log;
                order.push((*index, is_behind, operation.invoked_seq, operation));
            }
        }
    }
    order.sort_unstable_by_key(|&(index, is_behind, invoked, _)| (index, is_behind, invoked));
    let mut held: Held<'_> = initial.map(Cow::Borrowed);
    let mut latest_call = 0;
    for (_, _, _, operation) in order {
        let next = match apply(operation, &held) {
            Some(next) => next,
            None => {
                let place = unknown.iter().position(|between| {
                    between.invoked_seq < operation.returned_seq
                        && apply(between, &held)
                            .is_some_and(|between| apply(operation, &between).is_some())
                });
                let Some(place) = place else { return false };
                let between = unknown.swap_remove(place);
                latest_call = latest_call.max(between.invoked_seq);
                let after = apply(between, &held).expect("it was tried");
                apply(operation, &after).expect("it was tried")
            }
        };
        if latest_call > operation.returned_seq {
            return false;
        }
        latest_call = latest_call.max(operation.invoked_seq);
        held = next;
    }
    true
}

/// What the key holds behind an operation; `None` if its answer would be wrong.
fn apply<'a>(operation: &'a Operation, held: &Held<'a>) -> Option<Held<'a>> {
    let output = match &operation.outcome {
        Outcome::Ok { output, .. } => Some(output),
        _ => None,
    };
    match &operation.op {
        Op::Get { .. } => match output {
            Some(Output::Value(seen)) if seen.as_deref() != held.as_deref() => None,
            _ => Some(held.clone()),
        },
        Op::Put { value, .. } => Some(Some(Cow::Borrowed(value))),
        Op::Delete { .. } => Some(None),
        Op::Cas { expect, value, .. } => {
            let swaps = expect.as_deref() == held.as_deref();
            match output {
                Some(output) if *output != Output::Swapped(swaps) => None,
                _ if swaps => Some(Some(Cow::Borrowed(value))),
                _ => Some(held.clone()),
            }
        }
        Op::Append { value, .. } => {
            let longer = [held.as_deref().unwrap_or_default(), value.as_ref()].concat();
            Some(Some(Cow::Owned(longer)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::OpId;

    fn operation(op: Op, seqs: (u64, u64), outcome: Outcome) -> Operation {
        Operation {
            id: OpId { client: seqs.0, number: 1 },
            op,
            invoked_seq: seqs.0,
            invoked_at: seqs.0,
            returned_seq: seqs.1,
            returned_at: seqs.1,
            outcome,
        }
    }

    fn put(value: &'static str, seqs: (u64, u64), index: u64) -> Operation {
        let outcome = Outcome::Ok { output: Output::Done, path: ReadPath::Log, index };
        operation(Op::Put { key: "x".into(), value: value.into() }, seqs, outcome)
    }

    fn get(value: &'static str, seqs: (u64, u64), index: u64) -> Operation {
        let output = Output::Value(Some(value.into()));
        let outcome = Outcome::Ok { output, path: ReadPath::ReadIndex, index };
        operation(Op::Get { key: "x".into() }, seqs, outcome)
    }

    fn says(operations: &[Operation]) -> bool {
        confirms(None, &operations.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_order_of_the_log_must_explain_answers_and_times() {
        assert!(says(&[put("1", (1, 9), 2), put("2", (2, 8), 1), get("1", (10, 11), 2)]));
        // The log says that 1 came last.
        assert!(!says(&[put("1", (1, 9), 2), put("2", (2, 8), 1), get("2", (10, 11), 2)]));
        // The log has it the other way round than the clients saw it.
        assert!(!says(&[put("1", (1, 2), 2), put("2", (3, 4), 1)]));
        // Without an index there is no order.
        assert!(!says(&[put("1", (1, 2), 0)]));
    }

    #[test]
    fn an_unknown_write_stands_where_it_is_needed() {
        let mut lost = put("2", (3, u64::MAX), 0);
        lost.outcome = Outcome::Unknown("timeout");
        assert!(says(&[put("1", (1, 2), 1), lost.clone(), get("2", (4, 5), 1)]));
        assert!(says(&[put("1", (1, 2), 1), lost.clone(), get("1", (4, 5), 1)]));
        lost.invoked_seq = 6;
        assert!(!says(&[put("1", (1, 2), 1), lost, get("2", (4, 5), 1)]));
    }
}
