//! Flaws in how reads are served (*Raft §8, thesis §6.4*).

use system::{Nanos, Op, ReadMode, Request, Role, System};

use super::planted::{Effects, Filter, Input};
use super::{Flaw, Plant};
use node::RaftNode;

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "read-local",
        about: "every node answers reads from what it has applied, and asks nobody",
        origin: "etcd raftexample kvstore.Lookup; raft-java",
        trigger: "a node lags",
        expected: &["linearizable"],
        scenario: "partitions",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(LocalReads { leader_only: false })),
    },
    Flaw {
        id: "read-local-leader",
        about: "who believes to lead answers reads from what it has applied, and asks nobody",
        origin: "etcd before 2.0 (Jepsen 2014); Consul's default mode",
        trigger: "a leader is deposed and does not know it",
        expected: &["linearizable"],
        scenario: "partitions",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(LocalReads { leader_only: true })),
    },
];

/// Reads are turned into local ones.
struct LocalReads {
    leader_only: bool,
}

impl Filter for LocalReads {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        let trusts_itself = !self.leader_only || node.view().role == Role::Leader;
        if let Input::Request { request: Request::Op { op: Op::Get { .. }, read, .. }, .. } =
            &mut input
            && trusts_itself
        {
            *read = ReadMode::Local;
        }
        node.handle(now, input, effects);
    }
}
