//! What each seed draws of a scenario before anything else: how many nodes there are, when they
//! take snapshots, what the clients do.

use serde_json::Value;

/// Keys of the scenario, and sets of values of which each seed takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The keys, each a path as `--set` has it: `cluster.nodes`.
    pub keys: Vec<String>,
    /// The choices: each has a value for every key. Never empty. A choice that stands there twice
    /// is drawn twice as often.
    pub choices: Vec<Vec<Value>>,
}

impl Draw {
    /// Whether it says something about a key, or a part of it, or what it is a part of.
    #[must_use]
    pub fn concerns(&self, key: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.keys.iter().any(|own| within(own, key) || within(key, own))
    }

    /// A choice in words, as it stands in the knobs of a plan: `cluster.nodes=3`.
    #[must_use]
    pub fn words(&self, choice: usize) -> Vec<String> {
        let values = self.keys.iter().zip(&self.choices[choice]);
        values
            .map(|(key, value)| match value {
                Value::String(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            })
            .collect()
    }
}
