//! Every invariant: a run that breaks it, and one that nearly does.

use checker::linearizability::Limits;
use checker::{Founding, Judge};
use system::{
    EntryKind, HaltReason, MessageKind, NodeId, NodeSet, Note, Op, Output, ReadPath, Role, Summary,
};
use trace::{
    Autopsy, CrashKind, Event, History, Kind, MessageId, OpId, Operation, Outcome, PanicInfo,
    Verdict,
};

/// A run of three nodes, event by event.
struct Run {
    judge: Judge,
    seq: u64,
}

impl Run {
    fn new() -> Run {
        let judge = Judge::new(Founding { voters: NodeSet::first(3), learners: NodeSet::EMPTY });
        let mut run = Run { judge, seq: 0 };
        for node in 1..=3 {
            run.start(node);
        }
        run
    }

    fn event(&mut self, kind: Kind) -> &mut Self {
        let event = Event { seq: self.seq, at: self.seq, cause: Event::NO_CAUSE, kind };
        self.judge.observe(&event);
        self.seq += 1;
        self
    }

    fn say(&mut self, node: NodeId, note: Note) -> &mut Self {
        self.event(Kind::Note { node, note })
    }

    fn start(&mut self, node: NodeId) -> &mut Self {
        self.event(Kind::Start { node, incarnation: 0 })
    }

    fn crash(&mut self, node: NodeId) -> &mut Self {
        let how = CrashKind::Power;
        self.event(Kind::Crash { node, how, fault: 0, during: "", lost_bytes: 0, torn_writes: 0 })
    }

    fn lead(&mut self, node: NodeId, term: u64) -> &mut Self {
        self.say(node, Note::Role { role: Role::Leader, term, leader: node })
    }

    fn follow(&mut self, node: NodeId, term: u64) -> &mut Self {
        self.say(node, Note::Role { role: Role::Follower, term, leader: 0 })
    }

    fn append(&mut self, node: NodeId, index: u64, term: u64) -> &mut Self {
        self.append_as(node, index, term, index * 100 + term)
    }

    fn append_as(&mut self, node: NodeId, index: u64, term: u64, digest: u64) -> &mut Self {
        self.say(node, Note::Append { index, term, kind: EntryKind::Command, digest })
    }

    fn recover(&mut self, node: NodeId, term: u64, vote: NodeId) -> &mut Self {
        self.say(
            node,
            Note::Recovered {
                term,
                vote,
                commit: 0,
                first_index: 1,
                base_term: 0,
                snapshot_index: 0,
                snapshot_digest: 0,
            },
        )
    }

    fn persist(&mut self, node: NodeId, term: u64, vote: NodeId) -> &mut Self {
        self.say(node, Note::Persisted { term, vote, commit: 0, last_index: 0 })
    }

    fn vote(&mut self, node: NodeId, term: u64, candidate: NodeId) -> &mut Self {
        self.say(node, Note::Vote { term, candidate })
    }

    fn send_vote(&mut self, from: NodeId, to: NodeId, term: u64) -> &mut Self {
        let summary = Summary {
            kind: MessageKind::VoteResponse,
            reject: false,
            entries: 0,
            bytes: 0,
            term,
            index: 0,
            log_term: 0,
            commit: 0,
        };
        self.event(Kind::Send { message: MessageId { from, to, number: 1 }, summary })
    }

    fn commit(&mut self, node: NodeId, index: u64) -> &mut Self {
        self.say(node, Note::Commit { index })
    }

    fn apply(&mut self, node: NodeId, index: u64, term: u64, digest: u64) -> &mut Self {
        self.say(node, Note::Apply { index, term, digest })
    }

    fn autopsy(&mut self, node: NodeId, entries: &[(u64, u64)]) -> &mut Self {
        let found =
            Box::new(Autopsy { first_index: 1, entries: entries.to_vec(), ..Autopsy::default() });
        self.event(Kind::Autopsy { node, found })
    }

    fn breaks(&self, signature: &str) {
        let found: Vec<String> = self.judge.violations().iter().map(|v| v.signature()).collect();
        assert_eq!(found, [signature]);
    }

