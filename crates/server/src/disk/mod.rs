//! A node's files on the machine's file system: file effects performed one by one.
//!
//! * What [`Disk::perform`] has synced survives a loss of power: content by `fdatasync`, names by
//!   `fsync` of their directory, and of the directory above, which may be as new.
//! * An effect that fails is told with the file and the system's own words; whether part of it
//!   happened is unknown, as the seam says.
//!
//! **Not done here:** deciding what to write. That is `node::store`'s.

mod directory;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use system::{DiskError, DiskFailure, Effect, FilePath, Files};

use crate::metrics::Metrics;

pub(crate) use directory::{DataDir, Meta};

/// Files kept open for appending: the segment that is written, and the one before.
const OPEN_MAX: usize = 4;

/// The files below one directory.
pub(crate) struct Disk {
    root: PathBuf,
    open: RefCell<BTreeMap<FilePath, File>>,
    metrics: Arc<Metrics>,
    log: slog::Logger,
}

impl Disk {
    /// The files below `root`, which exists.
    pub(crate) fn new(root: &Path, metrics: Arc<Metrics>, log: slog::Logger) -> Self {
        Disk { root: root.to_owned(), open: RefCell::default(), metrics, log }
    }

    /// Performs a file effect.
    ///
    /// # Errors
    ///
    /// What the system answered, in the words of the seam.
    ///
    /// # Panics
    ///
    /// If the effect is not about files.
    pub(crate) fn perform<M>(&self, effect: &Effect<M>) -> Result<(), DiskFailure> {
        let (path, result) = match effect {
            Effect::Append { path, data } => (path, self.append(path, data)),
            Effect::Write { path, offset, data } => (path, self.write(path, *offset, data)),
            Effect::Truncate { path, len } => {
                (path, self.existing(path).and_then(|file| file.set_len(*len)))
            }
            Effect::Sync { path } => (path, self.sync(path)),
            Effect::Rename { from, to } => (to, self.rename(from, to)),
            Effect::Remove { path } => (path, self.remove(path)),
            Effect::SyncDir { dir } => (dir, self.sync_dir(dir)),
            _ => unreachable!("{} is no file effect", effect.name()),
        };
        result.map_err(|error| {
            self.open.borrow_mut().clear();
            let file = self.root.join(&**path);
            slog::error!(self.log, "{} of {} failed: {error}", effect.name(), file.display());
            DiskFailure {
                effect: effect.name(),
                path: path.clone(),
                error: disk_error(&error),
                dropped: 0,
            }
        })
    }

    fn append(&self, path: &FilePath, data: &[u8]) -> io::Result<()> {
        self.metrics.disk.written(data.len());
        let mut open = self.open.borrow_mut();
        if let Some(mut file) = open.get(path) {
            return file.write_all(data);
        }
        let mut file = self.create(path, OpenOptions::new().append(true))?;
        file.write_all(data)?;
        if open.len() >= OPEN_MAX {
            open.clear();
        }
        open.insert(path.clone(), file);
        Ok(())
    }

    fn write(&self, path: &FilePath, offset: u64, data: &[u8]) -> io::Result<()> {
        self.metrics.disk.written(data.len());
        self.create(path, OpenOptions::new().write(true))?.write_all_at(data, offset)
    }

    fn sync(&self, path: &FilePath) -> io::Result<()> {
        let start = Instant::now();
        match self.open.borrow().get(path) {
            Some(file) => file.sync_data()?,
            None => self.existing(path)?.sync_data()?,
        }
        self.metrics.disk.file_synced(start.elapsed());
        Ok(())
    }

    fn rename(&self, from: &FilePath, to: &FilePath) -> io::Result<()> {
        self.close(from);
        self.close(to);
        fs::rename(self.root.join(&**from), self.root.join(&**to))
    }

    fn remove(&self, path: &FilePath) -> io::Result<()> {
        self.close(path);
        match fs::remove_file(self.root.join(&**path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn sync_dir(&self, dir: &FilePath) -> io::Result<()> {
        let start = Instant::now();
        let path = self.root.join(&**dir);
        fs::create_dir_all(&path)?;
        File::open(&path)?.sync_all()?;
        if !dir.is_empty() {
            File::open(&self.root)?.sync_all()?;
        }
        self.metrics.disk.directory_synced(start.elapsed());
        Ok(())
    }

    fn close(&self, path: &FilePath) {
        self.open.borrow_mut().remove(path);
    }

    /// Opens a file that must be there, for writing.
    fn existing(&self, path: &FilePath) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.root.join(&**path))
    }

    /// Opens a file, and makes it and its directory if they are absent.
    fn create(&self, path: &FilePath, options: &mut OpenOptions) -> io::Result<File> {
        let path = self.root.join(&**path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        options.create(true).open(path)
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                slog::error!(self.log, "{}/{path}: {error}", self.root.display());
                Err(disk_error(&error))
            }
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<FilePath>, DiskError> {
        let failed = |error: io::Error| {
            slog::error!(self.log, "{}/{dir}: {error}", self.root.display());
            disk_error(&error)
        };
        let entries = match fs::read_dir(self.root.join(dir)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths: Vec<FilePath> = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // A name that is no text is not one of the node's.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if entry.file_type().map_err(failed)?.is_file() {
                let path = if dir.is_empty() { name } else { format!("{dir}/{name}") };
                paths.push(path.into());
            }
        }
        paths.sort();
        Ok(paths)
    }
}

fn disk_error(error: &io::Error) -> DiskError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskError::Full,
        ErrorKind::NotFound => DiskError::NotFound,
        _ => DiskError::Io,
    }
}
