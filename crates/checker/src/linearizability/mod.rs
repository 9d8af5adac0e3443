//! Whether the clients saw one store (*Herlihy and Wing 1990*).
//!
//! A history is linearizable if its operations can be put into one order that respects which
//! returned before which was invoked, and in which each answer is right. Keys are judged one by
//! one: linearizability is local (*theorem 1*).
//!
//! * [`model`]: what an order can depend on. [`search`], [`frontier`]: whether there is one.
//! * [`shrink`]: a small part of the history for which there is none. [`anomaly`]: its name.
//!
//! An operation of unknown outcome may take effect at any time after its invocation, or never. A
//! failed one did not happen.

mod anomaly;
mod frontier;
mod model;
mod open;
mod search;
mod shrink;
mod words;

use std::collections::BTreeMap;

use trace::{History, Operation, Violation};

use model::Model;
use search::{Answer, search};

/// The answer of [`linearizable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linearizable {
    /// There is an order of the operations that explains every answer.
    Yes,
    /// There is none; a small part of the history shows it.
    No(Violation),
    /// Nobody can tell; says why.
    Unknown(String),
}

/// Judges a history, key by key, trying at most `configurations_max` configurations.
///
/// A violation on any key outweighs keys of which nobody can tell. Of several keys, the one whose
/// history goes wrong first is shown.
#[must_use]
pub fn linearizable(history: &History, configurations_max: u64) -> Linearizable {
    let mut keys: BTreeMap<&[u8], Vec<&Operation>> = BTreeMap::new();
    for operation in &history.operations {
        keys.entry(operation.op.key()).or_default().push(operation);
    }
    let mut budget = configurations_max;
    let mut violation: Option<Violation> = None;
    let mut unknown = None;
    for (key, mut operations) in keys {
        operations.sort_by_key(|operation| operation.invoked_seq);
        let key = String::from_utf8_lossy(key);
        match search(&Model::new(&operations, u64::MAX), &mut budget) {
            Answer::Yes => {}
            Answer::No => {
                let found = shrink::counterexample(&operations);
                let found = anomaly::violation(&found, &operations);
                let is_earlier = |old: &Violation| found.core.last() < old.core.last();
                if violation.as_ref().is_none_or(is_earlier) {
                    violation = Some(found);
                }
            }
            Answer::Spent => {
                unknown = Some(format!(
                    "key {key}: not decided within {configurations_max} configurations"
                ));
                break;
            }
            Answer::TooOpen => {
                unknown = Some(format!(
                    "key {key}: more than {} operations were open at once",
                    frontier::SLOTS_MAX
                ));
            }
        }
    }
    match (violation, unknown) {
        (Some(violation), _) => Linearizable::No(violation),
        (None, Some(reason)) => Linearizable::Unknown(reason),
        (None, None) => Linearizable::Yes,
    }
}
