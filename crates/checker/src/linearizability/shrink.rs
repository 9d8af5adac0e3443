//! A small part of a history that is still not linearizable.
//!
//! Only what cannot be missed may be left out: operations that change nothing, and writes of which
//! nobody who remains can have seen the value, because nobody saw it at all, or because another
//! write had hidden it for good before. Then the rest of a linearizable history is linearizable too,
//! and a part that is not convicts the whole.

use std::collections::{BTreeMap, BTreeSet};

use system::{Op, Output, Value};
use trace::{Operation, Outcome};

use super::claim::Claim;
use super::effort::{Answer, Budget};
use super::model::{Model, seen_by};
use super::zones::{self, Decision};
use super::{BYTES_MAX, Road, anomaly, decide_model, window};

/// What one look may cost, in configurations; one that costs more keeps what it tried to leave out.
const LOOK_MAX: u64 = 4_000_000;
/// How many operations may be looked at, all looks together.
const LOOKED_AT_MAX: usize = 2_000_000;
/// A part that is larger is no quick guess any more.
const GUESS_MAX: usize = 12;
/// For a part that is not larger, nobody looks for a better one.
const SMALL: usize = 4;
/// Beyond so many different answers, appends are kept unseen.
const ANSWERS_MAX: usize = 200;

/// A part of a history of one key.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// The operations, in the order of their invocations.
    pub(super) operations: Vec<&'a Operation>,
    /// What returned later counts as still open.
    pub(super) horizon: u64,
    /// What the key holds at first.
    pub(super) initial: Option<&'a [u8]>,
    /// If this is a window, it begins behind this place, whatever the key holds there; 0 for a
    /// part that begins with the history.
    pub(super) start: u64,
}

impl<'a> Part<'a> {
    /// The operation whose answer completes the part.
    pub(super) fn last(&self) -> &'a Operation {
        let returned = self.operations.iter().filter(|o| o.returned_seq <= self.horizon);
        returned
            .filter(|o| matches!(o.outcome, Outcome::Ok { .. }))
            .max_by_key(|o| o.returned_seq)
            .expect("a history without answers is linearizable")
    }

    /// Whether the operation is in it.
    pub(super) fn contains(&self, operation: &Operation) -> bool {
        self.operations.iter().any(|other| other.id == operation.id)
    }

    /// Leaves out what can be left out of some operations, if the rest still cannot be explained.
    fn leave_out(&mut self, places: &[usize]) -> bool {
        let smaller = without(self, places);
        let is_shorter = smaller.operations.len() < self.operations.len();
        let leaves_out = is_shorter && smaller.is_broken();
        if leaves_out {
            *self = smaller;
        }
        leaves_out
    }

    /// Whether it cannot be explained.
    pub(super) fn is_broken(&self) -> bool {
        if self.start == 0 {
            return is_broken(self.initial, &self.operations, self.horizon);
        }
        let operations = window::operations(self);
        let Some(beginnings) = window::beginnings(&operations) else { return false };
        let operations: Vec<&Operation> = operations.iter().collect();
        let is_broken_from =
            |initial: &Option<Value>| is_broken(initial.as_deref(), &operations, self.horizon);
        beginnings.iter().all(is_broken_from)
    }
}

fn is_broken(initial: Option<&[u8]>, operations: &[&Operation], horizon: u64) -> bool {
    match zones::of_key(initial, operations, horizon) {
        Decision::Yes => false,
        Decision::No(..) => true,
        Decision::Hard => {
            let model = Model::new(initial, operations, horizon);
            let mut budget = Budget { configurations: LOOK_MAX, bytes: BYTES_MAX };
            decide_model(&model, &mut budget, Road::Both, &mut |_, _| true) == Answer::No
        }
    }
}

