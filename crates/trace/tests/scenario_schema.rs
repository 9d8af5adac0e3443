//! The schema for editors accepts what the parser accepts, as far as it goes, and the copy in
//! `scenarios/` is the one that the crate makes. `SQUALL_RECORD=1` writes it anew.
#![allow(clippy::disallowed_methods, reason = "these tests are of files")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trace::{case_schema, parse_scenario, scenario_schema};

/// As much of a draft-07 validator as our schema needs; patterns are not looked at.
fn accepts(root: &Value, schema: &Value, value: &Value) -> bool {
    let all = |key: &str| {
        let list = schema.get(key).and_then(Value::as_array);
        list.map(|list| list.iter().filter(|inner| accepts(root, inner, value)).count())
    };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return accepts(root, root.pointer(reference.trim_start_matches('#')).unwrap(), value);
    }
    let kind = match schema.get("type").and_then(Value::as_str) {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    let listed = schema.get("enum").is_none_or(|words| words.as_array().unwrap().contains(value));
    let any = all("anyOf").is_none_or(|count| count > 0);
    let one = all("oneOf").is_none_or(|count| count == 1);
    let every = all("allOf").is_none_or(|count| count == schema["allOf"].as_array().unwrap().len());
    kind && listed && any && one && every && inside(root, schema, value)
}

/// Keys and items.
fn inside(root: &Value, schema: &Value, value: &Value) -> bool {
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        return items.iter().all(|item| accepts(root, schema, item));
    }
    let Some(fields) = value.as_object() else { return true };
    let required = schema.get("required").and_then(Value::as_array);
    let complete = required
        .is_none_or(|keys| keys.iter().all(|key| fields.contains_key(key.as_str().unwrap())));
    let known = schema.get("properties").is_none_or(|properties| {
        fields.iter().all(|(key, value)| {
            properties.get(key).is_some_and(|schema| accepts(root, schema, value))
        })
    });
    complete && known
}

#[test]
fn the_schema_accepts_the_scenarios_and_their_documents() {
    let schema = scenario_schema();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let written: Value = toml::from_str(&text).unwrap();
        assert!(accepts(&schema, &schema, &written), "{}", path.display());
        let scenario = parse_scenario("x.toml", &text, &[]).unwrap();
        assert!(accepts(&schema, &schema, &scenario.to_document()), "{}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_is_misspelt() {
    let schema = scenario_schema();
    for bad in [
        json!({}),
        json!({ "about": "x", "nett": {} }),
        json!({ "about": "x", "net": { "los": 0.1 } }),
        json!({ "about": "x", "fault": [{ "partiton": { "at": "1s", "for": "1s" } }] }),
        json!({ "about": "x", "fault": [{ "crash": { "at": "1s" } }] }),
        json!({ "about": "x", "net": { "delay": { "dist": "fixed", "min": "1s" } } }),
    ] {
        assert!(!accepts(&schema, &schema, &bad), "{bad}");
    }
}

#[test]
fn the_schema_of_cases_tells_them_from_scenarios() {
    let schema = case_schema();
    let good = json!({
        "squall-case": "1.0",
        "title": "x",
        "seed": "18446744073709551615",
        "expect": { "verdict": "fail", "sig": "a/b" },
        "net": { "loss": 0.1 },
        "fault": [{ "crash": { "at": "1s", "for": "1s", "node": "n1" } }],
    });
    assert!(accepts(&schema, &schema, &good));
    for (key, bad) in [("net", json!({ "los": 1 })), ("expect", json!({})), ("sead", json!(1))] {
        let mut case = good.clone();
        case[key] = bad;
        assert!(!accepts(&schema, &schema, &case), "{case}");
    }
    assert!(!accepts(&schema, &schema, &json!({ "about": "x" })));
}

#[test]
fn the_copies_for_editors_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copies = [
        ("scenarios/scenario.schema.json", scenario_schema()),
        ("traces/case.schema.json", case_schema()),
    ];
    for (name, made) in copies {
        let path = root.join(name);
        if std::env::var_os("SQUALL_RECORD").is_some() {
            fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        }
        let kept: Option<Value> =
            fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok());
        assert!(kept == Some(made), "{name}: run this test with SQUALL_RECORD=1");
    }
}
