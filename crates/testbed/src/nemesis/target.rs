//! Whom a fault means, found at the moment in which it begins.

use sim::Stream;
use system::{NodeId, NodeSet, System};
use trace::Target;

use crate::world::World;

impl<S: System> World<'_, S> {
    /// The nodes that a target means at this moment; none if all are down.
    pub(super) fn targets(&self, target: Target, stream: &mut Stream) -> NodeSet {
        let up: NodeSet = self.slots.iter().filter(|s| s.is_up()).map(|s| s.id).collect();
        let one = |set: NodeSet, stream: &mut Stream| draw_one(set, stream).into_iter().collect();
        match target {
            Target::Node(id) => up.intersection([id].into_iter().collect()),
            Target::Leader => match self.leader() {
                Some(leader) => [leader].into_iter().collect(),
                None => one(up, stream),
            },
            Target::Follower => {
                let leader: NodeSet = self.leader().into_iter().collect();
                one(up.difference(leader), stream)
            }
            Target::Any => one(up, stream),
            Target::All => up,
        }
    }
}

pub(super) fn draw_one(set: NodeSet, stream: &mut Stream) -> Option<NodeId> {
    if set.is_empty() {
        return None;
    }
    set.iter().nth(stream.below(set.len() as u64) as usize)
}
