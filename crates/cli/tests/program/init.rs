//! `squall init`: what it writes works, and it overwrites nothing.

use std::fs;

use crate::place::Place;

const WRITTEN: [&str; 3] =
    ["scenarios/storm.toml", "scenarios/scenario.schema.json", ".github/workflows/squall.yml"];

#[test]
fn what_is_written_runs_and_passes() {
    let place = Place::empty("init");
    let ran = place.run(&["init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for name in WRITTEN {
        assert!(place.path(name).is_file() && ran.stdout.contains(name), "{name}: {ran:?}");
    }
    assert_eq!(fs::read_to_string(place.path(".gitignore")).ok().as_deref(), Some("/.squall\n"));
    for seed in ["0", "1", "2", "3"] {
        let ran = place.run(&["run", "storm", "--seed", seed, "--format", "json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.json()["counters"]["faults"].as_u64() > Some(0), "{ran:?}");
    }
}

#[test]
fn another_directory_is_made() {
    let place = Place::empty("init-elsewhere");
    let ran = place.run(&["init", "my repo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("cd 'my repo' && squall run storm"), "{ran:?}");
    assert_eq!(place.entries(), ["my repo"]);
}

#[test]
fn nothing_is_overwritten() {
    let place = Place::empty("init-twice");
    fs::create_dir_all(place.path(".github/workflows")).expect("a directory");
    place.write(WRITTEN[2], "mine");
    let ran = place.run(&["init"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains(WRITTEN[2]) && ran.stderr.contains("nothing was written"));
    assert_eq!(fs::read_to_string(place.path(WRITTEN[2])).ok().as_deref(), Some("mine"));
    assert_eq!(place.entries(), [".github"], "all or nothing");
}

#[test]
fn what_is_ignored_stays_so() {
    let place = Place::empty("init-ignore");
    place.write(".gitignore", "target");
    assert_eq!(place.run(&["init"]).code, 0);
    let ignored = || fs::read_to_string(place.path(".gitignore")).expect("a file");
    assert_eq!(ignored(), "target\n/.squall\n");
    for name in WRITTEN {
        fs::remove_file(place.path(name)).expect("removed");
    }
    assert_eq!(place.run(&["init"]).code, 0);
    assert_eq!(ignored(), "target\n/.squall\n", "once is enough");
}
