//! What the cluster has committed, by whoever said so first (*Raft §5.3, §5.4*).

use std::collections::BTreeMap;

use system::Note;

use crate::findings::Said;
use crate::replica::Replica;

/// A committed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommittedEntry {
    /// Its index.
    pub(crate) index: u64,
    /// Its term.
    pub(crate) term: u64,
    /// A hash of its kind and content.
    pub(crate) digest: u64,
    /// The event in which a node first called it committed.
    pub(crate) seq: u64,
}

/// The committed entries of a run.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    /// By index, from 1; `None` where nobody held the entry when it was called committed.
    entries: Vec<Option<CommittedEntry>>,
    /// For a term in which commits became known: the highest entry known by then. Both rise.
    highest: BTreeMap<u64, CommittedEntry>,
}

impl Committed {
    /// The entry committed at an index.
    pub(crate) fn at(&self, index: u64) -> Option<CommittedEntry> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        self.entries.get(place).copied().flatten()
    }

    /// The highest index called committed.
    pub(crate) fn last_index(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The highest entry whose commit was known in a term before `term`.
    pub(crate) fn highest_before(&self, term: u64) -> Option<CommittedEntry> {
        self.highest.range(..term).next_back().map(|(_, entry)| *entry)
    }

    /// Takes in what a node says; `replica` already has. Returns the entry that the node has there
    /// if no commit as high as that was known in its term.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica) -> Option<CommittedEntry> {
        let Note::Commit { index } = *said.note else { return None };
        if index > replica.log.last_index() {
            return None;
        }
        while self.last_index() < index {
            let index = self.last_index() + 1;
            let entry = replica.log.entry(index);
            self.entries.push(entry.map(|(term, digest)| CommittedEntry {
                index,
                term,
                digest,
                seq: said.seq,
            }));
        }
        let entry = self.at(index)?;
        let before = self.highest.range(..=replica.term).next_back();
        if before.is_some_and(|(_, known)| known.index >= index) {
            return None;
        }
        while let Some((&term, known)) = self.highest.range(replica.term..).next()
            && known.index <= index
        {
            self.highest.remove(&term);
        }
        self.highest.insert(replica.term, entry);
        let (term, digest) = replica.log.entry(index)?;
        Some(CommittedEntry { index, term, digest, seq: said.seq })
    }
}
