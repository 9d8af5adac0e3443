//! A node's durable memory: log, HardState and snapshots, on files that the host performs.
//!
//! [`Store`] is what the Raft library reads ([`raft::Storage`], all in memory) and what the node
//! saves to. It writes effects, never files: what a crash leaves behind is decided between two of
//! them, and [`Store::open`] must make sense of every such remainder.
//!
//! * What was synced is never forgotten: a log that lost it is refused (*Raft §5.1: stable
//!   storage before answering*). What was not synced may go, from the end on.
//! * A record is one `Ready`: entries and HardState survive together or not at all.
//! * A snapshot counts once the log notes it; before that it never happened.
//! * `snapshot index <= commit <= last index` holds after recovery, without clamping.
//!
//! Reading order: [`item`] what a record says, [`frame`] how it lies in a segment, [`wal`] how
//! segments are written, [`snapshot`] the snapshot files, [`log`] the log in memory,
//! [`recover`] how all is read again, [`storage`] what the library sees, [`inspect`] what people
//! see.
//!
//! **Not done here:** deciding when to save, to take a snapshot or to compact.

mod frame;
pub mod inspect;
mod item;
mod log;
mod recover;
mod snapshot;
mod storage;
mod wal;

use std::cell::Cell;

use raft::eraftpb::{ConfState, Entry, HardState, Message, Snapshot};

pub use snapshot::SnapshotFile;

use crate::semantics::CommitMemory;
use item::sorted;
use log::{Log, Place};
use wal::{Carried, Wal};

/// The effects of a node that speaks Raft. A message of the library is some three hundred bytes
/// long and changes hands often, so it travels in a box.
pub type Effects = system::Effects<Box<Message>>;

/// How many snapshot files are kept: the newest, and one to fall back on.
const SNAPSHOTS_KEPT: usize = 2;

/// How a store writes. Fixed for a life of the node; files do not depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// A segment of the log that has grown to this is ended, in bytes; at least 1. A single
    /// record may be longer.
    pub segment_bytes: u64,
    /// Notes a snapshot in the log before its file is durable, as etcd's raftexample of 2018 did.
    pub mark_before_snapshot: bool,
    /// Saves the HardState that comes with a leader's snapshot before the snapshot, as etcd's
    /// raftexample of 2018 did.
    pub hard_state_first: bool,
    /// What is kept of the commit index.
    pub commit: CommitMemory,
    /// Bytes of a record's payload beyond which it is taken for damage when it is read.
    pub record_bytes_max: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            segment_bytes: 1 << 20,
            mark_before_snapshot: false,
            hard_state_first: false,
            commit: CommitMemory::Saved,
            record_bytes_max: u64::MAX,
        }
    }
}

/// What a node finds of its earlier life.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The snapshot that the state machine starts from; `None`: it starts empty.
    pub snapshot: Option<SnapshotFile>,
    /// How many bytes of unsynced writes were cut off the log.
    pub cut_bytes: u64,
    /// Whether the files hold nothing that was promised in an earlier life.
    pub is_new: bool,
    /// Whether the files hold no log at all: no life has got as far as telling others anything,
    /// or everything is lost.
    pub is_blank: bool,
}

/// A node's log, HardState and snapshots.
pub struct Store {
    options: StoreOptions,
    effects: Effects,
    wal: Wal,
    log: Log,
    hard_state: HardState,
    /// Of the last applied change; what the library starts from.
    conf_state: ConfState,
    founding: Option<ConfState>,
    /// The newest snapshot that is durable and noted.
    mark: Option<Place>,
    /// The snapshot files, oldest first.
    files: Vec<Place>,
    outgoing: Option<Snapshot>,
    wanted: Cell<bool>,
}

