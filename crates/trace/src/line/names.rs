//! Names: of kinds of event, of things with numbers, and of everything that is a word.

use std::cell::RefCell;
use std::collections::BTreeSet;

use system::{DiskError, EntryKind, HaltReason, MessageKind, Note, ReadPath, Role};

use crate::event::{CrashKind, DropReason, Kind, MessageId, OpId, Outcome};

/// The name of an event's kind, as `k` has it in a trace.
#[must_use]
pub fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Start { .. } => "node.start",
        Kind::Crash { .. } => "node.crash",
        Kind::Halt { .. } => "node.halt",
        Kind::Panic { .. } => "node.panic",
        Kind::Note { note, .. } => note_name(note),
        Kind::Timer { .. } => "timer.fire",
        Kind::Send { .. } => "msg.send",
        Kind::Receive { .. } => "msg.recv",
        Kind::Drop { .. } => "msg.drop",
        Kind::Duplicate { .. } => "msg.dup",
        Kind::Corrupt { .. } => "msg.corrupt",
        Kind::Disk { act, .. } => disk_name(act),
        Kind::DiskFault { .. } => "disk.fault",
        Kind::FaultStart { .. } => "fault.start",
        Kind::FaultEnd { .. } => "fault.end",
        Kind::Invoke { .. } => "op.invoke",
        Kind::Attempt { .. } => "op.attempt",
        Kind::Request { .. } => "op.request",
        Kind::Return { outcome, .. } => match **outcome {
            Outcome::Ok { .. } => "op.ok",
            Outcome::Failed(_) => "op.fail",
            Outcome::Unknown(_) => "op.info",
        },
        Kind::AdminInvoke { .. } => "admin.invoke",
        Kind::AdminReturn { error: None, .. } => "admin.ok",
        Kind::AdminReturn { error: Some(_), .. } => "admin.fail",
        Kind::Phase { .. } => "phase",
        Kind::Autopsy { .. } => "disk.autopsy",
        Kind::Violation(_) => "check.violation",
    }
}

fn note_name(note: &Note) -> &'static str {
    match note {
        Note::Recovered { .. } => "raft.recovered",
        Note::TailCut { .. } => "raft.tail-cut",
        Note::Role { .. } => "raft.role",
        Note::Vote { .. } => "raft.vote",
        Note::Append { .. } => "raft.append",
        Note::Truncate { .. } => "raft.truncate",
        Note::Persisted { .. } => "raft.persisted",
        Note::Commit { .. } => "raft.commit",
        Note::Apply { .. } => "raft.apply",
        Note::Conf { .. } => "raft.conf",
        Note::SnapshotTaken { .. } => "raft.snap-taken",
        Note::SnapshotSent { .. } => "raft.snap-sent",
        Note::SnapshotInstalled { .. } => "raft.snap-installed",
        Note::Compact { .. } => "raft.compact",
        Note::Read { .. } => "raft.read",
        Note::Proposed { .. } => "raft.propose",
        Note::Transfer { .. } => "raft.transfer",
        Note::TransferEnded { .. } => "raft.transfer-ended",
        Note::LeaseRefused { .. } => "raft.lease-refused",
    }
}

/// The acts of a disk and the kinds that they are written as.
const DISK: [(&str, &str); 9] = [
    ("append", "disk.append"),
    ("write", "disk.write"),
    ("truncate", "disk.truncate"),
    ("sync", "disk.sync"),
    ("rename", "disk.rename"),
    ("remove", "disk.remove"),
    ("sync-dir", "disk.sync-dir"),
    ("read", "disk.read"),
    ("list", "disk.list"),
];

/// The kind of a disk event; an act that is not known here is written in a field of its own.
pub(super) const DISK_OTHER: &str = "disk.other";

fn disk_name(act: &str) -> &'static str {
    DISK.iter().find(|(name, _)| *name == act).map_or(DISK_OTHER, |(_, kind)| kind)
}

/// The act behind the kind of a disk event.
pub(super) fn disk_act(kind: &str) -> Option<&'static str> {
    DISK.iter().find(|(_, name)| *name == kind).map(|(act, _)| *act)
}

/// Finds a value by its name.
fn by_name<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|each| name(*each) == text)
}

pub(super) fn message_kind(text: &str) -> Option<MessageKind> {
    by_name(&MessageKind::ALL, MessageKind::name, text)
}

pub(super) fn role(text: &str) -> Option<Role> {
    use Role::{Candidate, Follower, Leader, Learner, PreCandidate};
    by_name(&[Follower, PreCandidate, Candidate, Leader, Learner], Role::name, text)
}

pub(super) fn entry_kind(text: &str) -> Option<EntryKind> {
    by_name(&[EntryKind::Command, EntryKind::Empty, EntryKind::Conf], EntryKind::name, text)
}

