//! Where world, program, clients and judge meet: a run.
//!
//! ```text
//! scenario + seed --plan()--> plan --run()--> events --> observer, hash, judge, history, counters
//! ```
//!
//! A run is one loop ([`world`]): take what is due next, hand it to a node, a client or the
//! nemesis, perform the node's effects, record. One function records ([`record`]); everything
//! that judges, hashes, counts or writes sees what it records and nothing else.
//!
//! **Not done here:** printing, files, threads, processes. A caller who wants a trace writes the
//! events that the observer is given.

mod admin;
mod client;
mod clock;
mod cluster;
mod counters;
mod demand;
pub mod flaw;
mod heal;
mod liveness;
mod nemesis;
mod options;
mod panics;
mod perform;
mod phases;
mod plan;
mod progress;
mod record;
mod rows;
mod send;
mod signatures;
mod slot;
mod swarm;
mod twice;
mod watch;
mod workload;
mod world;

/// What a run is judged by, each with its source: the [`checker`]'s checks, and those of the run
/// itself.
pub fn checks() -> impl Iterator<Item = (&'static str, &'static str)> {
    let own = [
        ("liveness", "once all is healed, the cluster elects and commits"),
        ("determinism", "a failure is the same in a fresh process"),
    ];
    checker::CHECKS.iter().copied().chain(own)
}

pub use counters::Counters;
pub use flaw::planted::{Planted, PlantedConfig, planted_config};
pub use flaw::{Flaw, flaw_named, flaw_of, flaws};
pub use nemesis::describe;
pub use nemesis::members::{Roster, steps as membership_steps};
pub use nemesis::missed::MissedFault;
pub use nemesis::shape::resolve as resolve_shape;
pub use options::node_config;
pub use plan::{PlannedOp, operations, plan};
pub use rows::{ROWS, Row, rows_of};
pub use signatures::signatures;
pub use twice::{Divergence, twice};
pub use workload::{Drawn, Generator, key_name};
pub use world::{Report, run, run_system};
