//! One lie told in a true history: a history that was linearizable, and is not any more.
//!
//! Each lie is chosen so that no order of the other operations can make it true.

use std::collections::BTreeMap;

use bytes::Bytes;
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

/// How many operations before a read are looked at.
const LOOK_BACK: usize = 1000;

/// What kind of lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A read sees a value that had been overwritten before it was asked.
    StaleRead,
    /// A write is acknowledged and never seen: who saw it sees what was there before.
    LostWrite,
    /// A read sees a value that nobody wrote.
    NeverWritten,
    /// A read sees the value of a write that failed.
    DirtyRead,
    /// A value that was seen to be overwritten is back for good: the last of all operations see it.
    CameBack,
    /// A client sees a newer value and then an older one, though the newer one is still there.
    NonMonotonic,
    /// An append shows twice.
    AppliedTwice,
    /// Two comparisons take the same value away.
    SwappedTwice,
}

impl Lie {
    /// All of them.
    pub const ALL: [Lie; 8] = [
        Lie::StaleRead,
        Lie::LostWrite,
        Lie::NeverWritten,
        Lie::DirtyRead,
        Lie::CameBack,
        Lie::NonMonotonic,
        Lie::AppliedTwice,
        Lie::SwappedTwice,
    ];

    /// What a violation that shows it is called.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Lie::StaleRead => "stale-read",
            Lie::LostWrite | Lie::SwappedTwice => "lost-update",
            Lie::NeverWritten => "value-never-written",
            Lie::DirtyRead => "dirty-read",
            Lie::CameBack => "value-came-back",
            Lie::NonMonotonic => "non-monotonic-reads",
            Lie::AppliedTwice => "duplicate-application",
        }
    }
}

/// Tells a lie as late in the history as possible; false if there is no place for it.
///
/// The history must be one of [`super::history`].
pub fn tell(history: &mut History, lie: Lie) -> bool {
    let operations = &mut history.operations;
    match lie {
        Lie::StaleRead => stale_read(operations),
        Lie::LostWrite => lost_write(operations),
        Lie::NeverWritten => never_written(operations),
        Lie::DirtyRead => dirty_read(operations),
        Lie::CameBack => came_back(operations),
        Lie::NonMonotonic => non_monotonic(operations),
        Lie::AppliedTwice => applied_twice(operations),
        Lie::SwappedTwice => swapped_twice(operations),
    }
}

fn seen(operation: &Operation) -> Option<&Option<Bytes>> {
    match &operation.outcome {
        Outcome::Ok { output: Output::Value(value), .. } => Some(value),
        _ => None,
    }
}

fn answer(operation: &mut Operation, output: Output) {
    operation.outcome = Outcome::Ok { output, path: ReadPath::Log, index: 0 };
}

/// The value that an operation leaves, if it swaps or sets.
fn made(operation: &Operation) -> Option<&Bytes> {
    match (&operation.op, &operation.outcome) {
        (_, Outcome::Ok { output: Output::Swapped(false), .. }) => None,
        (Op::Put { value, .. } | Op::Cas { value, .. }, _) => Some(value),
        _ => None,
    }
}

fn is_known(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Ok { .. })
}

/// Reads that returned, the latest first.
fn reads(operations: &[Operation]) -> impl Iterator<Item = usize> + '_ {
    (0..operations.len()).rev().filter(|&place| seen(&operations[place]).is_some())
}

/// For each key and value, the moment from which on a write of unknown outcome may bring it.
type Doubtful = BTreeMap<(Bytes, Bytes), u64>;

fn doubtful(operations: &[Operation]) -> Doubtful {
    let mut doubtful = Doubtful::new();
    for operation in operations.iter().filter(|operation| !is_known(operation)) {
        if let Some(value) = made(operation) {
            let key = (operation.op.key().clone(), value.clone());
            doubtful.entry(key).or_insert(operation.invoked_seq);
        }
    }
    doubtful
}

