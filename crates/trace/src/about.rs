//! What is an event about? One question per function, for filters, pictures and explanations.

use system::{MessageKind, Note};

use crate::event::{FaultId, Kind, MessageId, OpId};

/// The node on which an event happens; for messages, the end at which it happens.
#[must_use]
pub fn node_of(kind: &Kind) -> Option<u64> {
    match kind {
        Kind::Start { node, .. }
        | Kind::Crash { node, .. }
        | Kind::Halt { node, .. }
        | Kind::Panic { node, .. }
        | Kind::Note { node, .. }
        | Kind::Timer { node, .. }
        | Kind::Disk { node, .. }
        | Kind::DiskFault { node, .. }
        | Kind::Request { node, .. }
        | Kind::Autopsy { node, .. } => Some(*node),
        Kind::Receive { message, .. } => Some(message.to),
        _ => message_of(kind).map(|message| message.from),
    }
}

/// The message that an event is about.
#[must_use]
pub fn message_of(kind: &Kind) -> Option<MessageId> {
    match kind {
        Kind::Send { message, .. }
        | Kind::Receive { message, .. }
        | Kind::Drop { message, .. }
        | Kind::Duplicate { message, .. }
        | Kind::Corrupt { message, .. } => Some(*message),
        _ => None,
    }
}

/// The type of the message that an event is about.
#[must_use]
pub fn type_of(kind: &Kind) -> Option<MessageKind> {
    match kind {
        Kind::Send { summary, .. } => Some(summary.kind),
        Kind::Receive { kind, .. }
        | Kind::Drop { kind, .. }
        | Kind::Duplicate { kind, .. }
        | Kind::Corrupt { kind, .. } => Some(*kind),
        _ => None,
    }
}

/// The operation that an event is about.
#[must_use]
pub fn op_of(kind: &Kind) -> Option<OpId> {
    match kind {
        Kind::Invoke { id, .. }
        | Kind::Attempt { id, .. }
        | Kind::Request { id, .. }
        | Kind::Return { id, .. }
        | Kind::AdminInvoke { id, .. }
        | Kind::AdminReturn { id, .. } => Some(*id),
        _ => None,
    }
}

/// The fault that an event is, or that is behind it.
#[must_use]
pub fn fault_of(kind: &Kind) -> Option<FaultId> {
    match kind {
        Kind::FaultStart { fault, .. }
        | Kind::FaultEnd { fault, .. }
        | Kind::Crash { fault, .. }
        | Kind::Drop { fault, .. } => Some(*fault).filter(|fault| *fault != 0),
        _ => None,
    }
}

/// The term that an event names.
#[must_use]
pub fn term_of(kind: &Kind) -> Option<u64> {
    match kind {
        Kind::Send { summary, .. } => Some(summary.term),
        Kind::Autopsy { found, .. } => Some(found.term),
        Kind::Note { note, .. } => note_term(note),
        _ => None,
    }
}

fn note_term(note: &Note) -> Option<u64> {
    match note {
        Note::Recovered { term, .. }
        | Note::Role { term, .. }
        | Note::Vote { term, .. }
        | Note::Append { term, .. }
        | Note::Persisted { term, .. }
        | Note::Apply { term, .. }
        | Note::SnapshotTaken { term, .. }
        | Note::SnapshotInstalled { term, .. } => Some(*term),
        _ => None,
    }
}

/// The index that an event names.
#[must_use]
pub fn index_of(kind: &Kind) -> Option<u64> {
    match kind {
        Kind::Send { summary, .. } => Some(summary.index),
        Kind::Note { note, .. } => note_index(note),
        _ => None,
    }
}

fn note_index(note: &Note) -> Option<u64> {
    match note {
        Note::Append { index, .. }
        | Note::Truncate { from: index }
        | Note::Commit { index }
        | Note::Apply { index, .. }
        | Note::Conf { index, .. }
        | Note::SnapshotTaken { index, .. }
        | Note::SnapshotSent { index, .. }
        | Note::SnapshotInstalled { index, .. }
        | Note::Read { index, .. } => Some(*index),
        _ => None,
    }
}
