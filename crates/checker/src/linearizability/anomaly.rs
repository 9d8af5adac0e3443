//! What a part of a history that cannot be explained is called, and what contradicts its last
//! answer: without that one the rest could be explained.
//!
//! Two operations contradict each other if one saw or left another value before the other was
//! invoked, and nobody can have made the value of the other in between (see [`origin::since`]).
//! A claim of two operations is made only if they do: it is a proof of its own, whatever the part
//! is. That there is no order at all has been found before.

use system::{Op, Output};
use trace::{Operation, Outcome, Violation};

use super::claim::{Claim, Kind};
use super::lock;
use super::model::seen_by;
use super::origin::{
    self, Held, Since, appended, can_be_made, confirms, failed, fewest_uses, is_before, made,
    observed, rules_out, shown_too_often, since, swapped_from, takes,
};
use super::shrink::{Part, contains};
use super::words::Vocabulary;

const CHECK: &str = "linearizable";
/// How many operations a violation lists: those that the sentence names, and the latest others, if
/// a part could not be made small.
const OPS_MAX: usize = 64;
/// How many operations are suspected of being the origin of a value.
const SUSPECTS_MAX: usize = 64;

/// The violation that a part of a history shows, by its claim.
pub(super) fn violation(part: &Part<'_>, claim: &Claim, words: Vocabulary) -> Violation {
    let last = part.last();
    let mut operations: Vec<&Operation> = claim.witnesses();
    operations.push(last);
    let mut others = part.operations.clone();
    others.retain(|other| operations.iter().all(|named| named.id != other.id));
    others.drain(..others.len().saturating_sub(OPS_MAX.saturating_sub(operations.len())));
    operations.extend(others);
    operations.sort_by_key(|operation| operation.invoked_seq);
    let mut core: Vec<u64> =
        operations.iter().flat_map(|o| [o.invoked_seq, o.returned_seq]).collect();
    core.retain(|&seq| seq <= part.horizon);
    core.sort_unstable();
    core.dedup();
    Violation {
        check: CHECK,
        kind: claim.kind().name().to_owned(),
        message: claim.sentence(last, words),
        ops: operations.iter().map(|operation| operation.id).collect(),
        nodes: Vec::new(),
        core,
    }
}

/// What contradicts the last answer of a part. `all` are all operations on its key.
pub(super) fn claim(part: &Part<'_>, all: &[&Operation]) -> Claim {
    let last = part.last();
    let found = match (Vocabulary::of(part.initial, all), observed(last)) {
        (_, None) => unchanged(last, part, all),
        (Vocabulary::Lock, _) => lock::claim(last, &part.operations, all),
        (Vocabulary::Store, Some(seen)) => of_store(last, seen, part, all),
    };
    found.unwrap_or_else(|| {
        let others = part.operations.iter().filter(|o| o.id != last.id && !failed(o));
        Claim::NoOrder(others.copied().cloned().collect())
    })
}

/// A cas that found another value, though what it expected was there.
fn unchanged(last: &Operation, part: &Part<'_>, all: &[&Operation]) -> Option<Claim> {
    let (Op::Cas { expect, .. }, Outcome::Ok { .. }) = (&last.op, &last.outcome) else {
        return None;
    };
    let expected = expect.as_deref();
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq && o.id != last.id;
    let takers = all.iter().filter(in_time).filter(|o| takes(o, expected));
    let Some(until) = takers.map(|o| o.returned_seq).max() else {
        let was_there = part.initial == expected;
        let maker = all.iter().filter(|o| is_before(o, last) && confirms(o, expected));
        let maker = maker.max_by_key(|o| o.returned_seq).copied().cloned();
        return (was_there || maker.is_some()).then_some(Claim::Unchanged(maker));
    };
    let confirms =
        |o: &&&Operation| is_before(o, last) && o.invoked_seq > until && confirms(o, expected);
    let latest = |operations: &[&Operation]| {
        operations.iter().filter(confirms).max_by_key(|o| o.returned_seq).copied().cloned()
    };
    let by = latest(&part.operations).or_else(|| latest(all))?;
    Some(Claim::Unchanged(Some(by)))
}

