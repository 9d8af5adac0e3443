//! Scripted faults that do nothing: each is reported with its reason, and the run is inconclusive.

use testbed::{MissedFault, Report};
use trace::{Scenario, Verdict};

const PAUSE_N1: &str = "pause = { at = \"2s\", for = \"100ms\", node = \"n1\" }";

fn scenario(faults: &[&str], more: &str) -> Scenario {
    let faults: String = faults.iter().map(|fault| format!("[[fault]]\n{fault}\n")).collect();
    let text = format!("about = \"a test\"\n{more}\n{faults}");
    trace::parse_scenario("test.toml", &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

fn run(scenario: &Scenario) -> Report {
    testbed::run(&testbed::plan(scenario, 1), &mut |_| {})
}

/// The last of the faults does nothing, the others do; says why.
fn why(faults: &[&str], more: &str) -> String {
    let report = run(&scenario(faults, &format!("[limits]\nstorm = \"4s\"\n{more}")));
    let [MissedFault { id, why, optional: false, .. }] = &report.missed[..] else {
        panic!("{:?}", report.missed)
    };
    assert_eq!(*id, format!("f{}", faults.len()), "{why}");
    assert_eq!(report.counters.missed, 1);
    let Verdict::Unknown(reason) = &report.verdict else { panic!("{:?}", report.verdict) };
    assert!(reason.ends_with(why), "{reason}");
    why.clone()
}

#[test]
fn who_is_not_there_is_not_struck() {
    let stop = "crash = { at = \"1s\", for = \"2s\", node = \"n1\", how = \"stop\" }";
    assert_eq!(why(&[stop, PAUSE_N1], ""), "n1 was down");
    let wipe = "disk = { at = \"1s\", for = \"100ms\", node = \"n1\", what = \"wipe\" }";
    assert_eq!(why(&[wipe, PAUSE_N1], "[budget]\ndata-loss = 1"), "n1 had ended itself");
    let spare = "jump = { at = \"2s\", node = \"n6\", by = \"1s\" }";
    assert_eq!(why(&[spare], "[cluster]\nspares = 1"), "n6 was no member");
    let alone = "[cluster]\nnodes = 1";
    let any = "tick-stall = { at = \"2s\", for = \"1s\", target = \"any\" }";
    assert_eq!(why(&[stop, any], alone), "no node that it could mean was up");
}

#[test]
fn who_stops_is_not_stopped_again() {
    let pause = "pause = { at = \"1s\", for = \"2s\", node = \"n1\" }";
    let stop = |at: &str| {
        format!("crash = {{ at = \"{at}\", for = \"1s\", node = \"n1\", how = \"stop\" }}")
    };
    let faults = [pause, &stop("1500ms"), &stop("2s")];
    assert_eq!(why(&faults, ""), "whom it means was stopping already");
}

#[test]
fn what_a_budget_does_not_allow_is_not_done() {
    let crash = |at: &str, node: &str| {
        format!("crash = {{ at = \"{at}\", for = \"1s\", node = \"{node}\" }}")
    };
    let faults = [&*crash("1s", "n1"), &crash("1500ms", "n2")];
    let spent = "[budget] unavailable was spent";
    assert_eq!(why(&faults, "[budget]\nunavailable = 1"), spent);
    let cut = "partition = { at = \"1500ms\", for = \"1s\", shape = \"isolate-n2\" }";
    assert_eq!(why(&[&*crash("1s", "n1"), cut], "[budget]\nunavailable = 1"), spent);
    let disk = |node: &str, what: &str| {
        format!("disk = {{ at = \"1s\", for = \"1s\", node = \"{node}\", what = \"{what}\" }}")
    };
    let faults = [&*disk("n1", "bit-rot"), &disk("n2", "unreadable")];
    assert_eq!(why(&faults, "[budget]\ndata-loss = 1"), "[budget] data-loss was spent");
}

#[test]
fn what_is_not_there_is_not_cut_or_changed() {
    let bridge = "partition = { at = \"1s\", for = \"1s\", shape = \"bridge\" }";
    assert_eq!(why(&[bridge], "[cluster]\nnodes = 2"), "there was no such link");
    let add = "membership = { at = \"1s\", kind = \"add\" }";
    assert_eq!(why(&[add], ""), "no such change made sense for the members of the moment");
    let stop = "crash = { at = \"1s\", for = \"2s\", node = \"n1\", how = \"stop\" }";
    let transfer = "transfer = { at = \"1500ms\", for = \"500ms\", to = \"n1\" }";
    let reason = why(&[stop, transfer], "");
    assert!(reason.starts_with("the change was not done"), "{reason}");
    let again = "reconfigure = { at = \"1s\", for = \"500ms\", add = [\"n2\"] }";
    assert_eq!(
        why(&[again], ""),
        "the change was not done, and the last answer was invalid-change"
    );
}

#[test]
fn what_waits_for_something_that_does_not_come_has_done_nothing() {
    let crash = "crash = { at = \"1s\", for = \"1s\", node = \"n1\", effect = 4000000 }";
    assert_eq!(why(&[crash], ""), "the effect that it waits for did not come");
    let disk = "disk = { at = \"1s\", for = \"10ms\", node = \"n1\", what = \"io-error\", \
                chance = \"1ppm\" }";
    assert_eq!(why(&[disk], ""), "no operation of the disk met it");
}

#[test]
fn what_is_optional_may_do_nothing() {
    let late = "optional = true\npause = { at = \"4001ms\", for = \"1s\", node = \"n1\" }";
    let report = run(&scenario(&[late], "[limits]\nstorm = \"4s\""));
    assert_eq!(report.verdict, Verdict::Pass);
    let [MissedFault { optional: true, why, .. }] = &report.missed[..] else {
        panic!("{:?}", report.missed)
    };
    assert_eq!(why, "the storm had ended");
}

#[test]
fn a_drawn_fault_may_go_without_a_victim_and_is_counted() {
    let swarm = "[cluster]\nnodes = 3\n[budget]\nunavailable = 1\n[[swarm]]\n\
                 crash = { every = \"200ms\", for = \"1s\", target = \"all\" }";
    let report = run(&scenario(&[], swarm));
    assert_eq!(report.verdict, Verdict::Pass);
    assert!(report.missed.iter().all(|fault| fault.optional));
    let slow = "[[swarm]]\npause = { every = \"200ms\", for = \"1s\", target = \"all\" }";
    let report = run(&scenario(&[], &format!("{swarm}\n{slow}")));
    assert!(report.counters.missed > 0, "{:?}", report.counters);
    assert_eq!(report.counters.missed, report.missed.len() as u64);
}

#[test]
fn several_are_counted_in_the_reason() {
    let faults: Vec<String> = (1..=3)
        .map(|at| format!("jump = {{ at = \"{at}s\", node = \"n6\", by = \"1s\" }}"))
        .collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let report = run(&scenario(&faults, "[cluster]\nspares = 1"));
    let reason =
        "f1 (jump at 1.000s) did nothing: n6 was no member; and so did 2 other scripted faults";
    assert_eq!(report.verdict, Verdict::Unknown(reason.to_owned()));
}
