//! How a disk is set up, and what a loss of power takes.

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
}
