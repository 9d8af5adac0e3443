//! `squall` for the key-value store of this project.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(cli::Program::new::<node::RaftNode>("raft-rs", "0.7.0", testbed::node_config))
}
