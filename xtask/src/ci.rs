//! Everything that a change must pass, in the order of what fails soonest. Each step says a line;
//! the last line is the sum.

use std::process::Command;
use std::time::Instant;

use crate::{conformance, determinism, engines, gauntlet, mutate, process, slurm, soak, tidy};

/// Seeds of each scenario that a change must pass.
const SOAK_SEEDS: u64 = 20;

/// Seeds of each scenario whose hashes are compared.
const DETERMINISM_SEEDS: u64 = 3;

/// Damaged histories that a change must not stumble over.
const MUTATED_FILES: u64 = 10_000;

/// A step; returns how many things it found in order.
type Step = fn() -> Result<u64, String>;

/// What has been counted so far.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Counts a step and says how it went; a step may stand for many tests.
    fn step(&mut self, name: &str, started: Instant, result: Result<u64, String>) {
        let seconds = started.elapsed().as_secs_f64();
        match result {
            Ok(count) => {
                self.passed += count;
                println!("ci: {name}: {count} passed in {seconds:.1}s");
            }
            Err(complaint) => {
                self.failed += 1;
                println!("{}\nci: {name}: FAILED after {seconds:.1}s", complaint.trim_end());
            }
        }
    }
}

/// Runs all steps, whatever became of those before.
///
/// # Errors
///
/// If a step failed; the complaints are printed by then, and the sum behind them.
pub(crate) fn ci() -> Result<String, String> {
    let mut tally = Tally::default();
    let steps: [(&str, Step); 12] = [
        ("format", || command(&["fmt", "--all", "--check"])),
        ("tidy", || say(tidy::tidy())),
        ("clippy", || {
            command(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }),
        ("tests", tests),
        ("expectations", expectations),
        ("gauntlet", || say(gauntlet::short())),
        ("engines", || unless_skipped(engines::engines())),
        ("slurm", || unless_skipped(slurm::slurm(&slurm::Options::default()))),
        ("conformance", || unless_skipped(conformance::beside())),
        ("mutate", || say(mutate::mutate(MUTATED_FILES))),
        ("determinism", || say(determinism::compare(DETERMINISM_SEEDS))),
        ("soak", || say(soak::soak(&soak::Options { seeds: SOAK_SEEDS, scenarios: Vec::new() }))),
    ];
    for (name, step) in steps {
        let started = Instant::now();
        tally.step(name, started, step());
    }
    let sum = format!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 {
        return Ok(sum);
    }
    // The sum is the last line of stdout in this case too.
    println!("{sum}");
    Err(String::new())
}

fn command(arguments: &[&str]) -> Result<u64, String> {
    process::run(&mut process::cargo(arguments)).map(|()| 1)
}

/// Prints the last line of a step that counts as one.
fn say(result: Result<String, String>) -> Result<u64, String> {
    result.map(|summary| {
        println!("{summary}");
        1
    })
}

/// As [`say`]; a step that was skipped counts for nothing.
fn unless_skipped(result: Result<String, String>) -> Result<u64, String> {
    result.map(|summary| {
        println!("{summary}");
        u64::from(!summary.starts_with("SKIP"))
    })
}

/// All tests of the workspace, optimised, and those of the docs.
fn tests() -> Result<u64, String> {
    let nextest = process::output(&mut process::cargo(&["nextest", "--version"]))?.0 == 0;
    let mut run = if nextest {
        process::cargo(&[
            "nextest",
            "run",
            "--cargo-profile",
            "quick",
            "--workspace",
            "--no-fail-fast",
        ])
    } else {
        process::cargo(&["test", "--profile", "quick", "--workspace", "--no-fail-fast"])
    };
    run.env("CARGO_TERM_COLOR", "never");
    let (code, stdout, stderr) = process::output(&mut run)?;
    let words = format!("{stdout}\n{stderr}");
    if code != 0 {
        return Err(words);
    }
    let counted: u64 = words.lines().filter_map(counted).sum();
    if counted == 0 {
        return Err(format!("{words}\nno test was run"));
    }
    Ok(counted)
}

/// How many tests passed, from the line in which a test runner sums up.
fn counted(line: &str) -> Option<u64> {
    let sum = line.trim_start();
    if !sum.starts_with("test result: ok.") && !sum.starts_with("Summary [") {
        return None;
    }
    let before = sum.split(" passed").next()?;
    before.rsplit(' ').next()?.parse().ok()
}

/// Every scenario ends as it expects, and so does everything that is kept in `traces`.
fn expectations() -> Result<u64, String> {
    let squall = process::squall("release")?;
    let mut passed = 0;
    for path in soak::files() {
        soak::expected(&path)?;
        passed += 1;
    }
    let mut verify = Command::new(&squall);
    verify.args(["corpus", "verify", "--format", "json"]).current_dir(process::root());
    let (code, stdout, stderr) = process::output(&mut verify)?;
    if code != 0 {
        return Err(format!("{stdout}{stderr}{verify:?} ended with {code}"));
    }
    // The last line is the sum.
    Ok(passed + stdout.lines().count() as u64 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_both_runners_are_read() {
        let test = "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        let nextest = "     Summary [   0.5s] 34 tests run: 34 passed, 0 skipped";
        let slow = "     Summary [   0.5s] 34 tests run: 34 passed (1 slow), 0 skipped";
        assert_eq!(counted(test), Some(12));
        assert_eq!(counted(nextest), Some(34));
        assert_eq!(counted(slow), Some(34));
        assert_eq!(counted("running 3 tests"), None);
    }
}
