//! The storm on real processes: the same scenarios, the same operations, the same judge, and
//! `raftkv` instead of the simulator's nodes.
//!
//! ```text
//! plan ─┬─> nemesis ──kill, stop, start──> processes <──dial── proxies, one for each link
//!       │      └──────cut, hold, delay───────────────────────────┘
//!       └─> clients ───────HTTP──────────> processes
//!              └──> events ──> history ──> verdict
//! ```
//!
//! What is planned follows from scenario and seed: which operations, which faults, when. What
//! happens takes the time that it takes, so a seed does not bring back a run byte by byte. This is
//! not the tool that finds; it is the one that shows that what was found to hold in the simulator
//! holds outside.
//!
//! **Invariant:** every process and every directory that was made here is gone when [`run`]
//! returns or unwinds, unless the caller keeps the directory.

// This is the other side of the seam: clocks, threads, sockets and processes are the point.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod admin;
mod api;
mod client;
mod cluster;
mod differences;
pub mod links;
mod nemesis;
mod ports;
mod process;
mod program;
pub mod proxy;
mod recorder;
mod run;

pub use differences::differences;
pub use program::Program;
pub use run::{Error, Report, run};

/// The signatures that only real processes can fail with, each with its meaning.
pub const SIGNATURES: &[(&str, &str)] = &[
    ("convergence/not-settled", "after healing, the members did not agree in time"),
    ("liveness/final-read", "after healing, a key could not be read"),
    ("sut/exit", "a process ended although nobody asked it to"),
    ("sut/shut-down", "a process did not end when it was asked to"),
];