fn of_store(
    last: &Operation,
    seen: Held<'_>,
    part: &Part<'_>,
    all: &[&Operation],
) -> Option<Claim> {
    let initial = part.initial;
    never_made(last, seen, initial, all).or_else(|| repeated(last, seen, initial, all)).or_else(
        || {
            let since = since(last, seen, initial, all);
            both_swapped(last, seen, part, &since)
                .or_else(|| replaced(last, seen, part, all, &since))
                .or_else(|| replaced_in_part(last, seen, part, all))
        },
    )
}

/// A value that no operation in time can be the origin of.
fn never_made<'a>(
    last: &Operation,
    seen: Held<'_>,
    initial: Held<'a>,
    all: &[&'a Operation],
) -> Option<Claim> {
    let Some(bytes) = seen else { return never_deleted(last, initial, all) };
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq && o.id != last.id;
    let happened = all.iter().filter(in_time).filter(|o| !failed(o)).copied();
    if can_be_made(bytes, initial, happened.clone()) {
        return None;
    }
    let with_failed = all.iter().filter(in_time).copied();
    if can_be_made(bytes, initial, with_failed.clone()) {
        let is_needed = |one: &Operation| {
            let id = one.id;
            !can_be_made(bytes, initial, with_failed.clone().filter(move |o| o.id != id))
        };
        let is_enough =
            |one: &'a Operation| can_be_made(bytes, initial, happened.clone().chain([one]));
        let related = |o: &&Operation| match &o.op {
            Op::Append { value, .. } => !value.is_empty() && contains(bytes, value),
            _ => made(o).flatten().is_some_and(|front| bytes.starts_with(front)),
        };
        let suspects = with_failed.clone().filter(|o| failed(o)).filter(related);
        let mut suspects = suspects.take(SUSPECTS_MAX);
        if let Some(write) = suspects.find(|o| is_enough(o) || is_needed(o)) {
            return Some(Claim::Failed(write.clone()));
        }
    }
    let others = all.iter().copied().filter(|o| o.id != last.id && !failed(o));
    Some(match can_be_made(bytes, initial, others.clone()) {
        true => Claim::NotYetWritten(first_needed(last, others, &|operations| {
            can_be_made(bytes, initial, operations.iter().copied())
        })),
        false => Claim::NeverWritten,
    })
}

/// Absence, where the key was there at first and nobody deleted it in time.
fn never_deleted(last: &Operation, initial: Held<'_>, all: &[&Operation]) -> Option<Claim> {
    initial?;
    let mut deletes: Vec<&Operation> = all.to_vec();
    deletes.retain(|o| made(o) == Some(None));
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq;
    if deletes.iter().any(|o| !failed(o) && o.invoked_seq < last.returned_seq) {
        return None;
    }
    if let Some(write) = deletes.iter().filter(in_time).find(|o| failed(o)) {
        return Some(Claim::Failed((*write).clone()));
    }
    let later = deletes.iter().filter(|o| !failed(o)).min_by_key(|o| o.invoked_seq);
    Some(later.map_or(Claim::NeverWritten, |later| Claim::NotYetWritten((*later).clone())))
}

/// The first operation, in the order of invocations, with which the earlier ones can make a value.
/// All can, and those of before the answer of `last` cannot.
fn first_needed<'a>(
    last: &Operation,
    operations: impl Iterator<Item = &'a Operation>,
    can_make: &dyn Fn(&[&Operation]) -> bool,
) -> Operation {
    let mut operations: Vec<&Operation> = operations.collect();
    operations.sort_by_key(|o| o.invoked_seq);
    let mut low = operations.partition_point(|o| o.invoked_seq < last.returned_seq);
    let mut high = operations.len();
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if can_make(&operations[..middle]) {
            high = middle;
        } else {
            low = middle;
        }
    }
    operations[high - 1].clone()
}

/// A value that was appended more often than it was asked for.
fn repeated(
    last: &Operation,
    seen: Held<'_>,
    initial: Held<'_>,
    all: &[&Operation],
) -> Option<Claim> {
    let bytes = seen?;
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq && o.id != last.id;
    let happened = all.iter().filter(in_time).filter(|o| !failed(o)).copied();
    let asked = appended(happened.clone());
    for value in shown_too_often(bytes, &asked).into_iter().take(SUSPECTS_MAX) {
        let times = fewest_uses(bytes, initial, happened.clone(), Some(value))?;
        if times > asked[&value.len()][value] {
            let appends_it =
                |o: &&Operation| matches!(&o.op, Op::Append { value: back, .. } if back == value);
            let appends = happened.filter(appends_it).cloned().collect();
            return Some(Claim::Repeated { appends, times });
        }
    }
    None
}

