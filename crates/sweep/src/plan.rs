//! What is a sweep made of? Scenarios, seeds, and the size of the chunks they are cut into.
//!
//! A plan is a file that every worker and the merge read, so that nobody can disagree on what is
//! to be run. Its name is a hash of its content; records bear it, and those of another plan are
//! refused.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use system::Digest;
use trace::{Build, Expect, Scenario};

use crate::seeds::{Seeds, Verify};

mod work;

pub use work::Work;

/// The version of plans and records. Readers take no other major.
pub const VERSION: &str = "1.0";

/// Chunks of a plan at most: each becomes a file.
pub const CHUNKS_MAX: u64 = 1_000_000;

/// The program that a sweep is run by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What people type to start it.
    pub command: String,
    /// Its version, and that of the system under test.
    pub version: Build,
    /// Which build of it: a hash of the program.
    pub build: String,
}

/// Everything that a sweep depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    #[serde(rename = "type")]
    kind: String,
    v: String,
    /// The name of the plan: a hash of all that follows, 16 hex digits.
    pub plan: String,
    /// What people type to start this program.
    pub program: String,
    /// The version of this program.
    pub squall: String,
    /// Which build of it: a hash of the program. Another build may run other events.
    pub build: String,
    /// The name of the system under test.
    pub system: String,
    /// Its version.
    pub system_version: String,
    /// The scenarios, each of which runs every seed.
    pub scenarios: Vec<Planned>,
    /// What the command line changed in the scenarios; they hold it already.
    pub set: Vec<(String, String)>,
    /// The seeds.
    pub seeds: Seeds,
    /// Seeds in a chunk; the last chunk of a scenario may have fewer. At least 1.
    pub chunk: u64,
    /// Which passing seeds are run twice.
    pub verify: Verify,
    /// A scenario that must fail: whoever finds nothing in it finds nothing elsewhere either.
    pub canary: Planned,
    /// A mistake planted in the worker, for tests of the engine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poison: Option<String>,
}

/// A scenario of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// How it was named on the command line, for the command that does it again.
    pub argument: String,
    /// All of it, as [`Scenario::to_document`] writes it.
    pub scenario: Value,
    /// The options of the program under test in this scenario, in its own words. Programs may read
    /// them from elsewhere, and then runs of one scenario are not runs of another mode.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub options: String,
}

/// What is wrong with the text of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem(pub String);

impl fmt::Display for PlanProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Planned {
    /// Takes up a scenario, with its overrides applied.
    #[must_use]
    pub fn new(argument: &str, scenario: &Scenario) -> Self {
        Planned {
            name: scenario.name.clone(),
            argument: argument.to_owned(),
            scenario: scenario.to_document(),
            options: String::new(),
        }
    }

    /// The same with the options that the program under test has in it.
    #[must_use]
    pub fn with_options(self, options: String) -> Self {
        Planned { options, ..self }
    }

    /// The scenario.
    ///
    /// # Errors
    ///
    /// If its text is none, as after an edit by hand.
    pub fn parse(&self) -> Result<Scenario, PlanProblem> {
        let text = self.scenario.to_string();
        trace::parse_scenario(&self.name, &text, &[]).map_err(|problems| {
            let messages: Vec<&str> = problems.list.iter().map(|p| &*p.message).collect();
            PlanProblem(format!("scenario {}: {}", self.name, messages.join("; ")))
        })
    }

    /// How many seeds of a canary are tried: those within which it is expected to fail.
    fn within(&self) -> Result<u64, PlanProblem> {
        match self.parse()?.expect {
            Expect::Fail { within, .. } => Ok(within),
            Expect::Pass => Ok(CANARY_SEEDS),
        }
    }
}

/// Seeds that are tried of a canary that does not say how many it takes.
const CANARY_SEEDS: u64 = 50;

