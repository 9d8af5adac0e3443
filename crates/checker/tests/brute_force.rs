//! The search against all orders there are: on small histories both must say the same.

mod reference;

use checker::{Linearizable, linearizable};
use proptest::prelude::*;
use reference::{Held, apply, brute_force};
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

/// One operation in a compact form, to be drawn.
#[derive(Clone, Debug)]
struct Drawn {
    what: u8,
    value: u8,
    expect: u8,
    /// What it saw, or whether it swapped.
    seen: u8,
    /// 0 to 9: unknown below `unknown`, failed at 9.
    luck: u8,
    /// How many moments it stays open.
    length: u8,
}

fn value(number: u8) -> Option<bytes::Bytes> {
    ["", "a", "b", "aa", "ab", "ba", "aba"].get(usize::from(number) % 8).map(|v| (*v).into())
}

fn operation(number: u64, drawn: &Drawn, unknown: u8) -> Operation {
    let key = bytes::Bytes::from_static(b"x");
    let some = |number: u8| value(number % 7).expect("seven values");
    let (op, output) = match drawn.what {
        0..=3 => (Op::Get { key }, Output::Value(value(drawn.seen))),
        4..=5 => (Op::Put { key, value: some(drawn.value) }, Output::Done),
        6 => (Op::Delete { key }, Output::Done),
        7..=8 => (
            Op::Cas { key, expect: value(drawn.expect), value: some(drawn.value) },
            Output::Swapped(drawn.seen.is_multiple_of(2)),
        ),
        _ => (Op::Append { key, value: some(drawn.value % 3) }, Output::Done),
    };
    let invoked = number * 10;
    let returned = invoked + 1 + u64::from(drawn.length) * 10 + number % 7;
    let (outcome, returned_seq) = match drawn.luck {
        9 => (Outcome::Failed("refused"), returned),
        luck if luck < unknown => (Outcome::Unknown("timeout"), u64::MAX),
        _ => (Outcome::Ok { output, path: ReadPath::Log, index: 0 }, returned),
    };
    Operation {
        id: OpId { client: number + 1, number: 1 },
        op,
        invoked_seq: invoked,
        invoked_at: invoked,
        returned_seq,
        returned_at: returned,
        outcome,
    }
}

fn drawn(values: u8) -> impl Strategy<Value = Drawn> {
    let numbers = (0..10u8, 0..values, 0..8u8, 0..8u8, 0..10u8, 0..8u8);
    numbers.prop_map(|(what, value, expect, seen, luck, length)| Drawn {
        what,
        value,
        expect,
        seen,
        luck,
        length,
    })
}

/// Answers as a store would give them that takes operations in some order, with a few lies: random
/// answers alone are nearly always wrong.
fn plausible(mut drawn: Vec<Drawn>, lies: u8, unknown: u8) -> History {
    let mut held: Held = None;
    // Each takes effect at a moment of its own while it is open.
    let point =
        |n: usize, d: &Drawn| n * 10 + 1 + usize::from(d.length) * usize::from(d.expect) * 10 / 7;
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    order.sort_by_key(|&n| (point(n, &drawn[n]), n));
    for number in order {
        let one = &mut drawn[number];
        let number = number as u64;
        let lie = (one.value + one.expect + number as u8) % 8 < lies;
        let mut asked = operation(number, one, 0);
        asked.outcome = Outcome::Unknown("asked");
        if !lie {
            let none = value(7);
            assert_eq!(none, None);
            match &asked.op {
                Op::Get { .. } => {
                    let seen = (0..8).find(|&n| value(n).map(|v| v.to_vec()) == held);
                    one.seen = seen.unwrap_or(one.seen);
                }
                Op::Cas { expect, .. } => {
                    one.seen = u8::from(held != expect.as_ref().map(|e| e.to_vec()));
                }
                _ => {}
            }
        }
        if one.luck != 9 {
            held = apply(&asked, &held).expect("an unknown answer is never wrong");
        }
    }
    let operations = (0..).zip(&drawn).map(|(n, d)| operation(n, d, unknown)).collect();
    History { initial: None, operations }
}

fn same_answer(history: &History) -> Result<bool, TestCaseError> {
    let expected = brute_force(history);
    match linearizable(history, 1_000_000) {
        Linearizable::Yes => prop_assert!(expected, "yes, but there is no order"),
        Linearizable::No(violation) => {
            prop_assert!(!expected, "no, but there is an order");
            // What is shown must be wrong on its own, or with the rest taken as open.
            let shown = &violation.ops;
            let operations = history.operations.iter().filter(|o| shown.contains(&o.id));
            let part = History { initial: None, operations: operations.cloned().collect() };
            prop_assert!(!brute_force(&part), "the counterexample has an order: {shown:?}");
        }
        Linearizable::Unknown(reason) => prop_assert!(false, "{reason}"),
    }
    Ok(expected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_all_orders_say(
        drawn in prop::collection::vec(drawn(7), 1..9), lies in 0..3u8, unknown in 0..4u8
    ) {
        same_answer(&plausible(drawn, lies, unknown))?;
    }

    #[test]
    fn as_all_orders_say_of_few_values(
        drawn in prop::collection::vec(drawn(3), 1..9), lies in 0..2u8, unknown in 0..3u8
    ) {
        same_answer(&plausible(drawn, lies, unknown))?;
    }
}
