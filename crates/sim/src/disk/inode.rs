//! The content of one file: as the cache shows it, and how to undo what is not durable.
//!
//! One copy of the bytes is enough. A write keeps what it overwrote, an append nothing but the
//! old length, a truncation what it cut off. Undoing a write from behind uncovers just what it
//! had written, so that it can be applied again.

use super::fate::{Luck, Survival};
use super::{DiskOptions, Loss};
use crate::chance::mix;

/// A file without its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    data: Vec<u8>,
    /// Changes that are not durable, the oldest first.
    dirty: Vec<Change>,
    /// Bytes of all writes in `dirty`.
    dirty_bytes: u64,
}

#[derive(Clone, Debug)]
struct Change {
    luck: Luck,
    /// Whether an interrupted sync has made the change durable.
    settled: bool,
    kind: Kind,
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
        let kind = Kind::Write { start, end, old_len, bytes };
        self.dirty.push(Change { luck, settled: false, kind });
    }

    /// Cuts the file to `len` bytes, if it is longer.
    pub(super) fn truncate(&mut self, len: u64, luck: Luck) {
        if len < self.data.len() as u64 {
            let len = len as usize;
            let kind = Kind::Truncate { len, tail: self.data.split_off(len) };
            self.dirty.push(Change { luck, settled: false, kind });
        }
    }

    /// Makes everything durable; answers how many written bytes that concerned.
    #[inline]
    pub(super) fn sync(&mut self) -> u64 {
        self.dirty.clear();
        std::mem::take(&mut self.dirty_bytes)
    }

    /// Makes some changes durable, as `bits` say; answers how many written bytes that concerned.
    pub(super) fn sync_some(&mut self, bits: u64) -> u64 {
        let mut bytes = 0;
        for change in &mut self.dirty {
            if !change.settled && mix(bits ^ change.luck.sectors) & 1 == 1 {
                change.settled = true;
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
            let survival = match change.settled {
                true => Survival::Whole,
                false => change.luck.survival(options),
            };
            change.kind.redo(survival, options.sector_bytes as usize, &mut self.data, loss);
        }
        changes.clear();
        self.dirty = changes;
        self.dirty_bytes = 0;
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

    /// Applies the change again, to a file in which earlier changes may be missing.
    fn redo(&self, survival: Survival, sector: usize, data: &mut Vec<u8>, loss: &mut Loss) {
        match (self, survival) {
            (Kind::Write { start, bytes, .. }, Survival::Whole) => put(data, *start, bytes),
            (Kind::Write { start, bytes, .. }, Survival::Torn(bits)) => {
                let kept = put_torn(data, *start, bytes, sector, bits);
                loss.lost_bytes += (bytes.len() - kept) as u64;
                loss.torn_writes += u32::from(kept > 0 && kept < bytes.len());
            }
            (Kind::Write { .. }, Survival::Vanished) => loss.lost_bytes += self.bytes(),
            (Kind::Truncate { len, .. }, Survival::Whole) => data.truncate(*len),
            (Kind::Truncate { .. }, Survival::Torn(_) | Survival::Vanished) => {}
        }
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
