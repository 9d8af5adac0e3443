//! What was promised, on the disks: [`log-kept`] at each start, [`durability`] at the end.

use checker::linearizability::Limits;
use system::{Note, Op, Output, ReadPath};
use trace::{Autopsy, History, Kind, OpId, Operation, Outcome, Verdict};

use super::run::Run;

/// A node starts on a log that ends at `last_index`.
fn restart(run: &mut Run, last_index: u64) {
    run.crash(1).start(1).recover(1, 1, 0);
    for index in 1..=last_index {
        run.append(1, index, 1);
    }
    run.conf(1, 0, &[1, 2, 3], &[]);
}

fn three_entries(durable: u64) -> Run {
    let mut run = Run::new();
    run.append(1, 1, 1).append(1, 2, 1).append(1, 3, 1).sync(1, durable);
    run
}

#[test]
fn what_a_node_made_durable_is_there_when_it_starts_again() {
    let mut run = three_entries(3);
    restart(&mut run, 3);
    run.holds();
    let mut run = three_entries(3);
    restart(&mut run, 2);
    run.breaks("log-kept/forgotten");
    // What was not durable may be gone, and is not asked for again.
    let mut run = three_entries(2);
    restart(&mut run, 2);
    restart(&mut run, 2);
    run.holds();
    // What was found at a start is not durable by that.
    let mut run = three_entries(2);
    restart(&mut run, 3);
    restart(&mut run, 2);
    run.holds();
    // An end that a leader replaced may be gone, and the new one not yet there.
    let mut run = three_entries(3);
    run.say(1, Note::Truncate { from: 2 });
    restart(&mut run, 1);
    run.holds();
    let mut run = three_entries(3);
    run.say(1, Note::Truncate { from: 2 });
    restart(&mut run, 0);
    run.breaks("log-kept/forgotten");
    // A snapshot took the place of all of it.
    let mut run = three_entries(3);
    run.say(1, Note::SnapshotInstalled { index: 2, term: 1, digest: 5 });
    restart(&mut run, 2);
    run.holds();
}

#[test]
fn what_was_durable_comes_back_entry_by_entry() {
    let changed = "log-kept/changed";
    // Terms of the entries that n1 recovers after `run`.
    let recovers = |run: &mut Run, terms: &[u64]| {
        run.crash(1).start(1).recover(1, 2, 0);
        for (index, &term) in (1..).zip(terms) {
            run.append(1, index, term);
        }
        run.conf(1, 0, &[1, 2, 3], &[]);
    };
    // A leader of term 2 replaced the last two.
    let replaced = |durable: u64| {
        let mut run = three_entries(3);
        run.say(1, Note::Truncate { from: 2 }).append(1, 2, 2).append(1, 3, 2);
        if durable > 1 {
            run.sync(1, durable);
        }
        run
    };
    let mut run = replaced(3);
    recovers(&mut run, &[1, 2, 2]);
    run.holds();
    let mut run = replaced(3);
    recovers(&mut run, &[1, 1, 1]);
    run.breaks(changed);
    // The old end may be there as long as the new one is not durable.
    let mut run = replaced(1);
    recovers(&mut run, &[1, 1, 1]);
    run.holds();
    let mut run = replaced(2);
    recovers(&mut run, &[1, 2]);
    run.holds();
    // The same term, and another entry: another log had it before, so that is told as well.
    let mut run = three_entries(3);
    run.crash(1).start(1).recover(1, 1, 0).append_as(1, 1, 1, 7).append(1, 2, 1).append(1, 3, 1);
    run.breaks_all(&["log-kept/changed", "log-matching/diverged"]);
    // A start that ended before all was told does not hide what was durable.
    let mut run = replaced(3);
    run.crash(1).start(1).recover(1, 2, 0).append(1, 1, 1);
    recovers(&mut run, &[1, 1, 1]);
    run.breaks(changed);
    // A snapshot of a later term took the place of the log, and the power went before it was
    // durable: the old log comes back whole, and nothing less.
    for (index, terms, is_right) in
        [(2, &[1, 1, 1][..], true), (3, &[1, 1, 1], true), (2, &[1], false)]
    {
        let mut run = three_entries(3);
        run.say(1, Note::SnapshotInstalled { index, term: 2, digest: 5 });
        recovers(&mut run, terms);
        if is_right { run.holds() } else { run.breaks("log-kept/forgotten") }
    }
    // The last entry in front of the log counts, too.
    let mut run = replaced(3);
    let front = Note::Recovered {
        term: 2,
        vote: 0,
        commit: 3,
        first_index: 4,
        base_term: 1,
        snapshot_index: 3,
        snapshot_digest: 5,
    };
    run.crash(1).start(1).say(1, front).breaks(changed);
}

