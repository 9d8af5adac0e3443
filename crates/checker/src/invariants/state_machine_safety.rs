//! State machine safety: no two nodes apply different entries at one index (*Raft §5.4.3*), and
//! none applies out of order. Snapshots count as what they stand for.

use system::{NodeId, Note};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};

const CHECK: &str = "state-machine-safety";

#[derive(Clone, Copy, Debug)]
struct Applied {
    /// The entry's term; 0 if only a state was told.
    term: u64,
    /// The hash of the state behind it.
    digest: u64,
    node: NodeId,
    seq: u64,
}

/// Remembers what was applied at each index, by whoever did it first.
#[derive(Debug)]
pub(crate) struct StateMachineSafety {
    /// By index, from 1.
    applied: Vec<Option<Applied>>,
    /// The last index that each node's state holds.
    last: PerNode<u64>,
}

impl StateMachineSafety {
    /// Knows nothing yet.
    pub(crate) fn new() -> Self {
        StateMachineSafety { applied: Vec::new(), last: per_node() }
    }

    /// The hash of the state behind the entry at `index`, if anyone told one.
    pub(crate) fn digest_at(&self, index: u64) -> Option<u64> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        self.applied.get(place).copied().flatten().map(|applied| applied.digest)
    }

    /// A node starts with nothing applied, unless it recovers a snapshot.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.last[slot(node)] = 0;
    }

    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>, findings: &mut Findings) {
        match *said.note {
            Note::Apply { index, term, digest } => {
                let last = &mut self.last[slot(said.node)];
                if index != *last + 1 {
                    let message = format!("n{} applied index {index} after {last}", said.node);
                    findings.report(CHECK, "apply-order", &[(said.node, said.seq)], message);
                }
                *last = index;
                self.compare(index, term, digest, said, findings);
            }
            Note::SnapshotInstalled { index, term, digest } => {
                self.last[slot(said.node)] = index;
                self.compare(index, term, digest, said, findings);
            }
            Note::SnapshotTaken { index, term, digest } => {
                self.compare(index, term, digest, said, findings);
            }
            Note::Recovered { snapshot_index, snapshot_digest, .. } => {
                self.last[slot(said.node)] = snapshot_index;
                if snapshot_digest != 0 {
                    self.compare(snapshot_index, 0, snapshot_digest, said, findings);
                }
            }
            _ => {}
        }
    }

    fn compare(
        &mut self,
        index: u64,
        term: u64,
        digest: u64,
        said: Said<'_>,
        findings: &mut Findings,
    ) {
        let Some(place) = index.checked_sub(1).and_then(|place| usize::try_from(place).ok()) else {
            return;
        };
        if self.applied.len() <= place {
            self.applied.resize(place + 1, None);
        }
        let new = Applied { term, digest, node: said.node, seq: said.seq };
        let Some(old) = &mut self.applied[place] else {
            self.applied[place] = Some(new);
            return;
        };
        let terms_differ = old.term != new.term && old.term != 0 && new.term != 0;
        if terms_differ || old.digest != new.digest {
            let what = if terms_differ {
                format!(
                    "n{} an entry of term {}, n{} one of term {}",
                    old.node, old.term, new.node, new.term
                )
            } else {
                format!("the states of n{} and n{} differ behind it", old.node, new.node)
            };
            findings.report(
                CHECK,
                "apply-mismatch",
                &[(old.node, old.seq), (new.node, new.seq)],
                format!("index {index} was applied in two ways: {what}"),
            );
        }
        if old.term == 0 {
            old.term = new.term;
        }
    }
}
