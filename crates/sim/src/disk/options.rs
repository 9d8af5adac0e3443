//! How a disk is set up, and what a loss of power takes.

use super::Rates;
use crate::delay::Delay;

/// A disk when no fault is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskOptions {
    /// Time that a change of the operating system's cache takes: a write, a truncation, a rename,
    /// a removal.
    pub write: Delay,
    /// Time that making something durable takes: a sync of a file or a directory.
    pub sync: Delay,
    /// The unit that a loss of power keeps or loses as a whole, in bytes; at least 1.
    pub sector_bytes: u32,
    /// On a loss of power: chance of each unsynced change to have reached the disk whole, in
    /// parts per million.
    pub survive: u32,
    /// On a loss of power: chance of each unsynced write to be torn, if it did not survive whole,
    /// in parts per million. Of a torn write, each sector survives or not.
    pub tear: u32,
    /// Chance of each operation to find the disk standing still, in parts per million.
    pub stall: u32,
    /// How long it then stands still, in nanoseconds.
    pub stall_for: Delay,
    /// Bytes that all files together may hold; `None`: no limit but that of a file.
    pub capacity: Option<u64>,
    /// What goes wrong all the time.
    pub rates: Rates,
}

impl DiskOptions {
    /// A disk that never fails: it takes its time, and forgets what was not synced.
    #[must_use]
    pub fn sound(write: Delay, sync: Delay, sector_bytes: u32, survive: u32, tear: u32) -> Self {
        DiskOptions {
            write,
            sync,
            sector_bytes,
            survive,
            tear,
            stall: 0,
            stall_for: Delay::Fixed(0),
            capacity: None,
            rates: Rates::default(),
        }
    }
}

/// What a loss of power took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Bytes of unsynced writes that are gone.
    pub lost_bytes: u64,
    /// Unsynced writes of which some sectors are gone and others are not.
    pub torn_writes: u32,
    /// Creations, renames and removals that are undone.
    pub lost_names: u32,
    /// Changes that are gone, wholly or in part, although a lying sync had called them durable.
    pub broken_promises: u32,
}
