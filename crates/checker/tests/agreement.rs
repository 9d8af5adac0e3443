//! Every road to an answer against every other, on hundreds of thousands of small histories: the
//! zones, the search, both together, Wing, Gong and Lowe's search, and all orders there are.

mod reference;

use bytes::Bytes;
use checker::linearizability::{Limits, Road, Verdict, decide};
use checker::synthetic::{Draw, Mix, Shape, history};
use reference::{brute_force, disturb, wing_gong_lowe};
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

/// More operations are too many for trying all orders.
const BRUTE_MAX: usize = 7;

fn answer(history: &History, road: Road) -> Option<bool> {
    match decide(history, Limits { road, ..Limits::new(10_000_000) }) {
        Verdict::Yes => Some(true),
        Verdict::No(_) => Some(false),
        Verdict::Unknown(_) => None,
    }
}

/// How many histories were right, wrong, and decided by the zones alone.
#[derive(Debug, Default)]
struct Tally {
    right: u64,
    wrong: u64,
    by_zones: u64,
}

fn compare(history: &History, tally: &mut Tally) {
    let expected = wing_gong_lowe(history);
    let say = || format!("{:#?}", history.operations);
    if history.operations.len() <= BRUTE_MAX {
        assert_eq!(brute_force(history), expected, "the references differ: {}", say());
    }
    assert_eq!(answer(history, Road::Search), Some(expected), "search: {}", say());
    assert_eq!(answer(history, Road::Both), Some(expected), "both: {}", say());
    assert_eq!(answer(history, Road::Frontier), Some(expected), "frontier: {}", say());
    assert_eq!(answer(history, Road::Depth), Some(expected), "depth: {}", say());
    if let Some(by_zones) = answer(history, Road::Zones) {
        assert_eq!(by_zones, expected, "zones: {}", say());
        tally.by_zones += 1;
    }
    *if expected { &mut tally.right } else { &mut tally.wrong } += 1;
}

fn run(histories: u64, salt: u64, shape: impl Fn(&mut Draw) -> Shape) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..histories {
        let mut draw = Draw::new(seed ^ salt << 32);
        let shape = Shape { seed: seed ^ salt << 32, ..shape(&mut draw) };
        let mut history = history(&shape);
        if draw.chance(200_000) {
            history.initial = Some(Bytes::from_static(b"0000001"));
        }
        let part = [0, 40_000, 150_000][draw.below(3) as usize];
        disturb(&mut history, &mut draw, part);
        compare(&history, &mut tally);
    }
    // A comparison in which one side always says the same shows little.
    assert!(tally.right > histories / 10 && tally.wrong > histories / 20, "{tally:?}");
    tally
}

fn shape(draw: &mut Draw, values: u64, mix: Mix) -> Shape {
    Shape {
        operations: 1 + draw.below(12),
        clients: 1 + draw.below(6),
        keys: 1,
        values,
        unknown: [0, 0, 100_000, 400_000][draw.below(4) as usize],
        mix,
        seed: 0,
    }
}

#[test]
fn registers_of_new_values() {
    let tally = run(40_000, 1, |draw| shape(draw, 0, Mix::REGISTER));
    assert!(tally.by_zones > 10_000, "{tally:?}");
}

#[test]
fn registers_of_few_values() {
    run(40_000, 2, |draw| {
        let values = 1 + draw.below(4);
        shape(draw, values, Mix::REGISTER)
    });
}

#[test]
fn registers_with_comparisons() {
    let mix = Mix { get: 30, put: 30, append: 0, cas: 40, delete: 0 };
    let tally = run(40_000, 3, |draw| {
        let values = draw.below(5);
        shape(draw, values, mix)
    });
    assert!(tally.by_zones > 10_000, "{tally:?}");
}

#[test]
fn stores_of_new_values() {
    let tally = run(40_000, 4, |draw| shape(draw, 0, Mix::STORE));
    assert!(tally.by_zones > 10_000, "{tally:?}");
}

#[test]
fn stores_of_few_values() {
    run(40_000, 5, |draw| {
        let values = 1 + draw.below(3);
        shape(draw, values, Mix::STORE)
    });
}

#[test]
fn many_open_at_once() {
    run(20_000, 6, |draw| Shape {
        clients: 4 + draw.below(6),
        operations: 7 + draw.below(6),
        ..shape(draw, draw.clone().below(4), Mix::STORE)
    });
}

#[test]
fn logs_of_appends() {
    let mix = Mix { get: 40, put: 10, append: 50, cas: 5, delete: 5 };
    run(40_000, 7, |draw| {
        let values = [0, 0, 2][draw.below(3) as usize];
        let operations = 1 + draw.below(10);
        Shape { operations, ..shape(draw, values, mix) }
    });
}

