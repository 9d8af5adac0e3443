//! A node's files, as the node reads them.

use std::sync::Arc;

/// The name of a file or directory of one node: segments joined by `/`, relative to the node's
/// own directory. Cheap to clone.
pub type FilePath = Arc<str>;

/// What a node can read of its files.
pub trait Files {
    /// The whole content, or `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// What the disk answers when it cannot read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError>;

    /// The full paths of the files in a directory, in ascending order.
    ///
    /// # Errors
    ///
    /// What the disk answers when it cannot read.
    fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError>;
}

/// What a disk answers when it cannot do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskError {
    /// EIO: the medium failed.
    Io,
    /// ENOSPC: the disk is full.
    Full,
    /// ENOENT: the file to be renamed, cut or synced is not there.
    NotFound,
}

impl DiskError {
    /// The error's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DiskError::Io => "EIO",
            DiskError::Full => "ENOSPC",
            DiskError::NotFound => "ENOENT",
        }
    }
}

/// A file effect that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskFailure {
    /// The effect's name, as [`crate::Effect::name`] gives it.
    pub effect: &'static str,
    /// The file or directory.
    pub path: FilePath,
    /// What the disk answered.
    pub error: DiskError,
    /// How many effects stood behind it in the same batch, and were not performed.
    pub dropped: usize,
}

/// The directory part of a path; empty for a file at the top.
#[must_use]
pub fn directory(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}
