//! Our histories in the formats of others.

use std::fmt::Write as _;
use std::io::{self, Write};

use system::{Op, Output};

use super::jepsen::NIL_IS_ABSENCE;
use crate::event::Outcome;
use crate::history::{History, Operation, UNTIMED};
use crate::line::{Object, quote};

/// An invocation or a return.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) operation: &'a Operation,
    pub(super) returns: bool,
}

/// Invocations and returns in their order. What is unknown to its client ends behind all else that
/// was known when it gave up; what never returned has no end.
pub(super) fn moments(history: &History) -> Vec<Moment<'_>> {
    let mut moments: Vec<((u64, u64), Moment<'_>)> = Vec::new();
    for operation in &history.operations {
        let invoked = (operation.invoked_seq, 0);
        moments.push((invoked, Moment { operation, returns: false }));
        if operation.returned_at == u64::MAX {
            continue;
        }
        let returned = match operation.returned_seq {
            u64::MAX => given_up(history, operation),
            seq => (seq, 0),
        };
        moments.push((returned, Moment { operation, returns: true }));
    }
    moments.sort_by_key(|(order, _)| *order);
    moments.into_iter().map(|(_, moment)| moment).collect()
}

/// Where a client gave up: behind the last event that is not later, and before his own next call.
fn given_up(history: &History, operation: &Operation) -> (u64, u64) {
    let at = operation.returned_at;
    let end = history.operations.partition_point(|other| other.invoked_at <= at);
    let mine = |other: &&Operation| {
        other.id.client == operation.id.client && other.invoked_seq > operation.invoked_seq
    };
    let start = history.operations.partition_point(|o| o.invoked_seq <= operation.invoked_seq);
    let next = history.operations[start..end.max(start)].iter().find(mine);
    match next {
        Some(next) => (next.invoked_seq.saturating_sub(1), 1),
        None => {
            let last = history.operations[..end].last().map_or(0, |other| other.invoked_seq);
            (last.max(operation.invoked_seq), 1)
        }
    }
}

/// Writes a history as lines of our own.
///
/// # Errors
///
/// What `out` errs with.
pub fn write_history_lines(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    let mut object = Object::open(&mut line);
    object.text("squall", "history");
    object.text("v", "1.0");
    match &history.initial {
        Some(initial) => object.bytes("initial", initial),
        None => object.null("initial"),
    }
    object.close();
    writeln!(out, "{line}")?;
    for moment in moments(history) {
        line.clear();
        let operation = moment.operation;
        let mut object = Object::open(&mut line);
        let at = if moment.returns { operation.returned_at } else { operation.invoked_at };
        if at & UNTIMED == 0 {
            object.number("t", at);
        }
        let kind = match (&operation.outcome, moment.returns) {
            (_, false) => "op.invoke",
            (Outcome::Ok { .. }, _) => "op.ok",
            (Outcome::Failed(_), _) => "op.fail",
            (Outcome::Unknown(_), _) => "op.info",
        };
        object.text("k", kind);
        crate::line::write_history_id(&mut object, operation.id);
        match (&operation.outcome, moment.returns) {
            (_, false) => crate::line::write_history_op(&mut object, &operation.op),
            (outcome, true) => crate::line::write_history_outcome(&mut object, outcome),
        }
        object.close();
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Writes a history as Jepsen's EDN, one map a line, with `:key`. A read of `nil` found nothing,
/// which the first line says.
///
/// # Errors
///
/// What `out` errs with.
pub fn write_jepsen_edn(history: &History, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{NIL_IS_ABSENCE}")?;
    let mut line = String::new();
    for (index, moment) in moments(history).into_iter().enumerate() {
        line.clear();
        let operation = moment.operation;
        let kind = match (&operation.outcome, moment.returns) {
            (_, false) => "invoke",
            (Outcome::Ok { output: Output::Swapped(false), .. } | Outcome::Failed(_), _) => "fail",
            (Outcome::Ok { .. }, _) => "ok",
            (Outcome::Unknown(_), _) => "info",
        };
        let f = match &operation.op {
            Op::Get { .. } => "read",
            Op::Put { .. } => "write",
            other => other.name(),
        };
        let at = if moment.returns { operation.returned_at } else { operation.invoked_at };
        let process = operation.id.client;
        write!(line, "{{:index {index} ").expect("a String takes everything");
        if at & UNTIMED == 0 {
            write!(line, ":time {at} ").expect("a String takes everything");
        }
        write!(line, ":type :{kind} :process {process} :f :{f} :key ")
            .expect("a String takes everything");
        edn_text(&mut line, operation.op.key());
        line.push_str(" :value ");
        edn_value(&mut line, operation, moment.returns);
        line.push('}');
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn edn_value(line: &mut String, operation: &Operation, returns: bool) {
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, Outcome::Ok { output: Output::Value(Some(value)), .. }) if returns => {
            edn_text(line, value);
        }
        (Op::Get { .. } | Op::Delete { .. }, _) => line.push_str("nil"),
        (Op::Put { value, .. } | Op::Append { value, .. }, _) => edn_text(line, value),
        (Op::Cas { expect, value, .. }, _) => {
            line.push('[');
            match expect {
                Some(expect) => edn_text(line, expect),
                None => line.push_str("nil"),
            }
            line.push(' ');
            edn_text(line, value);
            line.push(']');
        }
    }
}

/// A string of EDN. What is not UTF-8 is written as escapes of its bytes, in angle brackets.
pub(super) fn edn_text(line: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => quote(line, text),
        Err(_) => quote(line, &format!("<{}>", bytes.escape_ascii())),
    }
}

/// Writes a history as Porcupine's operations in JSON, one a line. What failed did not happen and
/// is left out; an unknown outcome has an `Output` of null, and returns behind everything.
///
/// # Errors
///
/// What `out` errs with.
pub fn write_porcupine_json(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let last =
        |o: &Operation| if o.returned_seq == u64::MAX { o.invoked_seq } else { o.returned_seq };
    let end = history.operations.iter().map(last).max().unwrap_or(0) + 1;
    let mut text = String::new();
    let mut first = true;
    out.write_all(b"[")?;
    for operation in &history.operations {
        if matches!(operation.outcome, Outcome::Failed(_)) {
            continue;
        }
        text.clear();
        text.push_str(if std::mem::take(&mut first) { "\n" } else { ",\n" });
        let mut object = Object::open(&mut text);
        object.number("ClientId", operation.id.client);
        let mut input = Object::open(object.key("Input"));
        input.text("Op", operation.op.name());
        input.bytes("Key", operation.op.key());
        match &operation.op {
            Op::Get { .. } | Op::Delete { .. } => {}
            Op::Put { value, .. } | Op::Append { value, .. } => input.bytes("Value", value),
            Op::Cas { expect, value, .. } => {
                match expect {
                    Some(expect) => input.bytes("Expect", expect),
                    None => input.null("Expect"),
                }
                input.bytes("Value", value);
            }
        }
        input.close();
        object.number("Call", operation.invoked_seq);
        match &operation.outcome {
            Outcome::Ok { output, .. } => {
                let mut answer = Object::open(object.key("Output"));
                match output {
                    Output::Value(Some(value)) => answer.bytes("Value", value),
                    Output::Value(None) => answer.null("Value"),
                    Output::Swapped(swapped) => answer.flag("Swapped", *swapped),
                    Output::Done => {}
                }
                answer.close();
                object.number("Return", operation.returned_seq);
            }
            _ => {
                object.null("Output");
                object.number("Return", end);
            }
        }
        object.close();
        out.write_all(text.as_bytes())?;
    }
    out.write_all(b"\n]\n")
}
