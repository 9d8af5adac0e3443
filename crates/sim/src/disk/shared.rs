//! A disk with two users: the node, which reads, and the testbed, which performs.

use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;

use system::{DiskError, FilePath, Files};

use super::Disk;

/// A handle to a disk; clones lead to the same one. It outlives the lives of its node.
#[derive(Clone, Debug)]
pub struct SharedDisk(pub Rc<RefCell<Disk>>);

impl SharedDisk {
    /// The first handle to a disk.
    #[must_use]
    pub fn new(disk: Disk) -> Self {
        SharedDisk(Rc::new(RefCell::new(disk)))
    }

    /// The disk, to look at.
    ///
    /// # Panics
    ///
    /// If the disk is being changed.
    #[must_use]
    pub fn borrow(&self) -> Ref<'_, Disk> {
        self.0.borrow()
    }

    /// The disk, to change.
    ///
    /// # Panics
    ///
    /// If the disk is in use.
    #[must_use]
    pub fn borrow_mut(&self) -> RefMut<'_, Disk> {
        self.0.borrow_mut()
    }
}

impl Files for SharedDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.borrow_mut().read(path)
    }

    fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        self.borrow().list(dir)
    }
}
