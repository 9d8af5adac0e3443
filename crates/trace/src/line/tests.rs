//! Every event survives its line, and the lines are the ones that people keep.

use proptest::prelude::*;
use system::{MessageKind, Note, Op, Output, ReadPath, Role, Summary};

use super::arbitrary::event;
use super::{parse_line, write_line};
use crate::event::{DropReason, Event, Kind, MessageId, OpId, Outcome};
use crate::hash::RunHash;

fn written(event: &Event) -> String {
    let mut out = String::new();
    write_line(event, &mut out);
    out
}

fn at(seq: u64, at: u64, kind: Kind) -> Event {
    Event { seq, at, cause: Event::NO_CAUSE, kind }
}

proptest! {
    #[test]
    fn every_event_survives_its_line(event in event()) {
        let line = written(&event);
        prop_assert!(!line.contains('\n'), "{line}");
        prop_assert_eq!(parse_line(&line), Ok(Some(event)), "{}", line);
    }

    /// The hash sees at least what the line shows.
    #[test]
    fn events_with_different_lines_have_different_hashes(a in event(), b in event()) {
        let hash = |event: &Event| {
            let mut hash = RunHash::new();
            hash.event(event);
            hash.value()
        };
        // The same place and time, so that only the kinds can differ.
        let b = Event { seq: a.seq, at: a.at, cause: a.cause, ..b };
        prop_assert_eq!(written(&a) == written(&b), hash(&a) == hash(&b));
    }

    #[test]
    fn no_line_makes_the_reader_panic(event in event(), place: usize, byte: u8) {
        let mut bytes = written(&event).into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = parse_line(&text);
        }
    }
}

#[test]
fn a_line_is_canonical() {
    let put = Op::Put { key: "x".into(), value: vec![0xff, 0].into() };
    let message = MessageId { from: 1, to: 3, number: 88 };
    let id = OpId { client: 2, number: 5 };
    let append = Summary {
        kind: MessageKind::Append,
        reject: false,
        entries: 2,
        bytes: 64,
        term: 1,
        index: 11,
        log_term: 1,
        commit: 0,
    };
    let ok = Outcome::Ok { output: Output::Value(None), path: ReadPath::Lease, index: 11 };
    let drop =
        Kind::Drop { message, kind: MessageKind::Append, why: DropReason::Partition, fault: 1 };
    let leader = Note::Role { role: Role::Leader, term: 2, leader: 3 };
    let cases = [
        (
            Kind::Start { node: 1, incarnation: 0 },
            r#"{"seq":7,"t":9,"k":"node.start","node":"n1","inc":0}"#,
        ),
        (
            Kind::Note { node: 3, note: leader },
            r#"{"seq":7,"t":9,"k":"raft.role","node":"n3","role":"leader","term":2,"lead":"n3"}"#,
        ),
        (
            Kind::Send { message, summary: append },
            r#"{"seq":7,"t":9,"k":"msg.send","node":"n1","msg":"n1>n3#88","to":"n3","type":"Append","term":1,"bytes":64,"d":{"entries":2,"index":11,"log_term":1}}"#,
        ),
        (
            drop,
            r#"{"seq":7,"t":9,"k":"msg.drop","node":"n1","msg":"n1>n3#88","type":"Append","why":"partition","fault":"f1"}"#,
        ),
        (
            Kind::Invoke { id, op: Box::new(put) },
            r#"{"seq":7,"t":9,"k":"op.invoke","op":"c2.5","client":"c2","f":"put","key":"x","in":{"hex":"ff00"}}"#,
        ),
        (
            Kind::Return { id, outcome: Box::new(ok), node: 1 },
            r#"{"seq":7,"t":9,"k":"op.ok","node":"n1","op":"c2.5","client":"c2","out":null,"serve":"lease","index":11}"#,
        ),
    ];
    for (kind, line) in cases {
        assert_eq!(written(&at(7, 9, kind)), line);
    }
}

#[test]
fn the_cause_stands_last() {
    let event = Event { cause: 12, ..at(13, 1, Kind::Timer { node: 2, timer: "tick" }) };
    let line = r#"{"seq":13,"t":1,"k":"timer.fire","node":"n2","timer":"tick","cause":12}"#;
    assert_eq!(written(&event), line);
}

#[test]
fn unknown_kinds_and_fields_are_passed_over() {
    let clock = r#"{"seq":1,"t":2,"k":"clock","node":"n1","skew_ns":5}"#;
    assert_eq!(parse_line(clock), Ok(None));
    let timer = r#"{"seq":1,"t":2,"k":"timer.fire","node":"n1","timer":"tick","after":7}"#;
    assert!(matches!(parse_line(timer), Ok(Some(_))));
}

#[test]
fn a_problem_names_the_field_and_what_belongs_there() {
    let line = r#"{"seq":1,"t":2,"k":"timer.fire","node":"node1","timer":"tick"}"#;
    let problem = parse_line(line).expect_err("the node is not one");
    assert_eq!(problem, r#"timer.fire: field `node` should be a node like "n1", found "node1""#);
    assert!(parse_line(r#"{"seq":1"#).expect_err("cut").starts_with("bad JSON"));
}
