//! `squall corpus`, and cases as targets of `run` and `replay`.

use std::fs;
use std::path::Path;

use crate::place::{Place, Ran};
use crate::run::failing;

/// The corpus of this repository.
fn kept() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../traces");
    path.to_string_lossy().into_owned()
}

/// A place with a failing run, and the path of the case that was made of it.
fn with_case(name: &str) -> (Place, String) {
    let place = Place::with_scenarios(name);
    failing(&place, "raftexample");
    let ran = place.run(&["corpus", "add", "latest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = ran.stdout.split_whitespace().nth(1).expect("a path").to_owned();
    (place, path)
}

fn list(place: &Place) -> Vec<serde_json::Value> {
    let ran = place.run(&["corpus", "list", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn what_this_repository_keeps_still_holds() {
    let place = Place::with_scenarios("kept");
    let ran = place.run(&["corpus", "verify", "--dir", &kept(), "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let files = ran.stdout.lines().count() - 1;
    for word in ["golden", "known-bugs", "regressions"] {
        assert!(ran.stdout.contains(word), "nothing of {word}: {ran:?}");
    }
    assert!(files >= 4, "{ran:?}");
}

#[test]
fn a_failure_becomes_a_case_that_needs_nothing_else() {
    let (place, path) = with_case("case");
    assert!(path.starts_with("traces/known-bugs/raftexample-"), "{path}");
    // The case is a scenario of its own.
    fs::remove_dir_all(place.path("scenarios")).expect("removed");
    fs::remove_dir_all(place.path(".squall")).expect("removed");
    let verified = place.run(&["corpus", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(verified.stdout.contains("1 of 1 file held"), "{verified:?}");
    let replayed = place.run(&["replay", &path]);
    assert_eq!(replayed.code, 100, "{replayed:?}");
    assert!(replayed.stdout.contains("as expected, same hash"), "{replayed:?}");
    let run = place.run(&["run", &path, "--format", "json"]);
    assert_eq!(run.code, 100, "{run:?}");
    let told = &list(&place)[0];
    let run = run.json();
    assert!(run["expected"] == true && run["seed"] == told["seed"], "{run} {told}");
    assert!(run["hash"].as_str().expect("a hash").starts_with(told["hash"].as_str().expect("one")));
}

#[test]
fn a_case_whose_bug_is_fixed_says_so_and_changes_sides() {
    let (place, path) = with_case("fixed");
    let text = fs::read_to_string(place.path(&path)).expect("a case");
    let fixed = text
        .replace("profile = \"raftexample\"\n", "")
        .replace("read = \"local\"", "read = \"read-index\"");
    assert_ne!(text, fixed);
    place.write(&path, fixed);
    let verified = place.run(&["corpus", "verify"]);
    assert_eq!(verified.code, 7, "{verified:?}");
    assert!(verified.stdout.contains("GONE") && verified.stdout.contains("it is pass"));
    assert_eq!(place.run(&["replay", &path]).code, 7);
    let refused = place.run(&["corpus", "add", &path]);
    assert_eq!(refused.code, 7, "{refused:?}");
    assert!(refused.stderr.contains("--expect pass"), "{refused:?}");
    let moved = place.run(&["corpus", "add", &path, "--expect", "pass", "--title", "Fixed."]);
    assert_eq!(moved.code, 0, "{moved:?}");
    assert!(!place.path(&path).exists(), "it lies in the other folder now");
    assert_eq!(place.run(&["corpus", "verify"]).code, 0);
    let told = &list(&place)[0];
    assert_eq!((&told["expect"], &told["title"]), (&"pass".into(), &"Fixed.".into()));
    assert!(told["sig"].is_string(), "what it once failed with is remembered: {told}");
}

#[test]
fn a_case_that_must_pass_and_fails_is_a_failure() {
    let (place, _) = with_case("red");
    let red = place.run(&["corpus", "add", "latest", "--expect", "pass", "--dir", "red"]);
    assert!(red.code == 0 && red.stdout.contains("does not hold yet"), "{red:?}");
    let verified = place.run(&["corpus", "verify", "--dir", "red"]);
    assert_eq!(verified.code, 100, "{verified:?}");
    assert!(verified.stdout.contains("FAIL") && verified.stdout.contains("expected pass"));
}

#[test]
fn a_golden_trace_must_replay_event_by_event() {
    let place = Place::with_scenarios("golden");
    place.run(&["run", "steady", "--seed", "1", "--trace", "traces/golden/good.jsonl"]);
    assert_eq!(place.run(&["corpus", "verify"]).code, 0);
    // Another build: the same header, other events. The last line sums the lines up, so what is
    // forged is the seed, and with it the name of the run.
    let text = fs::read_to_string(place.path("traces/golden/good.jsonl")).expect("a trace");
    let other = text.replacen("\"seed\":1,", "\"seed\":2,", 1);
    place.write("traces/golden/good.jsonl", &other);
    let refused = place.run(&["corpus", "verify"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    let words: Vec<&str> = refused.stderr.split([' ', ',', '\n']).collect();
    let behind = |word: &str| words[words.iter().position(|w| *w == word).expect(word) + 1];
    place.write("traces/golden/good.jsonl", other.replacen(behind("run"), behind("gives"), 1));
    let differs = place.run(&["corpus", "verify"]);
    assert_eq!(differs.code, 8, "{differs:?}");
    assert!(differs.stdout.contains("NONDET"), "{differs:?}");
}

#[test]
fn an_empty_corpus_is_not_green() {
    let place = Place::empty("nothing-kept");
    assert_eq!(place.run(&["corpus", "verify"]).code, 2, "there is no such directory");
    fs::create_dir(place.path("traces")).expect("a directory");
    let ran = place.run(&["corpus", "verify"]);
    assert!(ran.code == 4 && ran.stderr.contains("nothing is kept"), "{ran:?}");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let (place, path) = with_case("twice");
    let before = fs::read(place.path(&path)).expect("a case");
    let again = place.run(&["corpus", "add", "latest", "--title", "Another one."]);
    assert!(again.code == 2 && again.stderr.contains("is there already"), "{again:?}");
    assert_eq!(fs::read(place.path(&path)).expect("a case"), before);
}

#[test]
fn prune_removes_only_the_longest_and_only_when_told() {
    let place = Place::empty("prune");
    let case = |events: u64, sig: &str| {
        format!(
            "squall-case = \"1.0\"\ntitle = \"x\"\nseed = 1\nname = \"s\"\n\
             expect = {{ verdict = \"fail\", sig = \"{sig}\" }}\nrecorded = {{ squall = \"0\", \
             system = \"x\", hash = \"0123456789ab\", events = {events} }}\n"
        )
    };
    fs::create_dir_all(place.path("traces/known-bugs")).expect("a directory");
    for (name, events, sig) in
        [("long", 900, "a/b"), ("short", 10, "a/b"), ("mid", 90, "a/b"), ("other", 9000, "a/c")]
    {
        place.write(&format!("traces/known-bugs/{name}.case.toml"), case(events, sig));
    }
    let names = || list(&place).iter().map(|told| told["path"].to_string()).collect::<String>();
    let shown = place.run(&["corpus", "prune", "--keep", "2"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stdout.contains("long.case.toml") && shown.stdout.contains("--yes"), "{shown:?}");
    assert!(names().contains("long"), "nothing is removed without --yes");
    let gone = place.run(&["corpus", "prune", "--keep", "2", "--yes"]);
    assert_eq!(gone.code, 0, "{gone:?}");
    let left = names();
    assert!(!left.contains("long"), "{left}");
    for name in ["short", "mid", "other"] {
        assert!(left.contains(name), "{name} in {left}");
    }
}

fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}` is not in {}", ran.stderr);
    }
}

#[test]
fn a_bad_case_is_refused_with_the_place() {
    let place = Place::with_scenarios("bad-case");
    let good = "squall-case = \"1.0\"\ntitle = \"x\"\nexpect = { verdict = \"pass\" }\n";
    fs::create_dir(place.path("traces")).expect("a directory");
    let bad = [
        ("seed = -1\n", ":4:", "out of range"),
        ("seed = 1\nscenario = \"staedy\"\n", ":5:", "did you mean `steady`?"),
        ("seed = 1\nscenario = \"steady\"\nsead = 2\n", ":6:", "`seed`"),
        ("seed = 1\n[[fault]]\ncrash = { at = \"1s\" }\n", ":6:", "needs `for`"),
    ];
    for (lines, at, word) in bad {
        place.write("traces/bad.case.toml", format!("{good}{lines}"));
        for command in [
            &["run", "traces/bad.case.toml"][..],
            &["replay", "traces/bad.case.toml"],
            &["corpus", "verify"],
            &["corpus", "list"],
        ] {
            refused(&place.run(command), &["traces/bad.case.toml", at, word]);
        }
    }
    let listed = place.run(&["corpus", "add", "nothing.case.toml"]);
    refused(&listed, &["nothing.case.toml"]);
}

#[test]
fn a_case_may_name_its_scenario() {
    let place = Place::with_scenarios("named");
    fs::create_dir(place.path("traces")).expect("a directory");
    place.write(
        "traces/named.case.toml",
        "squall-case = \"1.0\"\ntitle = \"Steady without faults.\"\nscenario = \"steady\"\n\
         seed = 5\nexpect = { verdict = \"pass\" }\n",
    );
    let case = place.run(&["run", "traces/named.case.toml", "--format", "json"]).json();
    let plain = place.run(&["run", "steady", "--seed", "5", "--format", "json"]).json();
    assert_eq!((&case["hash"], &case["seed"]), (&plain["hash"], &plain["seed"]));
    let set = ["run", "traces/named.case.toml", "--set", "workload.keys=1", "--format", "json"];
    assert_ne!(place.run(&set).json()["hash"], plain["hash"]);
    assert_eq!(place.run(&["corpus", "verify"]).code, 0);
}
