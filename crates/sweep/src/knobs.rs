//! What did a seed draw? The kinds of fault in its plan, and the words that describe each:
//! `crash`, `crash target=leader`, `partition shape=halves`.
//!
//! Numbers and times are left out: no two seeds would have them in common.

use std::collections::BTreeSet;

use serde_json::Value;
use trace::{Plan, fault_document};

/// Keys whose words name a node, which means nothing beyond one run.
const NODES: [&str; 2] = ["node", "to"];

/// The knobs of a plan.
#[must_use]
pub fn knobs(plan: &Plan) -> BTreeSet<String> {
    let mut knobs = BTreeSet::new();
    for fault in &plan.faults {
        let Value::Object(document) = fault_document(fault) else { continue };
        for (kind, fields) in document.iter().filter(|(key, _)| *key != "id") {
            knobs.insert(kind.clone());
            for (key, value) in fields.as_object().into_iter().flatten() {
                let word = value.as_str().filter(|word| is_word(word));
                if let Some(word) = word.filter(|_| !NODES.contains(&key.as_str())) {
                    knobs.insert(format!("{kind} {key}={word}"));
                }
            }
        }
    }
    knobs
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}
