//! Disks that fail: every fault strikes, the budget is kept, and a node does what is right. Of
//! nodes that do not, see `flaws.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use trace::{DiskWhat, Event, Kind, Loss, Scenario, Verdict};

#[expect(clippy::disallowed_methods, reason = "a test reads the file it is about")]
fn scenario(name: &str) -> Scenario {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let text = std::fs::read_to_string(root.join(name)).expect("the scenario is there");
    trace::parse_scenario(name, &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// A quiet world but for one fault of the disk of `n2`, and a crash of that node behind it.
fn with_fault(fault: &str) -> Scenario {
    let text = format!(
        r#"
        name = "one"
        about = "One fault of a disk."
        cluster = {{ nodes = 3 }}
        limits = {{ storm = "4s" }}
        budget = {{ data-loss = 1 }}
        fault = [
          {{ disk = {{ at = "1s", node = "n2", {fault} }} }},
          {{ optional = true, crash = {{ at = "2s", for = "100ms", node = "n2" }} }},
        ]
        "#
    );
    trace::parse_scenario("one.toml", &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

fn run(scenario: &Scenario, seed: u64) -> (testbed::Report, Vec<Event>) {
    let mut events = Vec::new();
    let plan = testbed::plan(scenario, seed);
    let report = testbed::run(&plan, &mut |event| events.push(event.clone()));
    (report, events)
}

/// How the life of `n2` went: its starts, and why it ended itself.
fn life_of_n2(events: &[Event]) -> Vec<&'static str> {
    let of_n2 = |event: &Event| match &event.kind {
        Kind::Start { node: 2, .. } => Some("start"),
        Kind::Halt { node: 2, reason, .. } => Some(reason.name()),
        Kind::Crash { node: 2, .. } => Some("crash"),
        _ => None,
    };
    events.iter().filter_map(of_n2).collect()
}

#[test]
fn the_disk_of_a_node_that_is_down_is_damaged() {
    for (fault, ends) in [
        ("what = \"wipe\"", vec!["start", "crash", "corrupt"]),
        ("what = \"wipe\", unnoticed = true", vec!["start", "crash", "start"]),
        ("what = \"bit-rot\", count = 1000", vec!["start", "crash", "corrupt"]),
    ] {
        let mut one = with_fault(&format!("for = \"50ms\", {fault}"));
        one.budget.silent_loss = 1;
        // The crash comes first, and the fault before the restart.
        one.faults[0].at = 2_050_000_000;
        let (_, events) = run(&one, 1);
        let struck = events.iter().filter(|event| match &event.kind {
            Kind::DiskFault { node: 2, what, .. } => matches!(*what, "wipe" | "bit-rot"),
            _ => false,
        });
        let times: BTreeSet<u64> = struck.map(|event| event.at).collect();
        assert_eq!(times, BTreeSet::from([2_050_000_000]), "{fault}");
        let life = life_of_n2(&events);
        assert!(
            life.starts_with(&ends) || life == ["start", "crash", "start", "corrupt"],
            "{life:?}"
        );
    }
}

#[test]
fn every_fault_of_a_disk_strikes() {
    let storm = scenario("disk-storm.toml");
    let mut struck: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..150 {
        let (report, _) = run(&storm, seed);
        assert_eq!(report.verdict, Verdict::Pass, "seed {seed}");
        for (name, count) in report.counters.each() {
            *struck.entry(name).or_default() += count;
        }
    }
    for what in DiskWhat::ALL {
        let name = format!("disk-{}", what.name());
        assert!(struck[name.as_str()] > 0, "{name} never struck");
    }
    for name in ["torn-writes", "lost-names", "tails-cut", "disk-kept-out"] {
        assert!(struck[name] > 0, "{name}: never");
    }
}

#[test]
fn every_fault_of_a_disk_is_in_the_list() {
    for what in DiskWhat::ALL {
        let name = format!("disk {}", what.name());
        let row = testbed::ROWS.iter().find(|row| row.name == name).expect("a row");
        assert_eq!(row.counter, format!("disk-{}", what.name()));
    }
}

#[test]
fn no_more_nodes_lose_data_than_the_budget_allows() {
    let storm = scenario("disk-storm.toml");
    let mut reached = 0;
    for seed in 0..40 {
        let mut losers = BTreeSet::new();
        for event in run(&storm, seed).1 {
            let Kind::DiskFault { node, what, .. } = event.kind else { continue };
            let losing = DiskWhat::ALL.into_iter().filter(|what| what.loss() != Loss::Nothing);
            if losing.map(DiskWhat::name).any(|name| name == what) {
                losers.insert(node);
            }
        }
        assert!(losers.len() as u64 <= storm.budget.data_loss, "seed {seed}: {losers:?}");
        reached = reached.max(losers.len());
    }
    assert_eq!(reached as u64, storm.budget.data_loss);
}

#[test]
fn without_a_budget_nothing_is_lost() {
    let mut one = with_fault("what = \"wipe\", for = \"100ms\"");
    one.budget.data_loss = 0;
    one.faults[0].optional = true;
    let (report, _) = run(&one, 1);
    assert_eq!((report.verdict, report.counters.disks_wiped), (Verdict::Pass, 0));
    assert_eq!(report.missed[0].why, "[budget] data-loss was spent");
}

#[test]
fn a_node_stops_at_an_error_and_comes_back_when_the_disk_does() {
    for what in ["io-error", "sync-drops", "sync-keeps", "full"] {
        let (report, events) = run(&with_fault(&format!("what = \"{what}\", for = \"1500ms\"")), 1);
        assert_eq!(report.verdict, Verdict::Pass, "{what}");
        let life = life_of_n2(&events);
        assert_eq!(life[..3], ["start", "disk-failed", "start"], "{what}: {life:?}");
        assert_eq!(life.last(), Some(&"start"), "{what}: {life:?}");
    }
}

#[test]
fn a_node_with_a_disk_that_stands_still_waits() {
    let (report, events) = run(&with_fault("what = \"stall\", for = \"700ms\""), 1);
    assert_eq!(report.verdict, Verdict::Pass);
    assert_eq!(life_of_n2(&events), ["start", "crash", "start"]);
    let stalled = events
        .iter()
        .position(|event| matches!(event.kind, Kind::DiskFault { node: 2, what: "stall", .. }));
    let behind = &events[stalled.expect("it stands still")..];
    let next = behind.iter().find(|event| matches!(event.kind, Kind::Disk { node: 2, .. }));
    assert!(next.expect("it goes on").at >= 1_700_000_000);
}

#[test]
fn a_node_that_finds_damage_stays_down_and_the_others_go_on() {
    for (what, reason) in
        [("bit-rot", "corrupt"), ("unreadable", "disk-failed"), ("wipe", "corrupt")]
    {
        let fault = format!("what = \"{what}\", for = \"100ms\"");
        let found = (0..20).any(|seed| {
            let (report, events) = run(&with_fault(&fault), seed);
            assert_eq!(report.verdict, Verdict::Pass, "{what}, seed {seed}");
            life_of_n2(&events).last() == Some(&reason)
        });
        assert!(found, "{what} was never found");
    }
}

#[test]
fn a_node_that_does_not_know_what_it_lost_is_kept_out() {
    for what in ["lying-sync", "misdirect"] {
        let fault = format!("what = \"{what}\", for = \"2s\", chance = 1");
        let (report, _) = run(&with_fault(&fault), 1);
        assert_eq!(report.verdict, Verdict::Pass, "{what}");
        let kept_out = report.counters.kept_out + report.counters.halts;
        assert!(kept_out > 0, "{what}: the node came back");
    }
}

#[test]
fn a_cluster_that_has_shrunk_loses_no_disk_that_it_needs() {
    // The change is asked for before the disk breaks, or only behind it.
    let wiped = |change_at: &str, budget: u64| {
        let text = format!(
            r#"
            name = "shrunk"
            about = "A cluster of three becomes one of one, and its disk breaks."
            cluster = {{ nodes = 3 }}
            limits = {{ storm = "4s" }}
            budget = {{ data-loss = {budget} }}
            fault = [
              {{ reconfigure = {{ at = "{change_at}", for = "1s", remove = ["n1", "n3"] }} }},
              {{ optional = true, disk = {{ at = "2s", for = "50ms", node = "n2", what = "wipe" }} }},
            ]
            "#
        );
        let scenario = trace::parse_scenario("shrunk.toml", &text, &[]);
        let scenario = scenario.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let (report, events) = run(&scenario, 1);
        let wipes = |event: &&Event| matches!(event.kind, Kind::DiskFault { what: "wipe", .. });
        (report.verdict == Verdict::Pass, events.iter().filter(wipes).count())
    };
    assert_eq!(wiped("500ms", 1), (true, 0));
    assert_eq!(wiped("1999ms", 1), (true, 0));
    // What is written in the scenario is asked for, wise or not.
    assert_eq!(wiped("3s", 1), (false, 1));
    // A scenario that may lose a majority means it.
    assert_eq!(wiped("500ms", 2), (false, 1));
}
