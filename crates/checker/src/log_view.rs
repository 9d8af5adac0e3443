//! A node's log as its notes tell it.
//!
//! Several invariants need a node's log, or something of it. It is followed once, here, and lent
//! to them: a picture of their own would miss the day on which a snapshot replaces the log.

use std::collections::VecDeque;

use system::{EntryKind, Note};

/// A node's log as its notes tell it: what is before `base_index` is in a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogView {
    base_index: u64,
    base_term: u64,
    /// Term and digest of the entries from `base_index + 1` on.
    entries: VecDeque<(u64, u64)>,
    /// The changes of the configuration among the entries, by their index, with the event that
    /// told of each. Those that are known to be committed may be left out.
    changes: VecDeque<(u64, u64)>,
}

impl LogView {
    /// The last index of the log, or of the snapshot if nothing follows it.
    pub(crate) fn last_index(&self) -> u64 {
        self.base_index + self.entries.len() as u64
    }

    /// The index up to which a snapshot stands for the log.
    pub(crate) fn base_index(&self) -> u64 {
        self.base_index
    }

    /// Whether the log is empty, and no snapshot stands for any of it.
    pub(crate) fn is_blank(&self) -> bool {
        self.last_index() == 0
    }

    /// Term and digest of an entry that the log holds.
    pub(crate) fn entry(&self, index: u64) -> Option<(u64, u64)> {
        let place = index.checked_sub(self.base_index + 1)?;
        self.entries.get(usize::try_from(place).ok()?).copied()
    }

    /// The term at an index: of an entry, or of the last one in front of the log. `None` if the
    /// log does not hold the index, or does not know.
    pub(crate) fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.base_index {
            let known = index == 0 || self.base_term != 0;
            return known.then_some(self.base_term);
        }
        self.entry(index).map(|(term, _)| term)
    }

    /// The first change of the configuration in the log after `commit`, with the event that told
    /// of it.
    pub(crate) fn first_change_after(&self, commit: u64) -> Option<(u64, u64)> {
        self.changes.iter().find(|(index, _)| *index > commit).copied()
    }

    fn restart_at(&mut self, base_index: u64, base_term: u64) {
        self.base_index = base_index;
        self.base_term = base_term;
        self.entries.clear();
        self.changes.clear();
    }

    fn truncate(&mut self, from: u64) {
        let kept = from.saturating_sub(self.base_index + 1);
        self.entries.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        while self.changes.back().is_some_and(|(index, _)| *index >= from) {
            self.changes.pop_back();
        }
    }

    fn append(&mut self, index: u64, term: u64, digest: u64) {
        if index <= self.base_index {
            return;
        }
        if index > self.last_index() + 1 {
            // A gap is a finding of log matching; from here on the log is what follows it.
            self.restart_at(index - 1, 0);
        }
        self.truncate(index);
        self.entries.push_back((term, digest));
    }

    fn compact(&mut self, first_index: u64) {
        while self.base_index + 1 < first_index {
            let Some((term, _)) = self.entries.pop_front() else {
                self.restart_at(first_index - 1, 0);
                return;
            };
            self.base_index += 1;
            self.base_term = term;
        }
    }

    /// Takes in what the node says in the event `seq`.
    pub(crate) fn observe(&mut self, seq: u64, note: &Note) {
        match *note {
            Note::Recovered { first_index, base_term, .. } => {
                self.restart_at(first_index.saturating_sub(1), base_term);
            }
            Note::Append { index, term, digest, kind } => {
                self.append(index, term, digest);
                if kind == EntryKind::Conf && index > self.base_index {
                    self.changes.push_back((index, seq));
                }
            }
            Note::Truncate { from } => self.truncate(from),
            Note::Commit { index } => {
                while self.changes.front().is_some_and(|(change, _)| *change <= index) {
                    self.changes.pop_front();
                }
            }
            Note::SnapshotInstalled { index, term, .. } => self.restart_at(index, term),
            Note::Compact { first_index } => self.compact(first_index),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(log: &mut LogView, index: u64, term: u64, kind: EntryKind) {
        log.observe(index, &Note::Append { index, term, kind, digest: index * 10 });
    }

    #[test]
    fn a_log_follows_its_notes() {
        let mut log = LogView::default();
        for index in 1..=5 {
            append(&mut log, index, 1, EntryKind::Command);
        }
        log.observe(6, &Note::Truncate { from: 4 });
        append(&mut log, 4, 2, EntryKind::Command);
        log.observe(7, &Note::Compact { first_index: 3 });
        assert_eq!(log.last_index(), 4);
        assert_eq!(log.term_at(2), Some(1));
        assert_eq!(log.entry(2), None);
        assert_eq!(log.entry(4), Some((2, 40)));
        log.observe(8, &Note::SnapshotInstalled { index: 9, term: 3, digest: 1 });
        assert_eq!((log.last_index(), log.term_at(9)), (9, Some(3)));
    }

    #[test]
    fn a_change_leaves_with_the_entry_that_makes_it() {
        let with_changes = || {
            let mut log = LogView::default();
            append(&mut log, 1, 1, EntryKind::Conf);
            append(&mut log, 2, 1, EntryKind::Command);
            append(&mut log, 3, 1, EntryKind::Conf);
            log
        };
        let mut log = with_changes();
        assert_eq!(log.first_change_after(0), Some((1, 1)));
        assert_eq!(log.first_change_after(1), Some((3, 3)));
        log.observe(4, &Note::Commit { index: 1 });
        log.observe(5, &Note::Truncate { from: 3 });
        assert_eq!(log.first_change_after(0), None);
        // A snapshot replaces the whole log, also what was after its last index.
        let mut log = with_changes();
        log.observe(4, &Note::SnapshotInstalled { index: 2, term: 1, digest: 1 });
        assert_eq!(log.first_change_after(0), None);
        // An entry takes the place of another without a truncation being told.
        let mut log = with_changes();
        append(&mut log, 1, 2, EntryKind::Command);
        assert_eq!(log.first_change_after(0), None);
    }
}
