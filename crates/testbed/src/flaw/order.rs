//! Flaws in the order of what is written, synced, sent and answered (*Raft figure 2: updated on
//! stable storage before responding to RPCs*).

use system::{MessageKind, System};

use super::planted::{Effect, Filter};
use super::{Flaw, Plant};
use node::RaftNode;

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "send-before-persist",
        about: "votes and acknowledgements of entries leave before the sync that they promise",
        origin: "Raft's first rule; raft-rs has persisted_messages for it",
        trigger: "power is lost between the message and the sync",
        expected: &[
            "durability",
            "vote-kept",
            "election-safety",
            "leader-completeness",
            "commit-quorum",
        ],
        scenario: "crashes",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(SendFirst(&[]))),
    },
    Flaw {
        id: "no-fsync",
        about: "nothing is ever synced",
        origin: "raft-java never syncs its log",
        trigger: "power is lost",
        expected: &["durability", "vote-kept", "log-kept", "election-safety", "sut"],
        scenario: "crashes",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(NoSync)),
    },
];

/// Messages of some kinds, or of all if none is named, leave before anything is written.
struct SendFirst(&'static [MessageKind]);

impl Filter for SendFirst {
    fn rewrite(&mut self, _: &RaftNode, effects: Vec<Effect>) -> Vec<Effect> {
        let is_early = |effect: &Effect| match effect {
            Effect::Send { message, .. } => {
                self.0.is_empty() || self.0.contains(&RaftNode::summary(message).kind)
            }
            _ => false,
        };
        let Some(first) = effects.iter().position(Effect::is_disk) else { return effects };
        let mut rest = effects;
        let behind = rest.split_off(first);
        let (early, late): (Vec<_>, Vec<_>) = behind.into_iter().partition(is_early);
        rest.extend(early);
        rest.extend(late);
        rest
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
