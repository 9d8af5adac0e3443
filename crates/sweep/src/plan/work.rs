//! The chunks of a plan: how many there are, what each asks for, and in which order they are run.

use super::{Plan, Planned, Seeds};

/// What a chunk asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Seeds of a scenario.
    Seeds {
        /// The scenario's place in the plan.
        scenario: usize,
        /// The place of the first seed among the seeds of the plan.
        from: u64,
        /// The place behind the last.
        to: u64,
    },
    /// The canary.
    Canary,
}

impl Plan {
    /// Chunks of each scenario.
    pub(super) fn blocks(&self) -> u64 {
        self.seeds.count().div_ceil(self.chunk)
    }

    /// Chunks that hold seeds, those of each scenario in a row.
    fn seed_chunks(&self) -> u64 {
        self.blocks() * self.scenarios.len() as u64
    }

    /// How many chunks there are; the last one is the canary. None if there is no seed to run.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        match self.seed_chunks() {
            0 => 0,
            chunks => chunks + 1,
        }
    }

    /// How many runs the plan asks for, the canary's left out.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.seeds.count() * self.scenarios.len() as u64
    }

    /// What a chunk asks for; `None` if there is no such chunk.
    #[must_use]
    pub fn work(&self, chunk: u64) -> Option<Work> {
        let seeds = self.seed_chunks();
        if chunk >= self.chunks() {
            return None;
        }
        if chunk == seeds {
            return Some(Work::Canary);
        }
        let block = chunk % self.blocks();
        let from = block * self.chunk;
        let to = self.seeds.count().min(from + self.chunk);
        let scenario = usize::try_from(chunk / self.blocks()).expect("scenarios fit in memory");
        Some(Work::Seeds { scenario, from, to })
    }

    /// The scenario of some work, and how many seeds it has at most.
    ///
    /// # Panics
    ///
    /// If the work is not of this plan.
    #[must_use]
    pub fn scenario_of(&self, work: Work) -> (&Planned, u64) {
        match work {
            Work::Seeds { scenario, from, to } => (&self.scenarios[scenario], to - from),
            Work::Canary => {
                (&self.canary, self.canary.within().expect("checked when the plan was made"))
            }
        }
    }

    /// The chunk that holds a seed of a scenario; `None` if none does.
    #[must_use]
    pub fn chunk_of(&self, scenario: &str, seed: u64) -> Option<u64> {
        let scenario = self.scenarios.iter().position(|planned| planned.name == scenario)?;
        let place = match &self.seeds {
            Seeds::Range { first, end } if seed < *end => seed.checked_sub(*first)?,
            Seeds::Range { .. } => return None,
            Seeds::List(seeds) => seeds.iter().position(|listed| *listed == seed)? as u64,
        };
        Some(scenario as u64 * self.blocks() + place / self.chunk)
    }

    /// The places of the seeds of some work: first, and the one behind the last.
    ///
    /// # Panics
    ///
    /// If the work is not of this plan.
    #[must_use]
    pub fn places(&self, work: Work) -> (u64, u64) {
        match work {
            Work::Seeds { from, to, .. } => (from, to),
            Work::Canary => (0, self.scenario_of(work).1),
        }
    }

    /// The seed at a place of some work. The canary's are counted from 0.
    ///
    /// # Panics
    ///
    /// If there is no such place.
    #[must_use]
    pub fn seed(&self, work: Work, place: u64) -> u64 {
        match work {
            Work::Seeds { .. } => self.seeds.at(place),
            Work::Canary => place,
        }
    }

    /// All chunks in the order in which they are run: the canary first, then the first chunk of
    /// every scenario, then the second ones, so that whoever stops early has seen some of each.
    #[must_use]
    pub fn order(&self) -> Vec<u64> {
        let Some(canary) = self.chunks().checked_sub(1) else { return Vec::new() };
        let blocks = self.blocks();
        let scenarios = self.scenarios.len() as u64;
        let rest = (0..blocks).flat_map(|block| (0..scenarios).map(move |s| s * blocks + block));
        std::iter::once(canary).chain(rest).collect()
    }
}
