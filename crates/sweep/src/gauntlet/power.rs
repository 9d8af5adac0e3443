//! What has become harder to find, or easier.
//!
//! Seeds to a detection vary a lot by themselves: the last of twenty hunts may take ten times as
//! many as the median. So rows are compared by rank (*Mann & Whitney 1947*): the share of pairs of
//! an old and a new hunt in which the new one took more seeds, ties counted half. Of two rows of
//! twenty hunts from the same distribution, one in more than a thousand is beyond four fifths.

use super::{Row, Table};

/// Pairs per hundred, beyond which a row has changed.
const CHANGED_PERCENT: u64 = 80;

/// Hunts below which nothing is said: chance alone reaches any share.
const HUNTS_MIN: usize = 8;

/// What became of a flaw's detection in a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It takes more seeds than it did.
    Harder,
    /// It takes fewer.
    Easier,
    /// It is in the table of before, and not in that of now.
    Gone,
    /// It was found in every hunt, and is in none.
    Lost,
}

/// A row that has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harder {
    /// The flaw.
    pub flaw: String,
    /// The scenario.
    pub scenario: String,
    /// What became of it.
    pub change: Change,
    /// Seeds in the median before; `None`: not found.
    pub before: Option<u64>,
    /// Seeds in the median now.
    pub now: Option<u64>,
}

/// The rows of `before` that have changed, in its order.
#[must_use]
pub fn compare(before: &Table, now: &Table) -> Vec<Harder> {
    let change = |old: &Row| {
        let same = |new: &&Row| new.flaw == old.flaw && new.scenario == old.scenario;
        let new = now.rows.iter().find(same);
        let change = match new {
            None => Some(Change::Gone),
            Some(new) if new.found() == 0 && old.found() > 0 => Some(Change::Lost),
            Some(new) => by_rank(old, new),
        };
        change.map(|change| Harder {
            flaw: old.flaw.clone(),
            scenario: old.scenario.clone(),
            change,
            before: old.seeds().median,
            now: new.and_then(|new| new.seeds().median),
        })
    };
    before.rows.iter().filter_map(change).collect()
}

fn by_rank(old: &Row, new: &Row) -> Option<Change> {
    if old.hunts.len() < HUNTS_MIN || new.hunts.len() < HUNTS_MIN {
        return None;
    }
    let seeds = |row: &Row| -> Vec<u64> {
        let hunts = row.hunts.iter();
        hunts.map(|hunt| hunt.found.as_ref().map_or(u64::MAX, |_| hunt.seeds)).collect()
    };
    let (old, new) = (seeds(old), seeds(new));
    let pairs = 2 * (old.len() * new.len()) as u64;
    let score = |a: u64, b: u64| u64::from(b > a) + u64::from(b >= a);
    let more: u64 = old.iter().map(|&a| new.iter().map(|&b| score(a, b)).sum::<u64>()).sum();
    if more * 100 > pairs * CHANGED_PERCENT {
        Some(Change::Harder)
    } else if more * 100 < pairs * (100 - CHANGED_PERCENT) {
        Some(Change::Easier)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{row, table};
    use super::*;

    fn change(before: &[u64], now: &[u64]) -> Option<Change> {
        let found = compare(&table(vec![row("a", before)]), &table(vec![row("a", now)]));
        found.first().map(|found| found.change)
    }

    #[test]
    fn the_same_luck_is_no_change() {
        let some = [1, 4, 2, 9, 30, 3, 5, 7, 2, 12];
        let others = [2, 3, 1, 11, 22, 4, 8, 6, 1, 15];
        assert_eq!(change(&some, &some), None);
        assert_eq!(change(&some, &others), None);
        assert_eq!(change(&[1; 10], &[1; 10]), None);
    }

    #[test]
    fn ten_times_the_seeds_are_harder_and_the_other_way_round_easier() {
        let few = [1, 4, 2, 9, 30, 3, 5, 7, 2, 12];
        let many = [20, 14, 25, 90, 31, 33, 52, 70, 28, 0];
        assert_eq!(change(&few, &many), Some(Change::Harder));
        assert_eq!(change(&many, &few), Some(Change::Easier));
        assert_eq!(change(&few[..7], &many), None, "too few hunts to tell");
    }

    #[test]
    fn what_is_not_found_any_more_is_lost_however_few_hunts_there_are() {
        assert_eq!(change(&[3], &[0]), Some(Change::Lost));
        let found = compare(&table(vec![row("a", &[3])]), &table(vec![row("b", &[3])]));
        assert_eq!((found[0].change, found[0].before, found[0].now), (Change::Gone, Some(3), None));
    }
}
