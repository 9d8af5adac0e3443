//! Flaws in the order of what is written, synced, sent and answered (*Raft figure 2: updated on
//! stable storage before responding to RPCs*).

use raft::eraftpb::MessageType;
use system::{Boot, Halt, MessageKind, Nanos, NodeId, Note, System};

use super::planted::{Effect, Effects, Filter, Input};
use super::{Flaw, Plant};
use node::{Config, RaftNode};

/// Answers and the requests of a candidate promise what is on the disk.
const VOTES: &[MessageKind] = &[MessageKind::Vote, MessageKind::VoteResponse];
const APPENDS: &[MessageKind] = &[MessageKind::AppendResponse];

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "send-before-persist",
        about: "every message leaves before what it promises is written",
        origin: "Raft's first rule; raft-rs has persisted_messages for it",
        trigger: "power is lost between a message and the sync behind it",
        expected: &["commit-quorum", "durability", "vote-kept", "log-kept", "election-safety"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(SendFirst(&MessageKind::ALL))),
    },
    Flaw {
        id: "send-before-persist-votes",
        about: "votes leave before they are written",
        origin: "Raft's first rule, for votes alone; Raft figure 2, RequestVote",
        trigger: "power is lost between a vote and its sync, and the node votes again",
        expected: &["vote-kept", "election-safety", "leader-completeness"],
        scenario: "crashes",
        ceiling: 100,
        plant: Plant::Filter(|| Box::new(SendFirst(VOTES))),
    },
    Flaw {
        id: "send-before-persist-appends",
        about: "entries are acknowledged to the leader before they are written",
        origin: "Raft's first rule, for entries alone; Raft figure 2, AppendEntries",
        trigger: "power is lost between the acknowledgement and its sync",
        expected: &["commit-quorum", "durability", "log-kept", "leader-completeness"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(SendFirst(APPENDS))),
    },
    Flaw {
        id: "no-fsync",
        about: "nothing is ever synced",
        origin: "raft-java never syncs its log",
        trigger: "power is lost",
        expected: &["durability", "vote-kept", "log-kept", "election-safety", "sut"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(NoSync)),
    },
    Flaw {
        id: "vote-not-persisted",
        about: "the term and the vote of a node's own candidacy are not synced",
        origin: "raft-java #57",
        trigger: "a candidate loses power, starts again and votes for another",
        expected: &["vote-kept", "term-monotonic", "election-safety", "sut"],
        scenario: "crashes",
        ceiling: 50,
        plant: Plant::Filter(|| Box::<OwnVote>::default()),
    },
    Flaw {
        id: "entries-not-synced",
        about: "the log is synced only if term or vote changed",
        origin: "raft-rs #128, #372",
        trigger: "power is lost",
        expected: &["durability", "log-kept", "leader-completeness", "sut"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Filter(|| Box::<HardStateOnly>::default()),
    },
    Flaw {
        id: "apply-before-commit",
        about: "followers take for committed whatever they append",
        origin: "etcd raftexample before a31f9a8af (2016)",
        trigger: "a leader goes and leaves a tail that was not committed",
        expected: &["commit-quorum", "state-machine-safety", "leader-completeness", "linearizable"],
        scenario: "partitions",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(EagerCommit)),
    },
    Flaw {
        id: "single-voter-early-ack",
        about: "a node that is its own majority answers before it syncs",
        origin: "etcd #14370",
        trigger: "a cluster of one loses power",
        expected: &["durability", "linearizable"],
        scenario: "single-node",
        ceiling: 50,
        plant: Plant::Filter(|| Box::<EarlyAnswers>::default()),
    },
    Flaw {
        id: "blocked-ready-loop",
        about: "the node waits for a request before it does what the library has ready",
        origin: "etcd raftexample before b7cf2385e",
        trigger: "there is no leader, or clients are silent",
        expected: &["liveness"],
        scenario: "steady",
        ceiling: 5,
        plant: Plant::Filter(|| Box::<AwaitsRequest>::default()),
    },
];

