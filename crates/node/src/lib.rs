//! The program under test: a replicated key-value store on the `raft` crate's `RawNode`.
//!
//! It is the store that etcd's `raftexample` describes, with what a program of this kind needs
//! to be right: a write-ahead log and snapshots that survive crashes at any effect, writes
//! acknowledged when applied, linearizable reads, client sessions, joint consensus. It does no
//! IO: [`RaftNode`] takes one input at a time and answers with an ordered list of effects.
//!
//! * [`config`]: how a node is set up; [`semantics`]: what it means by "done".
//! * [`store`]: the durable memory; the library's `Storage`.
//! * `codec`, `command`, `kv`, `session`, `machine`: the replicated state machine.
//! * `conf`, `lease`, `luck`, `message`, `proposals`, `reads`, `transfer`, `deliveries`: one
//!   concern of a node each, without the library or with little of it.
//! * `raft_node`, `boot`, `request`, `ready`, `apply`, `ticks`: the node, in the order in which
//!   a request passes through it.
//!
//! **Not done here:** encoding of frames, scheduling, judging; see `sim`, `testbed`, `checker`.

pub mod config;
pub mod semantics;
pub mod store;

mod codec;
mod command;
mod kv;
mod machine;
mod session;

mod conf;
mod deliveries;
mod lease;
mod luck;
mod message;
mod proposals;
mod reads;
mod transfer;

mod apply;
mod boot;
mod raft_node;
mod ready;
mod request;
mod ticks;

pub use config::Config;
pub use raft_node::RaftNode;
pub use semantics::Semantics;
