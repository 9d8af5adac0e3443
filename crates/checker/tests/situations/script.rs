//! A run in a few words: three nodes, already up, and what they say.

use checker::{Founding, Reached, Situations};
use system::{
    EntryKind, HaltReason, MessageKind, NodeId, NodeSet, Note, Op, Output, ReadPath, RequestId,
    Role,
};
use trace::{CrashKind, DropReason, Event, Kind, MessageId, OpId, Outcome};

pub(crate) struct Script {
    watch: Situations,
    seq: u64,
}

/// A set of nodes.
pub(crate) fn set(ids: &[NodeId]) -> NodeSet {
    ids.iter().copied().collect()
}

impl Script {
    pub(crate) fn new() -> Script {
        let founding = Founding { voters: NodeSet::first(3), learners: set(&[4]) };
        let script = Script { watch: Situations::new(founding), seq: 0 };
        (1..=3).fold(script, |script, node| {
            let script = script.event(Kind::Start { node, incarnation: 0 });
            script.role(node, Role::Follower, 0)
        })
    }

    pub(crate) fn reached(&self) -> Vec<Reached> {
        self.watch.reached()
    }

    pub(crate) fn event(mut self, kind: Kind) -> Script {
        self.watch.observe(&Event { seq: self.seq, at: 0, cause: Event::NO_CAUSE, kind });
        self.seq += 1;
        self
    }

    pub(crate) fn say(self, node: NodeId, note: Note) -> Script {
        self.event(Kind::Note { node, note })
    }

    pub(crate) fn role(self, node: NodeId, role: Role, term: u64) -> Script {
        let leader = if role == Role::Leader { node } else { 0 };
        self.say(node, Note::Role { role, term, leader })
    }

    pub(crate) fn follow(self, node: NodeId, term: u64) -> Script {
        self.role(node, Role::Follower, term)
    }

    /// The node follows a leader that it knows.
    pub(crate) fn obey(self, node: NodeId, term: u64, leader: NodeId) -> Script {
        self.say(node, Note::Role { role: Role::Follower, term, leader })
    }

    pub(crate) fn campaign(self, node: NodeId, term: u64) -> Script {
        self.role(node, Role::Candidate, term)
    }

    pub(crate) fn lead(self, node: NodeId, term: u64) -> Script {
        self.role(node, Role::Leader, term)
    }

    pub(crate) fn append(self, node: NodeId, index: u64) -> Script {
        self.entry(node, index, EntryKind::Command)
    }

    pub(crate) fn entry(self, node: NodeId, index: u64, kind: EntryKind) -> Script {
        self.say(node, Note::Append { index, term: 1, kind, digest: index })
    }

    pub(crate) fn truncate(self, node: NodeId, from: u64) -> Script {
        self.say(node, Note::Truncate { from })
    }

    pub(crate) fn commit(self, node: NodeId, index: u64) -> Script {
        self.say(node, Note::Commit { index })
    }

    pub(crate) fn vote(self, node: NodeId, term: u64) -> Script {
        self.say(node, Note::Vote { term, candidate: node })
    }

    pub(crate) fn persist(self, node: NodeId, last_index: u64) -> Script {
        self.say(node, Note::Persisted { term: 1, vote: 0, commit: 0, last_index })
    }

    pub(crate) fn conf(
        self,
        node: NodeId,
        index: u64,
        [voters, outgoing, learners]: [&[NodeId]; 3],
    ) -> Script {
        let [voters, outgoing, learners] = [set(voters), set(outgoing), set(learners)];
        self.say(node, Note::Conf { index, voters, outgoing, learners })
    }

    pub(crate) fn crash(self, node: NodeId) -> Script {
        self.crash_as(node, "", 0, 0)
    }

    pub(crate) fn crash_as(
        self,
        node: NodeId,
        during: &'static str,
        lost_bytes: u64,
        torn_writes: u32,
    ) -> Script {
        let how = CrashKind::Power;
        self.event(Kind::Crash { node, how, fault: 1, during, lost_bytes, torn_writes })
    }

