//! Which links a shape means at a moment, given who is there.

use sim::partition::Pair;
use sim::{Stream, partition};
use system::{NodeId, NodeSet};
use trace::{Shape, Target};

/// The directed links that a shape cuts among these nodes, and the shape in words. `victim` finds
/// a node that is meant; where it finds none, one is drawn.
///
/// # Panics
///
/// If there are fewer than two nodes and the shape names a pair.
pub fn resolve(
    shape: &Shape,
    all: NodeSet,
    victim: impl Fn(Target, &mut Stream) -> Option<NodeId>,
    stream: &mut Stream,
) -> (Vec<Pair>, String) {
    let mut order: Vec<NodeId> = all.iter().collect();
    for i in (1..order.len()).rev() {
        order.swap(i, stream.below(i as u64 + 1) as usize);
    }
    let set = |ids: &[NodeId]| ids.iter().copied().collect::<NodeSet>();
    let victim = |target, stream: &mut Stream| victim(target, stream).unwrap_or(order[0]);
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
        Shape::OneWay => {
            let (from, to) = (order[0], order[order.len() - 1]);
            (partition::one_way(from, to), format!("n{to} does not hear n{from}"))
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
