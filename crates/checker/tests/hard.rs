//! Histories that are hard for one of the two searches, and that both together decide.

use checker::linearizability::{Limits, Road, Verdict, decide};
use checker::synthetic::{Mix, Shape, history};
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

/// Jepsen's standard register: reads, writes and comparisons of five values by ten clients.
const REGISTER: Mix = Mix { get: 1, put: 1, append: 0, cas: 1, delete: 0 };

fn shape(operations: u64, unknown: u64, mix: Mix, values: u64, seed: u64) -> Shape {
    Shape { operations, clients: 10, keys: 1, values, unknown, mix, seed }
}

fn by(road: Road, configurations_max: u64, history: &History) -> Verdict {
    decide(history, Limits { road, ..Limits::new(configurations_max) })
}

#[test]
fn a_register_with_many_unknown_outcomes_is_decided() {
    let mut undecided = 0;
    for seed in 1..=10 {
        for (operations, unknown) in [(500, 100_000), (1_000, 50_000), (1_000, 100_000)] {
            let history = history(&shape(operations, unknown, REGISTER, 5, seed));
            assert_eq!(by(Road::Both, 30_000_000, &history), Verdict::Yes, "{operations} {seed}");
            let frontier = by(Road::Frontier, 3_000_000, &history);
            undecided += u64::from(matches!(frontier, Verdict::Unknown(_)));
        }
    }
    assert!(undecided > 10, "the frontier alone decides too: {undecided} of 30 are left");
}

#[test]
fn a_store_of_three_values_with_many_unknown_outcomes_is_decided() {
    let history = history(&shape(10_000, 50_000, Mix::STORE, 3, 3));
    assert_eq!(by(Road::Both, 200_000_000, &history), Verdict::Yes);
}

#[test]
fn what_only_the_frontier_decides_is_decided() {
    let many = Shape { clients: 50, ..shape(3_000, 10_000, Mix::STORE, 0, 3) };
    let history = history(&many);
    assert!(matches!(by(Road::Depth, 20_000_000, &history), Verdict::Unknown(_)));
    assert_eq!(by(Road::Both, 100_000_000, &history), Verdict::Yes);
}

/// So many writes that never return, and reads that see some of them.
fn open_writes(count: u64, seen: impl Fn(u64) -> u64) -> History {
    let key = || bytes::Bytes::from_static(b"k");
    let value = |number: u64| bytes::Bytes::from(number.to_string());
    let mut operations = Vec::new();
    for number in 0..count {
        operations.push(Operation {
            id: OpId { client: 10 + number, number: 1 },
            op: Op::Put { key: key(), value: value(number % 5) },
            invoked_seq: number,
            invoked_at: number,
            returned_seq: u64::MAX,
            returned_at: u64::MAX,
            outcome: Outcome::Unknown("pending"),
        });
    }
    for read in 0..count {
        let at = count + 2 * read;
        let output = Output::Value(Some(value(seen(read))));
        operations.push(Operation {
            id: OpId { client: 1, number: read + 1 },
            op: Op::Get { key: key() },
            invoked_seq: at,
            invoked_at: at,
            returned_seq: at + 1,
            returned_at: at + 1,
            outcome: Outcome::Ok { output, path: ReadPath::Log, index: 0 },
        });
    }
    History { operations, ..History::default() }
}

#[test]
fn there_is_no_limit_on_open_operations() {
    for count in [150, 200, 1_000] {
        let possible = open_writes(count, |read| read % 5);
        assert_eq!(by(Road::Both, 50_000_000, &possible), Verdict::Yes, "{count}");
        // Of each value there is one write too few.
        let mut impossible = open_writes(count, |read| read % 5);
        let place = impossible.operations.iter().position(|o| o.id.client == 10);
        impossible.operations.remove(place.expect("the first write"));
        let verdict = by(Road::Both, 50_000_000, &impossible);
        assert!(matches!(verdict, Verdict::No(_)), "{count}: {verdict:?}");
    }
}

#[test]
fn a_budget_that_is_spent_is_no_answer() {
    let history = history(&shape(1_000, 100_000, REGISTER, 5, 1));
    let Verdict::Unknown(why) = by(Road::Both, 10_000, &history) else { panic!("it is decided") };
    assert!(why.contains("not decided within 10000 configurations"), "{why}");
    let limits = Limits { bytes_max: 1_000, ..Limits::new(u64::MAX) };
    let Verdict::Unknown(why) = decide(&history, limits) else { panic!("it is decided") };
    assert!(why.contains("of memory"), "{why}");
}