    fn holds(&self) {
        assert_eq!(self.judge.violations(), []);
    }
}

#[test]
fn two_leaders_need_two_terms() {
    Run::new().lead(1, 2).lead(1, 2).lead(3, 3).holds();
    Run::new().lead(1, 2).lead(3, 2).lead(2, 2).breaks("election-safety/two-leaders-one-term");
}

#[test]
fn a_leader_cuts_its_log_only_as_a_follower() {
    let cut = Note::Truncate { from: 1 };
    Run::new().lead(1, 2).append(1, 1, 2).follow(1, 3).say(1, cut).holds();
    Run::new().lead(1, 2).append(1, 1, 2).say(1, cut).breaks("leader-append-only/truncated");
}

#[test]
fn entries_of_one_index_and_term_are_the_same() {
    Run::new().append(1, 1, 1).append(2, 1, 1).append(1, 2, 1).append(2, 2, 2).holds();
    Run::new().append(1, 1, 1).append_as(2, 1, 1, 7).breaks("log-matching/diverged");
}

#[test]
fn an_entry_that_nobody_else_saw_and_a_crash_took_was_never() {
    let again = |run: &mut Run| {
        run.crash(1).start(1).recover(1, 1, 1);
        run.append_as(1, 1, 2, 7);
    };
    let mut run = Run::new();
    again(run.append(1, 1, 2));
    run.holds();
    // It was in another log.
    let mut run = Run::new();
    again(run.append(1, 1, 2).append(2, 1, 2));
    run.breaks("log-matching/diverged");
    // It was durable.
    let durable = Note::Persisted { term: 1, vote: 1, commit: 0, last_index: 1 };
    let mut run = Run::new();
    again(run.append(1, 1, 2).say(1, durable));
    run.breaks("log-matching/diverged");
    // There was no crash.
    Run::new().append(1, 1, 2).append_as(1, 1, 2, 7).breaks("log-matching/diverged");
}

#[test]
fn equal_entries_stand_behind_equal_logs() {
    let mut run = Run::new();
    run.append(1, 1, 1).append(1, 2, 3).append(2, 1, 2).append(2, 2, 3);
    run.breaks("log-matching/diverged");
    Run::new().append(1, 1, 1).append(1, 3, 1).breaks("log-matching/gap");
}

#[test]
fn a_leader_holds_what_earlier_terms_committed() {
    let committed = || {
        let mut run = Run::new();
        run.lead(1, 1).append(1, 1, 1).append(2, 1, 1).append(1, 2, 1).commit(1, 1);
        run
    };
    committed().lead(2, 2).holds();
    committed().lead(3, 1 + 1).breaks("leader-completeness/missing-committed");
    committed().append(3, 1, 2).lead(3, 3).breaks("leader-completeness/missing-committed");
    // What was committed in term 5 does not bind the leader of term 4, who may be a ghost.
    Run::new().lead(1, 5).append(1, 1, 5).commit(1, 1).lead(3, 4).holds();
    let installed = Note::SnapshotInstalled { index: 1, term: 1, digest: 9 };
    committed().say(3, installed).lead(3, 2).holds();
}

#[test]
fn an_index_is_applied_in_one_way() {
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 1, 10).apply(2, 2, 1, 20).holds();
    let mismatch = "state-machine-safety/apply-mismatch";
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 2, 10).breaks(mismatch);
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 1, 11).breaks(mismatch);
    let taken = |digest| Note::SnapshotTaken { index: 1, term: 1, digest };
    Run::new().apply(1, 1, 1, 10).say(2, taken(10)).holds();
    Run::new().apply(1, 1, 1, 10).say(2, taken(11)).breaks(mismatch);
}

