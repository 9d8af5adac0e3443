//! From a line back to its event.

use serde_json::Value;
use system::Summary;

use super::json::{self, Fields};
use super::{names, notes, ops};
use crate::event::{Autopsy, Event, Kind, MessageId, PanicInfo, Violation};

/// Reads the line of an event; `None` if it is of a kind that this build does not know.
///
/// # Errors
///
/// A line that is not JSON, or lacks what its kind needs. Says what was expected.
pub fn parse_line(text: &str) -> Result<Option<Event>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("bad JSON: {error}"))?;
    let Value::Object(fields) = value else { return Err("a line must be an object".into()) };
    parse_fields(Fields(&fields))
}

/// Reads the fields of a line.
pub(crate) fn parse_fields(line: Fields<'_>) -> Result<Option<Event>, String> {
    let name = line.text("k")?;
    let Some(kind) = kind(name, line).map_err(|problem| format!("{name}: {problem}"))? else {
        return Ok(None);
    };
    let cause = if line.get("cause").is_some() { line.number("cause")? } else { Event::NO_CAUSE };
    Ok(Some(Event { seq: line.number("seq")?, at: line.number("t")?, cause, kind }))
}

fn kind(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    let (family, rest) = name.split_once('.').unwrap_or((name, ""));
    match family {
        "node" => node(rest, line),
        "raft" => {
            let Some(note) = notes::parse(rest, line)? else { return Ok(None) };
            Ok(Some(Kind::Note { node: line.node("node")?, note }))
        }
        "msg" => message(rest, line),
        "disk" if rest == "autopsy" => {
            Ok(Some(Kind::Autopsy { node: line.node("node")?, found: Box::new(autopsy(line)?) }))
        }
        "disk" if rest == "fault" => Ok(Some(Kind::DiskFault {
            node: line.node("node")?,
            fault: line.fault()?,
            what: word(line, "what")?,
            path: line.text("file")?.into(),
            bytes: line.number("len")?,
        })),
        "disk" => disk(name, line),
        "op" => operation(rest, line),
        "admin" => admin(rest, line),
        _ => other(name, line),
    }
}

fn node(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    Ok(Some(match name {
        "start" => Kind::Start { node: line.node("node")?, incarnation: line.number("inc")? },
        "crash" => Kind::Crash {
            node: line.node("node")?,
            how: line.parsed("how", "power or kill", names::crash_kind)?,
            fault: line.fault()?,
            during: match line.get("during") {
                Some(_) => word(line, "during")?,
                None => "",
            },
            lost_bytes: line.number("lost")?,
            torn_writes: line.small("torn")?,
        },
        "halt" => Kind::Halt {
            node: line.node("node")?,
            reason: line.parsed("reason", "a reason to halt", names::halt_reason)?,
            detail: line.text("detail")?.into(),
        },
        "panic" => Kind::Panic {
            node: line.node("node")?,
            panic: Box::new(PanicInfo {
                place: line.text("place")?.into(),
                message: line.text("msg")?.into(),
            }),
        },
        _ => return Ok(None),
    }))
}

fn message(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    if !matches!(name, "send" | "recv" | "drop" | "dup" | "corrupt") {
        return Ok(None);
    }
    let message: MessageId =
        line.parsed("msg", "a message like \"n1>n3#88\"", names::parse_message)?;
    let kind = line.parsed("type", "a type of message", names::message_kind)?;
    Ok(Some(match name {
        "send" => {
            let d = line.need("d")?;
            let d = d.as_object().ok_or_else(|| json::wrong("d", "an object", d))?;
            let d = Fields(d);
            let summary = Summary {
                kind,
                reject: if d.get("reject").is_some() { d.flag("reject")? } else { false },
                entries: d.small("entries")?,
                bytes: line.small("bytes")?,
                term: line.number("term")?,
                index: d.number_or_zero("index")?,
                log_term: d.number_or_zero("log_term")?,
                commit: d.number_or_zero("commit")?,
            };
            Kind::Send { message, summary }
        }
        "recv" => Kind::Receive { message, kind },
        "dup" => Kind::Duplicate { message, kind },
        "corrupt" => Kind::Corrupt { message, kind },
        _ => Kind::Drop {
            message,
            kind,
            why: line.parsed("why", "a reason of loss", names::drop_reason)?,
            fault: line.fault()?,
        },
    }))
}

