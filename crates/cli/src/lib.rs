//! `squall`: arguments in, a verdict out. Everything that has a test of its own lives in the
//! crates below; here are files, processes, words and exit codes.
//!
//! Stdout carries the result, stderr everything else. Human output may change at any time; flags,
//! exit codes, JSON and file formats may not.

// The command line lives outside the simulation: it opens files, starts a process to compare with,
// and measures wall time for people. None of it reaches an event.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

mod args;
mod catalogue;
mod exit;
mod find;
mod fresh;
mod hash;
mod inspect;
mod output;
mod record;
mod replay;
mod report;
mod run;
mod runs;
mod seed;
mod story;
mod words;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let args = args::Args::parse();
    args::dispatch(args)
}
