//! Flaws in how reads are served (*Raft §8, thesis §6.4*).

use system::{Boot, Halt, Nanos, Op, ReadMode, Request, Role, System};

use super::planted::{Effects, Filter, Input};
use super::{Flaw, Plant};
use node::{Config, RaftNode};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "read-local",
        about: "every node answers reads from what it has applied, and asks nobody",
        origin: "etcd raftexample kvstore.Lookup; raft-java",
        trigger: "a node lags",
        expected: &["linearizable", "read-freshness"],
        scenario: "partitions",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(Served { mode: ReadMode::Local, by_leader: false })),
    },
    Flaw {
        id: "read-local-leader",
        about: "who believes to lead answers reads from what it has applied, and asks nobody",
        origin: "etcd before 2.0 (Jepsen 2014); Consul's default mode",
        trigger: "a leader is deposed and does not know it",
        expected: &["linearizable", "read-freshness"],
        scenario: "partitions",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(Served { mode: ReadMode::Local, by_leader: true })),
    },
    Flaw {
        id: "lease-read-drift",
        about: "a leader answers reads by its lease, whatever the clocks do",
        origin: "raft-rs read_only.rs warns of it; etcd-io/raft #166",
        trigger: "the leader's clock is slower than a lease allows for",
        expected: &["linearizable", "read-freshness", "lease"],
        scenario: "clock-storm",
        ceiling: 200,
        plant: Plant::Filter(|| Box::new(Served { mode: ReadMode::Lease, by_leader: true })),
    },
];

/// Reads are served in another way than clients ask for.
struct Served {
    mode: ReadMode,
    /// Only those that reach a leader.
    by_leader: bool,
}

impl Filter for Served {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let leases = config.leases || self.mode == ReadMode::Lease;
        RaftNode::boot(&Config { leases, ..*config }, boot, effects)
    }

    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        let serves = !self.by_leader || node.view().role == Role::Leader;
        if let Input::Request { request: Request::Op { op: Op::Get { .. }, read, .. }, .. } =
            &mut input
            && serves
        {
            *read = self.mode;
        }
        node.handle(now, input, effects);
    }
}
