//! What a part of a history that cannot be explained is called, in the words of the field, and in
//! one sentence with numbers.
//!
//! The name is a reading aid: that there is no order has been found already. It goes by the last
//! answer of the part, for without that one the rest could be explained.

use system::{Op, Output};
use trace::{Operation, Outcome, Violation};

use super::model::seen_by;
use super::shrink::{Part, contains};
use super::words::{asked, id, time, told, told_short};

const CHECK: &str = "linearizable";
/// How many operations a sentence names.
const NAMED_MAX: usize = 6;
/// How many operations a violation lists: the latest, if a part could not be made small.
const OPS_MAX: usize = 64;

/// How an answer is at odds with the rest.
struct Finding<'a> {
    kind: &'static str,
    /// What contradicts the answer, said behind it.
    against: String,
    /// An operation outside of the part that the sentence names.
    other: Option<&'a Operation>,
}

/// The violation that a part of a history shows. `all` are all operations on its key.
pub(super) fn violation(part: &Part<'_>, all: &[&Operation]) -> Violation {
    let last = part.last();
    let finding = name(last, part, all);
    let mut operations: Vec<&Operation> = part.operations.clone();
    // One that failed is no part of any order; it is shown for the reader's sake.
    operations.extend(finding.other.filter(|other| failed(other)));
    operations.sort_by_key(|operation| operation.invoked_seq);
    operations.drain(..operations.len().saturating_sub(OPS_MAX));
    let mut core: Vec<u64> =
        operations.iter().flat_map(|o| [o.invoked_seq, o.returned_seq]).collect();
    core.retain(|&seq| seq <= part.horizon);
    core.sort_unstable();
    core.dedup();
    Violation {
        check: CHECK,
        kind: finding.kind.to_owned(),
        message: format!("{}{}", told(last), finding.against),
        ops: operations.iter().map(|operation| operation.id).collect(),
        nodes: Vec::new(),
        core,
    }
}

/// What a part is called, and the operation outside of it that the sentence would name.
pub(super) fn named<'a>(
    part: &Part<'a>,
    all: &[&'a Operation],
) -> (&'static str, Option<&'a Operation>) {
    let finding = name(part.last(), part, all);
    let is_outside = |other: &&Operation| !failed(other) && !part.contains(other);
    (finding.kind, finding.other.filter(is_outside))
}

fn name<'a>(last: &'a Operation, part: &Part<'a>, all: &[&'a Operation]) -> Finding<'a> {
    let Some(seen) = observed(last) else {
        return unnamed(last, part);
    };
    never_made(last, seen, all)
        .or_else(|| seen_twice(seen, all))
        .or_else(|| swapped_twice(last, part))
        .or_else(|| outdated(last, seen, part, all))
        .unwrap_or_else(|| unnamed(last, part))
}

/// What an operation that happened saw: a read its value, a cas that swapped what it expected.
fn observed(operation: &Operation) -> Option<Option<&[u8]>> {
    match (&operation.op, &operation.outcome) {
        (Op::Cas { expect, .. }, Outcome::Ok { output: Output::Swapped(true), .. }) => {
            Some(expect.as_deref())
        }
        _ => seen_by(operation),
    }
}

/// What a cas that swapped found.
fn swapped_from(operation: &Operation) -> Option<Option<&[u8]>> {
    match &operation.op {
        Op::Cas { .. } => observed(operation),
        _ => None,
    }
}

/// What the key holds behind an operation, appends apart.
fn made(operation: &Operation) -> Option<Option<&[u8]>> {
    match (&operation.op, &operation.outcome) {
        (_, Outcome::Ok { output: Output::Swapped(false), .. }) => None,
        (Op::Put { value, .. } | Op::Cas { value, .. }, _) => Some(Some(value)),
        (Op::Delete { .. }, _) => Some(None),
        _ => None,
    }
}

fn failed(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Failed(_))
}

/// A value of which no operation can be the origin.
fn never_made<'a>(
    last: &Operation,
    seen: Option<&[u8]>,
    all: &[&'a Operation],
) -> Option<Finding<'a>> {
    let bytes = seen?;
    let in_time = |o: &&&Operation| o.invoked_seq < last.returned_seq;
    let happened = all.iter().filter(in_time).filter(|o| !failed(o));
    if can_be_made(bytes, happened.copied()) {
        return None;
    }
    let dirty = all.iter().filter(in_time).filter(|o| failed(o)).find(|o| match &o.op {
        Op::Append { value, .. } => !value.is_empty() && contains(bytes, value),
        _ => made(o) == Some(seen),
    });
    if let Some(&origin) = dirty {
        let against = format!(", though {}'s {} had failed", id(origin.id), asked(origin));
        return Some(Finding { kind: "dirty-read", against, other: Some(origin) });
    }
    let against = match all.iter().find(|o| !failed(o) && made(o) == Some(seen)) {
        Some(later) => format!(
            ", before {}'s {} was invoked at {}",
            id(later.id),
            asked(later),
            time(later.invoked_at)
        ),
        None => ", which nobody wrote".to_owned(),
    };
    Some(Finding { kind: "value-never-written", against, other: None })
}

