//! The names of files, as the operating system shows them, and how to undo what is not durable.
//!
//! A change of a name is durable after a sync of its directory. Each one that is not survives a
//! loss of power or not, by itself; the survivors are applied in their order, and one that finds
//! no longer the file that it was about does nothing.

use std::collections::BTreeMap;

use system::FilePath;
use system::files::directory;

use super::fate::{Luck, Survival};
use super::{DiskOptions, Loss};
use crate::chance::mix;

/// Names a file whatever it is called.
pub(super) type InodeId = u32;

/// All names of one disk.
///
/// * No two names lead to the same file.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: BTreeMap<FilePath, InodeId>,
    /// Changes that are not durable, the oldest first.
    dirty: Vec<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    luck: Luck,
    /// Whether an interrupted sync has made the change durable.
    settled: bool,
    /// Whether a lying sync has called it durable.
    promised: bool,
    inode: InodeId,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Create {
        path: FilePath,
    },
    Rename {
        from: FilePath,
        to: FilePath,
        /// The file that bore the new name before.
        replaced: Option<InodeId>,
    },
    Remove {
        path: FilePath,
    },
}

impl Names {
    #[inline]
    pub(super) fn find(&self, path: &str) -> Option<InodeId> {
        self.names.get(path).copied()
    }

    /// The paths directly in a directory, ascending.
    pub(super) fn list(&self, dir: &str) -> Vec<FilePath> {
        self.names.keys().filter(|path| directory(path) == dir).cloned().collect()
    }

    pub(super) fn create(&mut self, path: &FilePath, inode: InodeId, luck: Luck) {
        let before = self.names.insert(path.clone(), inode);
        assert!(before.is_none(), "{path} is there already");
        self.push(luck, inode, Kind::Create { path: path.clone() });
    }

    /// Moves a name, which must be there, within its directory.
    pub(super) fn rename(&mut self, from: &FilePath, to: &FilePath, luck: Luck) {
        assert_eq!(directory(from), directory(to), "a rename leaves its directory");
        let inode = self.names.remove(from).expect("the name to be changed is there");
        let replaced = self.names.insert(to.clone(), inode);
        self.push(luck, inode, Kind::Rename { from: from.clone(), to: to.clone(), replaced });
    }

    /// Removes a name, if it is there.
    pub(super) fn remove(&mut self, path: &FilePath, luck: Luck) {
        if let Some(inode) = self.names.remove(path) {
            self.push(luck, inode, Kind::Remove { path: path.clone() });
        }
    }

    /// Makes the names in a directory durable; answers the files that may have none any more.
    pub(super) fn sync(&mut self, dir: &str) -> Vec<InodeId> {
        let mut nameless = Vec::new();
        self.dirty.retain(|change| {
            if change.kind.directory() != dir {
                return true;
            }
            match change.kind {
                Kind::Create { .. } => {}
                Kind::Rename { replaced, .. } => nameless.extend(replaced),
                Kind::Remove { .. } => nameless.push(change.inode),
            }
            false
        });
        nameless
    }

    /// Makes some changes in a directory durable, as `bits` say.
    pub(super) fn sync_some(&mut self, dir: &str, bits: u64) {
        for change in &mut self.dirty {
            if change.kind.directory() == dir && mix(bits ^ change.luck.sectors) & 1 == 1 {
                change.settled = true;
            }
        }
    }

    /// Calls the names in a directory durable and makes none so.
    pub(super) fn promise(&mut self, dir: &str) {
        for change in &mut self.dirty {
            change.promised |= change.kind.directory() == dir;
        }
    }

    /// Every name with its file, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&FilePath, InodeId)> {
        self.names.iter().map(|(path, &inode)| (path, inode))
    }

    /// Whether a name leads to the file, or might after a loss of power.
    pub(super) fn mention(&self, id: InodeId) -> bool {
        self.names.values().any(|&inode| inode == id)
            || self.dirty.iter().any(|change| {
                let replaced = match change.kind {
                    Kind::Rename { replaced, .. } => replaced,
                    Kind::Create { .. } | Kind::Remove { .. } => None,
                };
                change.inode == id || replaced == Some(id)
            })
    }

    /// Undoes every change that is not durable and applies those again that survive.
    pub(super) fn power_loss(&mut self, options: &DiskOptions, loss: &mut Loss) {
        let changes = std::mem::take(&mut self.dirty);
        for change in changes.iter().rev() {
            self.undo(change);
        }
        for change in &changes {
            // A name has one sector: it is there or not, it cannot be torn.
            if change.settled || change.luck.survival(options) == Survival::Whole {
                self.redo(change);
            } else {
                loss.lost_names += 1;
                loss.broken_promises += u32::from(change.promised);
            }
        }
    }

    fn push(&mut self, luck: Luck, inode: InodeId, kind: Kind) {
        self.dirty.push(Change { luck, settled: false, promised: false, inode, kind });
    }

    fn undo(&mut self, change: &Change) {
        let inode = change.inode;
        match &change.kind {
            Kind::Create { path } => {
                let undone = self.names.remove(path);
                assert_eq!(undone, Some(inode), "changes are undone from behind");
            }
            Kind::Rename { from, to, replaced } => {
                let undone = self.names.remove(to);
                assert_eq!(undone, Some(inode), "changes are undone from behind");
                if let Some(replaced) = *replaced {
                    self.names.insert(to.clone(), replaced);
                }
                self.names.insert(from.clone(), inode);
            }
            Kind::Remove { path } => {
                let before = self.names.insert(path.clone(), inode);
                assert!(before.is_none(), "changes are undone from behind");
            }
        }
    }

    fn redo(&mut self, change: &Change) {
        let inode = change.inode;
        match &change.kind {
            Kind::Create { path } => {
                self.names.insert(path.clone(), inode);
            }
            Kind::Rename { from, to, .. } => {
                if self.find(from) == Some(inode) {
                    self.names.remove(from);
                    self.names.insert(to.clone(), inode);
                }
            }
            Kind::Remove { path } => {
                if self.find(path) == Some(inode) {
                    self.names.remove(path);
                }
            }
        }
    }
}

impl Kind {
    fn directory(&self) -> &str {
        match self {
            Kind::Create { path } | Kind::Remove { path } => directory(path),
            Kind::Rename { to, .. } => directory(to),
        }
    }
}
