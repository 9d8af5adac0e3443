//! The sum over a sweep, as plain data: what reports are made from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::{Divergence, Seen, Spread};
use crate::recovery::{Recovery, Slowest};
use crate::seeds::Seeds;

/// The width of a bar of [`Signature::times`], in milliseconds of virtual time.
pub const BAR_MILLIS: u64 = 500;

/// Seeds that are named of each signature.
pub const EXAMPLES_MAX: usize = 4;

/// Everything that is said of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Always `summary`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the format.
    pub v: String,
    /// The name of the plan.
    pub plan: String,
    /// The version of this program.
    pub squall: String,
    /// Which build of it.
    pub build: String,
    /// The name of the system under test.
    pub system: String,
    /// Its version.
    pub system_version: String,
    /// What the command line changed in the scenarios.
    pub set: Vec<(String, String)>,
    /// The seeds of each scenario.
    pub seeds: Seeds,
    /// What it all comes to.
    pub conclusion: Conclusion,
    /// Why not all of the plan was asked for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What was asked for, and what is missing of it.
    pub chunks: Chunks,
    /// Runs that the plan asks for.
    pub planned: u64,
    /// Runs that were done, without the canary's.
    pub run: u64,
    /// Those that passed.
    pub pass: u64,
    /// Those that failed, without those that failed as their scenario expects.
    pub fail: u64,
    /// Those that failed as their scenario expects.
    #[serde(default)]
    pub expected: u64,
    /// Those of which nobody can tell.
    pub unknown: u64,
    /// Those that were run again in a fresh process.
    pub twice: u64,
    /// Those of them that went another way.
    pub differed: u64,
    /// A sum over the hashes of all runs.
    pub digest: String,
    /// What was found in the scenario that must fail; `None` if it was not asked for or is
    /// missing.
    pub canary: Option<Canary>,
    /// The failures, by signature; the most frequent first.
    pub signatures: Vec<Signature>,
    /// The runs of which nobody can tell, by reason; the most frequent first.
    pub unknowns: Vec<Unknown>,
    /// Plans that led to two different runs.
    pub nondeterminism: Vec<Nondeterminism>,
    /// Each scenario by itself.
    pub scenarios: Vec<ScenarioSummary>,
}

/// What a sweep comes to, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// One plan led to two different runs.
    Nondeterminism,
    /// A failure was found.
    Failure,
    /// Chunks are missing; nothing bad was found in the others.
    Incomplete,
    /// Of some runs nobody can tell.
    Unknown,
    /// The canary was not caught, or a situation was not reached that must be.
    Blind,
    /// There was nothing to run.
    Nothing,
    /// Every run passed.
    Pass,
}

/// What was asked for, in chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunks {
    /// How many.
    pub planned: u64,
    /// Of how many there is a record.
    pub found: u64,
    /// Those of which there is none: first and last of each row.
    pub missing: Vec<(u64, u64)>,
    /// The command that runs them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The seed.
    pub seed: u64,
    /// The scenario.
    pub scenario: String,
}

/// A kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// `check/kind`.
    pub sig: String,
    /// How many runs failed like this.
    pub seeds: u64,
    /// How many in each scenario.
    pub scenarios: BTreeMap<String, u64>,
    /// Whether the scenarios say that they fail like this: it is no finding then.
    pub expected: bool,
    /// The lowest seed.
    pub first: Place,
    /// The run that fails earliest in virtual time; without times, the first.
    pub best: Place,
    /// When that one fails, in nanoseconds of virtual time.
    pub t: Option<u64>,
    /// The lowest seeds, at most [`EXAMPLES_MAX`].
    pub examples: Vec<Place>,
    /// What happened in the best run, in a sentence.
    pub message: String,
    /// The operations and faults around it, a line each.
    pub story: Vec<String>,
    /// Failures by virtual time: under each multiple of [`BAR_MILLIS`] those from there to the
    /// next.
    pub times: BTreeMap<u64, u64>,
    /// The command that runs the best run again.
    pub reproduce: String,
}

/// A reason for which nobody can tell how a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// The reason, in words.
    pub reason: String,
    /// How many runs.
    pub seeds: u64,
    /// The lowest seeds, at most [`EXAMPLES_MAX`].
    pub examples: Vec<Place>,
    /// The command that runs the first of them again.
    pub reproduce: String,
}

