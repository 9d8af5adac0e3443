//! The nemesis: faults begin, find their victims, and end.

mod budget;
mod clock;
mod disk;
pub(crate) mod members;
pub(crate) mod missed;
mod network;
mod process;
pub(crate) mod shape;
mod stop;
mod target;

pub(crate) use network::Flapping;

use sim::{Stream, StreamName};
use system::System;
use trace::{Event, Fault, FaultId, Kind, MemberDraw};

use missed::Why;

use crate::phases::Phase;
use crate::world::{Due, World};
use crate::{options, plan};

impl<S: System> World<'_, S> {
    /// A fault of the plan begins, or does nothing, which is noted.
    pub(crate) fn start_fault(&mut self, number: FaultId) {
        let fault = plan::fault(self.plan, number);
        let begun = if self.phase == Phase::Storm {
            self.begin_fault(number, &fault.fault, fault.lasts)
        } else {
            Err(Why::Over)
        };
        match begun {
            Ok(()) if missed::waits(&fault.fault) => self.recorder.misses.wait(number),
            Ok(()) => {}
            Err(why) => self.recorder.misses.note(number, why),
        }
    }

    fn begin_fault(&mut self, number: FaultId, what: &Fault, lasts: u64) -> Result<(), Why> {
        let mut stream = self.chance.stream(StreamName::Target(u64::from(number)));
        let stream = &mut stream;
        match what {
            Fault::Partition(shape) => self.partition(number, shape, lasts, stream),
            Fault::Clog(shape) => self.clog(number, shape, lasts, stream),
            Fault::Flap { shape, period } => {
                self.begin_flapping(number, shape, *period, lasts, stream)
            }
            Fault::Links(quality) => {
                self.network.set_quality(number, options::quality(*quality));
                self.fault_started(number, "links", "all links".to_owned());
                self.end_later(number, lasts);
                Ok(())
            }
            Fault::Crash { target, how, point } => {
                self.strike(number, *target, *how, *point, lasts, stream)
            }
            Fault::Restart { target, how, setup } => {
                self.restart_with(number, *target, *how, *setup, lasts, stream)
            }
            Fault::CrashLoop { target, how, up } => {
                self.begin_loop(number, *target, *how, *up, lasts, stream)
            }
            Fault::Pause(target) => self.pause(number, *target, lasts, stream),
            Fault::Disk { target, strike } => {
                self.strike_disks(number, *target, strike, lasts, stream)
            }
            Fault::Admin(admin) => {
                let cause = self.fault_started(number, "admin", describe(admin));
                self.begin_admin(vec![admin.clone()], number, lasts, cause);
                Ok(())
            }
            Fault::Membership(change) => self.change_members(number, change, lasts),
            other => self.start_clock_fault(number, other, lasts, stream),
        }
    }

    /// Finds a change that makes sense at this moment, and asks for it.
    fn change_members(
        &mut self,
        number: FaultId,
        change: &MemberDraw,
        lasts: u64,
    ) -> Result<(), Why> {
        let roster = self.roster();
        let steps = members::steps(change, roster);
        // An operator does not leave it to nodes that have lost their disk.
        let sound = self.sound_without(0);
        let mut behind = members::each_after(&steps, roster).into_iter();
        if steps.is_empty() || !behind.all(|voters| voters.has_majority_in(sound)) {
            return Err(Why::NoChange);
        }
        let words = steps.iter().map(describe).collect::<Vec<_>>().join(", then ");
        let detail = format!("{}: {words}", change.kind.name());
        let cause = self.fault_started(number, "admin", detail);
        self.begin_admin(steps, number, lasts, cause);
        Ok(())
    }

    fn start_clock_fault(
        &mut self,
        number: FaultId,
        fault: &Fault,
        lasts: u64,
        stream: &mut Stream,
    ) -> Result<(), Why> {
        match fault {
            Fault::Drift { target, rate, directions } => {
                self.drift(number, *target, *rate, directions, stream)?;
            }
            Fault::TickStall(target) => self.stall_ticks(number, *target, stream)?,
            Fault::Jump { target, by, directions } => {
                return self.jump(number, *target, *by, directions, stream);
            }
            other => unreachable!("{} is no fault of a clock", other.kind()),
        }
        self.end_later(number, lasts);
        Ok(())
    }

    fn fault_started(&mut self, fault: FaultId, name: &'static str, detail: String) -> u64 {
        let detail = detail.into_boxed_str();
        self.record(Event::NO_CAUSE, Kind::FaultStart { fault, name, detail })
    }

    fn end_later(&mut self, number: FaultId, lasts: u64) {
        let at = self.now() + lasts;
        self.queue.push(at, Due::FaultEnd(number));
    }

    pub(crate) fn end_fault(&mut self, number: FaultId) {
        if self.phase != Phase::Storm {
            return;
        }
        self.troubled.retain(|(fault, _)| *fault != number);
        let fault = &plan::fault(self.plan, number).fault;
        match fault {
            Fault::Partition(_) => self.network.heal(number),
            Fault::Clog(_) => self.network.unclog(number),
            Fault::Flap { .. } => self.end_flapping(number),
            Fault::Links(_) => self.network.clear_quality(number),
            Fault::CrashLoop { .. } => self.end_loop(number),
            Fault::Drift { .. } => self.end_drift(number),
            Fault::TickStall(_) => self.end_tick_stall(number),
            Fault::Pause(_) => {}
            Fault::Disk { strike, .. } if strike.what.is_lasting() => {
                self.end_disk_fault(number);
            }
            _ => return,
        }
        self.record(Event::NO_CAUSE, Kind::FaultEnd { fault: number, name: fault.kind() });
        if let Fault::Pause(_) = fault {
            self.resume(number);
        }
    }

    /// Ends what befalls nodes; the network heals itself.
    pub(crate) fn calm(&mut self) {
        let now = self.now();
        self.troubled.clear();
        self.flapping.clear();
        for slot in &mut self.slots {
            slot.crash = None;
            slot.looping = None;
            if let Some(stopping) = &mut slot.stopping {
                stopping.down = 0;
            }
            slot.stall = (0, 0);
            slot.disk.borrow_mut().heal();
            slot.paused = 0;
            slot.stalled = 0;
            slot.clock.drift(now, 0, 0);
        }
    }
}

/// A change of the cluster in words.
#[must_use]
pub fn describe(admin: &system::Admin) -> String {
    use system::{Admin, ConfChange};
    match admin {
        Admin::Transfer { to } => format!("transfer leadership to n{to}"),
        Admin::Reconfigure { changes, .. } => changes
            .iter()
            .map(|change| match change {
                ConfChange::AddVoter(id) => format!("add voter n{id}"),
                ConfChange::AddLearner(id) => format!("add learner n{id}"),
                ConfChange::Remove(id) => format!("remove n{id}"),
            })
            .collect::<Vec<_>>()
            .join(", "),
    }
}
