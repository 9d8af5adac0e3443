//! What a filter lets through.

use proptest::prelude::*;
use system::{MessageKind, Note, Role, Summary};

use super::{Query, duration};
use crate::event::{Event, Kind, MessageId, OpId};
use crate::line::arbitrary::event;

const MESSAGE: MessageId = MessageId { from: 1, to: 3, number: 88 };

fn matches(query: &str, kind: Kind) -> bool {
    let event = Event { seq: 40, at: 1_500_000_000, cause: Event::NO_CAUSE, kind };
    Query::parse(query).unwrap_or_else(|problem| panic!("{query}: {problem}")).matches(&event)
}

fn append() -> Kind {
    let summary = Summary {
        kind: MessageKind::Append,
        reject: false,
        entries: 1,
        bytes: 9,
        term: 2,
        index: 11,
        log_term: 1,
        commit: 10,
    };
    Kind::Send { message: MESSAGE, summary }
}

#[test]
fn every_term_must_hold() {
    for query in [
        "",
        "node:n1",
        "node:n3 type:Append -type:AppendResp",
        "type:append term:>=2 term:<=2 term:2 term:1..3 index:>10",
        "k:msg.send k:msg -k:raft -k:op",
        "msg:n1>n3#88 -node:n2 -msg:n1>n3#8",
        "t:1.2s..1.5s t:1.5s t:>=1500ms t:<1.500000001s t:1s.. -t:..1.4s",
        "seq:40 -seq:41",
        "\"append term 2\" n1>n3 -\"dropped\"",
    ] {
        assert!(matches(query, append()), "{query}");
    }
    for query in ["node:n2", "type:AppendResp", "term:>2", "t:>1.5s", "-k:msg", "\"term 3\""] {
        assert!(!matches(query, append()), "{query}");
    }
}

#[test]
fn operations_roles_and_faults_are_found() {
    let id = OpId { client: 2, number: 4 };
    let attempt = || Kind::Attempt { id, to: 1, attempt: 1 };
    assert!(matches("op:c2.4 client:c2 node:n1", attempt()));
    assert!(!matches("op:c2.40", attempt()));
    let leader = Note::Role { role: Role::Leader, term: 2, leader: 3 };
    assert!(matches("k:raft.role leader", Kind::Note { node: 3, note: leader }));
    let end = || Kind::FaultEnd { fault: 1, name: "partition" };
    assert!(matches("fault:f1 partition", end()));
    assert!(!matches("term:>=0", end()), "what has no term is in no range");
}

#[test]
fn a_problem_names_its_term() {
    for (query, at, part) in [
        ("node:n1 nod:n1", 8, "there is no key `nod`"),
        ("  node:1", 2, "like node:n1"),
        ("type:Apend", 0, "types are PreVote"),
        ("t:soon", 0, "like t:1.2s..1.5s"),
        ("k:phase \"open", 8, "a quote is not closed"),
        ("term:>x", 0, "a number, a range"),
    ] {
        let problem = Query::parse(query).expect_err(query);
        assert_eq!(problem.at, at, "{problem}");
        assert!(problem.message.contains(part), "{problem}");
    }
}

#[test]
fn durations_are_read_exactly() {
    assert_eq!(duration("1.303029958s"), Some(1_303_029_958));
    assert_eq!(duration("20ms"), Some(20_000_000));
    assert_eq!(duration("3us"), Some(3_000));
    assert_eq!(duration("2m"), Some(120_000_000_000));
    assert_eq!(duration("7ns"), Some(7));
    assert_eq!(duration("7"), None);
    for bad in ["", "s", ".5s", "-1s", "1.2.3s", "99999999999999999999s", "20000000000s"] {
        assert_eq!(duration(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn no_query_panics(text in ".{0,24}", event in event()) {
        if let Ok(query) = Query::parse(&text) {
            let _ = query.matches(&event);
        }
    }

    /// A term and its opposite split the events.
    #[test]
    fn a_minus_is_the_opposite(event in event()) {
        for term in ["node:n1", "k:raft", "type:Append", "term:>=5", "t:..1s", "\"term\""] {
            let with = Query::parse(term).expect("well-formed").matches(&event);
            let without = Query::parse(&format!("-{term}")).expect("well-formed").matches(&event);
            prop_assert_ne!(with, without);
        }
    }
}

#[test]
fn a_kind_that_does_not_exist_is_refused_with_the_nearest() {
    for right in ["k:raft.role", "k:raft", "k:msg", "k:op.ok", "k:phase"] {
        assert!(Query::parse(right).is_ok(), "{right}");
    }
    let wrong = Query::parse("k:raft.rolle").unwrap_err();
    assert!(wrong.message.contains("perhaps `raft.role`"), "{wrong}");
    for wrong in ["k:", "k:raf", "k:raft.", "k:nothing"] {
        assert!(Query::parse(wrong).unwrap_err().message.contains("msg.send"), "{wrong}");
    }
}
