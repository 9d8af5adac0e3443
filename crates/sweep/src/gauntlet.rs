//! The gauntlet: known mistakes, planted one at a time, and how long the testbed takes to find
//! each. What it measures is the testbed, not the node.
//!
//! A *hunt* is one flaw in one scenario from one base: seeds are run one after the other until
//! one fails. A *row* is all hunts of a flaw in a scenario, a *table* all rows. Seeds to a
//! detection are a property of the build and can be compared over machines; CPU time cannot, but
//! it is what a detection costs.
//!
//! * [`strategy`]: the ways to make a scenario harsher or milder that are compared.
//! * [`table`](mod@table): the rows for people, in a terminal and in Markdown.
//! * [`power`]: what has become harder to find than it was.
//!
//! **Not done here:** running a seed, and measuring CPU time.

pub mod power;
pub mod strategy;
pub mod table;

use serde::{Deserialize, Serialize};

pub use power::{Change, Harder, compare};
pub use strategy::Strategy;
pub use table::{human, markdown};

/// Seeds between two bases: hunts of different bases share none.
pub const BASE_DISTANCE: u64 = 1_000_000;

/// One flaw, hunted in one scenario from one base until it was found or the seeds ran out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunt {
    /// Which base; its first seed is this times [`BASE_DISTANCE`].
    pub base: u64,
    /// Seeds that were run, with the one that found it.
    pub seeds: u64,
    /// CPU time of all these runs, in microseconds.
    pub cpu_us: u64,
    /// What was found; nothing: the seeds ran out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// The detection at the end of a hunt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The seed that failed.
    pub seed: u64,
    /// The signature of its first violation.
    pub sig: String,
}

/// All hunts of a flaw in a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The flaw's id.
    pub flaw: String,
    /// The scenario's name.
    pub scenario: String,
    /// Signatures that say what is wrong; see [`is_expected`].
    pub expected: Vec<String>,
    /// The hunts, by base.
    pub hunts: Vec<Hunt>,
}

/// All that was hunted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The version of `squall`.
    pub squall: String,
    /// How scenarios were changed; see [`Strategy`].
    pub strategy: String,
    /// Seeds after which a hunt was given up, if it is the same for all flaws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds_max: Option<u64>,
    /// The rows, in the order of the catalogue.
    pub rows: Vec<Row>,
}

/// Least, middle and most of several measurements; `None` stands for one that has no end. Of two
/// middle ones, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub least: Option<u64>,
    /// The median.
    pub median: Option<u64>,
    /// The most.
    pub most: Option<u64>,
}

impl Spread {
    fn of(values: impl Iterator<Item = Option<u64>>) -> Self {
        let mut values: Vec<u64> = values.map(|value| value.unwrap_or(u64::MAX)).collect();
        values.sort_unstable();
        let at = |place: usize| values.get(place).copied().filter(|&value| value < u64::MAX);
        Spread {
            least: at(0),
            median: at(values.len() / 2),
            most: at(values.len().saturating_sub(1)),
        }
    }
}

impl Row {
    /// In how many hunts it was found.
    #[must_use]
    pub fn found(&self) -> usize {
        self.hunts.iter().filter(|hunt| hunt.found.is_some()).count()
    }

    /// In how many hunts what was found says what is wrong.
    #[must_use]
    pub fn as_expected(&self) -> usize {
        let found = self.hunts.iter().filter_map(|hunt| hunt.found.as_ref());
        found.filter(|found| is_expected(&self.expected, &found.sig)).count()
    }

    /// Seeds to the detection.
    #[must_use]
    pub fn seeds(&self) -> Spread {
        Spread::of(self.hunts.iter().map(|hunt| hunt.found.as_ref().map(|_| hunt.seeds)))
    }

    /// CPU time to the detection, in microseconds.
    #[must_use]
    pub fn cpu_us(&self) -> Spread {
        Spread::of(self.hunts.iter().map(|hunt| hunt.found.as_ref().map(|_| hunt.cpu_us)))
    }

    /// The signatures that were found and how often, the most frequent first.
    #[must_use]
    pub fn signatures(&self) -> Vec<(&str, usize)> {
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for found in self.hunts.iter().filter_map(|hunt| hunt.found.as_ref()) {
            match counted.iter_mut().find(|(sig, _)| *sig == found.sig) {
                Some((_, count)) => *count += 1,
                None => counted.push((&found.sig, 1)),
            }
        }
        counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        counted
    }
}

