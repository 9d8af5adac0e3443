//! A scenario, resolved: every option has a value, times are nanoseconds, probabilities are
//! integers per million. What people write is TOML or JSON, see the parser.

mod draw;
mod faults;
mod storm;

use std::collections::BTreeMap;

use system::{Nanos, NodeId, Op, ReadMode};

pub use draw::Draw;
pub use faults::{
    CrashHow, CrashPoint, EffectClass, Fault, LinkFault, Place, ScriptedFault, Shape, Swarm,
    SwarmFault, Target,
};
pub use storm::{Budget, Direction, LinkRange, SetupChoices};
pub(crate) use storm::{JUMP_MAX, RATE_MAX};

use crate::situation::Situation;

/// Parts per million: how probabilities are held.
pub type Ppm = u32;

/// A world, a cluster, what its clients do, what befalls it, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name: the stem of its file.
    pub name: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// The semantics of the nodes.
    pub profile: Profile,
    /// The mistake planted in the program under test, by its id. Which ones there are is the
    /// program's own matter.
    pub flaw: Option<String>,
    /// Who takes part.
    pub cluster: ClusterOptions,
    /// How each node is set up.
    pub node: NodeOptions,
    /// What the clients do.
    pub workload: Workload,
    /// The network when no fault is on.
    pub net: NetOptions,
    /// The disks when no fault is on.
    pub disk: DiskOptions,
    /// How much the nemesis may take away at the same time.
    pub budget: Budget,
    /// What each seed draws of the scenario itself.
    pub draws: Vec<Draw>,
    /// Random faults: each seed draws from these.
    pub swarm: Vec<Swarm>,
    /// Scripted faults.
    pub faults: Vec<ScriptedFault>,
    /// Situations that a sweep must have seen.
    pub require: Vec<Situation>,
    /// Where a run ends.
    pub limits: Limits,
    /// How a run is expected to end.
    pub expect: Expect,
    /// How long recoveries may take, over a sweep.
    pub recovery: RecoveryBounds,
    /// Checks that need not be exercised, each with the reason.
    pub excuse: BTreeMap<String, String>,
}

/// The semantics of the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What this project stands for.
    #[default]
    Correct,
    /// Those of etcd's raftexample in 2018: acknowledged when proposed, read from the local map,
    /// snapshot file noted in the log before it is durable, no sessions.
    Raftexample,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// Founding voters, `n1` to this. 1 to 63.
    pub nodes: u64,
    /// Founding learners; they bear the ids behind the voters'.
    pub learners: u64,
    /// Nodes that are not members at first and can be added; they bear the ids behind the
    /// learners'. They start, empty, when a fault of the plan first adds them.
    pub spares: u64,
    /// Clients, `c1` to this.
    pub clients: u64,
}

/// How each node is set up. The node crate documents the meaning of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOptions {
    /// Distance of ticks, in nanoseconds.
    pub tick: Nanos,
    /// Ticks without a leader before an election; the node draws from this to twice this.
    pub election_ticks: u32,
    /// Ticks between heartbeats.
    pub heartbeat_ticks: u32,
    /// Whether elections begin with a pre-vote (*thesis §9.6*).
    pub pre_vote: bool,
    /// Whether a leader without a quorum steps down (*thesis §6.2*).
    pub check_quorum: bool,
    /// Applied entries between snapshots; 0 for never.
    pub snapshot_every: u64,
    /// Entries kept behind a snapshot for slow followers.
    pub catch_up_entries: u64,
    /// Size at which a segment of the write-ahead log is closed, in bytes.
    pub segment_bytes: u64,
    /// Bytes of proposals not yet committed beyond which a leader refuses more.
    pub uncommitted_bytes_max: u64,
    /// Client sessions held; the one unused for the most entries is expired first.
    pub sessions_max: u64,
    /// Whether followers forward proposals to the leader, or answer with a hint.
    pub forward: bool,
}

