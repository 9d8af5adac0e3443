//! What a node said is durable is in its log when it starts again (*Raft figure 2: persistent
//! state; §5.3: an acknowledged entry is on stable storage*).
//!
//! What it finds there beyond that is not durable by having been found: the system that kept it
//! may lose its power next.
//!
//! A node on whose disk a fault struck that takes durable data is not asked.

use system::{NodeId, NodeSet, Note};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// Remembers what each node had made durable.
#[derive(Debug)]
pub(crate) struct LogKept {
    /// The last index that was durable, and the event that told it.
    kept: PerNode<(u64, u64)>,
    damaged: NodeSet,
}

impl LogKept {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        LogKept { kept: per_node(), damaged: NodeSet::EMPTY }
    }

    /// A fault that takes durable data struck the disk of a node.
    pub(crate) fn damaged(&mut self, node: NodeId) {
        self.damaged.insert(node);
    }

    /// Takes in what a node says; `replica` is as it was before.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        let (kept, seq) = self.kept[slot(said.node)];
        let still_tells = matches!(said.note, Note::Recovered { .. } | Note::Append { .. });
        if replica.recovers && !still_tells {
            let held = replica.log.last_index();
            if held < kept && !self.damaged.contains(said.node) {
                findings.report(
                    "log-kept",
                    "forgotten",
                    &[(said.node, seq), (said.node, said.seq)],
                    format!(
                        "n{} had made its log durable up to {kept} and recovered one up to {held}",
                        said.node
                    ),
                );
            }
        }
        match *said.note {
            Note::Persisted { last_index, .. } => {
                self.kept[slot(said.node)] = (last_index, said.seq);
            }
            // From here on the disk may hold the old end or the new one.
            Note::Truncate { from } if from <= kept => {
                self.kept[slot(said.node)].0 = from.saturating_sub(1);
            }
            Note::SnapshotInstalled { index, .. } if index < kept => {
                self.kept[slot(said.node)].0 = index;
            }
            _ => {}
        }
    }
}
