//! A node's data directory as a whole: who may use it, and what it is.
//!
//! ```text
//! lock      held while a process uses the directory
//! raftkv    what the directory is: format, node, cluster, starts, whether it has lived
//! wal/      the node's write-ahead log
//! snap/     its snapshots
//! ```
//!
//! * One process at a time: `lock` carries an exclusive lock, which the system lets go when the
//!   process ends, however it ends.
//! * A directory whose log is gone is not taken for a new one: `lived yes` is durable before the
//!   node first tells anybody anything, and then an empty log is refused.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use system::NodeId;

/// The version of the layout above.
const FORMAT: u64 = 1;

/// A data directory that this process holds.
pub(crate) struct DataDir {
    path: PathBuf,
    meta: Meta,
    _lock: File,
}

/// What a data directory says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    /// The node whose directory it is.
    pub(crate) id: NodeId,
    /// The name of its cluster.
    pub(crate) cluster: String,
    /// How often it was started before.
    pub(crate) starts: u64,
    /// Whether the node may have told others something.
    pub(crate) lived: bool,
}

impl DataDir {
    /// Takes the directory for this process, and makes it if it is absent.
    ///
    /// # Errors
    ///
    /// If another process holds it, if it belongs to another node or cluster, if its format is
    /// not known, or if the disk fails: with the path and what was expected.
    pub(crate) fn open(path: &Path, id: NodeId, cluster: &str) -> Result<Self, String> {
        let failed = |what: &str, error| format!("{}: {what}: {error}", path.display());
        fs::create_dir_all(path).map_err(|error| failed("cannot be made", error))?;
        let lock = lock(path)?;
        let meta = match Meta::read(path)? {
            Some(meta) => meta,
            None => {
                sync_parent(path).map_err(|error| failed("cannot be synced", error))?;
                Meta { id, cluster: cluster.to_owned(), starts: 0, lived: false }
            }
        };
        if meta.id != id {
            let theirs = meta.id;
            return Err(format!("{}: is the directory of node {theirs}, not {id}", path.display()));
        }
        if meta.cluster != cluster {
            let theirs = &meta.cluster;
            let path = path.display();
            return Err(format!("{path}: belongs to cluster \"{theirs}\", not \"{cluster}\""));
        }
        Ok(DataDir { path: path.to_owned(), meta, _lock: lock })
    }

    /// What the directory says of itself.
    pub(crate) fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Counts a start. Durable.
    ///
    /// # Errors
    ///
    /// With the path and the system's words.
    pub(crate) fn count_start(&mut self) -> Result<(), String> {
        self.meta.starts += 1;
        self.meta.write(&self.path)
    }

    /// Notes that the node tells others something from now on. Durable.
    ///
    /// # Errors
    ///
    /// With the path and the system's words.
    pub(crate) fn note_life(&mut self) -> Result<(), String> {
        if self.meta.lived {
            return Ok(());
        }
        self.meta.lived = true;
        self.meta.write(&self.path)
    }
}

fn lock(path: &Path) -> Result<File, String> {
    let file = path.join("lock");
    let failed = |error| format!("{}: {error}", file.display());
    let lock = File::options().create(true).truncate(false).write(true).open(&file);
    let lock = lock.map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            Err(format!("{}: another process uses this directory", path.display()))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Makes the name of a directory durable.
fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = path.canonicalize()?;
    match parent.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

impl Meta {
    /// What the directory at `path` says; `None` if it is new.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not of the known format.
    pub(crate) fn read(path: &Path) -> Result<Option<Meta>, String> {
        let file = path.join("raftkv");
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        Meta::parse(&text).map(Some).map_err(|reason| format!("{}: {reason}", file.display()))
    }

    fn parse(text: &str) -> Result<Meta, String> {
        let mut lines = text.lines();
        let mut field = |name: &str| {
            let line = lines.next().unwrap_or_default();
            let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
            value.map(str::to_owned).ok_or_else(|| format!("expected a line `{name} ...`"))
        };
        let number = |name: &str, text: String| {
            text.parse::<u64>().map_err(|_| format!("`{name}` is no number: {text}"))
        };
        let format = number("format", field("format")?)?;
        if format != FORMAT {
            return Err(format!("format {format} is not known; this program knows {FORMAT}"));
        }
        let id = number("node", field("node")?)?;
        let cluster = field("cluster")?;
        let starts = number("starts", field("starts")?)?;
        let lived = match &*field("lived")? {
            "yes" => true,
            "no" => false,
            other => return Err(format!("`lived` is yes or no, not {other}")),
        };
        Ok(Meta { id, cluster, starts, lived })
    }

    fn text(&self) -> String {
        let Meta { id, cluster, starts, lived } = self;
        let lived = if *lived { "yes" } else { "no" };
        format!("format {FORMAT}\nnode {id}\ncluster {cluster}\nstarts {starts}\nlived {lived}\n")
    }

    fn write(&self, path: &Path) -> Result<(), String> {
        let file = path.join("raftkv");
        let temporary = path.join("raftkv.tmp");
        let written = File::create(&temporary).and_then(|mut out| {
            out.write_all(self.text().as_bytes())?;
            out.sync_all()?;
            fs::rename(&temporary, &file)?;
            File::open(path)?.sync_all()
        });
        written.map_err(|error| format!("{}: {error}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directory_says_comes_back() {
        let meta = Meta { id: 3, cluster: "a b".into(), starts: 7, lived: true };
        assert_eq!(Meta::parse(&meta.text()), Ok(meta));
    }

    #[test]
    fn other_formats_are_refused() {
        let text = Meta { id: 3, cluster: "a".into(), starts: 7, lived: true }.text();
        let newer = text.replace("format 1", "format 2");
        assert_eq!(
            Meta::parse(&newer),
            Err("format 2 is not known; this program knows 1".to_owned())
        );
        for cut in 0..text.len() - 1 {
            assert!(Meta::parse(&text[..cut]).is_err(), "{:?}", &text[..cut]);
        }
    }
}
