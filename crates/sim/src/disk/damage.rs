//! Setting faults, and damage that is done to what is at rest.

use system::{DiskError, FilePath};

use super::fate::Luck;
use super::inode::Inode;
use super::names::{InodeId, Names};
use super::{Disk, DiskFault, Loss, Rates, Struck};
use crate::chance::{Stream, mix, scale};

/// A fault that is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct SetFault {
    number: u32,
    rates: Rates,
    /// Bytes that all files may hold meanwhile.
    limit: Option<u64>,
}

/// Faults that last.
impl Disk {
    /// Turns a fault on: operations go wrong at these rates, or more often if others are on; with
    /// `room`, the files may grow by so many bytes and no more.
    pub fn set_fault(&mut self, number: u32, rates: Rates, room: Option<u64>) {
        let limit = room.map(|room| self.used.saturating_add(room));
        self.faults.push(SetFault { number, rates, limit });
        self.settle_faults();
    }

    /// Turns a fault off; what it did stays.
    pub fn clear_fault(&mut self, number: u32) {
        self.faults.retain(|fault| fault.number != number);
        self.settle_faults();
    }

    /// Turns all faults off, those of the disk's own options, too.
    pub fn heal(&mut self) {
        self.faults.clear();
        self.options.rates = Rates::default();
        self.options.stall = 0;
        self.options.capacity = None;
        self.settle_faults();
    }

    /// Whether a fault is on.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Takes what has struck since the last call, in order.
    pub fn take_struck(&mut self) -> Vec<Struck> {
        std::mem::take(&mut self.struck)
    }

    /// Whether nothing has struck since [`Disk::take_struck`].
    #[inline]
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.struck.is_empty()
    }

    /// Whether something is gone that the disk had called durable, other than by visible damage:
    /// a lying sync or a misdirected write took it. Its node may not notice.
    #[must_use]
    pub fn has_lost_silently(&self) -> bool {
        self.lost_silently
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used
    }

    fn settle_faults(&mut self) {
        let rates = self.faults.iter().map(|fault| fault.rates);
        self.rates = rates.fold(self.options.rates, Rates::max);
        let limits = self.faults.iter().filter_map(|fault| fault.limit);
        self.limit = limits.chain(self.options.capacity).min().unwrap_or(u64::MAX);
    }

    /// Notes that a fault struck.
    pub(super) fn strike(&mut self, what: DiskFault, path: FilePath, bytes: u64) {
        let owner = self.faults.iter().rev().find(|fault| match what {
            DiskFault::Full => fault.limit == Some(self.limit),
            // Of a directory, which drops nothing.
            DiskFault::SyncKeeps => fault.rates.sync_keeps.max(fault.rates.sync_drops) > 0,
            _ => fault.rates.of(what) > 0,
        });
        let fault = owner.map_or(0, |fault| fault.number);
        self.struck.push(Struck { what, fault, path, bytes });
    }

    /// Notes that a fault struck, and gives the answer of the operation.
    pub(super) fn fails(&mut self, what: DiskFault, path: &FilePath, bytes: u64) -> DiskError {
        self.strike(what, path.clone(), bytes);
        if what == DiskFault::Full { DiskError::Full } else { DiskError::Io }
    }
}

/// Damage.
impl Disk {
    /// Flips one bit in each of `count` places: of a file that is drawn, any byte. A short file is
    /// struck as often as a long one, for what it holds matters as much.
    pub fn rot(&mut self, stream: &mut Stream, count: u32) {
        for _ in 0..count {
            let bits = stream.next_u64();
            if let Some((path, id, byte)) = self.byte_of_a_file(stream.next_u64()) {
                self.inode_mut(id).rot(byte, (bits & 7) as u32);
                self.strike(DiskFault::BitRot, path, 1);
            }
        }
    }

    /// Makes `count` sectors unreadable until they are written again: of a file that is drawn, the
    /// one of any byte.
    pub fn lose_sectors(&mut self, stream: &mut Stream, count: u32) {
        let sector = self.options.sector_bytes as usize;
        for _ in 0..count {
            if let Some((path, id, byte)) = self.byte_of_a_file(stream.next_u64()) {
                self.inode_mut(id).lose_sector(byte / sector);
                self.strike(DiskFault::Unreadable, path, sector as u64);
            }
        }
    }

    /// Takes everything away, as if the disk were a new one.
    pub fn wipe(&mut self) {
        let used = self.used;
        self.names = Names::default();
        self.inodes.clear();
        self.free.clear();
        self.recent = None;
        [self.used, self.dirty_bytes] = [0, 0];
        // Whoever put the new disk in knows what is gone.
        self.lost_silently = false;
        self.strike(DiskFault::Wipe, String::new().into(), used);
    }

    /// A write lands in a sector of some file instead of its own place, or where no file is. Its
    /// own place stays as it was; if the file grew, it reads as zeros.
    pub(super) fn misdirect(
        &mut self,
        path: &FilePath,
        id: InodeId,
        offset: u64,
        data: &[u8],
        luck: Luck,
        bits: u64,
    ) {
        let len = self.inode(id).content().len() as u64;
        let end = offset + data.len() as u64;
        if end > len {
            let start = offset.max(len);
            self.put(id, start, &vec![0; (end - start) as usize], luck);
        }
        let sector = self.options.sector_bytes as usize;
        if bits & 7 != 0
            && let Some((_, victim, byte)) = self.byte_at(mix(bits))
            && (victim != id || byte / sector != offset as usize / sector)
        {
            self.inode_mut(victim).overwrite(byte / sector * sector, data);
        }
        self.lost_silently = true;
        self.strike(DiskFault::Misdirect, path.clone(), data.len() as u64);
    }

    /// A sync fails and takes what is dirty for clean.
    pub(super) fn drop_dirty(&mut self, id: InodeId, evicts: bool) {
        let dirty = self.inode(id).dirty_bytes();
        if evicts {
            let options = self.options;
            let mut loss = Loss::default();
            self.inode_mut(id).evict(&options, &mut loss);
            self.count_used();
            self.lost_silently |= loss.broken_promises > 0;
        } else {
            self.inode_mut(id).drop_dirty();
        }
        self.dirty_bytes -= dirty;
    }

    pub(super) fn count_used(&mut self) {
        let lengths = self.inodes.iter().flatten().map(|inode| inode.content().len() as u64);
        self.used = lengths.sum();
    }

    /// A file that is drawn, and the place of a byte of it.
    fn byte_of_a_file(&self, bits: u64) -> Option<(FilePath, InodeId, usize)> {
        let files = || self.names.iter().filter(|(_, id)| !self.inode(*id).content().is_empty());
        let count = files().count() as u64;
        let (path, id) = files().nth((count > 0).then(|| scale(bits, count))? as usize)?;
        let len = self.inode(id).content().len() as u64;
        Some((path.clone(), id, scale(mix(bits), len) as usize))
    }

    /// The file and the place in it of a byte that is drawn among all bytes of all files.
    fn byte_at(&self, bits: u64) -> Option<(FilePath, InodeId, usize)> {
        let files = || {
            self.names.iter().map(|(path, id)| {
                let content: &Inode = self.inode(id);
                (path, id, content.content().len() as u64)
            })
        };
        let total: u64 = files().map(|(_, _, len)| len).sum();
        if total == 0 {
            return None;
        }
        let mut at = scale(bits, total);
        for (path, id, len) in files() {
            if at < len {
                return Some((path.clone(), id, at as usize));
            }
            at -= len;
        }
        None
    }
}
