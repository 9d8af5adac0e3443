//! The JSON schema of a summary, for whoever reads one.

use serde_json::{Map, Value, json};

/// The schema of what `--format json` prints last, and of `squall merge --format json`.
#[must_use]
pub fn summary_schema() -> Value {
    let mut schema = object(&[
        ("type", json!({ "const": "summary" })),
        ("v", json!({ "type": "string", "pattern": "^1\\.[0-9]+$" })),
        ("plan", text()),
        ("squall", text()),
        ("build", text()),
        ("system", text()),
        ("system_version", text()),
        ("set", list(json!({ "type": "array", "items": text() }))),
        ("seeds", seeds()),
        ("conclusion", conclusion()),
        ("stopped?", text()),
        ("chunks", chunks()),
        ("planned", number()),
        ("run", number()),
        ("pass", number()),
        ("fail", number()),
        ("expected", number()),
        ("unknown", number()),
        ("twice", number()),
        ("differed", number()),
        ("digest", text()),
        ("canary", json!({ "anyOf": [{ "type": "null" }, canary()] })),
        ("signatures", list(signature())),
        ("unknowns", list(unknown())),
        ("nondeterminism", list(nondeterminism())),
        ("scenarios", list(scenario())),
    ]);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("The summary of a sweep, squall.summary 1.0");
    schema
}

/// An object with these fields; those with a question mark may be absent.
fn object(fields: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, schema) in fields {
        let bare = name.trim_end_matches('?');
        if bare == *name {
            required.push(json!(bare));
        }
        properties.insert(bare.to_owned(), schema.clone());
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn number() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// A map from names to the same kind of value.
fn map(values: Value) -> Value {
    json!({ "type": "object", "additionalProperties": values })
}

fn or_null(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

fn seeds() -> Value {
    json!({ "anyOf": [object(&[("first", number()), ("end", number())]), list(number())] })
}

fn conclusion() -> Value {
    json!({ "enum": [
        "nondeterminism", "failure", "incomplete", "unknown", "blind", "nothing", "pass",
    ]})
}

fn chunks() -> Value {
    object(&[
        ("planned", number()),
        ("found", number()),
        ("missing", list(list(number()))),
        ("finish?", text()),
    ])
}

fn place() -> Value {
    object(&[("seed", number()), ("scenario", text())])
}

fn canary() -> Value {
    object(&[
        ("scenario", text()),
        ("seeds", number()),
        ("caught", json!({ "type": "boolean" })),
        ("sig", text()),
        ("seed", or_null(number())),
    ])
}

fn signature() -> Value {
    object(&[
        ("sig", json!({ "type": "string", "pattern": "^[^/]+/[^/]+$" })),
        ("seeds", number()),
        ("scenarios", map(number())),
        ("expected", json!({ "type": "boolean" })),
        ("first", place()),
        ("best", place()),
        ("t", or_null(number())),
        ("examples", list(place())),
        ("message", text()),
        ("story", list(text())),
        ("times", map(number())),
        ("reproduce", text()),
    ])
}

fn unknown() -> Value {
    object(&[
        ("reason", text()),
        ("seeds", number()),
        ("examples", list(place())),
        ("reproduce", text()),
    ])
}

fn nondeterminism() -> Value {
    let diverged = object(&[
        ("seq", number()),
        ("t", number()),
        ("first", or_null(text())),
        ("second", or_null(text())),
    ]);
    object(&[
        ("chunk", number()),
        ("place", place()),
        ("message", text()),
        ("diverged", or_null(diverged)),
        ("reproduce", text()),
    ])
}

fn scenario() -> Value {
    let spread = object(&[
        ("sum", number()),
        ("least", number()),
        ("most", number()),
        ("bits", map(number())),
    ]);
    let seen = object(&[("seeds", number()), ("hits", number()), ("first", number())]);
    let recovery = object(&[
        ("count", number()),
        ("p50", number()),
        ("p99", number()),
        ("max", number()),
        ("buckets", map(number())),
    ]);
    let knob = object(&[("seeds", number()), ("failing", map(number()))]);
    object(&[
        ("name", text()),
        ("argument", text()),
        ("fails", json!({ "type": "boolean" })),
        ("run", number()),
        ("pass", number()),
        ("fail", number()),
        ("expected", number()),
        ("missed?", text()),
        ("unknown", number()),
        ("digest", text()),
        ("counters", map(spread)),
        ("require", list(text())),
        ("impossible", map(text())),
        ("situations", map(seen)),
        ("checks", map(number())),
        ("excuse?", map(text())),
        ("matrix", map(map(number()))),
        ("knobs", map(knob)),
        ("recovery", or_null(recovery)),
        ("slowest?", object(&[("t", number()), ("seed", number())])),
        ("bounded", json!({ "type": "boolean" })),
        ("slow?", list(text())),
        ("unjudged?", list(text())),
        ("rerun?", text()),
    ])
}
