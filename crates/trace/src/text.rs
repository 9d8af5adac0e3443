//! How does a person read one event? As one line, the same in tests, in terminals and in reports.

use std::fmt::Write as _;

use system::{Admin, ConfChange, Nanos, NodeId, Note, Op, Output, Role, Summary};

use crate::event::{Autopsy, Event, FaultId, Kind, MessageId, OpId, Outcome};

const SECOND: Nanos = 1_000_000_000;

/// A time for people who compare: all digits that are not trailing zeros, `1.303029958s`.
#[must_use]
pub fn exact_time(nanos: Nanos) -> String {
    let (whole, rest) = (nanos / SECOND, nanos % SECOND);
    if rest == 0 {
        return format!("{whole}s");
    }
    let digits = format!("{rest:09}");
    format!("{whole}.{}s", digits.trim_end_matches('0'))
}

/// A time for people who look: to the millisecond, cut and not rounded, `1.303s`.
#[must_use]
pub fn time(nanos: Nanos) -> String {
    format!("{}.{:03}s", nanos / SECOND, nanos % SECOND / 1_000_000)
}

/// `n1>n3#88`.
#[must_use]
pub fn message_name(id: MessageId) -> String {
    format!("n{}>n{}#{}", id.from, id.to, id.number)
}

/// `c2.5`.
#[must_use]
pub fn op_name(id: OpId) -> String {
    format!("c{}.{}", id.client, id.number)
}

/// Bytes: as they are if they are printable, else `0x` and hex digits.
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let printable = |text: &&str| !text.is_empty() && !text.chars().any(char::is_control);
    if let Some(text) = std::str::from_utf8(bytes).ok().filter(printable) {
        return text.into();
    }
    let mut text = String::from("0x");
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes everything");
    }
    text
}

/// One event as one line: when, who, what.
#[must_use]
pub fn event_line(event: &Event) -> String {
    format!("{} {:<3} {}", exact_time(event.at), who(&event.kind), what(&event.kind))
}

/// Whom an event is about: a node, a message, a client, or `--` for the world.
#[must_use]
pub fn who(kind: &Kind) -> String {
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
        | Kind::Autopsy { node, .. } => format!("n{node}"),
        Kind::Send { message, .. }
        | Kind::Receive { message, .. }
        | Kind::Drop { message, .. }
        | Kind::Duplicate { message, .. }
        | Kind::Corrupt { message, .. } => message_name(*message),
        Kind::Invoke { id, .. } | Kind::Attempt { id, .. } | Kind::Return { id, .. } => {
            format!("c{}", id.client)
        }
        Kind::AdminInvoke { .. }
        | Kind::AdminReturn { .. }
        | Kind::FaultStart { .. }
        | Kind::FaultEnd { .. }
        | Kind::Phase { .. } => "--".into(),
        Kind::Violation(_) => "!!".into(),
    }
}