/// What the clients do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// When operations begin.
    pub pace: Pace,
    /// How many keys there are.
    pub keys: u64,
    /// How often each key is chosen.
    pub distribution: KeyDistribution,
    /// Shares of the operations.
    pub mix: Mix,
    /// Of the clients, those that only read: `c1` to this. A client that also writes leaves a
    /// leader that is cut off, one that only reads stays as long as it is answered.
    pub readers: u64,
    /// Bytes of a written value; at least what makes it unique.
    pub value_bytes: u32,
    /// Some values are longer than that.
    pub large_values: Option<LargeValues>,
    /// Chance that an operation is first asked of any node, instead of the one that answered last.
    pub roam: Ppm,
    /// How reads are served.
    pub read: ReadMode,
    /// Whether writes use client sessions, which makes retries safe.
    pub sessions: bool,
    /// After how long an attempt is given up and another node is asked.
    pub attempt_timeout: Nanos,
    /// After how long the operation is given up: its outcome is unknown.
    pub op_timeout: Nanos,
    /// If not empty: exactly these operations, instead of drawn ones.
    pub script: Vec<ScriptedOp>,
}

/// When operations begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each client begins an operation this long after its last one ended.
    Closed {
        /// The pause; drawn from half of this to one and a half of this.
        think: Nanos,
    },
    /// Each client begins an operation at this mean distance, however the last one fares; one
    /// that is due while the last is still open waits for it.
    Open {
        /// The mean distance.
        every: Nanos,
    },
}

/// How often each key is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDistribution {
    /// Each as often as the others.
    Uniform,
    /// The k-th key with a weight of 1/k.
    Zipf,
    /// One key gets this share, the others split the rest.
    Hot(Ppm),
}

/// Shares of the operations, relative to their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Of get.
    pub get: u32,
    /// Of put.
    pub put: u32,
    /// Of delete.
    pub delete: u32,
    /// Of cas.
    pub cas: u32,
    /// Of append.
    pub append: u32,
}

/// Values among the others that are long: what they weigh in a log, on a link and in a snapshot
/// is not what most do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LargeValues {
    /// Chance that a written value is one of them.
    pub chance: Ppm,
    /// Bytes of each; 1 to 1 MiB.
    pub bytes: u32,
}

/// One operation of an explicit workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedOp {
    /// Which client, from 1.
    pub client: u64,
    /// When, or as soon after it as the client's last operation ended.
    pub at: Nanos,
    /// Whom to ask first; `None`: the client's own choice.
    pub to: Option<NodeId>,
    /// What.
    pub op: Op,
}

/// The network when no fault is on. Applies to every directed link; clients' links too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetOptions {
    /// Time on the way.
    pub delay: Delay,
    /// Chance that a message is lost.
    pub loss: Ppm,
    /// Chance that a message arrives twice.
    pub duplicate: Ppm,
    /// Chance that a message is held back, to be overtaken by later ones.
    pub reorder: Ppm,
    /// How long it is held back at most.
    pub reorder_hold: Nanos,
    /// Whether a link keeps its messages in order, as TCP does; then nothing is reordered.
    pub in_order: bool,
    /// Messages that a node's mailbox holds; more are dropped.
    pub mailbox: u32,
    /// Chance that bits of a message between nodes are flipped on the way.
    pub corrupt: Ppm,
    /// Whether the receiver's transport checks what arrives and refuses what is damaged. Without,
    /// the damaged bytes are decoded and, if that succeeds, handed to the node.
    pub checksum: bool,
    /// Bytes per second that a directed link carries, one message after the other; at least 1.
    /// `None`: no bound.
    pub bandwidth: Option<u64>,
}

/// A distribution of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always the same.
    Fixed(Nanos),
    /// Each duration in the range as likely as the others.
    Uniform {
        /// The shortest.
        min: Nanos,
        /// The longest.
        max: Nanos,
    },
    /// Half of the draws lie within `min` and `median`, half of the rest within one more such
    /// span, doubled, and so on up to `max`.
    LongTail {
        /// The shortest.
        min: Nanos,
        /// The middle one.
        median: Nanos,
        /// The longest.
        max: Nanos,
    },
}

