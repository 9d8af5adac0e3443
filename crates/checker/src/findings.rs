//! Where broken promises are gathered: each kind of each check once, so that a run that is broken
//! for good does not drown its beginning.

use std::collections::BTreeSet;

use system::{NodeId, Note};
use trace::Violation;

/// A note, with who said it and where in the order of events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// The place in the order of events.
    pub(crate) seq: u64,
    /// Who.
    pub(crate) node: NodeId,
    /// What.
    pub(crate) note: &'a Note,
}

/// The violations of a run in the order of discovery.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: Vec<Violation>,
    seen: BTreeSet<String>,
}

impl Findings {
    /// Adds a violation, unless one of the same signature is there already.
    ///
    /// # Panics
    ///
    /// If the signature is not in [`crate::SIGNATURES`]: a new kind is listed there.
    pub(crate) fn add(&mut self, violation: Violation) {
        let signature = violation.signature();
        let plain = crate::without_place(&signature);
        let is_listed = crate::SIGNATURES.iter().any(|(known, _)| *known == plain);
        assert!(is_listed || violation.check == "linearizable", "{plain} is not listed");
        if self.seen.insert(signature) {
            self.found.push(violation);
        }
    }

    /// Adds a violation of an invariant: `proof` are the nodes and the events that show it.
    pub(crate) fn report(
        &mut self,
        check: &'static str,
        kind: &str,
        proof: &[(NodeId, u64)],
        message: String,
    ) {
        let mut nodes: Vec<NodeId> = proof.iter().map(|p| p.0).filter(|&n| n != 0).collect();
        let mut core: Vec<u64> = proof.iter().map(|p| p.1).collect();
        nodes.sort_unstable();
        nodes.dedup();
        core.sort_unstable();
        core.dedup();
        self.add(Violation { check, kind: kind.to_owned(), message, ops: Vec::new(), nodes, core });
    }

    /// What was found so far.
    pub(crate) fn found(&self) -> &[Violation] {
        &self.found
    }

    /// What was found, the earliest proof first. Equal ones keep the order of discovery.
    pub(crate) fn into_sorted(self) -> Vec<Violation> {
        let mut found = self.found;
        found.sort_by_key(|violation| violation.core.last().copied().unwrap_or(u64::MAX));
        found
    }
}
