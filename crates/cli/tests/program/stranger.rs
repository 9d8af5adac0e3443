//! Squall in a binary of somebody else's: the example `keeper` tests a system that is no Raft.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::{Place, Ran};

const SCENARIO: &str = "about = 'a stranger'
[cluster]
nodes = 3
clients = 3
[workload]
sessions = false
pace = { closed = { think = '10ms' } }
[limits]
storm = '1s'
";

/// The example, which `cargo test` builds beside the program.
fn keeper() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_squall")).parent().expect("a directory");
    let path = beside.join("examples/keeper");
    assert!(path.is_file(), "cargo build --example keeper makes {}", path.display());
    path
}

fn run(place: &Place, mistakes: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(keeper());
    command.args(arguments).current_dir(place.path("")).env("KEEPER", mistakes);
    Ran::of(command.output().expect("the example starts"))
}

#[test]
fn somebody_elses_system_is_run_and_judged() {
    let place = Place::empty("keeper");
    place.write("s.toml", SCENARIO);
    let ran = run(&place, "", &["run", "s.toml", "--seed", "1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("keeper 1"), "{ran:?}");
    let ran = run(&place, "forget", &["run", "s.toml", "--seed", "1"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stdout.contains("same hash"), "{ran:?}");
    let last = ran.stdout.lines().last().expect("a block");
    assert!(last.ends_with("keeper run s.toml --seed 1"), "{last}");
}

/// The checks of logs and elections have nothing to judge here, and are not called passed.
#[test]
fn what_was_not_exercised_is_not_called_passed() {
    let place = Place::empty("idle");
    let excuse = "[excuse]\nlease = 'it has no leases'\n";
    place.write("s.toml", format!("{SCENARIO}{excuse}"));
    let ran = run(&place, "", &["run", "s.toml", "--seed", "1"]);
    let (_, idle) = ran.stdout.split_once("not exercised: ").unwrap_or_else(|| panic!("{ran:?}"));
    let (idle, _) = idle.split_once("excused: ").unwrap_or_else(|| panic!("{ran:?}"));
    for check in ["config-safety", "log-matching", "commit-quorum", "vote-kept"] {
        assert!(idle.contains(check), "{check}: {idle}");
    }
    assert!(!idle.contains("linearizable") && !idle.contains("lease"), "{idle}");
    assert!(ran.stdout.contains("          excused: lease: it has no leases\n"), "{ran:?}");
    let ran = run(&place, "", &["run", "s.toml", "--seed", "1", "--format", "json"]);
    let checks = &ran.json()["checks"];
    assert_eq!(checks["linearizable"], "exercised", "{checks}");
    assert_eq!(checks["vote-kept"], "not exercised", "{checks}");
    assert_eq!(checks["lease"], "excused: it has no leases", "{checks}");
    let sweep = ["sweep", "s.toml", "-n", "3", "--seed", "1", "--junit", "j.xml"];
    let ran = run(&place, "", &sweep);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("\n  not exercised: "), "{ran:?}");
    let junit = std::fs::read_to_string(place.path("j.xml")).expect("it was written");
    let skipped = "<skipped message=\"not exercised: none of 3 runs had anything to judge\"/>";
    assert!(junit.contains(skipped), "{junit}");
    assert!(junit.contains("<skipped message=\"not exercised: it has no leases\"/>"), "{junit}");
}

/// The example reads its mistakes from the environment; nothing else tells its two modes apart.
#[test]
fn results_of_one_mode_are_not_taken_for_those_of_another() {
    let place = Place::empty("modes");
    place.write("s.toml", SCENARIO);
    let sweep = ["sweep", "s.toml", "-n", "5", "--seed", "1"];
    assert_eq!(run(&place, "", &sweep).code, 0);
    let ran = run(&place, "forget", &sweep);
    assert_eq!(ran.code, 100, "the results of the sound mode were reused: {ran:?}");
    assert_eq!(run(&place, "", &sweep).code, 0);
    // A directory or a plan belongs to one mode.
    let out = [&sweep[..], &["--out", "out"]].concat();
    assert_eq!(run(&place, "", &out).code, 0);
    let ran = run(&place, "forget", &out);
    assert_eq!(ran.code, 2, "{ran:?}");
    let plan = ["plan", "s.toml", "-n", "5", "--seed", "1", "--out", "plan.json"];
    assert_eq!(run(&place, "", &plan).code, 0);
    let ran = run(&place, "forget", &["sweep", "--plan", "plan.json"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("forget: false") && ran.stderr.contains("forget: true"), "{ran:?}");
}

#[test]
fn a_check_that_does_not_exist_cannot_be_excused() {
    let place = Place::empty("excuse");
    place.write("s.toml", format!("{SCENARIO}[excuse]\nleese = 'it has none'\n"));
    let ran = run(&place, "", &["run", "s.toml", "--seed", "1"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("s.toml:11: `leese` names no check"), "{ran:?}");
    assert!(ran.stderr.contains("there is a check named `lease`"), "{ran:?}");
}

#[test]
fn a_failure_that_no_other_process_repeats_is_non_determinism() {
    let place = Place::empty("leak");
    place.write("s.toml", SCENARIO);
    let ran = run(&place, "forget,leak", &["run", "s.toml", "--seed", "1"]);
    assert_eq!(ran.code, 8, "{ran:?}");
    // The first event that differs is named: a message from node 1 with a random number in it.
    assert!(ran.stdout.contains("diverged at event "), "{ran:?}");
    assert!(ran.stdout.contains("\"k\":\"msg.send\""), "{ran:?}");
}

#[test]
fn a_trace_that_the_same_build_does_not_repeat_is_non_determinism() {
    let place = Place::empty("leak-replay");
    place.write("s.toml", SCENARIO);
    let ran = run(&place, "leak", &["run", "s.toml", "--seed", "1", "--trace", "t.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(&place, "leak", &["replay", "t.jsonl"]);
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.stdout.contains("diverged at event "), "{ran:?}");
}
