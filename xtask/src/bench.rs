//! `cargo xtask bench run`: what a run costs, beside the bare raft-rs loop it can never beat.
//!
//! CPU time of this process, medians of several rounds, everything interleaved in one process so
//! that ratios hold when the machine's speed drifts. Loads (nodes 3 and 5): *saturated* is five
//! closed-loop clients without a pause, half puts, half ReadIndex gets, delays of 1 to 10 ms, tick
//! 10 ms, election 15 ticks, heartbeat 5; *light* is the same with 100 ms of think time; *faulty*
//! is `chaos` with a storm of 4 s, and *swarm* is `swarm` with one.

use std::collections::VecDeque;
use std::time::Duration;

use raft::eraftpb::{ConfState, Message};
use raft::storage::MemStorage;
use raft::{Config, RawNode};
use slog::{Discard, Logger, o};
use trace::{Mix, Pace, Scenario};

/// CPU time that this process has used.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells CPU time in /proc");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: u64 =
        fields[11].parse::<u64>().unwrap_or(0) + fields[12].parse::<u64>().unwrap_or(0);
    // A clock tick is 10 ms on every Linux that Rust supports.
    Duration::from_millis(ticks * 10)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One load on Squall: events, virtual seconds, operations per CPU-second.
struct Figures {
    dues: f64,
    events: f64,
    virtual_seconds: f64,
    ops: f64,
    seeds: f64,
}

fn measure(scenario: &Scenario, seeds: std::ops::Range<u64>) -> Figures {
    let before = cpu();
    let (mut dues, mut events, mut nanos, mut ops) = (0, 0, 0, 0);
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let plan = testbed::plan(scenario, seed);
        let report = testbed::run(&plan, &mut |_| {});
        dues += report.dues;
        events += report.events;
        nanos += report.at;
        ops += report.counters.ok;
    }
    let seconds = (cpu() - before).as_secs_f64().max(0.01);
    Figures {
        dues: dues as f64 / seconds,
        events: events as f64 / seconds,
        virtual_seconds: nanos as f64 / 1e9 / seconds,
        ops: ops as f64 / seconds,
        seeds: count as f64 / seconds,
    }
}

/// Puts per CPU-second of the bare loop: one proposal after another, messages handed over.
fn bare_loop(nodes: u64, puts: u64) -> f64 {
    let before = cpu();
    let mut cluster: Vec<RawNode<MemStorage>> = (1..=nodes)
        .map(|id| {
            let config = Config {
                id,
                election_tick: 15,
                heartbeat_tick: 5,
                pre_vote: true,
                check_quorum: true,
                ..Config::default()
            };
            let conf = ConfState::from(((1..=nodes).collect::<Vec<_>>(), vec![]));
            let storage = MemStorage::new_with_conf_state(conf);
            RawNode::new(&config, storage, &Logger::root(Discard, o!())).expect("valid config")
        })
        .collect();
    cluster[0].campaign().expect("a node can campaign");
    let mut applied = 0;
    let mut mail = VecDeque::new();
    let mut proposed = 0;
    while applied < puts {
        if mail.is_empty()
            && proposed <= applied
            && cluster[0].raft.state == raft::StateRole::Leader
        {
            cluster[0].propose(vec![], vec![7; 32]).expect("the leader proposes");
            proposed += 1;
        }
        for (at, node) in cluster.iter_mut().enumerate() {
            let done = drain(node, &mut mail);
            if at == 0 {
                applied += done;
            }
        }
        while let Some(message) = mail.pop_front() {
            let message: Message = message;
            let to = message.to as usize - 1;
            let _ = cluster[to].step(message);
        }
    }
    puts as f64 / (cpu() - before).as_secs_f64().max(0.01)
}

/// One round of Ready. Returns how many commands were committed.
fn drain(node: &mut RawNode<MemStorage>, mail: &mut VecDeque<Message>) -> u64 {
    let mut applied = 0;
    while node.has_ready() {
        let mut ready = node.ready();
        mail.extend(ready.take_messages());
        applied += ready.take_committed_entries().iter().filter(|e| !e.data.is_empty()).count();
        node.store().wl().append(ready.entries()).expect("memory can be written");
        if let Some(hard_state) = ready.hs() {
            node.store().wl().set_hardstate(hard_state.clone());
        }
        mail.extend(ready.take_persisted_messages());
        let mut light = node.advance(ready);
        mail.extend(light.take_messages());
        applied += light.take_committed_entries().iter().filter(|e| !e.data.is_empty()).count();
        node.advance_apply();
    }
    applied as u64
}

fn saturated(mut scenario: Scenario, nodes: u64, think: u64) -> Scenario {
    scenario.cluster.nodes = nodes;
    scenario.cluster.clients = 5;
    scenario.node.heartbeat_ticks = 5;
    scenario.workload.pace = Pace::Closed { think };
    scenario.workload.mix = Mix { get: 50, put: 50, delete: 0, cas: 0, append: 0 };
    scenario.limits.storm = if think == 0 { 60_000_000_000 } else { 600_000_000_000 };
    scenario.limits.events_max = u64::MAX;
    scenario.limits.steps_max = u64::MAX;
    scenario
}

/// A scenario with another number of nodes and a storm of 4 s.
fn short(mut scenario: Scenario, nodes: u64) -> Scenario {
    scenario.cluster.nodes = nodes;
    scenario.limits.storm = 4_000_000_000;
    scenario
}

/// Measures everything `rounds` times and prints medians.
pub(crate) fn run(rounds: usize) -> String {
    let load = |name: &str| {
        let file = format!("scenarios/{name}.toml");
        let text = std::fs::read_to_string(&file).expect("the scenario is there");
        trace::parse_scenario(&file, &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
    };
    let (steady, chaos, swarm) = (load("steady"), load("chaos"), load("swarm"));
    println!("medians of {rounds} rounds, CPU time, one process, one thread");
    println!(
        "{:<12} {:>5} {:>10} {:>10} {:>10} {:>9} {:>8} {:>9} {:>7}",
        "load",
        "nodes",
        "steps/s",
        "events/s",
        "virtual/s",
        "ops/s",
        "seeds/s",
        "bare op/s",
        "ratio"
    );
    for nodes in [3, 5] {
        let loads = [
            ("saturated", saturated(steady.clone(), nodes, 0), 2),
            ("light", saturated(steady.clone(), nodes, 100_000_000), 2),
            ("faulty", short(chaos.clone(), nodes), 100),
            ("swarm", short(swarm.clone(), nodes), 100),
        ];
        for (name, scenario, seeds) in loads {
            let mut all: [Vec<f64>; 6] = Default::default();
            for round in 0..rounds as u64 {
                let figures = measure(&scenario, round * seeds..(round + 1) * seeds);
                let bare = bare_loop(nodes, 100_000);
                for (values, value) in all.iter_mut().zip([
                    figures.dues,
                    figures.events,
                    figures.virtual_seconds,
                    figures.ops,
                    figures.seeds,
                    bare,
                ]) {
                    values.push(value);
                }
            }
            let [dues, events, virtual_seconds, ops, seeds, bare] = all.map(median);
            println!(
                "{name:<12} {nodes:>5} {dues:>10.0} {events:>10.0} {virtual_seconds:>10.0} \
                 {ops:>9.0} {seeds:>8.1} {bare:>9.0} {:>7.2}",
                bare / ops
            );
        }
    }
    "ratio: CPU per completed operation beside CPU per put of the bare loop".to_owned()
}
