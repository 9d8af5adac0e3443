//! `cargo xtask mutants`: bugs that are on nobody's list. Small changes to the `raft` crate and to
//! the node, one at a time, as an author's slip or a wrong thought would leave them; which of them
//! does a stock scenario see, and after how many seeds?
//!
//! The lists `mutants/*.toml` name a place of a file and what stands there instead. A copy of the
//! workspace and of the library is changed at all places at once, each change behind a switch, and
//! built once; an environment variable turns one on. Neither the repository nor what it builds
//! elsewhere is touched.
//!
//! `swarm` comes first, then a tenth as many seeds of every other scenario that must pass. One that
//! nobody can see (it changes what is allowed, or only how fast) says so in its entry, and is an
//! error if it is found after all. The others that live are gaps, and are named.

mod list;
mod workspace;

use std::path::Path;
use std::process::Command;

use sweep::Summary;
use trace::Expect;

use crate::{process, soak};
use list::Mutant;

/// The variable that turns a mutant on, by its number.
const SWITCH: &str = "SQUALL_MUTANT";

/// The seeds that are run are far from those that scenarios were made with.
const BASE: u64 = 7_000_000;

/// After this much real time a node that never answers is a failure.
const WALL_LIMIT: &str = "60s";

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Seeds of `swarm`, a tenth of which are run of each other scenario.
    seeds: u64,
    /// Only these mutants, or all of these packages.
    only: Vec<String>,
}

impl Options {
    /// Reads the flags.
    ///
    /// # Errors
    ///
    /// If one is not known.
    pub(crate) fn parse(flags: &[&str]) -> Result<Self, String> {
        let mut options = Options { seeds: 200, only: Vec::new() };
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            match *flag {
                "--seeds" => {
                    let seeds = flags.next().and_then(|text| text.parse().ok());
                    options.seeds = seeds.filter(|&n| n > 0).ok_or("mutants: --seeds N")?;
                }
                name if !name.starts_with('-') => options.only.push(name.to_owned()),
                _ => return Err("mutants: [--seeds N] [MUTANT|PACKAGE]...".into()),
            }
        }
        Ok(options)
    }
}

/// What came of one.
enum Found {
    /// A scenario failed: its name, after how many seeds, and the signature.
    After(String, u64, String),
    /// None did.
    Survived,
}

/// Runs it.
///
/// # Errors
///
/// If the mutants do not build, or one is found of which its entry says that nobody can see it.
pub(crate) fn mutants(options: &Options) -> Result<String, String> {
    let all = list::read()?;
    let asked = |mutant: &&Mutant| {
        options.only.is_empty()
            || options.only.contains(&mutant.id)
            || options.only.contains(&mutant.package)
    };
    let asked: Vec<&Mutant> = all.iter().filter(asked).collect();
    if asked.is_empty() {
        return Err("mutants: there is none of this name".into());
    }
    let squall = workspace::build(&all)?;
    let others = others()?;
    let [mut found, mut known, mut gaps, mut wrong] = [0, 0, 0, 0];
    for mutant in &asked {
        let outcome = hunt(&squall, mutant, &others, options.seeds)?;
        println!("{}", line(mutant, &outcome));
        match (&outcome, &mutant.survives) {
            (Found::After(..), None) => found += 1,
            (Found::After(..), Some(_)) => wrong += 1,
            (Found::Survived, Some(_)) => known += 1,
            (Found::Survived, None) => gaps += 1,
        }
    }
    let sum = format!(
        "mutants: {found} of {} found, {known} nobody can see, {gaps} are not seen and should be",
        asked.len()
    );
    match wrong {
        0 => Ok(sum),
        _ => Err(format!("{sum}; {wrong} were found and should be what nobody can see")),
    }
}

/// What is said of one.
fn line(mutant: &Mutant, outcome: &Found) -> String {
    let name = format!("{}/{}", mutant.package, mutant.id);
    match (outcome, &mutant.survives) {
        (Found::After(scenario, seeds, signature), None) => {
            format!("{name:<48} {scenario:<18} {seeds:>5}  {signature}")
        }
        (Found::After(scenario, seeds, signature), Some(why)) => {
            format!("{name:<48} {scenario:<18} {seeds:>5}  {signature}, though: {why}")
        }
        (Found::Survived, Some(why)) => format!("{name:<48} lives: {why}"),
        (Found::Survived, None) => format!("{name:<48} NOT SEEN: {}", mutant.breaks),
    }
}

/// The scenarios that must pass, without `swarm`.
fn others() -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for path in soak::files() {
        let scenario = soak::load(&path)?;
        if scenario.expect == Expect::Pass && scenario.name != "swarm" {
            names.push(scenario.name);
        }
    }
    Ok(names)
}

fn hunt(squall: &Path, mutant: &Mutant, others: &[String], seeds: u64) -> Result<Found, String> {
    let swarm = sweep(squall, mutant, &["swarm".to_owned()], seeds)?;
    if matches!(swarm, Found::After(..)) {
        return Ok(swarm);
    }
    sweep(squall, mutant, others, seeds.div_ceil(10))
}

fn sweep(
    squall: &Path,
    mutant: &Mutant,
    scenarios: &[String],
    seeds: u64,
) -> Result<Found, String> {
    // What is stored of one mutant is nothing that the next one may resume.
    let out = process::target().join("mutants/out");
    let _ = std::fs::remove_dir_all(&out);
    let mut command = Command::new(squall);
    command.arg("sweep").arg("--out").arg(&out).args(scenarios).current_dir(process::root());
    command.args(["-n", &seeds.to_string(), "--seed", &BASE.to_string(), "-x"]);
    command.args(["--verify", "none", "--wall-limit", WALL_LIMIT]);
    command.args(["--format", "json", "--progress", "none"]);
    command.env(SWITCH, mutant.number.to_string());
    let (code, stdout, stderr) = process::output(&mut command)?;
    first(&stdout)
        .map_err(|error| format!("{}: sweep ended with {code}: {error}\n{stderr}", mutant.id))
}

/// The first failure of a sweep, by seeds: what it says at its end.
fn first(lines: &str) -> Result<Found, String> {
    let last = lines.lines().last().unwrap_or_default();
    let summary: Summary = serde_json::from_str(last).map_err(|error| error.to_string())?;
    let failures = summary.signatures.iter();
    Ok(match failures.min_by_key(|signature| signature.first.seed) {
        None => Found::Survived,
        Some(signature) => Found::After(
            signature.first.scenario.clone(),
            signature.first.seed - BASE + 1,
            signature.sig.clone(),
        ),
    })
}
