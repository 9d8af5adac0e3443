//! A directory of records: `plan.json`, and one file for each chunk that is done.
//!
//! A file is written under another name, made durable and renamed: nobody ever finds half a
//! record under the name of a chunk, whatever ends us, and two who write the same chunk do no
//! harm, because they write the same bytes.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sweep::{Plan, Record, Set};

use crate::exit;
use crate::output::Stop;

/// Where sweeps are kept, from the current directory.
pub(crate) const DIRECTORY: &str = ".squall/sweeps";

/// The name of the plan in a directory of records.
pub(crate) const PLAN: &str = "plan.json";

/// The beginning of the names of files that are being written.
const PARTIAL: &str = ".tmp-";

/// The age from which on nobody is writing such a file any more.
const PARTIAL_AGE_MAX: Duration = Duration::from_secs(3600);

/// A directory of records of one plan.
#[derive(Debug)]
pub(crate) struct Store {
    directory: PathBuf,
}

impl Store {
    /// The directory of a plan if nobody chose one.
    pub(crate) fn default_directory(plan: &Plan) -> PathBuf {
        Path::new(DIRECTORY).join(&plan.plan[..6])
    }

    /// Makes the directory and puts the plan into it, or finds it there.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or belongs to another plan.
    pub(crate) fn open(directory: &Path, plan: &Plan) -> Result<Self, Stop> {
        let store = Store { directory: directory.to_owned() };
        let path = directory.join(PLAN);
        fs::create_dir_all(directory).map_err(|error| unwritable(&path, &error))?;
        match fs::read_to_string(&path) {
            Ok(text) if text == plan.write() => {}
            Ok(text) => {
                let other = Plan::read(&text).map_or("one that cannot be read".into(), |p| p.plan);
                return Err(Stop::bad_input(format!(
                    "{} holds records of another plan, {other} (this one is {}): choose another \
                     --out, or remove it",
                    directory.display(),
                    plan.plan
                )));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                store.write_whole(PLAN, &plan.write())?;
            }
            Err(error) => return Err(unwritable(&path, &error)),
        }
        store.sweep_out();
        Ok(store)
    }

    /// Removes what somebody who was killed had half written long ago. What is younger may be
    /// under way.
    fn sweep_out(&self) {
        for entry in fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            let partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
            let age = entry.metadata().and_then(|meta| meta.modified()).ok();
            let age = age.and_then(|written| written.elapsed().ok()).unwrap_or_default();
            if partial && age > PARTIAL_AGE_MAX {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Stores a record.
    ///
    /// # Errors
    ///
    /// If it cannot be written; then there is no trace of it.
    pub(crate) fn put(&self, record: &Record) -> Result<(), Stop> {
        self.write_whole(&name(record.footer.chunk), &record.write())
    }

    /// Writes a file under another name, makes it durable and gives it its own.
    fn write_whole(&self, name: &str, text: &str) -> Result<(), Stop> {
        let nonce = RandomState::new().build_hasher().finish();
        let partial = format!("{PARTIAL}{name}-{}-{nonce:016x}", std::process::id());
        let (partial, path) = (self.directory.join(partial), self.directory.join(name));
        let written = (|| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&partial)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial, &path)?;
            // The name is durable when its directory is. Not every system can say so.
            match File::open(&self.directory).and_then(|directory| directory.sync_all()) {
                Err(error) if is_full(&error) => Err(error),
                _ => Ok(()),
            }
        })();
        written.map_err(|error| {
            let _ = fs::remove_file(&partial);
            unwritable(&path, &error)
        })
    }
}

/// The name of the file of a chunk.
fn name(chunk: u64) -> String {
    format!("chunk-{chunk:06}.jsonl")
}

/// What is said when a file cannot be written. A full disk is no mistake of anybody's: the sweep
/// can be resumed once there is room.
fn unwritable(path: &Path, error: &io::Error) -> Stop {
    let path = path.display();
    if is_full(error) {
        let message = format!(
            "error: no room to write {path}: {error}\n       what is stored is whole; make room and \
             start again with the same --out"
        );
        return Stop { code: exit::INCOMPLETE, message };
    }
    Stop::environment(format!("cannot write {path}: {error}"))
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Reads all records in a directory into a set.
///
/// # Errors
///
/// If the directory or a file in it cannot be read.
pub(crate) fn load(directory: &Path, set: &mut Set<'_>) -> Result<(), Stop> {
    for path in records(directory)? {
        load_file(&path, set)?;
    }
    Ok(())
}

/// Reads a file of records into a set.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn load_file(path: &Path, set: &mut Set<'_>) -> Result<(), Stop> {
    let read = File::open(path).and_then(|file| {
        let origin = path.display().to_string();
        set.read(&origin, BufReader::new(file))
    });
    read.map_err(|error| Stop::environment(format!("cannot read {}: {error}", path.display())))
}

/// The files of chunks in a directory, by name.
fn records(directory: &Path) -> Result<BTreeSet<PathBuf>, Stop> {
    let unreadable =
        |error| Stop::bad_input(format!("cannot read {}: {error}", directory.display()));
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("chunk-") && name.ends_with(".jsonl") {
            found.insert(path);
        }
    }
    Ok(found)
}

/// Reads a plan.
///
/// # Errors
///
/// If there is none, or it is damaged.
pub(crate) fn plan(path: &Path) -> Result<Plan, Stop> {
    let at = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Stop::bad_input(format!("cannot read plan {at}: {error}")))?;
    Plan::read(&text).map_err(|problem| Stop::bad_input(format!("{at}: {problem}")))
}
