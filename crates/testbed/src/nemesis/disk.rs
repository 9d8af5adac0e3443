//! Faults of disks: whom they strike, what the budget leaves of them, and what becomes of the
//! node behind the disk.
//!
//! | what | its node |
//! |---|---|
//! | stall | waits |
//! | io-error, sync-drops, sync-keeps, full | halts (`disk-failed`) at the first error; its supervisor starts it again and again, with success when the fault is over |
//! | bit-rot, unreadable | runs on what it has in memory; refuses at its next start, for good |
//! | wipe | refuses to start with nothing, for it has lived; unless it is told otherwise |
//! | lying-sync, misdirect | may start without something that it promised, and not know: then it is kept out |
//!
//! **Invariant:** what takes durable data strikes no more nodes than `[budget] data-loss` allows,
//! and no more than `silent-loss` of them take part again without knowing what they lost.

use sim::{Rates, Stream};
use system::{NodeId, NodeSet, System};
use trace::{CrashHow, DiskStrike, DiskWhat, FaultId, Kind, Loss, Target};

use super::missed::Why;
use super::target::draw_one;
use crate::slot::{Life, Slot};
use crate::world::{Due, World};

impl<S: System> World<'_, S> {
    /// A fault of disks begins.
    pub(super) fn strike_disks(
        &mut self,
        number: FaultId,
        target: Target,
        strike: &DiskStrike,
        lasts: u64,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let meant = self.targets(target, stream).union(self.idle_disk(target, strike.what));
        let afforded = self.afford(meant, stream);
        let victims = self.losers(afforded, target, strike.loss(), stream);
        if victims.is_empty() {
            return Err(if meant.is_empty() {
                self.nobody(target)
            } else if afforded.is_empty() {
                Why::Budget
            } else {
                Why::DataLoss
            });
        }
        self.fault_started(number, "disk", format!("{} of {victims}", strike.what.name()));
        for id in victims.iter() {
            self.strike_disk(number, id, strike, lasts, stream);
        }
        if strike.what.is_lasting() {
            self.end_later(number, lasts);
        }
        Ok(())
    }

    /// A named node that is down, if its disk can be damaged meanwhile: what has no duration needs
    /// no process, for the disk is there.
    fn idle_disk(&self, target: Target, what: DiskWhat) -> NodeSet {
        let Target::Node(named) = target else { return NodeSet::EMPTY };
        let is_idle = |slot: &&Slot<S>| slot.id == named && slot.life == Life::Down;
        let down = self.slots.iter().filter(is_idle).map(|slot| slot.id);
        if what.is_lasting() { NodeSet::EMPTY } else { down.collect() }
    }

    /// A fault of disks that lasted ends. What it did stays.
    pub(super) fn end_disk_fault(&mut self, number: FaultId) {
        for slot in &mut self.slots {
            slot.disk.borrow_mut().clear_fault(number);
        }
    }

    fn strike_disk(
        &mut self,
        number: FaultId,
        id: NodeId,
        strike: &DiskStrike,
        lasts: u64,
        stream: &mut Stream,
    ) {
        let chance = strike.chance;
        let rates = match strike.what {
            DiskWhat::IoError => Rates { io_error: chance, ..Rates::default() },
            DiskWhat::SyncDrops => Rates { sync_drops: chance, ..Rates::default() },
            DiskWhat::SyncKeeps => Rates { sync_keeps: chance, ..Rates::default() },
            DiskWhat::LyingSync => Rates { lying_sync: chance, ..Rates::default() },
            DiskWhat::Misdirect => Rates { misdirect: chance, ..Rates::default() },
            DiskWhat::Full => {
                let disk = &self.slot(id).disk;
                disk.borrow_mut().set_fault(number, Rates::default(), Some(strike.room));
                return;
            }
            DiskWhat::Stall => {
                let until = (self.now() + lasts).min(self.phase_ends);
                self.slot(id).stall = (until, number);
                return;
            }
            DiskWhat::BitRot => {
                self.slot(id).disk.borrow_mut().rot(stream, strike.count);
                return self.record_struck(id, number);
            }
            DiskWhat::Unreadable => {
                self.slot(id).disk.borrow_mut().lose_sectors(stream, strike.count);
                return self.record_struck(id, number);
            }
            DiskWhat::Wipe => return self.replace_disk(number, id, strike.unnoticed, lasts),
        };
        self.slot(id).disk.borrow_mut().set_fault(number, rates, None);
    }

    /// The disk breaks, and the node with it; after a while the node is started with a new one. A
    /// node that is down finds it when it starts.
    fn replace_disk(&mut self, number: FaultId, id: NodeId, unnoticed: bool, down: u64) {
        if self.slot(id).is_up() {
            self.crash(id, CrashHow::Power, number, down);
        }
        let slot = self.slot(id);
        slot.disk.borrow_mut().wipe();
        if unnoticed {
            slot.has_lived = false;
            slot.forgets = true;
        }
        self.record_struck(id, number);
    }

    /// Records what has struck a disk since it was asked last; `number` is the fault behind what
    /// the disk does not know the fault of.
    pub(crate) fn record_struck(&mut self, id: NodeId, number: FaultId) {
        let slot = self.slot(id);
        let cause = slot.cause;
        let struck = slot.disk.borrow_mut().take_struck();
        for sim::Struck { what, fault, path, bytes } in struck {
            let fault = if fault == 0 { number } else { fault };
            self.record(cause, Kind::DiskFault { node: id, fault, what: what.name(), path, bytes });
        }
    }

    /// Those of the victims that may lose what the fault takes.
    fn losers(
        &mut self,
        wanted: NodeSet,
        target: Target,
        loss: Loss,
        stream: &mut Stream,
    ) -> NodeSet {
        if loss == Loss::Nothing {
            return wanted;
        }
        let mut victims: NodeSet = wanted.iter().filter(|&id| self.may_lose(id)).collect();
        if victims.is_empty() && !matches!(target, Target::Node(_)) {
            // The budget is spent: then it is one of those that it was spent on.
            let up = self.slots.iter().filter(|slot| slot.is_up() && slot.at_risk);
            victims = draw_one(up.map(|slot| slot.id).collect(), stream).into_iter().collect();
        }
        victims
    }

    /// Whether a node may lose durable data; if so, the budget is spent on it.
    fn may_lose(&mut self, id: NodeId) -> bool {
        let spent = self.slots.iter().filter(|slot| slot.at_risk).count() as u64;
        let scenario = &self.plan.scenario;
        let budget = scenario.budget.data_loss;
        let is_meant = budget >= NodeSet::first(scenario.cluster.nodes).majority() as u64;
        let is_borne = is_meant || self.is_dispensable(id);
        let slot = self.slot(id);
        slot.at_risk |= spent < budget && is_borne;
        slot.at_risk
    }

    /// Nodes whose disks hold all that they should, but for this one.
    pub(super) fn sound_without(&self, id: NodeId) -> NodeSet {
        let sound = |slot: &&Slot<S>| !slot.at_risk && slot.id != id;
        self.slots.iter().filter(sound).map(|slot| slot.id).collect()
    }

    /// Whether every configuration that is in force, or may come into force, has a majority of sound
    /// nodes without this one: a cluster that has shrunk to a few bears less than it once did.
    fn is_dispensable(&self, id: NodeId) -> bool {
        let sound = self.sound_without(id);
        let (voters, outgoing) = self.recorder.watch.configuration();
        let configurations = self.asked_for.iter().chain([&voters, &outgoing]);
        configurations.filter(|set| !set.is_empty()).all(|set| set.has_majority_in(sound))
    }

    /// Whether a node that could start must not: it would take part without something that it
    /// promised, and the budget does not allow that.
    pub(crate) fn must_stay_out(&mut self, id: NodeId) -> bool {
        let spent = self.slots.iter().filter(|slot| slot.forgets).count() as u64;
        let budget = self.plan.scenario.budget.silent_loss;
        let slot = self.slot(id);
        if !slot.disk.borrow().has_lost_silently() {
            return false;
        }
        slot.forgets |= spent < budget;
        !slot.forgets
    }

    /// Takes a node out of service for good.
    pub(crate) fn keep_out(&mut self, id: NodeId) {
        let slot = self.slot(id);
        slot.clear();
        slot.life = Life::Halted;
        let cause = slot.cause;
        let path = String::new().into();
        let what = "kept-out";
        self.record(cause, Kind::DiskFault { node: id, fault: 0, what, path, bytes: 0 });
    }

    /// A supervisor starts a node again that ended itself over its disk.
    pub(crate) fn restart_later(&mut self, id: NodeId) {
        let slot = self.slot(id);
        slot.life = Life::Down;
        let incarnation = slot.incarnation;
        let at = self.now() + SUPERVISOR;
        self.queue.push(at, Due::Restart { node: id, incarnation });
    }
}

/// After so long a supervisor starts a node again, in nanoseconds.
const SUPERVISOR: u64 = 500_000_000;
