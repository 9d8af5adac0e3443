//! A made-up run, told event by event.

use checker::{Founding, Judge};
use system::{EntryKind, MessageKind, NodeId, NodeSet, Note, ReadPath, Role, Summary};
use trace::{Autopsy, CrashKind, Event, Kind, MessageId, OpId};

fn set(ids: &[NodeId]) -> NodeSet {
    ids.iter().copied().collect()
}

/// A run of three nodes, event by event.
pub(crate) struct Run {
    pub(crate) judge: Judge,
    seq: u64,
}

impl Run {
    pub(crate) fn new() -> Run {
        let judge = Judge::new(Founding { voters: NodeSet::first(3), learners: NodeSet::EMPTY });
        let mut run = Run { judge, seq: 0 };
        for node in 1..=3 {
            run.start(node);
        }
        run
    }

    pub(crate) fn event(&mut self, kind: Kind) -> &mut Self {
        let event = Event { seq: self.seq, at: self.seq, cause: Event::NO_CAUSE, kind };
        self.judge.observe(&event);
        self.seq += 1;
        self
    }

    pub(crate) fn say(&mut self, node: NodeId, note: Note) -> &mut Self {
        self.event(Kind::Note { node, note })
    }

    pub(crate) fn start(&mut self, node: NodeId) -> &mut Self {
        self.event(Kind::Start { node, incarnation: 0 })
    }

    pub(crate) fn crash(&mut self, node: NodeId) -> &mut Self {
        let how = CrashKind::Power;
        self.event(Kind::Crash { node, how, fault: 0, during: "", lost_bytes: 0, torn_writes: 0 })
    }

    pub(crate) fn lead(&mut self, node: NodeId, term: u64) -> &mut Self {
        self.say(node, Note::Role { role: Role::Leader, term, leader: node })
    }

    pub(crate) fn follow(&mut self, node: NodeId, term: u64) -> &mut Self {
        self.say(node, Note::Role { role: Role::Follower, term, leader: 0 })
    }

    pub(crate) fn append(&mut self, node: NodeId, index: u64, term: u64) -> &mut Self {
        self.append_as(node, index, term, index * 100 + term)
    }

    pub(crate) fn append_as(
        &mut self,
        node: NodeId,
        index: u64,
        term: u64,
        digest: u64,
    ) -> &mut Self {
        self.say(node, Note::Append { index, term, kind: EntryKind::Command, digest })
    }

    pub(crate) fn conf(
        &mut self,
        node: NodeId,
        index: u64,
        to: &[NodeId],
        from: &[NodeId],
    ) -> &mut Self {
        let (voters, outgoing) = (set(to), set(from));
        self.say(node, Note::Conf { index, voters, outgoing, learners: NodeSet::EMPTY })
    }

    pub(crate) fn recover(&mut self, node: NodeId, term: u64, vote: NodeId) -> &mut Self {
        self.recover_committed(node, term, vote, 0)
    }

    pub(crate) fn recover_committed(
        &mut self,
        node: NodeId,
        term: u64,
        vote: NodeId,
        commit: u64,
    ) -> &mut Self {
        self.say(
            node,
            Note::Recovered {
                term,
                vote,
                commit,
                first_index: 1,
                base_term: 0,
                snapshot_index: 0,
                snapshot_digest: 0,
            },
        )
    }

    pub(crate) fn persist(&mut self, node: NodeId, term: u64, vote: NodeId) -> &mut Self {
        self.say(node, Note::Persisted { term, vote, commit: 0, last_index: 0 })
    }

    /// The log is durable up to `last_index`.
    pub(crate) fn sync(&mut self, node: NodeId, last_index: u64) -> &mut Self {
        self.say(node, Note::Persisted { term: 1, vote: 0, commit: 0, last_index })
    }

    pub(crate) fn vote(&mut self, node: NodeId, term: u64, candidate: NodeId) -> &mut Self {
        self.say(node, Note::Vote { term, candidate })
    }

    pub(crate) fn send_vote(&mut self, from: NodeId, to: NodeId, term: u64) -> &mut Self {
        let summary = Summary {
            kind: MessageKind::VoteResponse,
            reject: false,
            entries: 0,
            bytes: 0,
            term,
            index: 0,
            log_term: 0,
            commit: 0,
        };
        self.event(Kind::Send { message: MessageId { from, to, number: 1 }, summary })
    }

    pub(crate) fn commit(&mut self, node: NodeId, index: u64) -> &mut Self {
        self.say(node, Note::Commit { index })
    }

    /// A node takes a request for the `number`-th operation of client 1.
    pub(crate) fn ask(&mut self, node: NodeId, number: u64) -> &mut Self {
        self.event(Kind::Request { node, id: OpId { client: 1, number } })
    }

    /// A node answers that from the state at `index`.
    pub(crate) fn answer(
        &mut self,
        node: NodeId,
        number: u64,
        path: ReadPath,
        index: u64,
    ) -> &mut Self {
        let request = 1 << 40 | number << 12 | 1;
        self.say(node, Note::Read { request, path, index })
    }

    pub(crate) fn apply(&mut self, node: NodeId, index: u64, term: u64, digest: u64) -> &mut Self {
        self.say(node, Note::Apply { index, term, digest })
    }

    pub(crate) fn autopsy(&mut self, node: NodeId, entries: &[(u64, u64)]) -> &mut Self {
        let found =
            Box::new(Autopsy { first_index: 1, entries: entries.to_vec(), ..Autopsy::default() });
        self.event(Kind::Autopsy { node, found })
    }

    pub(crate) fn breaks(&self, signature: &str) {
        self.breaks_all(&[signature]);
    }

    pub(crate) fn breaks_all(&self, signatures: &[&str]) {
        let found: Vec<String> = self.judge.violations().iter().map(|v| v.signature()).collect();
        assert_eq!(found, signatures);
    }

    pub(crate) fn holds(&self) {
        assert_eq!(self.judge.violations(), []);
    }
}
