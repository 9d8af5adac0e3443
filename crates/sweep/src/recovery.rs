//! How long did the cluster give no answer, once everything worked again?
//!
//! Durations are kept by their size ([`trace::Histogram`]), so that sums over chunks are exact and
//! do not depend on where they were cut; a percentile is the upper end of its bucket. A bound of
//! `[expect] recovery` is broken if even the lower end is above it: that may overlook an eighth,
//! and is never wrong.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trace::text::time;
use trace::{Histogram, RecoveryBounds};

use crate::summary::Summary;

/// Recoveries over many runs. Times are virtual, in nanoseconds, rounded up by an eighth at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// How many there were; the start of a run is one.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// None took longer.
    pub max: u64,
    /// How many there were of each size: see [`Histogram::buckets`].
    pub buckets: BTreeMap<u32, u64>,
}

/// A run, and its longest recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slowest {
    /// How long it took, in nanoseconds of virtual time, rounded up by an eighth at most.
    pub t: u64,
    /// The seed.
    pub seed: u64,
}

impl Slowest {
    /// The slower of two; of equal ones that with the lower seed.
    #[must_use]
    pub fn of(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let both = one.into_iter().chain(other);
        both.max_by_key(|slowest| (slowest.t, Reverse(slowest.seed)))
    }
}

/// Recoveries from which a percentile is judged: below, one slow run decides it.
fn enough(part: u64) -> u64 {
    match part {
        1_000 => 1,
        990 => 100,
        _ => 20,
    }
}

/// Which bounds are surely broken, each in a sentence; and which could not be judged.
#[must_use]
pub fn judge(bounds: RecoveryBounds, all: &Histogram) -> (Vec<String>, Vec<String>) {
    let (mut broken, mut open) = (Vec::new(), Vec::new());
    for (name, part, bound) in bounds.each() {
        let (count, needed) = (all.count(), enough(part));
        if count < needed {
            open.push(format!("{name} is not judged: {count} recoveries, and it takes {needed}"));
        } else if all.at_least(part).is_some_and(|least| least > bound) {
            let (found, bound) = (time(all.at_most(part).unwrap_or_default()), time(bound));
            broken.push(format!("{name} of {count} recoveries is {found}, more than {bound}"));
        }
    }
    (broken, open)
}

impl Recovery {
    /// What these durations come to; `None` if there are none.
    #[must_use]
    pub fn of(all: &Histogram) -> Option<Self> {
        Some(Recovery {
            count: all.count(),
            p50: all.at_most(500)?,
            p99: all.at_most(990)?,
            max: all.at_most(1_000)?,
            buckets: all.buckets().collect(),
        })
    }

    /// Over all scenarios of a sweep.
    #[must_use]
    pub fn of_all(summary: &Summary) -> Option<Self> {
        let each = summary.scenarios.iter().filter_map(|scenario| scenario.recovery.as_ref());
        Recovery::of(&each.fold(Histogram::default(), |mut all, one| {
            all.join(&one.histogram());
            all
        }))
    }

    /// The durations.
    #[must_use]
    pub fn histogram(&self) -> Histogram {
        Histogram::from_buckets(self.buckets.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: u64, millis: u64) -> Histogram {
        let mut all = Histogram::default();
        (0..count).for_each(|_| all.add(millis * 1_000_000));
        all
    }

    #[test]
    fn a_bound_is_broken_only_if_it_surely_is() {
        let bound = |millis: u64| RecoveryBounds {
            p99: Some(millis * 1_000_000),
            ..RecoveryBounds::default()
        };
        let (broken, open) = judge(bound(300), &all(100, 400));
        assert_eq!(broken, ["p99 of 100 recoveries is 0.402s, more than 0.300s"]);
        assert_eq!(open, [""; 0]);
        // Within the same bucket nobody can tell.
        assert_eq!(judge(bound(399), &all(100, 400)).0, [""; 0]);
        let (broken, open) = judge(bound(1), &all(99, 400));
        assert_eq!(broken, [""; 0]);
        assert_eq!(open, ["p99 is not judged: 99 recoveries, and it takes 100"]);
        // One slow run of two hundred is no matter of the 99th percentile, but of the longest.
        let mut mixed = all(199, 10);
        mixed.join(&all(1, 400));
        assert_eq!(judge(bound(300), &mixed).0, [""; 0]);
        let max = RecoveryBounds { max: Some(300_000_000), ..RecoveryBounds::default() };
        assert_eq!(judge(max, &mixed).0.len(), 1);
    }

    #[test]
    fn the_slowest_is_the_same_in_any_order() {
        let slow = |t, seed| Some(Slowest { t, seed });
        for (one, other) in [(slow(5, 9), slow(5, 3)), (slow(5, 3), slow(4, 1))] {
            assert_eq!(Slowest::of(one, other), slow(5, 3));
            assert_eq!(Slowest::of(other, one), slow(5, 3));
        }
        assert_eq!(Slowest::of(None, slow(1, 1)), slow(1, 1));
    }
}
