//! Ways to hunt: each changes one thing of a scenario, so that what it is worth can be measured.

use system::Nanos;
use trace::{Ppm, Scenario, Shape, SwarmFault, Target};

/// A certainty, in parts per million.
const ALWAYS: Ppm = 1_000_000;

const SECOND: Nanos = 1_000_000_000;

/// What is changed of a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Nothing.
    #[default]
    Stock,
    /// What seeds draw of the scenario itself is not drawn: it is as it is written.
    NoDraws,
    /// Every kind of random fault is on in every seed.
    AllFaults,
    /// Every kind of random fault is on in half of the seeds.
    HalfFaults,
    /// Faults that strike a process take any, instead of mostly the leader.
    AnyNode,
    /// Faults that strike a process take the leader alone.
    LeaderOnly,
    /// Crashes fall at any time, instead of at effects.
    NoCrashPoints,
    /// All crashes fall before, inside or behind an effect.
    CrashPoints,
    /// A storm of a quarter of the length.
    Short,
    /// A storm of four times the length.
    Long,
    /// A snapshot every thousand entries, a long tail, large segments.
    RareSnapshots,
    /// A snapshot every ten entries, no tail, small segments.
    FrequentSnapshots,
    /// Three nodes instead of five.
    ThreeNodes,
    /// Seven nodes instead of five.
    SevenNodes,
    /// Two keys and twice the clients.
    Contended,
}

impl Strategy {
    /// All, the stock one first.
    pub const ALL: [Strategy; 15] = [
        Strategy::Stock,
        Strategy::NoDraws,
        Strategy::AllFaults,
        Strategy::HalfFaults,
        Strategy::AnyNode,
        Strategy::LeaderOnly,
        Strategy::NoCrashPoints,
        Strategy::CrashPoints,
        Strategy::Short,
        Strategy::Long,
        Strategy::RareSnapshots,
        Strategy::FrequentSnapshots,
        Strategy::ThreeNodes,
        Strategy::SevenNodes,
        Strategy::Contended,
    ];

    /// Its name in flags and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Stock => "stock",
            Strategy::NoDraws => "no-draws",
            Strategy::AllFaults => "all-faults",
            Strategy::HalfFaults => "half-faults",
            Strategy::AnyNode => "any-node",
            Strategy::LeaderOnly => "leader-only",
            Strategy::NoCrashPoints => "no-crash-points",
            Strategy::CrashPoints => "crash-points",
            Strategy::Short => "short",
            Strategy::Long => "long",
            Strategy::RareSnapshots => "rare-snapshots",
            Strategy::FrequentSnapshots => "frequent-snapshots",
            Strategy::ThreeNodes => "three-nodes",
            Strategy::SevenNodes => "seven-nodes",
            Strategy::Contended => "contended",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Strategy> {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == name)
    }

    /// Changes a scenario.
    pub fn apply(self, scenario: &mut Scenario) {
        match self {
            Strategy::Stock => {}
            Strategy::NoDraws => scenario.draws.clear(),
            Strategy::AllFaults => turned_on(scenario, ALWAYS),
            Strategy::HalfFaults => turned_on(scenario, ALWAYS / 2),
            Strategy::AnyNode => aim(scenario, Target::Any),
            Strategy::LeaderOnly => aim(scenario, Target::Leader),
            Strategy::NoCrashPoints => crash_at_effect(scenario, 0),
            Strategy::CrashPoints => crash_at_effect(scenario, ALWAYS),
            Strategy::Short => scenario.limits.storm = (scenario.limits.storm / 4).max(SECOND),
            Strategy::Long => scenario.limits.storm *= 4,
            Strategy::RareSnapshots => snapshots(scenario, 1_000, 100, 1 << 20),
            Strategy::FrequentSnapshots => snapshots(scenario, 10, 1, 1_024),
            Strategy::ThreeNodes => nodes(scenario, 3),
            Strategy::SevenNodes => nodes(scenario, 7),
            Strategy::Contended => {
                settle(scenario, &["workload.keys", "cluster.clients"]);
                scenario.workload.keys = scenario.workload.keys.min(2);
                scenario.cluster.clients *= 2;
            }
        }
    }
}

/// No seed draws these keys any more.
fn settle(scenario: &mut Scenario, keys: &[&str]) {
    scenario.draws.retain(|draw| keys.iter().all(|key| !draw.concerns(key)));
}

fn turned_on(scenario: &mut Scenario, chance: Ppm) {
    scenario.swarm.iter_mut().for_each(|swarm| swarm.on = chance);
}

/// Gives every fault that picks one process the same choice. Those that strike all keep it.
fn aim(scenario: &mut Scenario, target: Target) {
    for swarm in &mut scenario.swarm {
        if let Some(targets) = targets(&mut swarm.fault)
            && targets.iter().all(|known| *known != Target::All)
        {
            *targets = vec![target];
        }
    }
}

fn targets(fault: &mut SwarmFault) -> Option<&mut Vec<Target>> {
    match fault {
        SwarmFault::Crash { targets, .. }
        | SwarmFault::Disk { targets, .. }
        | SwarmFault::CrashLoop { targets, .. }
        | SwarmFault::Restart { targets, .. }
        | SwarmFault::Drift { targets, .. }
        | SwarmFault::Jump { targets, .. }
        | SwarmFault::Pause(targets)
        | SwarmFault::TickStall(targets) => Some(targets),
        _ => None,
    }
}

