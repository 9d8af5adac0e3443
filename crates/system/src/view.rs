//! What a node says of itself when asked.

use crate::id::{NodeId, NodeSet};
use crate::note::Role;

/// A node's state at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// Whom it voted for in this term; 0 for nobody.
    pub vote: NodeId,
    /// The leader it knows; 0 for none.
    pub leader: NodeId,
    /// The highest index that it knows to be committed.
    pub commit: u64,
    /// The highest index that its state machine has applied.
    pub applied: u64,
    /// The first index that its log still holds; everything before is in the snapshot.
    pub first_index: u64,
    /// The last index of its log.
    pub last_index: u64,
    /// A hash of the state machine after `applied`.
    pub digest: u64,
    /// The voters of the configuration in force.
    pub voters: NodeSet,
    /// The voters of the configuration being left, while joint; else empty.
    pub outgoing: NodeSet,
    /// The learners.
    pub learners: NodeSet,
}

/// An entry of a log, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryMark {
    /// The entry's term.
    pub term: u64,
    /// A hash of the entry's kind and content.
    pub digest: u64,
}
