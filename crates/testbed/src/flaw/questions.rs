//! Flaws in the questions that a read asks (*thesis §6.4; raft-rs `read_only.rs`*).

use bytes::Bytes;
use node::{Config, RaftNode};
use raft::eraftpb::MessageType;
use system::{Boot, Halt, Nanos, Refusal, Reply, System};

use super::planted::{Effect, Effects, Filter, Input};
use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "read-ctx-reused",
        about: "a follower's questions for a read index bear numbers that begin anew with every \
                start, and the numbers of other nodes are the same",
        origin: "raft-rs ReadOnly::add_request passes over a context that it knows; etcd counts \
                 from a number that is unique over members and starts",
        trigger: "an answer to a question of an earlier start arrives late",
        expected: &["read-freshness", "linearizable"],
        scenario: "read-storm",
        ceiling: 200,
        plant: Plant::Filter(|| Box::new(Numbered::default())),
    },
    Flaw {
        id: "read-never-retried",
        about: "a question for a read index is asked once, and its answer waited for for ever",
        origin: "etcd #11483, raft-rs #569",
        trigger: "a read while the leader changes, or a lost message",
        expected: &["liveness/no-answer"],
        scenario: "read-storm",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(AskedOnce)),
    },
];

/// Bytes of what makes a question's name the only one of its kind.
const PREFIX_BYTES: usize = 16;

/// Questions travel with their numbers alone.
#[derive(Default)]
struct Numbered {
    prefix: Bytes,
}

impl Filter for Numbered {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        if let Input::Message { message, .. } = &mut input
            && message.get_msg_type() == MessageType::MsgReadIndexResp
            && let Some(entry) = message.entries.first_mut()
        {
            entry.data = [&self.prefix[..], &entry.data[..]].concat().into();
        }
        node.handle(now, input, effects);
    }

    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        for effect in &mut effects {
            if let Effect::Send { message, .. } = effect
                && message.get_msg_type() == MessageType::MsgReadIndex
                && let Some(entry) = message.entries.first_mut()
                && entry.data.len() > PREFIX_BYTES
            {
                self.prefix = entry.data.split_to(PREFIX_BYTES);
            }
        }
        effects
    }
}

/// Questions are asked once, and reads never given up.
struct AskedOnce;

impl Filter for AskedOnce {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let config = Config { read_retry_ticks: u32::MAX, ..*config };
        RaftNode::boot(&config, boot, effects)
    }

    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| {
            !matches!(effect, Effect::Reply { reply: Reply::Failed(Refusal::ReadTimeout), .. })
        });
        effects
    }
}
