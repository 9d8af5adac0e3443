//! A node's term never falls: not while it runs, and over restarts not below what it had made
//! durable (*Raft figure 2: persistent state*).

use system::{NodeId, Note};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};

/// Remembers the highest term of each node, in memory and on disk.
#[derive(Debug)]
pub(crate) struct TermMonotonic {
    /// The term in this life, and the event that told it.
    current: PerNode<(u64, u64)>,
    /// The durable term.
    durable: PerNode<(u64, u64)>,
}

impl TermMonotonic {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        TermMonotonic { current: per_node(), durable: per_node() }
    }

    /// The durable term of a node.
    pub(crate) fn durable(&self, node: NodeId) -> u64 {
        self.durable[slot(node)].0
    }

    /// A node starts: only its disk binds it.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.current[slot(node)] = (0, 0);
    }

    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>, findings: &mut Findings) {
        let place = slot(said.node);
        let (term, bound, how) = match *said.note {
            Note::Recovered { term, .. } => (term, self.durable[place], "recovered"),
            Note::Role { term, .. } | Note::Vote { term, .. } => {
                (term, self.current[place], "went on with")
            }
            Note::Persisted { term, .. } => {
                if term >= self.durable[place].0 {
                    self.durable[place] = (term, said.seq);
                }
                return;
            }
            _ => return,
        };
        if term < bound.0 {
            findings.report(
                "term-monotonic",
                "went-back",
                &[(said.node, bound.1), (said.node, said.seq)],
                format!("n{} was in term {} and {how} term {term}", said.node, bound.0),
            );
        }
        self.current[place] = (term, said.seq);
        if matches!(said.note, Note::Recovered { .. }) {
            self.durable[place] = (term, said.seq);
        }
    }
}
