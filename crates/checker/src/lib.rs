//! The judge: says from events and histories alone whether promises were kept.
//!
//! * [`Judge`] watches every event of a run and holds Raft's invariants against it.
//! * [`linearizable`] decides whether the clients saw one store (*Herlihy and Wing 1990*).
//!
//! **Invariant:** nothing here knows how a run is made; a recorded trace is judged as a live run.
//! **Invariant:** nothing here fails. What cannot be told is [`trace::Verdict::Unknown`].

mod committed;
mod findings;
mod invariants;
pub mod judge;
pub mod linearizability;
mod replica;

pub use judge::{Founding, Judge};
pub use linearizability::{Linearizable, linearizable};