/// The disks when no fault is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskOptions {
    /// Time that a write into the operating system's cache takes.
    pub write: Delay,
    /// Time that making something durable takes.
    pub sync: Delay,
    /// The unit that a loss of power keeps or loses as a whole, in bytes.
    pub sector_bytes: u32,
    /// On a loss of power: chance of each unsynced operation to have reached the disk whole.
    pub survive: Ppm,
    /// On a loss of power: chance of each unsynced write to be torn, if it did not survive whole.
    pub tear: Ppm,
    /// Chance of each operation to find the disk standing still.
    pub stall: Ppm,
    /// How long it then stands still.
    pub stall_for: Delay,
    /// Bytes that all files of a node may hold; `None`: as many as it likes.
    pub capacity: Option<u64>,
    /// Chance of each operation, and of each reading of a file, to answer EIO.
    pub io_error: Ppm,
    /// Chance of each sync of a file to fail and drop what was dirty.
    pub sync_drops: Ppm,
    /// Chance of each sync to fail and keep what was dirty.
    pub sync_keeps: Ppm,
    /// Chance of each sync to do nothing and say that it did.
    pub lying_sync: Ppm,
    /// Chance of each write to go to another place.
    pub misdirect: Ppm,
}

/// Where a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long clients work and faults strike.
    pub storm: Nanos,
    /// After the storm, when `heal` is done: within this the cluster must elect, commit and
    /// converge.
    pub settle: Nanos,
    /// What is healed after the storm.
    pub heal: Heal,
    /// In the storm: whenever a quorum has been up, mutually connected and undisturbed for this
    /// long, and for twelve election timeouts, a client must have got an answer in the meantime;
    /// 0 for no such demand.
    pub available_within: Nanos,
    /// Events of a run; beyond it nobody can tell, and the verdict is `unknown`.
    pub events_max: u64,
    /// Steps of a run: things that were due. Beyond it the verdict is `unknown`, after the same
    /// event on every machine.
    pub steps_max: u64,
    /// Configurations that the linearizability check may visit; beyond it, it says `unknown`.
    pub check_max: u64,
    /// In how many runs the order of the log may bear witness that the clients' history is
    /// linearizable, per million. It can only say yes, and sooner; the others are judged without it,
    /// so that it hides nothing.
    pub witness: Ppm,
    /// Whether the run ends at the first answer that cannot be explained, or the first invariant that
    /// is broken.
    pub stop_on_violation: bool,
}

/// What is healed after the storm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heal {
    /// Everything: every node is up and hears every other.
    #[default]
    All,
    /// A quorum, drawn, of the configuration in force. The other nodes stay as they are for ever
    /// if they are down, and are cut off for ever if they are up.
    Quorum,
}

/// How long the cluster may be without an answer once a quorum can decide again: bounds of the
/// distribution over all recoveries of a sweep, in nanoseconds of virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryBounds {
    /// Half of them take no longer.
    pub p50: Option<Nanos>,
    /// 99 of 100 take no longer.
    pub p99: Option<Nanos>,
    /// None takes longer.
    pub max: Option<Nanos>,
}

impl RecoveryBounds {
    /// The bounds that are set: the name, how many of 1 000 recoveries it is about, and the bound.
    pub fn each(self) -> impl Iterator<Item = (&'static str, u64, Nanos)> {
        let all = [("p50", 500, self.p50), ("p99", 990, self.p99), ("max", 1_000, self.max)];
        all.into_iter().filter_map(|(name, part, bound)| Some((name, part, bound?)))
    }
}

/// How a run is expected to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Every seed passes.
    #[default]
    Pass,
    /// Some seed of the first `within` fails with each of these signatures (`linearizable/*`: any
    /// kind of that check).
    Fail {
        /// The signatures.
        signatures: Vec<String>,
        /// How many seeds, from 0, it may take.
        within: u64,
    },
}

impl Expect {
    /// Whether a failure with this signature is one that the scenario names.
    #[must_use]
    pub fn allows(&self, signature: &str) -> bool {
        let Expect::Fail { signatures, .. } = self else { return false };
        signatures.iter().any(|pattern| is_signature(pattern, signature))
    }
}

/// Whether a signature is the one that is meant: itself, or any kind of a check
/// (`linearizable/*`).
#[must_use]
pub fn is_signature(pattern: &str, signature: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(check) => signature.starts_with(check),
        None => pattern == signature,
    }
}
