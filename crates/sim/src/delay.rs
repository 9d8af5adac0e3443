//! How long things take: distributions of durations, in integer arithmetic, one word per draw.

use system::Nanos;

use crate::chance::between;

/// A distribution of durations, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always the same.
    Fixed(Nanos),
    /// Each duration in the range as likely as the others.
    Uniform {
        /// The shortest.
        min: Nanos,
        /// The longest; at least `min`.
        max: Nanos,
    },
    /// Half of the draws lie within `min` and `median`, half of the rest within one more such
    /// span, doubled, and so on up to `max`.
    LongTail {
        /// The shortest.
        min: Nanos,
        /// The middle one; at least `min`.
        median: Nanos,
        /// The longest; at least `median`.
        max: Nanos,
    },
}

impl Delay {
    /// The duration that belongs to 64 random bits.
    ///
    /// # Panics
    ///
    /// If the bounds are not in order.
    #[inline]
    #[must_use]
    pub fn draw(&self, random: u64) -> Nanos {
        match *self {
            Delay::Fixed(always) => always,
            Delay::Uniform { min, max } => between(random, min, max),
            Delay::LongTail { min, median, max } => long_tail(random, min, median, max),
        }
    }
}

/// The number of leading zeros says in which span the draw lies, the bits behind them where in
/// it. The span that reaches `max` takes the share of all that would lie behind it.
fn long_tail(random: u64, min: Nanos, median: Nanos, max: Nanos) -> Nanos {
    assert!(min <= median && median <= max, "{min}, {median}, {max} are not in order");
    let zeros = random.leading_zeros().min(31);
    let rest = random << (zeros + 1);
    let mut low = min;
    let mut span = (median - min).max(1);
    for _ in 0..zeros {
        let next = low.saturating_add(span);
        if next >= max {
            break;
        }
        low = next;
        span = span.saturating_mul(2);
    }
    between(rest, low, low.saturating_add(span).min(max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Chance, StreamName};

    fn draws(delay: Delay) -> Vec<Nanos> {
        let mut stream = Chance::new(1).stream(StreamName::Other(0));
        let mut draws: Vec<_> = (0..10_000).map(|_| delay.draw(stream.next_u64())).collect();
        draws.sort_unstable();
        draws
    }

    #[test]
    fn a_fixed_delay_never_varies() {
        assert!(draws(Delay::Fixed(7)).iter().all(|&draw| draw == 7));
    }

    #[test]
    fn a_uniform_delay_reaches_both_ends() {
        let draws = draws(Delay::Uniform { min: 10, max: 19 });
        assert_eq!([draws[0], draws[9_999]], [10, 19]);
        let middle = draws.partition_point(|&draw| draw < 15);
        assert!((4_700..5_300).contains(&middle), "{middle}");
    }

    #[test]
    fn a_long_tail_halves_with_every_doubled_span() {
        let draws = draws(Delay::LongTail { min: 100, median: 200, max: 10_000 });
        assert!(draws[0] >= 100 && draws[9_999] <= 10_000);
        for (bound, expected) in [(200, 5_000), (400, 7_500), (800, 8_750), (1_600, 9_375)] {
            let count = draws.partition_point(|&draw| draw < bound);
            assert!(count.abs_diff(expected) < 250, "{count} of {expected} are below {bound}");
        }
        assert!(draws[9_999] > 3_000, "the tail is never seen");
    }

    #[test]
    fn a_long_tail_keeps_its_bounds_at_the_extremes() {
        for [min, median, max] in
            [[0, 0, 0], [5, 5, 5], [5, 5, 9], [0, 1, u64::MAX], [0, u64::MAX, u64::MAX]]
        {
            for random in [0, 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX] {
                let draw = Delay::LongTail { min, median, max }.draw(random);
                assert!((min..=max).contains(&draw), "{draw} of {min} {median} {max}");
            }
        }
    }
}
