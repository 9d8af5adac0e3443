//! `raftkv`: the very node that the simulator tests, on real files, sockets and clocks.
//!
//! Nothing of Raft, of the log or of the store lives here. One thread owns the node and performs
//! its effects; another serves clients and peers.
//!
//! * [`args`], [`settings`], [`url`]: what was asked for, checked.
//! * [`serve`]: a node as a process. [`log`]: its words. [`demo`]: three of them.
//! * [`driver`]: the loop over the seam. [`disk`]: file effects. [`random`]: luck.
//! * [`peers`]: messages between nodes. [`book`]: where the nodes are.
//! * [`http`]: the client interface. [`client`]: who uses it. [`metrics`]: what is counted.
//! * [`shared`]: what the threads have in common.
//! * [`inspect`]: a write-ahead log for people.

// The server lives outside the simulation: files, sockets, threads and clocks are its business.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod args;
mod book;
mod client;
mod demo;
mod disk;
mod driver;
mod http;
mod inspect;
mod log;
mod metrics;
mod peers;
mod random;
mod serve;
mod settings;
mod shared;
mod url;

use std::process::ExitCode;

use clap::Parser;

/// The version of `raftkv` and the revision of its source; see `cli/build/revision.rs`.
const VERSION: &str = env!("RAFTKV_VERSION");

/// The whole of `raftkv`: reads the arguments of the process, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let args = args::Args::parse();
    match args.command {
        None => serve::serve(&args.serve),
        Some(args::Command::Demo(args)) => demo::demo(&args),
        Some(args::Command::InspectWal(args)) => inspect::inspect(&args),
        Some(args::Command::Client(command)) => client::run(&command),
    }
}
