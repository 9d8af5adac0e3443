//! Election safety: at most one leader in a term (*Raft §5.2*).

use std::collections::BTreeMap;

use system::{NodeId, Note, Role};

use crate::findings::{Findings, Said};

/// Remembers who led each term.
#[derive(Debug, Default)]
pub(crate) struct ElectionSafety {
    leaders: BTreeMap<u64, (NodeId, u64)>,
}

impl ElectionSafety {
    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>, findings: &mut Findings) {
        let Note::Role { role: Role::Leader, term, .. } = *said.note else { return };
        let (first, seq) = *self.leaders.entry(term).or_insert((said.node, said.seq));
        if first != said.node {
            findings.report(
                "election-safety",
                "two-leaders-one-term",
                &[(first, seq), (said.node, said.seq)],
                format!("n{first} and n{} both became leader in term {term}", said.node),
            );
        }
    }
}
