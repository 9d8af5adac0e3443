//! Configuration safety: for each rule a run that breaks it, and one that nearly does.

use checker::{Founding, Judge};
use system::{EntryKind, NodeId, NodeSet, Note, Role};
use trace::{Event, Kind};

/// A run of three founders and as many others as are named, note by note.
struct Run {
    judge: Judge,
    seq: u64,
}

fn set(ids: &[NodeId]) -> NodeSet {
    ids.iter().copied().collect()
}

impl Run {
    fn new() -> Run {
        let judge = Judge::new(Founding { voters: NodeSet::first(3), learners: NodeSet::EMPTY });
        let mut run = Run { judge, seq: 0 };
        for node in 1..=5 {
            run.event(Kind::Start { node, incarnation: 0 });
        }
        for node in 1..=3 {
            run.conf(node, 0, &[1, 2, 3], &[]);
        }
        run
    }

    fn event(&mut self, kind: Kind) {
        let event = Event { seq: self.seq, at: self.seq, cause: Event::NO_CAUSE, kind };
        self.judge.observe(&event);
        self.seq += 1;
    }

    fn say(&mut self, node: NodeId, note: Note) -> &mut Self {
        self.event(Kind::Note { node, note });
        self
    }

    fn conf(&mut self, node: NodeId, index: u64, to: &[NodeId], from: &[NodeId]) -> &mut Self {
        let (voters, outgoing) = (set(to), set(from));
        self.say(node, Note::Conf { index, voters, outgoing, learners: NodeSet::EMPTY })
    }

    fn vote(&mut self, node: NodeId, term: u64, candidate: NodeId) -> &mut Self {
        self.say(node, Note::Vote { term, candidate })
    }

    fn lead(&mut self, node: NodeId, term: u64) -> &mut Self {
        self.say(node, Note::Role { role: Role::Leader, term, leader: node })
    }

    fn append(&mut self, node: NodeId, index: u64, term: u64, kind: EntryKind) -> &mut Self {
        self.say(node, Note::Append { index, term, kind, digest: index * 100 + term })
    }

    fn change(&mut self, node: NodeId, index: u64, term: u64) -> &mut Self {
        self.append(node, index, term, EntryKind::Conf)
    }

    fn commit(&mut self, node: NodeId, index: u64) -> &mut Self {
        self.say(node, Note::Commit { index })
    }

    fn breaks(&self, kind: &str) {
        let found: Vec<String> = self.judge.violations().iter().map(|v| v.signature()).collect();
        assert_eq!(found, [format!("config-safety/{kind}")]);
    }

    fn holds(&self) {
        assert_eq!(self.judge.violations(), []);
    }
}

#[test]
fn one_index_makes_one_configuration() {
    let four = [1, 2, 3, 4];
    Run::new().conf(1, 5, &four, &[]).conf(2, 5, &four, &[]).holds();
    Run::new().conf(1, 5, &four, &[]).conf(2, 5, &[1, 2], &[]).breaks("diverged");
}

#[test]
fn configurations_come_in_the_order_of_their_entries() {
    let four = [1, 2, 3, 4];
    // n2 is behind, and goes the way that n1 went.
    let mut run = Run::new();
    run.conf(1, 5, &four, &[]).conf(1, 7, &[1, 2, 4], &[]);
    run.conf(2, 5, &four, &[]).conf(2, 7, &[1, 2, 4], &[]).holds();
    Run::new().conf(1, 5, &four, &[]).conf(2, 4, &[1, 2], &[]).breaks("out-of-order");
}

#[test]
fn a_simple_step_changes_one_voter() {
    Run::new().conf(1, 5, &[1, 2, 3, 4], &[]).conf(1, 6, &[1, 2, 4], &[]).holds();
    Run::new().conf(1, 5, &[1, 2, 3, 4, 5], &[]).breaks("jumped");
    Run::new().conf(1, 5, &[1, 2, 4], &[]).breaks("jumped");
}

#[test]
fn a_joint_configuration_comes_from_the_old_and_goes_to_the_new() {
    let (old, new) = ([1, 2, 3], [1, 4, 5]);
    Run::new().conf(1, 5, &new, &old).conf(1, 6, &new, &[]).holds();
    Run::new().conf(1, 5, &new, &[1, 2]).breaks("joint-from-elsewhere");
    Run::new().conf(1, 5, &new, &old).conf(1, 6, &[1, 4], &[]).breaks("left-to-elsewhere");
    Run::new().conf(1, 5, &new, &old).conf(1, 6, &[1, 2], &new).breaks("joint-from-joint");
}

#[test]
fn a_leader_has_one_change_under_way() {
    Run::new().lead(1, 1).change(1, 1, 1).commit(1, 1).change(1, 2, 1).holds();
    Run::new().lead(1, 1).change(1, 1, 1).change(1, 2, 1).breaks("two-at-once");
    // What a follower is sent may hold several: it does not know yet what is committed.
    Run::new().change(2, 1, 1).change(2, 2, 1).holds();
    // The first one left the log.
    let mut run = Run::new();
    run.change(1, 1, 1).say(1, Note::Truncate { from: 1 });
    run.append(1, 1, 2, EntryKind::Empty).lead(1, 3).change(1, 2, 3).holds();
    // A snapshot replaced the log, and the first one with it.
    let mut run = Run::new();
    run.append(1, 1, 1, EntryKind::Command).append(1, 2, 1, EntryKind::Command).change(1, 3, 1);
    run.say(1, Note::SnapshotInstalled { index: 2, term: 2, digest: 7 });
    run.append(1, 3, 2, EntryKind::Empty).lead(1, 3).change(1, 4, 3).holds();
    // A leader inherits one that is not committed, and adds its own.
    Run::new().change(1, 1, 1).lead(1, 2).change(1, 2, 2).breaks("two-at-once");
}

#[test]
fn a_leader_has_the_votes_of_both_halves() {
    let joint = |run: &mut Run| {
        run.conf(1, 5, &[1, 4, 5], &[1, 2, 3]);
        run.vote(1, 2, 1).vote(2, 2, 1);
    };
    let mut run = Run::new();
    joint(&mut run);
    run.vote(4, 2, 1).lead(1, 2).holds();
    let mut run = Run::new();
    joint(&mut run);
    run.lead(1, 2).breaks("elected-without-quorum");
    // A vote for another, or in another term, is none.
    Run::new()
        .vote(1, 2, 1)
        .vote(2, 2, 3)
        .vote(2, 3, 1)
        .lead(1, 2)
        .breaks("elected-without-quorum");
    // A leader without a vote of its own is no exception.
    Run::new().vote(2, 2, 3).lead(1, 2).breaks("elected-without-quorum");
    Run::new().vote(2, 2, 1).vote(3, 2, 1).lead(1, 2).holds();
    // A system that tells of no votes.
    Run::new().lead(1, 2).holds();
}
