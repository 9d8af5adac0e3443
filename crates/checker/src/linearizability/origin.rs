//! What an operation saw or left, and who can have made a value.

use std::collections::BTreeMap;

use system::{Op, Output};
use trace::{Operation, Outcome};

use super::model::seen_by;

/// What the key held: `None` is the absent key.
pub(super) type Held<'a> = Option<&'a [u8]>;

/// What an operation that happened saw: a read its value, a cas that swapped what it expected.
pub(super) fn observed(operation: &Operation) -> Option<Held<'_>> {
    swapped_from(operation).or_else(|| seen_by(operation))
}

/// What a cas that swapped found.
pub(super) fn swapped_from(operation: &Operation) -> Option<Held<'_>> {
    match (&operation.op, &operation.outcome) {
        (Op::Cas { expect, .. }, Outcome::Ok { output: Output::Swapped(true), .. }) => {
            Some(expect.as_deref())
        }
        _ => None,
    }
}

/// What the key holds after an operation, appends apart.
pub(super) fn made(operation: &Operation) -> Option<Held<'_>> {
    match (&operation.op, &operation.outcome) {
        (_, Outcome::Ok { output: Output::Swapped(false), .. }) => None,
        (Op::Put { value, .. } | Op::Cas { value, .. }, _) => Some(Some(value)),
        (Op::Delete { .. }, _) => Some(None),
        _ => None,
    }
}

/// Whether an operation did not happen.
pub(super) fn failed(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Failed(_))
}

/// Whether one had returned before the other was invoked.
pub(super) fn is_before(one: &Operation, other: &Operation) -> bool {
    one.returned_seq < other.invoked_seq
}

/// Whether the key can hold this value after the operation and not before.
pub(super) fn brings(operation: &Operation, held: Held<'_>) -> bool {
    match &operation.op {
        _ if failed(operation) => false,
        Op::Append { value, .. } if value.is_empty() => held == Some(b""),
        Op::Append { value, .. } => held.is_some_and(|held| held.ends_with(value)),
        Op::Cas { expect, .. } if expect.as_deref() == held => false,
        _ => made(operation) == Some(held),
    }
}

/// Whether the key held something else when the operation took effect, or right after.
pub(super) fn rules_out(operation: &Operation, held: Held<'_>) -> bool {
    let Outcome::Ok { output, .. } = &operation.outcome else { return false };
    match &operation.op {
        Op::Get { .. } => seen_by(operation).is_some_and(|seen| seen != held),
        Op::Cas { expect, .. } if *output == Output::Swapped(false) => expect.as_deref() == held,
        Op::Append { value, .. } => held.is_none_or(|held| !held.ends_with(value)),
        _ => made(operation).is_some_and(|made| made != held),
    }
}

/// Whether the key held this when the operation took effect and after that.
pub(super) fn confirms(operation: &Operation, held: Held<'_>) -> bool {
    let Outcome::Ok { .. } = &operation.outcome else { return false };
    seen_by(operation) == Some(held) || made(operation) == Some(held)
}

/// Whether the key can hold this before the operation and not after it.
pub(super) fn takes(operation: &Operation, held: Held<'_>) -> bool {
    match &operation.op {
        _ if failed(operation) => false,
        Op::Append { value, .. } => !value.is_empty() || held.is_none(),
        Op::Cas { expect, .. } if expect.as_deref() != held => false,
        _ => made(operation).is_some_and(|made| made != held),
    }
}

/// Since when nobody can have made a value again, before an answer that saw it.
pub(super) struct Since<'a> {
    /// The value can only be made up to here, in the order of events.
    pub(super) until: u64,
    /// Who saw it, if its only maker returned later than that.
    pub(super) seer: Option<&'a Operation>,
    /// Whether the key held it once at most: only one operation made it, or it was there at first.
    pub(super) is_once: bool,
}

