//! The table at a moment.

use system::{EntryKind, Note, Role};

use super::StateTable;
use crate::event::{CrashKind, Event, Kind};

fn table(kinds: Vec<Kind>) -> StateTable {
    let mut table = StateTable::new();
    for (seq, kind) in (0..).zip(kinds) {
        table.observe(&Event { seq, at: seq, cause: Event::NO_CAUSE, kind });
    }
    table
}

fn note(node: u64, note: Note) -> Kind {
    Kind::Note { node, note }
}

fn append(node: u64, index: u64, term: u64) -> Kind {
    note(node, Note::Append { index, term, kind: EntryKind::Command, digest: 0 })
}

#[test]
fn the_table_shows_roles_logs_disks_and_groups() {
    let detail = "{n1 n2}|{n3}".into();
    let table = table(vec![
        Kind::Start { node: 1, incarnation: 0 },
        Kind::Start { node: 3, incarnation: 2 },
        note(1, Note::Role { role: Role::Leader, term: 1, leader: 1 }),
        append(1, 1, 1),
        append(1, 2, 1),
        note(1, Note::Persisted { term: 1, vote: 1, commit: 0, last_index: 2 }),
        append(1, 3, 1),
        note(1, Note::Commit { index: 2 }),
        note(1, Note::Apply { index: 1, term: 1, digest: 5 }),
        Kind::FaultStart { fault: 1, name: "partition", detail },
        Kind::Crash {
            node: 3,
            how: CrashKind::Power,
            fault: 2,
            during: "sync",
            lost_bytes: 9,
            torn_writes: 1,
        },
    ]);
    let expected = "\
at 1.4905s
node  role          term  commit/applied  last  disk      start  group
n1    leader        1     2/1             3@1   synced 2  #0     A
n3    crashed (f2)  0     0/0             0@0   synced 0  #2     B
f1 partition {n1 n2}|{n3}
";
    assert_eq!(table.render(1_490_500_000), expected);
}

#[test]
fn what_is_recovered_is_durable_and_what_is_truncated_is_gone() {
    let recovered = Note::Recovered {
        term: 3,
        vote: 0,
        commit: 6,
        first_index: 6,
        base_term: 2,
        snapshot_index: 5,
        snapshot_digest: 1,
    };
    let mut events = vec![
        Kind::Start { node: 2, incarnation: 1 },
        note(2, recovered),
        append(2, 6, 2),
        append(2, 7, 3),
    ];
    let state = table(events.clone());
    let state = state.node(2).expect("it started");
    assert_eq!((state.last, state.synced, state.snapshot, state.applied), ((7, 3), 7, 5, 5));
    events.extend([note(2, Note::Truncate { from: 6 })]);
    let state = table(events.clone());
    let state = state.node(2).expect("it started");
    assert_eq!((state.last, state.synced), ((5, 2), 5));
    events.extend([append(2, 6, 4), note(2, Note::Compact { first_index: 7 })]);
    let state = table(events);
    let state = state.node(2).expect("it started");
    assert_eq!((state.last, state.synced), ((6, 4), 5));
}

#[test]
fn a_snapshot_replaces_the_whole_log() {
    let mut events = vec![Kind::Start { node: 1, incarnation: 0 }];
    events.extend((1..=5).map(|index| append(1, index, 1)));
    events.push(note(1, Note::Persisted { term: 1, vote: 0, commit: 0, last_index: 5 }));
    events.push(note(1, Note::SnapshotInstalled { index: 3, term: 2, digest: 1 }));
    let state = table(events);
    let state = state.node(1).expect("it started");
    assert_eq!((state.last, state.synced, state.snapshot), ((3, 2), 3, 3));
    // What it brings beyond the old log is durable when that is told.
    let state = table(vec![
        Kind::Start { node: 1, incarnation: 0 },
        append(1, 1, 1),
        note(1, Note::SnapshotInstalled { index: 3, term: 2, digest: 1 }),
    ]);
    let state = state.node(1).expect("it started");
    assert_eq!((state.last, state.synced), ((3, 2), 0));
}

#[test]
fn a_log_that_is_cut_off_whole_is_empty() {
    let state = table(vec![
        Kind::Start { node: 1, incarnation: 0 },
        append(1, 1, 1),
        append(1, 2, 1),
        note(1, Note::Truncate { from: 1 }),
    ]);
    assert_eq!(state.node(1).expect("it started").last, (0, 0));
}
