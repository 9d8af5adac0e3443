//! What the clients saw: operations with the interval in which each took effect, or may have.

use system::{Nanos, Op};

use crate::event::{OpId, Outcome};

/// One operation of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub id: OpId,
    /// What was asked.
    pub op: Op,
    /// The place of the invocation in the order of events.
    pub invoked_seq: u64,
    /// The virtual time of the invocation.
    pub invoked_at: Nanos,
    /// The place of the return in the order of events; `u64::MAX` if it never returned or its
    /// outcome is unknown: it may still take effect.
    pub returned_seq: u64,
    /// The virtual time of the return, or of the moment in which the client gave up.
    pub returned_at: Nanos,
    /// How it ended.
    pub outcome: Outcome,
}

/// The operations of a run, in the order of their invocations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The operations.
    pub operations: Vec<Operation>,
}
