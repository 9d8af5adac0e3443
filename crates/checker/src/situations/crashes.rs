//! Nodes that end and start again, and what they were about when they ended.

use system::{NodeId, NodeSet, Role};
use trace::Situation;

use super::{Cluster, Node, SnapshotFile, Tally};
use crate::invariants::{PerNode, slot};

/// What a crash fell on, and what it took.
pub(super) struct Loss<'a> {
    pub(super) during: &'a str,
    pub(super) bytes: u64,
    pub(super) torn: u32,
}

pub(super) fn started(id: NodeId, incarnation: u64, node: &mut Node, cluster: &mut Cluster) {
    let again = incarnation > 0;
    *node = Node { is_recovering: true, is_rejoining: again, ..Node::default() };
    cluster.live.insert(id);
}

/// The node says its role for the first time since it started.
pub(super) fn recovered(
    id: NodeId,
    node: &mut Node,
    term: u64,
    cluster: &Cluster,
    tally: &mut Tally,
) {
    node.recovered = node.last;
    let leaderless = node.is_rejoining && term > cluster.leader_term;
    tally.hit_if(leaderless, Situation::RestartInElection);
    tally.faults.recovered(id);
}

pub(super) fn crashed(
    id: NodeId,
    loss: Loss<'_>,
    nodes: &mut PerNode<Node>,
    cluster: &mut Cluster,
    tally: &mut Tally,
) {
    tally.faults.crash(id);
    let node = nodes[slot(id)];
    tally.hit_if(loss.torn > 0, Situation::WriteTorn);
    tally.hit_if(loss.bytes > 0, Situation::UnsyncedLost);
    tally.hit_if(loss.during == "sync", Situation::CrashInSync);
    let renames = loss.during == "rename" || node.file == SnapshotFile::Renamed;
    tally.hit_if(renames, Situation::CrashInRename);
    tally.hit_if(node.file == SnapshotFile::Written, Situation::CrashInSnapshotFile);
    tally.hit_if(node.file == SnapshotFile::Unmarked, Situation::CrashBeforeSnapshotMark);
    tally.hit_if(node.is_rejoining, Situation::CrashBeforeRejoining);
    tally.hit_if(node.role == Role::Candidate, Situation::CandidateCrashes);
    tally.hit_if(node.votes, Situation::CrashBetweenVoteAndSync);
    if node.role == Role::Leader {
        leader_crashed(id, nodes, cluster, tally);
    }
    ended(id, &mut nodes[slot(id)], cluster);
    let is_voter = cluster.voters.union(cluster.outgoing).contains(id);
    let [up, voters, outgoing] = [cluster.live, cluster.voters, cluster.outgoing];
    let has_quorum = voters.has_majority_in(up) && outgoing.has_majority_in(up);
    tally.hit_if(is_voter && !has_quorum, Situation::QuorumDown);
    let somebody = !voters.union(outgoing).intersection(up).is_empty();
    tally.hit_if(is_voter && !somebody, Situation::AllDown);
}

fn leader_crashed(id: NodeId, nodes: &PerNode<Node>, cluster: &mut Cluster, tally: &mut Tally) {
    let node = &nodes[slot(id)];
    tally.hit_if(node.is_unsynced, Situation::LeaderCrashesBeforeSync);
    tally.hit_if(node.change > node.commit, Situation::LeaderCrashesInChange);
    tally.hit_if(!node.sent.is_empty(), Situation::SnapshotSenderCrashes);
    let others = nodes.iter().enumerate().filter(|(other, _)| *other != slot(id));
    let known = others.map(|(_, other)| other.commit).max().unwrap_or(0);
    tally.hit_if(node.commit > known, Situation::LeaderCrashesWithCommit);
    if node.term == cluster.leader_term {
        cluster.crashed_leader = id;
    }
}

/// The node is no more, for whatever reason.
pub(super) fn ended(id: NodeId, node: &mut Node, cluster: &mut Cluster) {
    if node.role == Role::Leader {
        cluster.is_orphaned |= !cluster.outgoing.is_empty();
    }
    for set in [&mut cluster.live, &mut cluster.leaders, &mut cluster.candidates] {
        set.remove(id);
    }
    *node = Node { commit: node.commit, last: node.last, sent: NodeSet::EMPTY, ..Node::default() };
}