/// Two swaps of one value that was there once.
fn both_swapped(
    last: &Operation,
    seen: Held<'_>,
    part: &Part<'_>,
    since: &Since<'_>,
) -> Option<Claim> {
    let swaps = |o: &Operation| swapped_from(o) == Some(seen) && made(o) != Some(seen);
    let is_late = |o: &Operation| since.is_once || o.invoked_seq > since.until;
    if !swaps(last) || !is_late(last) {
        return None;
    }
    let is_other = |o: &&&Operation| o.id != last.id && swaps(o) && is_late(o);
    let other = part.operations.iter().find(is_other)?;
    let since = since.seer.filter(|_| !since.is_once).cloned();
    Some(Claim::BothSwapped { other: (*other).clone(), since })
}

/// A value that was replaced before it was seen.
fn replaced(
    last: &Operation,
    seen: Held<'_>,
    part: &Part<'_>,
    all: &[&Operation],
    since: &Since<'_>,
) -> Option<Claim> {
    let contradicts =
        |o: &&&Operation| is_before(o, last) && o.invoked_seq > since.until && rules_out(o, seen);
    let claim = |by: &Operation, kind| {
        Some(Claim::Replaced { by: by.clone(), since: since.seer.cloned(), kind })
    };
    let looks = |o: &&&Operation| observed(o).is_some_and(|value| value != seen);
    let latest = |operations: &[&'_ Operation], wanted: &dyn Fn(&&&Operation) -> bool| {
        let found = operations.iter().filter(contradicts).filter(wanted);
        found.max_by_key(|o| o.returned_seq).copied().cloned()
    };
    if let Some(witness) =
        came_back(last, seen, latest(&part.operations, &looks), all, &contradicts)
    {
        return claim(&witness, Kind::ValueCameBack);
    }
    let mine = all.iter().filter(|o| o.id.client == last.id.client && is_before(o, last));
    let own = mine.filter(|o| seen_by(o).is_some()).max_by_key(|o| o.returned_seq);
    if let Some(own) = own.filter(|own| last.op.is_read() && contradicts(own)) {
        return claim(own, Kind::NonMonotonicReads);
    }
    let writes = |o: &&&Operation| {
        let is_swap = matches!(o.outcome, Outcome::Ok { output: Output::Swapped(true), .. });
        is_swap || matches!(o.outcome, Outcome::Ok { output: Output::Done, .. })
    };
    // What a window contradicts was written before it begins.
    let known = if part.start == 0 { &part.operations } else { all };
    let newer = latest(known, &writes);
    if let Some(newer) = newer {
        let is_lost = is_lost(&newer, seen, all);
        return claim(&newer, if is_lost { Kind::LostUpdate } else { Kind::StaleRead });
    }
    match latest(&part.operations, &looks).or_else(|| latest(all, &|_| true)) {
        Some(witness) => claim(&witness, Kind::StaleRead),
        None => beside(last, part, all, since),
    }
}

/// A value that was replaced before it was seen, as far as the part goes: it is a history of its
/// own that has no order, and others in the whole one may have made the value again.
fn replaced_in_part(
    last: &Operation,
    seen: Held<'_>,
    part: &Part<'_>,
    all: &[&Operation],
) -> Option<Claim> {
    let since = since(last, seen, part.initial, &part.operations);
    // Nobody knows how often a key held a value before a window begins.
    let is_once = since.is_once && part.start == 0;
    if since.seer.is_some() && !is_once {
        return None;
    }
    let took = |o: &Operation| is_once && swapped_from(o) == Some(seen) && made(o) != Some(seen);
    let contradicts = |o: &&&Operation| {
        is_before(o, last) && (took(o) || o.invoked_seq > since.until && rules_out(o, seen))
    };
    let by = *part.operations.iter().filter(contradicts).max_by_key(|o| o.returned_seq)?;
    let is_update = !by.op.is_read() && rules_out(by, seen) && made(by).is_some();
    let is_own = by.id.client == last.id.client && by.op.is_read() && last.op.is_read();
    let kind = match (is_update && is_lost(by, seen, all), is_own) {
        (true, _) => Kind::LostUpdate,
        (_, true) => Kind::NonMonotonicReads,
        _ => Kind::StaleRead,
    };
    let seer = since.seer.filter(|_| by.invoked_seq > since.until);
    Some(Claim::Replaced { by: by.clone(), since: seer.cloned(), kind })
}

