//! Faults of processes, and how many of them may be away at the same time.

use sim::partition::Pair;
use sim::{Stream, StreamName};
use system::{Nanos, NodeId, NodeSet, Setup};
use trace::{CrashHow, FaultId, Target};

use super::{Due, Nemesis, start};
use crate::process::Life;

impl Nemesis<'_> {
    /// Ends processes; each comes back on its own directory, perhaps with another setup.
    pub(super) fn strike(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        setup: Option<Setup>,
        down: Nanos,
        stream: &mut Stream,
    ) {
        let victims = self.victims(target, stream);
        if victims.is_empty() {
            return;
        }
        let name = if setup.is_some() { "restart" } else { "crash" };
        let way = if how == CrashHow::Stop { "stop" } else { "kill" };
        self.fault_started(number, name, format!("{way} of {victims}"));
        for id in victims.iter() {
            if let Some(setup) = setup {
                self.cluster().process(id).setup = setup;
            }
            self.take_down(id, how, number, down);
        }
    }

    /// Ends a process; after `down` it starts again.
    fn take_down(&mut self, id: NodeId, how: CrashHow, fault: FaultId, down: Nanos) {
        match how {
            CrashHow::Power | CrashHow::Kill => self.kill(id, fault, down),
            CrashHow::Stop => self.ask_to_end(id, fault, down),
        }
    }

    pub(super) fn kill(&mut self, id: NodeId, fault: FaultId, down: Nanos) {
        let mut cluster = self.cluster();
        cluster.kill(id, fault);
        let incarnation = cluster.process(id).incarnation;
        drop(cluster);
        self.push(self.recorder.now() + down, Due::Restart(id, incarnation));
    }

    pub(super) fn restart(&mut self, id: NodeId, incarnation: u64) {
        let mut cluster = self.cluster();
        let process = cluster.process(id);
        if process.life != Life::Down || process.incarnation != incarnation {
            return;
        }
        start(&mut cluster, id);
        drop(cluster);
        let now = self.recorder.now();
        let looping =
            self.looping.iter_mut().find(|(_, node, until, _)| *node == id && now < *until);
        let Some((fault, _, _, stream)) = looping else { return };
        let fault = *fault;
        let up = match self.plan.faults[fault as usize - 1].fault {
            trace::Fault::CrashLoop { up, .. } => stream.between(up.0, up.1),
            _ => return,
        };
        self.push(now + up, Due::CrashAgain(id, fault));
    }

    /// Ends processes again and again until the fault ends.
    pub(super) fn begin_loop(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        up: (Nanos, Nanos),
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        let victims = self.victims(target, stream);
        if victims.is_empty() {
            return;
        }
        self.fault_started(number, "crash-loop", victims.to_string());
        let until = self.recorder.now() + lasts;
        for id in victims.iter() {
            let mut own = self.chance.stream(StreamName::Crash { node: id, number: number.into() });
            let down = own.between(up.0, up.1);
            self.looping.push((number, id, until, own));
            self.take_down(id, how, number, down);
        }
        self.end_later(number, lasts);
    }

    pub(super) fn crash_again(&mut self, id: NodeId, fault: FaultId) {
        let trace::Fault::CrashLoop { how, up, .. } = self.plan.faults[fault as usize - 1].fault
        else {
            return;
        };
        let looping = self.looping.iter_mut().find(|(of, node, ..)| (*of, *node) == (fault, id));
        let Some((.., stream)) = looping else { return };
        let down = stream.between(up.0, up.1);
        if self.cluster().process(id).is_up() {
            self.take_down(id, how, fault, down);
        }
    }

    /// Stops processes until the fault ends.
    pub(super) fn pause(
        &mut self,
        number: FaultId,
        target: Target,
        lasts: Nanos,
        stream: &mut Stream,
    ) {
        let victims = self.victims(target, stream);
        if victims.is_empty() {
            return;
        }
        self.fault_started(number, "pause", victims.to_string());
        let mut cluster = self.cluster();
        for id in victims.iter() {
            cluster.process(id).pause(number);
        }
        drop(cluster);
        self.end_later(number, lasts);
    }

    /// The victims of a target that the budget bears: all of them, or as many as it bears.
    fn victims(&self, target: Target, stream: &mut Stream) -> NodeSet {
        let mut victims = NodeSet::EMPTY;
        for id in self.targets(target, stream).iter() {
            let more = victims.union([id].into_iter().collect());
            if self.affords(more, &[]) {
                victims = more;
            }
        }
        victims
    }

    /// Whether the budget bears it that these nodes and links are taken away, too.
    pub(super) fn affords(&self, taken: NodeSet, cut: &[Pair]) -> bool {
        let Some(most) = self.plan.scenario.budget.unavailable else { return true };
        let cluster = self.cluster();
        let is_member = |life| !matches!(life, Life::Unborn | Life::Left);
        let members = cluster.processes.iter().filter(|process| is_member(process.life));
        let members: NodeSet = members.map(|process| process.id).collect();
        let loops: NodeSet = self.looping.iter().map(|(_, node, ..)| *node).collect();
        let up = cluster.up().intersection(members).difference(taken).difference(loops);
        let mut cuts = self.links.troubled();
        cuts.extend_from_slice(cut);
        // A partition that flaps is there even while it is off.
        cuts.extend(self.flapping.iter().flat_map(|(_, pairs, _)| pairs.clone()));
        unavailable(members, up, &cuts).len() as u64 <= most
    }
}

/// Members that are not up, or that no majority hears and is heard by.
fn unavailable(members: NodeSet, up: NodeSet, cut: &[Pair]) -> NodeSet {
    let reach =
        |one, other| one == other || !cut.contains(&(one, other)) && !cut.contains(&(other, one));
    let works = |id: NodeId| {
        let reached = up.iter().filter(|&other| reach(id, other)).count();
        up.contains(id) && reached >= members.majority()
    };
    members.iter().filter(|&id| !works(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reaches_no_majority_is_not_available() {
        let all = NodeSet::first(5);
        let set = |ids: &[NodeId]| ids.iter().copied().collect::<NodeSet>();
        assert_eq!(unavailable(all, all, &[]), NodeSet::EMPTY);
        assert_eq!(unavailable(all, set(&[1, 2, 3, 5]), &[]), set(&[4]));
        let isolated = sim::partition::isolate(2, all);
        assert_eq!(unavailable(all, all, &isolated), set(&[2]));
        assert_eq!(unavailable(all, set(&[1, 2, 3, 4]), &isolated), set(&[2, 5]));
        assert_eq!(unavailable(all, set(&[1, 2, 3]), &isolated), all);
        // One direction is enough to break a conversation.
        assert_eq!(unavailable(set(&[1, 2]), set(&[1, 2]), &[(1, 2)]), set(&[1, 2]));
    }
}
