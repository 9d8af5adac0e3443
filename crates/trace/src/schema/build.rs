//! Small pieces of JSON Schema.

use serde_json::{Map, Value, json};

/// A table in which exactly one of `kinds` stands beside the common keys.
pub(super) fn one_kind(
    common: &[(&'static str, Value)],
    needs: &[&str],
    kinds: &[(&'static str, Value)],
) -> Value {
    let mut entry = table(needs, common.iter().chain(kinds).cloned());
    entry["oneOf"] = kinds.iter().map(|(kind, _)| json!({ "required": [kind] })).collect();
    entry
}

pub(super) fn table(
    required: &[&str],
    fields: impl IntoIterator<Item = (&'static str, Value)>,
) -> Value {
    let fields: Map<String, Value> =
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": fields,
    })
}

pub(super) fn list(item: Value, description: &str) -> Value {
    json!({ "type": "array", "items": item, "description": description })
}

/// A value, or a list of some.
pub(super) fn some_of(item: Value) -> Value {
    json!({ "anyOf": [item.clone(), { "type": "array", "items": item }] })
}

pub(super) fn told(mut value: Value, description: &str) -> Value {
    // Draft-07 ignores what stands beside a reference.
    if value.get("$ref").is_some() {
        value = json!({ "allOf": [value] });
    }
    value["description"] = description.into();
    value
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

pub(super) fn words(words: &[&str]) -> Value {
    json!({ "enum": words })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn int(min: u64, max: u64, description: &str) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max, "description": description })
}
