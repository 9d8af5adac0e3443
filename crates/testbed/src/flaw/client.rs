//! Flaws in what clients are told, and what becomes of what they repeat (*thesis §6.3*).

use node::semantics::Acknowledge;

use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[Flaw {
    id: "ack-on-propose",
    about: "a write is acknowledged when it is handed to the log, and may never be committed",
    origin: "etcd raftexample httpapi.go; raft-java's asyncWrite",
    trigger: "a leader loses its power or its followers, or a proposal is dropped",
    expected: &["durability", "linearizable"],
    scenario: "crashes",
    ceiling: 5,
    plant: Plant::Options(|options| options.semantics.acknowledge = Acknowledge::Proposed),
}];
