//! A node votes for at most one candidate in a term, restarts included (*Raft §5.2, figure 2*).
//!
//! A vote binds from the moment in which others may know of it: it is durable, or a message that
//! tells of it was sent. One that was only decided before a crash binds nobody.

use system::{MessageKind, NodeId, Note, Summary};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};

const CHECK: &str = "vote-kept";

#[derive(Clone, Copy, Debug, Default)]
struct Ballot {
    term: u64,
    candidate: NodeId,
    seq: u64,
}

/// Remembers the last vote of each node.
#[derive(Debug)]
pub(crate) struct VoteKept {
    /// The last vote decided in this life.
    decided: PerNode<Ballot>,
    /// The last vote that others may know of.
    binding: PerNode<Ballot>,
}

impl VoteKept {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        VoteKept { decided: per_node(), binding: per_node() }
    }

    /// A node starts: only what binds it counts.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.decided[slot(node)] = Ballot::default();
    }

    /// The term of the last vote of a node that others may know of.
    pub(crate) fn bound(&self, node: NodeId) -> u64 {
        self.binding[slot(node)].term
    }

    /// A message leaves a node: if it asks for votes or gives one, the vote binds.
    pub(crate) fn send(&mut self, node: NodeId, seq: u64, summary: &Summary) {
        let tells = match summary.kind {
            MessageKind::Vote => true,
            MessageKind::VoteResponse => !summary.reject,
            _ => false,
        };
        let place = slot(node);
        let decided = self.decided[place];
        if tells && decided.term == summary.term && decided.term > self.binding[place].term {
            self.binding[place] = Ballot { seq, ..decided };
        }
    }

    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>, findings: &mut Findings) {
        let place = slot(said.node);
        match *said.note {
            Note::Vote { term, candidate } => {
                let new = Ballot { term, candidate, seq: said.seq };
                self.compare(said.node, new, findings);
                self.decided[place] = new;
            }
            Note::Persisted { term, vote, .. } if vote != 0 => {
                let new = Ballot { term, candidate: vote, seq: said.seq };
                self.compare(said.node, new, findings);
                if term > self.binding[place].term {
                    self.binding[place] = new;
                }
            }
            Note::Recovered { term, vote, .. } => self.recover(said, term, vote, findings),
            _ => {}
        }
    }

    fn compare(&self, node: NodeId, new: Ballot, findings: &mut Findings) {
        for old in [self.binding[slot(node)], self.decided[slot(node)]] {
            if old.term == new.term && old.candidate != 0 && old.candidate != new.candidate {
                findings.report(
                    CHECK,
                    "changed",
                    &[(node, old.seq), (node, new.seq)],
                    format!(
                        "n{node} voted for n{} and for n{} in term {}",
                        old.candidate, new.candidate, new.term
                    ),
                );
                return;
            }
        }
    }

    fn recover(&mut self, said: Said<'_>, term: u64, vote: NodeId, findings: &mut Findings) {
        let old = self.binding[slot(said.node)];
        let forgotten = term < old.term || term == old.term && vote != old.candidate;
        if old.candidate != 0 && forgotten {
            findings.report(
                CHECK,
                "forgotten",
                &[(said.node, old.seq), (said.node, said.seq)],
                format!(
                    "n{} had voted for n{} in term {} and recovered term {term} with {}",
                    said.node,
                    old.candidate,
                    old.term,
                    if vote == 0 { "no vote".to_owned() } else { format!("a vote for n{vote}") }
                ),
            );
        }
        if vote != 0 && term > old.term {
            self.binding[slot(said.node)] = Ballot { term, candidate: vote, seq: said.seq };
        }
    }
}
