//! `raftkv inspect-wal DIR`: a node's files for people, damage and all. Nothing is changed.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use node::store::inspect::{DIRECTORIES, Inspector, What, conf_words, read_snapshot};
use node::store::{Effects, Store, StoreOptions};
use system::Files;

use crate::args::InspectArgs;
use crate::disk::{Disk, Meta};
use crate::metrics::Metrics;

/// A node would not start on these files.
const REFUSED: u8 = 1;
/// There is nothing to be read.
const BAD_INPUT: u8 = 2;

/// Prints what a data directory holds, and whether a node would start on it.
pub(crate) fn inspect(args: &InspectArgs) -> ExitCode {
    match write(&args.dir, &mut io::stdout().lock()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(REFUSED),
        Err(reason) => {
            eprintln!("raftkv: {reason}");
            ExitCode::from(BAD_INPUT)
        }
    }
}

/// True if a node would start.
fn write(dir: &Path, out: &mut impl Write) -> Result<bool, String> {
    let log = crate::log::logger(0, true);
    let disk = Rc::new(Disk::new(dir, Arc::new(Metrics::default()), log));
    let [segments, snapshots] = DIRECTORIES;
    if disk.list(segments).is_ok_and(|names| names.is_empty()) {
        let place = dir.join(segments);
        return Err(format!("{}: expected the segments of a log", place.display()));
    }
    match write_all(dir, &disk, [segments, snapshots], out) {
        // Who reads has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        printed => printed.map_err(|error| format!("{}: {error}", dir.display())),
    }
}

fn write_all(
    dir: &Path,
    disk: &Rc<Disk>,
    [segments, snapshots]: [&str; 2],
    out: &mut impl Write,
) -> io::Result<bool> {
    match Meta::read(dir) {
        Ok(Some(meta)) => {
            let lived = if meta.lived { "has lived" } else { "has not lived" };
            let Meta { id, cluster, starts, .. } = meta;
            writeln!(out, "node {id} of cluster \"{cluster}\", started {starts} times, {lived}")?;
        }
        Ok(None) => writeln!(out, "no file tells whose directory it is")?,
        Err(reason) => writeln!(out, "{reason}")?,
    }
    let mut inspector = Inspector::default();
    for path in list(disk, segments)? {
        let bytes = content(disk, &path)?;
        writeln!(out, "{path}, {} bytes", bytes.len())?;
        for found in inspector.segment(&path, &bytes).unwrap_or_default() {
            write!(out, "{:>10} {:>8}  ", found.offset, found.bytes)?;
            match found.what {
                What::Record { items, follows } => {
                    let warning = if follows { "" } else { "DOES NOT FOLLOW: " };
                    let gap = format!("\n{:21}", "");
                    writeln!(out, "{warning}{}", items.join(&gap))?;
                }
                What::Damage { reason } => writeln!(out, "DAMAGED: {reason}")?,
            }
        }
    }
    for path in list(disk, snapshots)? {
        let bytes = content(disk, &path)?;
        write!(out, "{path}, {} bytes: ", bytes.len())?;
        match read_snapshot(&path, bytes) {
            Ok(file) => {
                let conf = conf_words(&file.conf_state);
                writeln!(out, "up to {} of term {}, {conf}", file.index, file.term)?;
            }
            Err(reason) => writeln!(out, "{reason}")?,
        }
    }
    verdict(disk, out)
}

/// What recovery would say; what it would do is not done.
fn verdict(disk: &Rc<Disk>, out: &mut impl Write) -> io::Result<bool> {
    let effects = Effects::new(disk.clone());
    match Store::open(StoreOptions::default(), &effects) {
        Ok((store, recovered)) => {
            let state = store.hard_state();
            writeln!(
                out,
                "a node would start: term {}, vote {}, commit {}, log {}..={}, snapshot {}, \
                 {} bytes cut",
                state.term,
                state.vote,
                state.commit,
                store.first_index(),
                store.last_index(),
                store.snapshot_index(),
                recovered.cut_bytes
            )?;
            Ok(true)
        }
        Err(halt) => {
            writeln!(out, "a node would not start ({}): {}", halt.reason.name(), halt.detail)?;
            Ok(false)
        }
    }
}

fn list(disk: &Disk, dir: &str) -> io::Result<Vec<system::FilePath>> {
    disk.list(dir).map_err(|error| io::Error::other(format!("{dir}: {}", error.name())))
}

fn content(disk: &Disk, path: &str) -> io::Result<Vec<u8>> {
    let bytes = disk.read(path);
    let bytes = bytes.map_err(|error| io::Error::other(format!("{path}: {}", error.name())))?;
    Ok(bytes.unwrap_or_default())
}
