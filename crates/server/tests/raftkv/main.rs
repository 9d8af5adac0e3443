//! `raftkv` as its users meet it: real processes, real files, `curl`.

// Tests of processes use processes.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod answers;
mod demo;
mod files;
mod peers;
mod refusals;
mod support;
mod walkthrough;
