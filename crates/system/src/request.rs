//! What clients and administrators ask of a node, and how it can end.
//!
//! Every request ends in one of three ways (*Jepsen*): it is known to have happened, it is known
//! not to have happened, or nobody can tell. The third is never an error to hide: such an
//! operation may have happened, and may still happen.

use crate::id::{NodeId, NodeSet};
use crate::note::ReadPath;
use crate::op::{Op, Output};

/// A request to one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// An operation on the store.
    Op {
        /// The operation.
        op: Op,
        /// How a read is to be served. Without meaning for writes.
        read: ReadMode,
        /// Makes retries of this request take effect once (*thesis §6.3*).
        session: Option<SessionSeq>,
    },
    /// Opens a client session. Not idempotent: a retry may open a second one, which is harmless.
    OpenSession,
    /// Changes the cluster itself.
    Admin(Admin),
}

/// A place in a client session: requests with the same pair are the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionSeq {
    /// The session, as [`Response::Session`] named it.
    pub session: u64,
    /// Counts the requests of the session, from 1. A client has one request outstanding.
    pub seq: u64,
}

/// How a read is served (*thesis §6.4*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadMode {
    /// After a round of heartbeats confirmed the leader; linearizable.
    #[default]
    ReadIndex,
    /// By a leader within its lease; linearizable while clock drift stays within its bound.
    Lease,
    /// As an entry of the log; linearizable.
    Log,
    /// From whatever the node has applied; stale at will.
    Local,
}

impl ReadMode {
    /// The mode's name in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReadMode::ReadIndex => "read-index",
            ReadMode::Lease => "lease",
            ReadMode::Log => "log",
            ReadMode::Local => "local",
        }
    }
}

/// A change of the cluster, asked of any node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admin {
    /// Changes the membership (*Raft §6, thesis §4*).
    Reconfigure {
        /// The changes, made together.
        changes: Vec<ConfChange>,
        /// By which road.
        transition: Transition,
    },
    /// Hands the leadership to a node (*thesis §3.10*).
    Transfer {
        /// The next leader.
        to: NodeId,
    },
}

/// One change of the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfChange {
    /// Adds a voter, or promotes a learner.
    AddVoter(NodeId),
    /// Adds a learner, or demotes a voter.
    AddLearner(NodeId),
    /// Removes a voter or learner.
    Remove(NodeId),
}

/// The road from one configuration to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transition {
    /// One step for a single change, joint consensus for several.
    #[default]
    Auto,
    /// Joint consensus, left as soon as it is entered everywhere that counts.
    Joint,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It happened.
    Ok {
        /// The answer.
        response: Response,
        /// The log index at which it took effect or was read; 0 if it has none.
        index: u64,
        /// How it was served.
        path: ReadPath,
    },
    /// It did not happen and never will.
    Failed(Refusal),
    /// It may have happened, and may still happen. The text says why nobody can tell.
    Unknown(&'static str),
}

/// What a successful request answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// Of an operation.
    Output(Output),
    /// Of [`Request::OpenSession`]: the session's name.
    Session(u64),
    /// Of [`Admin`]: the change is in force.
    Changed,
}

/// Why a request definitely did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This node does not lead. The hint names the leader it knows; 0 if it knows none.
    NotLeader {
        /// The leader to try next, or 0.
        hint: NodeId,
    },
    /// The Raft library dropped the proposal before it reached the log.
    Dropped,
    /// The log holds too much that is not committed yet; come back later.
    Overloaded,
    /// The session is not in the table: it expired, or was never opened here.
    SessionExpired,
    /// The session has already moved beyond this request.
    Superseded,
    /// Another change of the membership is under way.
    ChangePending,
    /// The change makes no sense for the present membership.
    InvalidChange,
    /// A read that could not be confirmed in time.
    ReadTimeout,
    /// A transfer that did not complete.
    TransferFailed,
    /// The node is stopping, or is not a member.
    Stopping,
    /// The system does not offer this.
    Unsupported,
    /// A key or value beyond the limits.
    TooLarge,
}

impl Refusal {
    /// The refusal's name in traces and histories.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Refusal::NotLeader { .. } => "not-leader",
            Refusal::Dropped => "dropped",
            Refusal::Overloaded => "overloaded",
            Refusal::SessionExpired => "session-expired",
            Refusal::Superseded => "superseded",
            Refusal::ChangePending => "change-pending",
            Refusal::InvalidChange => "invalid-change",
            Refusal::ReadTimeout => "read-timeout",
            Refusal::TransferFailed => "transfer-failed",
            Refusal::Stopping => "stopping",
            Refusal::Unsupported => "unsupported",
            Refusal::TooLarge => "too-large",
        }
    }
}

impl Admin {
    /// The nodes that the request names.
    #[must_use]
    pub fn nodes(&self) -> NodeSet {
        match self {
            Admin::Transfer { to } => [*to].into_iter().collect(),
            Admin::Reconfigure { changes, .. } => changes.iter().map(|c| c.node()).collect(),
        }
    }
}

impl ConfChange {
    /// The node that is added or removed.
    #[must_use]
    pub fn node(self) -> NodeId {
        match self {
            ConfChange::AddVoter(id) | ConfChange::AddLearner(id) | ConfChange::Remove(id) => id,
        }
    }
}
