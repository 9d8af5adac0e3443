//! Whole runs of our own node: every scenario ends as it expects, twice with the same bytes, and
//! the world is not a quiet one.

use std::path::Path;

use testbed::Counters;
use trace::{Expect, Scenario, Verdict};

#[expect(clippy::disallowed_methods, reason = "a test reads the files it is about")]
fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut scenarios = Vec::new();
    for dir in [root.clone(), root.join("known")] {
        let Ok(files) = std::fs::read_dir(&dir) else { continue };
        let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "toml")) {
            let text = std::fs::read_to_string(path).expect("a text");
            let name = path.file_name().expect("a name").to_string_lossy();
            let scenario = trace::parse_scenario(&name, &text, &[]);
            scenarios.push(scenario.unwrap_or_else(|p| panic!("{}", p.render(false))));
        }
    }
    assert!(scenarios.len() >= 7, "only {} scenarios were found", scenarios.len());
    scenarios
}

#[test]
fn every_scenario_ends_as_it_expects() {
    for scenario in scenarios() {
        match &scenario.expect {
            Expect::Pass => {
                for seed in 0..5 {
                    let report = testbed::run(&testbed::plan(&scenario, seed), &mut |_| {});
                    assert_eq!(report.verdict, Verdict::Pass, "{} seed {seed}", scenario.name);
                }
            }
            Expect::Fail { signatures, within } => fails(&scenario, signatures, *within),
        }
    }
}

/// Each expected signature appears within so many seeds.
fn fails(scenario: &Scenario, signatures: &[String], within: u64) {
    let mut missing: Vec<&String> = signatures.iter().collect();
    for seed in 0..within {
        let report = testbed::run(&testbed::plan(scenario, seed), &mut |_| {});
        if let Verdict::Fail(violations) = report.verdict {
            missing.retain(|wanted| {
                let check = wanted.strip_suffix('*').unwrap_or(wanted);
                !violations.iter().any(|found| found.signature().starts_with(check))
            });
        }
        if missing.is_empty() {
            return;
        }
    }
    panic!("{}: {missing:?} did not appear within {within} seeds", scenario.name);
}

#[test]
fn equal_plans_give_equal_bytes() {
    for scenario in scenarios() {
        for seed in 0..3 {
            let plan = testbed::plan(&scenario, seed);
            let first = testbed::run(&plan, &mut |_| {});
            let second = testbed::run(&plan, &mut |_| {});
            assert_eq!(first.hash, second.hash, "{} seed {seed}", scenario.name);
            assert_eq!(first.events, second.events, "{} seed {seed}", scenario.name);
        }
    }
}

#[test]
fn different_seeds_give_different_runs() {
    let chaos = scenarios().into_iter().find(|s| s.name == "chaos").expect("chaos is there");
    let hash = |seed| testbed::run(&testbed::plan(&chaos, seed), &mut |_| {}).hash;
    assert_ne!(hash(1), hash(2));
}

#[test]
fn chaos_is_not_a_quiet_world() {
    let chaos = scenarios().into_iter().find(|s| s.name == "chaos").expect("chaos is there");
    let mut reached: Vec<(&str, u64)> = Counters::default().each();
    let (mut ok, mut elections) = (Vec::new(), Vec::new());
    for seed in 0..100 {
        let report = testbed::run(&testbed::plan(&chaos, seed), &mut |_| {});
        for (total, (_, count)) in reached.iter_mut().zip(report.counters.each()) {
            total.1 += count;
        }
        ok.push(report.counters.ok);
        elections.push(report.counters.elections);
    }
    // Failing disks have scenarios of their own.
    reached.retain(|(name, _)| !name.starts_with("disk-"));
    let never: Vec<_> = reached.iter().filter(|(_, total)| *total == 0).collect();
    let rare_by_nature = ["ops-failed", "halts"];
    let of_other_storms = ["messages-corrupted", "messages-refused", "messages-overflowed"];
    let not_missed = [&rare_by_nature[..], &of_other_storms].concat();
    assert!(never.iter().all(|(name, _)| not_missed.contains(name)), "never: {never:?}");
    ok.sort_unstable();
    elections.sort_unstable();
    assert!(ok[50] >= 300, "a median seed completes {} operations", ok[50]);
    assert!(elections[50] >= 3, "a median seed has {} elections", elections[50]);
}

#[test]
fn a_run_that_spends_its_limits_is_inconclusive() {
    let steady = scenarios().into_iter().find(|scenario| scenario.name == "steady");
    let steady = steady.expect("it is shipped");
    let verdict = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = steady.clone();
        change(&mut scenario);
        let report = testbed::run(&testbed::plan(&scenario, 1), &mut |_| {});
        (report.verdict, report.dues)
    };
    let (found, steps) = verdict(&|scenario| scenario.limits.steps_max = 5_000);
    let Verdict::Unknown(why) = &found else { panic!("{found:?}") };
    assert!(why.contains("5000 steps were spent") && why.contains("limits.steps-max"), "{why}");
    assert_eq!(steps, 5_001);
    let (found, _) = verdict(&|scenario| scenario.limits.events_max = 5_000);
    let Verdict::Unknown(why) = &found else { panic!("{found:?}") };
    assert!(why.contains("5000 events were spent") && why.contains("limits.events-max"), "{why}");
}
