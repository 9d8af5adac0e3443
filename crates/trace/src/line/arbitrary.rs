//! Arbitrary events, for tests: every kind and every variant.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use system::{
    Admin, ConfChange, DiskError, EntryKind, HaltReason, MessageKind, NodeSet, Note, Op, Output,
    ReadPath, Role, Summary, Transition,
};

use crate::event::{
    Autopsy, CrashKind, DropReason, Event, Kind, MessageId, OpId, Outcome, PanicInfo, Violation,
};

fn node() -> BoxedStrategy<u64> {
    (1..=63_u64).boxed()
}

fn nodes() -> BoxedStrategy<NodeSet> {
    any::<u64>().prop_map(NodeSet::from_bits).boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof!["[ -~]{0,12}", ".{0,6}", Just("\u{0}\u{1f}\u{7f}\"\\\n\u{2028}😀".to_string())]
        .boxed()
}

fn bytes() -> BoxedStrategy<bytes::Bytes> {
    prop_oneof![vec(any::<u8>(), 0..6).prop_map(Into::into), text().prop_map(Into::into)].boxed()
}

fn word() -> BoxedStrategy<&'static str> {
    select(vec!["", "tick", "append", "partition", "election-safety", "never seen before"]).boxed()
}

fn message() -> BoxedStrategy<MessageId> {
    (node(), node(), any::<u64>())
        .prop_map(|(from, to, number)| MessageId { from, to, number })
        .boxed()
}

fn op_id() -> BoxedStrategy<OpId> {
    (any::<u64>(), any::<u64>()).prop_map(|(client, number)| OpId { client, number }).boxed()
}

fn message_kind() -> BoxedStrategy<MessageKind> {
    select(MessageKind::ALL.to_vec()).boxed()
}

fn read_path() -> BoxedStrategy<ReadPath> {
    use ReadPath::{FollowerReadIndex, Lease, Local, Log, ReadIndex, Session};
    select(vec![Log, Session, ReadIndex, FollowerReadIndex, Lease, Local]).boxed()
}

fn op() -> BoxedStrategy<Op> {
    prop_oneof![
        bytes().prop_map(|key| Op::Get { key }),
        bytes().prop_map(|key| Op::Delete { key }),
        (bytes(), bytes()).prop_map(|(key, value)| Op::Put { key, value }),
        (bytes(), bytes()).prop_map(|(key, value)| Op::Append { key, value }),
        (bytes(), option::of(bytes()), bytes()).prop_map(|(key, expect, value)| Op::Cas {
            key,
            expect,
            value
        }),
    ]
    .boxed()
}

fn outcome() -> BoxedStrategy<Outcome> {
    let output = prop_oneof![
        option::of(bytes()).prop_map(Output::Value),
        Just(Output::Done),
        any::<bool>().prop_map(Output::Swapped),
    ];
    prop_oneof![
        (output, read_path(), any::<u64>()).prop_map(|(output, path, index)| Outcome::Ok {
            output,
            path,
            index
        }),
        word().prop_map(Outcome::Failed),
        word().prop_map(Outcome::Unknown),
    ]
    .boxed()
}

fn admin() -> BoxedStrategy<Admin> {
    let change = prop_oneof![
        node().prop_map(ConfChange::AddVoter),
        node().prop_map(ConfChange::AddLearner),
        node().prop_map(ConfChange::Remove),
    ];
    let transition = select(vec![Transition::Auto, Transition::Joint]);
    prop_oneof![
        node().prop_map(|to| Admin::Transfer { to }),
        (vec(change, 0..4), transition)
            .prop_map(|(changes, transition)| Admin::Reconfigure { changes, transition }),
    ]
    .boxed()
}

fn summary() -> BoxedStrategy<Summary> {
    let head = (message_kind(), any::<bool>(), any::<u32>(), any::<u32>());
    (head, any::<[u64; 4]>())
        .prop_map(|((kind, reject, entries, bytes), [term, index, log_term, commit])| Summary {
            kind,
            reject,
            entries,
            bytes,
            term,
            index,
            log_term,
            commit,
        })
        .boxed()
}

fn note() -> BoxedStrategy<Note> {
    (0..19_u32, any::<[u64; 3]>(), 0..=63_u64, [nodes(), nodes(), nodes()], read_path())
        .prop_map(|(which, [a, b, c], id, [voters, outgoing, learners], path)| match which {
            0 => Note::Recovered {
                term: a,
                vote: id,
                commit: b,
                first_index: c,
                base_term: a,
                snapshot_index: b,
                snapshot_digest: c,
            },
            1 => Note::TailCut { bytes: a },
            2 => {
                use Role::{Candidate, Follower, Leader, Learner, PreCandidate};
                let roles = [Candidate, Follower, Leader, Learner, PreCandidate];
                Note::Role { role: roles[(b % 5) as usize], term: a, leader: id }
            }
            3 => Note::Vote { term: a, candidate: id },
            4 => {
                let kinds = [EntryKind::Command, EntryKind::Empty, EntryKind::Conf];
                Note::Append { index: a, term: b, kind: kinds[(a % 3) as usize], digest: c }
            }
            5 => Note::Truncate { from: a },
            6 => Note::Persisted { term: a, vote: id, commit: b, last_index: c },
            7 => Note::Commit { index: a },
            8 => Note::Apply { index: a, term: b, digest: c },
            9 => Note::Conf { index: a, voters, outgoing, learners },
            10 => Note::SnapshotTaken { index: a, term: b, digest: c },
            11 => Note::SnapshotSent { to: id, index: a },
            12 => Note::SnapshotInstalled { index: a, term: b, digest: c },
            13 => Note::Compact { first_index: a },
            14 => Note::Read { request: a, path, index: b },
            15 => Note::Proposed { request: a, forwarded: b % 2 == 0 },
            16 => Note::Transfer { to: id },
            17 => Note::TransferEnded { to: id, moved: a % 2 == 0 },
            _ => Note::LeaseRefused { request: a },
        })
        .boxed()
}