fn crash_at_effect(scenario: &mut Scenario, chance: Ppm) {
    for swarm in &mut scenario.swarm {
        if let SwarmFault::Crash { at_effect, .. } = &mut swarm.fault {
            *at_effect = chance;
        }
    }
}

fn snapshots(scenario: &mut Scenario, every: u64, tail: u64, segment_bytes: u64) {
    settle(scenario, &["node.snapshot-every", "node.catch-up-entries", "node.segment-bytes"]);
    scenario.node.snapshot_every = every;
    scenario.node.catch_up_entries = tail;
    scenario.node.segment_bytes = segment_bytes;
    // Restarts that draw their own values would undo it.
    for swarm in &mut scenario.swarm {
        if let SwarmFault::Restart { setup, .. } = &mut swarm.fault {
            setup.snapshot_every.clear();
            setup.catch_up_entries.clear();
            setup.segment_bytes.clear();
        }
    }
}

/// Another number of founding voters; what may be away at the same time follows.
fn nodes(scenario: &mut Scenario, count: u64) {
    settle(scenario, &["cluster.nodes", "budget.unavailable"]);
    scenario.cluster.nodes = count;
    if let Some(away) = &mut scenario.budget.unavailable {
        *away = (*away).min((count - 1) / 2);
    }
    // Groups name nodes of the cluster that was.
    for swarm in &mut scenario.swarm {
        if let SwarmFault::Partition(shapes)
        | SwarmFault::Clog(shapes)
        | SwarmFault::Flap { shapes, .. } = &mut swarm.fault
        {
            shapes.retain(|shape| !matches!(shape, Shape::Groups(_)));
        }
    }
    scenario.swarm.retain(|swarm| {
        !matches!(&swarm.fault,
        SwarmFault::Partition(shapes) | SwarmFault::Clog(shapes) | SwarmFault::Flap { shapes, .. }
            if shapes.is_empty())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = r#"
about = "a test"
[cluster]
spares = 2
[budget]
unavailable = 2
[[draw]]
"cluster.nodes" = [5, 3]
"budget.unavailable" = [2, 1]
[[draw]]
"node.snapshot-every" = [10, 20]
[[swarm]]
crash = { on = 0.5, every = "1s", for = "100ms", target = ["leader", "any"], how = ["power"], at-effect = 0.5 }
[[swarm]]
crash = { on = 0.5, every = "1s", for = "100ms", target = "all", how = ["power"], at-effect = 0.5 }
[[swarm]]
partition = { on = 0.5, every = "1s", for = "100ms", shape = [{ groups = [["n1", "n2", "n3"], ["n4", "n5"]] }] }
[[swarm]]
restart = { on = 0.4, every = "1s", for = "20ms", target = "any", how = "kill", setup = { snapshot-every = [10, 60], forward = [true] } }
"#;

    fn scenario() -> Scenario {
        trace::parse_scenario("test.toml", STOCK, &[])
            .unwrap_or_else(|p| panic!("{}", p.render(false)))
    }

    fn after(strategy: Strategy) -> Scenario {
        let mut changed = scenario();
        strategy.apply(&mut changed);
        changed
    }

    #[test]
    fn each_strategy_changes_something_but_the_stock_one() {
        for strategy in Strategy::ALL {
            assert_eq!(Strategy::named(strategy.name()), Some(strategy));
            assert_eq!(after(strategy) == scenario(), strategy == Strategy::Stock, "{strategy:?}");
        }
        assert_eq!(Strategy::named("blind"), None);
    }

    #[test]
    fn what_is_changed_is_not_drawn_any_more() {
        let drawn = |strategy| after(strategy).draws.len();
        assert_eq!(drawn(Strategy::Stock), 2);
        assert_eq!(after(Strategy::ThreeNodes).draws[0].keys, ["node.snapshot-every"]);
        assert_eq!(after(Strategy::RareSnapshots).draws[0].keys[0], "budget.unavailable");
        assert_eq!(drawn(Strategy::NoDraws), 0);
        assert_eq!(drawn(Strategy::AllFaults), 2);
    }

    #[test]
    fn aiming_leaves_alone_what_strikes_all() {
        let aimed = after(Strategy::LeaderOnly);
        let SwarmFault::Crash { targets, .. } = &aimed.swarm[0].fault else { panic!() };
        assert_eq!(targets, &[Target::Leader]);
        let SwarmFault::Crash { targets, .. } = &aimed.swarm[1].fault else { panic!() };
        assert_eq!(targets, &[Target::All]);
    }

    #[test]
    fn a_smaller_cluster_has_a_smaller_budget_and_no_groups_of_the_old_one() {
        let three = after(Strategy::ThreeNodes);
        assert_eq!((three.cluster.nodes, three.budget.unavailable), (3, Some(1)));
        assert_eq!(three.swarm.len(), 3);
        assert_eq!(after(Strategy::SevenNodes).budget.unavailable, Some(2));
    }
}
