//! Random inputs of every kind, with losses, duplicates, reordering and crashes: no node panics,
//! nodes agree on every state that they pass through, and after the storm they converge.

mod cluster_support;

use std::collections::BTreeMap;

use cluster_support::World;
use node::Config;
use sim::{Chance, Stream, StreamName};
use system::{
    Admin, ConfChange, NodeSet, Op, ReadMode, Request, SessionSeq, Start, Transition, View,
};

const NODES: u64 = 5;

#[test]
fn nodes_agree_through_a_storm() {
    let seeds = option_env!("STORM_SEEDS").map_or(40, |seeds| seeds.parse().expect("a number"));
    for seed in 0..seeds {
        storm(seed);
    }
}

fn storm(seed: u64) {
    let mut luck = Chance::new(seed).stream(StreamName::Nemesis(0));
    let config = Config {
        tick: 10,
        election_ticks: 10,
        heartbeat_ticks: 2,
        snapshot_every: if luck.below(2) == 0 { 0 } else { 3 + luck.below(20) },
        catch_up_entries: luck.below(6),
        segment_bytes: 1_024,
        sessions_max: 3,
        forward: luck.below(2) == 0,
        leases: luck.below(2) == 0,
        pre_vote: luck.below(3) > 0,
        check_quorum: luck.below(3) > 0,
        ..Config::default()
    };
    let mut world = World::new(config);
    world.luck = Some(Chance::new(seed));
    let voters = NodeSet::first(3);
    for id in 1..=NODES {
        let founds = voters.contains(id);
        let start =
            if founds { Start::Found { voters, learners: NodeSet::EMPTY } } else { Start::Join };
        world.add(id, start);
    }
    let mut states = BTreeMap::new();
    for _ in 0..3_000 {
        act(&mut world, &mut luck);
        check(&world, &mut states, seed);
        world.story.clear();
    }
    world.cut.clear();
    for id in 1..=NODES {
        if world.view(id).is_none() {
            world.boot(id);
        }
    }
    for _ in 0..200 {
        world.tick();
        world.deliver(u64::MAX);
        check(&world, &mut states, seed);
    }
    // Without these, a removed node that does not know it may disturb the others forever
    // (thesis §4.2.3).
    if config.pre_vote && config.check_quorum {
        converged(&world, seed);
    }
}

fn act(world: &mut World, luck: &mut Stream) {
    let id = 1 + luck.below(NODES);
    match luck.below(1_000) {
        0..300 => world.tick(),
        300..600 => {
            let links = world.busy_links();
            for _ in 0..links.len() {
                let link = links[luck.below(links.len() as u64) as usize];
                match luck.below(20) {
                    0 => world.drop_one(link),
                    1 => world.repeat_one(link),
                    _ => world.deliver_one(link),
                }
            }
        }
        600..900 => {
            let request = request(luck);
            world.request(id, request);
        }
        900..910 => {
            world.crash(id, luck.below(2) == 0);
        }
        910..950 => {
            if world.view(id).is_none() {
                world.boot(id);
            }
        }
        950..955 => {
            let other = 1 + luck.below(NODES);
            world.cut.extend([(id, other), (other, id)]);
        }
        955..970 => world.cut.clear(),
        _ => world.deliver(u64::MAX),
    }
}

fn request(luck: &mut Stream) -> Request {
    let key = ["a", "b", "c"][luck.below(3) as usize].into();
    let value = luck.below(1_000).to_string().into();
    let op = match luck.below(10) {
        0..4 => Op::Get { key },
        4..7 => Op::Put { key, value },
        7 => Op::Append { key, value },
        8 => Op::Cas { key, expect: None, value },
        _ => Op::Delete { key },
    };
    let id = 1 + luck.below(NODES);
    let other = 1 + luck.below(NODES);
    let read = [ReadMode::ReadIndex, ReadMode::Lease, ReadMode::Log, ReadMode::Local];
    match luck.below(40) {
        0 => Request::OpenSession,
        1 => Request::Admin(Admin::Transfer { to: id }),
        2 => {
            let change = |id, kind| match kind {
                0 => ConfChange::Remove(id),
                1 => ConfChange::AddLearner(id),
                _ => ConfChange::AddVoter(id),
            };
            let mut changes = vec![change(id, luck.below(5))];
            if luck.below(2) == 0 {
                changes.push(change(other, luck.below(5)));
            }
            let transition = if luck.below(2) == 0 { Transition::Auto } else { Transition::Joint };
            Request::Admin(Admin::Reconfigure { changes, transition })
        }
        _ => {
            let session = (luck.below(3) == 0)
                .then(|| SessionSeq { session: 1 + luck.below(60), seq: 1 + luck.below(5) });
            Request::Op { op, read: read[luck.below(4) as usize], session }
        }
    }
}

/// Nodes that have applied the same index hold the same state.
fn check(world: &World, states: &mut BTreeMap<u64, u64>, seed: u64) {
    for id in world.ids() {
        let Some(View { applied, digest, .. }) = world.view(id) else { continue };
        let first = *states.entry(applied).or_insert(digest);
        assert!(first == digest, "seed {seed}: n{id} differs at {applied}");
    }
}

/// Those whom the latest configuration names are up and hold the same.
fn converged(world: &World, seed: u64) {
    let views = || world.ids().into_iter().filter_map(|id| Some((id, world.view(id)?)));
    let Some((_, latest)) = views().max_by_key(|(_, view)| view.applied) else { return };
    let up: NodeSet = views().map(|(id, _)| id).collect();
    if !latest.voters.has_majority_in(up) {
        return; // Removed nodes were named again and stay down.
    }
    for (id, view) in views().filter(|(id, _)| latest.voters.contains(*id)) {
        assert!(view.applied == latest.applied, "seed {seed}: n{id} is behind at {view:?}");
    }
    assert!(views().any(|(_, view)| view.leader != 0), "seed {seed}: nobody leads");
}
