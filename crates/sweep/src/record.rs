//! What came of a chunk? A line for each seed that did not pass, then a footer with the sums.
//!
//! Records of parts of a chunk add up to the record of the chunk, and sums over chunks do not
//! depend on where they were cut: even the digest over all runs is a sum.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use system::Digest;
use trace::{Expect, Histogram};

use crate::recovery::Slowest;

mod lines;

pub use lines::{Assembler, Piece};

/// How a run ended that did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A promise was broken.
    Fail,
    /// Nobody can tell.
    Unknown,
    /// A fresh process went another way, whatever each of the two came to.
    Nondeterministic,
}

/// A seed that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Always `finding`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its chunk.
    pub chunk: u64,
    /// Its scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// `check/kind`: what failures are grouped by. Empty unless it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sig: String,
    /// The other signatures of the same run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// What happened, in a sentence.
    pub message: String,
    /// Virtual time of the failure, in nanoseconds; `None` if the process ended on the way.
    pub t: Option<u64>,
    /// The hash over all events, 16 hex digits; empty if the process ended on the way.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// Whether a fresh process came to the same hash; `None` if it was not asked.
    pub verified: Option<bool>,
    /// Where the fresh process went another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverged: Option<Divergence>,
    /// Which of the scenario's random faults the seed drew; see [`crate::knobs`].
    pub knobs: BTreeSet<String>,
    /// The operations and faults around the failure, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

impl Finding {
    /// Whether the run failed as its scenario expects: one of the promises that it broke is named
    /// there. Which of several is found first says little about a broken cluster.
    #[must_use]
    pub fn is_expected(&self, expect: &Expect) -> bool {
        let mut signatures = std::iter::once(&self.sig).chain(&self.also);
        self.verdict == Verdict::Fail && signatures.any(|signature| expect.allows(signature))
    }
}

/// The first event in which two runs of a plan differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Its number.
    pub seq: u64,
    /// Its virtual time, in nanoseconds.
    pub t: u64,
    /// The line of the first run; `None` if that was over.
    pub first: Option<String>,
    /// The line of the second run; `None` if that was over.
    pub second: Option<String>,
}

/// How often a situation was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Seeds that reached it.
    pub seeds: u64,
    /// How often they did, all together.
    pub hits: u64,
    /// The lowest seed that did.
    pub first: u64,
}

/// A situation that a run reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Its name.
    pub name: String,
    /// How often it was reached.
    pub hits: u64,
    /// The kinds of fault that were on at one of these moments.
    pub faults: BTreeSet<String>,
}

/// What a number was over many runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// All together.
    pub sum: u64,
    /// In the run that had the least.
    pub least: u64,
    /// In the run that had the most.
    pub most: u64,
    /// Runs by the length of the number in bits: under `k` those with 2^(k-1) to below 2^k, under
    /// 0 those with nothing.
    pub bits: BTreeMap<u32, u64>,
}

/// The sums over a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    #[serde(rename = "type")]
    kind: String,
    /// The version of the format.
    v: String,
    /// The name of the plan.
    pub plan: String,
    /// The number of the chunk.
    pub chunk: u64,
    /// Its scenario.
    pub scenario: String,
    /// Its first seed.
    pub first: u64,
    /// Seeds that were run.
    pub run: u64,
    /// Those that passed.
    pub pass: u64,
    /// Those that failed.
    pub fail: u64,
    /// Those of which nobody can tell.
    pub unknown: u64,
    /// Seeds that were run again in a fresh process, passing or not.
    pub twice: u64,
    /// Those of them that went another way; they count neither as passed nor as failed.
    pub differed: u64,
    /// A sum over the hashes of all runs: equal if and only if, as good as surely, each run was.
    pub digest: String,
    /// What happened in the runs, in numbers.
    pub counters: BTreeMap<String, Spread>,
    /// Situations that were reached.
    pub situations: BTreeMap<String, Seen>,
    /// Runs in which a check had something to judge, by check.
    #[serde(default)]
    pub checks: BTreeMap<String, u64>,
    /// Seeds in which a situation was reached while a fault was on: situation, fault, seeds.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// Seeds that drew a random fault; see [`crate::knobs`].
    pub knobs: BTreeMap<String, u64>,
    /// Recoveries by how long they took: see [`Histogram::buckets`].
    #[serde(default)]
    pub recoveries: BTreeMap<u32, u64>,
    /// The run with the longest recovery; `None` if there was no recovery.
    #[serde(default)]
    pub slowest: Option<Slowest>,
    /// A checksum of this record, 16 hex digits.
    check: String,
}

/// What came of a chunk or of a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The seeds that did not pass, in the order in which they were run.
    pub findings: Vec<Finding>,
    /// The sums.
    pub footer: Footer,
}