/// Opening, and what is known without reading.
impl Store {
    /// Reads the files and repairs what a crash may leave: an unsynced tail is cut, an unfinished
    /// segment, temporary files and snapshots that were never noted are removed. What was read is
    /// made durable before anything can rely on it.
    ///
    /// The configuration that the library starts from is the snapshot's, or the founding one:
    /// committed changes behind it are delivered again.
    ///
    /// # Errors
    ///
    /// [`system::HaltReason::Corrupt`] if something that was durable is missing or damaged, with
    /// file and offset; [`system::HaltReason::DiskFailed`] if the disk cannot read.
    pub fn open(
        options: StoreOptions,
        effects: &Effects,
    ) -> Result<(Store, Recovered), system::Halt> {
        recover::open(options, effects)
    }

    /// Term, vote and commit as saved last.
    #[must_use]
    pub fn hard_state(&self) -> &HardState {
        &self.hard_state
    }

    /// The last index of the newest snapshot; 0 without one.
    #[must_use]
    pub fn snapshot_index(&self) -> u64 {
        self.mark.map_or(0, |mark| mark.index)
    }

    /// The first index that the log may hold; one above the last if it holds nothing.
    #[must_use]
    pub fn first_index(&self) -> u64 {
        self.log.first_index()
    }

    /// The last index of the log.
    #[must_use]
    pub fn last_index(&self) -> u64 {
        self.log.last_index()
    }

    /// The term at `index`, known from the one before the first to the last.
    #[must_use]
    pub fn term(&self, index: u64) -> Option<u64> {
        self.log.term(index)
    }

    /// The entry at `index`, if the log holds it.
    #[must_use]
    pub fn entry(&self, index: u64) -> Option<&Entry> {
        self.log.get(index)
    }

    /// Tells the configuration after the last applied change.
    pub fn set_applied_conf(&mut self, conf_state: ConfState) {
        self.conf_state = sorted(conf_state);
    }

    /// Tells the snapshot that slow followers may be given.
    pub fn set_outgoing(&mut self, snapshot: Option<Snapshot>) {
        self.outgoing = snapshot;
    }

    /// Whether the library asked for a snapshot since the last call and there was none.
    #[must_use]
    pub fn take_wanted(&mut self) -> bool {
        self.wanted.take()
    }
}

/// Saving.
impl Store {
    /// Begins the life of a founding member with the cluster's first configuration. Durable.
    ///
    /// # Panics
    ///
    /// If the store already holds anything.
    pub fn found(&mut self, conf_state: ConfState) {
        assert!(self.founding.is_none() && self.mark.is_none(), "a node is founded once");
        assert!(self.log.last() == Place::default(), "a node is founded with an empty log");
        let conf_state = sorted(conf_state);
        let mut record = frame::begin(64);
        item::put_founding(&mut record, &conf_state);
        self.append(record, true);
        self.founding = Some(conf_state.clone());
        self.conf_state = conf_state;
    }

    /// Saves entries and HardState as one record; with `sync`, durably, with all saved before.
    ///
    /// # Panics
    ///
    /// If the entries are not contiguous, leave a gap behind the log, or replace what the
    /// snapshot holds.
    pub fn save(&mut self, entries: Vec<Entry>, hard_state: Option<&HardState>, sync: bool) {
        let is_kept = |state: &&HardState| {
            self.options.commit.keeps(&self.hard_state, state, !entries.is_empty())
        };
        let hard_state = hard_state.filter(is_kept);
        if !entries.is_empty() || hard_state.is_some() {
            let mut record = frame::begin(item::entries_bytes_max(&entries) + 32);
            if let Some(first) = entries.first() {
                let index = first.index;
                assert!(index > self.snapshot_index(), "entry {index} is in the snapshot");
                item::put_entries(&mut record, &entries);
            }
            if let Some(state) = hard_state {
                item::put_hard_state(&mut record, state);
            }
            self.append(record, false);
            self.log.append(entries);
            if let Some(state) = hard_state {
                self.hard_state = state.clone();
            }
        }
        if sync {
            self.wal.sync(&self.effects);
        }
    }

