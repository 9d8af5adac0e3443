//! The content of one file: as the cache shows it, and how to undo what is not durable.
//!
//! One copy of the bytes is enough. A write keeps what it overwrote, an append nothing but the
//! old length, a truncation what it cut off. Undoing a write from behind uncovers just what it
//! had written, so that it can be applied again.

use std::collections::BTreeSet;

use super::fate::{Luck, Survival};
use super::{DiskOptions, Loss};
use crate::chance::mix;

/// A file without its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    data: Vec<u8>,
    /// Changes that are not durable, the oldest first.
    dirty: Vec<Change>,
    /// Bytes of all writes in `dirty` that a sync would make durable.
    dirty_bytes: u64,
    /// Sectors that cannot be read.
    unreadable: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct Change {
    luck: Luck,
    state: State,
    /// Whether a lying sync has called the change durable.
    promised: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A sync will make the change durable.
    Dirty,
    /// It is durable, but stands on one that is not.
    Settled,
    /// A failed sync has dropped it: it is shown, and no sync will make it durable.
    Dropped,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Bytes were written from `start` to `end`.
    Write {
        start: usize,
        end: usize,
        /// The file's length before.
        old_len: usize,
        /// What stood from `start` on before; empty for an append. Once undone: what was written.
        bytes: Vec<u8>,
    },
    /// The file was cut to `len`.
    Truncate {
        len: usize,
        /// What stood behind.
        tail: Vec<u8>,
    },
}

impl Inode {
    /// What the operating system shows.
    #[inline]
    pub(super) fn content(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn dirty_bytes(&self) -> u64 {
        self.dirty_bytes
    }

    /// Writes at `offset`; a gap in front of it is filled with zeros. No bytes: no change.
    #[inline]
    pub(super) fn write(&mut self, offset: u64, data: &[u8], luck: Luck) {
        if data.is_empty() {
            return;
        }
        let start = offset as usize;
        let [end, old_len] = [start + data.len(), self.data.len()];
        let bytes = match start < old_len {
            true => self.data[start..end.min(old_len)].to_vec(),
            false => Vec::new(),
        };
        put(&mut self.data, start, data);
        self.dirty_bytes += data.len() as u64;
        self.push(luck, Kind::Write { start, end, old_len, bytes });
    }

    /// Cuts the file to `len` bytes, if it is longer.
    pub(super) fn truncate(&mut self, len: u64, luck: Luck) {
        if len < self.data.len() as u64 {
            let len = len as usize;
            let tail = self.data.split_off(len);
            self.push(luck, Kind::Truncate { len, tail });
        }
    }

    /// Makes everything durable; answers how many written bytes that concerned.
    #[inline]
    pub(super) fn sync(&mut self) -> u64 {
        if self.dirty.iter().any(|change| change.state == State::Dropped) {
            // What was dropped can be undone only from behind.
            for change in &mut self.dirty {
                if change.state == State::Dirty {
                    change.state = State::Settled;
                }
            }
        } else {
            self.dirty.clear();
        }
        std::mem::take(&mut self.dirty_bytes)
    }

    /// Calls everything durable and makes nothing so; answers how many bytes the lie concerned.
    pub(super) fn promise(&mut self) -> u64 {
        self.dirty.iter_mut().for_each(|change| change.promised = true);
        self.dirty_bytes
    }

    /// Takes dirty writes for clean without writing them; answers how many bytes that concerned.
    /// The length of a file stands in the journal, which drops nothing.
    pub(super) fn drop_dirty(&mut self) -> u64 {
        for change in &mut self.dirty {
            if change.state == State::Dirty && matches!(change.kind, Kind::Write { .. }) {
                change.state = State::Dropped;
            }
        }
        std::mem::take(&mut self.dirty_bytes)
    }

    /// The same, and what the disk holds is read anew.
    pub(super) fn evict(&mut self, options: &DiskOptions, loss: &mut Loss) {
        for change in &mut self.dirty {
            if matches!(change.kind, Kind::Truncate { .. }) {
                change.state = State::Settled;
            }
        }
        self.power_loss(options, loss);
    }

    /// Changes bytes at rest, behind everybody's back, within the length of the file.
    pub(super) fn overwrite(&mut self, start: usize, bytes: &[u8]) {
        let end = (start + bytes.len()).min(self.data.len());
        if start < end {
            self.data[start..end].copy_from_slice(&bytes[..end - start]);
        }
    }

    /// Flips a bit.
    pub(super) fn rot(&mut self, byte: usize, bit: u32) {
        self.data[byte] ^= 1 << bit;
    }

    /// Makes a sector unreadable until it is written again.
    pub(super) fn lose_sector(&mut self, sector: usize) {
        self.unreadable.insert(sector);
    }

    /// Whether every sector of the file can be read.
    pub(super) fn is_readable(&self, sector_bytes: usize) -> bool {
        let sectors = self.data.len().div_ceil(sector_bytes);
        self.unreadable.range(..sectors).next().is_none()
    }

    /// Heals the sectors that a write touches: the disk puts them elsewhere.
    pub(super) fn remap(&mut self, start: usize, len: usize, sector_bytes: usize) {
        if !self.unreadable.is_empty() && len > 0 {
            let touched = start / sector_bytes..=(start + len - 1) / sector_bytes;
            self.unreadable.retain(|sector| !touched.contains(sector));
        }
    }

    /// Makes some changes durable, as `bits` say; answers how many written bytes that concerned.
    pub(super) fn sync_some(&mut self, bits: u64) -> u64 {
        let mut bytes = 0;
        for change in &mut self.dirty {
            if change.state == State::Dirty && mix(bits ^ change.luck.sectors) & 1 == 1 {
                change.state = State::Settled;
                bytes += change.kind.bytes();
            }
        }
        bytes
    }

    /// Undoes every change that is not durable and applies those again that survive.
    pub(super) fn power_loss(&mut self, options: &DiskOptions, loss: &mut Loss) {
        let mut changes = std::mem::take(&mut self.dirty);
        for change in changes.iter_mut().rev() {
            change.kind.undo(&mut self.data);
        }
        for change in &changes {
            let survival = match change.state {
                State::Settled => Survival::Whole,
                State::Dirty | State::Dropped => change.luck.survival(options),
            };
            let whole =
                change.kind.redo(survival, options.sector_bytes as usize, &mut self.data, loss);
            loss.broken_promises += u32::from(change.promised && !whole);
        }
        changes.clear();
        self.dirty = changes;
        self.dirty_bytes = 0;
    }

    #[inline]
    fn push(&mut self, luck: Luck, kind: Kind) {
        self.dirty.push(Change { luck, state: State::Dirty, promised: false, kind });
    }
}

impl Kind {
    /// Bytes that were written.
    fn bytes(&self) -> u64 {
        match self {
            Kind::Write { start, end, .. } => (end - start) as u64,
            Kind::Truncate { .. } => 0,
        }
    }

