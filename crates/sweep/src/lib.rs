//! Many seeds: what is to be run, what came of it, and the sum.
//!
//! ```text
//! plan --work()--> chunks --(somebody runs them)--> records --merge()--> summary --> text
//! ```
//!
//! * [`plan`]: everything that a sweep depends on, in one file; its hash is its name.
//! * [`seeds`]: which ones, and which are run twice.
//! * [`knobs`](mod@knobs): which random faults a seed drew.
//! * [`shard`], [`detect`]: which chunks are whose, and how an engine says so.
//! * [`record`]: what a chunk came to: a line for each seed that did not pass, and a footer.
//! * [`set`]: records from anywhere, each chunk once; two that differ are non-determinism.
//! * [`mod@merge`], [`summary`]: the sum over a set of records.
//! * [`recovery`]: how long it took until the cluster answered again.
//! * [`gauntlet`]: seeds and CPU time until planted mistakes were found.
//! * [`text`], [`markdown`](mod@markdown), [`junit`](mod@junit), [`github`]: the summary for people, dashboards and
//!   GitHub; [`view`] is what they have in common.
//!
//! **Invariant:** no clock, no thread, no process, no path is opened here, and nothing that is
//! written names a host, a time or a process: equal chunks are equal bytes, and a summary is a
//! function of the set of chunks, however they were shared out.
//!
//! **Not done here:** running a seed, and deciding when to stop.

pub mod detect;
pub mod gauntlet;
pub mod github;
pub mod junit;
pub mod knobs;
pub mod markdown;
pub mod merge;
pub mod plan;
pub mod record;
pub mod recovery;
mod require;
pub mod schema;
pub mod seeds;
pub mod set;
pub mod shard;
pub mod summary;
pub mod text;
pub mod view;

pub use junit::junit;
pub use knobs::knobs;
pub use markdown::markdown;
pub use merge::merge;
pub use plan::{Plan, PlanProblem, Planned, Program, Work};
pub use record::{Divergence, Finding, Footer, Record, Run, Seen, Sighting, Spread, Verdict};
pub use recovery::Recovery;
pub use schema::summary_schema;
pub use seeds::{Seeds, Verify};
pub use set::{Refused, Set};
pub use shard::Shard;
pub use summary::Summary;