/// Whether a value is a written one, or nothing, with appended ones behind it.
fn can_be_made<'a>(bytes: &[u8], operations: impl Iterator<Item = &'a Operation> + Clone) -> bool {
    let mut reached = vec![false; bytes.len() + 1];
    for operation in operations.clone() {
        match made(operation) {
            Some(Some(front)) if bytes.starts_with(front) => reached[front.len()] = true,
            _ => {}
        }
    }
    let appended: Vec<&[u8]> = operations
        .filter_map(|operation| match &operation.op {
            Op::Append { value, .. } => Some(value.as_ref()),
            _ => None,
        })
        .collect();
    reached[0] |= !appended.is_empty() && !bytes.is_empty() || appended.contains(&bytes);
    for place in 0..bytes.len() {
        if !reached[place] {
            continue;
        }
        for &back in &appended {
            if bytes[place..].starts_with(back) {
                reached[place + back.len()] = true;
            }
        }
    }
    reached[bytes.len()]
}

/// An append that shows more often than it was asked for.
fn seen_twice<'a>(seen: Option<&[u8]>, all: &[&'a Operation]) -> Option<Finding<'a>> {
    let bytes = seen?;
    for &operation in all.iter().filter(|operation| !failed(operation)) {
        let Op::Append { value, .. } = &operation.op else { continue };
        if value.is_empty() {
            continue;
        }
        let asked_for = all.iter().filter(|o| !failed(o)).map(|o| match &o.op {
            Op::Append { value: other, .. } => times(other, value),
            _ => made(o).flatten().map_or(0, |other| times(other, value)),
        });
        let shown = times(bytes, value);
        if shown > asked_for.sum() {
            let against = format!(
                ", in which {}'s {} shows {shown} times",
                id(operation.id),
                asked(operation)
            );
            let kind = "duplicate-application";
            return Some(Finding { kind, against, other: Some(operation) });
        }
    }
    None
}

fn times(whole: &[u8], part: &[u8]) -> usize {
    let mut count = 0;
    let mut place = 0;
    while place + part.len() <= whole.len() && !part.is_empty() {
        if whole[place..].starts_with(part) {
            count += 1;
            place += part.len();
        } else {
            place += 1;
        }
    }
    count
}

/// Two swaps of one value that was there once.
fn swapped_twice<'a>(last: &Operation, part: &Part<'a>) -> Option<Finding<'a>> {
    let mine = swapped_from(last)?;
    let is_other = |o: &&&Operation| o.id != last.id && swapped_from(o) == Some(mine);
    let other = part.operations.iter().find(is_other)?;
    let against = format!(", as {}'s {} did", id(other.id), asked(other));
    Some(Finding { kind: "lost-update", against, other: Some(other) })
}

/// A value that was replaced before it was seen.
fn outdated<'a>(
    last: &Operation,
    seen: Option<&[u8]>,
    part: &Part<'a>,
    all: &[&'a Operation],
) -> Option<Finding<'a>> {
    let writes = |o: &&&Operation| made(o).is_some() || matches!(o.op, Op::Append { .. });
    // What a window contradicts was written before it begins.
    let known = if part.start == 0 { &part.operations } else { all };
    let newer = known
        .iter()
        .filter(writes)
        .filter(|write| !matches!(write.outcome, Outcome::Unknown(_)) && !failed(write))
        .filter(|write| is_before(write, last) && !leaves(write, seen))
        .max_by_key(|write| write.returned_seq);
    let witness = part
        .operations
        .iter()
        .filter(|o| is_before(o, last))
        .filter(|o| observed(o).is_some_and(|value| value != seen))
        .max_by_key(|o| o.returned_seq);
    if let Some(witness) = came_back(last, seen, witness, all) {
        let against =
            format!(" again, after {} at {}", told_short(witness), time(witness.returned_at));
        return Some(Finding { kind: "value-came-back", against, other: Some(witness) });
    }
    if let Some(own) = seen_newer(last, seen, all) {
        let against = format!(", though {} at {}", told_short(own), time(own.returned_at));
        return Some(Finding { kind: "non-monotonic-reads", against, other: Some(own) });
    }
    let Some(newer) = newer else {
        let witness = witness?;
        let against = format!(", but {} at {}", told_short(witness), time(witness.returned_at));
        return Some(Finding { kind: "stale-read", against, other: Some(witness) });
    };
    let is_lost = is_lost(newer, seen, all);
    let against = format!(
        ", but {}'s {} had completed at {}",
        id(newer.id),
        asked(newer),
        time(newer.returned_at)
    );
    let kind = if is_lost { "lost-update" } else { "stale-read" };
    Some(Finding { kind, against, other: Some(newer) })
}

