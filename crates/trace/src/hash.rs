//! When are two runs the same? When every field of every event is: one rolling hash says so.
//!
//! It runs over the event as it is in memory, never over its text: a sweep hashes millions of
//! events and writes none. The numbers of kinds and variants below are part of the trace format:
//! they are written out, and a number once given is never given again.

use system::{
    Admin, ConfChange, Digest, DiskError, EntryKind, HaltReason, MessageKind, Note, Op, Output,
    ReadPath, Role, Summary, Transition,
};

use crate::event::{
    Autopsy, CrashKind, DropReason, Event, Kind, MessageId, OpId, Outcome, Violation,
};

/// The rolling hash of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunHash(Digest);

impl RunHash {
    /// The hash of a run in which nothing has happened.
    #[must_use]
    pub const fn new() -> Self {
        RunHash(Digest::new())
    }

    /// Takes in the next event.
    #[inline]
    pub fn event(&mut self, event: &Event) {
        self.0 = kind(self.0.pair(event.seq, event.at), event.cause, &event.kind);
    }

    /// The hash so far.
    #[inline]
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.finish()
    }
}

/// A hash as people see it: the upper 48 bits, as 12 hex digits.
#[must_use]
pub fn hash_text(value: u64) -> String {
    format!("{:012x}", value >> 16)
}

fn kind(d: Digest, cause: u64, kind: &Kind) -> Digest {
    let of = |number: u64, who: u64| d.pair(cause, who << 8 | number);
    match kind {
        Kind::Start { node, incarnation } => of(1, *node).u64(*incarnation),
        Kind::Crash { node, how, fault, during, lost_bytes, torn_writes } => {
            let how = match how {
                CrashKind::Power => 1,
                CrashKind::Kill => 2,
            };
            let d = of(2, *node).pair(how, u64::from(*fault));
            d.bytes(during.as_bytes()).pair(*lost_bytes, u64::from(*torn_writes))
        }
        Kind::Halt { node, reason, detail } => {
            of(3, *node).u64(halt_reason(*reason)).bytes(detail.as_bytes())
        }
        Kind::Panic { node, panic } => {
            of(4, *node).bytes(panic.place.as_bytes()).bytes(panic.message.as_bytes())
        }
        Kind::Note { node, note: fact } => note(of(5, *node), fact),
        Kind::Timer { node, timer } => of(6, *node).bytes(timer.as_bytes()),
        Kind::Send { message, summary: what } => summary(sent(of(7, message.from), *message), what),
        Kind::Receive { message, kind } => arrived(of(8, message.from), *message, *kind),
        Kind::Drop { message, kind, why, fault } => {
            let d = arrived(of(9, message.from), *message, *kind);
            d.pair(drop_reason(*why), u64::from(*fault))
        }
        Kind::Duplicate { message, kind } => arrived(of(10, message.from), *message, *kind),
        Kind::Disk { node, act, path, bytes, error } => {
            let d = of(11, *node).bytes(act.as_bytes()).bytes(path.as_bytes());
            d.pair(*bytes, disk_error(*error))
        }
        Kind::FaultStart { fault, name, detail } => {
            of(12, u64::from(*fault)).bytes(name.as_bytes()).bytes(detail.as_bytes())
        }
        Kind::FaultEnd { fault, name } => of(13, u64::from(*fault)).bytes(name.as_bytes()),
        Kind::Invoke { id, op: what } => op(of(14, id.client).u64(id.number), what),
        Kind::Attempt { id, to, attempt } => {
            of(15, id.client).pair(id.number, *to << 32 | u64::from(*attempt))
        }
        Kind::Request { node, id } => of(16, *node).pair(id.client, id.number),
        Kind::Return { id, outcome: how, node } => {
            outcome(of(17, id.client).pair(id.number, *node), how)
        }
        Kind::AdminInvoke { id, admin: what } => admin(of(18, id.client).u64(id.number), what),
        Kind::AdminReturn { id, error } => {
            optional(of(19, id.client).u64(id.number), error.map(str::as_bytes))
        }
        Kind::Phase { name } => of(20, 0).bytes(name.as_bytes()),
        Kind::Autopsy { node, found } => autopsy(of(21, *node), found),
        Kind::DiskFault { node, fault, what, path, bytes } => {
            let d = of(23, *node).bytes(what.as_bytes()).bytes(path.as_bytes());
            d.pair(u64::from(*fault), *bytes)
        }
        Kind::Violation(violation) => broken(of(22, 0), violation),
        Kind::Corrupt { message, kind } => arrived(of(23, message.from), *message, *kind),
    }
}

