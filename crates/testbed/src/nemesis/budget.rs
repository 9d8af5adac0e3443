//! How much more may be taken away? What a correct Raft survives is bounded, and a nemesis with a
//! budget stays within it.

use sim::Stream;
use system::{NodeId, NodeSet, System};

use crate::slot::{Life, Slot};
use crate::world::World;

impl<S: System> World<'_, S> {
    /// Those of the victims that the budget lets go, drawn if it is not all of them.
    pub(crate) fn afford(&self, victims: NodeSet, stream: &mut Stream) -> NodeSet {
        let Some(budget) = self.plan.scenario.budget.unavailable else { return victims };
        let gone = self.unavailable(&[]);
        let mut left = budget.saturating_sub(gone.len() as u64);
        let mut taken = victims.intersection(gone);
        let mut free = victims.difference(gone);
        while left > 0 && !free.is_empty() {
            let at = stream.below(free.len() as u64) as usize;
            let id = free.iter().nth(at).expect("the place is within the set");
            free.remove(id);
            taken.insert(id);
            left -= 1;
        }
        // Whoever is taken may have been what connected others.
        if self.unavailable_without(taken, &[]).len() as u64 > budget.max(gone.len() as u64) {
            return victims.intersection(gone);
        }
        taken
    }

    /// Whether the budget bears it that these links are cut as well.
    pub(crate) fn affords_cut(&self, pairs: &[(u64, u64)]) -> bool {
        let Some(budget) = self.plan.scenario.budget.unavailable else { return true };
        let gone = self.unavailable(pairs).len() as u64;
        gone <= budget || gone == self.unavailable(&[]).len() as u64
    }

    /// Members that are down, about to crash or to stop, on a disk that fails or has failed, stopped, or do not hear and reach a majority, if
    /// these links are cut besides those that faults cut, clog or let flap.
    pub(crate) fn unavailable(&self, cut: &[(u64, u64)]) -> NodeSet {
        self.unavailable_without(NodeSet::EMPTY, cut)
    }

    fn unavailable_without(&self, taken: NodeSet, cut: &[(u64, u64)]) -> NodeSet {
        let is_member = |slot: &&Slot<S>| !matches!(slot.life, Life::Unborn | Life::Removed);
        let members: NodeSet = self.slots.iter().filter(is_member).map(|slot| slot.id).collect();
        let now = self.queue.now();
        let works = |id: NodeId| {
            let slot = &self.slots[id as usize - 1];
            let is_sound = !slot.at_risk && slot.stall.0 <= now && !slot.disk.borrow().is_faulty();
            let is_awake = slot.paused == 0 && slot.stopping.is_none();
            let is_left_alone = is_awake && slot.crash.is_none() && slot.looping.is_none();
            slot.is_up() && is_sound && is_left_alone
        };
        let up: NodeSet = members.iter().filter(|&id| works(id) && !taken.contains(id)).collect();
        let is_cut = |pair: (u64, u64)| {
            cut.contains(&pair) || self.troubled.iter().any(|(_, pairs)| pairs.contains(&pair))
        };
        let reaches =
            |id: NodeId, other: NodeId| id == other || !is_cut((id, other)) && !is_cut((other, id));
        let is_available = |id: NodeId| {
            let heard = up.iter().filter(|&other| reaches(id, other)).count();
            heard >= members.majority()
        };
        members.iter().filter(|&id| !up.contains(id) || !is_available(id)).collect()
    }
}