#[test]
fn a_disk_that_lost_what_was_durable_is_not_asked() {
    let lost_by = |what| {
        let mut run = three_entries(3);
        run.event(Kind::DiskFault { node: 1, fault: 1, what, path: "wal".into(), bytes: 0 });
        restart(&mut run, 2);
        run
    };
    lost_by("lying-sync").holds();
    lost_by("stall").breaks("log-kept/forgotten");
}

fn acknowledged(index: u64) -> History {
    let operation = Operation {
        id: OpId { client: 1, number: 1 },
        op: Op::Put { key: "x".into(), value: "1".into() },
        invoked_seq: 1,
        invoked_at: 1,
        returned_seq: 2,
        returned_at: 2,
        outcome: Outcome::Ok { output: Output::Done, path: ReadPath::Log, index },
    };
    History { initial: None, operations: vec![operation] }
}

#[test]
fn what_clients_saw_is_judged_with_the_rest() {
    let mut history = acknowledged(0);
    let verdict = Run::new().judge.finish(&history, Limits::new(1000));
    assert_eq!(verdict, Verdict::Pass);
    let mut read = history.operations[0].clone();
    read.id = OpId { client: 2, number: 1 };
    read.op = Op::Get { key: "x".into() };
    (read.invoked_seq, read.returned_seq) = (3, 4);
    read.outcome = Outcome::Ok { output: Output::Value(None), path: ReadPath::Log, index: 0 };
    history.operations.push(read);
    let Verdict::Fail(found) = Run::new().judge.finish(&history, Limits::new(1000)) else {
        panic!("a lost write passes");
    };
    let found: Vec<String> = found.iter().map(|found| found.signature()).collect();
    assert!(found.iter().any(|found| found.starts_with("linearizable/")), "{found:?}");
}

fn committed_run() -> Run {
    let mut run = Run::new();
    run.lead(1, 1).append(1, 1, 1).append(2, 1, 1).commit(1, 1).apply(1, 1, 1, 5);
    run
}

fn signature(run: Run, index: u64) -> Option<String> {
    run.judge.finish(&acknowledged(index), Limits::new(1000)).signature()
}

#[test]
fn an_acknowledged_write_is_on_a_majority_of_disks() {
    let mut run = committed_run();
    run.autopsy(1, &[(1, 101)]).autopsy(2, &[(1, 101)]).autopsy(3, &[]);
    assert_eq!(run.judge.finish(&acknowledged(1), Limits::new(1000)), Verdict::Pass);
    let lost = Some("durability/acked-write-lost".to_owned());
    let mut run = committed_run();
    run.autopsy(1, &[(1, 101)]).autopsy(2, &[]).autopsy(3, &[]);
    assert_eq!(signature(run, 1), lost);
    let mut run = committed_run();
    run.autopsy(1, &[(1, 101)]).autopsy(2, &[(2, 102)]).autopsy(3, &[]);
    assert_eq!(signature(run, 1), lost);
    let mut run = committed_run();
    run.autopsy(1, &[]);
    assert_eq!(signature(run, 2), Some("durability/acked-not-committed".to_owned()));
}

#[test]
fn a_snapshot_holds_what_it_stands_for() {
    let snapshot = |digest| {
        let mut run = committed_run();
        let found = Autopsy {
            snapshot_index: 1,
            snapshot_digest: digest,
            first_index: 2,
            ..Autopsy::default()
        };
        let found = Box::new(found);
        run.autopsy(1, &[(1, 101)]).autopsy(3, &[]);
        run.event(Kind::Autopsy { node: 2, found });
        signature(run, 1)
    };
    assert_eq!(snapshot(5), None);
    assert_eq!(snapshot(6), Some("durability/acked-write-lost".to_owned()));
}

#[test]
fn a_disk_that_cannot_be_read_is_not_a_lost_write() {
    let mut run = committed_run();
    let found = Box::new(Autopsy { refused: Some("damaged".into()), ..Autopsy::default() });
    run.autopsy(1, &[(1, 101)]).autopsy(3, &[]).event(Kind::Autopsy { node: 2, found });
    assert_eq!(signature(run, 1), Some("durability/unreadable".to_owned()));
}
