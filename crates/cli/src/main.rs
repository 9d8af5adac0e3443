//! `squall` for the key-value store of this project.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(cli::Program::store())
}