fn node_kind() -> BoxedStrategy<Kind> {
    use HaltReason::{Corrupt, DiskFailed, Inconsistent, Library, Removed, Stopped};
    let reason = select(vec![Corrupt, DiskFailed, Inconsistent, Library, Removed, Stopped]);
    let how = select(vec![CrashKind::Power, CrashKind::Kill]);
    let act = select(vec!["append", "sync", "sync-dir", "never seen before"]);
    let error = option::of(select(vec![DiskError::Io, DiskError::Full, DiskError::NotFound]));
    prop_oneof![
        (node(), any::<u64>()).prop_map(|(node, incarnation)| Kind::Start { node, incarnation }),
        (node(), how, any::<u32>(), word(), any::<u64>(), any::<u32>()).prop_map(
            |(node, how, fault, during, lost_bytes, torn_writes)| Kind::Crash {
                node,
                how,
                fault,
                during,
                lost_bytes,
                torn_writes
            }
        ),
        (node(), reason, text()).prop_map(|(node, reason, detail)| Kind::Halt {
            node,
            reason,
            detail: detail.into()
        }),
        (node(), text(), text()).prop_map(|(node, place, message)| Kind::Panic {
            node,
            panic: Box::new(PanicInfo { place, message })
        }),
        (node(), word()).prop_map(|(node, timer)| Kind::Timer { node, timer }),
        (node(), act, text(), any::<u64>(), error).prop_map(|(node, act, path, bytes, error)| {
            Kind::Disk { node, act, path: path.into(), bytes, error }
        }),
        (node(), any::<u32>(), word(), text(), any::<u64>()).prop_map(
            |(node, fault, what, path, bytes)| {
                Kind::DiskFault { node, fault, what, path: path.into(), bytes }
            }
        ),
    ]
    .boxed()
}

fn message_kinds() -> BoxedStrategy<Kind> {
    use DropReason::{Corrupt, Down, Loss, Partition, Queue};
    let why = select(vec![Corrupt, Down, Loss, Partition, Queue]);
    prop_oneof![
        (message(), summary()).prop_map(|(message, summary)| Kind::Send { message, summary }),
        (message(), message_kind()).prop_map(|(message, kind)| Kind::Receive { message, kind }),
        (message(), message_kind()).prop_map(|(message, kind)| Kind::Duplicate { message, kind }),
        (message(), message_kind()).prop_map(|(message, kind)| Kind::Corrupt { message, kind }),
        (message(), message_kind(), why, any::<u32>())
            .prop_map(|(message, kind, why, fault)| Kind::Drop { message, kind, why, fault }),
    ]
    .boxed()
}

fn op_kinds() -> BoxedStrategy<Kind> {
    prop_oneof![
        (op_id(), op()).prop_map(|(id, op)| Kind::Invoke { id, op: Box::new(op) }),
        (op_id(), node(), any::<u32>()).prop_map(|(id, to, attempt)| Kind::Attempt {
            id,
            to,
            attempt
        }),
        (node(), op_id()).prop_map(|(node, id)| Kind::Request { node, id }),
        (op_id(), outcome(), 0..=63_u64).prop_map(|(id, outcome, node)| Kind::Return {
            id,
            outcome: Box::new(outcome),
            node
        }),
        (op_id(), admin()).prop_map(|(id, admin)| Kind::AdminInvoke { id, admin: Box::new(admin) }),
        (op_id(), option::of(word())).prop_map(|(id, error)| Kind::AdminReturn { id, error }),
    ]
    .boxed()
}

fn world_kinds() -> BoxedStrategy<Kind> {
    let entries = vec((any::<u64>(), any::<u64>()), 0..4);
    prop_oneof![
        (any::<u32>(), word(), text()).prop_map(|(fault, name, detail)| Kind::FaultStart {
            fault,
            name,
            detail: detail.into()
        }),
        (any::<u32>(), word()).prop_map(|(fault, name)| Kind::FaultEnd { fault, name }),
        word().prop_map(|name| Kind::Phase { name }),
        (node(), option::of(text()), any::<[u64; 5]>(), entries).prop_map(
            |(node, refused, n, entries)| Kind::Autopsy {
                node,
                found: Box::new(Autopsy {
                    refused,
                    term: n[0],
                    commit: n[1],
                    snapshot_index: n[2],
                    snapshot_digest: n[3],
                    first_index: n[4],
                    entries,
                }),
            }
        ),
        violation().prop_map(|violation| Kind::Violation(Box::new(violation))),
    ]
    .boxed()
}

fn violation() -> BoxedStrategy<Violation> {
    let lists = (vec(op_id(), 0..3), vec(node(), 0..3), vec(any::<u64>(), 0..3));
    (word(), text(), text(), lists)
        .prop_map(|(check, kind, message, (ops, nodes, core))| Violation {
            check,
            kind,
            message,
            ops,
            nodes,
            core,
        })
        .boxed()
}

/// Any event.
pub(crate) fn event() -> BoxedStrategy<Event> {
    let noted = (node(), note()).prop_map(|(node, note)| Kind::Note { node, note });
    let kind = prop_oneof![
        2 => node_kind(),
        2 => message_kinds(),
        2 => op_kinds(),
        2 => world_kinds(),
        3 => noted,
    ];
    let cause = prop_oneof![Just(Event::NO_CAUSE), any::<u64>()];
    (any::<u64>(), any::<u64>(), cause, kind)
        .prop_map(|(seq, at, cause, kind)| Event { seq, at, cause, kind })
        .boxed()
}