/// What happened, without when and who.
#[must_use]
pub fn what(kind: &Kind) -> String {
    match kind {
        Kind::Start { incarnation: 0, .. } => "starts".into(),
        Kind::Start { incarnation, .. } => format!("restarts, incarnation {incarnation}"),
        Kind::Crash { .. } => crash(kind),
        Kind::Halt { reason, detail, .. } => format!("halts: {}: {detail}", reason.name()),
        Kind::Panic { panic, .. } => format!("panics at {}: {}", panic.place, panic.message),
        Kind::Note { note: fact, .. } => note(fact),
        Kind::Timer { timer, .. } => format!("timer {timer}"),
        Kind::Send { summary: s, .. } => summary(s),
        Kind::Receive { kind, .. } => format!("{} received", kind.name()),
        Kind::Drop { kind, why, fault, .. } => {
            format!("{} dropped: {}{}", kind.name(), why.name(), by(" ", *fault))
        }
        Kind::Duplicate { kind, .. } => format!("{} duplicated", kind.name()),
        Kind::Corrupt { kind, .. } => format!("{} damaged", kind.name()),
        Kind::Disk { act, path, bytes, error, .. } => {
            let size = if *bytes == 0 { String::new() } else { format!(" {bytes} bytes") };
            let end = error.map_or(String::new(), |error| format!(" failed: {}", error.name()));
            format!("{act} {path}{size}{end}")
        }
        Kind::DiskFault { fault, what, path, bytes, .. } => {
            let file = if path.is_empty() { String::new() } else { format!(" {path}") };
            let size = if *bytes == 0 { String::new() } else { format!(" {bytes}") };
            format!("disk: {what}{file}{size}{}", by(" ", *fault))
        }
        Kind::FaultStart { fault, name, detail } if detail.is_empty() => format!("f{fault} {name}"),
        Kind::FaultStart { fault, name, detail } => format!("f{fault} {name} {detail}"),
        Kind::FaultEnd { fault, name } => format!("f{fault} {name} ends"),
        Kind::Invoke { id, op } => format!("{} {}", op_name(*id), operation(op)),
        Kind::Attempt { id, to, attempt: 1 } => format!("{} to n{to}", op_name(*id)),
        Kind::Attempt { id, to, attempt } => {
            format!("{} to n{to}, attempt {attempt}", op_name(*id))
        }
        Kind::Request { id, .. } => format!("takes {}", op_name(*id)),
        Kind::Return { id, outcome: how, node } => {
            let from = if *node == 0 { String::new() } else { format!(" from n{node}") };
            format!("{} {}{from}", op_name(*id), outcome(how))
        }
        Kind::AdminInvoke { id, admin: change } => format!("{} {}", op_name(*id), admin(change)),
        Kind::AdminReturn { id, error: None } => format!("{} done", op_name(*id)),
        Kind::AdminReturn { id, error: Some(why) } => format!("{} not done: {why}", op_name(*id)),
        Kind::Phase { name } => format!("phase {name}"),
        Kind::Autopsy { found, .. } => autopsy(found),
        Kind::Violation(violation) => format!("{}: {}", violation.signature(), violation.message),
    }
}

fn by(before: &str, fault: FaultId) -> String {
    if fault == 0 { String::new() } else { format!("{before}f{fault}") }
}

fn crash(kind: &Kind) -> String {
    let Kind::Crash { how, fault, during, lost_bytes, torn_writes, .. } = kind else {
        unreachable!("only crashes are told as crashes")
    };
    let mut text = format!("crashes: {}", how.name());
    text += &by(" ", *fault);
    if !during.is_empty() {
        text += &format!(", during {during}");
    }
    if *lost_bytes > 0 {
        text += &format!(", {lost_bytes} bytes lost");
    }
    if *torn_writes > 0 {
        text += &format!(", {torn_writes} torn");
    }
    text
}

fn note(note: &Note) -> String {
    match note {
        Note::Recovered { term, vote, commit, first_index, snapshot_index, .. } => {
            let vote = somebody(*vote);
            format!(
                "recovered term {term} vote {vote} commit {commit} log from {first_index} \
                 snapshot {snapshot_index}"
            )
        }
        Note::TailCut { bytes } => format!("cut a torn tail of {bytes} bytes"),
        Note::Role { role: Role::Leader, term, .. } => format!("leader of term {term}"),
        Note::Role { role, term, leader: 0 } => format!("{} in term {term}", role.name()),
        Note::Role { role, term, leader } => {
            format!("{} of n{leader} in term {term}", role.name())
        }
        Note::Vote { term, candidate } => format!("votes for n{candidate} in term {term}"),
        Note::Append { index, term, kind, .. } => {
            format!("appends {index}@{term} {}", kind.name())
        }
        Note::Truncate { from } => format!("truncates from {from}"),
        Note::Persisted { term, vote, commit, last_index } => {
            let vote = somebody(*vote);
            format!("durable: term {term} vote {vote} commit {commit} log to {last_index}")
        }
        Note::Commit { index } => format!("commits to {index}"),
        Note::Apply { index, term, .. } => format!("applies {index}@{term}"),
        Note::Conf { index, voters, outgoing, learners } => {
            let mut text = format!("configuration {voters}");
            if !outgoing.is_empty() {
                text += &format!(" from {outgoing}");
            }
            if !learners.is_empty() {
                text += &format!(" learners {learners}");
            }
            text + &format!(" at {index}")
        }
        Note::SnapshotTaken { index, term, .. } => format!("snapshot taken at {index}@{term}"),
        Note::SnapshotSent { to, index } => format!("snapshot of {index} for n{to}"),
        Note::SnapshotInstalled { index, term, .. } => {
            format!("snapshot installed at {index}@{term}")
        }
        Note::Compact { first_index } => format!("log now from {first_index}"),
        Note::Read { request, path, index } => {
            format!("{} read of request {request} at {index}", path.name())
        }
        Note::Proposed { request, forwarded: false } => format!("proposes request {request}"),
        Note::Proposed { request, forwarded: true } => format!("forwards request {request}"),
        Note::Transfer { to } => format!("transfers leadership to n{to}"),
        Note::TransferEnded { to, moved: true } => format!("leadership is with n{to}"),
        Note::TransferEnded { to, moved: false } => format!("transfer to n{to} failed"),
        Note::LeaseRefused { request } => format!("no lease for request {request}"),
    }
}

