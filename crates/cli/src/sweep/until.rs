//! When is a sweep over, and which chunks count?
//!
//! The end is a place in the order of the chunks, not a moment: a sweep that stops after so many
//! signatures counts the chunks up to the one in which the last of them appeared, and no other
//! that happened to be done by then. So the result is the same however many seeds run at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sweep::{Plan, Record, Set, Verdict, Work};
use trace::Expect;

use super::args::SweepArgs;

/// Signatures after which a sweep of one machine stops if nobody says otherwise.
const SIGNATURES: u64 = 10;

/// Why no further chunk was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Somebody asked for it.
    Signal,
    /// The time was over.
    Budget,
}

/// The end of a sweep.
#[derive(Debug)]
pub(crate) struct Until {
    /// The chunks of this shard, in order.
    order: Vec<u64>,
    /// How many of them, from the first, are done.
    prefix: usize,
    /// How each scenario is expected to end.
    expectations: BTreeMap<String, Expect>,
    /// Signatures in these that no scenario expects.
    signatures: BTreeSet<String>,
    /// After how many signatures it is over; 0 for never.
    signatures_max: u64,
    /// How many chunks count, if that many signatures were found.
    full: Option<usize>,
    stopped: Option<Reason>,
}

impl Until {
    /// The end of the sweep of some chunks, some of which may be done.
    pub(crate) fn new(args: &SweepArgs, order: Vec<u64>, set: &Set<'_>) -> Self {
        let many = args.worker || args.plan.is_some();
        let default = if many { 0 } else { SIGNATURES };
        let mut until = Until {
            order,
            prefix: 0,
            expectations: set.plan().expectations(),
            signatures: BTreeSet::new(),
            signatures_max: if args.exit_first { 1 } else { args.max_fail.unwrap_or(default) },
            full: None,
            stopped: None,
        };
        until.reached(set);
        until
    }

    /// Whether so many signatures were found that it is over.
    pub(crate) fn reached(&mut self, set: &Set<'_>) -> bool {
        while self.full.is_none()
            && let Some(record) = self.order.get(self.prefix).and_then(|chunk| set.get(*chunk))
        {
            self.prefix += 1;
            if set.plan().work(record.footer.chunk) == Some(Work::Canary) {
                continue;
            }
            let failed = record.findings.iter().filter(|found| {
                found.verdict == Verdict::Fail
                    && !found.is_expected(&self.expectations[&found.scenario])
            });
            self.signatures.extend(failed.map(|found| found.sig.clone()));
            let found = self.signatures.len() as u64;
            if self.signatures_max > 0 && found >= self.signatures_max {
                self.full = Some(self.prefix);
            }
        }
        self.full.is_some()
    }

    /// Nothing further is begun, for this reason.
    pub(crate) fn stop(&mut self, reason: Reason) {
        self.stopped.get_or_insert(reason);
    }

    /// The chunks that are still to be run, in order.
    pub(crate) fn missing(&self, set: &Set<'_>) -> VecDeque<u64> {
        let rest = if self.full.is_some() { &[] } else { &self.order[self.prefix..] };
        rest.iter().copied().filter(|chunk| !set.contains(*chunk)).collect()
    }

    /// The records of chunks that are done.
    pub(crate) fn done<'a>(&'a self, set: &'a Set<'_>) -> impl Iterator<Item = Record> + 'a {
        let of_seeds = |chunk: &&u64| set.plan().work(**chunk) != Some(Work::Canary);
        self.order.iter().filter(of_seeds).filter_map(|chunk| set.get(*chunk))
    }

    /// How many runs are asked for, and how many of them are done; without the canary's.
    pub(crate) fn runs(&self, plan: &Plan, set: &Set<'_>) -> (u64, u64) {
        let seeds = |chunk: &u64| match plan.work(*chunk) {
            Some(Work::Seeds { from, to, .. }) => to - from,
            _ => 0,
        };
        let total = self.order.iter().map(seeds).sum();
        (total, self.done(set).map(|record| record.footer.run).sum())
    }

    /// The chunks that count: all, or those up to the end; and why the others do not.
    pub(crate) fn counted(&self, set: &Set<'_>, budget: &str) -> (Vec<u64>, Option<String>) {
        let all = self.order.len();
        if let Some(full) = self.full {
            let reason = format!(
                "after {} (--max-fail): {full} of {all} chunks",
                crate::words::count(self.signatures_max, "signature", "signatures")
            );
            let reason = (full < all).then_some(reason);
            return (self.order[..full].to_vec(), reason);
        }
        if self.stopped == Some(Reason::Budget) {
            let done: Vec<u64> =
                self.order.iter().copied().filter(|chunk| set.contains(*chunk)).collect();
            let reason = format!("{budget} (--budget) are over: {} of {all} chunks", done.len());
            let reason = (done.len() < all).then_some(reason);
            return (done, reason);
        }
        (self.order.clone(), None)
    }

    /// Whether a signal ended it.
    pub(crate) fn signalled(&self) -> bool {
        self.stopped == Some(Reason::Signal)
    }
}