/// A value that cannot be there any more when the read at `place` is invoked, and the write that
/// hid it: every writer of it had returned before that write was invoked, or came too late.
fn gone(operations: &[Operation], place: usize, doubtful: &Doubtful) -> Option<(Bytes, usize)> {
    let read = &operations[place];
    let key = read.op.key();
    let start = place.saturating_sub(LOOK_BACK);
    let end = (place + LOOK_BACK).min(operations.len());
    let near: Vec<usize> = (start..end).filter(|&at| operations[at].op.key() == key).collect();
    let hides = |at: &usize| {
        let write = &operations[*at];
        let sets = matches!(write.op, Op::Put { .. } | Op::Delete { .. });
        sets && is_known(write) && write.returned_seq < read.invoked_seq
    };
    let hiding = near.iter().copied().filter(hides).max_by_key(|&at| operations[at].invoked_seq)?;
    let hidden = &operations[hiding];
    let candidates = near.iter().rev().filter(|&&at| {
        is_known(&operations[at]) && operations[at].returned_seq < hidden.invoked_seq
    });
    for &at in candidates {
        let Some(value) = made(&operations[at]) else { continue };
        let from = doubtful.get(&(key.clone(), value.clone()));
        let returns = near.iter().all(|&other| {
            let other = &operations[other];
            made(other) != Some(value)
                || other.returned_seq < hidden.invoked_seq
                || other.invoked_seq > read.returned_seq
        });
        if returns && from.is_none_or(|&from| from > read.returned_seq) {
            return Some((value.clone(), hiding));
        }
    }
    None
}

fn stale_read(operations: &mut [Operation]) -> bool {
    let doubtful = doubtful(operations);
    let found = reads(operations).skip(operations.len() / 50).find_map(|place| {
        let (value, hiding) = gone(operations, place, &doubtful)?;
        let read = &operations[place];
        // Somebody else read it, and the newer value was seen: it is the read that is wrong.
        let fresh = made(&operations[hiding]).cloned();
        let own = |o: &&Operation| {
            o.id.client == read.id.client && o.op.key() == read.op.key() && seen(o).is_some()
        };
        let start = place.saturating_sub(LOOK_BACK);
        let end = (place + LOOK_BACK).min(operations.len());
        let alone = operations[start..place]
            .iter()
            .rfind(own)
            .is_none_or(|o| seen(o).is_none_or(|saw| saw.as_ref() == Some(&value)));
        let is_seen = operations[start..end]
            .iter()
            .enumerate()
            .any(|(at, o)| start + at != place && seen(o).is_some_and(|saw| *saw == fresh));
        (alone && (is_seen || operations.len() > 2 * LOOK_BACK)).then_some((place, value))
    });
    let Some((place, value)) = found else { return false };
    answer(&mut operations[place], Output::Value(Some(value)));
    true
}

