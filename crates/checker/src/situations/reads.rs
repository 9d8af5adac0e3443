//! Reads, between the question and the answer.

use system::{NodeId, ReadPath, RequestId, Role};
use trace::{OpId, Situation};

use super::{Asked, Node, Tally};

/// A client begins an operation.
pub(super) fn invoked(id: OpId, is_read: bool, asked: &mut Vec<Asked>) {
    let place = usize::try_from(id.client).expect("clients are few");
    if place >= asked.len() {
        asked.resize(place + 1, Asked::default());
    }
    asked[place] = Asked { number: id.number, is_read, node: 0, term: 0 };
}

/// A node takes a request.
pub(super) fn asked(id: NodeId, node: &Node, op: OpId, asked: &mut [Asked], tally: &mut Tally) {
    let Some(last) = of(op, asked) else { return };
    (last.node, last.term) = (id, node.term);
    let waits = node.role == Role::Leader && node.commit < node.first_of_term;
    tally.hit_if(last.is_read && waits, Situation::ReadBeforeFirstCommit);
}

/// A node answers a read.
pub(super) fn served(
    id: NodeId,
    node: &Node,
    request: RequestId,
    path: ReadPath,
    asked: &mut [Asked],
    tally: &mut Tally,
) {
    tally.hit_if(path == ReadPath::Lease, Situation::LeaseRead);
    tally.hit_if(path == ReadPath::FollowerReadIndex, Situation::FollowerRead);
    if !matches!(path, ReadPath::ReadIndex | ReadPath::FollowerReadIndex) {
        return;
    }
    if let Some(last) = of(OpId::of(request), asked) {
        let is_later = last.node == id && last.term > 0 && last.term != node.term;
        tally.hit_if(is_later, Situation::ReadAcrossLeaders);
    }
}

/// The operation, if its client still waits for it.
fn of(op: OpId, asked: &mut [Asked]) -> Option<&mut Asked> {
    let last = asked.get_mut(usize::try_from(op.client).ok()?)?;
    (last.number == op.number).then_some(last)
}