impl Plan {
    /// How each scenario is expected to end, by its name.
    ///
    /// # Panics
    ///
    /// If a scenario of the plan cannot be read.
    #[must_use]
    pub fn expectations(&self) -> BTreeMap<String, Expect> {
        let read = |planned: &Planned| {
            let scenario =
                planned.parse().expect("the scenarios of a plan are read before it is run");
            (planned.name.clone(), scenario.expect)
        };
        self.scenarios.iter().map(read).collect()
    }

    /// Makes a plan and names it.
    ///
    /// # Errors
    ///
    /// If there is nothing in it to run, a scenario stands in it twice, or it is too large.
    pub fn new(
        program: &Program,
        scenarios: Vec<Planned>,
        set: &[(String, String)],
        seeds: Seeds,
        chunk: Option<u64>,
        verify: Verify,
        canary: Planned,
    ) -> Result<Plan, PlanProblem> {
        let chunk = chunk.unwrap_or_else(|| seeds.chunk());
        let mut plan = Plan {
            kind: "plan".to_owned(),
            v: VERSION.to_owned(),
            plan: String::new(),
            program: program.command.clone(),
            squall: program.version.squall.clone(),
            build: program.build.clone(),
            system: program.version.system.clone(),
            system_version: program.version.system_version.clone(),
            scenarios,
            set: set.to_vec(),
            seeds,
            chunk,
            verify,
            canary,
            poison: None,
        };
        plan.check()?;
        plan.plan = plan.hash();
        Ok(plan)
    }

    /// The same plan with a mistake planted in its workers, under a name of its own.
    #[must_use]
    pub fn poisoned(mut self, poison: Option<String>) -> Self {
        self.poison = poison;
        self.plan = self.hash();
        self
    }

    /// The same plan for another build, under a name of its own.
    #[must_use]
    pub fn of_build(mut self, build: &str) -> Self {
        build.clone_into(&mut self.build);
        self.plan = self.hash();
        self
    }

    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// If the text is no plan, or not the one that its name says.
    pub fn read(text: &str) -> Result<Plan, PlanProblem> {
        let plan: Plan = serde_json::from_str(text)
            .map_err(|error| PlanProblem(format!("this is no plan of a sweep: {error}")))?;
        if plan.kind != "plan" || plan.v.split('.').next() != VERSION.split('.').next() {
            let (kind, v) = (&plan.kind, &plan.v);
            return Err(PlanProblem(format!("expected a plan of version 1, found {kind} {v}")));
        }
        let found = plan.hash();
        if plan.plan != found {
            let name = &plan.plan;
            let message = format!("the plan was changed: it is named {name}, its content {found}");
            return Err(PlanProblem(message));
        }
        plan.check()?;
        Ok(plan)
    }

    /// The text of the plan: one line, with its line feed.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a plan is plain data");
        text.push('\n');
        text
    }

    fn hash(&self) -> String {
        let nameless = Plan { plan: String::new(), ..self.clone() };
        format!("{:016x}", Digest::new().bytes(nameless.write().as_bytes()).finish())
    }

    fn check(&self) -> Result<(), PlanProblem> {
        let problem = |text: String| Err(PlanProblem(text));
        if let Seeds::Range { first, end } = self.seeds
            && end < first
        {
            return problem(format!("seeds {first}..{end} run backwards"));
        }
        if let Seeds::List(seeds) = &self.seeds {
            let mut sorted = seeds.clone();
            sorted.sort_unstable();
            if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                return problem(format!("seed {} is there twice", pair[0]));
            }
        }
        if self.chunk == 0 {
            return problem("a chunk holds at least 1 seed".to_owned());
        }
        let chunks = self.blocks().checked_mul(self.scenarios.len() as u64);
        if chunks.is_none_or(|chunks| chunks > CHUNKS_MAX) {
            return problem(format!("more than {CHUNKS_MAX} chunks; make them larger (--chunk)"));
        }
        let mut names: Vec<&str> = self.scenarios.iter().map(|planned| &*planned.name).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return problem(format!("scenario `{}` is there twice", pair[0]));
        }
        self.canary.within().map(|_| ())
    }
}
