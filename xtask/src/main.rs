//! `cargo xtask`: what this repository does to itself. Tidy it, soak it, compare its runs, and all
//! of that at once.

// Automation lives outside the simulation: it reads files and starts processes.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

mod banlist;
mod bench;
mod bench_check;
mod bench_server;
mod ci;
mod conformance;
mod determinism;
mod engines;
mod faults;
mod gauntlet;
mod golden;
mod instructions;
mod mutants;
mod mutate;
mod process;
mod slurm;
mod soak;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  ci                                     everything below, and the tests; the last line sums up
  tidy                                   lengths, module docs, words, arrows between crates
  banlist                                shows that the linter refuses what may not reach an event
  soak [--seeds N] [--scenario S]...     many seeds of each scenario that must pass
  bench run [--rounds N]                 CPU time of a run, beside a bare raft-rs loop
  bench run --ir                         instructions per step, counted under callgrind
  golden                                 record the kept traces again, after a change of hashes
  engines                                manifests and workflows against their schemas, offline
  slurm [--repeat N] [--squall PATH]     a job array on a real Slurm loses a worker and a node
  faults [--seeds N]                     how often each fault happens, and which test shows it
  gauntlet [--bases N] [--record]        CPU time until each planted flaw is found, and whether
                                         that has become harder; --strategies: by which means
  mutants [--seeds N] [NAME]...          which small changes of the library and of the node are
                                         seen, and after how many seeds
  bench check [--rounds N]               CPU time of the judge on histories made to order
  bench server [--seconds N] [--profile P]
                                         what raftkv does in a second, beside its disk's own rate
  conformance DIR                        the histories of DIR/manifest.json get their verdicts
  mutate [--files N]                     damaged histories are decided or refused
  determinism [--seeds N]                the same hashes in one process, a fresh one, a debug build
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.split_first() {
        Some((&"ci", [])) => ci::ci(),
        Some((&"tidy", [])) => tidy::tidy(),
        Some((&"banlist", [])) => banlist::banlist(),
        Some((&"bench", ["run"])) => Ok(bench::run(5)),
        Some((&"bench", ["run", "--ir"])) => instructions::count(),
        Some((&"bench", ["steps"])) => instructions::load().map(|steps| steps.to_string()),
        Some((&"bench", ["run", "--rounds", rounds])) => {
            rounds.parse().map(bench::run).map_err(|_| format!("--rounds {rounds}: a number"))
        }
        Some((&"faults", flags)) => faults::seeds(flags).and_then(faults::table),
        Some((&"gauntlet", flags)) => {
            gauntlet::Options::parse(flags).and_then(|options| gauntlet::gauntlet(&options))
        }
        Some((&"bench", ["check"])) => bench_check::check(5),
        Some((&"bench", ["check", "--rounds", rounds])) => {
            number("--rounds", rounds).and_then(bench_check::check)
        }
        Some((&"bench", ["server", flags @ ..])) => {
            bench_server::Options::parse(flags).and_then(|options| bench_server::bench(&options))
        }
        Some((&"conformance", [folder])) => conformance::conformance(Path::new(folder)),
        Some((&"mutants", flags)) => {
            mutants::Options::parse(flags).and_then(|options| mutants::mutants(&options))
        }
        Some((&"mutate", [])) => mutate::mutate(10_000),
        Some((&"mutate", ["--files", files])) => number("--files", files).and_then(mutate::mutate),
        Some((&"soak", flags)) => soak::Options::parse(flags).and_then(|o| soak::soak(&o)),
        Some((&"golden", [])) => golden::record(),
        Some((&"engines", [])) => engines::engines(),
        Some((&"slurm", flags)) => slurm::Options::parse(flags).and_then(|o| slurm::slurm(&o)),
        Some((&"determinism", flags)) => determinism::seeds(flags).and_then(determinism::compare),
        Some((&("-h" | "--help" | "help"), _)) => Ok(HELP.to_owned()),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(summary) => {
            println!("{}", summary.trim_end());
            ExitCode::SUCCESS
        }
        Err(complaint) => {
            if !complaint.is_empty() {
                eprintln!("{}", complaint.trim_end());
            }
            ExitCode::FAILURE
        }
    }
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag} {text}: a number"))
}
