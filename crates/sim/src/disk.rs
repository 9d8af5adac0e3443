//! Where an unsynced write vanishes.
//!
//! A disk holds what the operating system shows (the page cache) and, for every change that is
//! not durable yet, how to undo it. A sync forgets the undo information; a loss of power undoes
//! every change and applies those again that luck spares, in their order. A killed process loses
//! nothing. The model is POSIX at its least generous:
//!
//! * the content of a file is durable after a sync of the file, its name after a sync of the
//!   directory, and neither implies the other;
//! * unsynced changes reach the disk in any subset, a write perhaps in part, by sectors;
//! * what a surviving write finds missing in front of it reads as zeros.
//!
//! **Not done here:** errors of the medium, a full disk, syncs that lie or drop pages, bit rot.
//! They belong into `Disk::decide`, where the fate of every operation is settled.

mod fate;
mod inode;
mod names;
mod options;
mod shared;

use system::{DiskError, Effect, FilePath, Nanos, NodeId};

use crate::chance::{Chance, MILLION, Stream, StreamName};
use fate::{Fate, Luck};
use inode::Inode;
use names::{InodeId, Names};
pub use options::{DiskOptions, Loss};
pub use shared::SharedDisk;

/// The largest file, in bytes. A write beyond it answers [`DiskError::Full`].
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// Where in a disk's stream the words for latencies begin. Those for fates begin at 0.
const LATENCIES: u64 = 1 << 40;

/// The disk of one node.
///
/// * Every operation takes the same number of words from the disk's stream, whatever its fate.
/// * What was synced, under a name that was synced, is there after a loss of power.
#[derive(Clone, Debug)]
pub struct Disk {
    options: DiskOptions,
    names: Names,
    inodes: Vec<Option<Inode>>,
    free: Vec<InodeId>,
    dirty_bytes: u64,
    /// The file that the last operation was about: most are about the same one.
    recent: Option<(FilePath, InodeId)>,
    latencies: Stream,
    fates: Stream,
}

impl Disk {
    /// An empty disk.
    ///
    /// # Panics
    ///
    /// If an option is out of its range.
    #[must_use]
    pub fn new(options: DiskOptions, node: NodeId, chance: &Chance) -> Self {
        assert!(options.sector_bytes > 0, "a sector of no bytes");
        assert!(options.survive <= MILLION && options.tear <= MILLION, "a chance above a million");
        let fates = chance.stream(StreamName::Disk(node));
        let mut latencies = fates.clone();
        latencies.seek(LATENCIES);
        Disk {
            options,
            names: Names::default(),
            inodes: Vec::new(),
            free: Vec::new(),
            dirty_bytes: 0,
            recent: None,
            latencies,
            fates,
        }
    }

    /// How long an operation takes, in nanoseconds. Asked once per operation.
    ///
    /// # Panics
    ///
    /// If the effect is about no file.
    pub fn latency<M>(&mut self, effect: &Effect<M>) -> Nanos {
        assert!(effect.is_disk(), "{} is not about a file", effect.name());
        let delay = match effect {
            Effect::Sync { .. } | Effect::SyncDir { .. } => &self.options.sync,
            _ => &self.options.write,
        };
        delay.draw(self.latencies.next_u64())
    }

    /// Performs a file effect. Answers the bytes that it wrote or made durable.
    ///
    /// # Errors
    ///
    /// [`DiskError::NotFound`] if the file to be cut, renamed or synced is not there;
    /// [`DiskError::Full`] beyond [`FILE_BYTES_MAX`].
    ///
    /// # Panics
    ///
    /// If the effect is about no file, or renames from one directory to another.
    #[inline]
    pub fn perform<M>(&mut self, effect: &Effect<M>) -> Result<u64, DiskError> {
        self.operate(effect, false)
    }

    /// Performs as much of a file effect as luck wants, because the node crashes inside it: a
    /// write puts a prefix into the cache, a sync makes some changes durable, everything else
    /// happens or not. Answers the bytes written or made durable. To be followed by
    /// [`Disk::power_loss`], unless the crash is a kill.
    ///
    /// # Panics
    ///
    /// As [`Disk::perform`].
    pub fn perform_inside<M>(&mut self, effect: &Effect<M>) -> u64 {
        // An operation that would have failed has not done anything.
        self.operate(effect, true).unwrap_or(0)
    }

