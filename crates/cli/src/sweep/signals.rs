//! Signals: the first one asks for an end that can be resumed, the second one takes it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// A file grew beyond what a limit allows. Without somebody who listens it ends the process; with
/// one, the write fails and can be reported.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const SIGXFSZ: i32 = 25;

/// What a shell says of a process that a signal ended: 128 and the number of the signal.
const ENDED_BY: i32 = 128;

/// Whether somebody asked for an end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(Arc<AtomicBool>);

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// If the system does not let us.
    pub(crate) fn listen() -> io::Result<Self> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, ENDED_BY + signal, signals.0.clone())?;
            flag::register(signal, signals.0.clone())?;
        }
        limit_fails_writes()?;
        Ok(signals)
    }

    /// As [`Signals::listen`], but no second one takes the end: it takes a moment, because others
    /// must be ended first.
    ///
    /// # Errors
    ///
    /// If the system does not let us.
    pub(crate) fn gently() -> io::Result<Self> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register(signal, signals.0.clone())?;
        }
        Ok(signals)
    }

    /// What becomes true when one comes.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// Whether one came.
    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A worker's end is its parent's affair: a terminal sends its signals to all of them.
///
/// # Errors
///
/// If the system does not let us.
pub(crate) fn ignore() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::default())?;
    }
    limit_fails_writes()
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn limit_fails_writes() -> io::Result<()> {
    flag::register(SIGXFSZ, Arc::default()).map(|_| ())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn limit_fails_writes() -> io::Result<()> {
    Ok(())
}
