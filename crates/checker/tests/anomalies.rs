//! The anomalies by their names, each as small as it gets and hidden in a longer history.

use checker::{Linearizable, linearizable};
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

/// `client key-operation invoked returned`: times in milliseconds, which are the order too.
fn history(lines: &[(u64, &str, u64, u64)]) -> History {
    let mut operations: Vec<Operation> = Vec::new();
    for &(client, what, invoked, returned) in lines {
        let number = operations.iter().filter(|o| o.id.client == client).count() as u64 + 1;
        let (op, outcome) = parse(what);
        let unknown = matches!(outcome, Outcome::Unknown(_));
        operations.push(Operation {
            id: OpId { client, number },
            op,
            invoked_seq: invoked,
            invoked_at: invoked * 1_000_000,
            returned_seq: if unknown { u64::MAX } else { returned },
            returned_at: returned * 1_000_000,
            outcome,
        });
    }
    operations.sort_by_key(|operation| operation.invoked_seq);
    History { initial: None, operations }
}

/// `put 7`, `get 7`, `append a`, `cas 1 2`; behind it `?` for unknown, `!` for failed, `-`
/// for a cas that found another value.
fn parse(what: &str) -> (Op, Outcome) {
    let key = bytes::Bytes::from_static(b"x");
    let words: Vec<&str> = what.split(' ').collect();
    let value = |place: usize| bytes::Bytes::copy_from_slice(words[place].as_bytes());
    let (op, output) = match words[0] {
        "get" if words[1] == "nothing" => (Op::Get { key }, Output::Value(None)),
        "get" => (Op::Get { key }, Output::Value(Some(value(1)))),
        "put" => (Op::Put { key, value: value(1) }, Output::Done),
        "append" => (Op::Append { key, value: value(1) }, Output::Done),
        "cas" => {
            let op = Op::Cas { key, expect: Some(value(1)), value: value(2) };
            (op, Output::Swapped(true))
        }
        other => panic!("unknown operation {other}"),
    };
    let outcome = match *words.last().expect("a word") {
        "?" => Outcome::Unknown("timeout"),
        "!" => Outcome::Failed("refused"),
        "-" => Outcome::Ok { output: Output::Swapped(false), path: ReadPath::Log, index: 0 },
        _ => Outcome::Ok { output, path: ReadPath::Log, index: 0 },
    };
    (op, outcome)
}

#[track_caller]
fn shows(lines: &[(u64, &str, u64, u64)], kind: &str, operations: usize, message: &str) {
    match linearizable(&history(lines), 100_000) {
        Linearizable::No(violation) => {
            assert_eq!(violation.signature(), format!("linearizable/{kind}"));
            assert_eq!(violation.message, message);
            assert_eq!(violation.ops.len(), operations);
            assert!(violation.core.is_sorted() && !violation.core.contains(&u64::MAX));
        }
        other => panic!("expected {kind}, got {other:?}"),
    }
}

#[track_caller]
fn explains(lines: &[(u64, &str, u64, u64)]) {
    assert_eq!(linearizable(&history(lines), 100_000), Linearizable::Yes);
}

#[test]
fn stale_read() {
    shows(
        &[
            (1, "put 3", 100, 200),
            (2, "get 3", 300, 400),
            (3, "put 7", 1400, 1433),
            (2, "get 3", 1450, 1500),
            (1, "get 7", 1600, 1700),
            (1, "put 8", 1800, 1900),
        ],
        "stale-read",
        3,
        "c2.2 read x and got 3 at 1.500s, but c3.1's put x=7 had completed at 1.433s",
    );
    explains(&[
        (1, "put 3", 1, 2),
        (3, "put 7", 10, 30),
        (2, "get 3", 15, 25),
        (1, "get 7", 26, 40),
    ]);
}

#[test]
fn lost_update() {
    shows(
        &[(1, "put 1", 10, 20), (2, "put 2", 30, 40), (3, "get 1", 50, 60), (3, "get 1", 70, 80)],
        "lost-update",
        3,
        "c3.1 read x and got 1 at 0.060s, but c2.1's put x=2 had completed at 0.040s",
    );
}

#[test]
fn two_swaps_of_one_value() {
    shows(
        &[(1, "put 1", 10, 20), (2, "cas 1 2", 30, 50), (3, "cas 1 3", 35, 55)],
        "lost-update",
        3,
        "c3.1's cas x 1->3 swapped at 0.055s, as c2.1's cas x 1->2 did",
    );
    explains(&[
        (1, "put 1", 10, 20),
        (2, "cas 1 2", 30, 50),
        (1, "put 1 ?", 31, 40),
        (3, "cas 1 3", 35, 55),
    ]);
}

#[test]
fn value_never_written() {
    shows(
        &[(1, "put 1", 10, 20), (2, "get 9", 30, 40)],
        "value-never-written",
        1,
        "c2.1 read x and got 9 at 0.040s, which nobody wrote",
    );
}

/// It is the value that it found that nobody wrote; that it swapped, nobody could write.
#[test]
fn a_swap_of_a_value_never_written() {
    shows(
        &[(1, "put 1", 10, 20), (2, "cas 7 2", 30, 40)],
        "value-never-written",
        1,
        "c2.1's cas x 7->2 swapped at 0.040s, but nobody wrote 7",
    );
    let mut history = history(&[(1, "put 1", 10, 20), (2, "cas 7 2", 30, 40)]);
    history.initial = Some("7".into());
    let Linearizable::No(violation) = linearizable(&history, 100_000) else { panic!("no order") };
    // The key held 7 at first, until somebody replaced it.
    assert_eq!(violation.kind, "stale-read");
}

