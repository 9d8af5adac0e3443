//! Faults of clocks: they drift, they jump, their ticks stall.

use sim::Stream;
use system::{NodeId, System};
use trace::{Direction, FaultId, Target};

use super::missed::Why;
use crate::swarm::pick;
use crate::world::World;

impl<S: System> World<'_, S> {
    /// Each clock of the target gets a rate of its own.
    pub(super) fn drift(
        &mut self,
        number: FaultId,
        target: Target,
        rate: (u32, u32),
        directions: &[Direction],
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let mut changes = Vec::new();
        for id in self.meant(target, stream)?.iter() {
            let amount = stream.between(rate.0.into(), rate.1.into());
            changes.push((id, signed(amount, *pick(directions, stream))));
        }
        let words: Vec<_> = changes.iter().map(|(id, by)| format!("n{id} {by:+}ppm")).collect();
        let now = self.now();
        for &(id, rate) in &changes {
            self.slot(id).clock.drift(now, rate, number);
        }
        self.fault_started(number, "drift", words.join(", "));
        Ok(())
    }

    /// The clocks whose rate this fault changed run true again; what they have gained stays.
    pub(super) fn end_drift(&mut self, number: FaultId) {
        let now = self.now();
        for slot in self.slots.iter_mut().filter(|slot| slot.clock.fault == number) {
            slot.clock.drift(now, 0, 0);
        }
    }

    /// Each clock of the target jumps by an amount of its own.
    pub(super) fn jump(
        &mut self,
        number: FaultId,
        target: Target,
        by: (u64, u64),
        directions: &[Direction],
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let now = self.now();
        let mut words = Vec::new();
        for id in self.meant(target, stream)?.iter() {
            let amount = stream.between(by.0, by.1);
            let by = signed(amount, *pick(directions, stream));
            self.slot(id).clock.jump(now, by);
            words.push(format!("n{id} {}{}", sign(by), trace::text::exact_time(amount)));
        }
        self.fault_started(number, "jump", words.join(", "));
        Ok(())
    }

    /// The timers of the target stop firing.
    pub(super) fn stall_ticks(
        &mut self,
        number: FaultId,
        target: Target,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        let victims = self.meant(target, stream)?;
        for id in victims.iter() {
            self.slot(id).stalled = number;
        }
        self.fault_started(number, "tick-stall", names(victims.iter()));
        Ok(())
    }

    pub(super) fn end_tick_stall(&mut self, number: FaultId) {
        for slot in self.slots.iter_mut().filter(|slot| slot.stalled == number) {
            slot.stalled = 0;
        }
    }
}

/// `n1, n2`
pub(super) fn names(ids: impl Iterator<Item = NodeId>) -> String {
    ids.map(|id| format!("n{id}")).collect::<Vec<_>>().join(", ")
}

fn signed(amount: u64, direction: Direction) -> i64 {
    let amount = i64::try_from(amount).expect("no clock is that wrong");
    match direction {
        Direction::Ahead => amount,
        Direction::Behind => -amount,
    }
}

fn sign(by: i64) -> char {
    if by < 0 { '-' } else { '+' }
}
