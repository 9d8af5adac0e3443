//! Ctrl-C in a command that has nothing to finish in good order: no partial file is left, what there
//! is is printed, and the exit code is the one that shells give, 130 or 143.
//!
//! Sweeps, the gauntlet and torture end by themselves when they are asked to: see
//! [`crate::sweep::Signals`].

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use trace::Event;

use crate::output;

/// How often somebody looks whether a signal has come.
const LOOK: Duration = Duration::from_millis(20);

/// What a shell adds to the number of the signal that ended a process.
const ENDED_BY: i32 = 128;

/// Files that are not whole yet.
static PARTIAL: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The newest event of the run that is under way: how many there were, and its time.
static EVENTS: AtomicU64 = AtomicU64::new(0);
static AT: AtomicU64 = AtomicU64::new(0);

/// Notes how far a run is.
pub(crate) fn observe(event: &Event) {
    EVENTS.store(event.seq, Ordering::Relaxed);
    AT.store(event.at, Ordering::Relaxed);
}

/// A file that is not whole yet; an interrupt removes it.
pub(crate) struct Partial(PathBuf);

impl Partial {
    /// Creates the file.
    ///
    /// # Errors
    ///
    /// If it cannot be created.
    pub(crate) fn create(path: &Path) -> io::Result<(File, Self)> {
        // The lock is held until the file is there: an interrupt sees both or neither.
        let mut files = PARTIAL.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::create(path)?;
        files.insert(path.to_owned());
        Ok((file, Partial(path.to_owned())))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        PARTIAL.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Listens from now on.
///
/// # Errors
///
/// If the system does not let us.
pub(crate) fn listen() -> io::Result<()> {
    let mut came = Vec::new();
    for (signal, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
        let flag = Arc::new(AtomicBool::new(false));
        flag::register(signal, flag.clone())?;
        came.push((signal, name, flag));
    }
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK);
            if let Some((signal, name, _)) =
                came.iter().find(|(_, _, flag)| flag.load(Ordering::Relaxed))
            {
                end(*signal, name);
            }
        }
    });
    Ok(())
}

fn end(signal: i32, name: &str) -> ! {
    // Held to the end of the process, so that no other file is begun.
    let files = PARTIAL.lock().unwrap_or_else(PoisonError::into_inner);
    for path in files.iter() {
        let _ = fs::remove_file(path);
    }
    let (events, at) = (EVENTS.load(Ordering::Relaxed), AT.load(Ordering::Relaxed));
    let how_far = match events {
        0 => String::new(),
        _ => {
            let events = crate::words::count(events, "event", "events");
            format!(", after {events}, at sim {}", trace::text::time(at))
        }
    };
    output::note(&format!(" stopped  by {name}{how_far}; no partial file is left"));
    std::process::exit(ENDED_BY + signal);
}
