//! The kinds of values that several places of the schema share.

use serde_json::{Value, json};

use super::build::{reference, some_of, table, text, words};

pub(super) fn definitions() -> Value {
    json!({
        "duration": {
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]+)? ?(ns|us|µs|ms|s|m)$",
            "description": "A duration: \"100ns\", \"5us\", \"10ms\", \"1.5s\", \"2m\".",
        },
        "durations": {
            "anyOf": [
                reference("duration"),
                { "type": "array", "items": reference("duration"), "minItems": 2, "maxItems": 2 },
            ],
            "description": "A duration, or the shortest and the longest.",
        },
        "chance": {
            "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?(%|ppm)$" },
            ],
            "description": "A probability: 0.02, \"2%\" or \"20000ppm\".",
        },
        "node": { "type": "string", "pattern": "^n[1-9][0-9]*$", "description": "A node: \"n2\"." },
        "target": {
            "type": "string",
            "pattern": "^(leader|follower|any|all|n[1-9][0-9]*)$",
            "description": "A node, \"leader\", \"follower\", \"any\" or \"all\".",
        },
        "groups": {
            "type": "array",
            "minItems": 1,
            "items": some_of(reference("node")),
            "description": "Nodes of different groups, and of none, do not hear each other.",
        },
        "shape": {
            "anyOf": [
                words(&[
                    "halves", "majority-ring", "bridge", "pair", "one-way", "isolate-leader", "isolate-any",
                    "mute-leader", "deaf-leader",
                ]),
                {
                    "type": "string",
                    "pattern": "^(isolate|mute|deaf)-(leader|follower|any|all|n[1-9][0-9]*)$",
                },
                table(&["groups"], [("groups", reference("groups"))]),
            ],
            "description": "Which links a partition cuts.",
        },
        "delay": delay(),
        "bytes": {
            "anyOf": [text(), table(&["hex"], [("hex", text())])],
            "description": "Text, or { hex = \"00ff\" }.",
        },
    })
}

fn delay() -> Value {
    let kind = |name: &str, keys: &[&'static str]| {
        let fields = keys.iter().map(|key| (*key, reference("duration")));
        let required: Vec<&str> = std::iter::once("dist").chain(keys.iter().copied()).collect();
        table(&required, fields.chain([("dist", words(&[name]))]))
    };
    json!({
        "anyOf": [
            reference("duration"),
            kind("fixed", &["value"]),
            kind("uniform", &["min", "max"]),
            kind("long-tail", &["min", "median", "max"]),
        ],
        "description": "A distribution of durations; one alone is fixed.",
    })
}
