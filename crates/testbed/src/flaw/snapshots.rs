//! Flaws in how snapshots are written, marked, sent and installed (*Raft §7*).

use raft::eraftpb::{ConfState, MessageType};
use system::{Boot, Halt, Nanos, NodeSet, Note, System};

use super::planted::{Effect, Effects, Filter, Input};
use super::{Flaw, Plant};
use node::{Config, RaftNode};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "wal-mark-before-snap-file",
        about: "the log speaks of a snapshot whose file is not durable yet",
        origin: "etcd raftexample 74e020b71, fixed in 1302e1edb",
        trigger: "power is lost between the mark and the file",
        expected: &["durability", "log-kept", "sut"],
        scenario: "snapshot-storm",
        ceiling: 200,
        plant: Plant::Options(|options| options.semantics.mark_before_snapshot = true),
    },
    Flaw {
        id: "hardstate-before-snapshot",
        about: "the hard state is written before the snapshot and the entries that it speaks of",
        origin: "etcd raftexample 3152dc817 (2022); etcd #10219",
        trigger: "power is lost inside of one Ready",
        expected: &["durability", "log-kept", "sut"],
        scenario: "snapshot-storm",
        ceiling: 200,
        plant: Plant::Options(|options| options.semantics.hard_state_first = true),
    },
    Flaw {
        id: "rename-before-sync",
        about: "a snapshot gets its name before its content is durable, and the name never is",
        origin: "ext4's empty files of 2009; All File Systems Are Not Created Equal, OSDI'14",
        trigger: "power is lost behind a snapshot",
        expected: &["durability", "log-kept", "sut"],
        scenario: "snapshot-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(RenameFirst)),
    },
    Flaw {
        id: "stale-confstate",
        about: "a snapshot is sent with the membership that was in force when the last was taken",
        origin: "etcd raftexample before 793218ed2 and e8d06d8e4",
        trigger: "the membership changes, and then a node needs a snapshot",
        expected: &["liveness", "election-safety", "config-safety", "snapshot-prefix"],
        scenario: "membership-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::<OldMembers>::default()),
    },
    Flaw {
        id: "two-snapshots-race",
        about: "a snapshot that arrives removes the files of older ones before it is accepted",
        origin: "etcd #18055, #20133",
        trigger: "two snapshots in quick succession, the second of which is not needed any more",
        expected: &["durability", "log-kept", "sut"],
        scenario: "snapshot-storm",
        ceiling: 200,
        plant: Plant::Filter(|| Box::new(RemovesOlder)),
    },
    Flaw {
        id: "snapshot-loss-unreported",
        about: "the leader is never told that a snapshot was lost, and waits for ever",
        origin: "etcd raftexample before 2d25f7f3d; etcd #10225",
        trigger: "a snapshot is lost on its way",
        expected: &["liveness"],
        scenario: "snapshot-storm",
        ceiling: 100,
        plant: Plant::Filter(|| Box::new(NoReports)),
    },
];

/// Neither the content of a snapshot nor its name is synced.
struct RenameFirst;

impl Filter for RenameFirst {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| match effect {
            Effect::Sync { path } => !path.ends_with(".tmp"),
            Effect::SyncDir { dir } => &**dir != "snap",
            _ => true,
        });
        effects
    }
}

/// Voters, voters of the configuration being left, and learners.
type Members = (NodeSet, NodeSet, NodeSet);

/// Snapshots leave with the members of the last one that was taken.
#[derive(Default)]
struct OldMembers {
    now: Members,
    /// Those of the last snapshot that was taken, or of the start.
    taken: Option<Members>,
}

impl Filter for OldMembers {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        for effect in &mut effects {
            match effect {
                Effect::Note(Note::Conf { voters, outgoing, learners, .. }) => {
                    self.now = (*voters, *outgoing, *learners);
                    self.taken.get_or_insert(self.now);
                }
                Effect::Note(Note::SnapshotTaken { .. }) => self.taken = Some(self.now),
                Effect::Send { message, .. }
                    if message.get_msg_type() == MessageType::MsgSnapshot =>
                {
                    if let Some((voters, outgoing, learners)) = self.taken
                        && outgoing.is_empty()
                    {
                        let members = ConfState::from((voters.iter(), learners.iter()));
                        message.mut_snapshot().mut_metadata().set_conf_state(members);
                    }
                }
                _ => {}
            }
        }
        effects
    }
}

/// Makes room for a snapshot as soon as it arrives.
struct RemovesOlder;

impl Filter for RemovesOlder {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, input: Input, effects: &Effects) {
        if let Input::Message { message, .. } = &input
            && message.get_msg_type() == MessageType::MsgSnapshot
        {
            let metadata = message.get_snapshot().get_metadata();
            let arriving = format!("snap/{:016x}-{:016x}.snap", metadata.term, metadata.index);
            for path in effects.list("snap").unwrap_or_default() {
                if *path < *arriving {
                    effects.push(Effect::Remove { path });
                }
            }
        }
        node.handle(now, input, effects);
    }
}

/// The transport tells nothing.
struct NoReports;

impl Filter for NoReports {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        RaftNode::boot(&Config { snapshot_patience: 0, ..*config }, boot, effects)
    }

    fn handle(&mut self, node: &mut RaftNode, now: Nanos, input: Input, effects: &Effects) {
        if !matches!(input, Input::Delivery { .. }) {
            node.handle(now, input, effects);
        }
    }
}
