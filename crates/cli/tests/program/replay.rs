//! `squall replay` and `squall inspect`: a trace is enough.

use std::fs;

use crate::place::Place;
use crate::run::failing;

#[test]
fn a_failure_replays_from_its_trace_alone() {
    let place = Place::with_scenarios("replay");
    let (_, failed) = failing(&place, "raftexample");
    // The trace holds its scenario: the files are not needed any more.
    fs::remove_dir_all(place.path("scenarios")).expect("removed");
    let ran = place.run(&["replay", "latest"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stdout.starts_with("    FAIL  "), "{ran:?}");
    assert!(ran.stdout.contains("same events, same hash"), "{ran:?}");

    let runs: Vec<String> = fs::read_dir(place.path(".squall/runs"))
        .expect("runs")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(runs.len(), 1, "{failed:?}");
    for target in [&runs[0], &runs[0][..3], &format!(".squall/runs/{}", runs[0])] {
        let ran = place.run(&["replay", target, "--format", "json"]);
        assert_eq!(ran.code, 100, "{ran:?}");
        assert_eq!(ran.json()["same"], true);
    }
}

#[test]
fn a_trace_of_a_pass_replays_compressed_or_not() {
    let place = Place::with_scenarios("replay-pass");
    for name in ["t.jsonl", "t.jsonl.zst"] {
        let ran = place.run(&["run", "chaos", "--seed", "4", "--trace", name]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let ran = place.run(&["replay", name]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.starts_with("    PASS  "), "{ran:?}");
    }
}

/// Replaces a part of a trace's first line, whose name for the run is then made to fit.
fn forge(place: &Place, trace: &str, from: &str, to: &str) {
    let text = fs::read_to_string(place.path(trace)).expect("a trace");
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    place.write("forged.jsonl", &text);
    let refused = place.run(&["replay", "forged.jsonl"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let words: Vec<&str> = refused.stderr.split([' ', ',', '\n']).collect();
    let behind = |word: &str| words[words.iter().position(|w| *w == word).expect(word) + 1];
    place.write("forged.jsonl", text.replacen(behind("run"), behind("gives"), 1));
}

#[test]
fn a_trace_of_another_seed_shows_the_first_difference() {
    let place = Place::with_scenarios("replay-other");
    place.run(&["run", "steady", "--seed", "4", "--trace", "t.jsonl"]);
    forge(&place, "t.jsonl", "\"seed\":4,", "\"seed\":5,");
    let ran = place.run(&["replay", "forged.jsonl"]);
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.stdout.contains("diverged at event "), "{ran:?}");
    assert!(ran.stdout.contains("recorded  {") && ran.stdout.contains("now       {"), "{ran:?}");
}

#[test]
fn a_failure_that_is_gone_is_told_apart() {
    let place = Place::with_scenarios("replay-gone");
    let (seed, _) = failing(&place, "raftexample");
    let seed = seed.to_string();
    place.run(&["run", "raftexample", "--seed", &seed, "--trace", "t.jsonl"]);
    // The recorded plan is left as it was; only the nodes behave, as after a fix.
    forge(&place, "t.jsonl", "\"profile\":\"raftexample\"", "\"profile\":\"correct\"");
    forge(&place, "forged.jsonl", "\"read\":\"local\"", "\"read\":\"read-index\"");
    let ran = place.run(&["replay", "forged.jsonl"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stdout.contains("does not reproduce") && ran.stdout.contains("is gone"), "{ran:?}");
}

#[test]
fn a_trace_can_be_asked() {
    let place = Place::with_scenarios("inspect");
    place.run(&["run", "steady", "--seed", "4", "--trace", "t.jsonl"]);
    let all = place.run(&["inspect", "t.jsonl", "--limit", "20"]);
    assert_eq!((all.code, all.stdout.lines().count()), (0, 20), "{all:?}");
    let json = place.run(&["inspect", "t.jsonl", "--limit", "20", "--format", "json"]);
    assert!(json.stdout.lines().all(|line| line.starts_with("{\"seq\":")), "{json:?}");
}

#[test]
fn state_and_causes_are_told() {
    let place = Place::with_scenarios("ask");
    place.run(&["run", "steady", "--seed", "4", "--trace", "t.jsonl"]);
    let state = place.run(&["inspect", "t.jsonl", "--at", "2s"]);
    assert!(state.stdout.contains("leader") && state.stdout.contains("follower"), "{state:?}");
    let why = place.run(&["inspect", "t.jsonl", "--why", "c1.3"]);
    assert!(why.code == 0 && why.stdout.contains("c1"), "{why:?}");
    let elections = place.run(&["inspect", "t.jsonl", "k:raft.role"]);
    assert!(elections.stdout.contains("leader"), "{elections:?}");
    // The example of its own help finds something.
    let help = place.run(&["inspect", "--help"]).stdout;
    let example = "k:raft node:n1 t:1s..2s";
    assert!(help.contains(example), "{help}");
    let shown = place.run(&["inspect", "t.jsonl", example]);
    assert!(shown.code == 0 && shown.stdout.lines().count() > 3, "{shown:?}");
    for bad in [["--why", "c1"], ["--at", "soon"], ["--at", "5"], ["--limit", "few"]] {
        let ran = place.run(&["inspect", "t.jsonl", bad[0], bad[1]]);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
    for query in ["kk:x", "k:note"] {
        assert_eq!(place.run(&["inspect", "t.jsonl", query]).code, 2, "{query}");
    }
}
