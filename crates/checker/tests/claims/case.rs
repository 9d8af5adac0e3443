//! What a claim means, and whether it holds in a history.

use checker::linearizability::{Claim, Kind};
use system::{Op, Output, Value};
use trace::foreign::lock;
use trace::{Operation, Outcome};

use crate::reference::Held;

/// The history of a key, and the answer that is wrong.
pub(crate) struct Case<'a> {
    pub(crate) initial: Held,
    pub(crate) all: &'a [Operation],
    pub(crate) last: &'a Operation,
    /// The minimal part, which is a history of its own.
    pub(crate) part: &'a [Operation],
}

pub(crate) fn failed(o: &Operation) -> bool {
    matches!(o.outcome, Outcome::Failed(_))
}

pub(crate) fn output(o: &Operation) -> Option<&Output> {
    match &o.outcome {
        Outcome::Ok { output, .. } => Some(output),
        _ => None,
    }
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    value.to_vec()
}

/// What somebody saw there.
fn saw(o: &Operation) -> Option<Held> {
    match (&o.op, output(o)) {
        (Op::Get { .. }, Some(Output::Value(value))) => Some(value.as_ref().map(bytes)),
        (Op::Cas { expect, .. }, Some(Output::Swapped(true))) => Some(expect.as_ref().map(bytes)),
        _ => None,
    }
}

/// Whether the key held something else when `o` had just happened, or while it did.
fn denies(o: &Operation, held: &Held) -> bool {
    match (&o.op, output(o)) {
        (_, None) => false,
        (Op::Get { .. }, Some(Output::Value(value))) => value.as_ref().map(bytes) != *held,
        (Op::Cas { value, .. }, Some(Output::Swapped(true))) => Some(bytes(value)) != *held,
        (Op::Cas { expect, .. }, _) => expect.as_ref().map(bytes) == *held,
        (Op::Put { value, .. }, _) => Some(bytes(value)) != *held,
        (Op::Delete { .. }, _) => held.is_some(),
        (Op::Append { value, .. }, _) => held.as_ref().is_none_or(|held| !held.ends_with(value)),
        _ => false,
    }
}

/// Whether the key can hold this when `o` has happened, and something else before.
fn turns_into(o: &Operation, held: &Held) -> bool {
    if failed(o) || output(o) == Some(&Output::Swapped(false)) {
        return false;
    }
    match &o.op {
        Op::Get { .. } => false,
        Op::Put { value, .. } => Some(bytes(value)) == *held,
        Op::Delete { .. } => held.is_none(),
        Op::Cas { expect, value, .. } => {
            Some(bytes(value)) == *held && expect.as_ref().map(bytes) != *held
        }
        Op::Append { value, .. } => held.as_ref().is_some_and(|held| held.ends_with(value)),
    }
}