fn lost_write(operations: &mut [Operation]) -> bool {
    let doubtful = doubtful(operations);
    let mut at = operations.len();
    while at > 0 {
        at -= 1;
        let write = &operations[at];
        let Op::Put { key, value } = &write.op else { continue };
        if !is_known(write) {
            continue;
        }
        let saw =
            |o: &Operation| o.op.key() == key && seen(o).is_some_and(|s| s.as_ref() == Some(value));
        let end = (at + LOOK_BACK).min(operations.len());
        let start = at.saturating_sub(LOOK_BACK);
        let who: Vec<usize> = (start..end).filter(|&place| saw(&operations[place])).collect();
        // The first two who look behind the write saw it.
        let looks = |o: &&Operation| {
            o.op.key() == key && o.invoked_seq > write.returned_seq && seen(o).is_some()
        };
        let mut late = operations[at..end].iter().filter(looks).take(2);
        let (Some(first), Some(second)) = (late.next(), late.next()) else { continue };
        if !saw(first) || !saw(second) {
            continue;
        }
        let first = first.id;
        let Some(late) = (at..end).find(|&place| operations[place].id == first) else { continue };
        // Whoever changes what the write left would betray it.
        let takes = operations[start..end].iter().any(|o| match &o.op {
            Op::Cas { expect, .. } => expect.as_ref() == Some(value),
            Op::Append { .. } => true,
            _ => false,
        });
        if takes || (start..end).filter(|&o| made(&operations[o]) == Some(value)).count() > 1 {
            continue;
        }
        let Some(old) = before(operations, at, late, &doubtful) else { continue };
        // Nobody has seen anything between the old value and the lost one.
        let value = value.clone();
        let between = operations[start..end].iter().any(|o| {
            let made_old = operations[start..at].iter().rev().find(|o| made(o) == Some(&old));
            let last = who.last().map_or(0, |&place| operations[place].invoked_seq);
            made_old.is_none_or(|maker| o.invoked_seq > maker.invoked_seq)
                && o.returned_seq < last
                && seen(o)
                    .is_some_and(|saw| saw.as_ref() != Some(&old) && saw.as_ref() != Some(&value))
        });
        if between {
            continue;
        }
        for place in who {
            answer(&mut operations[place], Output::Value(Some(old.clone())));
        }
        return true;
    }
    false
}

/// The value that was there before the write at `at`, if it cannot be there after it.
fn before(operations: &[Operation], at: usize, read: usize, doubtful: &Doubtful) -> Option<Bytes> {
    let write = &operations[at];
    let (value, _) = gone(operations, read, doubtful)?;
    let maker = operations[..at].iter().rev().take(LOOK_BACK).find(|o| made(o) == Some(&value))?;
    (maker.op.key() == write.op.key() && maker.returned_seq < write.invoked_seq).then_some(value)
}

fn never_written(operations: &mut [Operation]) -> bool {
    let Some(place) = reads(operations).nth(operations.len() / 50) else { return false };
    answer(&mut operations[place], Output::Value(Some(Bytes::from_static(b"elsewhere"))));
    true
}

fn dirty_read(operations: &mut [Operation]) -> bool {
    let puts = |o: &Operation| matches!(o.op, Op::Put { .. }) && o.returned_seq != u64::MAX;
    let Some(write) = operations.iter().rposition(puts) else { return false };
    let failed = Outcome::Failed("refused");
    let value = Bytes::from_static(b"refused");
    let (key, at) = (operations[write].op.key().clone(), operations[write].invoked_seq);
    let place = reads(operations)
        .find(|&place| operations[place].op.key() == &key && operations[place].invoked_seq > at);
    let saw = made(&operations[write]).cloned();
    let observed = |o: &Operation| {
        seen(o).is_some_and(|seen| *seen == saw)
            || matches!(&o.op, Op::Cas { expect, .. } if *expect == saw)
    };
    // A write that somebody saw cannot be made a failed one.
    if operations.iter().any(observed) {
        return false;
    }
    let Some(place) = place else { return false };
    operations[write].op = Op::Put { key, value: value.clone() };
    operations[write].outcome = failed;
    answer(&mut operations[place], Output::Value(Some(value)));
    true
}

