//! Nodes come and go: start, restart, crash, halt.

use sim::StreamName;
use system::{Halt, HaltReason, Nanos, NodeId, NodeSet, Random, Start, System};
use trace::{CrashHow, CrashKind, Event, Kind, PanicInfo};

use crate::panics::guard;
use crate::phases::Phase;
use crate::slot::Life;
use crate::world::{Due, World, learners, voters};

/// How often somebody looks whether a node that was removed is missed.
const RECALL: Nanos = 500_000_000;

impl<S: System> World<'_, S> {
    /// Starts a node on what its disk holds.
    pub(crate) fn start(&mut self, id: NodeId, cause: u64) {
        let incarnation = self.slot(id).incarnation;
        let cause = self.record(cause, Kind::Start { node: id, incarnation });
        let random = self.chance.stream(StreamName::Node { id, incarnation });
        let boot = self.boot_of(id, incarnation, Box::new(random));
        let setup = self.slot(id).setup;
        let config = S::configured(&self.config, &setup);
        let slot = self.slot(id);
        assert!(!slot.is_up(), "n{id} is up already");
        slot.effects = slot.new_effects();
        slot.incarnation += 1;
        slot.cause = cause;
        let effects = slot.effects.clone();
        let booted = guard(|| S::boot(&config, boot, &effects));
        if !self.slot(id).disk.borrow().is_quiet() {
            self.record_struck(id, 0);
        }
        match booted {
            Ok(Ok(_)) if self.must_stay_out(id) => self.keep_out(id),
            Ok(Ok(program)) => {
                let slot = self.slot(id);
                slot.program = Some(program);
                slot.life = Life::Up;
                self.serve(id);
            }
            Ok(Err(halt)) => self.halt(id, halt),
            Err(panic) => self.panicked(id, panic),
        }
    }

    pub(crate) fn boot_of(
        &self,
        id: NodeId,
        incarnation: u64,
        random: Box<dyn Random>,
    ) -> system::Boot {
        let founders = voters(self.plan).union(learners(self.plan));
        let start = if founders.contains(id) {
            Start::Found { voters: voters(self.plan), learners: learners(self.plan) }
        } else {
            Start::Join
        };
        let has_lived = self.slots[id as usize - 1].has_lived;
        let now = self.local_now(id);
        system::Boot { id, incarnation, now, start, has_lived, random }
    }

    /// What the node's own clock shows.
    pub(crate) fn local_now(&self, id: NodeId) -> system::Nanos {
        self.slots[id as usize - 1].clock.read(self.queue.now())
    }

    /// Starts a crashed node again, if that crash is still the last thing that befell it.
    pub(crate) fn restart(&mut self, id: NodeId, incarnation: u64) {
        let slot = &self.slots[id as usize - 1];
        if slot.life == Life::Down && slot.incarnation == incarnation && self.may_start(id) {
            let cause = slot.cause;
            self.prepare_loop(id);
            self.start(id, cause);
        }
    }

    /// Starts a node that ended because it was removed, if another one still, or again, counts it
    /// as a member: its vote or its log may be needed until its removal is known.
    pub(crate) fn recall(&mut self, id: NodeId, incarnation: u64) {
        let slot = &self.slots[id as usize - 1];
        if slot.life != Life::Removed || slot.incarnation != incarnation || !self.may_start(id) {
            return;
        }
        let is_missed = self.slots.iter().filter_map(|slot| slot.program.as_ref()).any(|program| {
            let view = program.view();
            view.voters.union(view.outgoing).union(view.learners).contains(id)
        });
        if is_missed {
            let cause = self.slot(id).cause;
            self.start(id, cause);
        } else {
            self.queue.push(self.queue.now() + RECALL, Due::Recall { node: id, incarnation });
        }
    }

    /// Ends a node from outside and lets it restart after `down`.
    pub(crate) fn crash(&mut self, id: NodeId, how: CrashHow, fault: u32, down: u64) {
        let slot = self.slot(id);
        assert!(slot.is_up(), "n{id} is not up");
        let mut during = "";
        {
            let mut disk = slot.disk.borrow_mut();
            if let Some(effect) = &slot.current {
                during = effect.name();
                disk.perform_inside(effect);
            }
        }
        self.end(id, how, fault, during);
        let incarnation = self.slot(id).incarnation;
        let at = self.now() + down;
        self.queue.push(at, Due::Restart { node: id, incarnation });
    }

    /// Takes the program away, and with the power also what the disk had not made durable.
    pub(crate) fn end(&mut self, id: NodeId, how: CrashHow, fault: u32, during: &'static str) {
        let slot = self.slot(id);
        slot.clear();
        slot.life = Life::Down;
        slot.crashes += 1;
        let (kind, loss) = match how {
            CrashHow::Power => (CrashKind::Power, slot.disk.borrow_mut().power_loss()),
            // A stop that falls on an effect leaves no time for good order.
            CrashHow::Kill | CrashHow::Stop => (CrashKind::Kill, sim::Loss::default()),
        };
        let cause = slot.cause;
        self.recorder.counters.lost_names += u64::from(loss.lost_names);
        let cause = self.record(
            cause,
            Kind::Crash {
                node: id,
                how: kind,
                fault,
                during,
                lost_bytes: loss.lost_bytes,
                torn_writes: loss.torn_writes,
            },
        );
        self.slot(id).cause = cause;
    }

    /// A node ended itself.
    pub(crate) fn halt(&mut self, id: NodeId, halt: Halt) {
        let slot = self.slot(id);
        let stopping = slot.stopping;
        slot.clear();
        let removed = halt.reason == system::HaltReason::Removed;
        slot.life = if removed { Life::Removed } else { Life::Halted };
        let (cause, incarnation) = (slot.cause, slot.incarnation);
        let detail = halt.detail.into_boxed_str();
        let cause = self.record(cause, Kind::Halt { node: id, reason: halt.reason, detail });
        if let (HaltReason::Stopped, Some(stopping)) = (halt.reason, stopping) {
            self.stopped(id, stopping, cause);
        }
        if halt.reason == HaltReason::DiskFailed {
            self.restart_later(id);
        }
        if removed {
            self.queue.push(self.queue.now() + RECALL, Due::Recall { node: id, incarnation });
        }
    }

    /// A node's code panicked: it is down for good, and the run has a finding.
    pub(crate) fn panicked(&mut self, id: NodeId, panic: PanicInfo) {
        let slot = self.slot(id);
        slot.clear();
        slot.life = Life::Halted;
        let cause = slot.cause;
        self.record(cause, Kind::Panic { node: id, panic: Box::new(panic) });
    }

    /// Whether the node is not one of those that stay broken.
    fn may_start(&self, id: NodeId) -> bool {
        self.phase == Phase::Storm || self.healed.contains(id)
    }

    /// The leader of the highest term among those that are up.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        self.leader_of(NodeSet::from_bits(u64::MAX))
    }

    /// The leader of the highest term among those of `nodes` that are up.
    pub(crate) fn leader_of(&self, nodes: NodeSet) -> Option<NodeId> {
        self.slots
            .iter()
            .filter(|slot| slot.is_leader() && nodes.contains(slot.id))
            .max_by_key(|slot| slot.term)
            .map(|slot| slot.id)
    }

    /// What the transport of a node is told.
    pub(crate) fn take_notice(
        &mut self,
        to: NodeId,
        incarnation: u64,
        input: system::Input<S::Message>,
        cause: u64,
    ) {
        let slot = self.slot(to);
        if slot.is_up() && slot.incarnation == incarnation {
            slot.post(input, cause);
            self.serve(to);
        }
    }

    /// No cause: what begins with the run.
    pub(crate) const NOTHING: u64 = Event::NO_CAUSE;
}