pub(crate) fn read_path(text: &str) -> Option<ReadPath> {
    use ReadPath::{FollowerReadIndex, Lease, Local, Log, ReadIndex, Session};
    by_name(&[Log, Session, ReadIndex, FollowerReadIndex, Lease, Local], ReadPath::name, text)
}

pub(super) fn halt_reason(text: &str) -> Option<HaltReason> {
    use HaltReason::{Corrupt, DiskFailed, Inconsistent, Library, Removed, Stopped};
    let all = [Stopped, Removed, DiskFailed, Corrupt, Inconsistent, Library];
    by_name(&all, HaltReason::name, text)
}

pub(super) fn disk_error(text: &str) -> Option<DiskError> {
    by_name(&[DiskError::Io, DiskError::Full, DiskError::NotFound], DiskError::name, text)
}

pub(super) fn drop_reason(text: &str) -> Option<DropReason> {
    use DropReason::{Corrupt, Down, Loss, Partition, Queue};
    by_name(&[Loss, Partition, Down, Queue, Corrupt], DropReason::name, text)
}

pub(super) fn crash_kind(text: &str) -> Option<CrashKind> {
    by_name(&[CrashKind::Power, CrashKind::Kill], CrashKind::name, text)
}

/// `n12` is 12, if the tag is `n`. The number is written in the one way in which we write it.
pub(crate) fn parse_tagged(text: &str, tag: char) -> Option<u64> {
    plain_number(text.strip_prefix(tag)?)
}

/// `n1>n3#88`.
pub(crate) fn parse_message(text: &str) -> Option<MessageId> {
    let (link, number) = text.split_once('#')?;
    let (from, to) = link.split_once('>')?;
    Some(MessageId {
        from: parse_tagged(from, 'n')?,
        to: parse_tagged(to, 'n')?,
        number: plain_number(number)?,
    })
}

/// `c2.5`.
pub(crate) fn parse_op(text: &str) -> Option<OpId> {
    let (client, number) = text.split_once('.')?;
    Some(OpId { client: parse_tagged(client, 'c')?, number: plain_number(number)? })
}

fn plain_number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if plain && canonical { text.parse().ok() } else { None }
}

/// Words that are names in events: effects, timers, faults, phases, checks, reasons.
const WORDS: &[&str] = &[
    "",
    "append",
    "write",
    "truncate",
    "sync",
    "rename",
    "remove",
    "sync-dir",
    "send",
    "reply",
    "set-timer",
    "cancel-timer",
    "note",
    "halt",
    "read",
    "list",
    "boot",
    "tick",
    "election",
    "heartbeat",
    "compact",
    "snapshot",
    "partition",
    "crash",
    "links",
    "admin",
    "broken",
    "membership",
    "transfer",
    "reconfigure",
    "clog",
    "flap",
    "pause",
    "crash-loop",
    "restart",
    "drift",
    "jump",
    "tick-stall",
    "storm",
    "heal",
    "settle",
    "final-reads",
    "final-writes",
    "autopsy",
    "not-leader",
    "dropped",
    "overloaded",
    "session-expired",
    "superseded",
    "change-pending",
    "invalid-change",
    "read-timeout",
    "transfer-failed",
    "stopping",
    "unsupported",
    "too-large",
    "timeout",
    "op-timeout",
    "crashed",
    "restarted",
    "leader-changed",
    "end-of-run",
    "linearizable",
    "election-safety",
    "leader-append-only",
    "log-matching",
    "leader-completeness",
    "state-machine-safety",
    "durability",
    "liveness",
    "convergence",
    "vote-kept",
    "commit-monotonic",
    "term-monotonic",
    "persist-before-send",
    "apply-order",
    "snapshot-prefix",
    "commit-quorum",
    "log-kept",
    "read-freshness",
    "lease",
    "exactly-once",
    "config-safety",
    "admin-answers",
    "sut",
    "disk",
    "session",
    "stall",
    "io-error",
    "sync-drops",
    "sync-keeps",
    "full",
    "lying-sync",
    "bit-rot",
    "unreadable",
    "misdirect",
    "wipe",
    "lost-names",
    "kept-out",
];

/// Names beyond [`WORDS`] that one thread keeps, and how long each may be: a hostile file costs
/// this much memory and no more.
const EXTRA_MAX: usize = 1024;
const EXTRA_BYTES_MAX: usize = 80;

thread_local! {
    static EXTRA: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// The one copy of a name, for events hold names that live as long as the program.
pub(super) fn word(text: &str) -> Option<&'static str> {
    if let Some(known) = WORDS.iter().find(|known| **known == text) {
        return Some(known);
    }
    EXTRA.with_borrow_mut(|extra| {
        if let Some(known) = extra.get(text) {
            return Some(*known);
        }
        if extra.len() >= EXTRA_MAX || text.len() > EXTRA_BYTES_MAX {
            return None;
        }
        let kept: &'static str = Box::leak(text.into());
        extra.insert(kept);
        Some(kept)
    })
}