impl Case<'_> {
    fn seen(&self) -> Held {
        saw(self.last).expect("the claim is about what was seen")
    }

    fn others(&self) -> impl Iterator<Item = &Operation> + Clone {
        self.all.iter().filter(|o| o.id != self.last.id)
    }

    fn in_time(&self) -> impl Iterator<Item = &Operation> + Clone {
        self.others().filter(|o| o.invoked_seq < self.last.returned_seq)
    }

    /// Whether a value can be built by operations: a beginning, and appends, each as often as
    /// wanted.
    fn can_build<'a>(&self, held: &Held, by: impl Iterator<Item = &'a Operation>) -> bool {
        let by: Vec<&Operation> = by.collect();
        let Some(value) = held else {
            let deletes = |o: &&Operation| matches!(o.op, Op::Delete { .. });
            return self.initial.is_none() || by.iter().any(deletes);
        };
        let swapped = |o: &Operation| output(o) != Some(&Output::Swapped(false));
        let is_deleted = by.iter().any(|o| matches!(o.op, Op::Delete { .. }));
        let mut open: Vec<Vec<u8>> = self.initial.iter().cloned().collect();
        let mut appended: Vec<Vec<u8>> = Vec::new();
        for o in by {
            match &o.op {
                Op::Put { value, .. } => open.push(bytes(value)),
                Op::Cas { value, .. } if swapped(o) => open.push(bytes(value)),
                Op::Append { value, .. } => {
                    // Nothing may be there when it is appended to: at first, or once deleted.
                    open.extend((self.initial.is_none() || is_deleted).then(|| bytes(value)));
                    appended.push(bytes(value));
                }
                _ => {}
            }
        }
        appended.retain(|back| !back.is_empty());
        appended.sort();
        appended.dedup();
        while let Some(front) = open.pop() {
            if front == *value {
                return true;
            }
            let longer = appended.iter().map(|back| [front.clone(), back.clone()].concat());
            open.extend(longer.filter(|longer| value.starts_with(longer)));
            open.dedup();
        }
        false
    }

    /// Nobody can have turned something else into `held` after `from` and before `until`.
    fn nobody_brings(&self, held: &Held, from: u64, until: u64, seer: Option<&Operation>) -> bool {
        let makers: Vec<&Operation> = self
            .others()
            .filter(|o| turns_into(o, held) && o.invoked_seq < self.last.returned_seq)
            .collect();
        let misses = |o: &&&Operation| o.returned_seq < from || o.invoked_seq > until;
        if makers.iter().filter(misses).count() == makers.len() {
            return true;
        }
        // It came to be once, and somebody saw it before.
        let is_early = |seer: &Operation| {
            saw(seer).as_ref() == Some(held) && seer.returned_seq < from && seer.id != self.last.id
        };
        makers.len() == 1 && self.initial != *held && seer.is_some_and(is_early)
    }

    fn never_written(&self) {
        let seen = self.seen();
        let happened = || self.others().filter(|o| !failed(o));
        assert!(!self.can_build(&seen, happened()), "somebody wrote it");
    }

    fn not_yet_written(&self, write: &Operation) {
        let seen = self.seen();
        let happened = || self.others().filter(|o| !failed(o));
        assert!(write.invoked_seq > self.last.returned_seq && !failed(write));
        assert!(!self.can_build(&seen, self.in_time().filter(|o| !failed(o))), "it was written");
        let before = |o: &&Operation| o.invoked_seq < write.invoked_seq;
        assert!(!self.can_build(&seen, happened().filter(before)), "it is not the first");
        let with = |o: &&Operation| o.invoked_seq <= write.invoked_seq;
        assert!(self.can_build(&seen, happened().filter(with)), "it does not write it");
    }

    fn dirty(&self, write: &Operation) {
        let seen = self.seen();
        assert!(failed(write) && write.invoked_seq < self.last.returned_seq);
        assert!(!self.can_build(&seen, self.in_time().filter(|o| !failed(o))), "another wrote it");
        assert!(self.can_build(&seen, self.in_time()), "it does not write it");
        // It alone is enough, or nothing is enough without it.
        let alone = self.in_time().filter(|o| !failed(o) || o.id == write.id);
        let others = self.in_time().filter(|o| o.id != write.id);
        assert!(self.can_build(&seen, alone) || !self.can_build(&seen, others));
    }

    fn repeated(&self, appends: &[Operation], times: usize) {
        let value = |o: &Operation| match &o.op {
            Op::Append { value, .. } => value.to_vec(),
            other => panic!("{other:?} is no append"),
        };
        let back = value(&appends[0]);
        let same = |o: &&Operation| matches!(o.op, Op::Append { .. }) && value(o) == back;
        assert_eq!(appends.len(), self.in_time().filter(|o| !failed(o)).filter(same).count());
        assert!(appends.iter().all(|o| value(o) == back) && times > appends.len());
        let seen = self.seen().expect("something with appends");
        // Every place that could be one of them is tried out.
        let happened: Vec<&Operation> = self.in_time().filter(|o| !failed(o)).collect();
        let swapped = |o: &Operation| output(o) != Some(&Output::Swapped(false));
        let mut fronts: Vec<Vec<u8>> = self.initial.iter().cloned().chain([vec![]]).collect();
        fronts.extend(happened.iter().filter_map(|o| match &o.op {
            Op::Put { value, .. } => Some(bytes(value)),
            Op::Cas { value, .. } if swapped(o) => Some(bytes(value)),
            _ => None,
        }));
        let is_append = |o: &&&Operation| matches!(o.op, Op::Append { .. });
        let backs: Vec<Vec<u8>> = happened.iter().filter(is_append).map(|o| value(o)).collect();
        let is_exact = fronts.into_iter().any(|front| is_made_once(front, &seen, &backs));
        assert!(!is_exact, "each append once makes it");
    }

    fn both_swapped(&self, other: &Operation, seer: Option<&Operation>) {
        let (seen, last) = (self.seen(), self.last);
        for one in [other, last] {
            assert_eq!(output(one), Some(&Output::Swapped(true)));
            assert!(saw(one).as_ref() == Some(&seen) && denies(one, &seen), "it stays the same");
        }
        let from = other.invoked_seq.min(last.invoked_seq);
        let until = other.returned_seq.max(last.returned_seq);
        let makers = self.in_time().filter(|o| turns_into(o, &seen)).count();
        let once = makers + usize::from(self.initial == seen) <= 1;
        assert!(once || self.nobody_brings(&seen, from, until, seer), "it was there twice");
    }

    fn replaced(&self, by: &Operation, seer: Option<&Operation>, kind: Kind) {
        let (seen, last) = (self.seen(), self.last);
        assert!(by.returned_seq < last.invoked_seq, "it is not over before");
        assert!(denies(by, &seen), "it does not say that another value was there");
        let (from, until) = (by.invoked_seq, last.returned_seq);
        let part = Case { initial: self.initial.clone(), all: self.part, ..*self };
        let holds =
            |case: &Case<'_>| denies(by, &seen) && case.nobody_brings(&seen, from, until, seer);
        // Who takes the only one away leaves none.
        let makers = part.in_time().filter(|o| turns_into(o, &seen)).count();
        let is_once = makers + usize::from(self.initial == seen) <= 1;
        let took = output(by) == Some(&Output::Swapped(true)) && denies(by, &seen) && is_once;
        let is_of_part = part.all.iter().any(|o| o.id == by.id);
        let in_part = is_of_part && (holds(&part) || took && saw(by).as_ref() == Some(&seen));
        assert!(holds(self) || in_part, "it was written again");
        match kind {
            Kind::StaleRead => {}
            Kind::LostUpdate => {
                let left = match &by.op {
                    Op::Put { value, .. } | Op::Cas { value, .. } => Some(bytes(value)),
                    Op::Delete { .. } => None,
                    Op::Append { value, .. } => {
                        let shows =
                            |held: &Held| held.as_ref().is_some_and(|held| held.ends_with(value));
                        assert!(!self.all.iter().filter_map(saw).any(|held| shows(&held)));
                        return;
                    }
                    Op::Get { .. } => panic!("a read is no update"),
                };
                assert!(!self.all.iter().filter_map(saw).any(|held| held == left), "it was seen");
            }
            Kind::ValueCameBack => {
                assert!(saw(by).is_some_and(|held| held != seen));
                let was_there = |o: &Operation| {
                    saw(o).as_ref() == Some(&seen)
                        || turns_into(o, &seen)
                        || matches!(&o.op, Op::Cas { value, .. } if Some(bytes(value)) == seen)
                };
                let before = |o: &&Operation| o.returned_seq < by.invoked_seq;
                assert!(self.others().filter(before).any(was_there), "it was not there before");
            }
            Kind::NonMonotonicReads => {
                assert!(by.op.is_read() && last.op.is_read());
                assert_eq!(by.id.client, last.id.client);
            }
            other => panic!("{other:?} is no replacement"),
        }
    }

    fn beside(&self, other: &Operation, seers: &[Operation]) {
        let (mine, theirs) = (self.seen(), saw(other).expect("it saw something"));
        assert!(mine != theirs && other.returned_seq < self.last.returned_seq);
        let not_after = |held: &Held, first: &Operation, second: &Operation| {
            let case = Case { last: second, initial: self.initial.clone(), ..*self };
            let mut seers: Vec<Option<&Operation>> = seers.iter().map(Some).collect();
            seers.push(None);
            let (from, until) = (first.invoked_seq, second.returned_seq);
            seers.into_iter().any(|seer| case.nobody_brings(held, from, until, seer))
        };
        assert!(not_after(&mine, other, self.last), "it may come after");
        assert!(not_after(&theirs, self.last, other), "it may come before");
    }

    fn held(&self, holder: &Operation) {
        let last = self.last;
        for one in [holder, last] {
            assert!(lock::is_acquire(&one.op) && output(one) == Some(&Output::Swapped(true)));
        }
        assert!(holder.returned_seq < last.returned_seq);
        let releases = || {
            self.others().filter(|o| lock::is_release(&o.op) && !failed(o)).filter(|o| {
                let first = holder.invoked_seq.min(last.invoked_seq);
                o.returned_seq > first && o.invoked_seq < last.returned_seq
            })
        };
        // Nobody released it in between; or, where others release it at the wrong time, not the
        // one who holds it.
        let own =
            |o: &&Operation| o.id.client == holder.id.client && o.invoked_seq > holder.invoked_seq;
        assert!(releases().count() == 0 || releases().filter(own).count() == 0);
    }

    fn not_held(&self, other: Option<&Operation>) {
        let released = |o: &Operation| {
            assert!(lock::is_release(&o.op) && output(o) == Some(&Output::Swapped(true)));
            o.invoked_seq
        };
        let from = released(self.last);
        // Otherwise it is said of all orders.
        let Some(other) = other else { return };
        let from = released(other).min(from);
        let between = |o: &&Operation| {
            o.invoked_seq < self.last.returned_seq && o.returned_seq > from && !failed(o)
        };
        let acquires = self.others().filter(between).filter(|o| lock::is_acquire(&o.op));
        assert_eq!(acquires.count(), 0, "somebody acquired it");
    }

    fn unchanged(&self, by: Option<&Operation>) {
        let Op::Cas { expect, .. } = &self.last.op else { panic!("it is no comparison") };
        assert_eq!(output(self.last), Some(&Output::Swapped(false)));
        let expected = expect.as_ref().map(bytes);
        let from = match by {
            None => {
                assert_eq!(self.initial, expected, "it was not there at first");
                0
            }
            Some(by) => {
                let left = match &by.op {
                    Op::Put { value, .. } | Op::Cas { value, .. } => Some(bytes(value)),
                    Op::Delete { .. } => None,
                    Op::Get { .. } => saw(by).expect("it was answered"),
                    Op::Append { .. } => panic!("nobody knows what it left"),
                };
                assert!(left == expected && by.returned_seq < self.last.invoked_seq);
                assert!(matches!(output(by), Some(output) if *output != Output::Swapped(false)));
                by.invoked_seq
            }
        };
        let changes = |o: &&Operation| match &o.op {
            _ if failed(o) || output(o) == Some(&Output::Swapped(false)) => false,
            Op::Get { .. } => false,
            Op::Put { value, .. } => Some(bytes(value)) != expected,
            Op::Delete { .. } => expected.is_some(),
            Op::Append { value, .. } => !value.is_empty() || expected.is_none(),
            Op::Cas { expect, value, .. } => {
                expect.as_ref().map(bytes) == expected && Some(bytes(value)) != expected
            }
        };
        let between = |o: &&Operation| by.is_none_or(|by| by.id != o.id) && o.returned_seq > from;
        assert_eq!(self.in_time().filter(between).filter(changes).count(), 0, "it was changed");
    }

    pub(crate) fn verify(&self, claim: &Claim) {
        match claim {
            Claim::NeverWritten => self.never_written(),
            Claim::NotYetWritten(write) => self.not_yet_written(write),
            Claim::Failed(write) => self.dirty(write),
            Claim::Repeated { appends, times } => self.repeated(appends, *times),
            Claim::BothSwapped { other, since } => self.both_swapped(other, since.as_ref()),
            Claim::Replaced { by, since, kind } => self.replaced(by, since.as_ref(), *kind),
            Claim::Beside { other, since } => self.beside(other, since),
            Claim::Unchanged(by) => self.unchanged(by.as_ref()),
            Claim::Held(holder) => self.held(holder),
            Claim::NotHeld(other) => self.not_held(other.as_ref()),
            // That there is no order is looked at for every part.
            Claim::NoOrder(_) => {}
        }
    }
}

/// Whether a value is a front with some of these behind it, each at most once.
fn is_made_once(front: Vec<u8>, value: &[u8], backs: &[Vec<u8>]) -> bool {
    if front == value {
        return true;
    }
    (0..backs.len()).any(|place| {
        let longer = [front.as_slice(), &backs[place]].concat();
        let mut rest = backs.to_vec();
        rest.remove(place);
        value.starts_with(&longer)
            && longer.len() > front.len()
            && is_made_once(longer, value, &rest)
    })
}
