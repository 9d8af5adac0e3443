//! Crashes, setups, budgets and knobs, seen on our own node.

use std::collections::{BTreeMap, BTreeSet};

use system::Note;
use trace::{CrashKind, Event, Fault, Kind, Scenario, Verdict};

const MS: u64 = 1_000_000;

fn scenario(lines: &str) -> Scenario {
    let text = format!("about = 'crashed'\n{lines}\n");
    trace::parse_scenario("crashed.toml", &text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// All events of seed 3, which must pass.
fn run(scenario: &Scenario) -> Vec<Event> {
    let mut events = Vec::new();
    let plan = testbed::plan(scenario, 3);
    let report = testbed::run(&plan, &mut |event| events.push(event.clone()));
    assert_eq!(report.verdict, Verdict::Pass);
    assert_eq!(report.knobs, plan.knobs);
    events
}

/// When a node crashed, how, and during which effect.
fn crashes(events: &[Event]) -> Vec<(u64, CrashKind, &'static str, u64)> {
    let crashes = events.iter().filter_map(|event| match event.kind {
        Kind::Crash { how, during, lost_bytes, .. } => Some((event.at, how, during, lost_bytes)),
        _ => None,
    });
    crashes.collect()
}

#[test]
fn a_kill_loses_no_byte() {
    let crash = |how| {
        format!(
            "[limits]\nstorm = '2s'\n[[fault]]\ncrash = {{ at = '1s', for = '100ms', \
             node = 'n1', how = '{how}', effect = 3, place = 'inside' }}"
        )
    };
    let kill = crashes(&run(&scenario(&crash("kill"))));
    assert!(matches!(kill[..], [(_, CrashKind::Kill, _, 0)]), "{kill:?}");
}

#[test]
fn a_crash_falls_on_the_effect_that_was_asked_for() {
    let mut during = BTreeSet::new();
    for effect in 1..=12 {
        for place in ["before", "inside", "after"] {
            let crash = format!(
                "[limits]\nstorm = '1500ms'\n[[fault]]\ncrash = {{ at = '1s', for = '100ms', \
                 target = 'leader', effect = {effect}, place = '{place}' }}"
            );
            let crashes = crashes(&run(&scenario(&crash)));
            assert_eq!(crashes.len(), 1, "effect {effect}, {place}");
            assert_ne!(crashes[0].2, "", "it fell on an effect");
            during.insert(crashes[0].2);
        }
    }
    for effect in ["append", "sync", "send"] {
        assert!(during.contains(effect), "{effect} is not among {during:?}");
    }
}

#[test]
fn a_crash_loop_crashes_again_and_ends() {
    let events = run(&scenario(
        "[limits]\nstorm = '3s'\n[[fault]]\ncrash-loop = { at = '1s', for = '1s', node = 'n2', \
         how = 'power', up = ['1ms', '60ms'] }",
    ));
    let crashes = crashes(&events);
    assert!(crashes.len() >= 8, "{crashes:?}");
    assert!(crashes.iter().all(|(at, ..)| (1_000 * MS..2_000 * MS).contains(at)), "{crashes:?}");
    assert!(crashes.iter().any(|(.., during, _)| !during.is_empty()), "some fall on an effect");
    let starts = events.iter().filter(|event| matches!(event.kind, Kind::Start { node: 2, .. }));
    assert_eq!(starts.count(), crashes.len() + 1, "each is followed by a start");
}

#[test]
fn a_restart_brings_another_setup() {
    let events = run(&scenario(
        "[node]\nsnapshot-every = 0\n[limits]\nstorm = '3s'\n[[fault]]\nrestart = { at = '1s', \
         for = '50ms', node = 'n2', setup = { snapshot-every = 20, segment-bytes = 1024 } }",
    ));
    let snapshots: Vec<u64> = events
        .iter()
        .filter_map(|event| match event.kind {
            Kind::Note { node, note: Note::SnapshotTaken { .. } } => Some(node),
            _ => None,
        })
        .collect();
    assert!(snapshots.len() > 5 && snapshots.iter().all(|node| *node == 2), "{snapshots:?}");
    let segments = |wanted: u64| {
        let files: BTreeSet<&str> = events
            .iter()
            .filter_map(|event| match &event.kind {
                Kind::Disk { node, act: "append", path, .. } if *node == wanted => Some(&**path),
                _ => None,
            })
            .collect();
        files.len()
    };
    assert!(segments(2) > segments(3) + 5, "{} and {} segments", segments(2), segments(3));
}

/// The most nodes that were down or stopped at the same time.
fn most_away(events: &[Event]) -> usize {
    let (mut away, mut most) = (BTreeSet::new(), 0);
    for event in events {
        match &event.kind {
            Kind::Phase { name: "settle" } => break,
            Kind::Crash { node, .. } => _ = away.insert(format!("n{node}")),
            Kind::Start { node, .. } => _ = away.remove(&format!("n{node}")),
            Kind::FaultStart { name: "pause", detail, .. } => {
                away.extend(detail.split(", ").map(str::to_owned));
            }
            Kind::FaultEnd { name: "pause", .. } => away.clear(),
            _ => {}
        }
        most = most.max(away.len());
    }
    most
}

#[test]
fn a_budget_bounds_who_is_away_at_the_same_time() {
    let crashes = "[limits]\nstorm = '4s'\n[[swarm]]\ncrash = { every = '50ms', \
                   for = ['100ms', '400ms'], target = ['any', 'all'] }\n";
    assert_eq!(most_away(&run(&scenario(crashes))), 5, "without a budget all go");
    let bound = |k| run(&scenario(&format!("[budget]\nunavailable = {k}\n{crashes}")));
    assert_eq!(most_away(&bound(2)), 2);
    assert_eq!(most_away(&bound(1)), 1);
    assert_eq!(most_away(&bound(0)), 0);
    let pauses = "[limits]\nstorm = '4s'\n[budget]\nunavailable = 1\n[[swarm]]\npause = { \
                  every = '100ms', for = ['100ms', '400ms'], target = ['any', 'all'] }\n";
    assert_eq!(most_away(&run(&scenario(pauses))), 1);
    let cuts = "[limits]\nstorm = '4s'\n[budget]\nunavailable = 1\n[[swarm]]\npartition = { \
                every = '100ms', for = ['100ms', '400ms'], shape = ['halves', 'bridge'] }\n";
    let small = run(&scenario(cuts)).into_iter().filter_map(|event| match event.kind {
        Kind::FaultStart { detail, .. } if !detail.contains("bridge") => {
            Some(detail.split('|').next().map_or(0, |side| side.matches('n').count()))
        }
        _ => None,
    });
    assert_eq!(small.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn each_seed_draws_its_own_strengths() {
    let storm = scenario(
        "[[swarm]]\nlinks = { on = 0.5, every = ['100ms', '4s'], for = '100ms', \
         loss = [0.1, 0.3] }\n[[swarm]]\nlinks = { every = '1s', for = '100ms', reorder = 0.1 }\n\
         [[swarm]]\ncrash = { on = 0.5, every = '1s', for = '100ms' }\n",
    );
    let (mut losses, mut on) = (BTreeSet::new(), 0);
    for seed in 0..40 {
        let plan = testbed::plan(&storm, seed);
        let knob = |name: &str| plan.knobs.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
        assert!(plan.knobs.is_sorted());
        assert_eq!(knob("links-2"), Some(1));
        assert_eq!(knob("links-2.reorder"), Some(100_000));
        let crashes = plan.faults.iter().filter(|f| matches!(f.fault, Fault::Crash { .. })).count();
        assert_eq!(knob("crash") == Some(1), crashes > 0, "seed {seed}");
        on += knob("links").expect("it is drawn");
        let Some(loss) = knob("links.loss") else { continue };
        assert!((100_000..=300_000).contains(&loss), "{loss}");
        losses.insert(loss);
        let is_it = |fault: &Fault| matches!(fault, Fault::Links(l) if l.loss == Some(loss as u32));
        assert!(
            plan.faults.iter().any(|fault| is_it(&fault.fault)) || knob("links.every").is_some()
        );
    }
    assert!((10..=30).contains(&on) && losses.len() as u64 == on, "{on} seeds, {losses:?}");
}

/// Whoever sums up what seeds drew asks the scenario for names and ranges.
#[test]
fn every_strength_is_drawn_from_the_range_that_the_scenario_tells() {
    let storm = scenario(
        "[[swarm]]\nlinks = { every = ['100ms', '4s'], for = '100ms', loss = [0.1, 0.3], \
         duplicate = [0, 0.1], reorder = [0, 0.2], corrupt = [0, 0.3], \
         bandwidth = [8000, 200000] }\n\
         [[swarm]]\nflap = { every = '1s', for = '1s', shape = ['halves'], \
         period = ['10ms', '90ms'] }\n\
         [[swarm]]\ncrash-loop = { every = '1s', for = '1s', target = ['any'], how = ['power'], up = ['50ms', '90ms'] }\n\
         [[swarm]]\njump = { every = '1s', for = '1s', by = ['1ms', '90ms'] }\n\
         [[swarm]]\ndrift = { every = '1s', for = '1s', rate = [0.1, 0.3] }\n\
         [[swarm]]\ndrift = { every = ['1s', '2s'], for = '1s', rate = 0.1 }\n",
    );
    for seed in 0..10 {
        let mut drawn = testbed::plan(&storm, seed).knobs;
        drawn.retain(|(name, _)| name.contains('.'));
        let mut told = BTreeMap::new();
        for (entry, swarm) in storm.swarm.iter().enumerate() {
            let ranges = swarm.strengths().into_iter();
            told.extend(ranges.map(|(n, range)| (format!("{}.{n}", storm.knob(entry)), range)));
        }
        assert!(drawn.iter().map(|(name, _)| name).eq(told.keys()), "{drawn:?} {told:?}");
        for (name, value) in drawn {
            let (least, most) = told[&name];
            assert!((least..=most).contains(&value), "{name}: {value}");
        }
    }
}

#[test]
fn turning_one_kind_off_leaves_the_others_as_they_were() {
    let entries = [
        "[[swarm]]\nlinks = { every = ['100ms', '4s'], for = '100ms', loss = [0.1, 0.3] }\n",
        "[[swarm]]\ndrift = { every = ['100ms', '1s'], for = '100ms', rate = [0.1, 0.3] }\n",
    ];
    let both = testbed::plan(&scenario(&entries.concat()), 9);
    let first = testbed::plan(&scenario(entries[0]), 9);
    let of = |plan: &trace::Plan| {
        let links = plan.faults.iter().filter(|fault| fault.fault.kind() == "links");
        links.map(|fault| (fault.at, fault.lasts, fault.fault.clone())).collect::<Vec<_>>()
    };
    assert_eq!(of(&both), of(&first));
    assert!(both.faults.len() > first.faults.len());
}

#[test]
fn every_fault_has_its_row() {
    let names: Vec<&str> = testbed::ROWS.iter().map(|row| row.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a name stands twice");
    for word in trace::FAULTS {
        let has_row = names.iter().any(|name| name.split(' ').next() == Some(word.name));
        assert!(has_row, "{} has no row", word.name);
    }
    let counters = testbed::Counters::default().each();
    for row in testbed::ROWS.iter().filter(|row| !row.counter.is_empty()) {
        assert!(counters.iter().any(|(name, _)| *name == row.counter), "{}", row.counter);
    }
    // Whatever a plan of the scenarios holds has rows that are in the list.
    let text = include_str!("../../../../scenarios/swarm.toml");
    let everything = trace::parse_scenario("swarm.toml", text, &[]).expect("it is sound");
    for seed in 0..20 {
        for fault in testbed::plan(&everything, seed).faults {
            let rows = testbed::rows_of(&fault.fault);
            // A fault of a disk is counted when it strikes an operation.
            let is_disk = matches!(fault.fault, trace::Fault::Disk { .. });
            assert_eq!(rows.is_empty(), is_disk, "{}", fault.fault.kind());
            assert!(rows.iter().all(|row| names.contains(row)), "{rows:?}");
        }
    }
}