/// The smallest part that can be found. `operations` are not linearizable, and in order.
pub(super) fn counterexample<'a>(
    initial: Option<&'a [u8]>,
    operations: &[&'a Operation],
) -> Part<'a> {
    let mut part = Part { operations: operations.to_vec(), horizon: u64::MAX, initial, start: 0 };
    cut_the_end(&mut part);
    let whole = part.clone();
    if let Some(guess) = guess(&part) {
        part = guess;
    } else if let Some(operations) = zones::conflict(initial, &part.operations, part.horizon) {
        let smaller = Part { operations, ..part.clone() };
        if smaller.is_broken() {
            part = smaller;
        }
    }
    leave_out(&mut part);
    if part.operations.len() > SMALL
        && let Some(mut window) = window::narrow(&whole)
    {
        leave_out(&mut window);
        let kind = |part: &Part<'a>| anomaly::claim(part, operations).kind();
        let is_smaller = window.operations.len() < part.operations.len();
        if is_smaller && (part.operations.len() > GUESS_MAX || kind(&window) == kind(&part)) {
            part = window;
        }
    }
    around(&part, &anomaly::claim(&part, operations), operations).unwrap_or(part)
}

/// A part that shows the same with the operations that the sentence about it names, if some of
/// them are not in it.
fn around<'a>(part: &Part<'a>, claim: &Claim, operations: &[&'a Operation]) -> Option<Part<'a>> {
    let holds_all = |part: &Part<'_>| {
        let mut witnesses = claim.witnesses().into_iter();
        witnesses.all(|o| matches!(o.outcome, Outcome::Failed(_)) || part.contains(o))
    };
    if holds_all(part) {
        return None;
    }
    let mut whole = Part { operations: operations.to_vec(), start: 0, ..*part };
    whole.operations.retain(|operation| operation.invoked_seq <= part.horizon);
    let witnesses = claim.witnesses();
    let named = |o: &&&Operation| witnesses.iter().any(|witness| witness.id == o.id);
    let seed = whole.operations.iter().filter(named).copied().chain([part.last()]).collect();
    let around = noticed_together(&whole, seed)?;
    let mut other = Part { operations: around, ..whole };
    if !other.is_broken() {
        return None;
    }
    leave_out(&mut other);
    let is_same = anomaly::claim(&other, operations).kind() == claim.kind();
    (is_same && holds_all(&other)).then_some(other)
}

/// Leaves out what can be left out, half of it first, then less and less.
fn leave_out(part: &mut Part<'_>) {
    let mut looked_at = 0;
    let mut chunk = part.operations.len().div_ceil(2);
    while chunk > 0 && looked_at < LOOKED_AT_MAX {
        let mut shrunk = false;
        let mut end = part.operations.len();
        while end > 0 && looked_at < LOOKED_AT_MAX {
            let start = end.saturating_sub(chunk);
            looked_at += part.operations.len();
            let places: Vec<usize> = (start..end).collect();
            if part.leave_out(&places) {
                shrunk = true;
            } else if chunk == 1 {
                looked_at += part.operations.len();
                let places = with_what_rests_on(part, start);
                shrunk |= places.len() > 1 && part.leave_out(&places);
            }
            end = start.min(part.operations.len());
        }
        if chunk == 1 && !shrunk {
            break;
        }
        chunk = if chunk == 1 { 1 } else { chunk / 2 };
    }
}

/// Guesses a small part: the last answer, one operation more, and all that they may have noticed.
fn guess<'a>(part: &Part<'a>) -> Option<Part<'a>> {
    let last = part.operations.iter().find(|o| o.returned_seq == part.horizon)?;
    let suspects = part.operations.iter().rev().filter(|o| o.id != last.id);
    let suspects_max = LOOKED_AT_MAX * 4 / part.operations.len();
    for suspect in suspects.take(suspects_max) {
        let seed = vec![*last, *suspect];
        let Some(operations) = noticed_together(part, seed) else { continue };
        let guess = Part { operations, ..*part };
        if guess.is_broken() {
            return Some(guess);
        }
    }
    None
}

