//! Many seeds of each scenario that must pass: does every one, and did enough happen in it?
//!
//! Two workers share the seeds. Which worker runs a seed changes nothing, and results are put in
//! order of seeds before they are read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use testbed::Report;
use trace::{Expect, Scenario, Verdict, Violation};

use crate::{process, tidy};

/// How many seeds are run at once.
const WORKERS: usize = 2;

/// Failing seeds that are named for each scenario.
const NAMED_MAX: usize = 5;

/// What to soak.
#[derive(Debug)]
pub(crate) struct Options {
    /// Seeds of each scenario, from 0.
    pub(crate) seeds: u64,
    /// Stems of the scenarios; none for all that must pass.
    pub(crate) scenarios: Vec<String>,
}

impl Options {
    /// Reads the flags.
    pub(crate) fn parse(flags: &[&str]) -> Result<Options, String> {
        let mut options = Options { seeds: 1000, scenarios: Vec::new() };
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let value = flags.next().ok_or(format!("soak: {flag} wants a value"))?;
            match *flag {
                "--seeds" => options.seeds = number(value)?,
                "--scenario" => options.scenarios.push((*value).to_owned()),
                _ => return Err(format!("soak: no flag {flag}")),
            }
        }
        if options.seeds == 0 {
            return Err("soak: no seeds, nothing to run".to_owned());
        }
        Ok(options)
    }
}

/// Reads a number.
pub(crate) fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

/// The scenario files of the repository, by name.
pub(crate) fn files() -> Vec<PathBuf> {
    ["scenarios", "scenarios/known"]
        .iter()
        .flat_map(|directory| tidy::children(&process::root().join(directory)))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect()
}

/// Reads and checks a scenario.
///
/// # Errors
///
/// With what is wrong with it.
pub(crate) fn load(path: &Path) -> Result<Scenario, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.strip_prefix(process::root()).unwrap_or(path).display().to_string();
    trace::parse_scenario_bytes(&name, &bytes, &[]).map_err(|problems| problems.render(false))
}

/// What is kept of the run of one seed.
struct Outcome {
    seed: u64,
    /// `None` for a pass, else what is said of it; the flag tells a failure from an unknown.
    complaint: Option<(bool, String)>,
    events: u64,
    counters: Vec<(&'static str, u64)>,
}

impl Outcome {
    fn of(seed: u64, report: &Report) -> Self {
        let complaint = match &report.verdict {
            Verdict::Pass => None,
            Verdict::Fail(_) => Some((true, report.verdict.signature().unwrap_or_default())),
            Verdict::Unknown(why) => Some((false, why.clone())),
        };
        Outcome { seed, complaint, events: report.events, counters: report.counters.each() }
    }
}

/// Runs the seeds and prints what came of each scenario.
///
/// # Errors
///
/// If a run did not pass.
pub(crate) fn soak(options: &Options) -> Result<String, String> {
    let mut scenarios = Vec::new();
    for path in files() {
        let scenario = load(&path)?;
        let asked = options.scenarios.contains(&scenario.name);
        if asked || (options.scenarios.is_empty() && scenario.expect == Expect::Pass) {
            scenarios.push(scenario);
        }
    }
    if scenarios.is_empty() || scenarios.len() < options.scenarios.len() {
        return Err("soak: there is no such scenario".to_owned());
    }
    let mut bad = 0;
    for scenario in &scenarios {
        let started = Instant::now();
        let outcomes = run(scenario, options.seeds);
        let (text, failed) = describe(&scenario.name, &outcomes, started.elapsed().as_secs_f64());
        print!("{text}");
        bad += failed;
    }
    let runs = scenarios.len() as u64 * options.seeds;
    if bad > 0 {
        return Err(format!("soak: {bad} of {runs} runs did not pass"));
    }
    Ok(format!("soak: {runs} runs of {} scenarios passed", scenarios.len()))
}

/// Runs a scenario as its `expect` says.
///
/// # Errors
///
/// If it ends in another way.
pub(crate) fn expected(path: &Path) -> Result<(), String> {
    let scenario = load(path)?;
    let name = &scenario.name;
    let run = |seed| testbed::run(&testbed::plan(&scenario, seed), &mut |_| {}).verdict;
    let Expect::Fail { signatures, within } = &scenario.expect else {
        let verdict = run(0);
        let passed = verdict == Verdict::Pass;
        return if passed {
            Ok(())
        } else {
            Err(format!("{name}: expected pass, got {verdict:?}"))
        };
    };
    let mut open = signatures.clone();
    for seed in 0..*within {
        // One run may break several promises; the first to be found need not be the one meant.
        if let Verdict::Fail(violations) = run(seed) {
            let found: Vec<String> = violations.iter().map(Violation::signature).collect();
            open.retain(|pattern| !found.iter().any(|found| matches(pattern, found)));
        }
        if open.is_empty() {
            return Ok(());
        }
    }
    Err(format!("{name}: no seed of the first {within} fails with {}", open.join(" nor ")))
}

/// Whether a signature is meant: itself, or every kind of a check (`linearizable/*`).
fn matches(pattern: &str, signature: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(check) => signature.starts_with(check),
        None => pattern == signature,
    }
}

