//! Durations, counted by their size: enough for a percentile over millions of runs, in integers.

use std::collections::BTreeMap;

use system::Nanos;

/// Buckets for each doubling: a duration is told to an eighth of its size.
const EIGHTHS: u32 = 3;

/// How many durations there were of each size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By bucket; see [`bucket`].
    buckets: BTreeMap<u32, u64>,
}

impl Histogram {
    /// Adds a duration.
    pub fn add(&mut self, duration: Nanos) {
        *self.buckets.entry(bucket(duration)).or_default() += 1;
    }

    /// Adds all durations of another one. The order in which histograms are joined is of no
    /// consequence.
    pub fn join(&mut self, other: &Histogram) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    /// The buckets that are not empty, the shortest durations first: the number of each and how
    /// many durations it holds. [`Histogram::from_buckets`] is the way back.
    pub fn buckets(&self) -> impl Iterator<Item = (u32, u64)> {
        self.buckets.iter().map(|(bucket, count)| (*bucket, *count))
    }

    /// The histogram with these buckets.
    #[must_use]
    pub fn from_buckets(buckets: impl IntoIterator<Item = (u32, u64)>) -> Self {
        Histogram { buckets: buckets.into_iter().filter(|(_, count)| *count > 0).collect() }
    }

    /// How many durations there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.values().sum()
    }

    /// The same, rounded down to the beginning of its bucket: what is surely exceeded.
    ///
    /// # Panics
    ///
    /// If `part` is above 1 000.
    #[must_use]
    pub fn at_least(&self, part: u64) -> Option<Nanos> {
        self.bucket_at(part).map(|bucket| bucket.checked_sub(1).map_or(0, |b| longest(b) + 1))
    }

    /// The duration that `part` of 1 000 do not exceed, rounded up to the end of its bucket: 500
    /// for the median, 990 for the 99th percentile. `None` if there are no durations.
    ///
    /// # Panics
    ///
    /// If `part` is above 1 000.
    #[must_use]
    pub fn at_most(&self, part: u64) -> Option<Nanos> {
        self.bucket_at(part).map(longest)
    }

    fn bucket_at(&self, part: u64) -> Option<u32> {
        assert!(part <= 1_000, "{part} of 1000 is more than all");
        let wanted = (u128::from(self.count()) * u128::from(part)).div_ceil(1_000).max(1);
        let mut seen = 0;
        self.buckets.iter().find_map(|(bucket, count)| {
            seen += u128::from(*count);
            (seen >= wanted).then_some(*bucket)
        })
    }
}

/// Durations below 16 ns have a bucket each, 0 to 15; from there on each doubling has eight: the
/// position of the highest bit, and the three bits behind it.
fn bucket(duration: Nanos) -> u32 {
    let low = 1 << (EIGHTHS + 1);
    if duration < low {
        return duration as u32;
    }
    let shift = 63 - duration.leading_zeros() - EIGHTHS;
    (shift << EIGHTHS) + (duration >> shift) as u32
}

/// The longest duration of a bucket.
fn longest(bucket: u32) -> Nanos {
    if bucket < 1 << (EIGHTHS + 1) {
        return u64::from(bucket);
    }
    let shift = (bucket >> EIGHTHS) - 1;
    let start = u128::from(bucket - (shift << EIGHTHS)) << shift;
    Nanos::try_from(start + (1 << shift) - 1).unwrap_or(Nanos::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_and_hold_what_they_say() {
        let mut last = None;
        for duration in (0..4_096).chain([1 << 40, (1 << 40) + 1, u64::MAX - 1, u64::MAX]) {
            let place = bucket(duration);
            assert!(last.is_none_or(|last| place == last || place == last + 1 || duration > 4_096));
            assert!(duration <= longest(place), "{duration}");
            assert!(place == 0 || duration > longest(place - 1), "{duration}");
            last = Some(place);
        }
    }

    #[test]
    fn percentiles_are_told_to_an_eighth() {
        let mut all = Histogram::default();
        assert_eq!(all.at_most(500), None);
        for half in [1..=500, 501..=1_000] {
            let mut some = Histogram::default();
            half.for_each(|millis| some.add(millis * 1_000_000));
            all.join(&some);
        }
        let within = |part: u64, exact: u64| {
            let found = all.at_most(part).expect("there are durations");
            (exact..=exact + exact / 8).contains(&found)
        };
        for part in [0, 10, 500, 990, 1_000] {
            let exact = (part.max(1)) * 1_000_000;
            assert!(all.at_least(part).is_some_and(|least| least <= exact), "{part}");
            assert!(all.at_least(part).zip(all.at_most(part)).is_some_and(|(a, b)| a < b));
        }
        assert_eq!(all.count(), 1_000);
        assert!(within(0, 1_000_000) && within(500, 500_000_000) && within(990, 990_000_000));
        assert_eq!(Histogram::from_buckets(all.buckets()), all);
    }
}
