//! The end of the storm: everything is healed, or a quorum and nothing else.
//!
//! With a quorum, the nodes that are not in it stay broken for ever: those that are down stay
//! down, those that are up are cut off. Which nodes a quorum takes may change under way: an entry
//! that was under way in the storm may bring a configuration that needs others. Then these are
//! healed too, as an operator would, and the time starts anew.

use sim::{StreamName, partition};
use system::{NodeId, NodeSet, System};
use trace::{Event, Heal, Kind};

use crate::phases::Phase;
use crate::slot::Life;
use crate::world::World;

/// The number under which the links of those that stay broken are cut; no fault bears it.
const FOR_EVER: u32 = 0;

impl<S: System> World<'_, S> {
    /// Ends every fault, and starts those nodes again that are to be healed.
    pub(crate) fn heal(&mut self) {
        self.enter(Phase::Settle);
        self.healed_at = self.now();
        self.phase_ends = self.now() + self.plan.scenario.limits.settle;
        self.network.heal_all();
        self.calm();
        self.recorder.misses.storm_ends(self.plan);
        let all: NodeSet = self.slots.iter().map(|slot| slot.id).collect();
        match self.plan.scenario.limits.heal {
            Heal::All => self.mend(all),
            Heal::Quorum => {
                let quorum = self.draw_quorum();
                self.mend(quorum);
                self.mend_missing();
            }
        }
        // Those that were stopped go on.
        for id in all.iter() {
            self.serve(id);
        }
    }

    /// Heals these nodes; what was healed before stays so.
    fn mend(&mut self, nodes: NodeSet) {
        self.healed = self.healed.union(nodes);
        let all: NodeSet = self.slots.iter().map(|slot| slot.id).collect();
        let broken = all.difference(self.healed);
        if !broken.is_empty() {
            let detail = format!("{} for ever, {} go on", broken, self.healed);
            let kind = Kind::FaultStart { fault: FOR_EVER, name: "broken", detail: detail.into() };
            self.record(Event::NO_CAUSE, kind);
        }
        self.network.heal(FOR_EVER);
        for node in broken.iter() {
            self.network.cut(FOR_EVER, partition::isolate(node, all));
        }
        let only_some = self.plan.scenario.limits.heal == Heal::Quorum;
        for id in nodes.iter() {
            let life = self.slot(id).life;
            if life == Life::Down || only_some && life == Life::Removed {
                self.start(id, Event::NO_CAUSE);
            }
        }
    }

    /// Heals what the quorum turns out to need. True if there was something.
    pub(crate) fn mend_missing(&mut self) -> bool {
        if self.plan.scenario.limits.heal == Heal::All {
            return false;
        }
        let mut missing = NodeSet::EMPTY;
        for id in self.healed.iter() {
            let Some(program) = &self.slots[id as usize - 1].program else { continue };
            let view = program.view();
            for voters in [view.voters, view.outgoing] {
                let there = self.healed.union(missing);
                missing = missing.union(self.to_majority(voters, there, voters));
            }
        }
        if missing.is_empty() {
            return false;
        }
        self.mend(missing);
        self.phase_ends = self.now() + self.plan.scenario.limits.settle;
        true
    }

    /// A majority of each half of the newest configuration, drawn.
    fn draw_quorum(&self) -> NodeSet {
        let (voters, outgoing) = self.recorder.watch.configuration();
        let mut stream = self.chance.stream(StreamName::Target(0));
        let mut order: Vec<NodeId> = voters.union(outgoing).iter().collect();
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        let mut quorum = NodeSet::EMPTY;
        for half in [voters, outgoing] {
            for &id in &order {
                if !half.has_majority_in(quorum) && half.contains(id) && self.can_run(id) {
                    quorum.insert(id);
                }
            }
        }
        quorum
    }

    /// Who of `from` must join `there` to make a majority of `voters`.
    fn to_majority(&self, voters: NodeSet, there: NodeSet, from: NodeSet) -> NodeSet {
        let mut more = NodeSet::EMPTY;
        for id in from.difference(there).iter().filter(|&id| self.can_run(id)) {
            if !voters.has_majority_in(there.union(more)) {
                more.insert(id);
            }
        }
        more
    }

    /// Nodes that run or can be made to.
    pub(crate) fn fit(&self) -> NodeSet {
        let ids = self.slots.iter().map(|slot| slot.id);
        ids.filter(|&id| self.slots[id as usize - 1].is_up() || self.can_run(id)).collect()
    }

    /// Whether the newest configuration has a quorum of such nodes. Without one, when changes of
    /// the membership and the loss of disks went badly together, nothing can be demanded.
    pub(crate) fn could_decide(&self) -> bool {
        let (voters, outgoing) = self.recorder.watch.configuration();
        let fit = self.fit();
        voters.has_majority_in(fit) && (outgoing.is_empty() || outgoing.has_majority_in(fit))
    }

    fn can_run(&self, id: NodeId) -> bool {
        let slot = &self.slots[id as usize - 1];
        // A node whose disk lost something may be down for good at its next start.
        slot.life != Life::Halted && !slot.at_risk
    }
}