/// Where unknown operations are many, they are counted rather than tried one by one, and some have
/// no slot: enough of them must be left, and no more than there were.
#[test]
fn many_unknown_ones() {
    let mix = Mix { get: 15, put: 30, append: 10, cas: 40, delete: 5 };
    run(40_000, 8, |draw| Shape {
        operations: 6 + draw.below(9),
        unknown: 300_000 + draw.below(300_000),
        ..shape(draw, draw.clone().below(4), mix)
    });
}

/// An operation on one key; without a return, of unknown outcome.
fn operation(op: Op, invoked: u64, returned: Option<u64>, output: Output) -> Operation {
    Operation {
        id: OpId { client: invoked, number: 1 },
        op,
        invoked_seq: invoked,
        invoked_at: invoked,
        returned_seq: returned.unwrap_or(u64::MAX),
        returned_at: returned.unwrap_or(u64::MAX),
        outcome: match returned {
            Some(_) => Outcome::Ok { output, path: ReadPath::Log, index: 0 },
            None => Outcome::Unknown("timeout"),
        },
    }
}

/// Only the unknown write explains that the first cas differed, because the write of `y` must come
/// behind that of `q`. While another explanation was still there, the unknown write gave its slot
/// back; it must not be there for the last cas once more.
#[test]
fn an_unknown_write_without_a_slot_happens_once() {
    let key = || Bytes::from_static(b"k");
    let put = |value: &'static str, invoked, returned| {
        operation(Op::Put { key: key(), value: value.into() }, invoked, returned, Output::Done)
    };
    let get = |value: &'static str, invoked, returned| {
        let output = Output::Value(Some(value.into()));
        operation(Op::Get { key: key() }, invoked, Some(returned), output)
    };
    let differs = |expect: &'static str, invoked, returned| {
        let op = Op::Cas { key: key(), expect: Some(expect.into()), value: "new".into() };
        operation(op, invoked, Some(returned), Output::Swapped(false))
    };
    let mut history = History {
        initial: Some("x".into()),
        operations: vec![
            put("v", 1, None),
            put("y", 2, Some(14)),
            differs("v", 3, 7),
            differs("x", 5, 6),
            put("q", 8, Some(9)),
            get("q", 10, 11),
            get("y", 12, 13),
        ],
    };
    compare(&history, &mut Tally::default());
    assert_eq!(answer(&history, Road::Search), Some(true));
    history.operations.push(differs("y", 15, 16));
    compare(&history, &mut Tally::default());
    assert_eq!(answer(&history, Road::Search), Some(false));
}

/// Beside so many equal operations of unknown outcome some wait for their turn. If one run out of
/// them, nobody can tell; that is rare, and never a wrong answer.
#[test]
fn stores_with_many_equal_unknown_operations() {
    const HISTORIES: u64 = 6_000;
    let (mut right, mut wrong, mut unknown) = (0, 0, 0);
    for seed in 0..HISTORIES {
        let mut draw = Draw::new(seed ^ 7 << 32);
        let mut history = history(&Shape {
            operations: 16 + draw.below(14),
            clients: 2 + draw.below(6),
            keys: 1,
            values: 1 + draw.below(2),
            unknown: 300_000 + draw.below(300_000),
            mix: Mix { get: 40, put: 20, append: 0, cas: 10, delete: 30 },
            seed: seed ^ 7 << 32,
        });
        disturb(&mut history, &mut draw, 300_000);
        let expected = wing_gong_lowe(&history);
        match answer(&history, Road::Search) {
            Some(answer) => assert_eq!(answer, expected, "{:#?}", history.operations),
            None => unknown += 1,
        }
        *if expected { &mut right } else { &mut wrong } += 1;
    }
    assert!(right > HISTORIES / 10 && wrong > HISTORIES / 20, "{right} {wrong}");
    println!("{right} right, {wrong} wrong, {unknown} undecided");
    assert!(unknown < HISTORIES / 100, "{unknown}");
}

/// Twelve deletions of unknown outcome, of which most wait, explain twelve times that nothing was
/// there, and not a thirteenth time.
#[test]
fn unknown_operations_that_wait_have_their_turn() {
    let key = || Bytes::from_static(b"k");
    let mut operations: Vec<Operation> =
        (0..12).map(|at| operation(Op::Delete { key: key() }, at, None, Output::Done)).collect();
    for turn in 0..13 {
        let at = 100 + turn * 10;
        let value = [Some("a"), Some("b")][turn as usize % 2].map(Bytes::from);
        let put = Op::Put { key: key(), value: value.clone().expect("a value") };
        operations.push(operation(put, at, Some(at + 1), Output::Done));
        for (place, seen) in [(2, value), (4, None)] {
            let get = Op::Get { key: key() };
            operations.push(operation(get, at + place, Some(at + place + 1), Output::Value(seen)));
        }
        let history = History { initial: None, operations: operations.clone() };
        assert_eq!(answer(&history, Road::Search), Some(turn < 12), "{turn}");
    }
}
