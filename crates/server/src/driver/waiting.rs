//! Who waits for the answers of the node, and of the leader.

use std::collections::BTreeMap;

use system::{Admin, NodeId, Reply, RequestId};
use tokio::sync::oneshot;

/// Who asked.
pub(super) enum Waiter {
    /// A client of this process.
    Client {
        answer: oneshot::Sender<Reply>,
        /// What to pass on if another node leads.
        admin: Option<Admin>,
    },
    /// A peer that passed on what this node, as the leader, must do; and its name for it.
    Peer { from: NodeId, id: u64 },
    /// The driver itself, about the address of a member.
    Address(NodeId),
}

/// Everybody who waits.
#[derive(Default)]
pub(super) struct Waiting {
    last: RequestId,
    node: BTreeMap<RequestId, Waiter>,
    /// Clients whose change was passed on to the leader.
    passed: BTreeMap<u64, oneshot::Sender<Reply>>,
}

impl Waiting {
    /// A name for a request that is handed to the node.
    pub(super) fn wait(&mut self, waiter: Waiter) -> RequestId {
        self.last += 1;
        self.node.insert(self.last, waiter);
        self.last
    }

    /// Who waits for the node's answer.
    pub(super) fn take(&mut self, request: RequestId) -> Option<Waiter> {
        self.node.remove(&request)
    }

    /// Whether the driver itself asked.
    pub(super) fn is_own(&self, request: RequestId) -> bool {
        matches!(self.node.get(&request), Some(Waiter::Address(_)))
    }

    /// A name for a change that is passed on to the leader.
    pub(super) fn pass_on(&mut self, answer: oneshot::Sender<Reply>) -> u64 {
        self.last += 1;
        self.passed.insert(self.last, answer);
        self.last
    }

    /// The leader's answer to a change.
    pub(super) fn answer_passed(&mut self, id: u64, reply: Reply) {
        if let Some(answer) = self.passed.remove(&id) {
            // A client that has hung up is not told.
            let _ = answer.send(reply);
        }
    }

    /// Drops those who waited for a leader's answer and have given up. The node answers always.
    pub(super) fn forget_abandoned(&mut self) {
        self.passed.retain(|_, answer| !answer.is_closed());
    }
}
