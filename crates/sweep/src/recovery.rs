//! How long did the cluster give no answer, once everything worked again?
//!
//! Durations are kept by their size ([`trace::Histogram`]), so that sums over chunks are exact and
//! do not depend on where they were cut; a percentile is the upper end of its bucket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trace::Histogram;

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