    /// Cuts the power: each change that is not durable survives, is torn or vanishes.
    pub fn power_loss(&mut self) -> Loss {
        let mut loss = Loss::default();
        self.names.power_loss(&self.options, &mut loss);
        for inode in self.inodes.iter_mut().flatten() {
            inode.power_loss(&self.options, &mut loss);
        }
        self.dirty_bytes = 0;
        self.recent = None;
        for id in 0..self.inodes.len() {
            self.release(id as InodeId);
        }
        loss
    }

    /// Bytes that were written and are not known to be durable.
    #[must_use]
    pub fn dirty_bytes(&self) -> u64 {
        self.dirty_bytes
    }

    /// The whole content of a file as the operating system shows it; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// None yet: every sector is readable.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.names.find(path).map(|id| self.inode(id).content().to_vec()))
    }

    /// The full paths of the files that stand directly in a directory, in ascending order.
    ///
    /// # Errors
    ///
    /// None yet: every directory is readable.
    pub fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        Ok(self.names.list(dir))
    }

    #[inline]
    fn operate<M>(&mut self, effect: &Effect<M>, crashes: bool) -> Result<u64, DiskError> {
        let luck = Luck::draw(&mut self.fates);
        let fate = Self::decide(luck, crashes);
        match effect {
            Effect::Append { path, data } => self.write(path, None, data, luck, fate),
            Effect::Write { path, offset, data } => {
                self.write(path, Some(*offset), data, luck, fate)
            }
            Effect::Truncate { path, len } => self.truncate(path, *len, luck, fate),
            Effect::Sync { path } => self.sync(path, fate),
            Effect::Rename { from, to } => self.rename(from, to, luck, fate),
            Effect::Remove { path } => Ok(self.remove(path, luck, fate)),
            Effect::SyncDir { dir } => Ok(self.sync_dir(dir, fate)),
            other => panic!("{} is not about a file", other.name()),
        }
    }

    /// The one place that settles the fate of an operation.
    #[inline]
    fn decide(luck: Luck, crashes: bool) -> Fate {
        if crashes { Fate::Inside(luck.inside) } else { Fate::Whole }
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
        let written = fate.prefix(data.len());
        let id = match known {
            Some(id) => id,
            None if written > 0 || fate.happens() => self.create(path, luck),
            None => return Ok(0),
        };
        self.inode_mut(id).write(offset, &data[..written], luck);
        self.dirty_bytes += written as u64;
        Ok(written as u64)
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
            self.inode_mut(id).truncate(len, luck);
        }
        Ok(0)
    }

    fn sync(&mut self, path: &FilePath, fate: Fate) -> Result<u64, DiskError> {
        let id = self.find(path).ok_or(DiskError::NotFound)?;
        Ok(match fate {
            Fate::Whole => {
                let bytes = self.inode_mut(id).sync();
                self.dirty_bytes -= bytes;
                bytes
            }
            Fate::Inside(bits) => self.inode_mut(id).sync_some(bits),
        })
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

    fn sync_dir(&mut self, dir: &str, fate: Fate) -> u64 {
        match fate {
            Fate::Whole => {
                for id in self.names.sync(dir) {
                    self.release(id);
                }
            }
            Fate::Inside(bits) => self.names.sync_some(dir, bits),
        }
        0
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
    fn release(&mut self, id: InodeId) {
        let slot = &mut self.inodes[id as usize];
        if slot.is_some() && !self.names.mention(id) {
            self.dirty_bytes -= slot.take().expect("the slot is taken").dirty_bytes();
            self.free.push(id);
        }
    }

    #[inline]
    fn find(&mut self, path: &FilePath) -> Option<InodeId> {
        if let Some((recent, id)) = &self.recent
            && (FilePath::ptr_eq(recent, path) || recent == path)
        {
            return Some(*id);
        }
        let id = self.names.find(path)?;
        self.recent = Some((path.clone(), id));
        Some(id)
    }

    #[inline]
    fn inode(&self, id: InodeId) -> &Inode {
        self.inodes[id as usize].as_ref().expect("a name leads to an inode")
    }

    #[inline]
    fn inode_mut(&mut self, id: InodeId) -> &mut Inode {
        self.inodes[id as usize].as_mut().expect("a name leads to an inode")
    }
}
