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

/// The minimal part of a history, as a history; none if it is linearizable.
fn shown(history: &History) -> Option<History> {
    let Explained::No(proof) = explain(history, Limits::new(20_000_000), &mut |_, _| true) else {
        return None;
    };
    let violation = &proof.violation;
    let horizon = *violation.core.last().expect("a core");
    let is_shown = |o: &&Operation| proof.part.contains(&o.id);
    let mut operations: Vec<Operation> =
        history.operations.iter().filter(is_shown).cloned().collect();
    let witnesses = proof.claim.witnesses();
    for id in &violation.ops {
        let is_witness = witnesses.iter().any(|witness| witness.id == *id);
        assert!(is_witness || proof.part.contains(id), "nothing else is listed");
    }
    for operation in &mut operations {
        if operation.returned_seq > horizon {
            operation.returned_seq = u64::MAX;
            operation.outcome = Outcome::Unknown("open");
        }
    }
    Some(History { initial: history.initial.clone(), operations })
}

/// The part as it binds behind `start`, where the key may hold anything: what was under way then
/// may have happened before.
fn window(part: &History, start: u64) -> History {
    let mut operations = part.operations.clone();
    operations.retain(|o| {
        o.invoked_seq > start || !matches!(rests(o), Rests::OnAnything) && !o.op.is_read()
    });
    for operation in operations.iter_mut().filter(|o| o.invoked_seq <= start) {
        operation.returned_seq = u64::MAX;
        operation.outcome = Outcome::Unknown("under way");
    }
    History { initial: None, operations }
}

/// Whether a window can be explained by something that the key held before.
fn from_anywhere(window: &History) -> bool {
    let mut beginnings = vec![None, Some("something else".into())];
    for operation in &window.operations {
        match &operation.op {
            Op::Put { value, .. } => beginnings.push(Some(value.clone())),
            Op::Cas { expect, value, .. } => {
                beginnings.extend([Some(value.clone()), expect.clone()])
            }
            _ => {}
        }
        if let Outcome::Ok { output: Output::Value(value), .. } = &operation.outcome {
            beginnings.push(value.clone());
        }
    }
    let operations = &window.operations;
    beginnings
        .into_iter()
        .any(|initial| wing_gong_lowe(&History { initial, operations: operations.clone() }))
}

/// Whether each operation is needed: without it, and what rests on it, the rest can be explained.
fn all_are_needed(part: &History, explained: impl Fn(&History) -> bool) -> bool {
    (0..part.operations.len()).all(|place| explained(&without(part, place)))
}

/// Whether the part is the end of a history that no beginning explains, and needs all it has.
fn is_minimal_window(part: &History) -> bool {
    let first_return = part.operations.iter().map(|o| o.returned_seq).min().expect("an operation");
    (0..first_return).any(|start| {
        let explained = |rest: &History| from_anywhere(&window(rest, start));
        !explained(part) && all_are_needed(part, explained)
    })
}

fn assert_minimal(history: &History, what: &str) -> Option<usize> {
    let part = shown(history)?;
    assert!(part.operations.len() <= OPERATIONS_MAX, "{what}: {}", part.operations.len());
    assert!(!wing_gong_lowe(&part), "{what}: what is shown has an order: {part:#?}");
    let is_minimal = all_are_needed(&part, wing_gong_lowe) || is_minimal_window(&part);
    assert!(is_minimal, "{what}: not all is needed of {part:#?}");
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

/// Where the same values are written again and again.
#[test]
fn of_few_values_nothing_is_shown_that_is_not_needed() {
    let mut sizes = Vec::new();
    for seed in 0.. {
        let mut draw = Draw::new(seed);
        let mut history = history(&Shape {
            operations: 30 + draw.below(100),
            clients: 2 + draw.below(5),
            keys: 1,
            values: 1 + draw.below(5),
            unknown: [0, 20_000][draw.below(2) as usize],
            mix: [Mix::REGISTER, Mix { append: 0, ..Mix::STORE }][draw.below(2) as usize],
            seed,
        });
        disturb(&mut history, &mut draw, 20_000);
        sizes.extend(assert_minimal(&history, &format!("seed {seed}")));
        if sizes.len() as u64 == LOOKED_AT {
            break;
        }
    }
    sizes.sort_unstable();
    assert!(sizes[sizes.len() / 2] <= 6, "{sizes:?}");
    assert!(sizes[sizes.len() - 1] <= 40, "{sizes:?}");
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
