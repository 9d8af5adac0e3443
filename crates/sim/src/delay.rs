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