#[test]
fn a_value_that_was_written_too_late() {
    shows(
        &[(1, "put 1", 10, 20), (2, "get 12", 30, 40), (3, "append 2", 50, 60)],
        "value-never-written",
        2,
        "c2.1 read x and got 12 at 0.040s, before c3.1's append x+2 was invoked at 0.050s",
    );
}

/// The value was written again after the first write that replaced it: only a later look at
/// another value contradicts the answer.
#[test]
fn a_stale_read_is_contradicted_by_what_came_last() {
    shows(
        &[
            (1, "put 2", 10, 20),
            (1, "put 4", 30, 40),
            (2, "put 4 ?", 45, 99),
            (1, "put 2", 50, 55),
            (3, "get 4", 60, 65),
            (4, "get 2", 70, 75),
        ],
        "stale-read",
        3,
        "c4.1 read x and got 2 at 0.075s, but c3.1 read x and got 4 at 0.065s",
    );
}

/// Of two writes that are over only one is there, whoever looks.
#[test]
fn two_who_look_at_once_see_the_same() {
    shows(
        &[
            (1, "put 1", 10, 40),
            (2, "put 2", 20, 50),
            (3, "get 1", 60, 80),
            (4, "get 2", 70, 90),
            (5, "put 3", 100, 110),
            (5, "get 3", 120, 130),
        ],
        "stale-read",
        4,
        "c4.1 read x and got 2 at 0.090s, but c3.1 read x and got 1 at 0.080s",
    );
}

#[test]
fn a_comparison_that_should_have_swapped() {
    let lines = [(1, "put 1", 10, 20), (2, "cas 1 2 -", 30, 40)];
    let message = "c2.1's cas x 1->2 found another value at 0.040s, but c1.1's put x=1 had \
                   completed at 0.020s";
    shows(&lines, "stale-read", 2, message);
    let mut history = history(&lines[1..]);
    history.initial = Some("1".into());
    let Linearizable::No(found) = linearizable(&history, 100_000) else { panic!("no order") };
    let message = "c2.1's cas x 1->2 found another value at 0.040s, but nobody wrote one";
    assert_eq!((found.kind.as_str(), found.message.as_str()), ("value-never-written", message));
}

#[test]
fn a_lock_has_two_holders_or_none() {
    let locks = |lines: &[(u64, &str, u64, u64)], message: &str| {
        let mut history = history(lines);
        history.initial = Some("free".into());
        let Linearizable::No(found) = linearizable(&history, 100_000) else { panic!("{message}") };
        assert_eq!(found.message, message);
        (found.kind, found.ops.len())
    };
    let mut lines = vec![
        (1, "cas free held", 10, 20),
        (1, "cas held free", 30, 40),
        (2, "cas free held", 50, 70),
        (3, "cas free held", 60, 90),
    ];
    let two = locks(&lines, "c3.1 acquired the lock at 0.090s, while c2.1 held it since 0.070s");
    assert_eq!(two, ("two-holders".to_owned(), 4));
    lines.truncate(2);
    lines.push((2, "cas held free", 50, 60));
    let none = "c2.1 released the lock at 0.060s, as c1.2 did at 0.040s, and nobody acquired it in \
                between";
    assert_eq!(locks(&lines, none), ("not-held".to_owned(), 3));
    let first = "c1.1 released the lock at 0.040s, which nobody held";
    assert_eq!(locks(&lines[1..2], first), ("not-held".to_owned(), 1));
}

#[test]
fn dirty_read() {
    shows(
        &[(1, "put 9 !", 10, 20), (2, "get 9", 30, 40)],
        "dirty-read",
        2,
        "c2.1 read x and got 9 at 0.040s, though c1.1's put x=9 had failed",
    );
}

#[test]
fn value_came_back() {
    shows(
        &[
            (1, "put 1", 10, 20),
            (2, "put 2 ?", 25, 90),
            (3, "get 1", 30, 40),
            (3, "get 2", 50, 60),
            (3, "get 1", 70, 80),
        ],
        "value-came-back",
        4,
        "c3.3 read x and got 1 at 0.080s again, after c3.2 read x and got 2 at 0.060s",
    );
}

#[test]
fn duplicate_application() {
    shows(
        &[(1, "append a", 10, 20), (2, "append b", 30, 40), (3, "get aba", 50, 60)],
        "duplicate-application",
        3,
        "c3.1 read x and got aba at 0.060s, in which c1.1's append x+a shows 2 times",
    );
    explains(&[(1, "append a", 10, 20), (2, "append a ?", 30, 40), (3, "get aa", 50, 60)]);
}

#[test]
fn a_spent_budget_is_no_answer() {
    let lines = [
        (1, "put 1", 10, 20),
        (2, "put 2", 30, 40),
        (1, "put 2", 50, 60),
        (3, "get 2", 70, 80),
        (3, "get 1", 90, 100),
    ];
    assert!(matches!(linearizable(&history(&lines), 2), Linearizable::Unknown(_)));
}

#[test]
fn of_a_lock_that_two_took_only_these_two_are_shown() {
    let mut lines = Vec::new();
    for turn in 0..100 {
        let start = turn * 100;
        let client = 1 + turn % 5;
        lines.push((
            client,
            if turn == 0 { "put free" } else { "cas free held" },
            start,
            start + 10,
        ));
        if turn > 0 {
            lines.push((client, "cas held free", start + 20, start + 30));
        }
    }
    lines.push((6, "cas free held", 10_000, 10_010));
    explains(&lines);
    lines.push((7, "cas free held", 10_020, 10_030));
    let message = "c7.1's cas x free->held swapped at 10.030s, as c6.1's cas x free->held did";
    shows(&lines, "lost-update", 2, message);
}