    /// Replaces the log by a leader's snapshot, and saves what came with it. Durable.
    ///
    /// # Panics
    ///
    /// If `entries` do not follow the snapshot, or the snapshot is not newer than the last one.
    pub fn install_snapshot(
        &mut self,
        snapshot: &Snapshot,
        entries: Vec<Entry>,
        hard_state: Option<&HardState>,
    ) {
        let metadata = snapshot.get_metadata();
        let place = Place { index: metadata.index, term: metadata.term };
        assert!(place.index > self.snapshot_index(), "snapshot {} is old", place.index);
        let file = SnapshotFile {
            index: place.index,
            term: place.term,
            conf_state: sorted(metadata.get_conf_state().clone()),
            data: snapshot.data.clone(),
        };
        if self.options.hard_state_first && hard_state.is_some() {
            self.save(Vec::new(), hard_state, true);
        }
        if !self.options.mark_before_snapshot {
            snapshot::write(&self.effects, &file);
        }
        let mut record = frame::begin(item::entries_bytes_max(&entries) + 64);
        item::put_install(&mut record, place);
        item::put_entries(&mut record, &entries);
        if let Some(state) = hard_state {
            item::put_hard_state(&mut record, state);
        }
        self.append(record, true);
        if self.options.mark_before_snapshot {
            snapshot::write(&self.effects, &file);
        }
        self.log = Log::new(place);
        self.log.append(entries);
        if let Some(state) = hard_state {
            self.hard_state = state.clone();
        }
        self.hard_state.commit = self.hard_state.commit.max(place.index);
        self.conf_state = file.conf_state;
        self.note_snapshot(place);
    }

    /// Makes a snapshot of the node's own state durable, notes it, and removes older ones.
    ///
    /// # Panics
    ///
    /// If the snapshot is not newer than the last one, or its last entry is not in the log.
    pub fn take_snapshot(&mut self, snapshot: &SnapshotFile) {
        let place = snapshot.place();
        assert!(place.index > self.snapshot_index(), "snapshot {} is old", place.index);
        assert!(
            self.log.term(place.index) == Some(place.term),
            "snapshot {} of term {} is not of this log",
            place.index,
            place.term
        );
        if !self.options.mark_before_snapshot {
            snapshot::write(&self.effects, snapshot);
        }
        let mut record = frame::begin(32);
        item::put_mark(&mut record, place);
        self.append(record, true);
        if self.options.mark_before_snapshot {
            snapshot::write(&self.effects, snapshot);
        }
        self.note_snapshot(place);
    }

    /// Drops the entries below `first_index` from memory, and the segments that only they needed
    /// from the disk.
    ///
    /// # Panics
    ///
    /// If an entry would be dropped that no snapshot holds.
    pub fn compact(&mut self, first_index: u64) {
        assert!(
            first_index <= self.snapshot_index() + 1,
            "compaction to {first_index} beyond snapshot {}",
            self.snapshot_index()
        );
        self.log.compact(first_index);
        if let Some(mark) = self.mark {
            self.wal.release(&self.effects, mark, self.log.first_index());
        }
    }

    /// Writes a record, into a new segment if the present one is full.
    fn append(&mut self, record: Vec<u8>, sync: bool) {
        if self.wal.position() >= self.options.segment_bytes {
            self.cut_segment();
        }
        self.wal.append(&self.effects, record);
        if sync {
            self.wal.sync(&self.effects);
        }
    }

    fn cut_segment(&mut self) {
        let carried = Carried {
            last: self.log.last(),
            hard_state: &self.hard_state,
            mark: self.mark,
            founding: self.founding.as_ref(),
        };
        self.wal.cut(&self.effects, &carried);
    }

    /// A snapshot is durable and noted: those that are no longer needed may go.
    fn note_snapshot(&mut self, place: Place) {
        self.mark = Some(place);
        self.files.retain(|&file| file != place);
        self.files.push(place);
        let surplus = self.files.len().saturating_sub(SNAPSHOTS_KEPT);
        for file in self.files.drain(..surplus) {
            self.effects.push(system::Effect::Remove { path: snapshot::path(file) });
        }
    }
}
