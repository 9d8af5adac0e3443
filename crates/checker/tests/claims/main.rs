//! Each sentence about a violation against the history that it is about: what it claims is true
//! there, and no order of the operations can get around it.
//!
//! What is asked of a claim is written in [`case`] once more, from what the words mean.

mod case;
#[path = "../reference/mod.rs"]
mod reference;

use std::collections::BTreeMap;

use case::{Case, bytes, output};
use checker::linearizability::{Explained, Kind, Limits, Proof, explain};
use checker::synthetic::{Draw, Mix, Shape, history};
use reference::{disturb, wing_gong_lowe};
use system::{Op, Output, Value};
use trace::foreign::lock;
use trace::{History, OpId, Operation, Outcome, UNTIMED};

const HISTORIES: u64 = 12_000;
/// A part that is larger is not searched for an order.
const PART_MAX: usize = 24;

/// `c2.5`.
fn name(id: OpId) -> String {
    format!("c{}.{}", id.client, id.number)
}

/// The minimal part, as a history: what returns later is open.
fn part(proof: &Proof, history: &History) -> Vec<Operation> {
    let horizon = *proof.violation.core.last().expect("a core");
    let shown = |o: &&Operation| proof.part.contains(&o.id);
    let mut operations: Vec<Operation> = history.operations.iter().filter(shown).cloned().collect();
    for operation in operations.iter_mut().filter(|o| o.returned_seq > horizon) {
        operation.returned_seq = u64::MAX;
        operation.outcome = Outcome::Unknown("open");
    }
    operations
}

/// Whether what is shown has no order: from the beginning, or from anything that was held at some
/// moment.
fn has_no_order(part: &[Operation], initial: Option<&Value>) -> bool {
    let of = |initial, operations| History { initial, operations };
    if !wing_gong_lowe(&of(initial.cloned(), part.to_vec())) {
        return true;
    }
    let mut beginnings = vec![None, Some(Value::from("something else"))];
    for o in part {
        match &o.op {
            Op::Put { value, .. } => beginnings.push(Some(value.clone())),
            Op::Cas { expect, value, .. } => {
                beginnings.extend([Some(value.clone()), expect.clone()])
            }
            _ => {}
        }
        if let Some(Output::Value(value)) = output(o) {
            beginnings.push(value.clone());
        }
    }
    let starts = part.iter().map(|o| o.returned_seq).filter(|&seq| seq != u64::MAX);
    starts.min().is_some_and(|end| {
        (0..end).any(|start| {
            let mut window = part.to_vec();
            let is_quiet =
                |o: &Operation| o.op.is_read() || output(o) == Some(&Output::Swapped(false));
            window.retain(|o| o.invoked_seq > start || !is_quiet(o));
            for o in window.iter_mut().filter(|o| o.invoked_seq <= start) {
                (o.returned_seq, o.outcome) = (u64::MAX, Outcome::Unknown("under way"));
            }
            beginnings.iter().all(|initial| !wing_gong_lowe(&of(initial.clone(), window.clone())))
        })
    })
}

/// Looks at what is said of a history; the kind, if it is not linearizable.
fn verify(history: &History, what: &str) -> Option<Kind> {
    let Explained::No(proof) = explain(history, Limits::new(10_000_000), &mut |_, _| true) else {
        return None;
    };
    let find = |id: OpId| history.operations.iter().find(|o| o.id == id).expect("it is there");
    let last = find(proof.next);
    let violation = &proof.violation;
    let show = || format!("{what}: {}\n{:#?}\n{history:#?}", violation.message, proof.claim);
    let part = part(&proof, history);
    let result = std::panic::catch_unwind(|| {
        let initial = history.initial.as_ref().map(bytes);
        Case { initial, all: &history.operations, last, part: &part }.verify(&proof.claim);
    });
    assert!(result.is_ok(), "{}", show());
    assert_eq!(violation.kind, proof.claim.kind().name());
    assert!(violation.message.starts_with(&name(last.id)), "{}", show());
    for witness in proof.claim.witnesses() {
        assert_eq!(witness, find(witness.id), "{}", show());
        assert!(
            violation.ops.contains(&witness.id),
            "{} is not shown: {}",
            name(witness.id),
            show()
        );
    }
    assert!(violation.ops.contains(&last.id), "{}", show());
    // Times where there are times, and places where there are none.
    let is_timed = last.returned_at & UNTIMED == 0;
    assert_eq!(violation.message.contains(" at event "), !is_timed, "{}", show());
    if part.len() <= PART_MAX {
        assert!(has_no_order(&part, history.initial.as_ref()), "it has an order: {}", show());
    }
    Some(proof.claim.kind())
}

/// Verifies what is said of many broken histories; how often each kind was named.
fn verify_all(seed: u64, draw_one: impl Fn(&mut Draw) -> History) -> BTreeMap<Kind, u64> {
    let mut kinds = BTreeMap::new();
    for number in 0..HISTORIES {
        let seed = seed << 32 | number;
        let mut history = draw_one(&mut Draw::new(seed));
        if number % 2 == 0 {
            for o in &mut history.operations {
                (o.invoked_at, o.returned_at) = (o.invoked_at | UNTIMED, o.returned_at | UNTIMED);
            }
        }
        if let Some(kind) = verify(&history, &format!("seed {seed}")) {
            *kinds.entry(kind).or_insert(0) += 1;
        }
    }
    println!("{kinds:?}");
    kinds
}

