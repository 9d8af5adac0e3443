//! What a node means by its promises, where programs in the field differ.
//!
//! The default of each is what this project stands for; the others are what some system did, and
//! what it cost there is told by the flaws of the testbed.

use raft::eraftpb::HardState;

/// What a node promises, where programs in the field differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Semantics {
    /// When a write is acknowledged.
    pub acknowledge: Acknowledge,
    /// When committed entries are applied.
    pub apply: Apply,
    /// What a confirmed read waits for.
    pub read: ReadWait,
    /// How long a lease may last.
    pub lease: LeaseScope,
    /// Which index a snapshot of the node's own state bears.
    pub label: Label,
    /// What is kept of the commit index.
    pub commit: CommitMemory,
    /// Whether a snapshot is marked in the write-ahead log before its file is written, instead
    /// of after the file is durable.
    pub mark_before_snapshot: bool,
    /// Whether the hard state is written before the entries that it speaks of.
    pub hard_state_first: bool,
    /// Whether a start loads the snapshot behind what the log holds, instead of in front of it.
    pub restore_last: bool,
    /// Whether entries without data are passed over whatever their kind, as the library's example
    /// `five_mem_node` does.
    pub pass_empty: bool,
    /// Whether a change of the configuration says nothing of the one before it, as in etcd.
    pub bare_changes: bool,
    /// Whether a change of the configuration may be proposed while another is under way
    /// (*Ongaro, "bug in single-server membership changes", raft-dev 2015*).
    pub overlapping_changes: bool,
}

/// When a write is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acknowledge {
    /// When the node that took it has applied it: what `ok` means.
    #[default]
    Applied,
    /// When it is committed. What it answers is not known then.
    Committed,
    /// When it has been handed to the Raft library, as etcd's raftexample answers 204. Such a
    /// write may be lost.
    Proposed,
}

/// When committed entries are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Apply {
    /// In the turn in which their commit is known.
    #[default]
    AtOnce,
    /// With the next tick: as by a thread of its own that is busy meanwhile.
    WithTick,
}

/// What a confirmed read waits for (*thesis §6.4*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadWait {
    /// For the index with which it was confirmed to be applied.
    #[default]
    Applied,
    /// For nothing.
    Nothing,
}

/// How long a lease may last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaseScope {
    /// Until leadership is being transferred or the configuration changes, at most.
    #[default]
    Configuration,
    /// As long as the term, at most.
    Term,
}

/// Which index a snapshot of the node's own state bears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// The last one that is applied.
    #[default]
    Applied,
    /// The last one that is committed: what was handed to whoever applies it.
    Committed,
    /// The one before the last that is applied: an index that is stored apart from the state and
    /// lags behind it.
    Before,
}

/// What is kept of the commit index, which Raft allows to be forgotten (*Raft figure 2*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommitMemory {
    /// All that was saved, and what a snapshot implies.
    #[default]
    Saved,
    /// What was saved with entries, a vote or a term.
    WithEntries,
    /// What a snapshot implies; the rest is learnt from a leader.
    Snapshot,
}

impl CommitMemory {
    /// Whether `state` is saved behind `before`, alone or with entries.
    pub(crate) fn keeps(self, before: &HardState, state: &HardState, with_entries: bool) -> bool {
        let only_commit = (before.term, before.vote) == (state.term, state.vote) && !with_entries;
        self != CommitMemory::WithEntries || !only_commit
    }

    /// The commit index that a start believes, given what was saved and what a snapshot implies.
    pub(crate) fn recovered(self, saved: u64, snapshot: u64) -> u64 {
        match self {
            CommitMemory::Saved => saved.max(snapshot),
            CommitMemory::WithEntries => saved,
            CommitMemory::Snapshot => snapshot,
        }
    }
}

impl ReadWait {
    /// The index that must be applied before a read confirmed at `index` is answered.
    pub(crate) fn until(self, index: u64) -> u64 {
        match self {
            ReadWait::Applied => index,
            ReadWait::Nothing => 0,
        }
    }
}

impl Label {
    /// The label of a snapshot taken now.
    pub(crate) fn of(self, applied: u64, committed: u64) -> u64 {
        match self {
            Label::Applied => applied,
            Label::Committed => committed,
            Label::Before => applied.saturating_sub(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(term: u64, vote: u64, commit: u64) -> HardState {
        HardState { term, vote, commit, ..HardState::default() }
    }

    #[test]
    fn a_commit_alone_is_saved_or_not() {
        let before = state(2, 1, 10);
        for (memory, alone) in [
            (CommitMemory::Saved, true),
            (CommitMemory::WithEntries, false),
            (CommitMemory::Snapshot, true),
        ] {
            assert_eq!(memory.keeps(&before, &state(2, 1, 11), false), alone, "{memory:?}");
            assert!(memory.keeps(&before, &state(2, 1, 11), true), "{memory:?} with entries");
            assert!(memory.keeps(&before, &state(2, 3, 10), false), "{memory:?} with a vote");
            assert!(memory.keeps(&before, &state(3, 0, 10), false), "{memory:?} with a term");
        }
    }

    #[test]
    fn a_start_believes_what_was_saved_a_snapshot_or_both() {
        assert_eq!(CommitMemory::Saved.recovered(10, 7), 10);
        assert_eq!(CommitMemory::Saved.recovered(5, 7), 7);
        assert_eq!(CommitMemory::WithEntries.recovered(5, 7), 5);
        assert_eq!(CommitMemory::Snapshot.recovered(10, 7), 7);
    }

    #[test]
    fn a_label_is_what_is_applied_or_is_not() {
        assert_eq!(Label::Applied.of(5, 9), 5);
        assert_eq!(Label::Committed.of(5, 9), 9);
        assert_eq!(Label::Before.of(5, 9), 4);
    }
}
