//! A plan: what is going to happen in a run, drawn from the seed before it starts.

use crate::scenario::{Scenario, ScriptedFault};

/// Everything that a run depends on besides the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The scenario, with what the seed has drawn of it settled.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// Every fault, scripted and drawn, in the order of their times. `f1` is the first.
    pub faults: Vec<ScriptedFault>,
    /// What the seed drew before it drew the faults: for each kind of drawn fault whether it has
    /// it (1 or 0), and how strong. Chances are in parts per million, durations in nanoseconds. What
    /// it drew of the scenario stands here in words, such as `cluster.nodes=3`, with a 1.
    pub knobs: Vec<(String, u64)>,
}
