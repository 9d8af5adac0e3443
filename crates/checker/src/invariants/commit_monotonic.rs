//! A node's commit index never falls while it runs, and what it holds committed never leaves its
//! log, where it was when the node called it committed (*Raft figure 2: volatile state; §5.3*).

use system::{NodeId, Note};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

const CHECK: &str = "commit-monotonic";

/// Remembers the commit index of each node.
#[derive(Debug)]
pub(crate) struct CommitMonotonic {
    /// The commit index in this life, and the event that told it.
    commit: PerNode<(u64, u64)>,
}

impl CommitMonotonic {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        CommitMonotonic { commit: per_node() }
    }

    /// A node starts: its commit index is what it recovers.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.commit[slot(node)] = (0, 0);
    }

    /// A node has told all that it recovered; `replica` is as it was before it went on.
    pub(crate) fn recovered(&self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        let (commit, seq) = self.commit[slot(said.node)];
        let proof = [(said.node, seq), (said.node, said.seq)];
        beyond_log("recovered", commit, &proof, replica, findings);
    }

    /// Takes in what a node says; `replica` already has.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        let known = &mut self.commit[slot(said.node)];
        let (bound, bound_seq) = *known;
        let proof = [(said.node, bound_seq), (said.node, said.seq)];
        match *said.note {
            Note::Recovered { commit, .. } => *known = (commit, said.seq),
            Note::Commit { index } => {
                if index < bound {
                    let message = format!(
                        "n{} took its commit index from {bound} back to {index}",
                        said.node
                    );
                    findings.report(CHECK, "went-back", &proof, message);
                }
                *known = (index, said.seq);
                beyond_log("called", index, &[(said.node, said.seq)], replica, findings);
            }
            Note::SnapshotInstalled { index, .. } if index > bound => *known = (index, said.seq),
            Note::Truncate { from } if from <= bound => {
                let message = format!(
                    "n{} had committed up to {bound} and cut its log from {from} on",
                    said.node
                );
                findings.report(CHECK, "truncated-committed", &proof, message);
            }
            _ => {}
        }
    }
}

/// What is committed must be in the log, of a node that tells of its log.
fn beyond_log(
    how: &str,
    commit: u64,
    proof: &[(NodeId, u64)],
    replica: &Replica,
    findings: &mut Findings,
) {
    let last = replica.log.last_index();
    if replica.tells_log && commit > last {
        let node = proof[0].0;
        let message = format!("n{node} {how} {commit} committed and its log ends at {last}");
        findings.report(CHECK, "beyond-log", proof, message);
    }
}
