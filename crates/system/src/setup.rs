//! Another setup of one node: what may change between two of its starts.

/// Options with which a node starts again instead of those it had; what is `None` stays as the
/// scenario has it. Only options that need not be equal on all nodes: a cluster is reconfigured
/// node by node, and must bear it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Applied entries between snapshots; 0 for never.
    pub snapshot_every: Option<u64>,
    /// Entries kept behind a snapshot for slow followers.
    pub catch_up_entries: Option<u64>,
    /// Size at which a segment of the log is closed, in bytes; at least 512.
    pub segment_bytes: Option<u64>,
    /// Whether elections begin with a pre-vote (*thesis §9.6*).
    pub pre_vote: Option<bool>,
    /// Whether followers forward proposals to the leader, or answer with a hint.
    pub forward: Option<bool>,
}
