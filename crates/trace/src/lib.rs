//! The files people keep: what goes into a run, and what came out of it.
//!
//! * [`scenario`], [`membership`], [`parse`], [`problem`], [`schema`]: what a person writes, how
//!   it is read, and what is said when it is wrong.
//! * [`faults`], [`situation`]: what can befall a cluster, and what a sweep should have seen.
//! * [`case`]: one run that is worth being kept, as a file.
//! * [`plan`]: the faults of one seed, drawn before the run.
//! * [`event`], [`about`], [`hash`]: what happened, one event at a time, and when two runs are
//!   the same.
//! * [`history`], [`verdict`]: what the clients saw, and what was judged.
//! * [`histogram`]: durations over many runs. [`foreign`]: histories
//!   that others recorded, and ours for them.
//! * [`header`], [`line`](mod@line), [`write`](mod@write), [`read`], [`trace_schema`](mod@trace_schema):
//!   a run as a file, one line of JSON for each event.
//! * [`text`], [`query`], [`state`], [`causes`]: that file for people.
//!
//! **Invariant:** nothing here knows a clock, a file, a thread or a float. Files are `Read` and
//! `Write`, and what is written depends on the arguments alone.
//!
//! **Not done here:** running and judging.

pub mod about;
pub mod case;
pub mod causes;
pub mod disk;
pub mod event;
pub mod faults;
pub mod foreign;
pub mod hash;
pub mod header;
pub mod histogram;
pub mod history;
pub mod line;
pub mod membership;
pub mod parse;
pub mod plan;
pub mod problem;
pub mod query;
pub mod read;
pub mod scenario;
pub mod schema;
pub mod situation;
pub mod state;
mod strengths;
pub mod text;
pub mod trace_schema;
pub mod verdict;
pub mod write;
pub use case::{CASE_VERSION, Case, CaseExpect, Recorded};
pub use causes::{Reason, reasons, render_why, why};
pub use disk::{DiskStrike, DiskWhat, Loss};
pub use event::*;
pub use faults::{FAULTS, FaultWord};
pub use hash::{RunHash, hash_text};
pub use header::{Build, Header, TRACE_VERSION};
pub use histogram::Histogram;
pub use history::*;
pub use line::{kind_name, parse_line, write_line};
pub use membership::*;
pub use parse::case::{is_case, parse_case, parse_case_bytes};
pub use parse::document::fault_document;
pub use parse::words::nearest;
pub use parse::{SCENARIO_BYTES_MAX, parse_fault, parse_scenario, parse_scenario_bytes};
pub use plan::*;
pub use problem::{Problem, Problems};
pub use query::{Query, QueryProblem};
pub use read::{LINE_BYTES_MAX, Line, Reader, Recording, TraceProblem, open_reader, reader};
pub use scenario::*;
pub use schema::{case_schema, scenario_schema};
pub use situation::{Need, Situation};
pub use state::{NodeState, StateTable};
pub use trace_schema::trace_schema;
pub use verdict::*;
pub use write::{Footer, MARK_EVERY, Writer, compressed, count};
