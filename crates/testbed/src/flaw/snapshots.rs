//! Flaws in how snapshots are written, marked, sent and installed (*Raft §7*).

use super::planted::{Effect, Filter};
use super::{Flaw, Plant};
use node::RaftNode;

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "wal-mark-before-snap-file",
        about: "the log speaks of a snapshot whose file is not durable yet",
        origin: "etcd raftexample 74e020b71, fixed in 1302e1edb",
        trigger: "power is lost between the mark and the file",
        expected: &["durability", "sut"],
        scenario: "snapshot-storm",
        ceiling: 200,
        plant: Plant::Options(|options| options.semantics.mark_before_snapshot = true),
    },
    Flaw {
        id: "hardstate-before-snapshot",
        about: "the hard state is written before the snapshot and the entries that it speaks of",
        origin: "etcd raftexample 3152dc817 (2022); etcd #10219",
        trigger: "power is lost inside of one Ready",
        expected: &["durability", "sut"],
        scenario: "snapshot-storm",
        ceiling: 200,
        plant: Plant::Options(|options| options.semantics.hard_state_first = true),
    },
    Flaw {
        id: "rename-before-sync",
        about: "a snapshot gets its name before its content is durable, and the name never is",
        origin: "the ext4 zero-length files of 2009; All File Systems Are Not Created Equal, OSDI'14",
        trigger: "power is lost behind a snapshot",
        expected: &["durability", "sut"],
        scenario: "snapshot-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(RenameFirst)),
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
