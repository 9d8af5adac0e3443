//! `.squall/runs`: where what is kept of a run lies, and how it is found again.
//!
//! Files are written under another name and renamed when they are whole: nobody ever finds half a
//! trace under the name of a trace.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::interrupt::Partial;
use crate::output::Stop;

/// Where runs are kept, from the current directory.
pub(crate) const DIRECTORY: &str = ".squall/runs";

/// The name of the trace in a run's directory.
pub(crate) const TRACE: &str = "trace.jsonl";

/// The directory of the run with this hash: named by the first six digits.
pub(crate) fn directory(hash: u64) -> PathBuf {
    Path::new(DIRECTORY).join(&trace::hash_text(hash)[..6])
}

/// Calls `write` with a writer whose file gets its name only if all went well.
///
/// # Errors
///
/// If a file or directory cannot be written; then nothing is left behind but directories.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, Stop> {
    let fail = |error| Stop::environment(format!("cannot write {}: {error}", path.display()));
    let path = &*target(path);
    if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return write_through(path, write).map_err(fail);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".{name}.{}.partial", std::process::id()));
    let written = (|| {
        let (file, _guard) = Partial::create(&partial)?;
        let mut writer = BufWriter::new(file);
        let value = write(&mut writer)?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&partial, path)?;
        Ok(value)
    })();
    written.map_err(|error| {
        let _ = fs::remove_file(&partial);
        fail(error)
    })
}

/// Where a symbolic link leads, so that the link stays; any other path is its own.
fn target(path: &Path) -> Cow<'_, Path> {
    match fs::read_link(path) {
        Ok(to) => {
            let beside = path.parent().unwrap_or(Path::new("")).join(to);
            fs::canonicalize(path).unwrap_or(beside).into()
        }
        Err(_) => path.into(),
    }
}

/// Writes into what is no file: a device or a pipe stays what it is.
fn write_through<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> io::Result<T> {
    let mut writer = BufWriter::new(File::options().write(true).open(path)?);
    let value = write(&mut writer)?;
    writer.flush()?;
    Ok(value)
}

/// Copies a file to `directory`, with the same care.
///
/// # Errors
///
/// If it cannot be read or written.
pub(crate) fn copy(file: &Path, directory: &Path) -> Result<PathBuf, Stop> {
    let target = directory.join(file.file_name().unwrap_or_default());
    write_whole(&target, |writer| io::copy(&mut File::open(file)?, writer))?;
    Ok(target)
}

/// The trace that is meant: a file, a run directory, the beginning of a run id, or `latest`.
///
/// # Errors
///
/// If there is none, or more than one.
pub(crate) fn trace_of(target: &str) -> Result<PathBuf, Stop> {
    let path = Path::new(target);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    if path.is_dir() {
        return in_directory(path)
            .ok_or_else(|| Stop::bad_input(format!("there is no {TRACE} in {target}")));
    }
    let runs = all();
    if target == "latest" {
        let latest = runs.into_iter().max_by_key(|(_, path)| modified(path));
        return latest
            .map(|(_, path)| path)
            .ok_or_else(|| Stop::bad_input(format!("no run is kept in {DIRECTORY}")));
    }
    let found: Vec<&(String, PathBuf)> =
        runs.iter().filter(|(id, _)| !target.is_empty() && id.starts_with(target)).collect();
    match found.as_slice() {
        [(_, path)] => Ok(path.clone()),
        [] => Err(Stop::bad_input(format!(
            "`{target}` is no trace file, no run directory, and no run in {DIRECTORY}"
        ))),
        several => {
            let ids: Vec<&str> = several.iter().map(|(id, _)| id.as_str()).collect();
            Err(Stop::bad_input(format!("`{target}` may be any of {}", ids.join(", "))))
        }
    }
}

/// Ids and traces of all runs that are kept.
fn all() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id = entry.file_name().to_string_lossy().into_owned();
            in_directory(&entry.path()).map(|path| (id, path))
        })
        .collect()
}

fn in_directory(directory: &Path) -> Option<PathBuf> {
    let plain = directory.join(TRACE);
    let compressed = directory.join(format!("{TRACE}.zst"));
    [plain, compressed].into_iter().find(|path| path.is_file())
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_half_way_leaves_no_file() {
        let directory = std::env::temp_dir().join(format!("squall-runs-{}", std::process::id()));
        let path = directory.join("out.txt");
        let failed = write_whole(&path, |writer| {
            writer.write_all(b"half")?;
            Err::<(), _>(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err_and(|stop| stop.message.contains("the disk is full")));
        assert_eq!(fs::read_dir(&directory).map(Iterator::count).ok(), Some(0));
        write_whole(&path, |writer| writer.write_all(b"whole")).expect("written");
        assert_eq!(fs::read(&path).ok().as_deref(), Some(b"whole".as_slice()));
        fs::remove_dir_all(directory).expect("removed");
    }
}
