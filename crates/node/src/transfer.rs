//! A hand-over of leadership that somebody waits for (*thesis §3.10*).

use system::{NodeId, RequestId};

/// A transfer that this node began as the leader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    /// Who waits for it.
    pub(crate) request: RequestId,
    /// The next leader.
    pub(crate) to: NodeId,
    /// The term in which it began.
    pub(crate) term: u64,
    /// The tick at which it has failed.
    pub(crate) deadline: u64,
}

impl Transfer {
    /// How it ended, if it has: `leader` is the one that the node knows in `term`, or 0.
    pub(crate) fn outcome(&self, term: u64, leader: NodeId, tick: u64) -> Option<bool> {
        if term > self.term && leader != 0 {
            Some(leader == self.to)
        } else {
            (tick >= self.deadline).then_some(false)
        }
    }
}