fn somebody(node: NodeId) -> String {
    if node == 0 { "none".into() } else { format!("n{node}") }
}

fn summary(s: &Summary) -> String {
    let mut text = format!("{} term {}", s.kind.name(), s.term);
    if s.index > 0 || s.log_term > 0 {
        text += &format!(" at {}", s.index);
        if s.log_term > 0 {
            text += &format!("@{}", s.log_term);
        }
    }
    if s.entries > 0 {
        text += &format!(" +{}", s.entries);
    }
    if s.commit > 0 {
        text += &format!(" commit {}", s.commit);
    }
    if s.reject {
        text += " reject";
    }
    text
}

/// `put x 7`.
#[must_use]
pub fn operation(op: &Op) -> String {
    let head = format!("{} {}", op.name(), bytes(op.key()));
    match op {
        Op::Get { .. } | Op::Delete { .. } => head,
        Op::Put { value, .. } | Op::Append { value, .. } => format!("{head} {}", bytes(value)),
        Op::Cas { expect, value, .. } => {
            let expect = expect.as_ref().map_or("absent".into(), |expect| bytes(expect));
            format!("{head} {expect} -> {}", bytes(value))
        }
    }
}

/// `ok -> 3 (lease)`, `fail: not-leader`, `unknown: timeout`.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok { output, path, .. } => {
            let answer = match output {
                Output::Value(Some(value)) => format!(" -> {}", bytes(value)),
                Output::Value(None) => " -> absent".into(),
                Output::Done => String::new(),
                Output::Swapped(true) => " -> swapped".into(),
                Output::Swapped(false) => " -> not swapped".into(),
            };
            format!("ok{answer} ({})", path.name())
        }
        Outcome::Failed(why) => format!("fail: {why}"),
        Outcome::Unknown(why) => format!("unknown: {why}"),
    }
}

fn admin(admin: &Admin) -> String {
    match admin {
        Admin::Transfer { to } => format!("transfer leadership to n{to}"),
        Admin::Reconfigure { changes, transition } => {
            let mut text = String::from("reconfigure");
            for change in changes {
                let verb = match change {
                    ConfChange::AddVoter(_) => "add-voter",
                    ConfChange::AddLearner(_) => "add-learner",
                    ConfChange::Remove(_) => "remove",
                };
                text += &format!(" {verb} n{}", change.node());
            }
            if *transition == system::Transition::Joint {
                text += " jointly";
            }
            text
        }
    }
}

fn autopsy(found: &Autopsy) -> String {
    if let Some(refused) = &found.refused {
        return format!("does not start: {refused}");
    }
    let Autopsy { term, commit, snapshot_index, first_index, .. } = found;
    let count = found.entries.len();
    format!(
        "disk holds term {term} commit {commit} snapshot {snapshot_index} and {count} entries \
         from {first_index}"
    )
}
