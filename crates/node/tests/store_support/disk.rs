//! A disk in memory: writes and names are durable once synced, and until then a loss of power
//! decides about each of them on its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use node::store::Effects;
use system::files::directory;
use system::{DiskError, Effect, FilePath, Files};

/// Sectors of the tests' disks, in bytes. The store counts on 512 or more.
const SECTOR_BYTES: usize = 512;

#[derive(Clone, Debug)]
enum Change {
    Write { inode: usize, offset: usize, data: Vec<u8> },
    Truncate { inode: usize, len: usize },
    Create { path: FilePath, inode: usize },
    Rename { from: FilePath, to: FilePath },
    Remove { path: FilePath },
}

/// What becomes of an unsynced change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Survives,
    Vanishes,
    /// Of a write: the sectors with an even number survive.
    Even,
    /// Of a write: the sectors with an odd number survive.
    Odd,
}

#[derive(Clone, Debug, Default)]
struct Image {
    inodes: Vec<Vec<u8>>,
    names: BTreeMap<FilePath, usize>,
}

impl Image {
    fn apply(&mut self, change: &Change, fate: Fate) {
        if fate == Fate::Vanishes {
            return;
        }
        match change {
            Change::Write { inode, offset, data } => self.write(*inode, *offset, data, fate),
            Change::Truncate { inode, len } => {
                let len = *len;
                self.inode(*inode).truncate(len);
            }
            Change::Create { path, inode } => {
                self.inode(*inode);
                self.names.insert(path.clone(), *inode);
            }
            Change::Rename { from, to } => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                }
            }
            Change::Remove { path } => {
                self.names.remove(path);
            }
        }
    }

    fn inode(&mut self, inode: usize) -> &mut Vec<u8> {
        if self.inodes.len() <= inode {
            self.inodes.resize(inode + 1, Vec::new());
        }
        &mut self.inodes[inode]
    }

    fn write(&mut self, inode: usize, offset: usize, data: &[u8], fate: Fate) {
        let bytes = self.inode(inode);
        let end = offset + data.len();
        for sector in offset / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES) {
            let parity = if sector % 2 == 0 { Fate::Even } else { Fate::Odd };
            if fate != Fate::Survives && fate != parity {
                continue;
            }
            let from = offset.max(sector * SECTOR_BYTES);
            let to = end.min((sector + 1) * SECTOR_BYTES);
            if bytes.len() < to {
                bytes.resize(to, 0);
            }
            bytes[from..to].copy_from_slice(&data[from - offset..to - offset]);
        }
    }
}

/// The files of one node.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    durable: Image,
    current: Image,
    dirty: Vec<Change>,
}

