//! A small part of a history that is still not linearizable.
//!
//! Only what cannot be missed may be left out: operations that change nothing, and writes whose
//! value nobody who remains has seen. Then the rest of a linearizable history is linearizable too,
//! and a part that is not convicts the whole.

use system::Op;
use trace::{Operation, Outcome};

use super::model::{Model, seen_by};
use super::search::{Answer, search};
use system::Output;

/// What one look may cost, in configurations; one that costs more keeps what it tried to leave out.
const LOOK_MAX: u64 = 1_000_000;
/// How often may be looked.
const LOOKS_MAX: u32 = 3_000;

/// A part of a history of one key.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// The operations, in the order of their invocations.
    pub(super) operations: Vec<&'a Operation>,
    /// What returned later counts as still open.
    pub(super) horizon: u64,
}

impl Part<'_> {
    fn is_broken(&self) -> bool {
        let mut budget = LOOK_MAX;
        search(&Model::new(&self.operations, self.horizon), &mut budget) == Answer::No
    }
}

/// The smallest part that can be found. `operations` are not linearizable, and in order.
pub(super) fn counterexample<'a>(operations: &[&'a Operation]) -> Part<'a> {
    let mut part = Part { operations: operations.to_vec(), horizon: u64::MAX };
    cut_the_end(&mut part);
    let mut looks = 0;
    let mut chunk = part.operations.len().div_ceil(2);
    while chunk > 0 && looks < LOOKS_MAX {
        let mut shrunk = false;
        let mut end = part.operations.len();
        while end > 0 && looks < LOOKS_MAX {
            let start = end.saturating_sub(chunk);
            let smaller = without(&part, start, end.min(part.operations.len()));
            looks += 1;
            if smaller.operations.len() < part.operations.len() && smaller.is_broken() {
                part = smaller;
                shrunk = true;
            }
            end = start;
        }
        if chunk == 1 && !shrunk {
            break;
        }
        chunk = if chunk == 1 { 1 } else { chunk / 2 };
    }
    part
}

/// Ends the part with the first return that cannot be explained.
fn cut_the_end(part: &mut Part<'_>) {
    let mut returns: Vec<u64> =
        part.operations.iter().map(|o| o.returned_seq).filter(|&seq| seq != u64::MAX).collect();
    returns.sort_unstable();
    let (mut low, mut high) = (0, returns.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let earlier = Part { operations: part.operations.clone(), horizon: returns[middle] };
        if earlier.is_broken() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    if let Some(&horizon) = returns.get(low) {
        part.horizon = horizon;
        part.operations.retain(|operation| operation.invoked_seq <= horizon);
    }
}

/// The part without what may be left out of `start..end`.
fn without<'a>(part: &Part<'a>, start: usize, end: usize) -> Part<'a> {
    let mut stays: Vec<bool> =
        (0..part.operations.len()).map(|place| !(start..end).contains(&place)).collect();
    loop {
        let remaining: Vec<&Operation> =
            part.operations.iter().zip(&stays).filter(|(_, s)| **s).map(|(o, _)| *o).collect();
        let needed = (start..end)
            .filter(|&place| !stays[place])
            .find(|&place| is_missed(part.operations[place], &remaining, part.horizon));
        match needed {
            Some(place) => stays[place] = true,
            None => break,
        }
    }
    let mut kept = stays.iter();
    let mut operations = part.operations.clone();
    operations.retain(|_| *kept.next().expect("one for each"));
    Part { operations, horizon: part.horizon }
}

/// Whether any of `remaining` might have noticed the operation.
fn is_missed(operation: &Operation, remaining: &[&Operation], horizon: u64) -> bool {
    if is_without_effect(operation, horizon) {
        return false;
    }
    let appends = remaining.iter().any(|other| matches!(other.op, Op::Append { .. }));
    let is_append = matches!(operation.op, Op::Append { .. });
    let made: Option<&[u8]> = match &operation.op {
        Op::Put { value, .. } | Op::Cas { value, .. } | Op::Append { value, .. } => Some(value),
        Op::Get { .. } | Op::Delete { .. } => None,
    };
    remaining.iter().any(|other| match noticed_by(other, horizon) {
        Noticed::Nothing => false,
        Noticed::Absence => true,
        Noticed::Value(seen) if is_append => match (made, seen) {
            (Some(made), Some(seen)) => contains(seen, made),
            _ => false,
        },
        Noticed::Value(seen) if appends => match (made, seen) {
            (Some(made), Some(seen)) => seen.starts_with(made),
            (None, _) => true,
            (Some(_), None) => false,
        },
        Noticed::Value(seen) => seen == made,
    })
}

/// Whether the operation is a read, or a cas that did not swap, or did not happen.
fn is_without_effect(operation: &Operation, horizon: u64) -> bool {
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, _) | (_, Outcome::Failed(_)) => true,
        (_, Outcome::Ok { output: Output::Swapped(false), .. }) => {
            operation.returned_seq <= horizon
        }
        _ => false,
    }
}

enum Noticed<'a> {
    Nothing,
    /// That the key did not hold something: any write may have helped.
    Absence,
    Value(Option<&'a [u8]>),
}

fn noticed_by(operation: &Operation, horizon: u64) -> Noticed<'_> {
    let Outcome::Ok { output, .. } = &operation.outcome else {
        return match &operation.op {
            Op::Cas { expect, .. } if matches!(operation.outcome, Outcome::Unknown(_)) => {
                Noticed::Value(expect.as_deref())
            }
            _ => Noticed::Nothing,
        };
    };
    match &operation.op {
        Op::Get { .. } if operation.returned_seq <= horizon => {
            seen_by(operation).map_or(Noticed::Nothing, Noticed::Value)
        }
        Op::Cas { .. }
            if *output == Output::Swapped(false) && operation.returned_seq <= horizon =>
        {
            Noticed::Absence
        }
        Op::Cas { expect, .. } => Noticed::Value(expect.as_deref()),
        _ => Noticed::Nothing,
    }
}

/// Whether `whole` has `part` in it.
pub(super) fn contains(whole: &[u8], part: &[u8]) -> bool {
    part.is_empty() || whole.windows(part.len()).any(|window| window == part)
}
