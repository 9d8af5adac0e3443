//! A counterexample has nothing in it that it does not need: without any one of its operations,
//! and without what rests on that one, the rest can be explained.
//!
//! A read rests on the write that it saw: without the write, the read alone is wrong, which says
//! nothing about the history. So the two are left out together.

mod reference;

use checker::linearizability::{Explained, Limits, explain};
use checker::synthetic::{Draw, Lie, Mix, Shape, history, tell};
use reference::{disturb, wing_gong_lowe};
use system::{Op, Output, Value};
use trace::{History, Operation, Outcome};

/// How many counterexamples are looked at, of each kind.
const LOOKED_AT: u64 = 400;
/// The simple search bears no more.
const OPERATIONS_MAX: usize = 64;

/// What the store is shown to hold, of a history in which nothing is wrong.
enum Rests<'a> {
    OnNothing,
    /// On whoever made this.
    On(Option<&'a [u8]>),
    /// On whoever made anything.
    OnAnything,
}

fn rests(operation: &Operation) -> Rests<'_> {
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, Outcome::Ok { output: Output::Value(value), .. }) => {
            Rests::On(value.as_deref())
        }
        (Op::Cas { .. }, Outcome::Ok { output: Output::Swapped(false), .. }) => Rests::OnAnything,
        (Op::Cas { expect, .. }, _) => Rests::On(expect.as_deref()),
        _ => Rests::OnNothing,
    }
}

/// Whether `operation` may have found what `write` left.
fn rests_on(operation: &Operation, write: &Operation, appends: bool) -> bool {
    let found = match rests(operation) {
        Rests::OnNothing => return false,
        Rests::OnAnything => return !write.op.is_read(),
        Rests::On(found) => found,
    };
    let starts = |value: &Value| found.is_some_and(|found| found.starts_with(value));
    match &write.op {
        Op::Get { .. } => false,
        Op::Delete { .. } => found.is_none() || appends,
        Op::Put { value, .. } | Op::Cas { value, .. } => {
            found == Some(value.as_ref()) || appends && starts(value)
        }
        Op::Append { value, .. } => found.is_some_and(|found| {
            value.is_empty() || found.windows(value.len()).any(|window| window == value)
        }),
    }
}

/// Without the operation at `place`, and without what rests on it.
fn without(part: &History, place: usize) -> History {
    let appends = part.operations.iter().any(|o| matches!(o.op, Op::Append { .. }));
    let mut gone = vec![part.operations[place].clone()];
    let mut rest = part.operations.clone();
    rest.remove(place);
    loop {
        let left_over = |o: &Operation| !gone.iter().any(|write| rests_on(o, write, appends));
        let (stay, go): (Vec<_>, Vec<_>) = rest.into_iter().partition(left_over);
        rest = stay;
        if go.is_empty() {
            return History { initial: part.initial.clone(), operations: rest };
        }
        gone.extend(go);
    }
}

/// What is shown of a history, as a history; none if it is linearizable.
fn shown(history: &History) -> Option<History> {
    let Explained::No(proof) = explain(history, Limits::new(20_000_000), &mut |_, _| true) else {
        return None;
    };
    let violation = proof.violation;
    let horizon = *violation.core.last().expect("a core");
    let is_shown = |o: &&Operation| violation.ops.contains(&o.id);
    let mut operations: Vec<Operation> =
        history.operations.iter().filter(is_shown).cloned().collect();
    // A write that failed is shown for the reader's sake.
    operations.retain(|operation| !matches!(operation.outcome, Outcome::Failed(_)));
    for operation in &mut operations {
        if operation.returned_seq > horizon {
            operation.returned_seq = u64::MAX;
            operation.outcome = Outcome::Unknown("open");
        }
    }
    Some(History { initial: history.initial.clone(), operations })
}

fn assert_minimal(history: &History, what: &str) -> Option<usize> {
    let part = shown(history)?;
    assert!(part.operations.len() <= OPERATIONS_MAX, "{what}: {}", part.operations.len());
    assert!(!wing_gong_lowe(&part), "{what}: what is shown has an order: {part:#?}");
    for place in 0..part.operations.len() {
        let rest = without(&part, place);
        assert!(
            wing_gong_lowe(&rest),
            "{what}: not needed: {:#?}\nof {part:#?}",
            part.operations[place]
        );
    }
    Some(part.operations.len())
}

#[test]
fn of_a_lie_nothing_is_shown_that_is_not_needed() {
    let mut looked_at = 0;
    for seed in 0.. {
        let lie = Lie::ALL[seed as usize % Lie::ALL.len()];
        let mut draw = Draw::new(seed);
        let mix = match lie {
            Lie::SwappedTwice => Mix { get: 40, put: 20, append: 0, cas: 40, delete: 0 },
            _ => [Mix::REGISTER, Mix::STORE][draw.below(2) as usize],
        };
        let mut history = history(&Shape {
            operations: 30 + draw.below(200),
            clients: 2 + draw.below(8),
            keys: 1,
            values: 0,
            unknown: [0, 30_000][draw.below(2) as usize],
            mix,
            seed,
        });
        if tell(&mut history, lie)
            && assert_minimal(&history, &format!("{lie:?}, seed {seed}")).is_some()
        {
            looked_at += 1;
        }
        if looked_at == LOOKED_AT {
            return;
        }
    }
}

#[test]
fn of_a_muddle_nothing_is_shown_that_is_not_needed() {
    let mut looked_at = 0;
    for seed in 0.. {
        let mut draw = Draw::new(seed);
        let mut history = history(&Shape {
            operations: 6 + draw.below(30),
            clients: 2 + draw.below(4),
            keys: 1,
            values: 0,
            unknown: 50_000,
            mix: Mix::STORE,
            seed,
        });
        disturb(&mut history, &mut draw, 100_000);
        if assert_minimal(&history, &format!("seed {seed}")).is_some() {
            looked_at += 1;
        }
        if looked_at == LOOKED_AT {
            return;
        }
    }
}