impl Table {
    /// The flaws that no hunt of no scenario found, in the order of the rows.
    #[must_use]
    pub fn never_found(&self) -> Vec<&str> {
        let found = |flaw: &str| self.rows.iter().any(|row| row.flaw == flaw && row.found() > 0);
        let mut flaws: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !flaws.contains(&row.flaw.as_str()) && !found(&row.flaw) {
                flaws.push(&row.flaw);
            }
        }
        flaws
    }

    /// The flaws that were found, but never by a signature that says what is wrong.
    #[must_use]
    pub fn never_as_expected(&self) -> Vec<&str> {
        let rows = || self.rows.iter();
        let mut flaws: Vec<&str> = Vec::new();
        for row in rows().filter(|row| row.found() > 0) {
            let named = rows().any(|other| other.flaw == row.flaw && other.as_expected() > 0);
            if !named && !flaws.contains(&row.flaw.as_str()) {
                flaws.push(&row.flaw);
            }
        }
        flaws
    }

    /// For each flaw the row that finds it for the least CPU time; those never found are left out.
    #[must_use]
    pub fn best(&self) -> Vec<&Row> {
        let mut best: Vec<&Row> = Vec::new();
        for row in self.rows.iter().filter(|row| row.cpu_us().median.is_some()) {
            match best.iter_mut().find(|other| other.flaw == row.flaw) {
                Some(other) if row.cpu_us().median < other.cpu_us().median => *other = row,
                Some(_) => {}
                None => best.push(row),
            }
        }
        best
    }

    /// The geometric mean of the median CPU times of some rows, in microseconds; 0 of none. A hunt
    /// in vain counts with what it has used.
    #[must_use]
    #[expect(clippy::float_arithmetic, reason = "a mean for people, in no event and no record")]
    pub fn geometric_mean_us<'a>(rows: impl Iterator<Item = &'a Row>) -> u64 {
        let used = |row: &Row| Spread::of(row.hunts.iter().map(|hunt| Some(hunt.cpu_us))).median;
        let logs: Vec<f64> = rows.filter_map(used).map(|us| (us.max(1) as f64).ln()).collect();
        if logs.is_empty() {
            return 0;
        }
        (logs.iter().sum::<f64>() / logs.len() as f64).exp().round() as u64
    }

    /// The table as a file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a table has no odd keys");
        // A line for each row and each hunt: differences are then read as such.
        for (from, to) in [("{\"flaw\"", "\n{\"flaw\""), ("{\"base\"", "\n  {\"base\"")] {
            text = text.replace(from, to);
        }
        text.push('\n');
        text
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and in which line.
    pub fn read(text: &str) -> Result<Table, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

/// Whether a signature is one of those named: `check/kind`, wherever it is (`check/kind#place`), or
/// `check` or `check/*` for all kinds.
#[must_use]
pub fn is_expected(expected: &[String], sig: &str) -> bool {
    expected.iter().any(|expected| {
        let check = expected.strip_suffix("/*").unwrap_or(expected);
        match sig.strip_prefix(check) {
            Some("") => true,
            Some(rest) if check.contains('/') => rest.starts_with('#'),
            Some(rest) => rest.starts_with('/'),
            None => false,
        }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row of hunts that took so many seeds, a thousand microseconds each; 0 for in vain.
    pub(crate) fn row(flaw: &str, seeds: &[u64]) -> Row {
        let hunt = |(base, &seeds): (usize, &u64)| Hunt {
            base: base as u64,
            seeds: if seeds == 0 { 50 } else { seeds },
            cpu_us: 1_000 * if seeds == 0 { 50 } else { seeds },
            found: (seeds > 0)
                .then(|| Found { seed: seeds, sig: "durability/acked-write-lost".into() }),
        };
        Row {
            flaw: flaw.into(),
            scenario: "swarm".into(),
            expected: vec!["durability".into()],
            hunts: seeds.iter().enumerate().map(hunt).collect(),
        }
    }

    pub(crate) fn table(rows: Vec<Row>) -> Table {
        Table { squall: "0.1.0".into(), strategy: "stock".into(), seeds_max: None, rows }
    }

    #[test]
    fn a_hunt_in_vain_counts_as_endless() {
        let row = row("no-fsync", &[3, 0, 7, 1, 0]);
        assert_eq!(row.found(), 3);
        assert_eq!(row.seeds(), Spread { least: Some(1), median: Some(7), most: None });
        assert_eq!(row.cpu_us().median, Some(7_000));
        let mostly = self::row("x", &[3, 0, 0]);
        assert_eq!(mostly.seeds().median, None);
        assert!(table(vec![mostly]).best().is_empty());
    }

    #[test]
    fn the_best_scenario_of_a_flaw_is_the_cheapest() {
        let mut other = row("a", &[2, 2, 2]);
        other.scenario = "crashes".into();
        let table = table(vec![row("a", &[9, 9, 9]), other, row("b", &[0])]);
        let best: Vec<_> = table.best().iter().map(|row| row.scenario.as_str()).collect();
        assert_eq!(best, ["crashes"]);
        assert_eq!(table.never_found(), ["b"]);
        assert_eq!(Table::geometric_mean_us(table.best().into_iter()), 2_000);
        assert_eq!(Table::geometric_mean_us([row("a", &[1]), row("b", &[4])].iter()), 2_000);
    }

    #[test]
    fn signatures_are_expected_by_check_or_by_kind() {
        let expected = |list: &[&str], sig| {
            is_expected(&list.iter().map(ToString::to_string).collect::<Vec<_>>(), sig)
        };
        assert!(expected(&["linearizable"], "linearizable/stale-read"));
        assert!(expected(&["linearizable/*"], "linearizable/stale-read"));
        assert!(expected(&["x", "sut/panic"], "sut/panic"));
        assert!(expected(&["sut/halt"], "sut/halt#corrupt"));
        assert!(!expected(&["sut/halt"], "sut/halted"));
        assert!(!expected(&["linear"], "linearizable/stale-read"));
        assert!(!expected(&["sut/panic"], "sut/halted"));
        assert!(!expected(&[], "sut/halted"));
    }

    #[test]
    fn a_flaw_that_is_found_under_another_name_is_told() {
        let mut odd = row("a", &[1, 2]);
        odd.expected = vec!["election-safety".into()];
        assert_eq!(odd.as_expected(), 0);
        assert_eq!(table(vec![odd.clone()]).never_as_expected(), ["a"]);
        assert!(table(vec![odd, row("a", &[1])]).never_as_expected().is_empty());
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let written = table(vec![row("a", &[1, 0]), row("b", &[])]);
        let text = written.write();
        assert_eq!(text.lines().filter(|line| line.starts_with("{\"flaw\"")).count(), 2);
        assert_eq!(Table::read(&text), Ok(written));
        assert!(Table::read("{").unwrap_err().contains("line 1"));
    }
}
