//! Bad input ends with code 2, says where it is bad, and leaves nothing behind.

use std::fs::{self, File};

use crate::place::{Place, Ran};

/// What is written into a scenario, and what must be said of it.
const MISTAKES: [(&str, &str, &[&str]); 6] = [
    (
        "misspelt signature",
        "about = \"x\"\n[expect]\nverdict = \"fail\"\nsignatures = [\"durabilty/acked-write-lost\"]\n",
        &["durabilty/acked-write-lost", ":4:", "`durability/acked-write-lost`"],
    ),
    ("misspelt key", "about = \"x\"\n[workload]\nkyes = 3\n", &["kyes", ":3:"]),
    ("wrong unit", "about = \"x\"\n[limits]\nstorm = \"10parsecs\"\n", &["10parsecs", ":3:"]),
    (
        "unknown node",
        "about = \"x\"\n[[fault]]\ncrash = { at = \"1s\", for = \"1s\", node = \"n9\" }\n",
        &["n9", ":3:"],
    ),
    ("negative probability", "about = \"x\"\n[net]\nloss = -0.5\n", &["-0.5", ":3:"]),
    ("not TOML", "about = \"x\n", &[":1:"]),
];

/// The command was refused, named all of `words`, and wrote nothing.
fn refused(place: &Place, ran: &Ran, words: &[&str], files: &[&str]) {
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stdout, "", "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "`{word}` is not in {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    assert_eq!(place.entries(), files, "{ran:?}");
}

#[test]
fn a_mistake_in_a_scenario_is_shown_with_its_place() {
    for (name, text, words) in MISTAKES {
        let place = Place::empty(&format!("mistake-{}", name.replace(' ', "-")));
        place.write("bad.toml", text);
        let ran = place.run(&["run", "bad.toml", "--trace", "out.jsonl"]);
        let mut all = vec!["bad.toml"];
        all.extend(words);
        refused(&place, &ran, &all, &["bad.toml"]);
    }
}

#[test]
fn a_huge_file_is_refused_at_once() {
    let place = Place::empty("huge");
    let file = File::create(place.path("huge.toml")).expect("created");
    file.set_len(100 << 20).expect("sparse");
    let ran = place.run(&["run", "huge.toml"]);
    refused(&place, &ran, &["huge.toml", "too large"], &["huge.toml"]);
}

#[test]
fn a_binary_file_is_refused() {
    let place = Place::empty("binary");
    place.write("binary.toml", [0x7f, b'E', b'L', b'F', 0xff, 0, 0, 0xfe]);
    let ran = place.run(&["run", "binary.toml"]);
    refused(&place, &ran, &["binary.toml", "UTF-8"], &["binary.toml"]);
    let ran = place.run(&["replay", "binary.toml"]);
    refused(&place, &ran, &["binary.toml", "line 1"], &["binary.toml"]);
}

#[test]
fn a_bad_override_points_at_the_flag() {
    let place = Place::empty("override");
    place.write("good.toml", "about = \"x\"\n");
    let ran = place.run(&["run", "good.toml", "--set", "limits.strom=1s"]);
    refused(&place, &ran, &["strom"], &["good.toml"]);
    let ran = place.run(&["run", "good.toml", "--set", "limits"]);
    refused(&place, &ran, &["KEY=VALUE"], &["good.toml"]);
}

#[test]
fn what_is_not_there_is_named() {
    let place = Place::with_scenarios("absent");
    let ran = place.run(&["run", "staedy"]);
    refused(&place, &ran, &["staedy", "did you mean `steady`?"], &["scenarios"]);
    let ran = place.run(&["replay", "latest"]);
    refused(&place, &ran, &["no run is kept"], &["scenarios"]);
}

#[test]
fn a_bare_timeout_names_the_clocks() {
    let place = Place::empty("timeout");
    let ran = place.run(&["run", "x", "--timeout", "3s"]);
    refused(&place, &ran, &["limits.storm", "limits.check-max"], &[]);
}

/// A whole trace of a short run.
fn trace(place: &Place) -> Vec<u8> {
    let ran = place.run(&["run", "steady", "--seed", "1", "--trace", "good.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    fs::read(place.path("good.jsonl")).expect("a trace")
}

#[test]
fn a_damaged_trace_is_refused_with_the_place() {
    let place = Place::with_scenarios("damaged");
    let whole = trace(&place);
    let files = ["bad.jsonl", "good.jsonl", "scenarios"];

    place.write("bad.jsonl", &whole[..whole.len() / 2]);
    let ran = place.run(&["replay", "bad.jsonl"]);
    refused(&place, &ran, &["bad.jsonl", "line ", "cut"], &files);

    let mut flipped = whole.clone();
    let digit = whole.len() / 2
        + whole[whole.len() / 2..].iter().position(u8::is_ascii_digit).expect("there are digits");
    flipped[digit] ^= 1;
    place.write("bad.jsonl", &flipped);
    let ran = place.run(&["replay", "bad.jsonl"]);
    refused(&place, &ran, &["bad.jsonl", "line "], &files);

    let text = String::from_utf8(whole).expect("UTF-8");
    place.write("bad.jsonl", text.replacen("\"v\":\"1.", "\"v\":\"9.", 1));
    let ran = place.run(&["replay", "bad.jsonl"]);
    refused(&place, &ran, &["bad.jsonl", "line 1", "1.x"], &files);
    let ran = place.run(&["inspect", "bad.jsonl"]);
    refused(&place, &ran, &["bad.jsonl", "line 1", "1.x"], &files);
}
