//! Whether the clients saw one store (*Herlihy and Wing 1990*).
//!
//! A history is linearizable if its operations can be put into one order that respects which
//! returned before which was invoked, and in which each answer is right. Keys are judged one by
//! one: linearizability is local (*theorem 1*).
//!
//! * [`model`]: what an order can depend on. [`search`] and [`depth`]: whether there is one;
//!   [`effort`] shares the budget between them.
//! * [`shrink`], [`window`]: a small part of the history for which there is none. [`anomaly`], [`lock`]: what
//!   contradicts its last answer. [`claim`], [`words`]: the sentence about it.
//!
//! An operation of unknown outcome may take effect at any time after its invocation, or never. A
//! failed one did not happen.

mod anomaly;
mod appends;
mod claim;
mod depth;
mod effort;
mod frontier;
mod intern;
mod lock;
mod model;
mod open;
mod origin;
mod proof;
mod search;
mod shrink;
mod window;
mod witness;
mod words;
mod zones;

use std::collections::BTreeMap;

use trace::{History, Operation, Violation};

pub use claim::{Claim, Kind};
use effort::{Answer, Budget, Watch};
use model::Model;
pub use proof::{Explained, Placed, Proof};
pub use words::Vocabulary;
use zones::Decision;

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

/// By which road an answer is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// Zones where they can tell, the search elsewhere.
    Both,
    /// Zones alone.
    Zones,
    /// Both searches.
    Search,
    /// The frontier alone ([`search`]).
    Frontier,
    /// The search in the depth alone ([`depth`]).
    Depth,
}

impl Road {
    /// Whether zones are asked.
    fn has_zones(self) -> bool {
        matches!(self, Road::Both | Road::Zones)
    }

    /// Whether the frontier is asked.
    fn has_frontier(self) -> bool {
        matches!(self, Road::Both | Road::Search | Road::Frontier)
    }

    /// Whether the search in the depth is asked.
    fn has_depth(self) -> bool {
        matches!(self, Road::Both | Road::Search | Road::Depth)
    }
}

/// The memory that the searches may hold if nobody says more: 1 GiB.
pub const BYTES_MAX: u64 = 1 << 30;

/// How much may be spent on an answer, and by which road.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many configurations are tried, all keys together.
    pub configurations_max: u64,
    /// How many bytes the searches may hold at once.
    pub bytes_max: u64,
    /// By which road.
    pub road: Road,
    /// Whether the order of the log may be taken as a witness: it can only answer "yes", and
    /// sooner. Some runs should be judged without it, so that it hides nothing.
    pub witness: bool,
}

impl Limits {
    /// Both roads, no witness, no more than [`BYTES_MAX`].
    #[must_use]
    pub fn new(configurations_max: u64) -> Limits {
        Limits { configurations_max, bytes_max: BYTES_MAX, road: Road::Both, witness: false }
    }
}

/// The answer of [`decide`]: [`Linearizable`] without a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order.
    Yes,
    /// There is none, for this key at least.
    No(Vec<u8>),
    /// Nobody can tell; says why.
    Unknown(String),
}

/// Judges a history, key by key, trying at most `configurations_max` configurations.
///
/// A violation on any key outweighs keys of which nobody can tell. Of several keys, the one whose
/// history goes wrong first is shown.
#[must_use]
pub fn linearizable(history: &History, configurations_max: u64) -> Linearizable {
    let limits = Limits::new(configurations_max);
    match explain(history, limits, &mut |_, _| true) {
        Explained::Yes => Linearizable::Yes,
        Explained::No(proof) => Linearizable::No(proof.violation),
        Explained::Unknown(reason) => Linearizable::Unknown(reason),
    }
}

/// As [`linearizable`], with all that can be shown. `watch` is told how many moments of how many
/// of the key that is searched lie behind; if it says false, the answer is that nobody can tell.
#[must_use]
pub fn explain(
    history: &History,
    limits: Limits,
    watch: &mut dyn FnMut(u64, u64) -> bool,
) -> Explained {
    let (broken, unknown) = judge_keys(history, limits, false, watch);
    let initial = history.initial.as_deref();
    let shown = broken.iter().map(|operations| {
        let found = shrink::counterexample(initial, operations);
        proof::of(&found, operations)
    });
    let first = shown.min_by_key(|proof| proof.violation.core.last().copied());
    match (first, unknown) {
        (Some(proof), _) => Explained::No(Box::new(proof)),
        (None, Some(reason)) => Explained::Unknown(reason),
        (None, None) => Explained::Yes,
    }
}

