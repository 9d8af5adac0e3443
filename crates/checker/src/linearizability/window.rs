//! The end of a history that no beginning can explain.
//!
//! Where few values are written again and again, nearly everything may have been seen by somebody,
//! and little can be left out. But often the last few operations contradict each other whatever
//! the key held before: two who took a lock, and nobody who gave it back in between.
//!
//! * What returned before the window begins is left out, and the key may hold anything then.
//! * What was under way when it begins may have happened before, in it, or behind it.
//!
//! So if the rest of a linearizable history is cut like this, it can be explained from what the
//! key really held; and a window that cannot, from nothing at all, convicts the whole.
//!
//! Not done here: windows with appends in them, for which there are too many beginnings.

use std::collections::BTreeSet;

use system::{Op, Output, Value};
use trace::{Operation, Outcome};

use super::shrink::Part;

/// How many returns a window may have.
const RETURNS_MAX: usize = 400;
/// How many values the key may have held before.
const BEGINNINGS_MAX: usize = 40;

/// The shortest window at the end of a part that cannot be explained.
pub(super) fn narrow<'a>(part: &Part<'a>) -> Option<Part<'a>> {
    let mut returns: Vec<u64> =
        part.operations.iter().map(|o| o.returned_seq).filter(|&seq| seq <= part.horizon).collect();
    returns.sort_unstable();
    // The window begins behind the return before its first.
    let window = |size: usize| {
        let start = returns[returns.len() - 1 - size];
        let operations = part.operations.iter().filter(|o| o.returned_seq > start);
        Part { operations: operations.copied().collect(), start, ..*part }
    };
    let size_max = RETURNS_MAX.min(returns.len().saturating_sub(1));
    let mut size = 2;
    while size <= size_max && !window(size).is_broken() {
        size *= 2;
    }
    if size > size_max {
        return None;
    }
    let (mut low, mut high) = (size / 2, size);
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if window(middle).is_broken() {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(window(high))
}

/// The operations of a window, as they bind there.
pub(super) fn operations(part: &Part<'_>) -> Vec<Operation> {
    let (before, inside): (Vec<&Operation>, Vec<&Operation>) =
        part.operations.iter().partition(|operation| operation.invoked_seq <= part.start);
    let writes = before.into_iter().filter(|operation| {
        let differed = Output::Swapped(false);
        let is_differed =
            matches!(&operation.outcome, Outcome::Ok { output, .. } if *output == differed);
        !operation.op.is_read() && !is_differed
    });
    let mut operations: Vec<Operation> = writes.cloned().collect();
    for operation in &mut operations {
        if !matches!(operation.outcome, Outcome::Failed(_)) {
            operation.outcome = Outcome::Unknown("under way");
            operation.returned_seq = u64::MAX;
        }
    }
    operations.extend(inside.into_iter().cloned());
    operations
}

/// What the key may have held before a window: every value of which somebody in it speaks, none,
/// and one of which nobody does. `None` if that is too much to try.
pub(super) fn beginnings(operations: &[Operation]) -> Option<Vec<Option<Value>>> {
    let mut values: BTreeSet<Option<Value>> = [None].into();
    let mut longest = 0;
    for operation in operations {
        let seen = match &operation.outcome {
            Outcome::Ok { output: Output::Value(value), .. } => value.clone(),
            _ => None,
        };
        let of_op = match &operation.op {
            Op::Append { .. } => return None,
            Op::Put { value, .. } => [Some(value.clone()), None],
            Op::Cas { expect, value, .. } => [Some(value.clone()), expect.clone()],
            Op::Get { .. } | Op::Delete { .. } => [None, None],
        };
        for value in of_op.into_iter().chain([seen]) {
            longest = longest.max(value.as_ref().map_or(0, Value::len));
            values.insert(value);
        }
        if values.len() >= BEGINNINGS_MAX {
            return None;
        }
    }
    let other = vec![b'?'; longest + 1];
    Some(values.into_iter().chain([Some(other.into())]).collect())
}
