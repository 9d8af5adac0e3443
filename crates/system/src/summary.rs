//! A message between nodes, in a few numbers: what traces show of it.

/// The kinds of Raft message (*Raft figure 2 and 13, thesis §3.10, §6.4, §9.6*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageKind {
    /// Asks for a vote without raising the term.
    PreVote,
    /// Answers [`MessageKind::PreVote`].
    PreVoteResponse,
    /// Asks for a vote.
    Vote,
    /// Answers [`MessageKind::Vote`].
    VoteResponse,
    /// Carries entries, or probes for the place where logs agree.
    Append,
    /// Answers [`MessageKind::Append`] and [`MessageKind::Snapshot`].
    AppendResponse,
    /// Keeps leadership and spreads the commit index.
    Heartbeat,
    /// Answers [`MessageKind::Heartbeat`].
    HeartbeatResponse,
    /// Replaces a log that is too far behind.
    Snapshot,
    /// Asks the leader for an index to read at.
    ReadIndex,
    /// Answers [`MessageKind::ReadIndex`].
    ReadIndexResponse,
    /// Makes the receiver campaign at once.
    TimeoutNow,
    /// Asks the leader to hand over.
    TransferLeader,
    /// A proposal forwarded to the leader.
    Propose,
    /// Anything else.
    Other,
}

impl MessageKind {
    /// All kinds, in order.
    pub const ALL: [MessageKind; 15] = [
        MessageKind::PreVote,
        MessageKind::PreVoteResponse,
        MessageKind::Vote,
        MessageKind::VoteResponse,
        MessageKind::Append,
        MessageKind::AppendResponse,
        MessageKind::Heartbeat,
        MessageKind::HeartbeatResponse,
        MessageKind::Snapshot,
        MessageKind::ReadIndex,
        MessageKind::ReadIndexResponse,
        MessageKind::TimeoutNow,
        MessageKind::TransferLeader,
        MessageKind::Propose,
        MessageKind::Other,
    ];

    /// The kind's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MessageKind::PreVote => "PreVote",
            MessageKind::PreVoteResponse => "PreVoteResp",
            MessageKind::Vote => "Vote",
            MessageKind::VoteResponse => "VoteResp",
            MessageKind::Append => "Append",
            MessageKind::AppendResponse => "AppendResp",
            MessageKind::Heartbeat => "Heartbeat",
            MessageKind::HeartbeatResponse => "HeartbeatResp",
            MessageKind::Snapshot => "Snapshot",
            MessageKind::ReadIndex => "ReadIndex",
            MessageKind::ReadIndexResponse => "ReadIndexResp",
            MessageKind::TimeoutNow => "TimeoutNow",
            MessageKind::TransferLeader => "TransferLeader",
            MessageKind::Propose => "Propose",
            MessageKind::Other => "Other",
        }
    }
}

/// What a person needs to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its kind.
    pub kind: MessageKind,
    /// Whether it refuses what was asked.
    pub reject: bool,
    /// How many entries it carries.
    pub entries: u32,
    /// Its size on the wire, in bytes; may be an estimate, must be deterministic.
    pub bytes: u32,
    /// The sender's term, or the term asked for.
    pub term: u64,
    /// The index it is about: the one before the first entry, the last one matched, the
    /// snapshot's.
    pub index: u64,
    /// The term of the entry at `index`, if the message says so.
    pub log_term: u64,
    /// The commit index it spreads.
    pub commit: u64,
}