impl Disk {
    /// How many changes are not durable.
    pub fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// The fates that change number `i` can have.
    pub fn fates(&self, i: usize) -> &'static [Fate] {
        match &self.dirty[i] {
            Change::Write { offset, data, .. }
                if offset / SECTOR_BYTES != (offset + data.len() - 1) / SECTOR_BYTES =>
            {
                &[Fate::Vanishes, Fate::Survives, Fate::Even, Fate::Odd]
            }
            _ => &[Fate::Vanishes, Fate::Survives],
        }
    }

    /// Loses power: every change that is not durable meets its fate.
    pub fn crash(&mut self, fates: &[Fate]) {
        assert_eq!(fates.len(), self.dirty.len());
        for (change, fate) in self.dirty.iter().zip(fates) {
            self.durable.apply(change, *fate);
        }
        self.dirty.clear();
        self.current = self.durable.clone();
    }

    /// Every subset of fates, one at a time.
    pub fn fate_sets(&self) -> Vec<Vec<Fate>> {
        let mut sets = vec![Vec::new()];
        for i in 0..self.dirty.len() {
            let extend = |set: Vec<Fate>| {
                self.fates(i).iter().map(move |&fate| [&set[..], &[fate]].concat())
            };
            sets = sets.into_iter().flat_map(extend).collect();
        }
        sets
    }

    pub fn perform(&mut self, effect: Effect<Box<raft::eraftpb::Message>>) {
        match effect {
            Effect::Append { path, data } => {
                let inode = self.create(path);
                let offset = self.current.inode(inode).len();
                self.change(Change::Write { inode, offset, data });
            }
            Effect::Write { path, offset, data } => {
                let inode = self.create(path);
                let offset = usize::try_from(offset).unwrap();
                self.change(Change::Write { inode, offset, data });
            }
            Effect::Truncate { path, len } => {
                let inode = self.existing(&path);
                let len = usize::try_from(len).unwrap();
                self.change(Change::Truncate { inode, len });
            }
            Effect::Rename { from, to } => {
                self.existing(&from);
                self.change(Change::Rename { from, to });
            }
            Effect::Remove { path } => {
                self.existing(&path);
                self.change(Change::Remove { path });
            }
            Effect::Sync { path } => {
                let synced = self.existing(&path);
                self.make_durable(|change| match change {
                    Change::Write { inode, .. } | Change::Truncate { inode, .. } => {
                        *inode == synced
                    }
                    _ => false,
                });
            }
            Effect::SyncDir { dir } => self.make_durable(|change| match change {
                Change::Write { .. } | Change::Truncate { .. } => false,
                Change::Create { path, .. } | Change::Remove { path } => directory(path) == &*dir,
                Change::Rename { to, .. } => directory(to) == &*dir,
            }),
            other => panic!("a store does not {}", other.name()),
        }
    }

    fn make_durable(&mut self, concerns: impl Fn(&Change) -> bool) {
        for change in std::mem::take(&mut self.dirty) {
            if concerns(&change) {
                self.durable.apply(&change, Fate::Survives);
            } else {
                self.dirty.push(change);
            }
        }
    }

    fn change(&mut self, change: Change) {
        self.current.apply(&change, Fate::Survives);
        self.dirty.push(change);
    }

    fn existing(&self, path: &str) -> usize {
        *self.current.names.get(path).unwrap_or_else(|| panic!("{path} is not there"))
    }

    fn create(&mut self, path: FilePath) -> usize {
        if let Some(&inode) = self.current.names.get(&path) {
            return inode;
        }
        let inode = self.current.inodes.len().max(self.durable.inodes.len());
        self.change(Change::Create { path, inode });
        inode
    }

    pub fn exists(&self, path: &str) -> bool {
        self.current.names.contains_key(path)
    }

    /// Names and contents, in order.
    pub fn files(&self) -> impl Iterator<Item = (&FilePath, &[u8])> {
        self.current.names.iter().map(|(path, &inode)| (path, &self.current.inodes[inode][..]))
    }

    /// Changes what a file durably holds, as bit rot does.
    pub fn damage(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        assert!(self.dirty.is_empty(), "damage is done to what is durable");
        let inode = self.existing(path);
        change(&mut self.durable.inodes[inode]);
        self.current = self.durable.clone();
    }

    /// Takes a file away for good.
    pub fn lose(&mut self, path: &str) {
        assert!(self.dirty.is_empty(), "damage is done to what is durable");
        self.durable.names.remove(path);
        self.current = self.durable.clone();
    }
}

/// A disk that a store can read while a test performs its effects.
#[derive(Clone, Default)]
pub struct SharedDisk(pub Rc<RefCell<Disk>>);

impl SharedDisk {
    pub fn new(disk: Disk) -> Self {
        SharedDisk(Rc::new(RefCell::new(disk)))
    }

    pub fn effects(&self) -> Effects {
        Effects::new(Rc::new(self.clone()))
    }

    /// Performs all that waits.
    pub fn perform_all(&self, effects: &Effects) {
        while let Some(effect) = effects.pop() {
            self.0.borrow_mut().perform(effect);
        }
    }
}

impl Files for SharedDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        let disk = self.0.borrow();
        Ok(disk.current.names.get(path).map(|&inode| disk.current.inodes[inode].clone()))
    }

    fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        let disk = self.0.borrow();
        Ok(disk.current.names.keys().filter(|path| directory(path) == dir).cloned().collect())
    }
}