/// Adds what the chosen may have noticed; `None` if that is too much for a guess.
fn noticed_together<'a>(
    part: &Part<'a>,
    mut chosen: Vec<&'a Operation>,
) -> Option<Vec<&'a Operation>> {
    loop {
        let answers = Answers::of(&chosen, part.horizon);
        let size = chosen.len();
        for &operation in &part.operations {
            let is_new = || chosen.iter().all(|other| other.id != operation.id);
            if answers.may_depend_on(operation) && is_new() {
                chosen.push(operation);
                if chosen.len() > GUESS_MAX {
                    return None;
                }
            }
        }
        if chosen.len() == size {
            chosen.sort_by_key(|operation| operation.invoked_seq);
            return Some(chosen);
        }
    }
}

/// Ends the part with the first return that cannot be explained.
fn cut_the_end(part: &mut Part<'_>) {
    let mut returns: Vec<u64> =
        part.operations.iter().map(|o| o.returned_seq).filter(|&seq| seq != u64::MAX).collect();
    returns.sort_unstable();
    let (mut low, mut high) = (0, returns.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let earlier =
            Part { operations: part.operations.clone(), horizon: returns[middle], ..*part };
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

/// An operation, and all who noticed what it made, and so on.
fn with_what_rests_on(part: &Part<'_>, place: usize) -> Vec<usize> {
    let mut chosen: BTreeSet<usize> = [place].into();
    let mut left = vec![place];
    while let Some(place) = left.pop() {
        let made = match &part.operations[place].op {
            Op::Put { value, .. } | Op::Cas { value, .. } => Some(value.as_ref()),
            Op::Delete { .. } => None,
            Op::Get { .. } | Op::Append { .. } => continue,
        };
        for (other, operation) in part.operations.iter().enumerate() {
            let is_noticed = matches!(
                noticed_by(operation, part.horizon),
                Noticed::Value(value) if value == made
            );
            if is_noticed && chosen.insert(other) {
                left.push(other);
            }
        }
    }
    chosen.into_iter().collect()
}

/// The part without what may be left out of some of its operations.
fn without<'a>(part: &Part<'a>, places: &[usize]) -> Part<'a> {
    let is_chosen = |place: &usize| places.binary_search(place).is_ok();
    let (left_out, stay): (Vec<usize>, Vec<usize>) =
        (0..part.operations.len()).partition(is_chosen);
    let at = |places: Vec<usize>| places.into_iter().map(|place| part.operations[place]).collect();
    let mut left_out: Vec<&Operation> = at(left_out);
    let mut operations: Vec<&Operation> = at(stay);
    loop {
        let answers = Answers::of(&operations, part.horizon);
        let before = left_out.len();
        left_out.retain(|operation| {
            let stays = answers.may_depend_on(operation);
            if stays {
                operations.push(operation);
            }
            !stays
        });
        if left_out.len() == before {
            break;
        }
    }
    operations.sort_by_key(|operation| operation.invoked_seq);
    Part { operations, ..*part }
}

/// What a set of operations has noticed.
struct Answers<'a> {
    /// The values that were seen or expected, and when first somebody who did was invoked.
    values: BTreeMap<Option<&'a [u8]>, u64>,
    /// Whether an answer says that the key did not hold something: any write may have helped.
    absence: bool,
    /// Whether what was seen may have been appended to what was written.
    appends: bool,
    /// The values that somebody writes.
    written: BTreeSet<Option<&'a [u8]>>,
    /// Writes that completed.
    hiding: Hiding<'a>,
}

