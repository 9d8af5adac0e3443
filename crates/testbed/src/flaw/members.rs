//! Flaws in elections and membership (*Raft §5.2, §6, thesis §4*).

use system::{Boot, Halt, HaltReason, NodeId, NodeSet, Start, System};

use super::planted::{Effect, Effects, Filter};
use super::{Flaw, Plant};
use node::{Config, RaftNode};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "join-with-peers",
        about: "a node that joins takes itself for a founding member",
        origin: "etcd raftexample before 1b1be43d6",
        trigger: "a node is added",
        expected: &[
            "config-safety",
            "election-safety",
            "log-matching",
            "state-machine-safety",
            "sut",
        ],
        scenario: "membership-storm",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(FoundsAgain)),
    },
    Flaw {
        id: "removed-node-stops-early",
        about: "a node that is removed stops before its last messages have left",
        origin: "tikv PR #2184; this project before 8918ac0 and 3f69fa5",
        trigger: "a leader is removed, or the last message to a member is lost",
        expected: &["liveness"],
        scenario: "membership-storm",
        ceiling: 20,
        plant: Plant::Filter(|| Box::<StopsEarly>::default()),
    },
    Flaw {
        id: "no-prevote-no-checkquorum",
        about: "neither pre-vote nor check-quorum is on",
        origin: "the etcd outage at Cloudflare, 2020-11-02",
        trigger: "a partition that is one-way or partial, and lasts",
        expected: &["liveness"],
        scenario: "lasting-cuts",
        ceiling: 20,
        plant: Plant::Options(|options| {
            options.pre_vote = false;
            options.check_quorum = false;
        }),
    },
];

/// A node that is to join starts with a list of peers: those with smaller ids, and itself.
struct FoundsAgain;

impl Filter for FoundsAgain {
    fn boot(
        &mut self,
        config: &Config,
        mut boot: Boot,
        effects: &Effects,
    ) -> Result<RaftNode, Halt> {
        if boot.start == Start::Join {
            boot.start = Start::Found { voters: NodeSet::first(boot.id), learners: NodeSet::EMPTY };
        }
        RaftNode::boot(config, boot, effects)
    }
}

/// The node ends in the turn in which it learns that it is no member, and says nothing more.
#[derive(Default)]
struct StopsEarly {
    id: NodeId,
}

impl Filter for StopsEarly {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        self.id = boot.id;
        RaftNode::boot(config, boot, effects)
    }

    fn rewrite(&mut self, node: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        let view = node.view();
        let members = view.voters.union(view.outgoing).union(view.learners);
        if !members.is_empty() && !members.contains(self.id) {
            effects.retain(|effect| !matches!(effect, Effect::Send { .. } | Effect::Halt(_)));
            let detail = "no member any more".to_owned();
            effects.push(Effect::Halt(Halt { reason: HaltReason::Removed, detail }));
        }
        effects
    }
}
