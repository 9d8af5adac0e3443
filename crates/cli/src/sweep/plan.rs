//! From the command line to a plan.

use std::io::Read;
use std::path::Path;

use sweep::{Plan, Planned, Program, Seeds};
use system::Digest;
use trace::Scenario;

use super::args::{PlanArgs, WhatArgs};
use super::poison::Poison;
use crate::output::{self, Color, Stop};
use crate::seed::Seed;
use crate::{exit, find, program, record, runs};

/// How many seeds if nobody says.
const NUMBER: u64 = 1000;

/// The stock scenario that must fail.
const CANARY: &str = "raftexample";

/// Bytes of the program that are hashed at once.
const BUILD_BLOCK: usize = 1 << 16;

/// A plan, and how its seeds were chosen, in words.
pub(crate) struct Asked {
    pub(crate) plan: Plan,
    pub(crate) seeds: String,
}

/// `squall plan`: writes a plan.
pub(crate) fn write(args: &PlanArgs, color: Color) -> Result<u8, Stop> {
    let asked = plan(&args.what, color)?;
    let text = asked.plan.write();
    match &args.out {
        None => output::result(&text)?,
        Some(path) => {
            runs::write_whole(path, |out| out.write_all(text.as_bytes()))?;
            let (name, chunks) = (&asked.plan.plan, asked.plan.chunks());
            output::note(&format!(
                "    plan  {name}  {}  {chunks} chunks of {}  {}",
                asked.words(),
                asked.plan.chunk,
                path.display()
            ));
        }
    }
    Ok(exit::PASS)
}

impl Asked {
    /// `2 scenarios x 1000 seeds from base 17 (random)`.
    pub(crate) fn words(&self) -> String {
        let scenarios =
            crate::words::count(self.plan.scenarios.len() as u64, "scenario", "scenarios");
        format!("{scenarios} x {}", self.seeds)
    }
}

/// Makes the plan that was asked for.
///
/// # Errors
///
/// If a scenario is bad or missing, or the seeds are.
pub(crate) fn plan(what: &WhatArgs, color: Color) -> Result<Asked, Stop> {
    if what.scenarios.is_empty() {
        return Err(Stop::bad_input(
            "no scenario to sweep; `squall list scenarios` shows what there is",
        ));
    }
    let set = what.overrides();
    let planned = what.scenarios.iter().map(|argument| {
        let scenario = find::scenario(argument, &set, color)?;
        let options = program::options(&scenario);
        Ok(Planned::new(argument, &scenario).with_options(options))
    });
    let planned = planned.collect::<Result<Vec<Planned>, Stop>>()?;
    let (seeds, words) = seeds(what)?;
    let canary = canary(what, color)?;
    Poison::read(what.poison.as_deref()).map_err(Stop::bad_input)?;
    let program =
        Program { command: program::command(), version: record::build(), build: build()? };
    let verify = what.verify.into();
    let plan = Plan::new(&program, planned, &set, seeds, what.chunk, verify, canary);
    let plan = plan.map_err(Stop::bad_input)?.poisoned(what.poison.clone());
    Ok(Asked { plan, seeds: words })
}

fn canary(what: &WhatArgs, color: Color) -> Result<Planned, Stop> {
    let scenario: Scenario = match &what.canary {
        Some(argument) => find::scenario(argument, &[], color)?,
        None => find::stock(CANARY, &[], color)?,
    };
    Ok(Planned::new(&scenario.name.clone(), &scenario))
}

/// The seeds, and how they were chosen.
fn seeds(what: &WhatArgs) -> Result<(Seeds, String), Stop> {
    let Some(text) = &what.seeds else {
        let base = what.seed.unwrap_or_else(Seed::random);
        let number = what.number.unwrap_or(NUMBER);
        let end = base.value.checked_add(number).ok_or_else(|| {
            Stop::bad_input(format!("{number} seeds from {} go beyond 2^64", base.value))
        })?;
        let words = format!("{number} seeds from base {}{}", base.value, base.origin);
        return Ok((Seeds::Range { first: base.value, end }, words));
    };
    if let Some(path) = text.strip_prefix('@') {
        let list = list(Path::new(path))?;
        let words = format!("{} seeds of {path}", list.len());
        return Ok((Seeds::List(list), words));
    }
    let refusal = || Stop::bad_input(format!("`{text}` is not A..B, such as 0..1000, or @FILE"));
    let (first, end) = text.split_once("..").ok_or_else(refusal)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| refusal());
    let (first, end) = (number(first)?, number(end)?);
    let words = format!("{} seeds from base {first}", end.saturating_sub(first));
    Ok((Seeds::Range { first, end }, words))
}

/// Reads seeds, one on each line; what follows `#` is a comment.
fn list(path: &Path) -> Result<Vec<u64>, Stop> {
    let at = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::bad_input(format!("cannot read seeds of {at}: {error}")))?;
    let mut seeds = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let seed = line
            .parse()
            .map_err(|_| Stop::bad_input(format!("{at}:{}: `{line}` is not a seed", number + 1)))?;
        seeds.push(seed);
    }
    Ok(seeds)
}

/// Which build this is: a hash of the program's own bytes. A version would not do, because two
/// builds of one version may run other events.
///
/// # Errors
///
/// If the program cannot be read.
pub(crate) fn build() -> Result<String, Stop> {
    let hashed = program::path().and_then(|path| {
        let mut file = std::fs::File::open(path)?;
        let (mut digest, mut block) = (Digest::new(), Vec::with_capacity(BUILD_BLOCK));
        loop {
            let mut part = file.by_ref().take(BUILD_BLOCK as u64);
            block.clear();
            if part.read_to_end(&mut block)? == 0 {
                return Ok(digest.finish());
            }
            digest = digest.bytes(&block);
        }
    });
    let hash = hashed.map_err(|error| {
        Stop::environment(format!("cannot read this program to name its build: {error}"))
    })?;
    Ok(format!("{hash:016x}"))
}
