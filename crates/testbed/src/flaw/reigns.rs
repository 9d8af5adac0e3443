//! Flaws in how one leader and one configuration make way for the next (*Raft §6; thesis §3.10,
//! §4, §6.4.1*).

use node::RaftNode;
use node::semantics::LeaseScope;
use raft::eraftpb::MessageType;
use system::{Nanos, System};

use super::planted::{Effects, Filter, Input};
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
