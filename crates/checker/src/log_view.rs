//! A node's log as its notes tell it.
//!
//! Several invariants need a node's log. It is followed once, here, and lent to them.

use std::collections::VecDeque;

use system::Note;

/// A node's log as its notes tell it: what stands before `base_index` is in a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogView {
    base_index: u64,
    base_term: u64,
    /// Term and digest of the entries from `base_index + 1` on.
    entries: VecDeque<(u64, u64)>,
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

    fn restart_at(&mut self, base_index: u64, base_term: u64) {
        self.base_index = base_index;
        self.base_term = base_term;
        self.entries.clear();
    }

    fn truncate(&mut self, from: u64) {
        let kept = from.saturating_sub(self.base_index + 1);
        self.entries.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
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

    pub(crate) fn observe(&mut self, note: &Note) {
        match *note {
            Note::Recovered { first_index, base_term, .. } => {
                self.restart_at(first_index.saturating_sub(1), base_term);
            }
            Note::Append { index, term, digest, .. } => self.append(index, term, digest),
            Note::Truncate { from } => self.truncate(from),
            Note::SnapshotInstalled { index, term, .. } => self.restart_at(index, term),
            Note::Compact { first_index } => self.compact(first_index),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::EntryKind;

    fn append(log: &mut LogView, index: u64, term: u64) {
        log.observe(&Note::Append { index, term, kind: EntryKind::Command, digest: index * 10 });
    }

    #[test]
    fn a_log_follows_its_notes() {
        let mut log = LogView::default();
        for index in 1..=5 {
            append(&mut log, index, 1);
        }
        log.observe(&Note::Truncate { from: 4 });
        append(&mut log, 4, 2);
        log.observe(&Note::Compact { first_index: 3 });
        assert_eq!(log.last_index(), 4);
        assert_eq!(log.term_at(2), Some(1));
        assert_eq!(log.entry(2), None);
        assert_eq!(log.entry(4), Some((2, 40)));
        log.observe(&Note::SnapshotInstalled { index: 9, term: 3, digest: 1 });
        assert_eq!((log.last_index(), log.term_at(9)), (9, Some(3)));
    }
}
