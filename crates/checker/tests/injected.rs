//! Lies told in true histories: each is found, bears its name, and is shown with few operations.

mod reference;

use checker::linearizability::{Explained, Limits, explain};
use checker::synthetic::{Draw, Lie, Mix, Shape, history, tell};
use reference::wing_gong_lowe;
use trace::History;

const LIES: usize = 200;

/// Operations of a counterexample, in the median.
const MEDIAN_MAX: usize = 6;

fn shape(lie: Lie, seed: u64) -> Shape {
    let mut draw = Draw::new(seed);
    let mix = match lie {
        Lie::AppliedTwice => Mix { get: 50, put: 20, append: 30, cas: 0, delete: 0 },
        Lie::SwappedTwice => Mix { get: 40, put: 20, append: 0, cas: 40, delete: 0 },
        Lie::LostWrite => Mix { get: 70, put: 30, append: 0, cas: 0, delete: 0 },
        _ => [Mix::REGISTER, Mix { append: 0, ..Mix::STORE }][draw.below(2) as usize],
    };
    Shape {
        operations: 40 + draw.below(400),
        clients: 2 + draw.below(5),
        keys: 1 + draw.below(2),
        values: 0,
        unknown: [0, 20_000][draw.below(2) as usize],
        mix,
        seed,
    }
}

fn limits() -> Limits {
    Limits::new(20_000_000)
}

/// Without any one of its operations, what is shown can be explained, or lacks what was seen.
fn assert_minimal(history: &History, ops: &[trace::OpId], horizon: u64) {
    let mut part: History = History { initial: history.initial.clone(), ..History::default() };
    part.operations = history.operations.iter().filter(|o| ops.contains(&o.id)).cloned().collect();
    for operation in &mut part.operations {
        let is_ok = matches!(operation.outcome, trace::Outcome::Ok { .. });
        if is_ok && operation.returned_seq > horizon {
            operation.returned_seq = u64::MAX;
            operation.outcome = trace::Outcome::Unknown("open");
        }
    }
    if part.operations.len() > 12 {
        return;
    }
    assert!(!wing_gong_lowe(&part), "what is shown has an order: {part:#?}");
}

#[test]
fn every_lie_is_found_named_and_small() {
    let mut sizes = Vec::new();
    let mut misnamed = Vec::new();
    for (number, seed) in (0..LIES).zip(1..) {
        let lie = Lie::ALL[number % Lie::ALL.len()];
        let found = (0..50).find_map(|more| {
            let mut history = history(&shape(lie, seed + 1000 * more));
            tell(&mut history, lie).then_some(history)
        });
        let history = found.unwrap_or_else(|| panic!("no place for {lie:?}, seed {seed}"));
        let Explained::No(proof) = explain(&history, limits(), &mut |_, _| true) else {
            panic!("{lie:?}, seed {seed}: not found");
        };
        let violation = &proof.violation;
        sizes.push(violation.ops.len());
        let horizon = *violation.core.last().expect("a core");
        assert_minimal(&history, &proof.part, horizon);
        if violation.kind != lie.kind() {
            misnamed
                .push(format!("{lie:?}, seed {seed}: {} {}", violation.kind, violation.message));
        }
    }
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(median <= MEDIAN_MAX, "a median of {median} operations: {sizes:?}");
    assert!(misnamed.is_empty(), "{} misnamed:\n{}", misnamed.len(), misnamed.join("\n"));
}
