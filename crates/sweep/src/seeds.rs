//! Which seeds, and which of those that pass are run twice.

use serde::{Deserialize, Serialize};

/// Which seeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Seeds {
    /// All from the first to below the end.
    Range {
        /// The first.
        first: u64,
        /// The one behind the last.
        end: u64,
    },
    /// These, in this order.
    List(Vec<u64>),
}

/// Which passing seeds are run twice, the second time in a fresh process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    /// The first of each hundred of a scenario.
    Sample,
    /// Every one.
    All,
    /// None.
    None,
}

impl Seeds {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Seeds::Range { first, end } => end.saturating_sub(*first),
            Seeds::List(seeds) => seeds.len() as u64,
        }
    }

    /// The seed at a place, from 0.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn at(&self, place: u64) -> u64 {
        match self {
            Seeds::Range { first, .. } => first + place,
            Seeds::List(seeds) => seeds[usize::try_from(place).expect("a place in memory")],
        }
    }

    /// The size of chunks if nobody asks for another: some two hundred chunks for each scenario,
    /// so that all cores stay busy to the end, but no fewer than 5 seeds and, unless there would
    /// be more than ten thousand chunks, no more than 100.
    #[must_use]
    pub fn chunk(&self) -> u64 {
        let count = self.count();
        (count / 200).clamp(5, 100).max(count.div_ceil(10_000))
    }
}

impl Verify {
    /// Whether a passing seed at this place of its scenario is run twice.
    #[must_use]
    pub fn wants(self, place: u64) -> bool {
        match self {
            Verify::Sample => place.is_multiple_of(100),
            Verify::All => true,
            Verify::None => false,
        }
    }
}
