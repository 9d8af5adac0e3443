//! What is right, told by programs too simple to be wrong: the search of Wing and Gong with
//! Lowe's memory of what was tried, and all orders there are.

// Each test uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeSet;

use checker::synthetic::Draw;
use system::{Op, Output, ReadPath};
use trace::{History, Operation, Outcome};

/// What a key holds.
pub(crate) type Held = Option<Vec<u8>>;

/// What the key holds after an operation, if its answer is right.
pub(crate) fn apply(operation: &Operation, held: &Held) -> Option<Held> {
    let output = match &operation.outcome {
        Outcome::Ok { output, .. } => Some(output),
        _ => None,
    };
    match &operation.op {
        Op::Get { .. } => {
            let right = output.is_none_or(|o| *o == Output::Value(held.clone().map(Into::into)));
            right.then(|| held.clone())
        }
        Op::Put { value, .. } => Some(Some(value.to_vec())),
        Op::Delete { .. } => Some(None),
        Op::Cas { expect, value, .. } => {
            let swaps = *held == expect.as_ref().map(|e| e.to_vec());
            let right = output.is_none_or(|o| *o == Output::Swapped(swaps));
            right.then(|| if swaps { Some(value.to_vec()) } else { held.clone() })
        }
        Op::Append { value, .. } => {
            let mut longer = held.clone().unwrap_or_default();
            longer.extend_from_slice(value);
            Some(Some(longer))
        }
    }
}

/// Operations that happened or may have, on one key.
fn happened(history: &History) -> Vec<&Operation> {
    let failed = |operation: &&Operation| matches!(operation.outcome, Outcome::Failed(_));
    let mut operations: Vec<&Operation> =
        history.operations.iter().filter(|operation| !failed(operation)).collect();
    operations.sort_by_key(|operation| operation.invoked_seq);
    operations
}

fn initial(history: &History) -> Held {
    history.initial.as_ref().map(|value| value.to_vec())
}

/// Tries every order. Histories of one key.
pub(crate) fn brute_force(history: &History) -> bool {
    has_an_order(&happened(history), &initial(history))
}

fn has_an_order(left: &[&Operation], held: &Held) -> bool {
    if left.iter().all(|o| o.returned_seq == u64::MAX) {
        return true;
    }
    let first_return = left.iter().map(|o| o.returned_seq).min().unwrap_or(u64::MAX);
    (0..left.len()).filter(|&place| left[place].invoked_seq < first_return).any(|place| {
        let mut rest = left.to_vec();
        let next = rest.remove(place);
        apply(next, held).is_some_and(|held| has_an_order(&rest, &held))
    })
}

/// Wing and Gong's search, depth first, with Lowe's memory of configurations. Histories of one
/// key and up to 64 operations.
pub(crate) fn wing_gong_lowe(history: &History) -> bool {
    let operations = happened(history);
    assert!(operations.len() <= 64);
    let mut tried = BTreeSet::new();
    search(&operations, 0, &initial(history), &mut tried)
}

fn search(
    operations: &[&Operation],
    done: u64,
    held: &Held,
    tried: &mut BTreeSet<(u64, Held)>,
) -> bool {
    let left = |&place: &usize| done & 1 << place == 0;
    let places = || (0..operations.len()).filter(left);
    let first_return = places().map(|place| operations[place].returned_seq).min();
    let Some(first_return) = first_return.filter(|&first| first != u64::MAX) else { return true };
    if !tried.insert((done, held.clone())) {
        return false;
    }
    places().filter(|&place| operations[place].invoked_seq < first_return).any(|place| {
        apply(operations[place], held)
            .is_some_and(|held| search(operations, done | 1 << place, &held, tried))
    })
}

/// Changes some answers and outcomes, so that a history may be wrong.
pub(crate) fn disturb(history: &mut History, draw: &mut Draw, part: u64) {
    let values: Vec<Option<bytes::Bytes>> = history
        .operations
        .iter()
        .filter_map(|operation| match &operation.outcome {
            Outcome::Ok { output: Output::Value(value), .. } => Some(value.clone()),
            _ => None,
        })
        .chain([None])
        .collect();
    for operation in &mut history.operations {
        if !draw.chance(part) {
            continue;
        }
        let Outcome::Ok { output, .. } = &operation.outcome else { continue };
        let output = match output {
            Output::Value(_) => {
                Output::Value(values[draw.below(values.len() as u64) as usize].clone())
            }
            Output::Swapped(swapped) => Output::Swapped(!swapped),
            Output::Done => {
                operation.outcome = Outcome::Failed("refused");
                continue;
            }
        };
        operation.outcome = Outcome::Ok { output, path: ReadPath::Log, index: 0 };
    }
}
