//! What becomes of an operation: as its fate says.

use system::{DiskError, Effect, FilePath};

use super::fate::{Fate, Luck};
use super::fault::{Act, Rates};
use super::inode::Inode;
use super::names::InodeId;
use super::{Disk, DiskFault, FILE_BYTES_MAX};

impl Disk {
    #[inline]
    pub(super) fn operate<M>(
        &mut self,
        effect: &Effect<M>,
        crashes: bool,
    ) -> Result<u64, DiskError> {
        let luck = Luck::draw(&mut self.fates);
        let decide = |act| self.decide(luck, act, crashes);
        match effect {
            Effect::Append { path, data } => {
                let fate = decide(Act::Write);
                self.write(path, None, data, luck, fate)
            }
            Effect::Write { path, offset, data } => {
                let fate = decide(Act::Write);
                self.write(path, Some(*offset), data, luck, fate)
            }
            Effect::Sync { path } => {
                let fate = decide(Act::Sync);
                self.sync(path, fate)
            }
            Effect::SyncDir { dir } => {
                let fate = decide(Act::SyncDir);
                self.sync_dir(dir, fate)
            }
            other => {
                let fate = decide(Act::Change);
                self.change(other, luck, fate)
            }
        }
    }

    fn change<M>(&mut self, effect: &Effect<M>, luck: Luck, fate: Fate) -> Result<u64, DiskError> {
        let (Effect::Truncate { path, .. }
        | Effect::Rename { to: path, .. }
        | Effect::Remove { path }) = effect
        else {
            panic!("{} is not about a file", effect.name());
        };
        if let Fate::Fails(_) = fate {
            return Err(self.fails(DiskFault::IoError, path, 0));
        }
        match effect {
            Effect::Truncate { path, len } => self.truncate(path, *len, luck, fate),
            Effect::Rename { from, to } => self.rename(from, to, luck, fate),
            _ => Ok(self.remove(path, luck, fate)),
        }
    }

    /// The one place that settles the fate of an operation.
    #[inline]
    fn decide(&self, luck: Luck, act: Act, crashes: bool) -> Fate {
        if crashes {
            Fate::Inside(luck.inside)
        } else if self.rates == Rates::default() {
            Fate::Whole
        } else {
            self.rates.fate(luck.fault, act)
        }
    }

    fn write(
        &mut self,
        path: &FilePath,
        offset: Option<u64>,
        data: &[u8],
        luck: Luck,
        fate: Fate,
    ) -> Result<u64, DiskError> {
        let known = self.find(path);
        let end = known.map_or(0, |id| self.inode(id).content().len() as u64);
        let offset = offset.unwrap_or(end);
        if offset.saturating_add(data.len() as u64) > FILE_BYTES_MAX {
            return Err(DiskError::Full);
        }
        // What grows the file needs room.
        let room = (end + self.limit.saturating_sub(self.used)).saturating_sub(offset);
        let fits = data.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let wanted = fate.prefix(data.len());
        let written = wanted.min(fits);
        // Nobody is left to be told if the node crashes inside.
        let is_full = written < wanted && !matches!(fate, Fate::Inside(_));
        let id = match known {
            Some(id) => id,
            None if written > 0 || fate.happens() && !is_full => self.create(path, luck),
            None if is_full => return Err(self.fails(DiskFault::Full, path, 0)),
            None if matches!(fate, Fate::Fails(_)) => {
                return Err(self.fails(DiskFault::IoError, path, 0));
            }
            None => return Ok(0),
        };
        if let Fate::Misdirected(bits) = fate {
            self.misdirect(path, id, offset, &data[..written], luck, bits);
        } else {
            self.put(id, offset, &data[..written], luck);
        }
        let bytes = written as u64;
        match fate {
            Fate::Fails(_) => Err(self.fails(DiskFault::IoError, path, bytes)),
            _ if is_full => Err(self.fails(DiskFault::Full, path, bytes)),
            _ => Ok(bytes),
        }
    }

