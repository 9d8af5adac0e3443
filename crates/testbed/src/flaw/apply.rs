//! Flaws in what becomes of a committed entry: when it is applied, acknowledged and read, and what
//! is remembered of it (*Raft §5.3, §8; thesis §6.3*).

use bytes::{Buf, Bytes};
use node::semantics::{Acknowledge, Apply, ReadWait};
use node::{RaftNode, Semantics};
use raft::eraftpb::{Message, MessageType};
use system::{Nanos, System};

use super::planted::{Effects, Filter, Input};
use super::{Flaw, Plant};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "ack-before-apply",
        about: "a write is acknowledged when it is committed, a read is answered when it is \
                confirmed, and both are applied when there is time",
        origin: "a trap of designs with a thread that applies; etcd raftexample before 2021",
        trigger: "a slow apply",
        expected: &["read-freshness", "linearizable"],
        scenario: "steady",
        ceiling: 10,
        plant: Plant::Options(|options| {
            options.semantics = Semantics {
                acknowledge: Acknowledge::Committed,
                apply: Apply::WithTick,
                read: ReadWait::Nothing,
                ..options.semantics
            };
        }),
    },
    Flaw {
        id: "read-before-applied",
        about: "a read is answered as soon as its index is confirmed, applied or not",
        origin: "the step of ReadIndex that is forgotten most (thesis 6.4, step 4)",
        trigger: "a follower that lags answers a read",
        expected: &["read-freshness", "linearizable"],
        scenario: "follower-reads",
        ceiling: 30,
        plant: Plant::Options(|options| options.semantics.read = ReadWait::Nothing),
    },
    Flaw {
        id: "empty-entry-skipped",
        about: "entries without data are skipped before their kind is looked at, and with them \
                the end of a joint configuration",
        origin: "raft-rs, examples/five_mem_node",
        trigger: "a joint change of the configuration",
        expected: &["liveness", "config-safety"],
        scenario: "membership-storm",
        ceiling: 20,
        plant: Plant::Options(|options| options.semantics.pass_empty = true),
    },
    Flaw {
        id: "session-not-in-snapshot",
        about: "who takes a leader's snapshot forgets the sessions",
        origin: "thesis 6.3: the table is replicated state, too",
        trigger: "a snapshot is installed",
        expected: &["snapshot-prefix", "state-machine-safety", "linearizable", "convergence"],
        scenario: "snapshots",
        ceiling: 10,
        plant: Plant::Filter(|| Box::new(WithoutSessions)),
    },
];

/// Snapshots arrive without sessions.
struct WithoutSessions;

impl Filter for WithoutSessions {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, mut input: Input, effects: &Effects) {
        if let Input::Message { message, .. } = &mut input
            && message.get_msg_type() == MessageType::MsgSnapshot
        {
            forget_sessions(message);
        }
        node.handle(now, input, effects);
    }
}

/// A state is the index of its configuration, the counted pairs of the store, and the counted
/// sessions.
fn forget_sessions(message: &mut Message) {
    let data = message.get_snapshot().data.clone();
    let mut rest = data.clone();
    let mut skip_store = || {
        number(&mut rest)?;
        for _ in 0..2 * number(&mut rest)? {
            let len = usize::try_from(number(&mut rest)?).ok()?;
            rest.try_advance(len)?;
        }
        Some(data.len() - rest.len())
    };
    if let Some(end) = skip_store() {
        let mut state = data[..end].to_vec();
        state.push(0);
        message.mut_snapshot().data = state.into();
    }
}

/// Takes an integer in groups of seven bits off the front.
fn number(bytes: &mut Bytes) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.first()?;
        bytes.advance(1);
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Moving on within bounds.
trait TryAdvance {
    /// Skips so many bytes, if there are so many.
    fn try_advance(&mut self, count: usize) -> Option<()>;
}

impl TryAdvance for Bytes {
    fn try_advance(&mut self, count: usize) -> Option<()> {
        (count <= self.len()).then(|| self.advance(count))
    }
}
