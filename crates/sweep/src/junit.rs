//! A sweep as JUnit XML, for dashboards that follow tests over time.
//!
//! **Invariant:** the name of a test is the same in every sweep: a scenario and what it is judged
//! by, never a seed. Ten thousand seeds are a dozen tests.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::seeds::Seeds;
use crate::summary::{ScenarioSummary, Signature, Summary};
use crate::text::grouped;

/// The whole report. `checks` are the names of what runs are judged by; each is a test, passed
/// or failed, or skipped if no run had anything for it to judge.
///
/// # Panics
///
/// Never: names are plain, and memory takes what is written.
#[must_use]
pub fn junit(summary: &Summary, checks: &[&str]) -> String {
    let mut report = Report::new("squall");
    for scenario in &summary.scenarios {
        report.add_test_suite(suite(summary, scenario, checks));
    }
    report.add_test_suite(sweep(summary));
    report.to_string().expect("a report is text")
}

/// One scenario: its checks, the situations that it requires, and determinism.
fn suite(summary: &Summary, scenario: &ScenarioSummary, checks: &[&str]) -> TestSuite {
    let mut suite = TestSuite::new(format!("{} ({})", scenario.name, summary.system));
    let failures: Vec<&Signature> = summary
        .failures()
        .filter(|signature| signature.scenarios.contains_key(&scenario.name))
        .collect();
    let mut names: Vec<&str> = checks.iter().copied().filter(|name| *name != DETERMINISM).collect();
    for signature in &failures {
        let check = check_of(signature);
        if !names.contains(&check) {
            names.push(check);
        }
    }
    for name in names {
        let found = failures.iter().filter(|signature| check_of(signature) == name);
        let found: Vec<String> = found.map(|signature| block(signature, scenario)).collect();
        let kind = failures.iter().find(|signature| check_of(signature) == name);
        let kind = kind.map_or("", |signature| &signature.sig);
        let skipped = scenario.not_exercised(name).filter(|_| found.is_empty());
        suite.add_test_case(match skipped {
            Some(reason) => skipped_case(name, &scenario.name, &reason),
            None => case(name, &scenario.name, kind, &found),
        });
    }
    if scenario.fails {
        let missed: Vec<String> = scenario.missed.iter().cloned().collect();
        suite.add_test_case(case("expected failure", &scenario.name, "expected/missed", &missed));
    }
    if let Some(found) = recovery(scenario) {
        suite.add_test_case(case("recovery", &scenario.name, "recovery/slow", &found));
    }
    for name in &scenario.require {
        let missing = (!scenario.situations.contains_key(name)).then(|| {
            let needs = scenario.impossible.get(name);
            let needs = needs.map_or(String::new(), |need| format!("; it needs {need}"));
            format!("{name} was not reached in {} runs{needs}", grouped(scenario.run))
        });
        let found: Vec<String> = missing.into_iter().collect();
        let name = format!("situation {name}");
        suite.add_test_case(case(&name, &scenario.name, "situation/not-reached", &found));
    }
    let unknown = summary
        .unknowns
        .iter()
        .filter(|unknown| unknown.examples.iter().any(|place| place.scenario == scenario.name));
    let unknown: Vec<String> = unknown
        .filter(|_| scenario.unknown > 0)
        .map(|unknown| format!("{} runs: {}\n{}", unknown.seeds, unknown.reason, unknown.reproduce))
        .collect();
    suite.add_test_case(case("decided", &scenario.name, "unknown", &unknown));
    let parted = summary.nondeterminism.iter().filter(|one| one.place.scenario == scenario.name);
    let parted: Vec<String> =
        parted.map(|one| format!("{}\n{}", one.message, one.reproduce)).collect();
    suite.add_test_case(case(DETERMINISM, &scenario.name, DETERMINISM, &parted));
    suite.add_property(Property::new("seeds", seeds(&summary.seeds)));
    suite.add_property(Property::new("runs", scenario.run.to_string()));
    suite.add_property(Property::new("digest", &*scenario.digest));
    suite
}

/// The bounds of recovery that are broken; `None` if the scenario sets none.
fn recovery(scenario: &ScenarioSummary) -> Option<Vec<String>> {
    let rerun = scenario.rerun.clone().unwrap_or_default();
    let found = scenario.slow.iter().map(|sentence| format!("{sentence}\n{rerun}"));
    scenario.bounded.then(|| found.collect())
}

const DETERMINISM: &str = "determinism";

/// The sweep itself: whether it finds anything at all, and whether it is whole.
fn sweep(summary: &Summary) -> TestSuite {
    let mut suite = TestSuite::new("sweep");
    let alive = summary.canary.iter().filter(|canary| !canary.caught).map(|canary| {
        format!("{} must fail and did not, in {} seeds", canary.scenario, canary.seeds)
    });
    let alive: Vec<String> = alive.collect();
    suite.add_test_case(case("canary", "sweep", "canary/not-caught", &alive));
    let missing = summary.chunks.finish.iter().map(|finish| {
        let missing = summary.chunks.planned - summary.chunks.found;
        format!("{missing} of {} chunks are missing\n{finish}", summary.chunks.planned)
    });
    let missing: Vec<String> = missing.collect();
    suite.add_test_case(case("complete", "sweep", "incomplete", &missing));
    suite.add_property(Property::new("squall", &*summary.squall));
    suite.add_property(Property::new("build", &*summary.build));
    suite.add_property(Property::new("system", &*summary.system));
    suite.add_property(Property::new("system-version", &*summary.system_version));
    suite.add_property(Property::new("plan", &*summary.plan));
    suite.add_property(Property::new("digest", &*summary.digest));
    suite
}

/// A test: failed if something was found, with all of it.
fn case(name: &str, class: &str, kind: &str, found: &[String]) -> TestCase {
    let status = match found.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(kind);
            status.set_message(first.lines().next().unwrap_or_default());
            status.set_description(found.join("\n\n"));
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

/// A test that did not take place.
fn skipped_case(name: &str, class: &str, reason: &str) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn check_of(signature: &Signature) -> &str {
    signature.sig.split('/').next().unwrap_or(&signature.sig)
}

/// What is said of a failure; the command that does it again is the last line.
fn block(signature: &Signature, scenario: &ScenarioSummary) -> String {
    let seeds = signature.scenarios.get(&scenario.name).copied().unwrap_or(0);
    let head = format!("{}\n{}: {} seeds", signature.message, signature.sig, grouped(seeds));
    let mut lines = vec![head];
    lines.extend(signature.story.iter().cloned());
    lines.push(signature.reproduce.clone());
    lines.join("\n")
}

fn seeds(seeds: &Seeds) -> String {
    match seeds {
        Seeds::Range { first, end } => format!("{first}..{end}"),
        Seeds::List(list) => format!("{} listed", list.len()),
    }
}
