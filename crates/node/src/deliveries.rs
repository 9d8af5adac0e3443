//! Snapshots on their way to other nodes.
//!
//! While the library believes that a snapshot is on its way, it sends nothing else to that node,
//! and it waits for a report forever. So every snapshot is sent with a token that the host
//! answers, and one that was not answered for long is reported as lost.

use std::collections::BTreeMap;

use system::NodeId;

/// The latest unanswered snapshot to each node.
#[derive(Default)]
pub(crate) struct Deliveries {
    last_token: u64,
    under_way: BTreeMap<NodeId, Delivery>,
}

struct Delivery {
    token: u64,
    deadline: u64,
}

impl Deliveries {
    /// A snapshot is sent; its fate is awaited until the tick `deadline`. Returns its token.
    pub(crate) fn begin(&mut self, to: NodeId, deadline: u64) -> u64 {
        self.last_token += 1;
        self.under_way.insert(to, Delivery { token: self.last_token, deadline });
        self.last_token
    }

    /// Whether a report is about the latest snapshot to that node, which it ends.
    pub(crate) fn end(&mut self, to: NodeId, token: u64) -> bool {
        let is_latest = self.under_way.get(&to).is_some_and(|delivery| delivery.token == token);
        is_latest && self.under_way.remove(&to).is_some()
    }

    /// A node whose snapshot was not answered by `tick`.
    pub(crate) fn take_expired(&mut self, tick: u64) -> Option<NodeId> {
        let expired =
            |(to, delivery): (&NodeId, &Delivery)| (delivery.deadline <= tick).then_some(*to);
        let to = self.under_way.iter().find_map(expired)?;
        self.under_way.remove(&to);
        Some(to)
    }
}