fn disturbed(draw: &mut Draw, mix: Mix, values: u64) -> History {
    let mut history = history(&Shape {
        operations: 4 + draw.below(22),
        clients: 1 + draw.below(5),
        keys: 1,
        values,
        unknown: [0, 50_000, 200_000][draw.below(3) as usize],
        mix,
        seed: draw.bits(),
    });
    let part = [30_000, 100_000, 300_000][draw.below(3) as usize];
    disturb(&mut history, draw, part);
    history.initial = [None, None, Some("0000001".into())][draw.below(3) as usize].clone();
    history
}

fn expect(kinds: &BTreeMap<Kind, u64>, wanted: &[Kind]) {
    for kind in wanted {
        assert!(kinds.get(kind).is_some_and(|&count| count >= 20), "{kind:?}: {kinds:?}");
    }
    // A name is better than none.
    let all: u64 = kinds.values().sum();
    let unnamed = kinds.get(&Kind::NotLinearizable).copied().unwrap_or(0);
    assert!(all > HISTORIES / 4 && unnamed < all / 8, "{unnamed} of {all} have no name");
}

#[test]
fn of_registers_each_sentence_is_true() {
    let kinds = verify_all(1, |draw| {
        let values = draw.below(5);
        disturbed(draw, Mix::REGISTER, values)
    });
    expect(&kinds, &[Kind::StaleRead, Kind::ValueNeverWritten, Kind::ValueCameBack]);
    expect(&kinds, &[Kind::DirtyRead, Kind::NonMonotonicReads, Kind::LostUpdate]);
}

#[test]
fn of_comparisons_each_sentence_is_true() {
    let mix = Mix { get: 30, put: 20, append: 0, cas: 50, delete: 5 };
    let kinds = verify_all(2, |draw| {
        let values = draw.below(4);
        disturbed(draw, mix, values)
    });
    expect(&kinds, &[Kind::StaleRead, Kind::ValueNeverWritten, Kind::LostUpdate]);
}

#[test]
fn of_stores_each_sentence_is_true() {
    let kinds = verify_all(3, |draw| {
        let values = draw.below(4);
        disturbed(draw, Mix::STORE, values)
    });
    expect(&kinds, &[Kind::StaleRead, Kind::ValueNeverWritten, Kind::DirtyRead]);
}

#[test]
fn of_appends_each_sentence_is_true() {
    let mix = Mix { get: 50, put: 5, append: 45, cas: 0, delete: 5 };
    let kinds = verify_all(4, |draw| {
        let values = [0, 0, 3][draw.below(3) as usize];
        let mut history = disturbed(draw, mix, values);
        // A store that applies twice what it saw last.
        let reads = history.operations.iter_mut().filter_map(|o| match &mut o.outcome {
            Outcome::Ok { output: Output::Value(Some(value)), .. } => Some(value),
            _ => None,
        });
        if let Some(value) = reads.last().filter(|_| draw.chance(500_000)) {
            *value = [value.as_ref(), &value[value.len().saturating_sub(7)..]].concat().into();
        }
        history
    });
    expect(&kinds, &[Kind::DuplicateApplication, Kind::StaleRead, Kind::ValueNeverWritten]);
}

/// Clients that acquire and release, whose lock works except now and then.
fn locks(draw: &mut Draw) -> History {
    let mut operations: Vec<Operation> = Vec::new();
    let mut is_held = false;
    let clients = 2 + draw.below(4);
    let wrong = [20_000, 100_000][draw.below(2) as usize];
    for number in 0..6 + draw.below(20) {
        let client = draw.below(clients);
        let op = [lock::acquire, lock::release][draw.below(2) as usize](lock::ONLY_KEY.into());
        let works = lock::is_acquire(&op) != is_held || draw.chance(wrong);
        let is_unknown = draw.chance(50_000);
        if works {
            is_held = lock::is_acquire(&op);
        }
        // Where invocations and returns overlap, the order of effects is that of the places.
        let (early, late) = (draw.below(15), draw.below(15));
        let at = 20 + number * 10;
        let swapped =
            Outcome::Ok { output: Output::Swapped(true), path: system::ReadPath::Log, index: 0 };
        let outcome = match works {
            _ if is_unknown => Outcome::Unknown("timeout"),
            true => swapped,
            false => Outcome::Failed("fail"),
        };
        let (invoked, returned) = ((at - early) * 40 + number, (at + late) * 40 + number);
        operations.push(Operation {
            id: OpId { client, number },
            op,
            invoked_seq: invoked,
            invoked_at: invoked * 1000,
            returned_seq: if is_unknown { u64::MAX } else { returned },
            returned_at: returned * 1000,
            outcome,
        });
    }
    operations.sort_by_key(|o| o.invoked_seq);
    History { initial: Some(lock::FREE.into()), operations }
}

#[test]
fn of_locks_each_sentence_is_true() {
    let kinds = verify_all(5, locks);
    expect(&kinds, &[Kind::TwoHolders, Kind::NotHeld]);
    let known = [Kind::TwoHolders, Kind::NotHeld, Kind::NotLinearizable];
    assert!(kinds.keys().all(|kind| known.contains(kind)), "{kinds:?}");
}
