//! The timers that a node has set, on the machine's monotonic clock.

use std::time::{Duration, Instant};

use system::{Nanos, Timer};

/// How long the loop sleeps if no timer is set.
const IDLE_TIME: Duration = Duration::from_secs(1);

struct Armed {
    timer: Timer,
    at: Instant,
    period: Option<Duration>,
}

/// Armed timers, few of them.
#[derive(Default)]
pub(super) struct Timers(Vec<Armed>);

impl Timers {
    pub(super) fn set(&mut self, now: Instant, timer: Timer, after: Nanos, periodic: bool) {
        self.cancel(timer);
        let after = Duration::from_nanos(after.max(1));
        let period = periodic.then_some(after);
        self.0.push(Armed { timer, at: now + after, period });
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.0.retain(|armed| armed.timer != timer);
    }

    /// A timer that has fired by `now`. Of a periodic one that fired several times meanwhile,
    /// one firing is told, as a ticker does.
    pub(super) fn due(&mut self, now: Instant) -> Option<Timer> {
        let position = self.0.iter().position(|armed| armed.at <= now)?;
        let armed = &mut self.0[position];
        let timer = armed.timer;
        match armed.period {
            Some(period) => {
                let next = armed.at + period;
                armed.at = if next > now { next } else { now + period };
            }
            None => drop(self.0.swap_remove(position)),
        }
        Some(timer)
    }

    /// How long nothing fires.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let next = self.0.iter().map(|armed| armed.at).min();
        next.map_or(IDLE_TIME, |at| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_drops_what_it_missed() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        timers.set(start, Timer("tick"), 10_000_000, true);
        timers.set(start, Timer("once"), 5_000_000, false);
        assert_eq!(timers.wait(start), Duration::from_millis(5));
        assert_eq!(timers.due(at(4)), None);
        assert_eq!(timers.due(at(6)), Some(Timer("once")));
        assert_eq!(timers.due(at(35)), Some(Timer("tick")));
        assert_eq!(timers.due(at(35)), None);
        assert_eq!(timers.wait(at(35)), Duration::from_millis(10));
    }
}
