//! Scripted faults that the file itself rules out: whatever the seed, they would strike nobody.
//!
//! What depends on the run is not found here; the run reports it. An entry with `optional = true`
//! is not looked at.

use system::NodeSet;

use super::quantity::write_duration;
use super::reader::{Reader, Table};
use super::source::{Node, Span, Value};
use crate::disk::Loss;
use crate::scenario::{
    Budget, CrashHow, CrashPoint, Fault, LinkFault, ScriptedFault, Shape, Target,
};

/// What the faults are checked against.
pub(crate) struct World<'a> {
    /// Voters, learners and spares.
    pub(crate) nodes: u64,
    pub(crate) storm: u64,
    pub(crate) budget: &'a Budget,
}

/// Notes a problem for each entry of `[[fault]]` that cannot happen. To be called when all entries
/// were read without a problem.
pub(crate) fn check(
    reader: &mut Reader,
    top: Table<'_>,
    faults: &[ScriptedFault],
    world: &World<'_>,
) {
    let Some(Node { value: Value::List(items), .. }) = top.get("fault") else { return };
    assert_eq!(items.len(), faults.len(), "every entry was read");
    for (fault, item) in faults.iter().zip(items).filter(|(fault, _)| !fault.optional) {
        let ruled_out = of_itself(fault, world).or_else(|| while_down(fault, faults, world));
        if let Some((key, message, label)) = ruled_out {
            let span = span_of(item, fault.fault.kind(), key);
            let problem = reader.problem("S032", message, span, label);
            problem.help = Some("`optional = true` beside it lets it do nothing".to_owned());
        }
    }
}

/// The key whose value is the problem, what it is, and the label below it.
type RuledOut = (&'static str, String, &'static str);

/// What a fault is ruled out by, whatever the others are.
fn of_itself(fault: &ScriptedFault, world: &World<'_>) -> Option<RuledOut> {
    if fault.at >= world.storm {
        let (at, storm) = (write_duration(fault.at), write_duration(world.storm));
        let message = format!("this fault begins at {at}, and the storm ends at {storm}");
        return Some(("at", message, "faults begin before the end of the storm"));
    }
    if fault.lasts == 0 && is_lasting(&fault.fault) {
        let message = "this fault ends when it begins".to_owned();
        return Some(("for", message, "expected more than 0"));
    }
    if let Fault::Disk { strike, .. } = &fault.fault
        && strike.loss() != Loss::Nothing
        && world.budget.data_loss == 0
    {
        let message = format!("[budget] data-loss is 0, and {} loses data", strike.what.name());
        return Some(("what", message, "strikes no disk"));
    }
    if takes_away(&fault.fault) && world.budget.unavailable == Some(0) {
        let message = "[budget] unavailable is 0, and this fault takes a member away".to_owned();
        return Some(("at", message, "strikes no node"));
    }
    if let Fault::Links(links) = &fault.fault
        && *links == LinkFault::default()
    {
        let message = "this fault changes nothing of the links".to_owned();
        return Some(("at", message, "expected loss, delay, or another quality"));
    }
    let (Fault::Partition(shape) | Fault::Clog(shape) | Fault::Flap { shape, .. }) = &fault.fault
    else {
        return None;
    };
    let cuts_nothing = match shape {
        Shape::Groups(groups) => groups[..] == [NodeSet::first(world.nodes)],
        _ => world.nodes == 1,
    };
    let message = || "this fault cuts no link".to_owned();
    cuts_nothing.then(|| ("groups", message(), "all nodes are in one group"))
}

/// A fault of a named node that another scripted fault keeps down at that time.
fn while_down(
    fault: &ScriptedFault,
    faults: &[ScriptedFault],
    world: &World<'_>,
) -> Option<RuledOut> {
    let node = needs_running(&fault.fault)?;
    // A budget may forbid the other fault, and then the node is up.
    if world.budget.unavailable.is_some() {
        return None;
    }
    let keeps_down = |other: &&ScriptedFault| {
        is_down_from(&other.fault, node) && other.at < fault.at && fault.at < other.at + other.lasts
    };
    let other = faults.iter().find(keeps_down)?;
    let (from, to) = (write_duration(other.at), write_duration(other.at + other.lasts));
    let message = format!("n{node} is down then: {} keeps it down from {from} to {to}", other.id);
    Some(("at", message, "strikes no node"))
}

/// The node that must run for the fault to strike, if one is named.
fn needs_running(fault: &Fault) -> Option<u64> {
    let target = match fault {
        Fault::Crash { target, .. }
        | Fault::Restart { target, .. }
        | Fault::CrashLoop { target, .. }
        | Fault::Drift { target, .. }
        | Fault::Jump { target, .. }
        | Fault::Pause(target)
        | Fault::TickStall(target) => target,
        Fault::Disk { target, strike } if strike.what.is_lasting() => target,
        _ => return None,
    };
    match target {
        Target::Node(node) => Some(*node),
        _ => None,
    }
}

/// Whether a fault surely has this node down from its beginning to its end.
fn is_down_from(fault: &Fault, node: u64) -> bool {
    let (target, how) = match fault {
        Fault::Crash { target, how, point: CrashPoint::Now } => (target, how),
        Fault::Restart { target, how, .. } => (target, how),
        _ => return false,
    };
    *target == Target::Node(node) && *how != CrashHow::Stop
}

/// Whether a fault has to last in order to do something.
fn is_lasting(fault: &Fault) -> bool {
    match fault {
        Fault::Disk { strike, .. } => strike.what.is_lasting(),
        Fault::Crash { .. }
        | Fault::Restart { .. }
        | Fault::Jump { .. }
        | Fault::Admin(_)
        | Fault::Membership(_) => false,
        _ => true,
    }
}

/// Whether a fault takes its victims out of service.
fn takes_away(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Crash { .. }
            | Fault::Restart { .. }
            | Fault::CrashLoop { .. }
            | Fault::Pause(_)
            | Fault::Disk { .. }
    )
}

/// The value under a key of the fault's table, or else the table.
fn span_of(item: &Node, kind: &str, key: &str) -> Span {
    let under = |node: &Node, key: &str| match &node.value {
        Value::Table(fields) => fields
            .iter()
            .find(|field| field.name == key)
            .map(|field| (field.node.span, field.node.clone())),
        _ => None,
    };
    let Some((span, table)) = under(item, kind) else { return item.span };
    under(&table, key).map_or(span, |(span, _)| span)
}
