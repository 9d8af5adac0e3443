//! The schema of the faults of [`crate::parse`]'s `storm`: process, clock, clogging and flapping
//! links.

use crate::parse::quantity::INT_MAX;
use serde_json::{Value, json};

use super::build::{flag, int, reference, some_of, table, told, words};

type Fields = Vec<(&'static str, Value)>;

/// The kinds of drawn faults with their own fields.
pub(super) fn drawn() -> Vec<(&'static str, Fields)> {
    let shape = || ("shape", some_of(reference("shape")));
    let target = || ("target", some_of(reference("target")));
    let how = || ("how", some_of(words(&["power", "kill", "stop"])));
    vec![
        ("clog", vec![shape()]),
        ("flap", vec![shape(), ("period", period("durations"))]),
        ("pause", vec![target()]),
        ("tick-stall", vec![target()]),
        ("crash-loop", vec![target(), how(), ("up", up())]),
        ("restart", vec![target(), how(), ("setup", setup())]),
        ("drift", vec![target(), ("rate", rate()), ("direction", direction())]),
        ("jump", vec![target(), ("by", by()), ("direction", direction())]),
    ]
}

/// The kinds of scripted faults with their own fields.
pub(super) fn scripted() -> Vec<(&'static str, Fields)> {
    let links = || [("groups", reference("groups")), ("shape", reference("shape"))];
    let whom = |more: Fields| {
        let whom = [("node", reference("node")), ("target", reference("target"))];
        whom.into_iter().chain(more).collect()
    };
    let how = || ("how", words(&["power", "kill", "stop"]));
    let flap = links().into_iter().chain([("period", period("duration"))]).collect();
    vec![
        ("clog", links().into()),
        ("flap", flap),
        ("pause", whom(Vec::new())),
        ("tick-stall", whom(Vec::new())),
        ("crash-loop", whom(vec![how(), ("up", up())])),
        ("restart", whom(vec![how(), ("setup", setup())])),
        ("drift", whom(vec![("rate", rate()), ("direction", direction())])),
        ("jump", whom(vec![("by", by()), ("direction", direction())])),
    ]
}

/// The fields of `links` where each seed draws from ranges.
pub(super) fn link_ranges() -> Fields {
    let single = super::faults::links().into_iter();
    single
        .map(|(key, value)| match key {
            "delay" | "in-order" => (key, value),
            _ => (key, range(value)),
        })
        .collect()
}

fn range(value: Value) -> Value {
    json!({ "anyOf": [
        value.clone(),
        { "type": "array", "items": value, "minItems": 2, "maxItems": 2 },
    ]})
}

fn period(of: &str) -> Value {
    told(reference(of), "How long it is on, and then off.")
}

fn up() -> Value {
    told(reference("durations"), "How long the node is up each time, and down.")
}

fn rate() -> Value {
    told(range(reference("chance")), "By how much faster or slower a clock runs, up to 0.9.")
}

fn by() -> Value {
    told(reference("durations"), "How far a clock jumps, up to an hour.")
}

fn direction() -> Value {
    told(some_of(words(&["ahead", "behind"])), "Which way. Default: either.")
}

fn setup() -> Value {
    let any = INT_MAX;
    let options = [
        ("snapshot-every", some_of(int(0, any, "Applied entries between snapshots."))),
        ("catch-up-entries", some_of(int(0, any, "Entries kept behind a snapshot."))),
        ("segment-bytes", some_of(int(512, any, "Size at which a log segment is closed."))),
        ("pre-vote", some_of(flag())),
        ("forward", some_of(flag())),
    ];
    told(table(&[], options), "With what the node comes back; of several values one is drawn.")
}
