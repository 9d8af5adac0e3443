//! The nemesis: faults begin, find their victims, and end.

pub(crate) mod members;
mod network;
mod process;
mod target;

use sim::StreamName;
use system::System;
use trace::{Event, Fault, FaultId, Kind};

use crate::phases::Phase;
use crate::world::{Due, World};
use crate::{options, plan};

impl<S: System> World<'_, S> {
    pub(crate) fn start_fault(&mut self, number: FaultId) {
        if self.phase != Phase::Storm {
            return;
        }
        let fault = plan::fault(self.plan, number);
        let (lasts, what) = (fault.lasts, &fault.fault);
        let mut stream = self.chance.stream(StreamName::Target(u64::from(number)));
        match what {
            Fault::Partition(shape) => {
                let (pairs, detail) = self.resolve(shape, &mut stream);
                self.network.cut(number, pairs);
                self.fault_started(number, "partition", detail);
                self.end_later(number, lasts);
            }
            Fault::Links(quality) => {
                self.network.set_quality(number, options::quality(*quality));
                self.fault_started(number, "links", "all links".to_owned());
                self.end_later(number, lasts);
            }
            Fault::Crash { target, how, point } => {
                self.strike(number, *target, *how, *point, lasts, &mut stream);
            }
            Fault::Admin(admin) => {
                let cause = self.fault_started(number, "admin", describe(admin));
                self.begin_admin(vec![admin.clone()], number, lasts, cause);
            }
            Fault::Membership(change) => {
                let steps = members::steps(change, self.roster());
                if !steps.is_empty() {
                    let words = steps.iter().map(describe).collect::<Vec<_>>().join(", then ");
                    let detail = format!("{}: {words}", change.kind.name());
                    let cause = self.fault_started(number, "admin", detail);
                    self.begin_admin(steps, number, lasts, cause);
                }
            }
        }
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
        let name = match plan::fault(self.plan, number).fault {
            Fault::Partition(_) => {
                self.network.heal(number);
                "partition"
            }
            Fault::Links(_) => {
                self.network.clear_quality(number);
                "links"
            }
            _ => return,
        };
        self.record(Event::NO_CAUSE, Kind::FaultEnd { fault: number, name });
    }
}

/// A change in words.
pub(crate) fn describe(admin: &system::Admin) -> String {
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