/// Moves some effects in front of the first one that touches a file.
fn in_front(mut effects: Vec<Effect>, is_early: impl Fn(&Effect) -> bool) -> Vec<Effect> {
    if let Some(first) = effects.iter().position(Effect::is_disk) {
        let behind = effects.split_off(first);
        let (early, late): (Vec<_>, Vec<_>) = behind.into_iter().partition(is_early);
        effects.extend(early);
        effects.extend(late);
    }
    effects
}

/// Messages of these kinds leave before anything is written.
struct SendFirst(&'static [MessageKind]);

impl Filter for SendFirst {
    fn rewrite(&mut self, _: &RaftNode, effects: Vec<Effect>) -> Vec<Effect> {
        in_front(effects, |effect| match effect {
            Effect::Send { message, .. } => self.0.contains(&RaftNode::summary(message).kind),
            _ => false,
        })
    }
}

/// No sync at all.
struct NoSync;

impl Filter for NoSync {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| !matches!(effect, Effect::Sync { .. } | Effect::SyncDir { .. }));
        effects
    }
}

/// Takes away the syncs of the log.
fn without_log_syncs(effects: &mut Vec<Effect>) {
    effects.retain(|effect| match effect {
        Effect::Sync { path } => !path.starts_with("wal/"),
        _ => true,
    });
}

/// No sync in a turn in which the node votes for itself.
#[derive(Default)]
struct OwnVote {
    id: NodeId,
}

impl Filter for OwnVote {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        self.id = boot.id;
        RaftNode::boot(config, boot, effects)
    }

    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        let votes_for_itself = |effect: &Effect| matches!(effect, Effect::Note(Note::Vote { candidate, .. }) if *candidate == self.id);
        if effects.iter().any(votes_for_itself) {
            without_log_syncs(&mut effects);
        }
        effects
    }
}

/// No sync in a turn that leaves term and vote alone.
#[derive(Default)]
struct HardStateOnly {
    synced: Option<(u64, NodeId)>,
}

impl Filter for HardStateOnly {
    fn rewrite(&mut self, node: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        let view = node.view();
        let state = (view.term, view.vote);
        if self.synced.replace(state) == Some(state) {
            without_log_syncs(&mut effects);
        }
        effects
    }
}

/// A leader's entries arrive as if they were committed.
struct EagerCommit;

impl Filter for EagerCommit {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        if let Input::Message { message, .. } = &mut input
            && message.get_msg_type() == MessageType::MsgAppend
            && let Some(last) = message.entries.last().map(|entry| entry.index)
        {
            message.commit = last.max(message.commit);
        }
        node.handle(now, input, effects);
    }
}

/// The only voter answers before it writes.
#[derive(Default)]
struct EarlyAnswers {
    id: NodeId,
}

impl Filter for EarlyAnswers {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        self.id = boot.id;
        RaftNode::boot(config, boot, effects)
    }

    fn rewrite(&mut self, node: &RaftNode, effects: Vec<Effect>) -> Vec<Effect> {
        let view = node.view();
        if view.voters.len() == 1 && view.voters.contains(self.id) && view.outgoing.is_empty() {
            in_front(effects, |effect| matches!(effect, Effect::Reply { .. }))
        } else {
            effects
        }
    }
}

/// Nothing is done but in a turn with a request.
#[derive(Default)]
struct AwaitsRequest {
    has_request: bool,
}

impl Filter for AwaitsRequest {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, input: Input, effects: &Effects) {
        self.has_request |= matches!(input, Input::Request { .. });
        node.handle(now, input, effects);
    }

    fn flush(&mut self, node: &mut RaftNode, now: Nanos, effects: &Effects) {
        if std::mem::take(&mut self.has_request) {
            node.flush(now, effects);
        }
    }
}
