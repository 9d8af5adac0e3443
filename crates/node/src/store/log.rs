//! The part of the Raft log that is held in memory: what the library reads while it runs.
//!
//! * Entries are contiguous: the one at position `i` has index `base + 1 + i`.
//! * The term of the entry just before the first one is known (*Raft §5.3* needs it to match).

use std::collections::VecDeque;

use raft::eraftpb::Entry;

/// A place in a log: an index and the term of its entry. Zero is the place before all entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) index: u64,
    pub(super) term: u64,
}

/// Contiguous entries behind a base.
#[derive(Debug, Default)]
pub(super) struct Log {
    base: Place,
    entries: VecDeque<Entry>,
}

impl Log {
    /// A log that holds nothing behind `base`.
    pub(super) fn new(base: Place) -> Self {
        Log { base, entries: VecDeque::new() }
    }

    /// The place before the first entry.
    pub(super) fn base(&self) -> Place {
        self.base
    }

    pub(super) fn first_index(&self) -> u64 {
        self.base.index + 1
    }

    pub(super) fn last_index(&self) -> u64 {
        self.base.index + self.entries.len() as u64
    }

    pub(super) fn last(&self) -> Place {
        match self.entries.back() {
            Some(entry) => Place { index: entry.index, term: entry.term },
            None => self.base,
        }
    }

    pub(super) fn get(&self, index: u64) -> Option<&Entry> {
        let position = index.checked_sub(self.first_index())?;
        self.entries.get(usize::try_from(position).ok()?)
    }

    /// The term at `index`, known from the base to the last entry.
    pub(super) fn term(&self, index: u64) -> Option<u64> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// The entries of `low..high`, which must be held.
    pub(super) fn range(&self, low: u64, high: u64) -> impl Iterator<Item = &Entry> {
        let first = self.first_index();
        let position = |index: u64| usize::try_from(index - first).expect("an index in memory");
        self.entries.range(position(low)..position(high))
    }

    /// Puts entries behind the log, after dropping what stands at their indices and above: what a
    /// leader sends replaces what conflicts with it (*Raft §5.3*).
    pub(super) fn append(&mut self, entries: Vec<Entry>) {
        let Some(first) = entries.first().map(|entry| entry.index) else { return };
        assert!(first > self.base.index, "entry {first} is at or below base {}", self.base.index);
        assert!(
            first <= self.last_index() + 1,
            "entry {first} leaves a gap behind {}",
            self.last_index()
        );
        let keep = usize::try_from(first - self.first_index()).expect("an index in memory");
        self.entries.truncate(keep);
        for (offset, entry) in (0u64..).zip(&entries) {
            assert!(entry.index == first + offset, "entry {} is out of order", entry.index);
        }
        self.entries.extend(entries);
    }

    /// Drops the entries below `first_index`, which may be at most one behind the last.
    pub(super) fn compact(&mut self, first_index: u64) {
        if first_index <= self.first_index() {
            return;
        }
        let index = first_index - 1;
        let term = self.term(index);
        let term = term.unwrap_or_else(|| panic!("compaction to {index} beyond the log"));
        let count = usize::try_from(index - self.base.index).expect("an index in memory");
        self.entries.drain(..count);
        self.base = Place { index, term };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { index, term, ..Entry::default() }
    }

    #[test]
    fn a_conflicting_tail_is_replaced() {
        let mut log = Log::default();
        log.append(vec![entry(1, 1), entry(2, 1), entry(3, 1)]);
        log.append(vec![entry(2, 2)]);
        assert_eq!(log.last(), Place { index: 2, term: 2 });
        assert_eq!(log.term(1), Some(1));
        assert_eq!(log.term(3), None);
    }

    #[test]
    fn compaction_remembers_the_term_before_the_first_entry() {
        let mut log = Log::default();
        log.append(vec![entry(1, 1), entry(2, 2), entry(3, 2)]);
        log.compact(3);
        assert_eq!((log.first_index(), log.last_index(), log.term(2)), (3, 3, Some(2)));
        assert_eq!(log.get(2), None);
        log.compact(4);
        assert_eq!((log.first_index(), log.last_index(), log.term(3)), (4, 3, Some(2)));
    }

    #[test]
    #[should_panic(expected = "leaves a gap")]
    fn a_gap_is_refused() {
        Log::default().append(vec![entry(2, 1)]);
    }
}
