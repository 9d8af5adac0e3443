//! What is called committed is durable on a majority of the voters and, while the configuration
//! is joint, on one of the voters being left (*Raft §5.3, §5.4; thesis §4.3*).
//!
//! * The first to call an index committed is judged, and by the configuration that it is in: it is
//!   the leader, since whoever else knows of a commit has it from there. A commit that a node finds
//!   on its disk was not told because the node ended before it could; it is not judged, as far as
//!   the log reaches that was found with it.
//! * A node that ended holds what it had made durable.
//! * A leader counts only for entries of its own term; those before them are committed with them
//!   (*Raft §5.4.2, figure 8*).
//!
//! Not done here: commits of a system that never tells what is durable.

use system::{NodeId, NodeSet, Note, Role};

use super::{PerNode, slot};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// Remembers how far commits were judged.
#[derive(Debug, Default)]
pub(crate) struct CommitQuorum {
    /// The highest index that anyone called committed.
    committed: u64,
}

impl CommitQuorum {
    /// Takes in what a node says; its replica already has.
    pub(crate) fn observe(
        &mut self,
        said: Said<'_>,
        replicas: &PerNode<Replica>,
        findings: &mut Findings,
    ) {
        let who = &replicas[slot(said.node)];
        let index = match *said.note {
            Note::Commit { index } => index,
            Note::Recovered { .. } | Note::Append { .. } if who.recovers => {
                let found = who.commit.min(who.log.last_index());
                self.committed = self.committed.max(found);
                return;
            }
            _ => return,
        };
        if index <= self.committed {
            return;
        }
        self.committed = index;
        let Some(configuration) = who.configuration.filter(|_| who.tells_durable) else { return };
        let term = who.log.term_at(index);
        if let Some(term) = term.filter(|&term| who.role == Role::Leader && term < who.term) {
            findings.report(
                "commit-quorum",
                "earlier-term",
                &[(said.node, said.seq)],
                format!(
                    "n{} leads term {} and calls {index} of term {term} committed, before any entry \
                     of its own term is",
                    said.node, who.term
                ),
            );
        }
        let holds = |node: &NodeId| {
            let other = &replicas[slot(*node)];
            let there = other.log_on_disk().term_at(index);
            let same = term.is_none() || there.is_none() || there == term;
            same && other.durable >= index
        };
        let voters = configuration.voters.union(configuration.outgoing);
        let holders: NodeSet = voters.iter().filter(holds).collect();
        if !configuration.has_quorum(holders) {
            findings.report(
                "commit-quorum",
                "not-durable",
                &[(said.node, said.seq)],
                format!(
                    "n{} calls {index} committed, which is durable on {holders} in {configuration}",
                    said.node
                ),
            );
        }
    }
}
