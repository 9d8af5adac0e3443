//! What a system demands of its world, and what it offers to its users.

/// The whole contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// What the messages between nodes may suffer.
    pub link: LinkContract,
    /// What a node must find after a restart.
    pub restart: RestartContract,
    /// What users may ask for.
    pub capabilities: Capabilities,
}

/// What a correct transport may do to messages. A fault outside of this breaks the contract, not
/// the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkContract {
    /// Messages may be lost.
    pub loss: bool,
    /// A message may arrive more than once.
    pub duplicates: bool,
    /// Messages of one link may overtake each other.
    pub reordering: bool,
}

/// What a node needs to find when it starts again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartContract {
    /// Everything that it synced before the crash.
    Durable,
    /// Nothing: a restarted node is a new one, and must come back under a new id.
    Volatile,
}

/// What a system offers beyond put and get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// [`crate::Op::Delete`].
    pub delete: bool,
    /// [`crate::Op::Cas`].
    pub cas: bool,
    /// [`crate::Op::Append`].
    pub append: bool,
    /// Client sessions: retries take effect once.
    pub sessions: bool,
    /// Voters can be added and removed, one at a time.
    pub membership: bool,
    /// Several changes at once, by joint consensus.
    pub joint: bool,
    /// Members that do not vote.
    pub learners: bool,
    /// Leadership can be handed over.
    pub transfer: bool,
    /// Reads served by [`crate::ReadMode::Lease`].
    pub lease_reads: bool,
    /// As long as a node runs and the cluster is whole, every request to it is answered in the
    /// end, be it by a refusal.
    pub answers: bool,
}
