//! From scenario and seed to a plan: which faults strike, and when.
//!
//! Operations are part of the plan too, but as a function: the n-th operation of a client depends
//! on scenario, seed, client and n alone ([`crate::workload`]), so they need not be stored.

use sim::Chance;
use trace::{Plan, Scenario, ScriptedFault};

use crate::swarm;

/// Draws the plan of one seed. Removing one kind of random fault from a scenario leaves the draws
/// of the other kinds as they were, because each draws from its own stream.
#[must_use]
pub fn plan(scenario: &Scenario, seed: u64) -> Plan {
    let chance = Chance::new(seed);
    let mut faults = scenario.faults.clone();
    for (kind, swarm) in scenario.swarm.iter().enumerate() {
        faults.extend(swarm::draw(swarm, kind as u64, &chance, scenario.limits.storm));
    }
    faults.sort_by_key(|fault| fault.at);
    for (position, fault) in faults.iter_mut().enumerate() {
        if fault.id.is_empty() {
            fault.id = format!("f{}", position + 1);
        }
    }
    Plan { scenario: scenario.clone(), seed, faults }
}

/// The fault with this 1-based number.
pub(crate) fn fault(plan: &Plan, number: u32) -> &ScriptedFault {
    &plan.faults[number as usize - 1]
}