/// What there is to know of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// The hash over all events; `None` if the process ended on the way.
    pub hash: Option<u64>,
    /// Whether it was run again in a fresh process.
    pub twice: bool,
    /// What happened, in numbers.
    pub counters: Vec<(&'static str, u64)>,
    /// Situations that were reached.
    pub situations: Vec<Sighting>,
    /// Each check, and whether it had something to judge.
    pub exercised: Vec<(&'static str, bool)>,
    /// Which of the scenario's random faults the seed drew.
    pub knobs: BTreeSet<String>,
    /// How long the cluster took each time to answer again.
    pub recoveries: Histogram,
    /// What is to be said of it if it did not pass.
    pub finding: Option<Finding>,
}

impl Finding {
    /// A finding of which more is to be said.
    #[must_use]
    pub fn new(chunk: u64, scenario: &str, seed: u64, verdict: Verdict, message: &str) -> Self {
        Finding {
            kind: "finding".to_owned(),
            chunk,
            scenario: scenario.to_owned(),
            seed,
            verdict,
            sig: String::new(),
            also: Vec::new(),
            message: message.to_owned(),
            t: None,
            hash: String::new(),
            verified: None,
            diverged: None,
            knobs: BTreeSet::new(),
            story: Vec::new(),
        }
    }
}

impl Seen {
    /// Takes in what others saw.
    pub fn add(&mut self, other: &Seen) {
        self.seeds += other.seeds;
        self.hits += other.hits;
        self.first = self.first.min(other.first);
    }
}

impl Spread {
    fn of(value: u64) -> Self {
        let bits = BTreeMap::from([(u64::BITS - value.leading_zeros(), 1)]);
        Spread { sum: value, least: value, most: value, bits }
    }

    /// Takes in other runs.
    pub fn add(&mut self, other: &Spread) {
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
        for (length, runs) in &other.bits {
            *self.bits.entry(*length).or_default() += runs;
        }
    }
}

impl Record {
    /// A record of no run yet.
    #[must_use]
    pub fn new(plan: &str, chunk: u64, scenario: &str, first: u64) -> Self {
        let footer = Footer {
            kind: "chunk".to_owned(),
            v: crate::plan::VERSION.to_owned(),
            plan: plan.to_owned(),
            chunk,
            scenario: scenario.to_owned(),
            first,
            digest: digits(0),
            ..Footer::default()
        };
        Record { findings: Vec::new(), footer }
    }

    /// Takes in one run.
    pub fn push(&mut self, run: Run) {
        let footer = &mut self.footer;
        footer.run += 1;
        footer.twice += u64::from(run.twice);
        match run.finding.as_ref().map(|finding| finding.verdict) {
            None => footer.pass += 1,
            Some(Verdict::Fail) => footer.fail += 1,
            Some(Verdict::Unknown) => footer.unknown += 1,
            Some(Verdict::Nondeterministic) => footer.differed += 1,
        }
        let one = Digest::new().bytes(footer.scenario.as_bytes()).u64(run.seed);
        let one = one.u64(run.hash.unwrap_or_default()).finish();
        footer.digest = add_digits(&footer.digest, &digits(one));
        for (name, value) in run.counters {
            let spread = Spread::of(value);
            match footer.counters.get_mut(name) {
                Some(sum) => sum.add(&spread),
                None => drop(footer.counters.insert(name.to_owned(), spread)),
            }
        }
        for sighting in run.situations {
            let seen = Seen { seeds: 1, hits: sighting.hits, first: run.seed };
            let row = footer.matrix.entry(sighting.name.clone()).or_default();
            for fault in sighting.faults {
                *row.entry(fault).or_default() += 1;
            }
            footer.situations.entry(sighting.name).and_modify(|sum| sum.add(&seen)).or_insert(seen);
        }
        for (check, fed) in run.exercised {
            *footer.checks.entry(check.to_owned()).or_default() += u64::from(fed);
        }
        for knob in run.knobs {
            *footer.knobs.entry(knob).or_default() += 1;
        }
        let longest = run.recoveries.at_most(1_000).map(|t| Slowest { t, seed: run.seed });
        footer.slowest = Slowest::of(footer.slowest, longest);
        add_counts(&mut footer.recoveries, &run.recoveries.buckets().collect());
        self.findings.extend(run.finding);
    }

    /// Takes in the record of the next part of the same chunk.
    pub fn append(&mut self, part: Record) {
        let (sum, footer) = (&mut self.footer, part.footer);
        sum.run += footer.run;
        sum.pass += footer.pass;
        sum.fail += footer.fail;
        sum.unknown += footer.unknown;
        sum.twice += footer.twice;
        sum.differed += footer.differed;
        sum.digest = add_digits(&sum.digest, &footer.digest);
        add_all(&mut sum.counters, &footer.counters, Spread::add);
        add_all(&mut sum.situations, &footer.situations, Seen::add);
        add_counts(&mut sum.checks, &footer.checks);
        for (situation, row) in &footer.matrix {
            add_counts(sum.matrix.entry(situation.clone()).or_default(), row);
        }
        add_counts(&mut sum.knobs, &footer.knobs);
        sum.slowest = Slowest::of(sum.slowest, footer.slowest);
        add_counts(&mut sum.recoveries, &footer.recoveries);
        self.findings.extend(part.findings);
    }
}

/// Adds one map of sums to another.
pub(crate) fn add_all<K: Clone + Ord, V: Clone>(
    sum: &mut BTreeMap<K, V>,
    more: &BTreeMap<K, V>,
    add: impl Fn(&mut V, &V),
) {
    for (name, value) in more {
        match sum.get_mut(name) {
            Some(sum) => add(sum, value),
            None => drop(sum.insert(name.clone(), value.clone())),
        }
    }
}

/// Adds one map of counts to another.
pub(crate) fn add_counts<K: Clone + Ord>(sum: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    add_all(sum, more, |sum, more| *sum += more);
}

/// A number as 16 hex digits.
pub(crate) fn digits(value: u64) -> String {
    format!("{value:016x}")
}

/// The sum of two numbers that are written as hex digits; what is none counts nothing.
pub(crate) fn add_digits(a: &str, b: &str) -> String {
    let number = |text| u64::from_str_radix(text, 16).unwrap_or_default();
    digits(number(a).wrapping_add(number(b)))
}
