//! How one node is set up, and what it means by "done".

use system::{Nanos, Setup};

use crate::semantics::{Acknowledge, Semantics};

/// The options of one node. Every node of a cluster should have the same ones; those that must
/// be equal for safety say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Distance of ticks, in nanoseconds. Above 0.
    pub tick: Nanos,
    /// Ticks without a leader before an election; each wait is drawn from this to twice this.
    /// Above `heartbeat_ticks`. Equal on all nodes if `leases` is on.
    pub election_ticks: u32,
    /// Ticks between heartbeats. Above 0.
    pub heartbeat_ticks: u32,
    /// Whether elections begin with a pre-vote (*thesis §9.6*).
    pub pre_vote: bool,
    /// Whether a leader without a quorum steps down, and followers that hear a leader refuse to
    /// vote (*thesis §6.2, §4.2.3*).
    pub check_quorum: bool,
    /// Applied entries between snapshots; 0 for never.
    pub snapshot_every: u64,
    /// Entries kept in the log behind a snapshot, for slow followers. 0 counts as 1.
    pub catch_up_entries: u64,
    /// Size at which a segment of the write-ahead log is closed, in bytes.
    pub segment_bytes: u64,
    /// Bytes of one record of the write-ahead log beyond which a start takes it for damage.
    pub record_bytes_max: u64,
    /// Bytes of proposals not yet committed beyond which a leader refuses more.
    pub uncommitted_bytes_max: u64,
    /// Election timeouts after which a snapshot of which the transport tells nothing counts as
    /// lost; 0 for never.
    pub snapshot_patience: u32,
    /// Client sessions held; the one unused for the most entries is expired first. Equal on all
    /// nodes: the table is replicated state.
    pub sessions_max: u64,
    /// Ticks after which a round of reads that was not answered is asked again. Above 0.
    pub read_retry_ticks: u32,
    /// Whether the node, as a follower, forwards proposals to the leader, or answers with a hint.
    /// What others forward is taken in any case.
    pub forward: bool,
    /// Whether lease reads are prepared: a node that heard a leader, or has just started, gives
    /// no vote for `election_ticks` (unless leadership is being transferred). Equal on all
    /// nodes. Off: [`system::ReadMode::Lease`] is served as read-index.
    pub leases: bool,
    /// What the node promises.
    pub semantics: Semantics,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tick: 10_000_000,
            election_ticks: 15,
            heartbeat_ticks: 5,
            pre_vote: true,
            check_quorum: true,
            snapshot_every: 1_000,
            catch_up_entries: 100,
            segment_bytes: 64 << 10,
            record_bytes_max: u64::MAX,
            uncommitted_bytes_max: 1 << 20,
            snapshot_patience: 4,
            sessions_max: 1_024,
            read_retry_ticks: 5,
            forward: false,
            leases: true,
            semantics: Semantics::default(),
        }
    }
}

impl Config {
    /// The semantics of etcd's raftexample in 2018: acknowledged when proposed, forwarded by
    /// followers, the snapshot marked before its file is durable, the hard state in front of the
    /// entries, neither pre-vote nor check-quorum.
    #[must_use]
    pub fn raftexample() -> Self {
        Config {
            pre_vote: false,
            check_quorum: false,
            forward: true,
            leases: false,
            semantics: Semantics {
                acknowledge: Acknowledge::Proposed,
                mark_before_snapshot: true,
                hard_state_first: true,
                ..Semantics::default()
            },
            ..Config::default()
        }
    }

    /// The same options but for what a setup names.
    #[must_use]
    pub fn with(&self, setup: &Setup) -> Config {
        Config {
            snapshot_every: setup.snapshot_every.unwrap_or(self.snapshot_every),
            catch_up_entries: setup.catch_up_entries.unwrap_or(self.catch_up_entries),
            segment_bytes: setup.segment_bytes.unwrap_or(self.segment_bytes),
            pre_vote: setup.pre_vote.unwrap_or(self.pre_vote),
            forward: setup.forward.unwrap_or(self.forward),
            ..*self
        }
    }

    /// The options as the `raft` crate wants them.
    pub(crate) fn raft(&self, id: u64, applied: u64) -> raft::Config {
        raft::Config {
            id,
            election_tick: self.election_ticks as usize,
            heartbeat_tick: self.heartbeat_ticks as usize,
            applied,
            // The library refuses to start with messages larger than what it lets wait.
            max_size_per_msg: self.uncommitted_bytes_max.min(64 << 10),
            max_inflight_msgs: 256,
            check_quorum: self.check_quorum,
            pre_vote: self.pre_vote,
            min_election_tick: self.election_ticks as usize,
            // Used by the library's own draw alone, which `luck` replaces.
            max_election_tick: usize::MAX / 2,
            read_only_option: raft::ReadOnlyOption::Safe,
            max_uncommitted_size: self.uncommitted_bytes_max,
            ..raft::Config::default()
        }
    }
}
