//! What the program carries: its scenarios, in any folder, and the revision of its source.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::Place;

#[test]
fn stock_scenarios_run_in_any_folder() {
    let place = Place::empty("stock");
    let ran = place.run(&["run", "steady", "--seed", "1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("steady (built in)  seed 1"), "{ran:?}");
    let ran = place.run(&["run", "scenarios/steady.toml"]);
    assert_eq!(ran.code, 2, "a path is a path: {ran:?}");
    assert!(place.run(&["run", "staedy"]).stderr.contains("did you mean `steady`?"));
    let list = place.run(&["list", "scenarios"]);
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.stdout.contains("\nswarm                            (built in) "), "{list:?}");
    assert!(!list.stdout.contains("not for this program"), "{list:?}");
}

#[test]
fn a_scenario_here_goes_first() {
    let place = Place::empty("stock-here");
    fs::create_dir(place.path("scenarios")).expect("a directory");
    let own = "about = 'mine'\n[cluster]\nnodes = 1\n[limits]\nstorm = '1s'\n";
    place.write("scenarios/steady.toml", own);
    let ran = place.run(&["run", "steady", "--seed", "1"]);
    assert!(ran.stderr.contains("steady  seed 1") && ran.stderr.contains("1 node"), "{ran:?}");
    let list = place.run(&["list", "scenarios"]).stdout;
    assert!(list.contains("steady                           mine\n"), "{list}");
    let hidden = "(built in, not used: scenarios/steady.toml goes first) ";
    assert!(list.contains(hidden) && list.contains("\nchaos "), "{list}");
    let unchanged = Place::with_scenarios("stock-unchanged").run(&["list", "scenarios"]).stdout;
    assert!(!unchanged.contains("built in"), "{unchanged}");
}

#[test]
fn a_case_may_name_a_stock_scenario() {
    let place = Place::empty("stock-case");
    let case = "squall-case = \"1.0\"\ntitle = \"one\"\nexpect = { verdict = \"pass\" }\nscenario = \"steady\"\n\
                seed = 1\n";
    place.write("one.case.toml", case);
    let ran = place.run(&["run", "one.case.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The first digits of the commit that is checked out; `None` outside a repository.
fn head() -> Option<String> {
    let mut git = Command::new("git");
    git.current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).args(["rev-parse", "HEAD"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?[..12].to_owned())
}

#[test]
fn version_trace_and_plan_name_the_revision() {
    let place = Place::empty("revision");
    let said = place.run(&["--version"]).stdout;
    let version = said.trim().strip_prefix("squall ").expect("its name first");
    let revision = version.strip_prefix(concat!(env!("CARGO_PKG_VERSION"), "+"));
    let revision = revision.unwrap_or_else(|| panic!("no revision in {said}"));
    match head() {
        Some(head) => assert_eq!(revision.trim_end_matches("-dirty"), head),
        None => assert!(!revision.is_empty()),
    }
    place.run(&["run", "steady", "--seed", "1", "--trace", "t.jsonl"]);
    let trace = fs::read_to_string(place.path("t.jsonl")).expect("a trace");
    let header = trace.lines().next().expect("a header");
    let header: serde_json::Value = serde_json::from_str(header).expect("JSON");
    assert!(header.to_string().contains(&format!("\"squall\":\"{version}\"")), "{header}");
    assert_eq!(place.run(&["plan", "steady", "-n", "1"]).json()["squall"], version);
    // The header is not in the hash: another build replays the trace.
    place.write("other.jsonl", trace.replacen(version, "0.1.0+somebody-else", 1));
    assert_eq!(place.run(&["replay", "other.jsonl"]).code, 0);
}
