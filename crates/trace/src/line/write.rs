//! From an event to its line.

use std::fmt::Write as _;

use system::Summary;

use super::json::{self, Object};
use super::{kind_name, names, notes, ops};
use crate::event::{Autopsy, Event, FaultId, Kind, MessageId, Violation};

/// Writes an event at the end of `out`, without a line feed.
pub fn write_line(event: &Event, out: &mut String) {
    let mut line = Object::open(out);
    line.number("seq", event.seq);
    line.number("t", event.at);
    line.text("k", kind_name(&event.kind));
    fields(&mut line, &event.kind);
    if event.cause != Event::NO_CAUSE {
        line.number("cause", event.cause);
    }
    line.close();
}

fn fields(line: &mut Object<'_>, kind: &Kind) {
    match kind {
        Kind::Start { node, incarnation } => {
            line.node("node", *node);
            line.number("inc", *incarnation);
        }
        Kind::Crash { node, how, fault: id, during, lost_bytes, torn_writes } => {
            line.node("node", *node);
            line.text("how", how.name());
            fault(line, *id);
            if !during.is_empty() {
                line.text("during", during);
            }
            line.number("lost", *lost_bytes);
            line.number("torn", u64::from(*torn_writes));
        }
        Kind::Halt { node, reason, detail } => {
            line.node("node", *node);
            line.text("reason", reason.name());
            line.text("detail", detail);
        }
        Kind::Panic { node, panic } => {
            line.node("node", *node);
            line.text("place", &panic.place);
            line.text("msg", &panic.message);
        }
        Kind::Note { node, note } => {
            line.node("node", *node);
            notes::write(line, note);
        }
        Kind::Timer { node, timer } => {
            line.node("node", *node);
            line.text("timer", timer);
        }
        Kind::Disk { .. } | Kind::DiskFault { .. } => disk(line, kind),
        Kind::FaultStart { fault: id, name, detail } => {
            fault(line, *id);
            line.text("kind", name);
            line.text("detail", detail);
        }
        Kind::FaultEnd { fault: id, name } => {
            fault(line, *id);
            line.text("kind", name);
        }
        Kind::Phase { name } => line.text("name", name),
        Kind::Autopsy { node, found } => {
            line.node("node", *node);
            autopsy(line, found);
        }
        Kind::Violation(violation) => broken(line, violation),
        Kind::Send { .. }
        | Kind::Receive { .. }
        | Kind::Drop { .. }
        | Kind::Duplicate { .. }
        | Kind::Corrupt { .. } => message(line, kind),
        _ => operation(line, kind),
    }
}

fn disk(line: &mut Object<'_>, kind: &Kind) {
    match kind {
        Kind::Disk { node, act, path, bytes, error } => {
            line.node("node", *node);
            if kind_name(kind) == names::DISK_OTHER {
                line.text("act", act);
            }
            line.text("file", path);
            line.number("len", *bytes);
            if let Some(error) = error {
                line.text("err", error.name());
            }
        }
        Kind::DiskFault { node, fault: id, what, path, bytes } => {
            line.node("node", *node);
            line.text("what", what);
            fault(line, *id);
            line.text("file", path);
            line.number("len", *bytes);
        }
        other => unreachable!("{} is not about a disk", kind_name(other)),
    }
}

fn message(line: &mut Object<'_>, kind: &Kind) {
    match kind {
        Kind::Send { message: id, summary: what } => {
            line.node("node", id.from);
            message_id(line, *id);
            line.node("to", id.to);
            line.text("type", what.kind.name());
            line.number("term", what.term);
            line.number("bytes", u64::from(what.bytes));
            summary(line, what);
        }
        Kind::Receive { message: id, kind } => {
            line.node("node", id.to);
            message_id(line, *id);
            line.text("type", kind.name());
        }
        Kind::Drop { message: id, kind, why, fault: by } => {
            line.node("node", id.from);
            message_id(line, *id);
            line.text("type", kind.name());
            line.text("why", why.name());
            fault(line, *by);
        }
        Kind::Duplicate { message: id, kind } | Kind::Corrupt { message: id, kind } => {
            line.node("node", id.from);
            message_id(line, *id);
            line.text("type", kind.name());
        }
        other => unreachable!("{} is not about a message", kind_name(other)),
    }
}

fn operation(line: &mut Object<'_>, kind: &Kind) {
    match kind {
        Kind::Invoke { id, op } => {
            ops::write_id(line, *id);
            line.tagged("client", 'c', id.client);
            ops::write_op(line, op);
        }
        Kind::Attempt { id, to, attempt } => {
            ops::write_id(line, *id);
            line.tagged("client", 'c', id.client);
            line.node("to", *to);
            line.number("attempt", u64::from(*attempt));
        }
        Kind::Request { node, id } => {
            line.node("node", *node);
            ops::write_id(line, *id);
        }
        Kind::Return { id, outcome, node } => {
            line.some_node("node", *node);
            ops::write_id(line, *id);
            line.tagged("client", 'c', id.client);
            ops::write_outcome(line, outcome);
        }
        Kind::AdminInvoke { id, admin } => {
            ops::write_id(line, *id);
            ops::write_admin(line, admin);
        }
        Kind::AdminReturn { id, error } => {
            ops::write_id(line, *id);
            if let Some(error) = error {
                line.text("err", error);
            }
        }
        other => unreachable!("{} is not about an operation", kind_name(other)),
    }
}

fn fault(line: &mut Object<'_>, id: FaultId) {
    if id != 0 {
        line.tagged("fault", 'f', u64::from(id));
    }
}

fn message_id(line: &mut Object<'_>, id: MessageId) {
    let out = line.key("msg");
    write!(out, "\"n{}>n{}#{}\"", id.from, id.to, id.number).expect("a String takes everything");
}

/// The rest of a summary; what is zero is left out.
fn summary(line: &mut Object<'_>, what: &Summary) {
    let mut d = Object::open(line.key("d"));
    d.nonzero("entries", u64::from(what.entries));
    d.nonzero("index", what.index);
    d.nonzero("log_term", what.log_term);
    d.nonzero("commit", what.commit);
    if what.reject {
        d.flag("reject", true);
    }
    d.close();
}

fn autopsy(line: &mut Object<'_>, found: &Autopsy) {
    if let Some(refused) = &found.refused {
        line.text("refused", refused);
    }
    line.number("term", found.term);
    line.number("commit", found.commit);
    line.number("snap", found.snapshot_index);
    line.hex("digest", found.snapshot_digest);
    line.number("first", found.first_index);
    json::list(line.key("entries"), found.entries.iter(), |out, (term, digest)| {
        write!(out, "[{term},\"{digest:016x}\"]").expect("a String takes everything");
    });
}

fn broken(line: &mut Object<'_>, violation: &Violation) {
    line.text("check", violation.check);
    line.text("sig", &violation.signature());
    line.text("msg", &violation.message);
    json::list(line.key("ops"), violation.ops.iter(), |out, id| {
        write!(out, "\"c{}.{}\"", id.client, id.number).expect("a String takes everything");
    });
    json::list(line.key("nodes"), violation.nodes.iter(), |out, id| {
        write!(out, "\"n{id}\"").expect("a String takes everything");
    });
    json::list(line.key("core"), violation.core.iter(), |out, seq| {
        write!(out, "{seq}").expect("a String takes everything");
    });
}
