//! `squall`: arguments in, a verdict out. Everything that has a test of its own lives in the
//! crates below; here are files, processes, words and exit codes.
//!
//! The command line is a library so that it serves every system under test: a binary of two lines
//! gives [`main`] a [`Program`] and has all commands (`examples/keeper` is one).
//!
//! Stdout carries the result, stderr everything else. Human output may change at any time; flags,
//! exit codes, JSON and file formats may not.

// The command line lives outside the simulation: it opens files, starts a process to compare with,
// and measures wall time for people. None of it reaches an event.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]

mod args;
mod case;
mod catalogue;
mod check;
mod corpus;
mod dry_run;
mod exit;
mod explain;
mod find;
mod fresh;
mod gauntlet;
mod hash;
mod init;
mod inspect;
mod interrupt;
mod output;
mod program;
mod record;
mod replay;
mod report;
mod run;
mod runs;
mod seed;
mod settings;
mod stock;
mod story;
mod sweep;
mod torture;
mod words;

use std::process::ExitCode;

use clap::Parser;

pub use program::Program;

/// The version of `squall` and the revision of its source, such as `0.1.0+2f0c5e1a9d77`; see
/// `build/revision.rs`.
const VERSION: &str = env!("SQUALL_VERSION");

/// The whole of `squall` for one program under test: reads the arguments of the process, and
/// returns its exit code.
///
/// # Panics
///
/// If it is called twice in a process.
#[must_use]
pub fn main(program: Program) -> ExitCode {
    program::set(program);
    args::dispatch(args::Args::parse())
}
