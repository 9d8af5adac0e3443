//! `squall gauntlet`: flaws are hunted, what is missed is told, and so is what became harder.

use std::fs;

use crate::place::Place;

/// The table that `--json` wrote.
fn table(place: &Place, name: &str) -> serde_json::Value {
    let text = fs::read_to_string(place.path(name)).expect("the table");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The table without what a clock told.
fn without_times(mut table: serde_json::Value) -> serde_json::Value {
    for row in table["rows"].as_array_mut().expect("rows") {
        for hunt in row["hunts"].as_array_mut().expect("hunts") {
            hunt["cpu_us"] = 0.into();
        }
    }
    table
}

#[test]
fn a_flaw_is_found_as_often_as_it_is_hunted_on_any_number_of_threads() {
    let place = Place::with_scenarios("gauntlet");
    let hunt = |jobs: &str, file: &str| {
        place.run(&[
            "gauntlet",
            "no-fsync",
            "read-local",
            "--bases",
            "4",
            "-j",
            jobs,
            "--json",
            file,
        ])
    };
    let ran = hunt("3", "three.json");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("no-fsync    swarm     4/4"), "{ran:?}");
    assert!(ran.stdout.contains("2 of 2 flaws"), "{ran:?}");
    assert_eq!(hunt("1", "one.json").code, 0);
    let three = table(&place, "three.json");
    assert!(three["rows"][1]["hunts"][3]["cpu_us"].as_u64() > Some(0), "{three}");
    let seed = three["rows"][1]["hunts"][3]["found"]["seed"].as_u64();
    assert!(seed >= Some(3_000_000), "{three}");
    assert_eq!(without_times(three), without_times(table(&place, "one.json")));
}

#[test]
fn a_flaw_that_is_not_found_makes_the_testbed_blind() {
    let place = Place::with_scenarios("gauntlet-blind");
    place.write("calm.toml", "about = \"nothing happens\"\n[limits]\nstorm = \"1s\"\n");
    let ran =
        place.run(&["gauntlet", "read-local-leader", "--scenario", "calm.toml", "--seeds", "2"]);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.stdout.contains("missed  read-local-leader"), "{ran:?}");
}

#[test]
fn what_became_harder_to_find_is_named() {
    let place = Place::with_scenarios("gauntlet-against");
    let hunt = |more: &[&str]| {
        let mut line = vec!["gauntlet", "read-local", "--bases", "8", "--json", "now.json"];
        line.extend(more);
        place.run(&line)
    };
    assert_eq!(hunt(&[]).code, 0);
    fs::rename(place.path("now.json"), place.path("before.json")).expect("renamed");
    let same = hunt(&["--against", "before.json"]);
    assert_eq!((same.code, same.stdout.contains("changed")), (0, false), "{same:?}");
    let mut before = table(&place, "before.json");
    before["rows"][0]["flaw"] = "no-fsync".into();
    place.write("before.json", before.to_string());
    let gone = hunt(&["--against", "before.json"]);
    assert_eq!(gone.code, 7, "{gone:?}");
    assert!(gone.stdout.contains("no-fsync in swarm: not in this table"), "{gone:?}");
    place.write("before.json", "{\"squall\": 1}");
    let bad = hunt(&["--against", "before.json"]);
    assert_eq!(bad.code, 2, "{bad:?}");
    assert!(bad.stderr.contains("before.json: no table of a gauntlet"), "{bad:?}");
}

#[test]
fn a_scenario_that_fails_by_itself_is_no_hunting_ground() {
    let place = Place::with_scenarios("gauntlet-fails");
    let ran = place.run(&["gauntlet", "no-fsync", "--scenario", "raftexample"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stderr.contains("fails without a flaw too: linearizable/"), "{ran:?}");
}

#[test]
fn flaws_and_strategies_that_do_not_exist_are_refused() {
    let place = Place::with_scenarios("gauntlet-refused");
    let flaw = place.run(&["gauntlet", "no-fsnyc"]);
    assert_eq!(flaw.code, 2, "{flaw:?}");
    assert!(flaw.stderr.contains("there is one named `no-fsync`"), "{flaw:?}");
    let strategy = place.run(&["gauntlet", "--strategy", "shrot"]);
    assert_eq!(strategy.code, 2, "{strategy:?}");
    assert!(strategy.stderr.contains("crash-points"), "{strategy:?}");
    assert_eq!(place.run(&["gauntlet", "--bases", "0"]).code, 2);
}