fn disk(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    let act = match names::disk_act(name) {
        Some(act) => act,
        None if name == names::DISK_OTHER => word(line, "act")?,
        None => return Ok(None),
    };
    let error = match line.get("err") {
        Some(_) => Some(line.parsed("err", "an error of a disk", names::disk_error)?),
        None => None,
    };
    Ok(Some(Kind::Disk {
        node: line.node("node")?,
        act,
        path: line.text("file")?.into(),
        bytes: line.number("len")?,
        error,
    }))
}

fn operation(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    Ok(Some(match name {
        "invoke" => {
            let Some(op) = ops::parse_op(line)? else { return Ok(None) };
            Kind::Invoke { id: ops::parse_id(line)?, op: Box::new(op) }
        }
        "attempt" => Kind::Attempt {
            id: ops::parse_id(line)?,
            to: line.node("to")?,
            attempt: line.small("attempt")?,
        },
        "request" => Kind::Request { node: line.node("node")?, id: ops::parse_id(line)? },
        "ok" | "fail" | "info" => Kind::Return {
            id: ops::parse_id(line)?,
            outcome: Box::new(ops::parse_outcome(name, line)?),
            node: line.some_node("node")?,
        },
        _ => return Ok(None),
    }))
}

fn admin(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    Ok(Some(match name {
        "invoke" => {
            let Some(admin) = ops::parse_admin(line)? else { return Ok(None) };
            Kind::AdminInvoke { id: ops::parse_id(line)?, admin: Box::new(admin) }
        }
        "ok" => Kind::AdminReturn { id: ops::parse_id(line)?, error: None },
        "fail" => Kind::AdminReturn { id: ops::parse_id(line)?, error: Some(word(line, "err")?) },
        _ => return Ok(None),
    }))
}

fn other(name: &str, line: Fields<'_>) -> Result<Option<Kind>, String> {
    Ok(Some(match name {
        "timer.fire" => Kind::Timer { node: line.node("node")?, timer: word(line, "timer")? },
        "fault.start" => Kind::FaultStart {
            fault: line.fault()?,
            name: word(line, "kind")?,
            detail: line.text("detail")?.into(),
        },
        "fault.end" => Kind::FaultEnd { fault: line.fault()?, name: word(line, "kind")? },
        "phase" => Kind::Phase { name: word(line, "name")? },
        "check.violation" => Kind::Violation(Box::new(broken(line)?)),
        _ => return Ok(None),
    }))
}

fn word(line: Fields<'_>, key: &str) -> Result<&'static str, String> {
    line.parsed(key, "a short name", names::word)
}

fn autopsy(line: Fields<'_>) -> Result<Autopsy, String> {
    let entry = |value: &Value| {
        let [term, digest] = value.as_array()?.as_slice() else { return None };
        Some((term.as_u64()?, json::hash_digits(digest.as_str()?, 16)?))
    };
    let entries = line.list("entries")?.iter().map(|value| {
        entry(value).ok_or_else(|| json::wrong("entries", "pairs of term and digest", value))
    });
    Ok(Autopsy {
        refused: match line.get("refused") {
            Some(_) => Some(line.text("refused")?.into()),
            None => None,
        },
        term: line.number("term")?,
        commit: line.number("commit")?,
        snapshot_index: line.number("snap")?,
        snapshot_digest: line.hex("digest")?,
        first_index: line.number("first")?,
        entries: entries.collect::<Result<_, _>>()?,
    })
}

fn broken(line: Fields<'_>) -> Result<Violation, String> {
    let check = word(line, "check")?;
    let kind = line.parsed("sig", "the check, a slash and a kind", |sig| {
        Some(sig.strip_prefix(check)?.strip_prefix('/')?.to_string())
    })?;
    Ok(Violation {
        check,
        kind,
        message: line.text("msg")?.into(),
        ops: each(line, "ops", |value| names::parse_op(value.as_str()?))?,
        nodes: each(line, "nodes", |value| names::parse_tagged(value.as_str()?, 'n'))?,
        core: each(line, "core", Value::as_u64)?,
    })
}

fn each<T>(
    line: Fields<'_>,
    key: &str,
    parse: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, String> {
    let item =
        |value| parse(value).ok_or_else(|| json::wrong(key, "a list of well-formed names", value));
    line.list(key)?.iter().map(item).collect()
}
