//! What a node said is durable is in its log when it starts again, entry by entry (*Raft figure 2:
//! persistent state; §5.3: an acknowledged entry is on stable storage*).
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
    /// The index of a snapshot that took the place of the log and is not durable yet: the old log
    /// may come back, with another entry there. 0 for none.
    replaced_at: PerNode<u64>,
    damaged: NodeSet,
}

impl LogKept {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        LogKept { kept: per_node(), replaced_at: per_node(), damaged: NodeSet::EMPTY }
    }

    /// A fault that takes durable data struck the disk of a node.
    pub(crate) fn damaged(&mut self, node: NodeId) {
        self.damaged.insert(node);
    }

    /// The last index that a node said is durable and that nothing has replaced since.
    pub(crate) fn until(&self, node: NodeId) -> u64 {
        self.kept[slot(node)].0
    }

    /// A node has told all that it recovered; `replica` is as it was before it went on.
    pub(crate) fn recovered(&self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        let (kept, seq) = self.kept[slot(said.node)];
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

    /// Compares an entry that a node recovers, or the one in front of its log, with what the node
    /// had there when it said that it is durable. A digest that is not told is not compared.
    fn compare(
        &self,
        said: Said<'_>,
        replica: &Replica,
        (index, term, digest): (u64, u64, Option<u64>),
        findings: &mut Findings,
    ) {
        let (kept, seq) = self.kept[slot(said.node)];
        let is_replaced = index == self.replaced_at[slot(said.node)];
        if index > kept || is_replaced || self.damaged.contains(said.node) {
            return;
        }
        let old = &replica.last_life;
        let Some(old_term) = old.term_at(index) else { return };
        let old_digest = old.entry(index).map(|(_, digest)| digest);
        let is_other = old_digest.zip(digest).is_some_and(|(old, new)| old != new);
        if old_term != term || is_other {
            findings.report(
                "log-kept",
                "changed",
                &[(said.node, seq), (said.node, said.seq)],
                format!(
                    "n{} had made an entry of term {old_term} durable at index {index} and \
                     recovered {} of term {term} there",
                    said.node,
                    if old_term == term { "another one" } else { "one" }
                ),
            );
        }
    }

    /// Takes in what a node says; `replica` is as it was before.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        let (kept, _) = self.kept[slot(said.node)];
        match *said.note {
            Note::Recovered { first_index, base_term, .. } if base_term != 0 => {
                let front = (first_index.saturating_sub(1), base_term, None);
                self.compare(said, replica, front, findings);
            }
            Note::Append { index, term, digest, .. } if replica.recovers => {
                self.compare(said, replica, (index, term, Some(digest)), findings);
            }
            Note::Persisted { last_index, .. } => {
                self.kept[slot(said.node)] = (last_index, said.seq);
                self.replaced_at[slot(said.node)] = 0;
            }
            // From here on the disk may hold the old end or the new one.
            Note::Truncate { from } if from <= kept => {
                self.kept[slot(said.node)].0 = from.saturating_sub(1);
            }
            Note::SnapshotInstalled { index, .. } => {
                self.kept[slot(said.node)].0 = kept.min(index);
                self.replaced_at[slot(said.node)] = index;
            }
            _ => {}
        }
    }
}
