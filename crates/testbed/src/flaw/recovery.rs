//! Flaws in what is kept of a life and in what the next one makes of it: snapshots, the commit
//! index, damage (*Raft §5.1, §7; Protocol-Aware Recovery, FAST '18*).

use node::semantics::{Apply, CommitMemory, Label};
use node::store::{Store, StoreOptions};
use node::{Config, RaftNode};
use system::{Boot, FilePath, Halt, HaltReason, System};

use super::planted::{Effect, Effects, Filter};
use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "snapshot-before-apply",
        about: "a snapshot bears the index of what was handed over to be applied, and holds what \
                was applied",
        origin: "etcd raftexample, fixed by cb14cdd77 and be2167eba (2020, 2021)",
        trigger: "a snapshot under load, and a restart or a node that needs it",
        expected: &["snapshot-prefix", "state-machine-safety", "linearizable", "convergence"],
        scenario: "snapshots",
        ceiling: 20,
        plant: Plant::Options(|options| {
            options.semantics.apply = Apply::WithTick;
            options.semantics.label = Label::Committed;
        }),
    },
    Flaw {
        id: "double-apply",
        about: "the applied index that is stored lags one behind the state that is stored",
        origin: "etcd #14685",
        trigger: "a crash, and an entry that does not bear to be applied twice",
        expected: &["snapshot-prefix", "state-machine-safety", "linearizable", "convergence"],
        scenario: "snapshots",
        ceiling: 5,
        plant: Plant::Options(|options| options.semantics.label = Label::Before),
    },
    Flaw {
        id: "restore-after-replay",
        about: "a start applies what the log holds, and then loads the older snapshot over it",
        origin: "etcd raftexample, fixed by cb14cdd77 (2020)",
        trigger: "a restart with a snapshot and committed entries behind it",
        expected: &["snapshot-prefix", "state-machine-safety", "linearizable", "convergence"],
        scenario: "crashes",
        ceiling: 10,
        plant: Plant::Options(|options| options.semantics.restore_last = true),
    },
    Flaw {
        id: "replay-ignores-snapshot",
        about: "a start reads the log from its beginning and does not look for a snapshot",
        origin: "etcd raftexample, fixed by 0af1679b6 (etcd #7056)",
        trigger: "a restart behind a compaction",
        expected: &["sut"],
        scenario: "snapshots",
        ceiling: 10,
        plant: Plant::Filter(|| Box::new(LogAlone)),
    },
    Flaw {
        id: "big-entry-unreadable",
        about: "a start takes a record for damage that is as long as the node may write it",
        origin: "etcd, fixed by ccf477d12 (the decoder refused entries above 10 MB)",
        trigger: "many or large entries in one record, and a restart",
        expected: &["sut"],
        scenario: "large-values",
        ceiling: 10,
        plant: Plant::Options(|options| options.record_bytes_max = 8 << 10),
    },
    Flaw {
        id: "bitrot-as-torn-tail",
        about: "a start cuts the log at the first bad checksum, wherever that is, and takes part",
        origin: "Protocol-Aware Recovery, FAST '18: LogCabin, etcd and others",
        trigger: "bit rot in the middle of a log",
        expected: &[
            "log-kept",
            "leader-completeness",
            "durability",
            "commit-monotonic",
            "vote-kept",
            "term-monotonic",
            "config-safety",
            "sut",
        ],
        scenario: "disk-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(CutsDamage)),
    },
    Flaw {
        id: "commit-not-saved",
        about: "the commit index is never saved, and a start knows the configuration of its \
                snapshot alone",
        origin: "etcd #7625, #11284",
        trigger: "a node that knew of a change of the configuration starts again",
        expected: &["election-safety", "leader-completeness", "commit-monotonic"],
        scenario: "grow-and-shrink",
        ceiling: 100,
        plant: Plant::Options(|options| options.semantics.commit = CommitMemory::Snapshot),
    },
    Flaw {
        id: "applied-ahead-of-commit",
        about: "a commit that comes alone is not saved, and a snapshot of what it made appliable is",
        origin: "tikv #4560",
        trigger: "a crash right behind a snapshot",
        expected: &["sut", "commit-monotonic"],
        scenario: "snapshots",
        ceiling: 10,
        plant: Plant::Options(|options| options.semantics.commit = CommitMemory::WithEntries),
    },
    Flaw {
        id: "doubtful-tail-trusted",
        about: "what can be read of the log's tail is taken for durable after one more sync",
        origin: "this project before 698394f; Rebello et al., ATC '20",
        trigger: "a sync fails and drops its pages, the node starts again, then the power is lost",
        expected: &["log-kept", "durability", "vote-kept", "leader-completeness", "sut"],
        scenario: "disk-storm",
        ceiling: 100,
        plant: Plant::Filter(|| Box::new(TrustsTail)),
    },
    Flaw {
        id: "blank-disk-accepted",
        about: "a node whose disk is empty begins a new life under its old name",
        origin: "this project before 698394f; etcd asks for a new member id",
        trigger: "a disk is replaced",
        expected: &["vote-kept", "term-monotonic", "log-kept", "durability", "commit-monotonic"],
        scenario: "disk-storm",
        ceiling: 30,
        plant: Plant::Filter(|| Box::new(BeginsAnew)),
    },
];

