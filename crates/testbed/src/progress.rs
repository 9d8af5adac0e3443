//! When something made progress last, and from which event on it is known to stand still.

use system::Nanos;

/// What has made no progress for so long stands still.
const STILL: Nanos = 100_000_000;

/// The progress of one thing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// When it last made some; 0 if never.
    pub(crate) at: Nanos,
    /// The number of the first event at which it was seen to stand still. What befell the cluster
    /// up to there may be the cause, what came later is not.
    pub(crate) still: Option<u64>,
}

impl Progress {
    /// It makes progress.
    pub(crate) fn made(&mut self, now: Nanos) {
        *self = Progress { at: now, still: None };
    }

    /// Somebody looks, when so many events were recorded.
    pub(crate) fn look(&mut self, now: Nanos, events: u64) {
        if self.still.is_none() && now >= self.at.saturating_add(STILL) {
            self.still = events.checked_sub(1);
        }
    }
}