fn note(d: Digest, note: &Note) -> Digest {
    match *note {
        Note::Recovered {
            term,
            vote,
            commit,
            first_index,
            base_term,
            snapshot_index,
            snapshot_digest,
        } => {
            let d = d.u64(1).pair(term, vote).pair(commit, first_index);
            d.pair(base_term, snapshot_index).u64(snapshot_digest)
        }
        Note::TailCut { bytes } => d.pair(2, bytes),
        Note::Role { role: which, term, leader } => d.pair(3, role(which)).pair(term, leader),
        Note::Vote { term, candidate } => d.u64(4).pair(term, candidate),
        Note::Append { index, term, kind, digest } => {
            d.pair(5 | entry_kind(kind) << 8, digest).pair(index, term)
        }
        Note::Truncate { from } => d.pair(6, from),
        Note::Persisted { term, vote, commit, last_index } => {
            d.pair(7 | vote << 8, term).pair(commit, last_index)
        }
        Note::Commit { index } => d.pair(8, index),
        Note::Apply { index, term, digest } => d.pair(9, digest).pair(index, term),
        Note::Conf { index, voters, outgoing, learners } => {
            d.pair(10, index).pair(voters.bits(), outgoing.bits()).u64(learners.bits())
        }
        Note::SnapshotTaken { index, term, digest } => d.pair(11, digest).pair(index, term),
        Note::SnapshotSent { to, index } => d.u64(12).pair(to, index),
        Note::SnapshotInstalled { index, term, digest } => d.pair(13, digest).pair(index, term),
        Note::Compact { first_index } => d.pair(14, first_index),
        Note::Read { request, path, index } => {
            d.pair(15 | read_path(path) << 8, request).u64(index)
        }
        Note::Proposed { request, forwarded } => d.pair(16 | u64::from(forwarded) << 8, request),
        Note::Transfer { to } => d.pair(17, to),
        Note::TransferEnded { to, moved } => d.pair(18 | u64::from(moved) << 8, to),
        Note::LeaseRefused { request } => d.pair(19, request),
    }
}

/// Receiver and number; the sender is taken in already.
fn sent(d: Digest, id: MessageId) -> Digest {
    d.pair(id.to, id.number)
}

fn arrived(d: Digest, id: MessageId, kind: MessageKind) -> Digest {
    d.pair(id.to << 8 | message_kind(kind), id.number)
}

fn op_id(d: Digest, id: OpId) -> Digest {
    d.pair(id.client, id.number)
}

fn optional(d: Digest, bytes: Option<&[u8]>) -> Digest {
    match bytes {
        None => d.u64(0),
        Some(bytes) => d.u64(1).bytes(bytes),
    }
}

fn summary(d: Digest, s: &Summary) -> Digest {
    let kind = message_kind(s.kind) << 1 | u64::from(s.reject);
    let d = d.pair(kind, u64::from(s.entries) << 32 | u64::from(s.bytes));
    d.pair(s.term, s.index).pair(s.log_term, s.commit)
}

fn op(d: Digest, op: &Op) -> Digest {
    match op {
        Op::Get { key } => d.u64(1).bytes(key),
        Op::Put { key, value } => d.u64(2).bytes(key).bytes(value),
        Op::Delete { key } => d.u64(3).bytes(key),
        Op::Cas { key, expect, value } => {
            optional(d.u64(4).bytes(key), expect.as_deref()).bytes(value)
        }
        Op::Append { key, value } => d.u64(5).bytes(key).bytes(value),
    }
}

fn outcome(d: Digest, outcome: &Outcome) -> Digest {
    match outcome {
        Outcome::Ok { output, path, index } => {
            let d = match output {
                Output::Value(value) => optional(d.u64(1), value.as_deref()),
                Output::Done => d.u64(2),
                Output::Swapped(swapped) => d.u64(3).u64(u64::from(*swapped)),
            };
            d.pair(read_path(*path), *index)
        }
        Outcome::Failed(why) => d.u64(4).bytes(why.as_bytes()),
        Outcome::Unknown(why) => d.u64(5).bytes(why.as_bytes()),
    }
}

