//! Configurations that come into force.

use system::{NodeId, NodeSet, Role};
use trace::Situation;

use super::{Cluster, Node, Tally};
use crate::invariants::{PerNode, slot};

/// A learner lags if its log ends so many entries before the change that promotes it.
const LAG_MIN: u64 = 10;

/// A configuration, as a node tells it.
#[derive(Clone, Copy)]
pub(super) struct Conf {
    pub(super) index: u64,
    pub(super) voters: NodeSet,
    pub(super) outgoing: NodeSet,
    pub(super) learners: NodeSet,
}

/// A node has it in force.
pub(super) fn in_force(
    id: NodeId,
    conf: Conf,
    nodes: &PerNode<Node>,
    cluster: &mut Cluster,
    tally: &mut Tally,
) {
    if conf.index == 0 {
        return;
    }
    let leads = nodes[slot(id)].role == Role::Leader;
    let is_voter = conf.voters.union(conf.outgoing).contains(id);
    tally.hit_if(leads && !is_voter, Situation::LeaderRemoved);
    if conf.index > cluster.conf_index {
        is_new(conf, nodes, cluster, tally);
    }
}

/// Nobody had it in force before.
fn is_new(conf: Conf, nodes: &PerNode<Node>, cluster: &mut Cluster, tally: &mut Tally) {
    tally.hit_if(tally.faults.is_partition(), Situation::ChangeInPartition);
    let was_joint = !cluster.outgoing.is_empty();
    if conf.outgoing.is_empty() {
        tally.hit_if(was_joint, Situation::JointLeft);
        tally.hit_if(was_joint && cluster.is_orphaned, Situation::JointSurvivesLeader);
        cluster.is_orphaned = false;
    } else {
        tally.hit_if(!was_joint, Situation::JointEntered);
    }
    for promoted in cluster.learners.intersection(conf.voters).iter() {
        tally.hit(Situation::LearnerPromoted);
        let lags = nodes[slot(promoted)].last + LAG_MIN <= conf.index;
        tally.hit_if(lags, Situation::LaggingLearnerPromoted);
    }
    cluster.conf_index = conf.index;
    (cluster.voters, cluster.outgoing) = (conf.voters, conf.outgoing);
    cluster.learners = conf.learners;
}
