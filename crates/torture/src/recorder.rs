//! What happened, in one order, with the times of one clock.
//!
//! An invocation is recorded before its request is sent, a return after its answer came. Order and
//! time are taken under one lock, so both agree for everybody.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use system::Nanos;
use trace::{Event, Kind};

/// The events of a run so far.
#[derive(Debug)]
pub(crate) struct Recorder {
    start: Instant,
    events: Mutex<Vec<Event>>,
}

impl Recorder {
    /// A recorder whose clock begins now.
    pub(crate) fn new() -> Self {
        Recorder { start: Instant::now(), events: Mutex::default() }
    }

    /// Monotonic nanoseconds since the beginning.
    pub(crate) fn now(&self) -> Nanos {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The instant of a time.
    pub(crate) fn instant(&self, at: Nanos) -> Instant {
        self.start + std::time::Duration::from_nanos(at)
    }

    /// Records; returns the event's number, to be the cause of others.
    pub(crate) fn record(&self, cause: u64, kind: Kind) -> u64 {
        let mut events = self.events();
        let seq = events.len() as u64;
        events.push(Event { seq, at: self.now(), cause, kind });
        seq
    }

    /// All of it.
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.events())
    }

    fn events(&self) -> MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