impl<'a> Answers<'a> {
    fn of(operations: &[&'a Operation], horizon: u64) -> Self {
        let mut answers = Answers {
            values: BTreeMap::new(),
            absence: false,
            appends: false,
            written: BTreeSet::new(),
            hiding: Hiding::of(operations, horizon),
        };
        for operation in operations {
            answers.appends |= matches!(operation.op, Op::Append { .. });
            match &operation.op {
                Op::Put { value, .. } | Op::Cas { value, .. } => {
                    answers.written.insert(Some(value));
                }
                Op::Delete { .. } => {
                    answers.written.insert(None);
                }
                _ => {}
            }
            match noticed_by(operation, horizon) {
                Noticed::Nothing => {}
                Noticed::Absence => answers.absence = true,
                Noticed::Value(value) => {
                    let first = answers.values.entry(value).or_insert(u64::MAX);
                    *first = (*first).min(operation.invoked_seq);
                }
            }
        }
        answers
    }

    /// Whether somebody may have seen the value from this very write: it was not hidden for good
    /// before the first of those who saw it was invoked. The last who writes it stays.
    fn may_have_seen(&self, value: Option<&[u8]>, write: &Operation) -> bool {
        let Some(&first) = self.values.get(&value) else { return false };
        !self.written.contains(&value) || !self.hiding.hides(write.returned_seq, value, first)
    }

    /// Whether leaving out the operation might make a right answer wrong.
    fn may_depend_on(&self, operation: &Operation) -> bool {
        if is_without_effect(operation) {
            return false;
        }
        if self.absence {
            return true;
        }
        match &operation.op {
            Op::Append { value, .. } => {
                let shows = |seen: &Option<&[u8]>| seen.is_some_and(|seen| contains(seen, value));
                self.values.len() > ANSWERS_MAX || self.values.keys().any(shows)
            }
            Op::Put { value, .. } | Op::Cas { value, .. } if self.appends => {
                let longer = self.values.range(Some(value.as_ref())..).next();
                longer.is_some_and(|(seen, _)| seen.is_some_and(|seen| seen.starts_with(value)))
            }
            Op::Put { value, .. } | Op::Cas { value, .. } => {
                self.may_have_seen(Some(value.as_ref()), operation)
            }
            Op::Delete { .. } if self.appends => !self.values.is_empty(),
            Op::Delete { .. } => self.may_have_seen(None, operation),
            Op::Get { .. } => false,
        }
    }
}

/// When a write was invoked, from 1, and what it wrote.
type Latest<'a> = (u64, Option<&'a [u8]>);

/// Writes that completed, by their returns: behind each, the two latest invocations so far of
/// writes of different values.
struct Hiding<'a> {
    returns: Vec<u64>,
    latest: Vec<[Latest<'a>; 2]>,
}

impl<'a> Hiding<'a> {
    fn of(operations: &[&'a Operation], horizon: u64) -> Self {
        let mut writes: Vec<(u64, u64, Option<&[u8]>)> = operations
            .iter()
            .filter(|o| matches!(o.outcome, Outcome::Ok { .. }) && o.returned_seq <= horizon)
            .filter_map(|o| match &o.op {
                Op::Put { value, .. } => {
                    Some((o.returned_seq, o.invoked_seq + 1, Some(value.as_ref())))
                }
                Op::Delete { .. } => Some((o.returned_seq, o.invoked_seq + 1, None)),
                _ => None,
            })
            .collect();
        writes.sort_unstable();
        let mut hiding = Hiding { returns: Vec::new(), latest: Vec::new() };
        let mut latest = [(0, None); 2];
        for (returned, call, value) in writes {
            if value == latest[0].1 {
                latest[0].0 = call.max(latest[0].0);
            } else if call > latest[0].0 {
                latest = [(call, value), latest[0]];
            } else if call > latest[1].0 {
                latest[1] = (call, value);
            }
            hiding.returns.push(returned);
            hiding.latest.push(latest);
        }
        hiding
    }

    /// Whether a write of another value was invoked behind `returned` and had completed at
    /// `before`.
    fn hides(&self, returned: u64, value: Option<&[u8]>, before: u64) -> bool {
        let place = self.returns.partition_point(|&other| other < before);
        let Some(latest) = place.checked_sub(1).map(|place| self.latest[place]) else {
            return false;
        };
        latest.iter().any(|&(call, other)| call > 0 && other != value && call - 1 > returned)
    }
}

/// Whether the operation is a read, or a cas that did not swap, or did not happen.
fn is_without_effect(operation: &Operation) -> bool {
    operation.op.is_read()
        || matches!(
            &operation.outcome,
            Outcome::Failed(_) | Outcome::Ok { output: Output::Swapped(false), .. }
        )
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
