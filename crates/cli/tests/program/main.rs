//! `squall` as its users meet it: started as a program, in a directory of its own.

// Tests of the command line start processes and look at files.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod bad_input;
mod check;
mod corpus;
mod engines;
mod gauntlet;
mod init;
mod interrupt;
mod place;
mod replay;
mod reports;
mod run;
mod settings;
mod stock;
mod stranger;
mod sweep;
mod sweep_ends;
mod torture;
mod words;
