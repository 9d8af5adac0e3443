//! The state behind each index, by whoever told of it first. Applied entries and snapshots tell
//! of the same states; two invariants ask whether what they tell is the same.

use system::{NodeId, Note};

use crate::findings::Said;

/// What one node told of the state behind an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// The term of the entry at the index; 0 if only a state was told.
    pub(crate) term: u64,
    /// The hash of the state behind it.
    pub(crate) digest: u64,
    /// Whether a snapshot holds it, and the node did not apply its way there.
    pub(crate) is_snapshot: bool,
    /// Who.
    pub(crate) node: NodeId,
    /// In which event.
    pub(crate) seq: u64,
}

/// Two that cannot both be right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mismatch {
    /// The index.
    pub(crate) index: u64,
    /// What was told first.
    pub(crate) old: Told,
    /// What was told now.
    pub(crate) new: Told,
}

impl Mismatch {
    /// Whether the entries differ, and not only the states behind them.
    pub(crate) fn terms_differ(&self) -> bool {
        let (old, new) = (self.old.term, self.new.term);
        old != new && old != 0 && new != 0
    }

    /// Nodes and events that prove it.
    pub(crate) fn proof(&self) -> [(NodeId, u64); 2] {
        [(self.old.node, self.old.seq), (self.new.node, self.new.seq)]
    }
}

/// The states of a run.
#[derive(Debug, Default)]
pub(crate) struct States {
    /// By index, from 1.
    told: Vec<Option<Told>>,
}

impl States {
    /// The hash of the state behind the entry at `index`, if anyone told one.
    pub(crate) fn digest_at(&self, index: u64) -> Option<u64> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        self.told.get(place).copied().flatten().map(|told| told.digest)
    }

    /// The event in which anyone first told of the state behind the entry at `index`.
    pub(crate) fn told_since(&self, index: u64) -> Option<u64> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        self.told.get(place).copied().flatten().map(|told| told.seq)
    }

    /// Takes in what a node says, and returns what it contradicts.
    pub(crate) fn observe(&mut self, said: Said<'_>) -> Option<Mismatch> {
        let (index, term, digest, is_snapshot) = match *said.note {
            Note::Apply { index, term, digest } => (index, term, digest, false),
            Note::SnapshotTaken { index, term, digest }
            | Note::SnapshotInstalled { index, term, digest } => (index, term, digest, true),
            Note::Recovered { snapshot_index, snapshot_digest, .. } if snapshot_digest != 0 => {
                (snapshot_index, 0, snapshot_digest, true)
            }
            _ => return None,
        };
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        if self.told.len() <= place {
            self.told.resize(place + 1, None);
        }
        let new = Told { term, digest, is_snapshot, node: said.node, seq: said.seq };
        let old = self.told[place].get_or_insert(new);
        let mismatch = Mismatch { index, old: *old, new };
        if old.term == 0 {
            old.term = term;
        }
        (mismatch.terms_differ() || mismatch.old.digest != digest).then_some(mismatch)
    }
}
