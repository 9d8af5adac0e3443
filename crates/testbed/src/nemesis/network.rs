//! Faults of the network: which links a shape cuts at this moment.

use sim::{Stream, partition};
use system::{NodeId, NodeSet, System};
use trace::Shape;

use crate::world::World;

impl<S: System> World<'_, S> {
    /// The directed links that a shape cuts at this moment, and the shape in words.
    pub(super) fn resolve(&self, shape: &Shape, stream: &mut Stream) -> (Vec<(u64, u64)>, String) {
        let all: NodeSet = self.slots.iter().map(|slot| slot.id).collect();
        let mut order: Vec<NodeId> = all.iter().collect();
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        let set = |ids: &[NodeId]| ids.iter().copied().collect::<NodeSet>();
        let victim = |target, stream: &mut Stream| {
            self.targets(target, stream).iter().next().unwrap_or(order[0])
        };
        match shape {
            Shape::Groups(groups) => {
                let text = groups.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
                (partition::groups(groups, all), text)
            }
            Shape::Halves => {
                let small = 1 + stream.below((order.len() as u64 / 2).max(1)) as usize;
                let groups = [set(&order[..small]), set(&order[small..])];
                let text = format!("{}|{}", groups[0], groups[1]);
                (partition::groups(&groups, all), text)
            }
            Shape::Isolate(target) => {
                let node = victim(*target, stream);
                (partition::isolate(node, all), format!("n{node} alone"))
            }
            Shape::Mute(target) => {
                let node = victim(*target, stream);
                (partition::mute(node, all), format!("n{node} is not heard"))
            }
            Shape::Deaf(target) => {
                let node = victim(*target, stream);
                (partition::deaf(node, all), format!("n{node} does not hear"))
            }
            Shape::Pair => {
                let (a, b) = (order[0], order[order.len() - 1]);
                (partition::pair(a, b), format!("n{a} and n{b}"))
            }
            Shape::Bridge => {
                let middle = order.len() / 2;
                let (left, right) = (set(&order[..middle]), set(&order[middle + 1..]));
                let text = format!("{left}|{right}, bridge n{}", order[middle]);
                (partition::bridge(order[middle], left, right), text)
            }
            Shape::MajorityRing => (partition::majority_ring(&order), format!("ring {order:?}")),
        }
    }
}
