//! Real signals: no partial file is left, what there is is printed, and the exit code is a shell's.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, Ran};

/// A run that takes much longer than any test waits.
const LONG: [&str; 6] = ["run", "steady", "--seed", "1", "--set", "limits.storm=500m"];

fn start(place: &Place, arguments: &[&str]) -> Child {
    let mut command = place.squall(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("squall starts")
}

/// Waits for `ready`, sends a signal, and waits for the end.
fn interrupt(child: Child, name: &str, ready: impl Fn() -> bool) -> Ran {
    let until = Instant::now() + Duration::from_secs(30);
    while !ready() {
        assert!(Instant::now() < until, "it is never ready");
        std::thread::sleep(Duration::from_millis(10));
    }
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
    Ran::of(child.wait_with_output().expect("it ends"))
}

#[test]
fn an_interrupted_run_leaves_no_partial_trace() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let place = Place::empty(&format!("interrupted{name}"));
        let child = start(&place, &[&LONG[..], &["--trace", "t.jsonl"]].concat());
        let ran = interrupt(child, name, || !place.entries().is_empty());
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(place.entries(), Vec::<String>::new(), "{ran:?}");
        assert!(ran.stderr.contains("steady (built in)  seed 1"), "{ran:?}");
        assert!(ran.stderr.contains(" stopped  by SIG"), "{ran:?}");
    }
}

#[test]
fn an_interrupted_gauntlet_writes_no_table() {
    let place = Place::empty("interrupted-gauntlet");
    place.write("storm.toml", "about = 'calm'\n[limits]\nstorm = '10s'\n");
    let arguments = [
        "gauntlet",
        "send-before-persist-votes",
        "--scenario",
        "storm.toml",
        "--seeds",
        "1000000",
        "--json",
        "t.json",
    ];
    let child = start(&place, &arguments);
    std::thread::sleep(Duration::from_millis(500));
    let ran = interrupt(child, "-INT", || true);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.stderr.contains("hunts are missing"), "{ran:?}");
    assert_eq!(place.entries(), ["storm.toml"]);
}
