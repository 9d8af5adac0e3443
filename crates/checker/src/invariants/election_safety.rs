//! Election safety: at most one leader in a term, and one that leads it once (*Raft §5.2*).
//!
//! A node that leads a term again, after it stepped down or started again, asked for votes in it
//! twice, or counted votes that were given to another life. Only a term that nobody else may know
//! of, and that was not durable when the node ended, was never: a cluster of one may win it again.

use std::collections::BTreeMap;

use system::{NodeId, Note, Role};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};

const CHECK: &str = "election-safety";

/// What is remembered of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    /// The event in which it started last.
    started_at: u64,
    /// The term that bound it then: it was durable, or others may have known of it.
    bound: u64,
    /// The term that it leads; 0 if it does not lead.
    leads: u64,
}

/// Remembers who led each term.
#[derive(Debug)]
pub(crate) struct ElectionSafety {
    leaders: BTreeMap<u64, (NodeId, u64)>,
    lives: PerNode<Life>,
}

impl ElectionSafety {
    /// Knows of no leader.
    pub(crate) fn new() -> Self {
        ElectionSafety { leaders: BTreeMap::new(), lives: per_node() }
    }

    /// A node starts, bound by a term.
    pub(crate) fn start(&mut self, node: NodeId, seq: u64, bound: u64) {
        self.lives[slot(node)] = Life { started_at: seq, bound, leads: 0 };
    }

    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>, findings: &mut Findings) {
        let Note::Role { role, term, .. } = *said.note else { return };
        let life = &mut self.lives[slot(said.node)];
        let led = life.leads;
        life.leads = if role == Role::Leader { term } else { 0 };
        if life.leads == 0 || life.leads == led {
            return;
        }
        let known = self.leaders.entry(term).or_insert((said.node, said.seq));
        let (first, seq) = *known;
        let proof = [(first, seq), (said.node, said.seq)];
        if first != said.node {
            let message = format!("n{first} and n{} both became leader in term {term}", said.node);
            findings.report(CHECK, "two-leaders-one-term", &proof, message);
        } else if seq != said.seq {
            let was_never = seq < life.started_at && life.bound < term;
            *known = (said.node, said.seq);
            if !was_never {
                let message = format!("n{first} became leader in term {term} twice");
                findings.report(CHECK, "led-twice", &proof, message);
            }
        }
    }
}
