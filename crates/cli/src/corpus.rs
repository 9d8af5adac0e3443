//! `squall corpus`: runs that are kept, as files that are committed.
//!
//! | folder | holds | guards |
//! |---|---|---|
//! | `regressions` | cases that must pass | what was fixed stays fixed |
//! | `known-bugs` | cases that must fail, with their signature | the testbed still finds it |
//! | `golden` | traces that must replay event by event | runs and file format stay the same |
//!
//! What a file expects is said in the file; the folders are for people.

mod add;
mod list;
mod prune;
mod verify;

use std::path::{Path, PathBuf};

use trace::Case;

use crate::args::{CorpusArgs, CorpusCommand};
use crate::case;
use crate::output::{Color, Stop};

/// Where cases that must pass lie.
const REGRESSIONS: &str = "regressions";

/// Where cases that must fail lie.
const KNOWN_BUGS: &str = "known-bugs";

/// How the file of a case ends.
const ENDING: &str = ".case.toml";

/// Does what was asked.
pub(crate) fn corpus(args: &CorpusArgs, color: Color) -> Result<u8, Stop> {
    match &args.command {
        CorpusCommand::Add(what) => add::add(what, &args.dir, color),
        CorpusCommand::List(what) => list::list(what, &args.dir, color),
        CorpusCommand::Verify(what) => verify::verify(what, &args.dir, color),
        CorpusCommand::Prune(what) => prune::prune(what, &args.dir, color),
    }
}

/// A file of a corpus.
enum Entry {
    /// A case.
    Case(PathBuf),
    /// A trace.
    Trace(PathBuf),
}

impl Entry {
    fn path(&self) -> &Path {
        match self {
            Entry::Case(path) | Entry::Trace(path) => path,
        }
    }
}

/// The files of a corpus, by name, those in its folders included.
///
/// # Errors
///
/// If there is no such directory.
fn entries(directory: &Path) -> Result<Vec<Entry>, Stop> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let listed = std::fs::read_dir(&directory).map_err(|error| {
            Stop::bad_input(format!("cannot read the corpus {}: {error}", directory.display()))
        })?;
        for path in listed.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(ENDING) || name.ends_with(".case.json") {
                found.push(Entry::Case(path));
            } else if name.ends_with(".jsonl") || name.ends_with(".jsonl.zst") {
                found.push(Entry::Trace(path));
            }
        }
    }
    found.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(found)
}

/// The cases of a corpus, by name.
///
/// # Errors
///
/// If one of them cannot be read or is wrong.
fn cases(directory: &Path, color: Color) -> Result<Vec<(PathBuf, Case)>, Stop> {
    let mut cases = Vec::new();
    for entry in entries(directory)? {
        if let Entry::Case(path) = entry {
            let case = case::load(&path, &[], color)?;
            cases.push((path, case));
        }
    }
    Ok(cases)
}
