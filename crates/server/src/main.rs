//! `raftkv`: the replicated key-value store of this project on real files and sockets.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::main()
}