/// Runs the seeds 0 to `seeds` on all workers.
fn run(scenario: &Scenario, seeds: u64) -> Vec<Outcome> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return outcomes;
            }
            let report = testbed::run(&testbed::plan(scenario, seed), &mut |_| {});
            outcomes.push(Outcome::of(seed, &report));
        }
    };
    let mut outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    outcomes.sort_by_key(|outcome| outcome.seed);
    outcomes
}

/// A paragraph on one scenario, and how many of its runs did not pass.
fn describe(name: &str, outcomes: &[Outcome], seconds: f64) -> (String, u64) {
    let bad: Vec<&Outcome> = outcomes.iter().filter(|o| o.complaint.is_some()).collect();
    let failed = bad.iter().filter(|o| o.complaint.as_ref().is_some_and(|(f, _)| *f)).count();
    let mut text = format!(
        "{name:<28} {:>6} pass {failed:>4} fail {:>4} unknown  {:>7.1} runs/s  {} events in the \
         median\n",
        outcomes.len() - bad.len(),
        bad.len() - failed,
        outcomes.len() as f64 / seconds,
        median(outcomes.iter().map(|outcome| outcome.events).collect()),
    );
    for outcome in bad.iter().take(NAMED_MAX) {
        let (_, why) = outcome.complaint.as_ref().expect("it is bad");
        let seed = outcome.seed;
        writeln!(text, "    {why}: squall run {name} --seed {seed}").expect("a String");
    }
    text.push_str(&numbers(outcomes));
    (text, bad.len() as u64)
}

/// Smallest, middle and largest value of every counter that ever counted.
fn numbers(outcomes: &[Outcome]) -> String {
    let mut items = Vec::new();
    for (position, (name, _)) in outcomes[0].counters.iter().enumerate() {
        let values: Vec<u64> = outcomes.iter().map(|o| o.counters[position].1).collect();
        let least = *values.iter().min().expect("there are runs");
        let most = *values.iter().max().expect("there are runs");
        if most > 0 {
            items.push(format!("{name} {least}/{}/{most}", median(values)));
        }
    }
    let mut text = String::new();
    for (position, line) in items.chunks(5).enumerate() {
        let head = if position == 0 { "least/mid/most" } else { "" };
        writeln!(text, "    {head:<14} {}", line.join("  ")).expect("a String");
    }
    text
}

fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read() {
        let options = Options::parse(&["--seeds", "20", "--scenario", "steady"]).expect("read");
        assert_eq!((options.seeds, options.scenarios), (20, vec!["steady".to_owned()]));
        assert!(Options::parse(&["--seeds"]).is_err());
        assert!(Options::parse(&["--seeds", "0"]).is_err());
        assert!(Options::parse(&["--sieds", "3"]).is_err());
    }

    #[test]
    fn failures_are_named_and_counted() {
        let outcome = |seed, complaint| Outcome {
            seed,
            complaint,
            events: 10 + seed,
            counters: vec![("elections", seed), ("halts", 0)],
        };
        let failure = Some((true, "linearizable/stale-read".to_owned()));
        let (text, bad) = describe("s", &[outcome(0, None), outcome(1, failure)], 1.0);
        assert_eq!(bad, 1);
        assert!(text.contains("linearizable/stale-read: squall run s --seed 1"), "{text}");
        assert!(text.contains("elections 0/1/1") && !text.contains("halts"), "{text}");
    }
}
