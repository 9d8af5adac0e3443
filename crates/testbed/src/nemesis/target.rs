//! Whom a fault means, found at the moment in which it begins.

use sim::Stream;
use system::{NodeId, NodeSet, System};
use trace::Target;

use super::missed::Why;
use crate::slot::Life;
use crate::world::World;

impl<S: System> World<'_, S> {
    /// The nodes that a target means at this moment, or why there are none.
    pub(super) fn meant(&self, target: Target, stream: &mut Stream) -> Result<NodeSet, Why> {
        let meant = self.targets(target, stream);
        if meant.is_empty() { Err(self.nobody(target)) } else { Ok(meant) }
    }

    /// Why a target means nobody at this moment.
    pub(super) fn nobody(&self, target: Target) -> Why {
        let Target::Node(node) = target else { return Why::NobodyUp };
        match self.slots[node as usize - 1].life {
            Life::Up | Life::Down => Why::Down(node),
            Life::Halted => Why::Halted(node),
            Life::Unborn | Life::Removed => Why::NoMember(node),
        }
    }

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
