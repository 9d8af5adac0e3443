//! Every invariant: a run that breaks it, and one that nearly does.

mod run;

mod admin;
mod commits;
mod disks;
mod reads;
mod retries;
mod states;

use checker::linearizability::Limits;
use system::{HaltReason, Note};
use trace::{History, Kind, PanicInfo};

use run::Run;

#[test]
fn two_leaders_need_two_terms() {
    Run::new().lead(1, 2).lead(1, 2).lead(3, 3).holds();
    Run::new().lead(1, 2).lead(3, 2).lead(2, 2).breaks("election-safety/two-leaders-one-term");
}

#[test]
fn a_node_leads_a_term_once() {
    let twice = "election-safety/led-twice";
    Run::new().lead(1, 2).follow(1, 2).lead(1, 3).holds();
    Run::new().lead(1, 2).follow(1, 2).lead(1, 2).breaks(twice);
    // Over a restart, in a term that was durable.
    let mut run = Run::new();
    run.vote(1, 2, 1).vote(2, 2, 1).persist(1, 2, 1).lead(1, 2).crash(1).start(1);
    run.recover(1, 2, 1).lead(1, 2).breaks(twice);
    // In one that others may have known of: it had asked for their votes.
    let mut run = Run::new();
    run.vote(1, 2, 1).send_vote(1, 2, 2).vote(2, 2, 1).lead(1, 2).crash(1).start(1);
    run.recover(1, 2, 1).lead(1, 2).breaks(twice);
    // In one that nobody knew of: a cluster of one wins it again.
    let mut run = Run::new();
    run.conf(1, 1, &[1, 2], &[]).conf(1, 2, &[1], &[]).vote(1, 2, 1).lead(1, 2);
    run.crash(1).start(1).recover(1, 1, 1).vote(1, 2, 1).lead(1, 2).holds();
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
    run.breaks_all(&["log-kept/changed", "log-matching/diverged"]);
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
fn the_terms_of_a_log_rise() {
    Run::new().append(1, 1, 2).append(1, 2, 2).append(1, 3, 3).holds();
    Run::new().append(1, 1, 2).append(1, 2, 1).breaks("log-matching/terms-fall");
    // What it holds in front of the log is a snapshot.
    let installed = Note::SnapshotInstalled { index: 4, term: 3, digest: 9 };
    Run::new().say(1, installed).append(1, 5, 2).breaks("log-matching/terms-fall");
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
fn a_leader_holds_what_is_told_after_its_election_too() {
    let missing = "leader-completeness/missing-committed";
    // n1 counted n2's answer in term 1 and says so when n3 leads term 2 already.
    let elected = |held: &[(u64, u64)]| {
        let mut run = Run::new();
        run.lead(1, 1).append(1, 1, 1).append(2, 1, 1).append(1, 2, 1).append(2, 2, 1);
        for &(index, term) in held {
            run.append(3, index, term);
        }
        run.lead(3, 3);
        run
    };
    elected(&[(1, 1), (2, 1)]).commit(1, 2).holds();
    elected(&[(1, 1)]).commit(1, 1).holds();
    elected(&[(1, 1)]).commit(1, 2).breaks(missing);
    elected(&[(1, 1), (2, 2)]).commit(1, 2).breaks(missing);
    // Looked for in front of the last entry, also when the leader appended more.
    elected(&[(1, 1), (2, 2), (3, 2)]).append(3, 4, 3).commit(1, 2).breaks(missing);
    elected(&[(1, 1), (2, 1), (3, 2)]).append(3, 4, 3).commit(1, 2).holds();
    // What the new leader appended there itself is not what it was elected with.
    elected(&[(1, 1)]).append(3, 2, 3).commit(1, 2).breaks(missing);
    // The snapshot holds it.
    let mut run = Run::new();
    run.lead(1, 1).append(1, 1, 1).append(2, 1, 1);
    run.say(3, Note::SnapshotInstalled { index: 1, term: 1, digest: 9 });
    run.lead(3, 3).commit(1, 1).holds();
    // Told in a later term, it may have been committed after the election.
    elected(&[(1, 1)]).follow(1, 4).commit(1, 2).holds();
}

#[test]
fn what_is_committed_is_in_the_log() {
    let beyond = "commit-monotonic/beyond-log";
    let entries = || {
        let mut run = Run::new();
        run.append(1, 1, 1).append(1, 2, 1);
        run
    };
    entries().commit(1, 2).holds();
    entries().commit(1, 3).breaks(beyond);
    let recovered = |commit| {
        let mut run = entries();
        run.crash(1).start(1).recover_committed(1, 1, 0, commit).append(1, 1, 1).append(1, 2, 1);
        run.follow(1, 1);
        run
    };
    recovered(2).holds();
    recovered(3).breaks(beyond);
    // A snapshot holds it; and a system that does not tell of its log is not judged by it.
    let installed = Note::SnapshotInstalled { index: 3, term: 1, digest: 9 };
    entries().say(1, installed).commit(1, 3).holds();
    Run::new().commit(1, 3).holds();
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
    Run::new().event(halt(HaltReason::Inconsistent)).breaks("sut/halt#inconsistent");
    Run::new().event(halt(HaltReason::Library)).breaks("sut/halt#library");
    // The damage that was done to a disk is a reason for the first two.
    let rot = Kind::DiskFault { node: 1, fault: 1, what: "bit-rot", path: "wal".into(), bytes: 1 };
    Run::new().event(rot.clone()).event(halt(HaltReason::Corrupt)).holds();
    Run::new().event(rot).event(halt(HaltReason::Library)).breaks("sut/halt#library");
    Run::new().event(halt(HaltReason::Stopped)).holds();
    Run::new().event(halt(HaltReason::DiskFailed)).event(halt(HaltReason::Removed)).holds();
}

#[test]
fn a_run_without_answers_is_unknown() {
    let verdict = Run::new().judge.finish(&History::default(), Limits::new(1000));
    assert_eq!(verdict.name(), "unknown");
}
