//! Signals: the first one asks for an end that can be resumed, the second one takes it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
pub(crate) struct Signals {
    came: Arc<AtomicBool>,
    /// The number of the last one.
    number: Arc<AtomicUsize>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// If the system does not let us.
    pub(crate) fn listen() -> io::Result<Self> {
        let signals = Signals::default();
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, ENDED_BY + signal, signals.came.clone())?;
            flag::register_usize(signal, signals.number.clone(), signal as usize)?;
            flag::register(signal, signals.came.clone())?;
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
            flag::register_usize(signal, signals.number.clone(), signal as usize)?;
            flag::register(signal, signals.came.clone())?;
        }
        Ok(signals)
    }

    /// What becomes true when one comes.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.came
    }

    /// The exit code of a command that one has ended, as shells give it.
    pub(crate) fn exit(&self) -> Option<u8> {
        let number = self.number.load(Ordering::Relaxed) as i32;
        self.came().then(|| u8::try_from(ENDED_BY + number).expect("128 and 2 or 15"))
    }

    /// Whether one came.
    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed)
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