fn came_back(operations: &mut Vec<Operation>) -> bool {
    let Some(last) = reads(operations).next() else { return false };
    let key = operations[last].op.key().clone();
    let mine: Vec<usize> = reads(operations).filter(|&p| operations[p].op.key() == &key).collect();
    let Some(&newer) = mine.first() else { return false };
    let older = mine.iter().copied().find(|&place| {
        let (old, new) = (&operations[place], &operations[newer]);
        let maker = |o: &Operation| {
            made(o).is_some_and(|v| seen(old).is_some_and(|s| s.as_ref() == Some(v)))
        };
        let hiding = |o: &Operation| {
            matches!(o.op, Op::Put { .. })
                && is_known(o)
                && o.op.key() == &key
                && o.invoked_seq > old.returned_seq
                && o.returned_seq < new.invoked_seq
        };
        let makers = operations.iter().filter(|o| maker(o) && o.op.key() == &key);
        seen(old) != seen(new)
            && old.returned_seq < new.invoked_seq
            && makers.clone().count() == 1
            && makers.clone().all(is_known)
            && operations.iter().any(hiding)
    });
    let Some(older) = older else { return false };
    let value = seen(&operations[older]).cloned().expect("it is a read");
    let seq = operations
        .iter()
        .map(|o| o.invoked_seq)
        .chain(operations.iter().map(|o| o.returned_seq).filter(|&seq| seq != u64::MAX))
        .max()
        .unwrap_or(0);
    for more in 0..2 {
        let at = seq + 1 + 2 * more;
        operations.push(Operation {
            id: OpId { client: 900 + more, number: 1 },
            op: Op::Get { key: key.clone() },
            invoked_seq: at,
            invoked_at: at * 1000,
            returned_seq: at + 1,
            returned_at: (at + 1) * 1000,
            outcome: Outcome::Ok {
                output: Output::Value(value.clone()),
                path: ReadPath::Log,
                index: 0,
            },
        });
    }
    true
}

fn non_monotonic(operations: &mut [Operation]) -> bool {
    let doubtful = doubtful(operations);
    let found = reads(operations).find_map(|place| {
        let (value, hiding) = gone(operations, place, &doubtful)?;
        let read = &operations[place];
        let hidden = &operations[hiding];
        let same_key = |o: &&Operation| o.op.key() == read.op.key();
        let witness =
            operations[..place].iter().rev().take(LOOK_BACK).filter(same_key).find(|o| {
                o.id.client == read.id.client
                    && o.invoked_seq > hidden.returned_seq
                    && seen(o).is_some()
            })?;
        let again = operations[place..]
            .iter()
            .take(LOOK_BACK)
            .filter(same_key)
            .any(|o| o.invoked_seq > read.returned_seq && seen(o).is_some());
        (again && seen(witness).is_some_and(Option::is_some)).then_some((place, value))
    });
    let Some((place, value)) = found else { return false };
    answer(&mut operations[place], Output::Value(Some(value)));
    true
}

fn applied_twice(operations: &mut [Operation]) -> bool {
    let found = reads(operations).find_map(|place| {
        let value = seen(&operations[place])?.as_ref()?;
        let key = operations[place].op.key();
        let back = operations.iter().filter(|o| o.op.key() == key).find_map(|o| match &o.op {
            Op::Append { value: back, .. } if value.ends_with(back) => Some(back),
            _ => None,
        })?;
        Some((place, [value.as_ref(), back.as_ref()].concat()))
    });
    let Some((place, value)) = found else { return false };
    answer(&mut operations[place], Output::Value(Some(value.into())));
    true
}

fn swapped_twice(operations: &mut [Operation]) -> bool {
    let swaps = |o: &Operation| {
        matches!(&o.op, Op::Cas { expect: Some(_), .. })
            && matches!(o.outcome, Outcome::Ok { output: Output::Swapped(true), .. })
    };
    let found = (0..operations.len()).rev().find_map(|place| {
        let first = &operations[place];
        let Op::Cas { expect: Some(expect), .. } = &first.op else { return None };
        let makers = operations.iter().filter(|o| made(o) == Some(expect)).count();
        if !swaps(first) || makers != 1 {
            return None;
        }
        let other = (0..operations.len()).find(|&at| {
            let other = &operations[at];
            let refused =
                Outcome::Ok { output: Output::Swapped(false), path: ReadPath::Log, index: 0 };
            matches!(&other.op, Op::Cas { expect: Some(e), .. } if e == expect)
                && other.outcome == refused
        })?;
        Some(other)
    });
    let Some(other) = found else { return false };
    answer(&mut operations[other], Output::Swapped(true));
    true
}
