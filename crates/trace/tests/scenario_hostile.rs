//! Nothing that can stand in a file makes the parser panic, hang, or speak without end.

#![allow(clippy::disallowed_methods, reason = "this test reads scenarios")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use trace::{SCENARIO_BYTES_MAX, parse_case_bytes, parse_scenario, parse_scenario_bytes};

/// Reads, and shows what is wrong if something is.
fn survive(bytes: &[u8], flags: &[(String, String)]) {
    if let Err(problems) = parse_scenario_bytes("hostile.toml", bytes, flags) {
        assert!(!problems.list.is_empty());
        let shown = problems.render(false);
        assert!(shown.contains("hostile.toml; see `squall explain S0"), "{shown}");
    }
}

fn chaos() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/chaos.toml");
    fs::read_to_string(path).unwrap()
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&bytes, &[]);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}", key in "\\PC{0,20}", value in "\\PC{0,20}") {
        survive(text.as_bytes(), &[(key.clone(), value.clone())]);
        survive(format!("{{{text}").as_bytes(), &[]);
        survive(format!("\u{feff}{}", chaos()).as_bytes(), &[(key, value)]);
    }

    #[test]
    fn damaged_files_are_survived(
        from in any::<prop::sample::Index>(),
        len in 0..20_usize,
        put in "[\\[\\]{}\"=.,0-9a-zé\n -]{0,6}",
        json: bool,
    ) {
        let text = chaos();
        let mut bytes = if json {
            parse_scenario("x", &text, &[]).unwrap().to_document().to_string().into_bytes()
        } else {
            text.into_bytes()
        };
        let start = from.index(bytes.len());
        let end = (start + len).min(bytes.len());
        bytes.splice(start..end, put.into_bytes());
        survive(&bytes, &[]);
    }

    #[test]
    fn damaged_cases_are_survived(
        from in any::<prop::sample::Index>(),
        len in 0..20_usize,
        put in "[\\[\\]{}\"=.,0-9a-zé\n -]{0,6}",
    ) {
        let mut bytes = CASE.as_bytes().to_vec();
        let start = from.index(bytes.len());
        let end = (start + len).min(bytes.len());
        bytes.splice(start..end, put.into_bytes());
        let mut find = |_: &str| Ok(("chaos.toml".to_owned(), chaos().into_bytes()));
        let read = parse_case_bytes("hostile.case.toml", &bytes, &[], &mut find);
        if let Err(problems) = read {
            assert!(problems.render(false).contains("hostile.case.toml; see `squall explain S0"));
        }
    }
}

/// A case with everything that only cases have.
const CASE: &str = r#"
squall-case = "1.0"
title = "A case."
expect = { verdict = "fail", sig = "linearizable/stale-read" }
scenario = "chaos"
seed = "18446744073709551615"
recorded = { squall = "0.1.0", system = "raft-rs 0.7.0", hash = "3f9c12e07b1a", events = 1204 }

[workload]
mix = { get = 1 }

[[fault]]
crash = { at = "1s", for = "1s", node = "n1" }
"#;

#[test]
fn large_and_deep_files_are_survived() {
    let fill = |piece: &str| piece.repeat(SCENARIO_BYTES_MAX / piece.len());
    for text in [
        fill("["),
        fill("{\"a\":"),
        format!("a = {}", &fill("[")[4..]),
        format!("a = {}", &fill("{b=")[4..]),
        fill("a."),
        fill("\n"),
        fill("[[fault]]\n"),
        fill("[[fault]]\ncrash = {}\n"),
        (0..60_000).map(|i| format!("k{i} = 1\n")).collect(),
        format!("{{{}\"z\":1}}", (0..60_000).map(|i| format!("\"k{i}\":1,")).collect::<String>()),
    ] {
        survive(text.as_bytes(), &[]);
    }
}

#[test]
fn a_thousand_problems_are_counted_and_twenty_are_shown() {
    let text: String = (0..1000).map(|i| format!("k{i} = 1\n")).collect();
    let text = format!("about = \"x\"\n{text}");
    let shown = parse_scenario("many.toml", &text, &[]).unwrap_err().render(false);
    assert_eq!(shown.matches("error[S010]").count(), 20);
    assert!(shown.contains("1000 errors in many.toml; see `squall explain S010`"), "{shown}");
    assert!(shown.ends_with("only the first 20 are shown"), "{shown}");
}
