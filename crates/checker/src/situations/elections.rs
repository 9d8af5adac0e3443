//! Who asks for votes, who leads, and who only believes so.

use system::{NodeId, Role};
use trace::Situation;

use super::{Cluster, Node, Tally};

/// A node has another role, term or leader.
pub(super) fn role(
    id: NodeId,
    node: &mut Node,
    role: Role,
    term: u64,
    cluster: &mut Cluster,
    tally: &mut Tally,
) {
    let (old, old_term) = (node.role, node.term);
    (node.role, node.term) = (role, term);
    if old == Role::Leader && role != Role::Leader {
        steps_down(id, term > old_term, cluster, tally);
    }
    let gave_up = old == Role::PreCandidate && matches!(role, Role::Follower | Role::Learner);
    tally.hit_if(gave_up && term == old_term, Situation::PreVoteRefused);
    let is_new = role != old || term != old_term;
    cluster.candidates.remove(id);
    match role {
        Role::Candidate => {
            if is_new {
                asks_for_votes(term, cluster, tally);
            }
            cluster.candidates.insert(id);
        }
        Role::Leader if is_new => {
            (node.first_of_term, node.own) = (Node::NOT_YET, 0);
            leads(id, term, cluster, tally);
        }
        _ => {}
    }
}

fn steps_down(id: NodeId, is_deposed: bool, cluster: &mut Cluster, tally: &mut Tally) {
    cluster.leaders.remove(id);
    cluster.is_orphaned |= !cluster.outgoing.is_empty();
    let is_voter = cluster.voters.union(cluster.outgoing).contains(id);
    if is_deposed {
        tally.hit(Situation::LeaderDeposed);
    } else {
        // A leader whose vote was taken steps down in its own term, too.
        tally.hit_if(is_voter, Situation::LeaderLosesQuorum);
    }
}

fn asks_for_votes(term: u64, cluster: &mut Cluster, tally: &mut Tally) {
    let last = cluster.candidate_term;
    let is_second = term == last && !cluster.candidates.is_empty();
    tally.hit_if(is_second, Situation::TwoCandidatesOneTerm);
    tally.hit_if(term > last && last > cluster.leader_term, Situation::TermWithoutLeader);
    cluster.candidate_term = last.max(term);
}

fn leads(id: NodeId, term: u64, cluster: &mut Cluster, tally: &mut Tally) {
    cluster.leaders.remove(id);
    tally.hit_if(!cluster.leaders.is_empty(), Situation::TwoLeadersAtOnce);
    cluster.leaders.insert(id);
    cluster.leader_term = cluster.leader_term.max(term);
    let again = std::mem::take(&mut cluster.crashed_leader) == id;
    tally.hit_if(again, Situation::CrashedLeaderLeadsAgain);
    tally.hit_if(tally.faults.is_on("pause"), Situation::ElectedInPause);
    tally.hit_if(
        ["drift", "jump", "tick-stall"].iter().any(|kind| tally.faults.is_on(kind)),
        Situation::ElectedUnderClockFault,
    );
}

/// A leader takes a proposal, while there are several leaders.
pub(super) fn proposed(node: &Node, cluster: &Cluster, tally: &mut Tally) {
    let is_deposed = node.role == Role::Leader && node.term < cluster.leader_term;
    tally.hit_if(is_deposed, Situation::ProposalAtDeposedLeader);
}
