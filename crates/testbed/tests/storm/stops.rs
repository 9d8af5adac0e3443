//! Orderly ends: what a node that is asked to stop still says and writes, and when it goes.

use std::collections::BTreeSet;

use system::{HaltReason, Note, Role};
use trace::{
    Build, CrashHow, CrashKind, CrashPoint, Event, Fault, Header, Kind, Outcome, Plan, Recording,
    Scenario, Verdict,
};

const MS: u64 = 1_000_000;

fn scenario(lines: &str) -> Scenario {
    let text = format!("about = 'stopped'\n{lines}\n");
    trace::parse_scenario("stopped.toml", &text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// All events of a plan, which must pass, and their hash.
fn run(plan: &Plan) -> (Vec<Event>, u64) {
    let mut events = Vec::new();
    let report = testbed::run(plan, &mut |event| events.push(event.clone()));
    assert_eq!(report.verdict, Verdict::Pass);
    (events, report.hash)
}

fn events(lines: &str) -> Vec<Event> {
    run(&testbed::plan(&scenario(lines), 3)).0
}

/// When nodes ended because they were asked to, and which.
fn stops(events: &[Event]) -> Vec<(u64, u64)> {
    let halts = events.iter().filter_map(|event| match event.kind {
        Kind::Halt { node, reason: HaltReason::Stopped, .. } => Some((event.at, node)),
        _ => None,
    });
    halts.collect()
}

/// When nodes crashed, and how.
fn crashes(events: &[Event]) -> Vec<(u64, CrashKind)> {
    let crashes = events.iter().filter_map(|event| match event.kind {
        Kind::Crash { how, .. } => Some((event.at, how)),
        _ => None,
    });
    crashes.collect()
}

/// When a node started again.
fn starts(events: &[Event], wanted: u64) -> Vec<u64> {
    let starts = events.iter().filter_map(|event| match event.kind {
        Kind::Start { node, incarnation: 1.. } if node == wanted => Some(event.at),
        _ => None,
    });
    starts.collect()
}

/// The leader hears nobody from 1 s on, so that what it has proposed waits; at 1.2 s it ends.
fn cut_off(how: &str) -> String {
    format!(
        "[cluster]\nnodes = 3\nclients = 4\n[node]\nforward = false\n[workload]\n\
         sessions = false\nmix = {{ append = 1 }}\nattempt-timeout = '3s'\nop-timeout = '3s'\n\
         [limits]\nstorm = '5s'\n\
         [[fault]]\npartition = {{ at = '1s', for = '1s', shape = 'deaf-leader' }}\n\
         [[fault]]\ncrash = {{ at = '1020ms', for = '300ms', target = 'leader', how = '{how}' }}"
    )
}

/// Operations of which nobody can tell, ended within 100 ms of the moment.
fn unknown_at(events: &[Event], moment: u64) -> usize {
    let ends = events.iter().filter(|event| match &event.kind {
        Kind::Return { outcome, .. } => matches!(**outcome, Outcome::Unknown(_)),
        _ => false,
    });
    ends.filter(|event| (moment..moment + 100 * MS).contains(&event.at)).count()
}

#[test]
fn a_stopped_node_answers_what_waits_and_comes_back() {
    let stopped = events(&cut_off("stop"));
    let [(gone, node)] = stops(&stopped)[..] else { panic!("{:?}", stops(&stopped)) };
    assert_eq!(crashes(&stopped), []);
    assert!((1_020 * MS..1_030 * MS).contains(&gone), "{gone}");
    assert!(unknown_at(&stopped, gone) >= 3, "what was proposed is answered");
    assert_eq!(starts(&stopped, node), [gone + 300 * MS]);
    let killed = events(&cut_off("kill"));
    assert_eq!(crashes(&killed), [(1_020 * MS, CrashKind::Kill)]);
    assert_eq!((stops(&killed), unknown_at(&killed, 1_020 * MS)), (Vec::new(), 0));
}

#[test]
fn the_halt_names_the_fault_as_its_cause_and_the_start_the_halt() {
    let events = events(&cut_off("stop"));
    let find = |is: &dyn Fn(&Kind) -> bool| {
        events.iter().find(|event| is(&event.kind)).expect("it happened")
    };
    let fault = find(&|kind| matches!(kind, Kind::FaultStart { name: "crash", .. }));
    let halt = find(&|kind| matches!(kind, Kind::Halt { .. }));
    let start = find(&|kind| matches!(kind, Kind::Start { incarnation: 1, .. }));
    assert!(
        matches!(&fault.kind, Kind::FaultStart { detail, .. } if detail.starts_with("stop of "))
    );
    assert_eq!((halt.cause, start.cause), (fault.seq, halt.seq));
}

#[test]
fn a_stop_waits_for_the_sync_that_is_under_way() {
    let text = "[disk]\nsync = '40ms'\n[limits]\nstorm = '3s'\n[[fault]]\n\
                crash = { at = '1s', for = '200ms', target = 'leader', how = 'stop' }";
    let mut waited = 0;
    for seed in 0..8 {
        let (events, _) = run(&testbed::plan(&scenario(text), seed));
        let [(gone, node)] = stops(&events)[..] else { panic!("{:?}", stops(&events)) };
        assert_eq!(crashes(&events), []);
        assert_eq!(starts(&events, node), [gone + 200 * MS]);
        // What was under way ended before the node did, and nothing of it was lost.
        let is_sync = |event: &&Event| {
            (1_000 * MS..=gone).contains(&event.at)
                && matches!(event.kind, Kind::Disk { node: n, act: "sync", error: None, .. } if n == node)
        };
        let last = events.iter().rfind(is_sync).map(|event| event.at);
        if gone > 1_000 * MS {
            assert_eq!(last, Some(gone), "seed {seed}: it goes when the sync has ended");
            waited += 1;
        }
    }
    assert!(waited >= 4, "{waited} of 8 were in a sync");
}

#[test]
fn a_paused_node_stops_when_it_goes_on_and_is_killed_if_it_does_not() {
    let paused = |lasts: &str| {
        events(&format!(
            "[limits]\nstorm = '9s'\n[[fault]]\npause = {{ at = '1s', for = '{lasts}', \
             node = 'n2' }}\n[[fault]]\ncrash = {{ at = '1200ms', for = '100ms', node = 'n2', \
             how = 'stop' }}"
        ))
    };
    let short = paused("500ms");
    assert_eq!((stops(&short), crashes(&short)), (vec![(1_500 * MS, 2)], Vec::new()));
    assert_eq!(starts(&short, 2), [1_600 * MS]);
    let long = paused("7s");
    assert_eq!((stops(&long), crashes(&long)), (vec![], vec![(6_200 * MS, CrashKind::Kill)]));
    assert_eq!(starts(&long, 2), [6_300 * MS]);
}

/// The system of `watch` does not know what a stop is.
#[test]
fn a_node_that_does_not_stop_is_killed_in_its_time() {
    let stop = "[[fault]]\ncrash = { at = '1s', for = '100ms', node = 'n2', how = 'stop' }";
    let events = crate::watch::watch_for("7s", stop);
    assert_eq!((stops(&events), crashes(&events)), (vec![], vec![(6_000 * MS, CrashKind::Kill)]));
    assert_eq!(starts(&events, 2), [6_100 * MS]);
    let ticks = crate::watch::clock_of(&events, 2).len();
    assert!((680..=690).contains(&ticks), "{ticks}: it goes on until then");
}

#[test]
fn a_node_that_stops_at_the_end_of_the_storm_is_back_for_what_follows() {
    let events = events(
        "[limits]\nstorm = '2s'\nsettle = '10s'\n[[fault]]\npause = { at = '1s', for = '4s', \
         node = 'n2' }\n[[fault]]\ncrash = { at = '1500ms', for = '50s', node = 'n2', \
         how = 'stop' }",
    );
    assert_eq!(stops(&events), [(2_000 * MS, 2)]);
    assert_eq!(starts(&events, 2), [2_000 * MS], "nobody waits for 50 s");
}

#[test]
fn a_loop_of_stops_stops_again_and_again() {
    let events = events(
        "[limits]\nstorm = '4s'\n[[fault]]\ncrash-loop = { at = '1s', for = '2s', node = 'n2', \
         how = 'stop', up = ['20ms', '200ms'] }",
    );
    let stops = stops(&events);
    assert!(stops.len() >= 6 && stops.iter().all(|(_, node)| *node == 2), "{stops:?}");
    assert_eq!(crashes(&events), [], "none falls on an effect");
    assert_eq!(starts(&events, 2).len(), stops.len());
}

#[test]
fn a_restart_may_begin_with_a_stop() {
    let events = events(
        "[node]\nsnapshot-every = 0\n[limits]\nstorm = '3s'\n[[fault]]\nrestart = { at = '1s', \
         for = '50ms', node = 'n2', how = 'stop', setup = { snapshot-every = 20 } }",
    );
    assert_eq!(stops(&events).len(), 1);
    let took = |event: &Event| match event.kind {
        Kind::Note { node, note: Note::SnapshotTaken { .. } } => Some(node),
        _ => None,
    };
    let snapshots: BTreeSet<u64> = events.iter().filter_map(took).collect();
    assert_eq!(snapshots.into_iter().collect::<Vec<_>>(), [2]);
}

const STORM: &str = "[limits]\nstorm = '6s'\n[budget]\nunavailable = 2\n\
    [[swarm]]\ncrash = { every = '300ms', for = ['50ms', '400ms'], target = ['leader', 'any'], \
    how = ['stop', 'kill', 'power'], at-effect = 0.5 }\n\
    [[swarm]]\npause = { every = '500ms', for = ['50ms', '600ms'], target = 'any' }\n";

/// Drawn stops fall on no effect, and who is about to stop counts as away.
#[test]
fn stops_are_drawn_and_stay_within_the_budget() {
    let plan = testbed::plan(&scenario(STORM), 3);
    let points = plan.faults.iter().filter_map(|fault| match fault.fault {
        Fault::Crash { how: CrashHow::Stop, point, .. } => Some(point),
        _ => None,
    });
    let points: Vec<CrashPoint> = points.collect();
    assert!(
        points.len() >= 3 && points.iter().all(|point| *point == CrashPoint::Now),
        "{points:?}"
    );
    let (events, _) = run(&plan);
    assert!(stops(&events).len() >= 3 && crashes(&events).len() >= 3);
    let (most, leaders) = most_away(&events);
    assert!(most <= 2 && leaders > 0, "{most} away, {leaders} leaders ended");
}

/// The most nodes that were away at the same time in the storm, and how many leaders ended in it.
fn most_away(events: &[Event]) -> (usize, u64) {
    let (mut away, mut most, mut leaders) = (BTreeSet::new(), 0, 0);
    let mut leads = BTreeSet::new();
    for event in events.iter().take_while(|e| e.kind != Kind::Phase { name: "settle" }) {
        match &event.kind {
            Kind::Note { node, note: Note::Role { role: Role::Leader, .. } } => {
                leads.insert(*node);
            }
            Kind::Halt { node, .. } | Kind::Crash { node, .. } => {
                leaders += u64::from(leads.remove(node));
                away.insert(*node);
            }
            Kind::Start { node, .. } => _ = away.remove(node),
            _ => {}
        }
        most = most.max(away.len());
    }
    (most, leaders)
}

#[test]
fn who_is_about_to_stop_counts_as_away() {
    let stops = "[disk]\nsync = '80ms'\n[limits]\nstorm = '6s'\n[[swarm]]\ncrash = { \
                 every = '20ms', for = '200ms', target = 'any', how = 'stop' }\n";
    let most = |lines: &str| most_away(&events(&format!("{lines}{stops}"))).0;
    assert!(most("") > 1, "without a budget more go");
    assert_eq!(most("[budget]\nunavailable = 1\n"), 1);
}

/// What is written down about a run with stops is enough to run it again.
#[test]
fn a_run_with_stops_is_replayed_from_its_header() {
    let plan = testbed::plan(&scenario(STORM), 5);
    let (events, hash) = run(&plan);
    assert!(!stops(&events).is_empty());
    let Plan { scenario, seed, faults, knobs } = plan;
    let build = Build::default();
    let header = Header { scenario, seed, faults, knobs, overrides: Vec::new(), build };
    let mut trace = String::new();
    header.write(&mut trace);
    for event in &events {
        trace.push('\n');
        trace::write_line(event, &mut trace);
    }
    let read = trace::reader(trace.as_bytes()).and_then(|reader| reader.read_all());
    let Recording { header, events: read, .. } = read.expect("what was written can be read");
    assert_eq!(read, events);
    let Header { scenario, seed, faults, knobs, .. } = header;
    assert_eq!(run(&Plan { scenario, seed, faults, knobs }).1, hash);
}