/// Somebody who saw another value at the same time, though nobody made either value since.
fn beside(
    last: &Operation,
    part: &Part<'_>,
    all: &[&Operation],
    since: &Since<'_>,
) -> Option<Claim> {
    let seen = observed(last)?;
    let is_beside = |o: &&&Operation| {
        let is_over = o.invoked_seq > since.until && o.returned_seq < last.returned_seq;
        is_over && o.id != last.id && observed(o).is_some_and(|value| value != seen)
    };
    part.operations.iter().filter(is_beside).take(SUSPECTS_MAX).find_map(|other| {
        let of_other = origin::since(other, observed(other)?, part.initial, all);
        (of_other.until < last.invoked_seq).then(|| Claim::Beside {
            other: (*other).clone(),
            since: since.seer.into_iter().chain(of_other.seer).cloned().collect(),
        })
    })
}

/// Who saw that a value had been replaced, if it is back for good: everybody who looks after the
/// answer sees it too. `witness` is one of the part; another one does if somebody looks at all.
fn came_back(
    last: &Operation,
    seen: Held<'_>,
    witness: Option<Operation>,
    all: &[&Operation],
    contradicts: &dyn Fn(&&&Operation) -> bool,
) -> Option<Operation> {
    let mut later =
        all.iter().filter(|o| o.invoked_seq > last.returned_seq).filter_map(|o| observed(o));
    let is_confirmed = later.clone().next().is_some();
    if !later.all(|value| value == seen) {
        return None;
    }
    let seers = all.iter().filter(|o| observed(o) == Some(seen));
    let seen_at = seers.map(|o| o.returned_seq).min().unwrap_or(u64::MAX);
    let was_there = |witness: &Operation| seen_at < witness.invoked_seq;
    if let Some(witness) = witness.filter(|witness| was_there(witness)) {
        return Some(witness);
    }
    if !is_confirmed {
        return None;
    }
    let makers = all.iter().filter(|o| !failed(o) && made(o) == Some(seen));
    let made_at = makers.map(|o| o.returned_seq).min().unwrap_or(u64::MAX);
    let was_made = |witness: &Operation| made_at < witness.invoked_seq;
    let others = all.iter().filter(contradicts);
    let others = others.filter(|o| observed(o).is_some_and(|value| value != seen));
    let latest = others.filter(|o| was_there(o) || was_made(o)).max_by_key(|o| o.returned_seq);
    latest.copied().cloned()
}

/// Whether a write that completed has left no trace: nobody sees it, and the first two who look
/// after it, or the last of several, see what was there before it.
fn is_lost(newer: &Operation, seen: Held<'_>, all: &[&Operation]) -> bool {
    if all.iter().any(|o| observed(o).is_some_and(|value| shows(newer, value))) {
        return false;
    }
    if matches!(newer.op, Op::Append { .. }) {
        return true;
    }
    let later = || all.iter().filter(|o| is_before(newer, o) && observed(o).is_some());
    if later().count() < 2 {
        return false;
    }
    let latest = later().max_by_key(|o| o.returned_seq);
    if latest.is_some_and(|o| observed(o) == Some(seen)) {
        return true;
    }
    let mut looks: Vec<&Operation> = later().copied().collect();
    looks.sort_by_key(|o| o.invoked_seq);
    looks.iter().take_while(|o| observed(o) == Some(seen)).count() >= 2
}

/// Whether a value shows that a write took effect.
fn shows(write: &Operation, seen: Held<'_>) -> bool {
    match (&write.op, seen) {
        (Op::Append { value, .. }, Some(bytes)) => contains(bytes, value),
        (Op::Append { .. }, None) => false,
        _ => match (made(write).flatten(), seen) {
            (Some(front), Some(bytes)) => bytes.starts_with(front),
            (front, seen) => front == seen,
        },
    }
}
