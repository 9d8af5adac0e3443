//! What a node takes for the time: the world's, unless its clock runs at another rate or has
//! jumped.
//!
//! A timer is a duration: it is converted when it is set, by the rate of that moment, and no jump
//! moves it, as with a monotonic clock. Only the `now` that a node is handed jumps.

use system::Nanos;

/// A million: what rates are parts of.
const MILLION: i64 = 1_000_000;

/// The clock of one node.
///
/// * While the rate is true, it shows what the world does, but for its jumps.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How much faster than the world it runs, in parts per million; above minus a million.
    rate: i64,
    /// When the rate last changed, by the world's clock.
    since: Nanos,
    /// What it showed then.
    shown: Nanos,
    /// The fault behind the rate; 0 for none.
    pub(crate) fault: u32,
}

impl Clock {
    /// What the clock shows when it is `at` in the world.
    #[inline]
    pub(crate) fn read(&self, at: Nanos) -> Nanos {
        let passed = at - self.since;
        if self.rate == 0 { self.shown + passed } else { self.shown + self.scale(passed) }
    }

    /// How long the world waits until this clock has moved on by `span`; at least 1 if `span` is.
    #[inline]
    pub(crate) fn wait(&self, span: Nanos) -> Nanos {
        if self.rate == 0 {
            return span;
        }
        let rate = u128::from(self.speed());
        let wait = (u128::from(span) * u128::from(MILLION.unsigned_abs())).div_ceil(rate);
        Nanos::try_from(wait).expect("a slow clock is not that slow")
    }

    /// Lets it run faster by so many parts per million (slower, if negative) from `at` on.
    pub(crate) fn drift(&mut self, at: Nanos, rate: i64, fault: u32) {
        assert!(rate > -MILLION, "a clock of rate {rate} does not run");
        *self = Clock { rate, since: at, shown: self.read(at), fault };
    }

    /// Lets it jump ahead at `at`, or back, if negative; not below 0.
    pub(crate) fn jump(&mut self, at: Nanos, by: i64) {
        let shown = self.read(at).saturating_add_signed(by);
        *self = Clock { since: at, shown, ..*self };
    }

    /// Parts per million of the world's speed.
    fn speed(&self) -> u64 {
        (MILLION + self.rate).unsigned_abs()
    }

    fn scale(&self, span: Nanos) -> Nanos {
        let scaled = u128::from(span) * u128::from(self.speed()) / 1_000_000;
        Nanos::try_from(scaled).expect("a fast clock is not that fast")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_true_clock_shows_the_world() {
        let clock = Clock::default();
        assert_eq!([clock.read(0), clock.read(77)], [0, 77]);
        assert_eq!(clock.wait(77), 77);
    }

    #[test]
    fn a_fast_clock_shows_more_and_waits_less() {
        let mut clock = Clock::default();
        clock.drift(1_000, 250_000, 1);
        assert_eq!([clock.read(1_000), clock.read(2_000)], [1_000, 2_250]);
        assert_eq!(clock.wait(1_250), 1_000);
        clock.drift(2_000, 0, 0);
        assert_eq!(clock.read(3_000), 3_250);
    }

    #[test]
    fn a_slow_clock_shows_less_and_waits_more() {
        let mut clock = Clock::default();
        clock.drift(0, -500_000, 1);
        assert_eq!(clock.read(1_000), 500);
        assert_eq!([clock.wait(0), clock.wait(1), clock.wait(500)], [0, 2, 1_000]);
    }

    #[test]
    fn a_jump_moves_the_clock_both_ways_and_keeps_its_rate() {
        let mut clock = Clock::default();
        clock.drift(0, 1_000_000, 1);
        clock.jump(100, 50);
        assert_eq!([clock.read(100), clock.read(200)], [250, 450]);
        clock.jump(200, -440);
        assert_eq!(clock.read(200), 10);
        clock.jump(200, -50);
        assert_eq!(clock.read(200), 0);
    }
}
