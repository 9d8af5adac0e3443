//! `squall run`: verdicts, traces, and the block that a failure prints.

use std::fs;
use std::process::Stdio;

use crate::place::{Place, Ran};

/// Runs seeds of a scenario that is expected to fail until one does.
pub(crate) fn failing(place: &Place, scenario: &str) -> (u64, Ran) {
    for seed in 0..50 {
        let ran = place.run(&["run", scenario, "--seed", &seed.to_string()]);
        match ran.code {
            0 | 5 => {}
            100 => return (seed, ran),
            _ => panic!("{ran:?}"),
        }
    }
    panic!("no seed of {scenario} fails")
}

#[test]
fn a_steady_cluster_passes_and_leaves_nothing_behind() {
    let place = Place::with_scenarios("steady");
    let ran = place.run(&["run", "steady", "--seed", "7"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("    PASS  "), "{ran:?}");
    for word in ["ops", "election", "crash", "torn", "dropped", "duplicated", "snapshot"] {
        assert!(ran.stdout.contains(word), "{word}: {ran:?}");
    }
    assert!(ran.stderr.contains("run  steady  seed 7  "), "{ran:?}");
    assert_eq!(place.entries(), ["scenarios"]);
}

#[test]
fn a_scripted_fault_that_does_nothing_leaves_the_run_undecided() {
    let place = Place::with_scenarios("missed");
    let text = "about = \"A spare is asked to jump.\"\n[cluster]\nspares = 1\n[limits]\nstorm = \"3s\"\n\
                [[fault]]\nid = \"leap\"\njump = { at = \"1s\", node = \"n6\", by = \"1s\" }\n";
    fs::write(place.path("missed.toml"), text).expect("it is written");
    let ran = place.run(&["run", "missed.toml", "--seed", "1"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let sentence = "leap (jump at 1.000s) did nothing: n6 was no member";
    assert!(ran.stdout.starts_with(&format!(" UNKNOWN  {sentence}")), "{ran:?}");
    assert!(ran.stdout.contains(&format!("  missed     {sentence}\n")), "{ran:?}");
    let ran = place.run(&["run", "missed.toml", "--seed", "1", "--format", "json"]);
    let missed = &ran.json()["missed"][0];
    assert_eq!((&missed["id"], &missed["kind"]), (&"leap".into(), &"jump".into()), "{missed}");
    assert_eq!((&missed["optional"], &missed["t"]), (&false.into(), &1_000_000_000_u64.into()));
    // A sweep reports it, too.
    let ran = place.run(&["sweep", "missed.toml", "-n", "3", "--seed", "1", "--junit", "j.xml"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    let junit = fs::read_to_string(place.path("j.xml")).expect("it was written");
    assert!(junit.contains(sentence), "{junit}");
    // With `optional` it may do nothing.
    let text = text.replace("[[fault]]", "[[fault]]\noptional = true");
    fs::write(place.path("missed.toml"), text).expect("it is written");
    let ran = place.run(&["run", "missed.toml", "--seed", "1", "--format", "json"]);
    assert_eq!((ran.code, &ran.json()["counters"]["faults-missed"]), (0, &1.into()), "{ran:?}");
}

#[test]
fn a_random_seed_is_said_and_can_be_given_again() {
    let place = Place::with_scenarios("random");
    let first = place.run(&["run", "steady", "--format", "json"]);
    assert!(first.stderr.contains("(random)"), "{first:?}");
    let seed = first.json()["seed"].to_string();
    let again = place.run(&["run", "steady", "--format", "json", "--seed", &seed]);
    assert_eq!(first.json()["hash"], again.json()["hash"]);
}

#[test]
fn two_runs_write_the_same_bytes() {
    let place = Place::with_scenarios("twice");
    for scenario in ["steady", "chaos"] {
        for trace in ["a.jsonl", "b.jsonl", "c.jsonl.zst"] {
            let ran = place.run(&["run", scenario, "--seed", "3", "--trace", trace]);
            assert!([0, 5].contains(&ran.code), "{ran:?}");
        }
        let read = |name: &str| fs::read(place.path(name)).expect("a trace");
        assert!(read("a.jsonl") == read("b.jsonl"), "{scenario}: two traces of one seed differ");
        assert!(read("c.jsonl.zst").len() < read("a.jsonl").len());
    }
}

#[test]
fn a_trace_on_stdout_is_the_trace_alone() {
    let place = Place::with_scenarios("stdout");
    let ran = place.run(&["run", "steady", "--seed", "3", "--trace", "-"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("{\"squall\":\"trace\""));
    assert!(ran.stdout.lines().all(|line| line.starts_with('{') && line.ends_with('}')));
    assert!(ran.stderr.contains("PASS"));
}

#[test]
fn a_failure_is_told_in_25_lines_and_its_last_line_does_it_again() {
    let place = Place::with_scenarios("failure");
    let (seed, ran) = failing(&place, "raftexample");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines.len() <= 25, "{} lines:\n{}", lines.len(), ran.stdout);
    assert!(lines[0].starts_with("    FAIL  "), "{}", ran.stdout);
    for word in ["expected by the scenario", "same hash", "trace ", "invoked "] {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
    let command = lines.last().expect("there are lines").trim();
    let command = command.strip_prefix("reproduce  squall ").expect("a command");
    assert_eq!(command, format!("run raftexample --seed {seed}"));
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.extend(["--format", "json"]);
    let again = place.run(&arguments);
    assert_eq!(again.code, 100);
    let again = again.json();
    let hash = again["hash"].as_str().expect("a hash");
    assert!(ran.stdout.contains(&hash[..12]), "{hash}: {}", ran.stdout);
    assert_eq!(again["verified"], true);
    assert_eq!(again["expected"], true);
    let trace = again["trace"].as_str().expect("a path");
    assert!(place.path(trace).is_file(), "{trace}");
    assert_eq!(place.entries(), [".squall", "scenarios"]);
}

#[test]
fn overrides_are_part_of_the_command_that_reproduces() {
    let place = Place::with_scenarios("overrides");
    let arguments = ["run", "steady", "--seed", "5", "--format", "json"];
    let plain = place.run(&arguments).json();
    let mut changed: Vec<&str> = arguments.to_vec();
    changed.extend(["--set", "workload.keys=2", "--set", "workload.mix={ get = 1, put = 1 }"]);
    let changed = place.run(&changed).json();
    assert_ne!(plain["hash"], changed["hash"]);
    let command = "squall run steady --seed 5 --set workload.keys=2 --set \
                   'workload.mix={ get = 1, put = 1 }'";
    assert_eq!(changed["reproduce"], command);
}

#[test]
fn artifacts_hold_what_is_kept_of_a_failure() {
    let place = Place::with_scenarios("artifacts");
    let (seed, _) = failing(&place, "raftexample");
    let seed = seed.to_string();
    let ran = place.run(&["run", "raftexample", "--seed", &seed, "--artifacts", "out", "-q"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (100, ""), "{ran:?}");
    let copied = fs::read_dir(place.path("out")).expect("a directory").count();
    assert_eq!(copied, 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::with_scenarios("pipe");
    let mut child = place
        .squall(&["run", "steady", "--seed", "3", "--trace", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("squall starts");
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().expect("squall ends"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

#[test]
fn a_dry_run_says_the_plan_and_runs_nothing() {
    let place = Place::with_scenarios("dry");
    let ran = place.run(&["run", "raftexample", "--seed", "1", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("nothing was run") && ran.stdout.contains("crash"), "{ran:?}");
    assert_eq!(place.entries(), ["scenarios"]);
    // What is announced for a client is what it then does.
    let planned = |ran: &Ran, id: &str| {
        let line = ran.stdout.lines().find(|line| line.trim_start().starts_with(id));
        line.expect(id).rsplit("  ").next().expect("an operation").trim().to_owned()
    };
    let traced = place.run(&["run", "raftexample", "--seed", "1", "--trace", "t.jsonl"]);
    assert!(traced.code == 100 || traced.code == 0, "{traced:?}");
    for id in ["c1.1", "c2.1", "c3.1"] {
        let events = place.run(&["inspect", "t.jsonl", &format!("op:{id} k:op.invoke")]);
        let planned = planned(&ran, id);
        assert!(events.stdout.contains(&planned), "{planned}: {events:?}");
    }
}

#[test]
fn what_a_seed_draws_of_its_scenario_is_said_kept_and_overridden() {
    let place = Place::empty("draw");
    let text = "about = \"a test\"\n[limits]\nstorm = \"200ms\"\n\
                [[draw]]\n\"cluster.nodes\" = [1, 3]\n\
                [[draw]]\n\"node.snapshot-every\" = [7, 8]\n";
    place.write("drawn.toml", text);
    let mut sizes = std::collections::BTreeSet::new();
    for seed in 0..8 {
        let seed = seed.to_string();
        let ran = place.run(&["run", "drawn.toml", "--seed", &seed, "--trace", "t.jsonl"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let header = std::fs::read_to_string(place.path("t.jsonl")).expect("a trace");
        let header: serde_json::Value =
            serde_json::from_str(header.lines().next().expect("a header")).expect("JSON");
        let nodes = header["scenario"]["cluster"]["nodes"].as_u64().expect("a number");
        // The trace holds the scenario as it was drawn, and nothing that is still to be drawn.
        assert!(header["scenario"].get("draw").is_none());
        assert!(ran.stderr.contains(&format!("drawn  cluster.nodes={nodes}  ")), "{ran:?}");
        assert_eq!(place.run(&["replay", "t.jsonl"]).code, 0);
        sizes.insert(nodes);
    }
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [1, 3]);
    let set = ["run", "drawn.toml", "--seed", "1", "--set", "cluster.nodes=2", "--dry-run"];
    let ran = place.run(&set);
    assert!(!ran.stdout.contains("cluster.nodes"), "{ran:?}");
    assert!(ran.stdout.contains("node.snapshot-every="), "{ran:?}");
}

#[test]
fn a_run_that_stops_at_its_violation_is_short_and_replays() {
    let place = Place::with_scenarios("stop");
    let whole = place.run(&["run", "raftexample", "--seed", "3", "--format", "json"]);
    let line = ["run", "raftexample", "--seed", "3", "--format", "json", "--trace", "t.jsonl"];
    let stopped = place.run(&[&line[..], &["--stop-on-violation"]].concat());
    assert_eq!((whole.code, stopped.code), (100, 100), "{stopped:?}");
    let (whole, stopped) = (whole.json(), stopped.json());
    assert_eq!(stopped["violations"][0]["sig"], whole["violations"][0]["sig"]);
    let number = |told: &serde_json::Value, field: &str| told[field].as_u64().expect("a number");
    // Its storm lasts 8 s; of what comes before the violation nothing has changed.
    assert!(number(&stopped, "t") < 8_000_000_000, "{stopped}");
    assert!(number(&stopped, "events") < number(&whole, "events") / 2, "{stopped}");
    let replayed = place.run(&["replay", "t.jsonl", "--format", "json"]);
    assert_eq!(replayed.code, 100, "{replayed:?}");
    let replayed = replayed.json();
    assert_eq!((&replayed["same"], &replayed["now"]["hash"]), (&true.into(), &stopped["hash"]));
}

#[test]
fn faults_behind_the_proof_of_a_violation_are_no_part_of_the_tale() {
    let place = Place::with_scenarios("moment");
    // Votes are forgotten in the middle of the storm; the run goes on to its end.
    let ran = place.run(&["run", "swarm", "--seed", "27", "--flaw", "send-before-persist-votes"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    let text = &ran.stdout;
    assert!(text.contains("vote-kept/forgotten"), "{text}");
    let (_, rest) = text.split_once("  Faults before ").expect("faults are told");
    let (moment, rest) = rest.split_once("s:\n").expect("with the time");
    let moment: f64 = moment.parse().expect("in seconds");
    assert!(moment < 10.0, "the storm ends at 10 s: {text}");
    let last = rest.split("\n\n").next().and_then(|lines| lines.lines().last()).expect("a fault");
    assert!(last.contains("restart loss of power of {n2}"), "{text}");
}

#[test]
fn a_trace_goes_through_links_and_pipes_and_leaves_them_what_they_are() {
    let place = Place::with_scenarios("through");
    let steady = ["run", "steady", "--seed", "4", "--set", "limits.storm=100ms", "--trace"];
    let run = |to: &str| place.run(&[&steady[..], &[to]].concat());
    assert_eq!(run("plain.jsonl").code, 0);
    let plain = fs::read(place.path("plain.jsonl")).expect("it was written");
    // A link stays a link, and what it leads to becomes the trace, whether it was there or not.
    std::fs::write(place.path("old.jsonl"), "old").expect("written");
    for (link, to) in [("one.jsonl", "old.jsonl"), ("two.jsonl", "new.jsonl")] {
        std::os::unix::fs::symlink(to, place.path(link)).expect("linked");
        assert_eq!(run(link).code, 0);
        let kind = std::fs::symlink_metadata(place.path(link)).expect("there").file_type();
        assert!(kind.is_symlink(), "{link}");
        assert!(std::fs::read(place.path(to)).expect("written") == plain, "{to}");
    }
    // A pipe takes what is written, and stays a pipe.
    let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(made.is_ok_and(|status| status.success()));
    let pipe = place.path("pipe");
    let reader = std::thread::spawn(move || std::fs::read(pipe).expect("read"));
    let ran = run("pipe");
    if ran.code != 0 {
        // Nobody wrote: the reader must not wait for ever.
        drop(fs::File::options().write(true).open(place.path("pipe")));
    }
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(reader.join().expect("read") == plain);
    let kind = std::fs::metadata(place.path("pipe")).expect("there").file_type();
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&kind));
}
