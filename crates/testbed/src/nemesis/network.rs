//! Faults of the network: which links a shape means at this moment, and what becomes of them.

use sim::{Stream, partition};
use system::{Nanos, NodeId, NodeSet, System};
use trace::{FaultId, Shape};

use crate::world::{Due, World};

/// A partition that comes and goes.
pub(crate) struct Flapping {
    fault: FaultId,
    pairs: Vec<(u64, u64)>,
    period: Nanos,
    on: bool,
}

impl<S: System> World<'_, S> {
    pub(super) fn partition(
        &mut self,
        number: FaultId,
        shape: &Shape,
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        if let Some(pairs) = self.trouble(number, shape, "partition", String::new(), stream) {
            self.network.cut(number, pairs);
            self.end_later(number, lasts);
        }
    }

    /// The links hold what is sent on them until the fault ends.
    pub(super) fn clog(
        &mut self,
        number: FaultId,
        shape: &Shape,
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        let end = self.now() + lasts;
        if let Some(pairs) = self.trouble(number, shape, "clog", String::new(), stream) {
            self.network.clog(number, pairs, end);
            self.end_later(number, lasts);
        }
    }

    pub(super) fn begin_flapping(
        &mut self,
        number: FaultId,
        shape: &Shape,
        period: Nanos,
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        let every = format!(", every {}", trace::text::exact_time(period));
        if let Some(pairs) = self.trouble(number, shape, "flap", every, stream) {
            self.flapping.push(Flapping { fault: number, pairs, period, on: false });
            self.flap(number);
            self.end_later(number, lasts);
        }
    }

    /// The partition of this fault comes, or goes for a moment.
    pub(crate) fn flap(&mut self, fault: FaultId) {
        let now = self.now();
        let Some(flapping) = self.flapping.iter_mut().find(|f| f.fault == fault) else { return };
        flapping.on = !flapping.on;
        if flapping.on {
            self.network.cut(fault, flapping.pairs.iter().copied());
        } else {
            self.network.heal(fault);
        }
        self.queue.push(now + flapping.period, Due::Flap { fault });
    }

    pub(super) fn end_flapping(&mut self, number: FaultId) {
        self.flapping.retain(|flapping| flapping.fault != number);
        self.network.heal(number);
    }

    /// Finds the links of a shape and records the fault, unless the budget does not bear it.
    fn trouble(
        &mut self,
        number: FaultId,
        shape: &Shape,
        name: &'static str,
        more: String,
        stream: &mut Stream,
    ) -> Option<Vec<(u64, u64)>> {
        let (pairs, detail) = self.resolve(shape, stream);
        if !self.affords_cut(&pairs) {
            return None;
        }
        self.troubled.push((number, pairs.clone()));
        self.fault_started(number, name, detail + &more);
        Some(pairs)
    }

    /// The directed links that a shape cuts at this moment, and the shape in words.
    fn resolve(&self, shape: &Shape, stream: &mut Stream) -> (Vec<(u64, u64)>, String) {
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
}