/// A start sees the log alone.
struct LogAlone;

impl Filter for LogAlone {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let hidden = effects.list("snap").unwrap_or_default();
        for path in &hidden {
            effects.push(Effect::Remove { path: path.clone() });
        }
        let node = RaftNode::boot(config, boot, effects)?;
        effects.rewrite(0, |mut list| list.split_off(hidden.len()));
        Ok(node)
    }
}

/// A start cuts the log where it cannot go on.
struct CutsDamage;

impl Filter for CutsDamage {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let options =
            StoreOptions { segment_bytes: config.segment_bytes, ..StoreOptions::default() };
        loop {
            let repaired = effects.len();
            let opened = Store::open(options.clone(), effects);
            effects.rewrite(repaired, |_| Vec::new());
            let Err(halt) = opened else { break };
            if !cut(&halt, effects) {
                break;
            }
        }
        RaftNode::boot(config, boot, effects)
    }
}

/// Cuts the log at the damage that a refusal tells of, and removes the segments behind. False if
/// nothing is left to be cut.
fn cut(halt: &Halt, effects: &Effects) -> bool {
    let Some((path, at)) = damage(halt) else { return false };
    let Ok(segments) = effects.list("wal") else { return false };
    let later: Vec<FilePath> = segments.into_iter().filter(|segment| **segment > *path).collect();
    let len = effects.read(&path).ok().flatten().map_or(0, |bytes| bytes.len() as u64);
    if later.is_empty() && at >= len {
        return false;
    }
    effects.push(Effect::Truncate { path, len: at });
    for path in later {
        effects.push(Effect::Remove { path });
    }
    true
}

/// The place in the log that a refusal tells of: `wal/1.wal at byte 512: ...`.
fn damage(halt: &Halt) -> Option<(FilePath, u64)> {
    if halt.reason != HaltReason::Corrupt {
        return None;
    }
    let (place, _) = halt.detail.split_once(": ")?;
    let (path, byte) = place.split_once(" at byte ")?;
    Some((path.into(), byte.parse().ok()?))
}

/// A start does not write again what it could read.
struct TrustsTail;

impl Filter for TrustsTail {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let node = RaftNode::boot(config, boot, effects)?;
        effects.rewrite(0, |mut list| {
            list.retain(|effect| !matches!(effect, Effect::Write { .. }));
            list
        });
        Ok(node)
    }
}

/// A start does not ask whether there was an earlier life.
struct BeginsAnew;

impl Filter for BeginsAnew {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        RaftNode::boot(config, Boot { has_lived: false, ..boot }, effects)
    }
}
