//! What of a scenario real processes do not have, in words: it is left out, and said.

use system::{Admin, Transition};
use trace::{CrashHow, CrashPoint, DiskOptions, Fault, Heal, LinkFault, MemberKind, Plan};

use crate::links::Change;

/// What is left out or is another thing on real processes, a sentence each.
#[must_use]
pub fn differences(plan: &Plan) -> Vec<String> {
    let scenario = &plan.scenario;
    let mut said = Vec::new();
    for (kind, count) in missing(plan) {
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        said.push(format!(
            "`{kind}` (planned {times}) does not exist for real processes: left out"
        ));
    }
    let mut say = |is_so: bool, words: &str| {
        if is_so {
            said.push(words.to_owned());
        }
    };
    let faults = || plan.faults.iter().map(|scripted| &scripted.fault);
    let is_power = |fault: &Fault| match fault {
        Fault::Crash { how, .. } | Fault::CrashLoop { how, .. } | Fault::Restart { how, .. } => {
            *how == CrashHow::Power
        }
        _ => false,
    };
    say(faults().any(is_power), "loss of power is a kill -9: what the system holds survives");
    let at_effect = |f: &Fault| matches!(f, Fault::Crash { point: CrashPoint::Effect { .. }, .. });
    say(faults().any(at_effect), "a kill falls when its time has come, not on an effect");
    let has_switch = |fault: &Fault| match fault {
        Fault::Restart { setup, .. } => setup.pre_vote.is_some() || setup.forward.is_some(),
        _ => false,
    };
    say(faults().any(has_switch), "a restart keeps pre-vote and forward as they are");
    say(
        faults().any(is_joint),
        "members change one by one, not jointly: the public interface has no more",
    );
    let has_more = |fault: &Fault| match fault {
        Fault::Links(links) => {
            [links.loss, links.duplicate, links.reorder, links.corrupt].iter().any(Option::is_some)
        }
        _ => false,
    };
    let net = &scenario.net;
    let net_has_more = [net.loss, net.duplicate, net.reorder, net.corrupt].iter().any(|p| *p > 0);
    say(
        net_has_more || faults().any(has_more),
        "TCP loses, doubles, reorders and damages nothing: of links, delay and bandwidth are left",
    );
    say(scenario.disk != DiskOptions::default(), "the disk is this machine's: [disk] is left out");
    say(scenario.cluster.learners > 0, "learners wait outside until a fault adds them");
    say(scenario.limits.heal == Heal::Quorum, "all is healed, not only a quorum");
    say(scenario.limits.stop_on_violation, "the history is judged at its end");
    say(!scenario.require.is_empty(), "situations are not looked for");
    said
}

/// Whether a fault asks for several changes at once, or for joint consensus.
fn is_joint(fault: &Fault) -> bool {
    use MemberKind::{Grow, Replace, Reshape, Shrink};
    match fault {
        Fault::Admin(Admin::Reconfigure { changes, transition }) => {
            changes.len() > 1 || *transition == Transition::Joint
        }
        Fault::Membership(change) => {
            change.joint || matches!(change.kind, Grow | Replace | Reshape | Shrink)
        }
        _ => false,
    }
}

/// The kinds of fault that are left out, and how often each was planned.
fn missing(plan: &Plan) -> Vec<(&'static str, usize)> {
    let mut missing: Vec<(&'static str, usize)> = Vec::new();
    for fault in plan.faults.iter().map(|scripted| &scripted.fault) {
        let is_missing = match fault {
            Fault::Disk { .. } | Fault::Drift { .. } | Fault::Jump { .. } | Fault::TickStall(_) => {
                true
            }
            // With other qualities this is said of the network as a whole.
            Fault::Links(links) => links.in_order == Some(false) && of_links(links).is_none(),
            _ => false,
        };
        if is_missing {
            match missing.iter_mut().find(|(kind, _)| *kind == fault.kind()) {
                Some((_, count)) => *count += 1,
                None => missing.push((fault.kind(), 1)),
            }
        }
    }
    missing
}

/// What is left of a change of links; `None` if nothing is.
pub(crate) fn of_links(fault: &LinkFault) -> Option<Change> {
    let change = Change { delay: fault.delay.map(delay), bandwidth: fault.bandwidth };
    (change != Change::default()).then_some(change)
}

pub(crate) fn delay(delay: trace::Delay) -> sim::Delay {
    match delay {
        trace::Delay::Fixed(always) => sim::Delay::Fixed(always),
        trace::Delay::Uniform { min, max } => sim::Delay::Uniform { min, max },
        trace::Delay::LongTail { min, median, max } => sim::Delay::LongTail { min, median, max },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(scenario: &str, seed: u64) -> Vec<String> {
        let text = format!("about = \"x\"\n{scenario}");
        let scenario = trace::parse_scenario("test.toml", &text, &[]).expect("a scenario");
        differences(&testbed::plan(&scenario, seed))
    }

    #[test]
    fn a_scenario_of_what_exists_is_left_as_it_is() {
        let text = r#"
            [[swarm]]
            crash = { on = 1, every = "1s", for = "1s", target = "any", how = "kill" }
            [[swarm]]
            partition = { on = 1, every = "1s", for = "1s", shape = "halves" }
            [[swarm]]
            pause = { on = 1, every = "1s", for = "1s", target = "leader" }
            [[swarm]]
            links = { on = 1, every = "1s", for = "1s", delay = "5ms" }
        "#;
        assert_eq!(said(text, 1), Vec::<String>::new());
    }

    #[test]
    fn what_does_not_exist_is_said() {
        let text = r#"
            [net]
            loss = 0.1
            [disk]
            io-error = "1ppm"
            [[fault]]
            drift = { at = "1s", for = "1s", target = "n1", rate = [0.1, 0.2] }
            [[fault]]
            jump = { at = "1s", target = "n1", by = "1s" }
            [[fault]]
            jump = { at = "2s", target = "n1", by = "1s" }
            [[fault]]
            crash = { at = "1s", for = "1s", target = "n1", how = "power" }
            [[fault]]
            reconfigure = { at = "3s", for = "1s", remove = ["n1", "n2"] }
        "#;
        let said = said(text, 1).join("\n");
        for words in [
            "`drift` (planned once)",
            "`jump` (planned 2 times)",
            "kill -9",
            "TCP",
            "disk",
            "jointly",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