/// Who saw that a value had been replaced, if it is back for good: everybody who looks after the
/// answer sees it too. `witness` is one of the part; another one does if somebody looks at all.
fn came_back<'a>(
    last: &Operation,
    seen: Option<&[u8]>,
    witness: Option<&&'a Operation>,
    all: &[&'a Operation],
) -> Option<&'a Operation> {
    let mut later =
        all.iter().filter(|o| o.invoked_seq > last.returned_seq).filter_map(|o| observed(o));
    let is_confirmed = later.clone().next().is_some();
    if !later.all(|value| value == seen) {
        return None;
    }
    let was_there = |witness: &Operation| {
        all.iter().any(|o| is_before(o, witness) && observed(o) == Some(seen))
    };
    if let Some(witness) = witness.filter(|witness| was_there(witness)) {
        return Some(witness);
    }
    let was_made =
        |witness: &Operation| all.iter().any(|o| is_before(o, witness) && made(o) == Some(seen));
    let others = all.iter().filter(|o| is_before(o, last));
    let others = others.filter(|o| observed(o).is_some_and(|value| value != seen));
    let latest = others.filter(|o| was_there(o) || was_made(o)).max_by_key(|o| o.returned_seq);
    latest.filter(|_| is_confirmed).copied()
}

/// The client's own latest look, if it saw something newer: what it saw then was written when
/// what it sees now had been seen.
fn seen_newer<'a>(
    last: &Operation,
    seen: Option<&[u8]>,
    all: &[&'a Operation],
) -> Option<&'a Operation> {
    let mine = all.iter().filter(|o| o.id.client == last.id.client && is_before(o, last));
    let own = mine.filter(|o| seen_by(o).is_some()).max_by_key(|o| o.returned_seq)?;
    let other = seen_by(own).filter(|value| *value != seen)?;
    let is_hidden = |write: &Operation| {
        let hides = made(write).is_some_and(|value| value != seen);
        hides && (is_before(write, own) || made(write) == Some(other)) && {
            let mut makers = all.iter().filter(|o| made(o) == Some(seen) && !failed(o));
            makers.all(|o| is_before(o, write) || o.invoked_seq > last.returned_seq)
        }
    };
    all.iter().any(|write| is_hidden(write)).then_some(*own)
}

/// Whether a write that completed has left no trace: nobody sees it, and the first two who look
/// behind it, or the last of several, see what was there before it.
fn is_lost(newer: &Operation, seen: Option<&[u8]>, all: &[&Operation]) -> bool {
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

/// Whether one had returned before the other was invoked.
fn is_before(one: &Operation, other: &Operation) -> bool {
    one.returned_seq < other.invoked_seq
}

/// Whether a write can have left this value, without appends behind it.
fn leaves(write: &Operation, seen: Option<&[u8]>) -> bool {
    match &write.op {
        Op::Append { .. } => seen.is_some_and(|_| shows(write, seen)),
        _ => made(write) == Some(seen),
    }
}

/// Whether a value shows that a write took effect.
fn shows(write: &Operation, seen: Option<&[u8]>) -> bool {
    match (&write.op, seen) {
        (Op::Append { value, .. }, Some(bytes)) => contains(bytes, value),
        (Op::Append { .. }, None) => false,
        _ => match (made(write).flatten(), seen) {
            (Some(front), Some(bytes)) => bytes.starts_with(front),
            (front, seen) => front == seen,
        },
    }
}

fn unnamed<'a>(last: &Operation, part: &Part<'_>) -> Finding<'a> {
    let others: Vec<String> = part
        .operations
        .iter()
        .filter(|operation| operation.id != last.id)
        .map(|operation| format!("{}'s {}", id(operation.id), asked(operation)))
        .collect();
    let against = match others.as_slice() {
        [] => ", which no order explains".to_owned(),
        others if others.len() <= NAMED_MAX => {
            format!(", which no order with {} explains", others.join(", "))
        }
        others => format!(", which no order with {} others explains", others.len()),
    };
    Finding { kind: "not-linearizable", against, other: None }
}
