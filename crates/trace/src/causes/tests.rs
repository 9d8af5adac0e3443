//! The stale read of the format's own example: the partition must be among its causes.

use system::{MessageKind, Note, Op, Output, ReadPath, Role};

use super::{render_why, why};
use crate::event::{DropReason, Event, Kind, MessageId, OpId, Outcome};

const READ: OpId = OpId { client: 2, number: 4 };

fn story() -> Vec<Event> {
    let beat = MessageId { from: 1, to: 2, number: 7 };
    let append = |number| MessageId { from: 1, to: 3, number };
    let lost = |number| Kind::Drop {
        message: append(number),
        kind: MessageKind::Append,
        why: DropReason::Partition,
        fault: 1,
    };
    let read = Op::Get { key: "x".into() };
    let answer =
        Outcome::Ok { output: Output::Value(Some("3".into())), path: ReadPath::Lease, index: 11 };
    let detail = "{n1 n2}|{n3 n4 n5}".into();
    let events = [
        (
            500,
            None,
            Kind::Note { node: 1, note: Note::Role { role: Role::Leader, term: 1, leader: 1 } },
        ),
        (1000, None, Kind::FaultStart { fault: 1, name: "partition", detail }),
        (1040, None, lost(87)),
        (1041, None, lost(88)),
        (1100, None, Kind::Receive { message: beat, kind: MessageKind::Heartbeat }),
        (1490, None, Kind::Invoke { id: READ, op: Box::new(read) }),
        (1490, Some(5), Kind::Attempt { id: READ, to: 1, attempt: 1 }),
        (1491, Some(6), Kind::Request { node: 1, id: READ }),
        (
            1491,
            Some(6),
            Kind::Note {
                node: 1,
                note: Note::Read { request: 9, path: ReadPath::Lease, index: 11 },
            },
        ),
        (1500, Some(6), Kind::Return { id: READ, outcome: Box::new(answer), node: 1 }),
        (1600, None, lost(89)),
    ];
    (0..)
        .zip(events)
        .map(|(seq, (millis, cause, kind))| Event {
            seq,
            at: millis * 1_000_000,
            cause: cause.unwrap_or(Event::NO_CAUSE),
            kind,
        })
        .collect()
}

#[test]
fn a_stale_read_is_explained() {
    let expected = "\
1.500s  c2        c2.4 ok -> 3 (lease) from n1                  seq 9
1.491s  n1        lease read of request 9 at 11                 seq 8
1.491s  n1        takes c2.4                                    seq 7
1.490s  c2        c2.4 to n1                                    seq 6
1.490s  c2        c2.4 get x                                    seq 5
1.041s  n1>n3#88  Append dropped: partition f1 (and 1 more)     seq 3
1.000s  --        f1 partition {n1 n2}|{n3 n4 n5}               seq 1
0.500s  n1        leader of term 1                              seq 0
";
    let squeeze = |text: &str| {
        let words = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        words.collect::<Vec<_>>()
    };
    assert_eq!(squeeze(&render_why(&story(), READ)), squeeze(expected));
}

#[test]
fn an_unknown_operation_has_no_past() {
    assert!(why(&story(), OpId { client: 9, number: 9 }).is_empty());
    assert!(why(&[], READ).is_empty());
}

#[test]
fn a_healed_partition_explains_nothing_later() {
    let mut events = story();
    events[4].kind = Kind::FaultEnd { fault: 1, name: "partition" };
    let faults = why(&events, READ).into_iter().filter(|event| event.seq < 5 && event.seq > 0);
    assert_eq!(faults.count(), 0);
}

#[test]
fn causes_that_lead_in_circles_end() {
    let mut events = story();
    for event in &mut events {
        event.cause = 9;
    }
    assert!(why(&events, READ).len() < events.len());
}
