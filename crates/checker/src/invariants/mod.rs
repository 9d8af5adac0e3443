//! Raft's promises, one file each.

pub(crate) mod admin_answers;
pub(crate) mod apply_order;
pub(crate) mod commit_monotonic;
pub(crate) mod commit_quorum;
pub(crate) mod config_safety;
pub(crate) mod convergence;
pub(crate) mod durability;
pub(crate) mod election_safety;
pub(crate) mod exactly_once;
pub(crate) mod leader_append_only;
pub(crate) mod leader_completeness;
pub(crate) mod lease;
pub(crate) mod log_kept;
pub(crate) mod log_matching;
pub(crate) mod lost_writes;
pub(crate) mod read_freshness;
pub(crate) mod snapshot_prefix;
pub(crate) mod state_machine_safety;
pub(crate) mod sut;
pub(crate) mod term_monotonic;
pub(crate) mod vote_kept;

/// One slot for each possible node id.
pub(crate) type PerNode<T> = Box<[T; 64]>;

/// A slot for each node, all empty.
pub(crate) fn per_node<T: Default>() -> PerNode<T> {
    Box::new(std::array::from_fn(|_| T::default()))
}

/// The place of a node in a [`PerNode`].
///
/// # Panics
///
/// If the id is above 63: the host made it up.
pub(crate) fn slot(node: system::NodeId) -> usize {
    assert!(node <= system::NodeSet::MAX, "node id {node} is above 63");
    node as usize
}

/// Whether a fault of a disk may take what was durable.
pub(crate) fn takes_durable_data(what: &str) -> bool {
    matches!(what, "bit-rot" | "unreadable" | "misdirect" | "lying-sync" | "wipe")
}
