//! The JSON Schema of case files: that of scenarios, and what a case says besides.

use serde_json::{Value, json};

use crate::parse::quantity::INT_MAX;

use super::build::{int, table, text, told, words};
use super::scenario_schema;

/// The schema of a whole case.
#[must_use]
pub fn case_schema() -> Value {
    let mut schema = scenario_schema();
    let signature =
        json!({ "type": "string", "pattern": "^[A-Za-z0-9-]+/([A-Za-z0-9-]+(#[!-~]*)?|\\*)$" });
    let expect = table(
        &["verdict"],
        [
            ("verdict", words(&["pass", "fail"])),
            ("sig", told(signature, "What it fails, or once failed, with: check/kind.")),
        ],
    );
    let seed = json!({ "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9]+$" },
    ]});
    let hash = json!({ "type": "string", "pattern": "^[0-9a-f]{12}$" });
    let recorded = table(
        &["squall", "system", "hash", "events"],
        [
            ("squall", told(text(), "The version that ran it.")),
            ("system", told(text(), "The system under test, and its version.")),
            ("hash", told(hash, "The hash of its events.")),
            ("events", int(0, INT_MAX, "How many events it had.")),
        ],
    );
    let version = json!({ "type": "string", "pattern": "^1\\.[0-9]+$" });
    let own = [
        ("squall-case", told(version, "The version of the format: \"1.0\".")),
        ("title", told(text(), "What it shows, in a sentence.")),
        ("expect", told(expect, "How it must end.")),
        ("scenario", told(text(), "The scenario that it begins with; without it, it is one.")),
        ("seed", told(seed, "The seed.")),
        ("recorded", told(recorded, "The run that it was made from.")),
    ];
    for (key, value) in own {
        schema["properties"][key] = value;
    }
    schema["required"] = json!(["squall-case", "title", "expect", "seed"]);
    schema["title"] = "Squall case".into();
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::case::CASE_KEYS;
    use crate::parse::sections::TOP_KEYS;

    #[test]
    fn the_schema_has_the_keys_of_the_parser() {
        let schema = case_schema();
        let properties = schema["properties"].as_object().expect("a table");
        let mut found: Vec<&str> = properties.keys().map(String::as_str).collect();
        let mut known = [CASE_KEYS, TOP_KEYS].concat();
        found.sort_unstable();
        known.sort_unstable();
        known.dedup();
        assert_eq!(found, known);
    }
}
