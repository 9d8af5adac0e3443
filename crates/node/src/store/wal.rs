//! The writing end of the write-ahead log: segments `wal/{sequence:016x}.wal`, written one behind
//! the other.
//!
//! * One record is one frame: what the library asks to be saved together survives together.
//! * A segment is synced before the next one is created, and the next one's header and name are
//!   durable before a record goes into it.
//! * When they are, the segment before tells so in its last record, durably, before a record goes
//!   into the next one: a segment that is missing is always damage, the newest one, too.
//! * A header repeats what the segments before it amounted to, so that they can be released.
//! * Segments are removed oldest first, each removal durable before the next.

use std::collections::VecDeque;

use raft::eraftpb::{ConfState, HardState};
use system::{Effect, FilePath};

use super::Effects;
use super::frame::{self, Position};
use super::item;
use super::log::Place;

/// The directory of the segments.
pub(super) const DIRECTORY: &str = "wal";

/// A segment that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) sequence: u64,
    /// The last place of the log when the segment began.
    pub(super) last: Place,
}

/// The end of a segment that another one follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) sequence: u64,
    /// Its length in bytes, without the record that tells of the next one.
    pub(super) position: u64,
    /// The crc of the last frame.
    pub(super) chain: u32,
}

impl Ended {
    /// Writes, durably, that the next segment is durable.
    pub(super) fn tell_next(self, effects: &Effects) {
        let Ended { sequence, position: offset, chain } = self;
        let mut data = frame::begin(16);
        item::put_next(&mut data, sequence + 1);
        frame::seal(&mut data, Position { sequence, offset, watermark: offset, chain });
        effects.push(Effect::Append { path: path(sequence), data });
        effects.push(Effect::Sync { path: path(sequence) });
    }
}

/// What a segment's header repeats.
pub(super) struct Carried<'a> {
    pub(super) last: Place,
    pub(super) hard_state: &'a HardState,
    pub(super) mark: Option<Place>,
    pub(super) founding: Option<&'a ConfState>,
}

/// Where the next record goes.
pub(super) struct Wal {
    /// All segments, oldest first; the last one is being written.
    pub(super) segments: VecDeque<Segment>,
    /// The name of the last one.
    path: FilePath,
    /// Its length in bytes.
    position: u64,
    /// How much of it is durable once all pushed effects are performed.
    synced: u64,
    /// The crc of the last frame.
    chain: u32,
}

/// The name of a segment.
pub(super) fn path(sequence: u64) -> FilePath {
    format!("{DIRECTORY}/{sequence:016x}.wal").into()
}

/// The sequence that a file's name tells; `None` for a foreign file.
pub(super) fn sequence_of(path: &str) -> Option<u64> {
    let name = path.strip_prefix(DIRECTORY)?.strip_prefix('/')?.strip_suffix(".wal")?;
    let sequence = u64::from_str_radix(name, 16).ok()?;
    (*self::path(sequence) == *path).then_some(sequence)
}

impl Wal {
    /// Goes on behind segments that were recovered, or not at all: then [`Wal::cut`] comes first.
    /// The last segment must be durable up to `position`, which is its end.
    pub(super) fn new(segments: VecDeque<Segment>, position: u64, chain: u32) -> Self {
        let path = path(segments.back().map_or(0, |segment| segment.sequence));
        Wal { segments, path, position, synced: position, chain }
    }

    /// The length of the segment that is being written, in bytes.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Writes a frame whose payload stands behind the space of [`frame::begin`].
    pub(super) fn append(&mut self, effects: &Effects, mut data: Vec<u8>) {
        let sequence = self.segments.back().expect("a segment to write to").sequence;
        let (offset, watermark) = (self.position, self.synced);
        let at = Position { sequence, offset, watermark, chain: self.chain };
        self.chain = frame::seal(&mut data, at);
        self.position += data.len() as u64;
        effects.push(Effect::Append { path: self.path.clone(), data });
    }

    /// Makes durable what was appended.
    pub(super) fn sync(&mut self, effects: &Effects) {
        if self.synced < self.position {
            effects.push(Effect::Sync { path: self.path.clone() });
            self.synced = self.position;
        }
    }

    /// Ends the segment and begins the next one.
    pub(super) fn cut(&mut self, effects: &Effects, carried: &Carried<'_>) {
        self.sync(effects);
        let ended = self.segments.back().map(|segment| Ended {
            sequence: segment.sequence,
            position: self.position,
            chain: self.chain,
        });
        let sequence = self.segments.back().map_or(1, |segment| segment.sequence + 1);
        self.segments.push_back(Segment { sequence, last: carried.last });
        self.path = path(sequence);
        self.position = 0;
        self.synced = 0;

        let mut header = frame::begin(128);
        item::put_header(&mut header, sequence, carried.last);
        item::put_hard_state(&mut header, carried.hard_state);
        if let Some(mark) = carried.mark {
            item::put_mark(&mut header, mark);
        }
        if let Some(founding) = carried.founding {
            item::put_founding(&mut header, founding);
        }
        self.append(effects, header);
        self.sync(effects);
        effects.push(Effect::SyncDir { dir: DIRECTORY.into() });
        if let Some(ended) = ended {
            ended.tell_next(effects);
        }
    }

    /// Removes the segments whose entries are all below `first_index` and in the snapshot at
    /// `mark`, which is durable and noted.
    pub(super) fn release(&mut self, effects: &Effects, mark: Place, first_index: u64) {
        while let Some(next) = self.segments.get(1) {
            if next.last.index > mark.index || next.last.index >= first_index {
                break;
            }
            let released = self.segments.pop_front().expect("two segments");
            effects.push(Effect::Remove { path: path(released.sequence) });
            effects.push(Effect::SyncDir { dir: DIRECTORY.into() });
        }
    }
}
