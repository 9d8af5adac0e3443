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
        let start = self.0.u64(event.seq).u64(event.at).u64(event.cause);
        self.0 = kind(start, &event.kind);
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

fn kind(d: Digest, kind: &Kind) -> Digest {
    match kind {
        Kind::Start { node, incarnation } => d.u64(1).u64(*node).u64(*incarnation),
        Kind::Crash { node, how, fault, during, lost_bytes, torn_writes } => {
            let how = match how {
                CrashKind::Power => 1,
                CrashKind::Kill => 2,
            };
            let d = d.u64(2).u64(*node).u64(how).u64(u64::from(*fault));
            d.bytes(during.as_bytes()).u64(*lost_bytes).u64(u64::from(*torn_writes))
        }
        Kind::Halt { node, reason, detail } => {
            d.u64(3).u64(*node).u64(halt_reason(*reason)).bytes(detail.as_bytes())
        }
        Kind::Panic { node, panic } => {
            let d = d.u64(4).u64(*node);
            d.bytes(panic.place.as_bytes()).bytes(panic.message.as_bytes())
        }
        Kind::Note { node, note: fact } => note(d.u64(5).u64(*node), fact),
        Kind::Timer { node, timer } => d.u64(6).u64(*node).bytes(timer.as_bytes()),
        Kind::Send { message: id, summary: what } => summary(message(d.u64(7), *id), what),
        Kind::Receive { message: id, kind } => message(d.u64(8), *id).u64(message_kind(*kind)),
        Kind::Drop { message: id, kind, why, fault } => {
            let d = message(d.u64(9), *id).u64(message_kind(*kind));
            d.u64(drop_reason(*why)).u64(u64::from(*fault))
        }
        Kind::Duplicate { message: id, kind } => message(d.u64(10), *id).u64(message_kind(*kind)),
        Kind::Disk { node, act, path, bytes, error } => {
            let d = d.u64(11).u64(*node).bytes(act.as_bytes()).bytes(path.as_bytes());
            d.u64(*bytes).u64(disk_error(*error))
        }
        Kind::FaultStart { fault, name, detail } => {
            let d = d.u64(12).u64(u64::from(*fault));
            d.bytes(name.as_bytes()).bytes(detail.as_bytes())
        }
        Kind::FaultEnd { fault, name } => d.u64(13).u64(u64::from(*fault)).bytes(name.as_bytes()),
        Kind::Phase { name } => d.u64(20).bytes(name.as_bytes()),
        Kind::Autopsy { node, found } => autopsy(d.u64(21).u64(*node), found),
        Kind::Violation(violation) => broken(d.u64(22), violation),
        _ => operation(d, kind),
    }
}

/// The kinds that concern operations of clients and of the nemesis.
fn operation(d: Digest, kind: &Kind) -> Digest {
    match kind {
        Kind::Invoke { id, op: what } => op(op_id(d.u64(14), *id), what),
        Kind::Attempt { id, to, attempt } => {
            op_id(d.u64(15), *id).u64(*to).u64(u64::from(*attempt))
        }
        Kind::Request { node, id } => op_id(d.u64(16).u64(*node), *id),
        Kind::Return { id, outcome: how, node } => outcome(op_id(d.u64(17), *id), how).u64(*node),
        Kind::AdminInvoke { id, admin: what } => admin(op_id(d.u64(18), *id), what),
        Kind::AdminReturn { id, error } => {
            optional(op_id(d.u64(19), *id), error.map(str::as_bytes))
        }
        other => unreachable!("{other:?} is hashed above"),
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
            let d = d.u64(1).u64(term).u64(vote).u64(commit).u64(first_index);
            d.u64(base_term).u64(snapshot_index).u64(snapshot_digest)
        }
        Note::TailCut { bytes } => d.u64(2).u64(bytes),
        Note::Role { role: which, term, leader } => d.u64(3).u64(role(which)).u64(term).u64(leader),
        Note::Vote { term, candidate } => d.u64(4).u64(term).u64(candidate),
        Note::Append { index, term, kind, digest } => {
            d.u64(5).u64(index).u64(term).u64(entry_kind(kind)).u64(digest)
        }
        Note::Truncate { from } => d.u64(6).u64(from),
        Note::Persisted { term, vote, commit, last_index } => {
            d.u64(7).u64(term).u64(vote).u64(commit).u64(last_index)
        }
        Note::Commit { index } => d.u64(8).u64(index),
        Note::Apply { index, term, digest } => d.u64(9).u64(index).u64(term).u64(digest),
        Note::Conf { index, voters, outgoing, learners } => {
            d.u64(10).u64(index).u64(voters.bits()).u64(outgoing.bits()).u64(learners.bits())
        }
        Note::SnapshotTaken { index, term, digest } => d.u64(11).u64(index).u64(term).u64(digest),
        Note::SnapshotSent { to, index } => d.u64(12).u64(to).u64(index),
        Note::SnapshotInstalled { index, term, digest } => {
            d.u64(13).u64(index).u64(term).u64(digest)
        }
        Note::Compact { first_index } => d.u64(14).u64(first_index),
        Note::Read { request, path, index } => {
            d.u64(15).u64(request).u64(read_path(path)).u64(index)
        }
        Note::Proposed { request, forwarded } => d.u64(16).u64(request).u64(u64::from(forwarded)),
        Note::Transfer { to } => d.u64(17).u64(to),
        Note::TransferEnded { to, moved } => d.u64(18).u64(to).u64(u64::from(moved)),
        Note::LeaseRefused { request } => d.u64(19).u64(request),
    }
}

fn message(d: Digest, id: MessageId) -> Digest {
    d.u64(id.from << 32 | id.to & 0xffff_ffff).u64(id.number)
}

fn op_id(d: Digest, id: OpId) -> Digest {
    d.u64(id.client).u64(id.number)
}

fn optional(d: Digest, bytes: Option<&[u8]>) -> Digest {
    match bytes {
        None => d.u64(0),
        Some(bytes) => d.u64(1).bytes(bytes),
    }
}

fn summary(d: Digest, s: &Summary) -> Digest {
    let d = d.u64(message_kind(s.kind) << 1 | u64::from(s.reject));
    let d = d.u64(u64::from(s.entries) << 32 | u64::from(s.bytes));
    d.u64(s.term).u64(s.index).u64(s.log_term).u64(s.commit)
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
            d.u64(read_path(*path)).u64(*index)
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
    found.entries.iter().fold(d, |d, (term, digest)| d.u64(*term).u64(*digest))
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
