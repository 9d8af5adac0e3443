//! Faults of the network: which links a shape means at this moment, and what becomes of them.

use sim::Stream;
use sim::partition::Pair;
use system::{Nanos, NodeSet};
use trace::{FaultId, LinkFault, Shape};

use super::{Due, Nemesis};
use crate::differences;

impl Nemesis<'_> {
    pub(super) fn partition(
        &mut self,
        number: FaultId,
        shape: &Shape,
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        if let Some(pairs) = self.trouble(number, shape, "partition", "", stream) {
            self.links.cut(number, pairs);
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
        if let Some(pairs) = self.trouble(number, shape, "clog", "", stream) {
            self.links.clog(number, pairs);
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
        if let Some(pairs) = self.trouble(number, shape, "flap", &every, stream) {
            self.flapping.push((number, pairs, false));
            self.flap(number);
            self.end_later(number, lasts);
        }
    }

    /// The partition of this fault comes, or goes for a moment.
    pub(super) fn flap(&mut self, number: FaultId) {
        let trace::Fault::Flap { period, .. } = self.plan.faults[number as usize - 1].fault else {
            return;
        };
        let flapping = self.flapping.iter_mut().find(|(fault, ..)| *fault == number);
        let Some((_, pairs, on)) = flapping else { return };
        *on = !*on;
        if *on {
            self.links.cut(number, pairs.clone());
        } else {
            self.links.end(number);
        }
        self.push(self.recorder.now() + period, Due::Flap(number));
    }

    pub(super) fn change_links(&mut self, number: FaultId, change: &LinkFault, lasts: Nanos) {
        let Some(change) = differences::of_links(change) else { return };
        self.fault_started(number, "links", "all links".to_owned());
        self.links.set_quality(number, change);
        self.end_later(number, lasts);
    }

    /// Finds the links of a shape and records the fault, unless the budget does not bear it.
    fn trouble(
        &mut self,
        number: FaultId,
        shape: &Shape,
        name: &'static str,
        more: &str,
        stream: &mut Stream,
    ) -> Option<Vec<Pair>> {
        let all: NodeSet = self.cluster().processes.iter().map(|process| process.id).collect();
        let victim = |target, stream: &mut Stream| self.targets(target, stream).iter().next();
        if all.len() < 2 {
            return None;
        }
        let (pairs, detail) = testbed::resolve_shape(shape, all, victim, stream);
        if !self.affords(NodeSet::EMPTY, &pairs) {
            return None;
        }
        self.fault_started(number, name, detail + more);
        Some(pairs)
    }
}