    /// Puts bytes into a file's cache.
    #[inline]
    pub(super) fn put(&mut self, id: InodeId, offset: u64, data: &[u8], luck: Luck) {
        let sector = self.options.sector_bytes as usize;
        let inode = self.inode_mut(id);
        let before = inode.content().len();
        inode.write(offset, data, luck);
        inode.remap(offset as usize, data.len(), sector);
        let grown = inode.content().len() - before;
        self.used += grown as u64;
        self.dirty_bytes += data.len() as u64;
    }

    fn truncate(
        &mut self,
        path: &FilePath,
        len: u64,
        luck: Luck,
        fate: Fate,
    ) -> Result<u64, DiskError> {
        let id = self.find(path).ok_or(DiskError::NotFound)?;
        if fate.happens() {
            let before = self.inode(id).content().len() as u64;
            self.inode_mut(id).truncate(len, luck);
            self.used -= before.saturating_sub(len);
        }
        Ok(0)
    }

    fn sync(&mut self, path: &FilePath, fate: Fate) -> Result<u64, DiskError> {
        let id = self.find(path).ok_or(DiskError::NotFound)?;
        let dirty = self.inode(id).dirty_bytes();
        match fate {
            Fate::Inside(bits) => return Ok(self.inode_mut(id).sync_some(bits)),
            Fate::Fails(_) => return Err(self.fails(DiskFault::IoError, path, dirty)),
            Fate::Keeps => return Err(self.fails(DiskFault::SyncKeeps, path, dirty)),
            Fate::Drops { evicts } => {
                self.drop_dirty(id, evicts);
                return Err(self.fails(DiskFault::SyncDrops, path, dirty));
            }
            Fate::Lies => {
                self.inode_mut(id).promise();
                self.strike(DiskFault::LyingSync, path.clone(), dirty);
            }
            Fate::Whole | Fate::Misdirected(_) => {
                self.dirty_bytes -= self.inode_mut(id).sync();
            }
        }
        Ok(dirty)
    }

    fn rename(
        &mut self,
        from: &FilePath,
        to: &FilePath,
        luck: Luck,
        fate: Fate,
    ) -> Result<u64, DiskError> {
        self.find(from).ok_or(DiskError::NotFound)?;
        if fate.happens() && from != to {
            self.names.rename(from, to, luck);
            self.recent = None;
        }
        Ok(0)
    }

    fn remove(&mut self, path: &FilePath, luck: Luck, fate: Fate) -> u64 {
        if fate.happens() {
            self.names.remove(path, luck);
            self.recent = None;
        }
        0
    }

    fn sync_dir(&mut self, dir: &FilePath, fate: Fate) -> Result<u64, DiskError> {
        match fate {
            Fate::Inside(bits) => self.names.sync_some(dir, bits),
            Fate::Fails(_) => return Err(self.fails(DiskFault::IoError, dir, 0)),
            Fate::Keeps | Fate::Drops { .. } => {
                return Err(self.fails(DiskFault::SyncKeeps, dir, 0));
            }
            Fate::Lies => {
                self.names.promise(dir);
                self.strike(DiskFault::LyingSync, dir.clone(), 0);
            }
            Fate::Whole | Fate::Misdirected(_) => {
                for id in self.names.sync(dir) {
                    self.release(id);
                }
            }
        }
        Ok(0)
    }

    fn create(&mut self, path: &FilePath, luck: Luck) -> InodeId {
        let id = self.free.pop().unwrap_or_else(|| {
            self.inodes.push(None);
            (self.inodes.len() - 1) as InodeId
        });
        let slot = &mut self.inodes[id as usize];
        assert!(slot.is_none(), "inode {id} is in use");
        *slot = Some(Inode::default());
        self.names.create(path, id, luck.of_name());
        self.recent = Some((path.clone(), id));
        id
    }

    /// Gives an inode up if no name, of now or of an undone past, leads to it.
    pub(super) fn release(&mut self, id: InodeId) {
        let slot = &mut self.inodes[id as usize];
        if slot.is_some() && !self.names.mention(id) {
            let inode = slot.take().expect("the slot is taken");
            self.dirty_bytes -= inode.dirty_bytes();
            self.used = self.used.saturating_sub(inode.content().len() as u64);
            self.free.push(id);
        }
    }
}
