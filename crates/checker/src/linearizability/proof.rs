//! What is shown of a history that cannot be explained: the violation, how far the history can be
//! explained, and one order for what of the violation can.

use std::collections::BTreeSet;

use system::{Op, Output};
use trace::{OpId, Operation, Outcome, Violation};

use super::claim::Claim;
use super::origin::failed;
use super::shrink::Part;
use super::words::Vocabulary;
use super::{anomaly, window};

/// How many operations an order is looked for of.
const ORDERED_MAX: usize = 64;

/// The answer of [`super::explain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explained {
    /// There is an order of the operations that explains every answer.
    Yes,
    /// There is none.
    No(Box<Proof>),
    /// Nobody can tell; says why.
    Unknown(String),
}

/// An operation in an order, and what the key holds behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The operation.
    pub id: OpId,
    /// What the key holds then.
    pub held: Option<Vec<u8>>,
}

/// Why a history is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What happened, with the operations of a minimal part (without any one of them it could be
    /// explained, or an answer would lack the write that it saw) and the witnesses of the claim.
    pub violation: Violation,
    /// What the sentence of the violation claims.
    pub claim: Claim,
    /// The words for what is done to the object.
    pub words: Vocabulary,
    /// The operations of the minimal part, in the order of their invocations. The violation lists
    /// at most 64 of them, always with [`Proof::next`], and the witnesses of the claim.
    pub part: Vec<OpId>,
    /// The key.
    pub key: Vec<u8>,
    /// How many answers on the key can be explained: the longest beginning of the history that is
    /// linearizable ends in front of the next one.
    pub explained: usize,
    /// How many answers there are on the key.
    pub answers: usize,
    /// The operation whose answer comes next.
    pub next: OpId,
    /// One order of the minimal part that explains all but that answer; empty if the part is too
    /// large for one to be looked for.
    pub order: Vec<Placed>,
}

/// The proof that a part is. `all` are all operations on its key.
pub(super) fn of(part: &Part<'_>, all: &[&Operation]) -> Proof {
    let is_answer = |o: &&&Operation| matches!(o.outcome, Outcome::Ok { .. });
    let answers = all.iter().filter(is_answer);
    let last = part.last();
    let claim = anomaly::claim(part, all);
    let words = Vocabulary::of(part.initial, all);
    Proof {
        violation: anomaly::violation(part, &claim, words),
        part: part.operations.iter().filter(|o| !failed(o)).map(|o| o.id).collect(),
        claim,
        words,
        key: last.op.key().to_vec(),
        explained: answers.clone().filter(|o| o.returned_seq < last.returned_seq).count(),
        answers: answers.count(),
        next: last.id,
        order: order(part),
    }
}

/// An order of a part that explains all but its last answer.
fn order(part: &Part<'_>) -> Vec<Placed> {
    let horizon = part.last().returned_seq;
    let operations: Vec<&Operation> =
        part.operations.iter().filter(|o| !failed(o)).copied().collect();
    if operations.len() > ORDERED_MAX {
        return Vec::new();
    }
    let beginnings = match part.start {
        0 => vec![part.initial.map(<[u8]>::to_vec)],
        _ => window::beginnings(&window::operations(part))
            .into_iter()
            .flatten()
            .map(|value| value.map(|value| value.to_vec()))
            .collect(),
    };
    let start = part.start;
    let orders = beginnings.into_iter().find_map(|initial| {
        let operations = operations.clone();
        let (tried, order) = (BTreeSet::new(), Vec::new());
        let mut looked = Looked { operations, start, horizon, tried, order };
        looked.look(0, &initial).then_some(looked.order)
    });
    orders.unwrap_or_default()
}

/// A search for an order, depth first (*Wing and Gong 1993, Lowe 2017*).
struct Looked<'a> {
    operations: Vec<&'a Operation>,
    start: u64,
    horizon: u64,
    tried: BTreeSet<(u64, Option<Vec<u8>>)>,
    order: Vec<Placed>,
}

impl Looked<'_> {
    /// When an operation must have happened.
    fn deadline(&self, operation: &Operation) -> u64 {
        let is_inside = operation.invoked_seq > self.start || self.start == 0;
        let must = is_inside && operation.returned_seq < self.horizon;
        if must { operation.returned_seq } else { u64::MAX }
    }

    fn look(&mut self, done: u64, held: &Option<Vec<u8>>) -> bool {
        let left: Vec<usize> =
            (0..self.operations.len()).filter(|place| done & 1 << place == 0).collect();
        let first = left.iter().map(|&place| self.deadline(self.operations[place])).min();
        let Some(first) = first.filter(|&first| first != u64::MAX) else { return true };
        if !self.tried.insert((done, held.clone())) {
            return false;
        }
        for place in left {
            let operation = self.operations[place];
            if operation.invoked_seq > first {
                continue;
            }
            let is_known = self.deadline(operation) != u64::MAX;
            let Some(next) = apply(operation, is_known, held) else { continue };
            self.order.push(Placed { id: operation.id, held: next.clone() });
            if self.look(done | 1 << place, &next) {
                return true;
            }
            self.order.pop();
        }
        false
    }
}

/// What the key holds behind an operation; `None` if its answer would be wrong.
fn apply(operation: &Operation, is_known: bool, held: &Option<Vec<u8>>) -> Option<Option<Vec<u8>>> {
    let output = match &operation.outcome {
        Outcome::Ok { output, .. } if is_known => Some(output),
        _ => None,
    };
    match &operation.op {
        Op::Get { .. } => match output {
            Some(Output::Value(seen)) => (seen.as_deref() == held.as_deref()).then(|| held.clone()),
            _ => None,
        },
        Op::Put { value, .. } => Some(Some(value.to_vec())),
        Op::Delete { .. } => Some(None),
        Op::Cas { expect, value, .. } => {
            let swaps = expect.as_deref() == held.as_deref();
            let is_right = output.is_none_or(|output| *output == Output::Swapped(swaps));
            is_right.then(|| if swaps { Some(value.to_vec()) } else { held.clone() })
        }
        Op::Append { value, .. } => {
            let longer = [held.as_deref().unwrap_or_default(), value.as_ref()].concat();
            Some(Some(longer))
        }
    }
}
