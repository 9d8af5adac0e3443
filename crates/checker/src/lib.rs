//! The judge: says from events and histories alone whether promises were kept.
//!
//! * [`Judge`] watches every event of a run and holds Raft's invariants against it.
//! * [`Situations`] counts the rare things that a run came into.
//! * [`linearizable`] decides whether the clients saw one store (*Herlihy and Wing 1990*).
//!
//! **Invariant:** nothing here knows how a run is made; a recorded trace is judged as a live run.
//! **Invariant:** nothing here fails. What cannot be told is [`trace::Verdict::Unknown`].

mod asked;
mod committed;
mod configuration;
pub mod exercised;
mod findings;
mod invariants;
pub mod judge;
pub mod linearizability;
mod log_view;
mod replica;
mod signatures;
pub mod situations;
mod states;
pub mod synthetic;

/// What a run is judged by, each with its source.
pub const CHECKS: &[(&str, &str)] = &[
    ("linearizable", "clients saw one store, each operation at one moment (Herlihy and Wing 1990)"),
    ("election-safety", "at most one leader in a term, which leads it once (Raft, section 5.2)"),
    ("leader-append-only", "a leader never takes back what is in its log (section 5.3)"),
    ("log-matching", "equal index and term: equal logs up to there (section 5.3)"),
    ("leader-completeness", "what is committed is in the log of every later leader (section 5.4)"),
    ("state-machine-safety", "no two nodes apply different entries at one index (section 5.4)"),
    ("apply-order", "entries are applied once committed, in order, none left out (section 5.3)"),
    ("snapshot-prefix", "a snapshot is the log prefix that it replaces (section 7)"),
    ("commit-quorum", "what is called committed is durable on a majority (section 5.3)"),
    (
        "commit-monotonic",
        "no commit index goes back or beyond the log, nothing committed is truncated",
    ),
    ("term-monotonic", "no term goes back, not by a restart either (section 5.1)"),
    (
        "config-safety",
        "one change of members at a time, and a majority of each half elects (thesis, chapter 4)",
    ),
    ("vote-kept", "one vote in a term, kept over restarts (section 5.2)"),
    ("log-kept", "what a node made durable is in its log when it starts again (figure 2)"),
    ("read-freshness", "a read holds all that was committed when it was asked (thesis, 6.4)"),
    ("lease", "nobody leads a later term while a leader reads by its lease (thesis, 6.4.1)"),
    ("exactly-once", "a request takes effect once, however often it is tried (thesis, 6.3)"),
    ("admin-answers", "a change or transfer called done was made (thesis, 3.10 and 4.3)"),
    ("durability", "what was acknowledged is on the disks at the end"),
    ("convergence", "once all is healed, all replicas hold the same"),
    ("sut", "no node panics, refuses to start or ends itself"),
];

pub use exercised::Exercised;
pub use judge::{Founding, Judge};
pub use linearizability::{Linearizable, linearizable};
pub use signatures::{SIGNATURES, without_place};
pub use situations::{Reached, Situations};