#[test]
fn entries_are_applied_in_order() {
    let order = "state-machine-safety/apply-order";
    Run::new().apply(1, 1, 1, 1).apply(1, 3, 1, 3).breaks(order);
    Run::new().apply(1, 1, 1, 1).apply(1, 1, 1, 1).breaks(order);
    Run::new().apply(1, 1, 1, 1).crash(1).start(1).apply(1, 1, 1, 1).holds();
    let installed = Note::SnapshotInstalled { index: 5, term: 1, digest: 5 };
    Run::new().say(1, installed).apply(1, 6, 1, 6).holds();
}

#[test]
fn terms_rise() {
    Run::new().follow(1, 3).follow(1, 3).follow(1, 4).holds();
    Run::new().follow(1, 3).follow(1, 2).breaks("term-monotonic/went-back");
}

#[test]
fn only_a_durable_term_binds_over_a_restart() {
    Run::new().persist(1, 2, 0).follow(1, 3).crash(1).start(1).recover(1, 2, 0).holds();
    let mut run = Run::new();
    run.persist(1, 3, 0).crash(1).start(1).recover(1, 2, 0);
    run.breaks("term-monotonic/went-back");
}

#[test]
fn the_commit_index_rises_within_a_life() {
    let entries = || {
        let mut run = Run::new();
        run.append(1, 1, 1).append(1, 2, 1).commit(1, 2);
        run
    };
    entries().crash(1).start(1).recover(1, 1, 0).append(1, 1, 1).commit(1, 1).holds();
    entries().commit(1, 1).breaks("commit-monotonic/went-back");
    entries().append(1, 3, 1).say(1, Note::Truncate { from: 3 }).holds();
    let cut = Note::Truncate { from: 2 };
    entries().say(1, cut).breaks("commit-monotonic/truncated-committed");
}

#[test]
fn a_vote_binds_when_others_may_know_of_it() {
    Run::new().vote(1, 2, 3).vote(1, 3, 2).holds();
    Run::new().vote(1, 2, 3).vote(1, 2, 2).breaks("vote-kept/changed");
    // Decided, but neither durable nor sent.
    let mut run = Run::new();
    run.vote(1, 2, 3).crash(1).start(1).recover(1, 1, 0).vote(1, 2, 2).holds();
    let mut run = Run::new();
    run.vote(1, 2, 3).send_vote(1, 3, 2).crash(1).start(1).recover(1, 1, 0);
    run.breaks("vote-kept/forgotten");
    let mut run = Run::new();
    run.vote(1, 2, 3).persist(1, 2, 3).crash(1).start(1).recover(1, 2, 0);
    run.breaks("vote-kept/forgotten");
    let mut run = Run::new();
    run.vote(1, 2, 3).persist(1, 2, 3).crash(1).start(1).recover(1, 2, 3).vote(1, 2, 2);
    run.breaks("vote-kept/changed");
}

#[test]
fn nodes_converge() {
    let phase = || Kind::Phase { name: "final-reads" };
    Run::new().apply(1, 1, 1, 5).apply(2, 1, 1, 5).apply(2, 2, 1, 6).event(phase()).holds();
    let mut run = Run::new();
    run.apply(1, 1, 1, 5).apply(2, 1, 1, 6).event(phase());
    let found: Vec<String> = run.judge.violations().iter().map(|v| v.signature()).collect();
    assert_eq!(found, ["state-machine-safety/apply-mismatch", "convergence/diverged"]);
}

#[test]
fn panics_and_unexpected_halts_are_findings() {
    let panic = PanicInfo { place: "raft_log.rs:7".into(), message: "out of range".into() };
    let panic = Kind::Panic { node: 1, panic: Box::new(panic) };
    Run::new().event(panic.clone()).event(panic).breaks("sut/panic#raft_log.rs:7");
    let halt = |reason| Kind::Halt { node: 1, reason, detail: "".into() };
    Run::new().event(halt(HaltReason::Corrupt)).breaks("sut/halt#corrupt");
    Run::new().event(halt(HaltReason::DiskFailed)).event(halt(HaltReason::Removed)).holds();
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

#[test]
fn a_run_without_answers_is_unknown() {
    let verdict = Run::new().judge.finish(&History::default(), Limits::new(1000));
    assert_eq!(verdict.name(), "unknown");
}