fn admin(d: Digest, admin: &Admin) -> Digest {
    match admin {
        Admin::Reconfigure { changes, transition } => {
            let road = match transition {
                Transition::Auto => 1,
                Transition::Joint => 2,
            };
            let d = d.u64(1).u64(road).u64(changes.len() as u64);
            changes.iter().fold(d, |d, change| match change {
                ConfChange::AddVoter(id) => d.u64(1).u64(*id),
                ConfChange::AddLearner(id) => d.u64(2).u64(*id),
                ConfChange::Remove(id) => d.u64(3).u64(*id),
            })
        }
        Admin::Transfer { to } => d.u64(2).u64(*to),
    }
}

fn autopsy(d: Digest, found: &Autopsy) -> Digest {
    let d = optional(d, found.refused.as_deref().map(str::as_bytes));
    let d = d.u64(found.term).u64(found.commit).u64(found.snapshot_index);
    let d = d.u64(found.snapshot_digest).u64(found.first_index).u64(found.entries.len() as u64);
    found.entries.iter().fold(d, |d, (term, digest)| d.pair(*term, *digest))
}

fn broken(d: Digest, violation: &Violation) -> Digest {
    let d = d.bytes(violation.check.as_bytes()).bytes(violation.kind.as_bytes());
    let d = d.bytes(violation.message.as_bytes()).u64(violation.ops.len() as u64);
    let d = violation.ops.iter().fold(d, |d, id| op_id(d, *id)).u64(violation.nodes.len() as u64);
    let d = violation.nodes.iter().fold(d, |d, id| d.u64(*id)).u64(violation.core.len() as u64);
    violation.core.iter().fold(d, |d, seq| d.u64(*seq))
}

fn role(role: Role) -> u64 {
    match role {
        Role::Follower => 1,
        Role::PreCandidate => 2,
        Role::Candidate => 3,
        Role::Leader => 4,
        Role::Learner => 5,
    }
}

fn entry_kind(kind: EntryKind) -> u64 {
    match kind {
        EntryKind::Command => 1,
        EntryKind::Empty => 2,
        EntryKind::Conf => 3,
    }
}

fn read_path(path: ReadPath) -> u64 {
    match path {
        ReadPath::Log => 1,
        ReadPath::Session => 2,
        ReadPath::ReadIndex => 3,
        ReadPath::FollowerReadIndex => 4,
        ReadPath::Lease => 5,
        ReadPath::Local => 6,
    }
}

fn halt_reason(reason: HaltReason) -> u64 {
    match reason {
        HaltReason::Stopped => 1,
        HaltReason::Removed => 2,
        HaltReason::DiskFailed => 3,
        HaltReason::Corrupt => 4,
        HaltReason::Inconsistent => 5,
        HaltReason::Library => 6,
    }
}

fn disk_error(error: Option<DiskError>) -> u64 {
    match error {
        None => 0,
        Some(DiskError::Io) => 1,
        Some(DiskError::Full) => 2,
        Some(DiskError::NotFound) => 3,
    }
}

fn drop_reason(reason: DropReason) -> u64 {
    match reason {
        DropReason::Loss => 1,
        DropReason::Partition => 2,
        DropReason::Down => 3,
        DropReason::Queue => 4,
        DropReason::Corrupt => 5,
    }
}

fn message_kind(kind: MessageKind) -> u64 {
    match kind {
        MessageKind::PreVote => 1,
        MessageKind::PreVoteResponse => 2,
        MessageKind::Vote => 3,
        MessageKind::VoteResponse => 4,
        MessageKind::Append => 5,
        MessageKind::AppendResponse => 6,
        MessageKind::Heartbeat => 7,
        MessageKind::HeartbeatResponse => 8,
        MessageKind::Snapshot => 9,
        MessageKind::ReadIndex => 10,
        MessageKind::ReadIndexResponse => 11,
        MessageKind::TimeoutNow => 12,
        MessageKind::TransferLeader => 13,
        MessageKind::Propose => 14,
        MessageKind::Other => 15,
    }
}
