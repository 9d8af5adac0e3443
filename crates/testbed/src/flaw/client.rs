//! Flaws in what clients are told, and what becomes of what they repeat (*thesis §6.3*).

use system::{Nanos, Request, System};

use super::planted::{Effects, Filter, Input};
use super::{Flaw, Plant};
use node::RaftNode;
use node::semantics::Acknowledge;

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "ack-on-propose",
        about: "a write is acknowledged when it is handed to the log, and may never be committed",
        origin: "etcd raftexample httpapi.go; raft-java's asyncWrite",
        trigger: "a leader loses its power or its followers, or a proposal is dropped",
        expected: &["durability", "linearizable"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Options(|options| options.semantics.acknowledge = Acknowledge::Proposed),
    },
    Flaw {
        id: "retry-without-session",
        about: "the session of a request is ignored, so what a client repeats happens twice",
        origin: "Jepsen on jetcd, 2024; thesis 6.3",
        trigger: "an answer is late or lost, and the client asks again",
        expected: &["linearizable", "exactly-once"],
        scenario: "chaos",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(NoSessions)),
    },
    Flaw {
        id: "unbounded-uncommitted",
        about: "a leader takes proposals without end while nothing can be committed",
        origin: "etcd before f89b06dc6",
        trigger: "there is no quorum for long, and clients go on asking",
        expected: &["liveness"],
        scenario: "overload",
        ceiling: 5,
        plant: Plant::Options(|options| options.uncommitted_bytes_max = u64::MAX),
    },
];

/// Requests arrive without their sessions.
struct NoSessions;

impl Filter for NoSessions {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        if let Input::Request { request: Request::Op { session, .. }, .. } = &mut input {
            *session = None;
        }
        node.handle(now, input, effects);
    }
}
