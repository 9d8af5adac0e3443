//! What a system says became true: the facts that invariants are checked on.
//!
//! A note stands in the list of effects at the place where it becomes true, so its order against
//! writes, syncs and messages has meaning: [`Note::Persisted`] behind a sync says that the sync
//! made it so.

use crate::id::{NodeId, NodeSet, RequestId};

/// A node's role (*Raft §5.1; learners: thesis §4.2.1; pre-vote: thesis §9.6*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Follows a leader or waits for one.
    #[default]
    Follower,
    /// Asks whether an election could be won.
    PreCandidate,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
    /// Follows without a vote.
    Learner,
}

impl Role {
    /// The role's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Follower => "follower",
            Role::PreCandidate => "pre-candidate",
            Role::Candidate => "candidate",
            Role::Leader => "leader",
            Role::Learner => "learner",
        }
    }
}

/// What an entry of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A command for the state machine.
    Command,
    /// The empty entry of a new leader (*Raft §8*).
    Empty,
    /// A change of the configuration.
    Conf,
}

impl EntryKind {
    /// The kind's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EntryKind::Command => "command",
            EntryKind::Empty => "empty",
            EntryKind::Conf => "conf",
        }
    }
}

/// How an answer came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadPath {
    /// An entry of the log was applied.
    Log,
    /// The session table remembered the answer of an earlier attempt.
    Session,
    /// A leader confirmed itself by a round of heartbeats.
    ReadIndex,
    /// A follower asked the leader for an index and waited for it.
    FollowerReadIndex,
    /// A leader trusted its lease.
    Lease,
    /// The node asked nobody.
    Local,
}

impl ReadPath {
    /// The path's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReadPath::Log => "log",
            ReadPath::Session => "session",
            ReadPath::ReadIndex => "read-index",
            ReadPath::FollowerReadIndex => "follower-read-index",
            ReadPath::Lease => "lease",
            ReadPath::Local => "local",
        }
    }
}

/// One fact about the node that says it. Digests are [`crate::Digest`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The node has read its files and starts from this. [`Note::Append`] follows for every entry
    /// of its log, and the entries before `first_index` are in its snapshot.
    Recovered {
        /// The durable term.
        term: u64,
        /// The durable vote in that term; 0 for none.
        vote: NodeId,
        /// The durable commit index.
        commit: u64,
        /// The first index of the log that was read.
        first_index: u64,
        /// The term of the entry before `first_index`.
        base_term: u64,
        /// The last index that the snapshot holds; 0 without one.
        snapshot_index: u64,
        /// The hash of the state in the snapshot; 0 without one.
        snapshot_digest: u64,
    },
    /// Recovery cut a torn tail off the write-ahead log.
    TailCut {
        /// How many bytes were cut.
        bytes: u64,
    },
    /// The role, term or known leader changed.
    Role {
        /// The role.
        role: Role,
        /// The term.
        term: u64,
        /// The leader that the node knows; 0 for none.
        leader: NodeId,
    },
    /// The node gave its vote. Stands where the vote is decided, before it is durable.
    Vote {
        /// In which term.
        term: u64,
        /// To whom.
        candidate: NodeId,
    },
    /// An entry joined the log, in memory.
    Append {
        /// Its index.
        index: u64,
        /// Its term.
        term: u64,
        /// What it is.
        kind: EntryKind,
        /// A hash of its kind and content.
        digest: u64,
    },
    /// The entries from here on left the log, in memory, for others to take their place.
    Truncate {
        /// The first index that left.
        from: u64,
    },
    /// Everything named here is durable: it stands behind the sync that made it so.
    Persisted {
        /// The term.
        term: u64,
        /// The vote in that term; 0 for none.
        vote: NodeId,
        /// The commit index.
        commit: u64,
        /// The last index of the log.
        last_index: u64,
    },
    /// The commit index rose.
    Commit {
        /// To this.
        index: u64,
    },
    /// The state machine applied an entry.
    Apply {
        /// Its index.
        index: u64,
        /// Its term.
        term: u64,
        /// The hash of the whole state after it.
        digest: u64,
    },
    /// A configuration is in force (*thesis §4*).
    Conf {
        /// The index of the entry that made it so; 0 for the founding one.
        index: u64,
        /// Its voters.
        voters: NodeSet,
        /// The voters of the configuration being left; empty unless joint.
        outgoing: NodeSet,
        /// Its learners.
        learners: NodeSet,
    },
    /// A snapshot of the node's own state is durable.
    SnapshotTaken {
        /// The last index that it holds.
        index: u64,
        /// That entry's term.
        term: u64,
        /// The hash of the state in it.
        digest: u64,
    },
    /// A snapshot is handed to the transport.
    SnapshotSent {
        /// Its receiver.
        to: NodeId,
        /// The last index that it holds.
        index: u64,
    },
    /// A snapshot from the leader replaced the state and the whole log, in memory: what the log
    /// held is gone, also after `index`, and it now begins, empty, after the snapshot. It is
    /// durable once [`Note::Persisted`] says so; until then a crash may bring the old log back.
    ///
    /// A node whose log already holds the entry of that index and term needs no state from
    /// others, and keeps what follows (*Raft figure 13, rule 6*): it says that its commit index
    /// rose. One that takes the state nevertheless tells by [`Note::Append`] what it keeps.
    SnapshotInstalled {
        /// The last index that it holds.
        index: u64,
        /// That entry's term.
        term: u64,
        /// The hash of the state in it.
        digest: u64,
    },
    /// Entries that the snapshot holds left the log.
    Compact {
        /// The first index that the log still holds.
        first_index: u64,
    },
    /// A read is answered from the state at an index.
    Read {
        /// The request.
        request: RequestId,
        /// How it was made safe.
        path: ReadPath,
        /// The applied index that the answer reflects.
        index: u64,
    },
    /// A request was handed to the log.
    Proposed {
        /// The request.
        request: RequestId,
        /// Whether it went to the leader instead, which may lose it.
        forwarded: bool,
    },
    /// Leadership transfer to a node began.
    Transfer {
        /// The next leader.
        to: NodeId,
    },
    /// The node that began a transfer knows how it ended.
    TransferEnded {
        /// Who was to lead.
        to: NodeId,
        /// Whether it does; false also if the time for it was over.
        moved: bool,
    },
    /// A leader was asked to read by its lease and does not hold one, so it asks the others.
    LeaseRefused {
        /// The request.
        request: RequestId,
    },
}
