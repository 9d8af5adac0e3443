//! Squall for a system of one's own: a program of one line that has every command.
//!
//! `cargo run --example keeper -- run my-scenario.toml --seed 1`. To see what becomes of mistakes,
//! name some in `KEEPER`: `leak` (randomness that is not from the seed), `forget` (writes that are
//! acknowledged and not kept).

// The environment is read before anything runs.
#![allow(clippy::disallowed_methods)]

mod keeper;

use keeper::{Keeper, Options};

fn main() -> std::process::ExitCode {
    let mistakes = std::env::var("KEEPER").unwrap_or_default();
    let makes = |name| mistakes.split(',').any(|mistake| mistake == name);
    let options = Options { leak: makes("leak"), forget: makes("forget") };
    cli::main(cli::Program::new::<Keeper>("keeper", "1", move |_| options))
}
