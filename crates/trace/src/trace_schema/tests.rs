//! Every line that is written is one that the schema allows.

use proptest::prelude::*;
use serde_json::Value;

use super::{KINDS, trace_schema};
use crate::event::Kind;
use crate::line::arbitrary::event;
use crate::line::{kind_name, write_line};
use crate::write::{Footer, Mark};

/// As much of JSON Schema as ours uses, patterns aside.
fn valid(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target =
            root.pointer(name.trim_start_matches('#')).expect("a reference leads somewhere");
        return valid(root, target, value);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|each| valid(root, each, value).is_ok());
        return if fits { Ok(()) } else { Err(format!("{value} is none of {any:?}")) };
    }
    if let Some(constant) = schema.get("const")
        && constant != value
    {
        return Err(format!("{value} is not {constant}"));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        return Err(format!("{value} is none of {choices:?}"));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        None => true,
        Some(other) => panic!("the check knows no {other}"),
    };
    if !fits {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("names are strings");
        value.get(name).ok_or_else(|| format!("{value} lacks {name}"))?;
    }
    if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object())
    {
        for (name, field) in fields {
            let schema = properties.get(name).ok_or_else(|| format!("{name} is not described"))?;
            valid(root, schema, field)?;
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        list.iter().try_for_each(|item| valid(root, items, item))?;
    }
    Ok(())
}

fn check(text: &str) {
    let schema = trace_schema();
    let line: Value = serde_json::from_str(text).expect("a line is JSON");
    let lines = schema["oneOf"].as_array().expect("there are kinds of line");
    let fitting = lines.iter().filter(|each| valid(&schema, each, &line).is_ok()).count();
    assert_eq!(fitting, 1, "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_line_fits_one_kind(event in event()) {
        let mut text = String::new();
        write_line(&event, &mut text);
        check(&text);
    }
}

#[test]
fn marks_and_footers_fit() {
    let mut text = String::new();
    Mark { events: 1000, hash: 5 }.write(&mut text);
    check(&text);
    text.clear();
    let footer = Footer {
        events: 3,
        hash: u64::MAX,
        verdict: "fail".into(),
        reason: "a promise was broken".into(),
        signature: Some("linearizable/stale-read".into()),
        counts: [("msg.send".into(), 2)].into(),
    };
    footer.write(&mut text);
    check(&text);
}

#[test]
fn the_kinds_of_the_schema_are_the_kinds_of_events() {
    let timer = Kind::Timer { node: 1, timer: "tick" };
    assert!(KINDS.iter().any(|(kind, _)| *kind == kind_name(&timer)));
    let mut names: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KINDS.len(), "a kind stands twice");
}