/// Since when nobody can have made what `last` saw. `initial` is what the key held at first.
pub(super) fn since<'a>(
    last: &Operation,
    seen: Held<'_>,
    initial: Held<'_>,
    all: &[&'a Operation],
) -> Since<'a> {
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq && o.id != last.id;
    let mut makers = all.iter().filter(in_time).filter(|o| brings(o, seen));
    let (first, more) = (makers.next(), makers.next());
    let is_once = more.is_none() && !(first.is_some() && initial == seen);
    let returns = [first, more].into_iter().flatten().chain(makers).map(|o| o.returned_seq);
    let until = returns.max().unwrap_or(0);
    let seers = all.iter().filter(|o| o.id != last.id && observed(o) == Some(seen));
    let seer = seers.min_by_key(|o| o.returned_seq).copied();
    match seer.filter(|seer| is_once && seer.returned_seq < until) {
        Some(seer) => Since { until: seer.returned_seq, seer: Some(seer), is_once },
        None => Since { until, seer: None, is_once },
    }
}

/// Whether a value can be made of these: one that was written or was there at first, or nothing,
/// and any of the appended ones, as often as wanted.
pub(super) fn can_be_made<'a>(
    bytes: &[u8],
    initial: Held<'a>,
    operations: impl Iterator<Item = &'a Operation> + Clone,
) -> bool {
    fewest_uses(bytes, initial, operations, None).is_some()
}

/// How often at least a value was appended if `bytes` was made of these; `None` if it cannot be.
pub(super) fn fewest_uses<'a>(
    bytes: &[u8],
    initial: Held<'a>,
    operations: impl Iterator<Item = &'a Operation> + Clone,
    counted: Option<&[u8]>,
) -> Option<usize> {
    let mut fewest: Vec<Option<usize>> = vec![None; bytes.len() + 1];
    let fronts = operations.clone().filter_map(made).chain([initial]).flatten();
    for front in fronts {
        if bytes.starts_with(front) {
            fewest[front.len()] = Some(0);
        }
    }
    let is_absent = initial.is_none() || operations.clone().any(|o| made(o) == Some(None));
    let appended = appended(operations);
    if is_absent && !appended.is_empty() && (!bytes.is_empty() || appended.contains_key(&0)) {
        fewest[0] = Some(0);
    }
    for place in 0..bytes.len() {
        let Some(so_far) = fewest[place] else { continue };
        for (&length, backs) in appended.range(1..=bytes.len() - place) {
            let back = &bytes[place..place + length];
            if backs.contains_key(back) {
                let uses = so_far + usize::from(counted == Some(back));
                let there = &mut fewest[place + length];
                *there = Some(there.map_or(uses, |known| known.min(uses)));
            }
        }
    }
    fewest[bytes.len()]
}

/// The appended values by their lengths, each with how often somebody asked for it.
pub(super) fn appended<'a>(
    operations: impl Iterator<Item = &'a Operation>,
) -> BTreeMap<usize, BTreeMap<&'a [u8], usize>> {
    let mut appended: BTreeMap<usize, BTreeMap<&[u8], usize>> = BTreeMap::new();
    for operation in operations {
        if let Op::Append { value, .. } = &operation.op {
            *appended.entry(value.len()).or_default().entry(value).or_default() += 1;
        }
    }
    appended
}

/// The appended values that are in `bytes` at more places than they were asked for.
pub(super) fn shown_too_often<'a>(
    bytes: &'a [u8],
    appended: &BTreeMap<usize, BTreeMap<&'a [u8], usize>>,
) -> Vec<&'a [u8]> {
    let mut often = Vec::new();
    for (&length, backs) in appended.range(1..) {
        let mut places: BTreeMap<&[u8], usize> = BTreeMap::new();
        for back in bytes.windows(length).filter(|back| backs.contains_key(back)) {
            *places.entry(back).or_default() += 1;
        }
        often.extend(places.into_iter().filter(|(back, count)| *count > backs[back]).map(|p| p.0));
    }
    often
}
