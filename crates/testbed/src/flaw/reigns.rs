//! Flaws in how one leader and one configuration make way for the next (*Raft §6; thesis §3.10,
//! §4, §6.4.1*).

use node::semantics::LeaseScope;
use node::{Config, RaftNode};
use raft::eraftpb::MessageType;
use system::{Boot, Halt, HaltReason, Nanos, NodeId, System};

use super::planted::{Effect, Effects, Filter, Input};
use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "vote-within-lease",
        about: "a node gives its vote although it promised a leader not to: it has forgotten the \
                leader, or started again",
        origin: "this project before c8c9c58; raft-rs keeps check_quorum's lease like this",
        trigger: "a restart or a message of a higher term, and an election, while a lease lasts",
        expected: &["lease", "read-freshness", "linearizable"],
        scenario: "lease-storm",
        ceiling: 600,
        plant: Plant::Filter(|| Box::new(ForgetsLeader)),
    },
    Flaw {
        id: "lease-over-transfer",
        about: "a leader trusts its lease over a transfer of leadership and over a change of the \
                configuration",
        origin: "this project before c8c9c58; etcd-io/raft #166",
        trigger: "a transfer while a lease lasts, and reads at the old leader",
        expected: &["lease", "read-freshness", "linearizable"],
        scenario: "lease-storm",
        ceiling: 100,
        plant: Plant::Options(|options| options.semantics.lease = LeaseScope::Term),
    },
    Flaw {
        id: "overlapping-conf-changes",
        about: "a change of the configuration is proposed while another is under way",
        origin: "Ongaro 2015, raft-dev: bug in single-server membership changes; etcd #4203",
        trigger: "two changes, and a change of the leader between them",
        expected: &["config-safety", "election-safety", "leader-completeness"],
        scenario: "membership-storm",
        ceiling: 50,
        plant: Plant::Options(|options| options.semantics.overlapping_changes = true),
    },
    Flaw {
        id: "joiner-knows-nobody",
        about: "changes of the configuration do not tell the one before them, and a new node \
                that is taught by the log takes itself for the only member",
        origin: "this project before c8c9c58: raft-rs has no entries for founding members",
        trigger: "a node joins while the log still begins with its first entry",
        expected: &["election-safety", "config-safety", "sut", "log-matching", "liveness"],
        scenario: "grow-and-shrink",
        ceiling: 10,
        plant: Plant::Options(|options| options.semantics.bare_changes = true),
    },
    Flaw {
        id: "removed-ends-at-once",
        about: "a node ends as soon as it finds itself removed, and with it goes what the others \
                do not know yet: that it is, if it led",
        origin: "this project before 8918ac0 and 3f69fa5; tikv PR 2184",
        trigger: "the leader is removed, and the last broadcast is lost",
        expected: &["liveness"],
        scenario: "membership-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(EndsAtOnce::default())),
    },
];

/// A promise is kept as long as the library remembers the leader.
struct ForgetsLeader;

impl Filter for ForgetsLeader {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        if let Input::Message { message, .. } = &mut input {
            let kind = message.get_msg_type();
            let asks = matches!(kind, MessageType::MsgRequestVote | MessageType::MsgRequestPreVote);
            if asks && node.view().leader == raft::INVALID_ID {
                // As in a transfer, in which nobody is promised anything.
                message.context = raft::CAMPAIGN_TRANSFER.into();
            }
        }
        node.handle(now, input, effects);
    }
}

/// A node ends whenever it finds itself removed.
#[derive(Default)]
struct EndsAtOnce {
    id: NodeId,
}

impl Filter for EndsAtOnce {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        self.id = boot.id;
        RaftNode::boot(config, boot, effects)
    }

    fn rewrite(&mut self, node: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        let view = node.view();
        let members = view.voters.union(view.outgoing).union(view.learners);
        let removed = !members.is_empty() && !members.contains(self.id);
        if removed {
            let detail = "removed".to_owned();
            effects.push(Effect::Halt(Halt { reason: HaltReason::Removed, detail }));
        }
        effects
    }
}
