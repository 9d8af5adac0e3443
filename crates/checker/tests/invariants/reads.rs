//! Reads: how fresh they are, and who may answer them alone.

use system::{Note, ReadPath};

use super::run::Run;

/// Two entries; n2 has applied one when n1, the leader, calls both committed.
fn committed() -> Run {
    let mut run = Run::new();
    for node in [1, 2] {
        run.append(node, 1, 1).append(node, 2, 1);
    }
    run.lead(1, 1).follow(2, 1).commit(1, 2);
    run
}

#[test]
fn a_read_holds_what_was_committed_when_it_was_asked() {
    let stale = "read-freshness/stale";
    for path in [ReadPath::ReadIndex, ReadPath::FollowerReadIndex, ReadPath::Lease, ReadPath::Log] {
        committed().ask(2, 1).answer(2, 1, path, 2).holds();
        committed().ask(2, 1).answer(2, 1, path, 1).breaks(stale);
    }
    committed().ask(2, 1).answer(2, 1, ReadPath::Local, 1).holds();
    committed().ask(2, 1).answer(2, 1, ReadPath::Session, 1).holds();
}

#[test]
fn a_read_may_miss_what_is_committed_while_it_waits() {
    let path = ReadPath::ReadIndex;
    let mut run = committed();
    run.ask(2, 1).append(1, 3, 1).commit(1, 3).answer(2, 1, path, 2).holds();
    // Asked again at the same node: the answer may be one to the first request.
    let mut run = committed();
    run.ask(2, 1).append(1, 3, 1).commit(1, 3).ask(2, 1).answer(2, 1, path, 2).holds();
    // Asked at another node: that one took it later.
    let mut run = committed();
    run.ask(1, 1).append(1, 3, 1).commit(1, 3).ask(2, 1).answer(2, 1, path, 2);
    run.breaks("read-freshness/stale");
    // The next operation was asked later, too.
    let mut run = committed();
    run.ask(2, 1).append(1, 3, 1).commit(1, 3).ask(2, 2).answer(2, 2, path, 2);
    run.breaks("read-freshness/stale");
    // A late answer to an operation that is over goes to nobody.
    let mut run = committed();
    run.ask(2, 1).append(1, 3, 1).commit(1, 3).ask(2, 2).answer(2, 1, path, 1).holds();
}

#[test]
fn nobody_leads_a_later_term_while_a_leader_reads_by_its_lease() {
    let read = |run: &mut Run| {
        run.ask(1, 1).answer(1, 1, ReadPath::Lease, 2);
    };
    let mut run = committed();
    read(&mut run);
    run.lead(2, 2).holds();
    let mut run = committed();
    read(run.lead(2, 2));
    run.breaks("lease/deposed");
    // The lease was counted when the request came, the answer waited for the disk.
    committed().ask(1, 1).lead(2, 2).answer(1, 1, ReadPath::Lease, 2).holds();
    // Asking a majority is safe at any time.
    committed().lead(2, 2).ask(1, 1).answer(1, 1, ReadPath::ReadIndex, 2).holds();
    // It leads again, later still.
    let mut run = committed();
    read(run.lead(2, 2).lead(1, 3));
    run.holds();
    let other = Note::Role { role: system::Role::Candidate, term: 2, leader: 0 };
    let mut run = committed();
    read(run.say(2, other));
    run.holds();
}
