//! What can befall a disk, in the words of scenario files.

use crate::scenario::Ppm;

/// The kinds of fault of a disk. What each does to bytes is told in `sim::disk::fault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskWhat {
    /// It stands still: what is asked of it ends when the fault does.
    Stall,
    /// EIO, on reading, writing and syncing.
    IoError,
    /// A sync answers EIO and takes what was dirty for clean (*fsyncgate*).
    SyncDrops,
    /// A sync answers EIO, and what was dirty stays dirty.
    SyncKeeps,
    /// ENOSPC: files may grow by `room` bytes and no more.
    Full,
    /// A sync answers that all is durable, and nothing is.
    LyingSync,
    /// Bits flip at rest, in `count` places.
    BitRot,
    /// `count` sectors cannot be read any more, until they are written again.
    Unreadable,
    /// A write goes to another place.
    Misdirect,
    /// A new disk: the node is down for the time of the fault and comes back with nothing.
    Wipe,
}

/// What a node may lose by a fault of its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Nothing that was durable: it may be unavailable for a while.
    Nothing,
    /// What was durable, and it can tell.
    Noticed,
    /// What was durable, and it may not be able to tell.
    Silent,
}

impl DiskWhat {
    /// Whether it is on from its beginning to its end, and strikes what comes meanwhile; the others
    /// happen at once.
    #[must_use]
    pub fn is_lasting(self) -> bool {
        !matches!(self, DiskWhat::BitRot | DiskWhat::Unreadable | DiskWhat::Wipe)
    }

    /// All kinds, in order.
    pub const ALL: [DiskWhat; 10] = [
        DiskWhat::Stall,
        DiskWhat::IoError,
        DiskWhat::SyncDrops,
        DiskWhat::SyncKeeps,
        DiskWhat::Full,
        DiskWhat::LyingSync,
        DiskWhat::BitRot,
        DiskWhat::Unreadable,
        DiskWhat::Misdirect,
        DiskWhat::Wipe,
    ];

    /// Its word in scenarios and traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DiskWhat::Stall => "stall",
            DiskWhat::IoError => "io-error",
            DiskWhat::SyncDrops => "sync-drops",
            DiskWhat::SyncKeeps => "sync-keeps",
            DiskWhat::Full => "full",
            DiskWhat::LyingSync => "lying-sync",
            DiskWhat::BitRot => "bit-rot",
            DiskWhat::Unreadable => "unreadable",
            DiskWhat::Misdirect => "misdirect",
            DiskWhat::Wipe => "wipe",
        }
    }

    /// What it does, in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            DiskWhat::Stall => "stands still",
            DiskWhat::IoError => "answers EIO",
            DiskWhat::SyncDrops => "fails to sync and drops what was dirty (fsyncgate)",
            DiskWhat::SyncKeeps => "fails to sync and keeps what was dirty",
            DiskWhat::Full => "has no room left, but for `room` bytes",
            DiskWhat::LyingSync => "says that it has synced, and has not",
            DiskWhat::BitRot => "has flipped `count` bits",
            DiskWhat::Unreadable => "cannot read `count` sectors any more",
            DiskWhat::Misdirect => "writes to another place",
            DiskWhat::Wipe => "is replaced by an empty one",
        }
    }

    /// The worst that its node may lose.
    #[must_use]
    pub fn loss(self) -> Loss {
        match self {
            DiskWhat::LyingSync | DiskWhat::Misdirect => Loss::Silent,
            DiskWhat::BitRot | DiskWhat::Unreadable | DiskWhat::Wipe => Loss::Noticed,
            _ => Loss::Nothing,
        }
    }

    /// The chance of an operation to be struck if the scenario names none.
    #[must_use]
    pub fn usual_chance(self) -> Ppm {
        if self == DiskWhat::Misdirect { 50_000 } else { 1_000_000 }
    }
}

/// How a disk is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskStrike {
    /// By what.
    pub what: DiskWhat,
    /// While it lasts, the chance of each operation to be struck: for `io-error`, `sync-drops`,
    /// `sync-keeps`, `lying-sync` and `misdirect`.
    pub chance: Ppm,
    /// Bytes by which files may still grow: for `full`.
    pub room: u64,
    /// Places: for `bit-rot` and `unreadable`. At least 1.
    pub count: u32,
    /// For `wipe`: whether the node is started as if it had never lived, so that it does not know
    /// that it forgot. No Raft survives that of a quorum: see `[budget] silent-loss`.
    pub unnoticed: bool,
}

impl DiskStrike {
    /// A strike with the usual options of its kind.
    #[must_use]
    pub fn of(what: DiskWhat) -> Self {
        DiskStrike { what, chance: what.usual_chance(), room: 0, count: 1, unnoticed: false }
    }

    /// The worst that its node may lose.
    #[must_use]
    pub fn loss(&self) -> Loss {
        if self.unnoticed { Loss::Silent } else { self.what.loss() }
    }
}
