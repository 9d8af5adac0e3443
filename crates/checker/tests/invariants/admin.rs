//! What administrators are told: changes of members, and transfers of leadership.

use system::{Admin, ConfChange, NodeId, NodeSet, Note, Transition};
use trace::{Kind, OpId};

use super::run::Run;

const NOT_IN_FORCE: &str = "admin-answers/not-in-force";
const STILL_JOINT: &str = "admin-answers/still-joint";
const NOT_MOVED: &str = "admin-answers/not-moved";

const ID: OpId = OpId { client: 0, number: 1 };

impl Run {
    fn want(&mut self, number: u64, admin: Admin) -> &mut Self {
        self.event(Kind::AdminInvoke { id: OpId { client: 0, number }, admin: Box::new(admin) })
    }

    fn want_change(&mut self, changes: &[ConfChange]) -> &mut Self {
        let (changes, transition) = (changes.to_vec(), Transition::Auto);
        self.want(1, Admin::Reconfigure { changes, transition })
    }

    fn want_leader(&mut self, to: NodeId) -> &mut Self {
        self.want(1, Admin::Transfer { to })
    }

    fn done(&mut self) -> &mut Self {
        self.event(Kind::AdminReturn { id: ID, error: None })
    }

    fn given_up(&mut self) -> &mut Self {
        self.event(Kind::AdminReturn { id: ID, error: Some("gave up") })
    }

    fn hand_over(&mut self, from: NodeId, to: NodeId) -> &mut Self {
        self.say(from, Note::Transfer { to })
    }

    fn handed_over(&mut self, from: NodeId, to: NodeId, moved: bool) -> &mut Self {
        self.say(from, Note::TransferEnded { to, moved })
    }
}

/// Three nodes that tell their configuration.
fn founded() -> Run {
    let mut run = Run::new();
    run.conf(1, 0, &[1, 2, 3], &[]);
    run
}

#[test]
fn a_change_that_is_called_done_was_in_force() {
    let add = [ConfChange::AddVoter(4)];
    founded().want_change(&add).conf(1, 5, &[1, 2, 3, 4], &[]).done().holds();
    // Somebody else may have applied it first.
    founded().want_change(&add).conf(3, 5, &[1, 2, 3, 4], &[]).done().holds();
    // Another change followed before the answer was there.
    let mut run = founded();
    run.want_change(&add).conf(1, 5, &[1, 2, 3, 4], &[]).conf(1, 6, &[1, 2, 4], &[]).done();
    run.holds();
    founded().want_change(&add).done().breaks(NOT_IN_FORCE);
    founded().want_change(&add).conf(1, 5, &[1, 2], &[]).done().breaks(NOT_IN_FORCE);
    founded().want_change(&add).given_up().holds();
    // It comes too late.
    let mut run = founded();
    run.want_change(&add).done().conf(1, 5, &[1, 2, 3, 4], &[]).breaks(NOT_IN_FORCE);
}

#[test]
fn every_part_of_a_change_is_in_force() {
    let conf = |learners: &[NodeId], voters: &[NodeId]| {
        let [voters, learners] = [voters, learners].map(|set| set.iter().copied().collect());
        Note::Conf { index: 5, voters, outgoing: NodeSet::EMPTY, learners }
    };
    let learn = [ConfChange::AddLearner(3), ConfChange::AddLearner(4)];
    founded().want_change(&learn).say(1, conf(&[3, 4], &[1, 2])).done().holds();
    founded().want_change(&learn).say(1, conf(&[3], &[1, 2])).done().breaks(NOT_IN_FORCE);
    founded().want_change(&learn).say(1, conf(&[4], &[1, 2, 3])).done().breaks(NOT_IN_FORCE);
    let remove = [ConfChange::Remove(3)];
    founded().want_change(&remove).say(1, conf(&[], &[1, 2])).done().holds();
    founded().want_change(&remove).say(1, conf(&[3], &[1, 2])).done().breaks(NOT_IN_FORCE);
    founded().want_change(&remove).say(1, conf(&[], &[1, 2, 3])).done().breaks(NOT_IN_FORCE);
}