    pub(crate) fn halt(self, node: NodeId, reason: HaltReason) -> Script {
        self.event(Kind::Halt { node, reason, detail: "".into() })
    }

    /// The node starts and reads a snapshot up to `snapshot`, and a log up to `last`.
    pub(crate) fn restart(self, node: NodeId, term: u64, snapshot: u64, last: u64) -> Script {
        let recovered = Note::Recovered {
            term,
            vote: 0,
            commit: snapshot,
            first_index: snapshot + 1,
            base_term: 0,
            snapshot_index: snapshot,
            snapshot_digest: 0,
        };
        let script = self.event(Kind::Start { node, incarnation: 1 }).say(node, recovered);
        let script = (snapshot + 1..=last).fold(script, |script, index| script.append(node, index));
        script.follow(node, term)
    }

    pub(crate) fn disk(self, node: NodeId, act: &'static str, path: &str) -> Script {
        self.event(Kind::Disk { node, act, path: path.into(), bytes: 1, error: None })
    }

    /// The node writes the file of a snapshot and gives it its name.
    pub(crate) fn snapshot_file(self, node: NodeId) -> Script {
        self.disk(node, "append", "snap/1.tmp").disk(node, "sync", "snap/1.tmp").disk(
            node,
            "rename",
            "snap/1.snap",
        )
    }

    pub(crate) fn begin(self, name: &'static str) -> Script {
        self.event(Kind::FaultStart { fault: 1, name, detail: "".into() })
    }

    pub(crate) fn end(self, name: &'static str) -> Script {
        self.event(Kind::FaultEnd { fault: 1, name })
    }

    pub(crate) fn send_snapshot(self, node: NodeId, to: NodeId) -> Script {
        self.say(node, Note::SnapshotSent { to, index: 9 })
    }

    pub(crate) fn install(self, node: NodeId, index: u64) -> Script {
        self.say(node, Note::SnapshotInstalled { index, term: 1, digest: 0 })
    }

    pub(crate) fn receive(self, from: NodeId, to: NodeId, kind: MessageKind) -> Script {
        self.event(Kind::Receive { message: MessageId { from, to, number: 1 }, kind })
    }

    pub(crate) fn lose(self, kind: MessageKind, why: DropReason) -> Script {
        let message = MessageId { from: 1, to: 2, number: 1 };
        self.event(Kind::Drop { message, kind, why, fault: 0 })
    }

    pub(crate) fn double(self, kind: MessageKind) -> Script {
        self.event(Kind::Duplicate { message: MessageId { from: 1, to: 2, number: 1 }, kind })
    }

    /// Client 1 begins its operation of this number.
    pub(crate) fn invoke(self, number: u64, op: Op) -> Script {
        self.event(Kind::Invoke { id: OpId { client: 1, number }, op: Box::new(op) })
    }

    pub(crate) fn get(self, number: u64) -> Script {
        self.invoke(number, Op::Get { key: "k".into() })
    }

    /// The node takes the request of client 1.
    pub(crate) fn take(self, node: NodeId, number: u64) -> Script {
        self.event(Kind::Request { node, id: OpId { client: 1, number } })
    }

    pub(crate) fn serve(self, node: NodeId, number: u64, path: ReadPath) -> Script {
        let request: RequestId = 1 << 40 | number << 12 | 1;
        self.say(node, Note::Read { request, path, index: 1 })
    }

    pub(crate) fn answer(self, number: u64, path: ReadPath) -> Script {
        let outcome = Box::new(Outcome::Ok { output: Output::Done, path, index: 1 });
        self.event(Kind::Return { id: OpId { client: 1, number }, outcome, node: 1 })
    }

    pub(crate) fn propose(self, node: NodeId, forwarded: bool) -> Script {
        self.say(node, Note::Proposed { request: 1, forwarded })
    }
}
