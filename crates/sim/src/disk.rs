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
//! What else a disk does wrong stands in [`fault`], and when it strikes in `Disk::decide`
//! (`operations`).

mod damage;
mod fate;
pub mod fault;
mod inode;
mod names;
mod operations;
mod options;
mod shared;

use system::{DiskError, Effect, FilePath, Nanos, NodeId};

use crate::chance::{Chance, MILLION, Stream, StreamName, mix};
use damage::SetFault;
pub use fault::{DiskFault, Rates, Struck};
use inode::Inode;
use names::{InodeId, Names};
pub use options::{DiskOptions, Loss};
pub use shared::SharedDisk;

/// The largest file, in bytes. A write beyond it answers [`DiskError::Full`].
pub const FILE_BYTES_MAX: u64 = 1 << 30;

/// Where in a disk's stream the words for latencies begin. Those for fates begin at 0.
const LATENCIES: u64 = 1 << 40;

/// And those for readings.
const READINGS: u64 = 1 << 41;

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
    /// Bytes of all files.
    used: u64,
    /// The faults that are on.
    faults: Vec<SetFault>,
    /// What goes wrong now: the options' rates and those of the faults.
    rates: Rates,
    /// Bytes that all files may hold now.
    limit: u64,
    /// What has struck since it was asked last.
    struck: Vec<Struck>,
    lost_silently: bool,
    /// The file that the last operation was about: most are about the same one.
    recent: Option<(FilePath, InodeId)>,
    latencies: Stream,
    fates: Stream,
    readings: Stream,
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
        let [mut latencies, mut readings] = [fates.clone(), fates.clone()];
        latencies.seek(LATENCIES);
        readings.seek(READINGS);
        Disk {
            options,
            used: 0,
            faults: Vec::new(),
            rates: options.rates,
            limit: options.capacity.unwrap_or(u64::MAX),
            struck: Vec::new(),
            lost_silently: false,
            names: Names::default(),
            inodes: Vec::new(),
            free: Vec::new(),
            dirty_bytes: 0,
            recent: None,
            latencies,
            fates,
            readings,
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
        let luck = self.latencies.next_u64();
        let latency = delay.draw(luck);
        if !fault::strikes(luck, DiskFault::Stall, self.options.stall) {
            return latency;
        }
        self.strike(DiskFault::Stall, String::new().into(), 0);
        latency + self.options.stall_for.draw(mix(luck))
    }

    /// Performs a file effect. Answers the bytes that it wrote or made durable.
    ///
    /// # Errors
    ///
    /// [`DiskError::NotFound`] if the file to be cut, renamed or synced is not there;
    /// [`DiskError::Full`] beyond [`FILE_BYTES_MAX`] and where the disk is full, what fits being
    /// written; [`DiskError::Io`] if a fault strikes.
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
        self.count_used();
        self.lost_silently |= loss.broken_promises > 0;
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
    /// [`DiskError::Io`] if a sector of it is unreadable, or a fault strikes.
    pub fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        let luck = self.readings.next_u64();
        let Some(id) = self.names.find(path) else { return Ok(None) };
        let readable = self.inode(id).is_readable(self.options.sector_bytes as usize);
        if readable && !fault::strikes(luck, DiskFault::IoError, self.rates.io_error) {
            return Ok(Some(self.inode(id).content().to_vec()));
        }
        let what = if readable { DiskFault::IoError } else { DiskFault::Unreadable };
        self.strike(what, path.into(), 0);
        Err(DiskError::Io)
    }

    /// The full paths of the files that stand directly in a directory, in ascending order.
    ///
    /// # Errors
    ///
    /// None: names are read when the file system is mounted.
    pub fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        Ok(self.names.list(dir))
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
