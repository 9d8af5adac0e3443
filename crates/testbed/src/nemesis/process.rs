//! Faults of a process: who is struck, how, and on which of its effects.

use sim::Stream;
use system::System;
use trace::{CrashHow, CrashPoint, FaultId, Target};

use crate::slot::ArmedCrash;
use crate::world::World;

impl<S: System> World<'_, S> {
    pub(super) fn strike(
        &mut self,
        number: FaultId,
        target: Target,
        how: CrashHow,
        point: CrashPoint,
        down: u64,
        stream: &mut Stream,
    ) {
        let victims = self.targets(target, stream);
        let power = if how == CrashHow::Power { "loss of power" } else { "kill" };
        let at = match point {
            CrashPoint::Now => String::new(),
            CrashPoint::Effect { n, place } => format!(" at effect {n}, {}", place_name(place)),
        };
        self.fault_started(number, "crash", format!("{power} of {victims}{at}"));
        for id in victims.iter() {
            match point {
                CrashPoint::Now => self.crash(id, how, number, down),
                CrashPoint::Effect { n, place } => {
                    self.slot(id).crash =
                        Some(ArmedCrash { left: n.max(1), place, how, fault: number, down });
                }
            }
        }
    }
}

fn place_name(place: trace::Place) -> &'static str {
    match place {
        trace::Place::Before => "before",
        trace::Place::Inside => "inside",
        trace::Place::After => "after",
    }
}
