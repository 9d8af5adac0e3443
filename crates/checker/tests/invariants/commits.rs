//! Commits, and whose disks stand behind them.

use system::Note;

use super::run::Run;

/// The nodes hold an entry of term 1, durably.
fn held(holders: &[u64]) -> Run {
    let mut run = Run::new();
    run.conf(1, 0, &[1, 2, 3], &[]).lead(1, 1);
    for &node in holders {
        run.append(node, 1, 1).sync(node, 1);
    }
    run
}

#[test]
fn what_is_committed_is_durable_on_a_majority() {
    let quorum = "commit-quorum/not-durable";
    held(&[1, 2]).commit(1, 1).holds();
    held(&[1]).commit(1, 1).breaks(quorum);
    // In memory is not enough.
    held(&[1]).append(2, 1, 1).commit(1, 1).breaks(quorum);
    // The leader's own disk is not needed.
    held(&[2, 3]).append(1, 1, 1).sync(1, 0).commit(1, 1).holds();
    // A node that has crashed holds what it made durable, also while it starts again.
    held(&[1, 2]).crash(2).commit(1, 1).holds();
    held(&[1, 2]).crash(2).start(2).commit(1, 1).holds();
    held(&[1, 2]).crash(2).start(2).recover(2, 1, 0).commit(1, 1).breaks(quorum);
}

#[test]
fn a_follower_calls_nothing_committed_before_it_is() {
    let mut run = held(&[1]);
    run.conf(2, 0, &[1, 2, 3], &[]).append(2, 1, 1).sync(2, 0);
    run.commit(2, 1).breaks("commit-quorum/not-durable");
    let mut run = held(&[1, 2]);
    run.conf(3, 0, &[1, 2, 3], &[]).commit(1, 1).append(3, 1, 1).sync(3, 0).commit(3, 1).holds();
}

#[test]
fn a_leader_counts_only_for_entries_of_its_own_term() {
    let led_again = |last: u64| {
        let mut run = held(&[1, 2]);
        run.conf(2, 0, &[1, 2, 3], &[]).lead(2, 2);
        for node in [1, 2] {
            run.append(node, 2, 2).sync(node, 2);
        }
        run.commit(2, last);
        run
    };
    led_again(2).holds();
    led_again(1).breaks("commit-quorum/earlier-term");
    // Who does not lead has it from the leader.
    held(&[1, 2]).commit(1, 1).follow(1, 2).holds();
}

#[test]
fn a_commit_that_was_found_on_the_disk_is_not_the_followers() {
    // The leader wrote it down and ended before it said so; it was its own majority.
    let alone = |commit| {
        let mut run = Run::new();
        run.lead(1, 1).append(1, 1, 1).sync(1, 1);
        run.crash(1).start(1).recover_committed(1, 1, 1, commit).append(1, 1, 1);
        run.conf(2, 1, &[1, 2], &[]).append(2, 1, 1).sync(2, 0).commit(2, 1);
        run
    };
    alone(1).holds();
    alone(0).breaks("commit-quorum/not-durable");
}

#[test]
fn a_commit_that_was_found_counts_as_far_as_the_log_reaches() {
    let found = |commit| {
        let mut run = held(&[1, 2]);
        run.append(1, 2, 1).sync(1, 2).crash(2).start(2);
        run.recover_committed(2, 1, 0, commit).append(2, 1, 1).conf(2, 0, &[1, 2, 3], &[]);
        run.commit(1, 2);
        run
    };
    let quorum = "commit-quorum/not-durable";
    found(1).breaks(quorum);
    found(9).breaks_all(&["commit-monotonic/beyond-log", quorum]);
}

#[test]
fn what_a_node_cut_off_or_had_replaced_is_not_durable_there() {
    let quorum = "commit-quorum/not-durable";
    let long = || {
        let mut run = held(&[1, 2]);
        run.append(2, 2, 1).append(2, 3, 1).sync(2, 3).append(1, 2, 2).append(1, 3, 2).sync(1, 3);
        run.lead(1, 2);
        run
    };
    // The leader's entries took the place of its own, in memory.
    let cut = |run: &mut Run| {
        run.say(2, Note::Truncate { from: 2 }).append(2, 2, 2).append(2, 3, 2);
    };
    let mut run = long();
    cut(&mut run);
    run.commit(1, 3).breaks(quorum);
    let mut run = long();
    cut(&mut run);
    run.sync(2, 3).commit(1, 3).holds();
    // A snapshot replaced its log, and nothing follows it.
    let mut run = long();
    run.say(2, Note::SnapshotInstalled { index: 2, term: 2, digest: 7 });
    run.commit(1, 3).breaks(quorum);
    // While it is down, its disk holds what it held.
    long().crash(2).start(2).commit(1, 3).breaks(quorum);
}

#[test]
fn what_is_committed_is_durable_on_both_halves() {
    let committed = |holders: &[u64]| {
        let mut run = held(holders);
        run.conf(1, 5, &[1, 4, 5], &[1, 2, 3]).commit(1, 1);
        run
    };
    committed(&[1, 2, 4]).holds();
    committed(&[1, 2]).breaks("commit-quorum/not-durable");
    committed(&[1, 4, 5]).breaks("commit-quorum/not-durable");
}

#[test]
fn an_entry_of_another_term_does_not_count() {
    let with = |term| {
        let mut run = held(&[1]);
        run.append(2, 1, term).sync(2, 1).commit(1, 1);
        run
    };
    with(1).holds();
    with(2).breaks("commit-quorum/not-durable");
}

#[test]
fn a_system_that_never_tells_what_is_durable_is_not_judged_by_it() {
    let mut run = Run::new();
    run.conf(1, 0, &[1, 2, 3], &[]).lead(1, 1).append(1, 1, 1).commit(1, 1).holds();
}