#[test]
fn a_change_is_not_done_while_it_is_joint() {
    let swap = [ConfChange::AddVoter(4), ConfChange::Remove(3)];
    let entered = || {
        let mut run = founded();
        run.want_change(&swap).conf(1, 5, &[1, 2, 4], &[1, 2, 3]);
        run
    };
    entered().conf(1, 6, &[1, 2, 4], &[]).done().holds();
    entered().conf(2, 5, &[1, 2, 4], &[1, 2, 3]).conf(2, 6, &[1, 2, 4], &[]).done().holds();
    entered().done().breaks(STILL_JOINT);
    entered().conf(2, 5, &[1, 2, 4], &[1, 2, 3]).done().breaks(STILL_JOINT);
    entered().given_up().holds();
}

#[test]
fn an_older_configuration_is_no_news() {
    let add = [ConfChange::AddVoter(4)];
    let removed = || {
        let mut run = founded();
        run.conf(1, 5, &[1, 2, 3, 4], &[]).conf(1, 6, &[1, 2, 3], &[]).want_change(&add);
        run
    };
    // A slow node, or one that starts, goes through what is over.
    removed().conf(2, 5, &[1, 2, 3, 4], &[]).done().breaks(NOT_IN_FORCE);
    removed().conf(2, 5, &[1, 2, 3, 4], &[]).conf(1, 7, &[1, 2, 3, 4], &[]).done().holds();
    // What was so already need not be made.
    founded().conf(1, 5, &[1, 2, 3, 4], &[]).want_change(&add).done().holds();
}

#[test]
fn each_answer_is_held_against_its_own_question() {
    let change = |change| {
        let (changes, transition) = (vec![change], Transition::Auto);
        Admin::Reconfigure { changes, transition }
    };
    let mut run = founded();
    run.want(1, change(ConfChange::AddVoter(4))).want(2, change(ConfChange::AddVoter(5)));
    run.conf(1, 5, &[1, 2, 3, 4], &[]).done().holds();
    let mut run = founded();
    run.want(1, change(ConfChange::AddVoter(4))).want(2, change(ConfChange::AddVoter(5)));
    run.conf(1, 5, &[1, 2, 3, 5], &[]).done().breaks(NOT_IN_FORCE);
}

#[test]
fn a_transfer_that_is_called_done_made_its_target_lead() {
    let begun = || {
        let mut run = Run::new();
        run.lead(2, 4).lead(1, 5).follow(2, 5).want_leader(2).hand_over(1, 2);
        run
    };
    begun().lead(2, 6).handed_over(1, 2, true).done().holds();
    // Somebody else leads by the time the answer is there.
    begun().lead(2, 6).lead(3, 7).handed_over(1, 2, true).done().holds();
    begun().lead(3, 6).handed_over(1, 2, false).holds();
    // Both the node and the answer may be wrong: one finding.
    begun().lead(3, 6).handed_over(1, 2, true).done().breaks(NOT_MOVED);
    begun().lead(3, 6).handed_over(1, 2, true).breaks(NOT_MOVED);
    begun().lead(3, 6).done().breaks(NOT_MOVED);
    begun().handed_over(1, 2, true).lead(2, 6).breaks(NOT_MOVED);
    begun().lead(3, 6).given_up().holds();
}

#[test]
fn a_leader_that_nobody_knows_of_yet_has_the_leadership() {
    // n2 won its term before the transfer was asked of a leader of the past.
    let late = || {
        let mut run = Run::new();
        run.lead(1, 5).lead(2, 6).follow(2, 7);
        run
    };
    late().want_leader(2).hand_over(1, 2).handed_over(1, 2, true).done().holds();
    late().lead(1, 8).want_leader(2).hand_over(1, 2).done().breaks(NOT_MOVED);
    late().want_leader(2).done().breaks(NOT_MOVED);
    // It leads already.
    Run::new().lead(1, 5).want_leader(1).done().holds();
    Run::new().lead(1, 5).crash(1).want_leader(1).done().breaks(NOT_MOVED);
}

#[test]
fn a_transfer_ends_with_the_life_of_who_began_it() {
    let mut run = Run::new();
    run.lead(1, 5).hand_over(1, 2).crash(1).start(1).handed_over(1, 2, true).holds();
}

#[test]
fn who_tells_nothing_is_not_judged() {
    Run::new().want_change(&[ConfChange::AddVoter(4)]).done().holds();
    Run::new().want_leader(2).done().holds();
}
