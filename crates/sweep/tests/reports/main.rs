//! Every rendering of a summary, recorded. `SQUALL_RECORD=1` writes the files anew.
#![allow(clippy::disallowed_methods, reason = "these tests are of files")]

mod summaries;

use std::fs;
use std::path::Path;

use quick_junit::TestCaseStatus;
use serde_json::Value;
use summaries::{blind, failing, passing};
use sweep::summary::Conclusion;
use sweep::{Summary, junit, markdown, summary_schema, view};

const CHECKS: [&str; 5] = ["linearizable", "election-safety", "lease", "sut", "determinism"];

/// Compares with a recorded file.
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports").join(name);
    if std::env::var_os("SQUALL_RECORD").is_some() {
        fs::write(&path, text).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, recorded, "{name}: SQUALL_RECORD=1 records it");
}

fn annotations(summary: &Summary) -> Vec<String> {
    let file_of = |argument: &str| Some(format!("scenarios/{argument}.toml"));
    sweep::github::annotations(summary, &file_of)
}

#[test]
fn people_read_the_summary() {
    golden("failing.txt", &sweep::text::human(&failing()));
    golden("blind.txt", &sweep::text::human(&blind()));
}

#[test]
fn markdown_is_the_summary_of_a_job() {
    let text = markdown(&failing());
    golden("failing.md", &text);
    // What a value holds neither ends a table nor a block, and is no HTML.
    let rows = text.lines().filter(|line| line.starts_with('|'));
    assert!(rows.clone().all(|row| !row.contains("<img")), "{text}");
    assert!(rows.clone().any(|row| row.contains("&lt;img src=x> \\| was spent")), "{text}");
    assert_eq!(text.matches("```").count() % 2, 0, "{text}");
    golden("blind.md", &markdown(&blind()));
}

#[test]
fn markdown_stays_below_what_github_takes() {
    let mut summary = failing();
    summary.signatures[0].story = vec!["ü".repeat(100_000); 10];
    let text = markdown(&summary);
    assert!(text.len() < 1 << 20 && text.ends_with("the rest is left out.\n"), "{}", text.len());
}

#[test]
fn junit_is_read_back() {
    let text = junit(&failing(), &CHECKS);
    golden("failing.xml", &text);
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let suites: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites, ["chaos (raft-rs)", "lease-read (raft-rs)", "sweep"]);
    let named = |suite: usize, is_meant: fn(&TestCaseStatus) -> bool| -> Vec<String> {
        let cases = report.test_suites[suite].test_cases.iter();
        let meant = cases.filter(|case| is_meant(&case.status));
        meant.map(|case| case.name.as_str().to_owned()).collect()
    };
    let failed = |suite| named(suite, |status| matches!(status, TestCaseStatus::NonSuccess { .. }));
    let skipped = |suite| named(suite, |status| matches!(status, TestCaseStatus::Skipped { .. }));
    assert_eq!(skipped(0), ["election-safety", "lease"]);
    assert_eq!(skipped(2), [""; 0]);
    assert_eq!(failed(0), ["situation joint-survives-leader", "decided"]);
    assert_eq!(failed(1), ["linearizable", "testbed"]);
    assert_eq!(failed(2), [""; 0]);
    assert_eq!(report.failures, 4);
}

#[test]
fn the_names_of_tests_are_the_same_in_every_sweep() {
    let names = |summary: &Summary| -> Vec<String> {
        let text = junit(summary, &CHECKS);
        let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
        let cases = report.test_suites.iter().flat_map(|suite| {
            suite
                .test_cases
                .iter()
                .map(|case| format!("{}/{}", suite.name.as_str(), case.name.as_str()))
        });
        cases.collect()
    };
    assert_eq!(names(&passing()), names(&blind()));
    let failing = names(&failing());
    assert!(failing.iter().all(|name| !name.contains("2417")), "{failing:?}");
    assert!(names(&passing()).iter().all(|name| failing.contains(name)));
}

#[test]
fn github_is_told_at_most_ten_things() {
    golden("failing.github", &(annotations(&failing()).join("\n") + "\n"));
    golden("blind.github", &(annotations(&blind()).join("\n") + "\n"));
    assert_eq!(annotations(&passing()), [""; 0]);
    let mut many = failing();
    let one = many.signatures[0].clone();
    many.signatures = vec![one; 12];
    let lines = annotations(&many);
    assert_eq!(lines.len(), 10);
    assert!(lines[9].contains("and 3 more findings"), "{}", lines[9]);
}

#[test]
fn what_must_be_reached_decides() {
    assert_eq!(passing().conclusion, Conclusion::Pass);
    assert_eq!(blind().conclusion, Conclusion::Blind);
    let mut forgiven = blind();
    forgiven.require_nothing();
    assert_eq!(forgiven.conclusion, Conclusion::Pass);
    let mut asked = passing();
    asked.require(&[trace::Situation::AllDown]).unwrap();
    assert_eq!(asked.conclusion, Conclusion::Blind);
    assert!(asked.not_reached().iter().all(|(_, name)| *name == "all-down"));
    let refused = passing().require(&[trace::Situation::DiskFull]).unwrap_err();
    assert!(refused.contains("needs faults of disks"), "{refused}");
}

#[test]
fn failures_are_set_beside_what_was_drawn() {
    let found = view::associations(&failing());
    let strongest = &found[0];
    assert_eq!(strongest.knob, "partition shape=isolate-leader");
    assert_eq!((strongest.with, strongest.without), ((30, 400), (1, 9_600)));
    // Of the other signature there are too few to say anything.
    assert!(found.iter().all(|one| one.sig == "linearizable/stale-read"), "{found:?}");
}

#[test]
fn the_schema_knows_every_field() {
    let schema = summary_schema();
    for summary in [failing(), blind(), passing()] {
        let value = serde_json::to_value(&summary).unwrap();
        fits(&schema, &value, "").unwrap();
        assert_eq!(serde_json::from_value::<Summary>(value).unwrap(), summary);
    }
    let mut wrong = serde_json::to_value(passing()).unwrap();
    wrong["run"] = "many".into();
    assert!(fits(&schema, &wrong, "").is_err());
}

/// As much of a validator as the schema needs; a field that it does not name does not fit.
fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let all: Vec<_> = any.iter().map(|inner| fits(inner, value, at)).collect();
        return all.iter().find(|fit| fit.is_ok()).unwrap_or(&all[all.len() - 1]).clone();
    }
    let named = schema.get("enum").and_then(Value::as_array);
    let one = schema.get("const").is_none_or(|one| one == value);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_kind = match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => true,
    };
    if !one || !is_kind || named.is_some_and(|names| !names.contains(value)) {
        return Err(format!("{at}: {value} is not of {schema}"));
    }
    if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
        return items.iter().try_for_each(|item| fits(schema, item, &format!("{at}[]")));
    }
    let Value::Object(fields) = value else { return Ok(()) };
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        fields.get(name.as_str().unwrap()).ok_or(format!("{at}: no {name}"))?;
    }
    fields.iter().try_for_each(|(name, value)| {
        let at = format!("{at}/{name}");
        let own = schema.get("properties").and_then(|properties| properties.get(name));
        let schema = own.or(schema.get("additionalProperties")).ok_or(format!("{at}: unknown"))?;
        fits(schema, value, &at)
    })
}
