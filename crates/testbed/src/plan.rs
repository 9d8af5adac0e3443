//! From scenario and seed to a plan: which faults strike, and when.
//!
//! Operations are part of the plan too, but as a function: the n-th operation of a client depends
//! on scenario, seed, client and n alone ([`crate::workload`]), so they need not be stored.

use sim::{Chance, StreamName};
use system::{Nanos, Op};
use trace::{OpId, Plan, Scenario, ScriptedFault};

use crate::swarm;
use crate::workload::Generator;

/// Draws the plan of one seed. Removing one kind of random fault from a scenario leaves the draws
/// of the other kinds as they were, because each draws from its own stream. What a seed draws of the
/// scenario itself is settled in the plan's scenario.
#[must_use]
pub fn plan(scenario: &Scenario, seed: u64) -> Plan {
    let chance = Chance::new(seed);
    let (scenario, drawn) = scenario.settled(|entry, choices| {
        chance.stream(StreamName::Draw(entry as u64)).below(choices as u64) as usize
    });
    let mut faults = scenario.faults.clone();
    let mut knobs: Vec<(String, u64)> = drawn.into_iter().map(|words| (words, 1)).collect();
    for (kind, swarm) in scenario.swarm.iter().enumerate() {
        let drawn = swarm::draw(swarm, kind as u64, &chance, scenario.limits.storm);
        let name = scenario.knob(kind);
        knobs.extend(drawn.strengths.iter().map(|(knob, at)| (format!("{name}.{knob}"), *at)));
        knobs.push((name, u64::from(drawn.on)));
        faults.extend(drawn.faults);
    }
    knobs.sort();
    faults.sort_by_key(|fault| fault.at);
    for (position, fault) in faults.iter_mut().enumerate() {
        if fault.id.is_empty() {
            fault.id = format!("f{}", position + 1);
        }
    }
    Plan { scenario, seed, faults, knobs }
}

/// An operation of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedOp {
    /// Its name.
    pub id: OpId,
    /// A scripted operation: when it begins, at the earliest. A drawn one: the pause before it,
    /// since the operation before it ended (closed pace) or was due (open pace).
    pub at: Nanos,
    /// Whether `at` is a point in time and not a pause.
    pub scripted: bool,
    /// What. A drawn cas expects what its client has last seen by then; here it expects nothing.
    pub op: Op,
}

/// The first operations of a client, counted from 1, as the plan has them.
///
/// # Panics
///
/// If the scenario has no such client.
#[must_use]
pub fn operations(plan: &Plan, client: u64, count: u64) -> Vec<PlannedOp> {
    let (workload, clients) = (&plan.scenario.workload, plan.scenario.cluster.clients);
    assert!((1..=clients).contains(&client), "there are the clients c1 to c{clients}");
    let id = |number| OpId { client, number };
    if !workload.script.is_empty() {
        let own = workload.script.iter().filter(|op| op.client == client);
        let planned = (1..=count).zip(own);
        return planned
            .map(|(n, op)| PlannedOp { id: id(n), at: op.at, scripted: true, op: op.op.clone() })
            .collect();
    }
    let mut generator = Generator::new(workload, client, &Chance::new(plan.seed));
    let mut planned = |number| {
        let drawn = generator.draw(workload, number);
        PlannedOp { id: id(number), at: drawn.pause, scripted: false, op: drawn.op }
    };
    (1..=count).map(&mut planned).collect()
}

/// The fault with this 1-based number.
pub(crate) fn fault(plan: &Plan, number: u32) -> &ScriptedFault {
    &plan.faults[number as usize - 1]
}
