//! Faults of the network: which links a shape means at this moment, and what becomes of them.

use sim::Stream;
use system::{Nanos, NodeSet, System};
use trace::{FaultId, Shape, Target};

use super::missed::Why;
use super::shape;
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
    ) -> Result<(), Why> {
        let pairs = self.trouble(number, shape, "partition", String::new(), stream)?;
        self.network.cut(number, pairs);
        self.end_later(number, lasts);
        Ok(())
    }

    /// The links hold what is sent on them until the fault ends.
    pub(super) fn clog(
        &mut self,
        number: FaultId,
        shape: &Shape,
        lasts: Nanos,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let end = self.now() + lasts;
        let pairs = self.trouble(number, shape, "clog", String::new(), stream)?;
        self.network.clog(number, pairs, end);
        self.end_later(number, lasts);
        Ok(())
    }

    pub(super) fn begin_flapping(
        &mut self,
        number: FaultId,
        shape: &Shape,
        period: Nanos,
        lasts: Nanos,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let every = format!(", every {}", trace::text::exact_time(period));
        let pairs = self.trouble(number, shape, "flap", every, stream)?;
        self.flapping.push(Flapping { fault: number, pairs, period, on: false });
        self.flap(number);
        self.end_later(number, lasts);
        Ok(())
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
    ) -> Result<Vec<(u64, u64)>, Why> {
        let all: NodeSet = self.slots.iter().map(|slot| slot.id).collect();
        // The links of a named node can be cut while it is down.
        let victim = |target, stream: &mut Stream| match target {
            Target::Node(named) => Some(named),
            _ => self.targets(target, stream).iter().next(),
        };
        let (pairs, detail) = shape::resolve(shape, all, victim, stream);
        if pairs.is_empty() {
            return Err(Why::NoLink);
        }
        if !self.affords_cut(&pairs) {
            return Err(Why::Budget);
        }
        self.troubled.push((number, pairs.clone()));
        self.fault_started(number, name, detail + &more);
        Ok(pairs)
    }
}
