//! Requests that are tried again, as the clients see them.

use checker::linearizability::Limits;
use system::{Op, Output, ReadPath, Value};
use trace::{History, OpId, Operation, Outcome};

use super::run::Run;

/// Operations one behind the other.
#[derive(Default)]
struct Told(Vec<Operation>);

impl Told {
    fn push(&mut self, op: Op, outcome: Outcome) -> &mut Self {
        let number = self.0.len() as u64 + 1;
        let is_open = matches!(outcome, Outcome::Unknown(_));
        self.0.push(Operation {
            id: OpId { client: 1, number },
            op,
            invoked_seq: number * 2,
            invoked_at: number * 2,
            returned_seq: if is_open { u64::MAX } else { number * 2 + 1 },
            returned_at: number * 2 + 1,
            outcome,
        });
        self
    }

    fn ok(&mut self, op: Op, output: Output, index: u64) -> &mut Self {
        self.push(op, Outcome::Ok { output, path: ReadPath::Log, index })
    }

    fn put(&mut self, value: &'static str, index: u64) -> &mut Self {
        let op = Op::Put { key: "x".into(), value: value.into() };
        self.ok(op, Output::Done, index)
    }

    fn append(&mut self, value: &'static str, index: u64) -> &mut Self {
        let op = Op::Append { key: "x".into(), value: value.into() };
        match index {
            0 => self.push(op, Outcome::Unknown("timeout")),
            _ => self.ok(op, Output::Done, index),
        }
    }

    fn read(&mut self, value: &'static str, index: u64) -> &mut Self {
        let value: Value = value.into();
        self.ok(Op::Get { key: "x".into() }, Output::Value(Some(value)), index)
    }

    /// The kinds of `exactly-once` that are broken.
    fn found(&self) -> Vec<String> {
        let history = History { initial: None, operations: self.0.clone() };
        let verdict = Run::new().judge.finish(&history, Limits::new(100_000));
        let trace::Verdict::Fail(found) = verdict else { return Vec::new() };
        found.into_iter().filter(|v| v.check == "exactly-once").map(|v| v.kind).collect()
    }
}

#[test]
fn a_write_is_not_seen_before_the_index_at_which_it_took_effect() {
    assert_eq!(Told::default().put("a", 3).read("a", 3).put("b", 4).found(), [""; 0]);
    assert_eq!(Told::default().read("a", 2).put("a", 3).found(), ["seen-before"]);
    assert_eq!(Told::default().put("a", 1).read("a2;", 2).append("2;", 3).found(), ["seen-before"]);
    // A read that tells no index, and a write that does not.
    assert_eq!(Told::default().read("a", 0).put("a", 3).found(), [""; 0]);
    assert_eq!(Told::default().read("a2;", 2).put("a", 1).append("2;", 0).found(), [""; 0]);
    // Two may have written it.
    assert_eq!(Told::default().put("a", 1).read("a", 2).put("a", 3).found(), [""; 0]);
}

#[test]
fn what_was_appended_once_stands_in_a_value_once() {
    let mut twice = Told::default();
    twice.put("a", 1).append("1;", 0).append("2;", 3);
    assert_eq!(twice.read("a1;2;", 4).found(), [""; 0]);
    assert_eq!(twice.read("a1;2;1;", 5).found(), ["appended-twice"]);
    // Nothing was there before.
    assert_eq!(Told::default().append("1;", 2).read("1;1;", 4).found(), ["appended-twice"]);
    // Two appended the same.
    let mut both = Told::default();
    both.append("1;", 2).append("1;", 3);
    assert_eq!(both.read("1;1;", 4).found(), [""; 0]);
    // It may end in one piece or in another.
    let mut either = Told::default();
    either.append("1;", 2).append("1;1;", 3);
    assert_eq!(either.read("1;1;", 4).found(), [""; 0]);
}