    /// Takes the change back, the last one first.
    fn undo(&mut self, data: &mut Vec<u8>) {
        match self {
            Kind::Write { start, end, old_len, bytes } => {
                let written = data[*start..*end].to_vec();
                data[*start..*start + bytes.len()].copy_from_slice(bytes);
                data.truncate(*old_len);
                *bytes = written;
            }
            Kind::Truncate { len, tail } => {
                assert_eq!(data.len(), *len, "changes are undone from behind");
                data.append(tail);
            }
        }
    }

    /// Applies the change again, to a file in which earlier changes may be missing. Whether all
    /// of it survived.
    fn redo(&self, survival: Survival, sector: usize, data: &mut Vec<u8>, loss: &mut Loss) -> bool {
        match (self, survival) {
            (Kind::Write { start, bytes, .. }, Survival::Whole) => put(data, *start, bytes),
            (Kind::Write { start, bytes, .. }, Survival::Torn(bits)) => {
                let kept = put_torn(data, *start, bytes, sector, bits);
                loss.lost_bytes += (bytes.len() - kept) as u64;
                loss.torn_writes += u32::from(kept > 0 && kept < bytes.len());
                return kept == bytes.len();
            }
            (Kind::Write { .. }, Survival::Vanished) => {
                loss.lost_bytes += self.bytes();
                return false;
            }
            (Kind::Truncate { len, .. }, Survival::Whole) => data.truncate(*len),
            (Kind::Truncate { .. }, Survival::Torn(_) | Survival::Vanished) => return false,
        }
        true
    }
}

#[inline]
fn put(data: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    if start == data.len() {
        data.extend_from_slice(bytes);
        return;
    }
    let end = start + bytes.len();
    if data.len() < end {
        data.resize(end, 0);
    }
    data[start..end].copy_from_slice(bytes);
}

/// Writes those sectors of `bytes` that `bits` spare; answers how many bytes that is.
fn put_torn(data: &mut Vec<u8>, start: usize, bytes: &[u8], sector: usize, bits: u64) -> usize {
    let end = start + bytes.len();
    let mut kept = 0;
    for number in start / sector..end.div_ceil(sector) {
        if mix(bits ^ number as u64) & 1 == 1 {
            let from = start.max(number * sector);
            let to = end.min((number + 1) * sector);
            put(data, from, &bytes[from - start..to - start]);
            kept += to - from;
        }
    }
    kept
}