/// As [`linearizable`], but quicker, because it does not say why: the first key that is found to
/// be broken ends it.
#[must_use]
pub fn decide(history: &History, limits: Limits) -> Verdict {
    let (broken, unknown) = judge_keys(history, limits, true, &mut |_, _| true);
    match (broken.first().and_then(|operations| operations.first()), unknown) {
        (Some(operation), _) => Verdict::No(operation.op.key().to_vec()),
        (None, Some(reason)) => Verdict::Unknown(reason),
        (None, None) => Verdict::Yes,
    }
}

/// Whether operations on one key, in the order of their invocations, cannot be explained. What
/// cannot be decided within `configurations_max` is no objection.
#[must_use]
pub fn is_broken(operations: &[&Operation], configurations_max: u64) -> bool {
    match zones::of_key(None, operations, u64::MAX) {
        Decision::Yes => false,
        Decision::No(..) => true,
        Decision::Hard => {
            let model = Model::new(None, operations, u64::MAX);
            let mut budget = Budget { configurations: configurations_max, bytes: BYTES_MAX };
            decide_model(&model, &mut budget, Road::Both, &mut |_, _| true) == Answer::No
        }
    }
}

/// The operations of each key that is not linearizable, and why nothing can be said of another.
/// With `first_only`, one operation of one key may stand for all.
fn judge_keys<'a>(
    history: &'a History,
    limits: Limits,
    first_only: bool,
    watch: &mut Watch<'_>,
) -> (Vec<Vec<&'a Operation>>, Option<String>) {
    let decisions = limits.road.has_zones().then(|| zones::by_key(history));
    if let (true, Some(decisions)) = (first_only, &decisions)
        && let Some(number) = decisions.iter().position(|d| matches!(d, Decision::No(..)))
        && let Some(operation) = zones::first_of(history, number)
    {
        return (vec![vec![operation]], None);
    }
    let is_yes = |decision: &Decision| *decision == Decision::Yes;
    if decisions.as_ref().is_some_and(|decisions| decisions.iter().all(is_yes)) {
        return (Vec::new(), None);
    }
    let initial = history.initial.as_deref();
    let mut budget = Budget { configurations: limits.configurations_max, bytes: limits.bytes_max };
    let mut broken = Vec::new();
    let mut unknown = None;
    for (number, operations) in by_key(history, decisions.as_deref()) {
        let decision = decisions.as_ref().map_or(Decision::Hard, |decisions| decisions[number]);
        let answer = match decision {
            Decision::Yes => continue,
            Decision::No(..) => Answer::No,
            Decision::Hard if limits.witness && witness::confirms(initial, &operations) => continue,
            Decision::Hard => {
                let model = Model::new(initial, &operations, u64::MAX);
                decide_model(&model, &mut budget, limits.road, watch)
            }
        };
        let key = || String::from_utf8_lossy(operations[0].op.key()).into_owned();
        match answer {
            Answer::Yes => {}
            Answer::No => {
                broken.push(operations);
                if first_only {
                    break;
                }
            }
            Answer::Spent => {
                let spent = limits.configurations_max;
                unknown = Some(format!("key {}: not decided within {spent} configurations", key()));
            }
            Answer::Stopped => {
                unknown = Some(format!("key {}: not decided within the time limit", key()));
                break;
            }
            Answer::Full | Answer::TooOpen => {
                let mib = limits.bytes_max >> 20;
                unknown = Some(format!("key {}: not decided within {mib} MiB of memory", key()));
            }
        }
    }
    (broken, unknown)
}

/// The operations of each key that is not decided with a yes, in the order of their invocations,
/// with the key's number.
fn by_key<'a>(
    history: &'a History,
    decisions: Option<&[Decision]>,
) -> Vec<(usize, Vec<&'a Operation>)> {
    let mut numbers: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut keys: Vec<(usize, Vec<&Operation>)> = Vec::new();
    for operation in &history.operations {
        let next = keys.len();
        let number = *numbers.entry(operation.op.key()).or_insert(next);
        if number == next {
            keys.push((number, Vec::new()));
        }
        if decisions.is_none_or(|decisions| decisions[number] != Decision::Yes) {
            keys[number].1.push(operation);
        }
    }
    keys.retain(|(_, operations)| !operations.is_empty());
    keys.sort_by(|(_, one), (_, other)| one[0].op.key().cmp(other[0].op.key()));
    for (_, operations) in &mut keys {
        if !operations.is_sorted_by_key(|operation| operation.invoked_seq) {
            operations.sort_by_key(|operation| operation.invoked_seq);
        }
    }
    keys
}

/// Decides one key by its model, first by its zones.
fn decide_model(model: &Model, budget: &mut Budget, road: Road, watch: &mut Watch<'_>) -> Answer {
    let by_zones = if road.has_zones() { zones::of_model(model) } else { Decision::Hard };
    match by_zones {
        Decision::Yes => Answer::Yes,
        Decision::No(..) => Answer::No,
        Decision::Hard => effort::search(model, budget, road, watch),
    }
}