/// A plan that led to two different runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nondeterminism {
    /// The chunk.
    pub chunk: u64,
    /// The run, if it is known which; else the first one of the chunk.
    pub place: Place,
    /// What differed, in words.
    pub message: String,
    /// Where two runs parted, if that was seen.
    pub diverged: Option<Divergence>,
    /// The command that runs it again.
    pub reproduce: String,
}

/// What was found in the scenario that must fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// The scenario.
    pub scenario: String,
    /// How many seeds were tried.
    pub seeds: u64,
    /// Whether one failed.
    pub caught: bool,
    /// The signature with which it did; empty if none did.
    pub sig: String,
    /// The seed that failed.
    pub seed: Option<u64>,
}

/// One scenario of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioSummary {
    /// Its name.
    pub name: String,
    /// How it was named on the command line.
    pub argument: String,
    /// Whether the scenario says that seeds of it fail.
    pub fails: bool,
    /// Runs that were done.
    pub run: u64,
    /// Those that passed.
    pub pass: u64,
    /// Those that failed, without those that failed as the scenario expects.
    pub fail: u64,
    /// Those that failed as the scenario expects.
    #[serde(default)]
    pub expected: u64,
    /// What the scenario must fail with and did not, in a sentence, although it was run often enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<String>,
    /// Those of which nobody can tell.
    pub unknown: u64,
    /// A sum over the hashes of all runs.
    pub digest: String,
    /// What happened in the runs, in numbers.
    pub counters: BTreeMap<String, Spread>,
    /// Situations that the scenario says a sweep must reach.
    pub require: Vec<String>,
    /// Situations that cannot come about in the scenario, and what each needs.
    pub impossible: BTreeMap<String, String>,
    /// Situations that were reached.
    pub situations: BTreeMap<String, Seen>,
    /// Runs in which a check had something to judge, by check.
    #[serde(default)]
    pub checks: BTreeMap<String, u64>,
    /// Checks that need not have had anything to judge, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excuse: BTreeMap<String, String>,
    /// Seeds in which a situation was reached while a fault was on: situation, fault, seeds.
    pub matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// The random faults that seeds drew, and how often those failed that did.
    pub knobs: BTreeMap<String, Knob>,
    /// How long it took until the cluster answered again; `None` if it was never kept from it.
    pub recovery: Option<Recovery>,
    /// The run with the longest of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<Slowest>,
    /// Whether the scenario bounds its recoveries.
    #[serde(default)]
    pub bounded: bool,
    /// The bounds of recovery that are broken, each in a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slow: Vec<String>,
    /// The bounds of recovery that could not be judged, each in a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<String>,
    /// The command that runs the slowest again, if a bound is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<String>,
}

impl ScenarioSummary {
    /// Whether the scenario as a whole failed, whatever its runs did: it must fail and did not, or
    /// a bound of its recoveries is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.missed.is_some() || !self.slow.is_empty()
    }

    /// Why a check says nothing about this scenario, in a sentence: no run had anything for it to
    /// judge. `None` if one had, or if nothing was run.
    #[must_use]
    pub fn not_exercised(&self, check: &str) -> Option<String> {
        if self.checks.get(check) != Some(&0) || self.run == 0 {
            return None;
        }
        Some(match self.excuse.get(check) {
            Some(reason) => format!("not exercised: {reason}"),
            None => format!("not exercised: none of {} runs had anything to judge", self.run),
        })
    }
}

/// A random fault and the failures beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knob {
    /// Seeds that drew it.
    pub seeds: u64,
    /// How many of these failed, by signature.
    pub failing: BTreeMap<String, u64>,
}

impl Summary {
    /// The failures that no scenario expects.
    pub fn failures(&self) -> impl Iterator<Item = &Signature> {
        self.signatures.iter().filter(|signature| !signature.expected)
    }

    /// What scenarios must fail with and did not, in sentences.
    pub fn missed(&self) -> impl Iterator<Item = (&ScenarioSummary, &str)> {
        self.scenarios.iter().filter_map(|scenario| Some((scenario, scenario.missed.as_deref()?)))
    }
}
