//! What a disk does wrong: the kinds of fault, how often they strike, and what was struck.
//!
//! | Fault | An operation | A reader afterwards |
//! |---|---|---|
//! | stall | takes long | sees nothing of it |
//! | io-error | answers EIO; of a write, a prefix may be done | sees that prefix, or EIO |
//! | sync-keeps | a sync answers EIO, what was dirty stays dirty | sees all; a later sync saves it |
//! | sync-drops | a sync answers EIO, what was dirty counts as clean (*fsyncgate*) | sees it until the power goes, or no longer; a later sync saves nothing |
//! | full | answers ENOSPC; what fits of a write is done | sees that prefix |
//! | lying-sync | a sync answers that all is durable, and nothing is | misses it after a loss of power |
//! | bit-rot | - | finds a bit flipped |
//! | unreadable | - | gets EIO for the file, until the sector is written again |
//! | misdirect | a write goes elsewhere | finds zeros or the old bytes, and another file's sector overwritten |
//! | wipe | - | finds nothing |
//!
//! A failed sync of a directory keeps what was dirty: file systems write names through a journal,
//! and one that cannot write it stops.

use system::FilePath;

use super::fate::Fate;
use crate::chance::{hits, mix};

/// The kinds of fault of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskFault {
    /// The disk stands still for a while.
    Stall,
    /// EIO.
    IoError,
    /// A sync fails and drops what was dirty.
    SyncDrops,
    /// A sync fails and keeps what was dirty.
    SyncKeeps,
    /// ENOSPC.
    Full,
    /// A sync does nothing and says that it did.
    LyingSync,
    /// A bit flips at rest.
    BitRot,
    /// A sector cannot be read any more.
    Unreadable,
    /// A write goes to another place.
    Misdirect,
    /// All is gone.
    Wipe,
}

impl DiskFault {
    /// All kinds, in order.
    pub const ALL: [DiskFault; 10] = [
        DiskFault::Stall,
        DiskFault::IoError,
        DiskFault::SyncDrops,
        DiskFault::SyncKeeps,
        DiskFault::Full,
        DiskFault::LyingSync,
        DiskFault::BitRot,
        DiskFault::Unreadable,
        DiskFault::Misdirect,
        DiskFault::Wipe,
    ];

    /// The kind's name in scenarios and traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DiskFault::Stall => "stall",
            DiskFault::IoError => "io-error",
            DiskFault::SyncDrops => "sync-drops",
            DiskFault::SyncKeeps => "sync-keeps",
            DiskFault::Full => "full",
            DiskFault::LyingSync => "lying-sync",
            DiskFault::BitRot => "bit-rot",
            DiskFault::Unreadable => "unreadable",
            DiskFault::Misdirect => "misdirect",
            DiskFault::Wipe => "wipe",
        }
    }
}

/// How often operations go wrong, each in parts per million of those that it concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of any operation and any reading of a file: EIO.
    pub io_error: u32,
    /// Of a sync of a file: [`DiskFault::SyncDrops`]. Of a directory: as `sync_keeps`.
    pub sync_drops: u32,
    /// Of a sync: [`DiskFault::SyncKeeps`].
    pub sync_keeps: u32,
    /// Of a sync: [`DiskFault::LyingSync`].
    pub lying_sync: u32,
    /// Of a write: [`DiskFault::Misdirect`].
    pub misdirect: u32,
}

/// A fault that struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struck {
    /// What it was.
    pub what: DiskFault,
    /// The number under which the fault was set; 0 if it came from the disk's own options.
    pub fault: u32,
    /// The file or directory concerned; empty for the whole disk.
    pub path: FilePath,
    /// Bytes concerned: dropped, lied about, misdirected, written in front of an error.
    pub bytes: u64,
}

/// What is asked of a disk, as far as faults tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Write,
    /// Of a name or a length.
    Change,
    Sync,
    SyncDir,
}

impl Rates {
    /// The rate of a kind that strikes operations; 0 for the others.
    #[must_use]
    pub fn of(&self, what: DiskFault) -> u32 {
        match what {
            DiskFault::IoError => self.io_error,
            DiskFault::SyncDrops => self.sync_drops,
            DiskFault::SyncKeeps => self.sync_keeps,
            DiskFault::LyingSync => self.lying_sync,
            DiskFault::Misdirect => self.misdirect,
            _ => 0,
        }
    }

    /// For each kind the higher rate.
    #[must_use]
    pub fn max(self, other: Rates) -> Rates {
        Rates {
            io_error: self.io_error.max(other.io_error),
            sync_drops: self.sync_drops.max(other.sync_drops),
            sync_keeps: self.sync_keeps.max(other.sync_keeps),
            lying_sync: self.lying_sync.max(other.lying_sync),
            misdirect: self.misdirect.max(other.misdirect),
        }
    }

    /// What becomes of an operation with this luck.
    pub(super) fn fate(&self, luck: u64, act: Act) -> Fate {
        let strikes = |what| strikes(luck, what, self.of(what));
        let is_sync = matches!(act, Act::Sync | Act::SyncDir);
        if strikes(DiskFault::IoError) {
            return Fate::Fails(mix(luck));
        }
        if act == Act::Sync && strikes(DiskFault::SyncDrops) {
            return Fate::Drops { evicts: mix(luck) & 1 == 1 };
        }
        if is_sync && (strikes(DiskFault::SyncKeeps) || strikes(DiskFault::SyncDrops)) {
            return Fate::Keeps;
        }
        if is_sync && strikes(DiskFault::LyingSync) {
            return Fate::Lies;
        }
        if act == Act::Write && strikes(DiskFault::Misdirect) {
            return Fate::Misdirected(mix(luck));
        }
        Fate::Whole
    }
}

/// Whether a fault of this kind and rate strikes an operation: each kind has its own luck.
pub(super) fn strikes(luck: u64, what: DiskFault, rate: u32) -> bool {
    rate > 0 && hits((mix(luck ^ (what as u64 + 1) << 32) >> 32) as u32, rate)
}
