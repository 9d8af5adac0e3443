//! Porcupine's operations in JSON, with the names of its own fields:
//!
//! ```json
//! [{"ClientId":1,"Input":{"Op":"put","Key":"x","Value":"7"},"Call":10,"Output":{},"Return":20}]
//! ```
//!
//! `Op` is get, put, delete, cas (with `Expect`, null for absence) or append. `Output` holds the
//! `Value` that a get found, null for absence, or whether a cas has `Swapped`; an `Output` of null
//! is an unknown outcome, and `Return` then means nothing. An operation without both never returned.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value as Json};
use system::{Op, Output, ReadPath, Value};

use super::{Foreign, Format, HistoryProblem, Known, Model, other};
use crate::event::{OpId, Outcome};
use crate::history::{History, Operation, UNTIMED};
use crate::line::{Fields, json_bytes};

/// Reads a history.
pub(super) fn read(text: &str, known: &Known) -> Result<Foreign, HistoryProblem> {
    let array: Vec<Map<String, Json>> = serde_json::from_str(text).map_err(|error| {
        let message = format!("column {}: this is no array of operations", error.column());
        HistoryProblem::new(error.line() as u64, message)
    })?;
    if array.is_empty() {
        return Err(HistoryProblem::new(0, "there is no operation in this history"));
    }
    let mut operations = Vec::with_capacity(array.len());
    for (place, fields) in array.iter().enumerate() {
        if let (Some(Json::String(kind)), false) =
            (fields.get("type"), fields.contains_key("Input"))
        {
            let what = other::json(kind, |name| fields.contains_key(name));
            return Err(HistoryProblem::new(line_of(text, place), what));
        }
        operations.push(operation(Fields(fields)).map_err(|message| {
            HistoryProblem::new(line_of(text, place), format!("operation {place}: {message}"))
        })?);
    }
    let history =
        History { initial: known.initial.clone().map(Bytes::from), operations: order(operations) };
    let model = known.model.unwrap_or(Model::Kv);
    Ok(Foreign { history, format: Format::PorcupineJson, model, timed: false, keyed: true })
}

/// The line on which an item of the outermost array begins.
fn line_of(text: &str, place: usize) -> u64 {
    let (mut line, mut depth, mut items) = (1, 0u32, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            b'\n' => line += 1,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                if depth == 1 {
                    if items == place {
                        return line;
                    }
                    items += 1;
                }
                depth += 1;
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    line
}

fn operation(fields: Fields<'_>) -> Result<Operation, String> {
    let input = object(fields, "Input")?;
    let op = op(input)?;
    let call = fields.number("Call")?;
    let is_missing = |name| matches!(fields.get(name), None | Some(Json::Null));
    let (outcome, returned) = if is_missing("Output") {
        if fields.get("Output").is_none() && !is_missing("Return") {
            return Err("it has a `Return`, but no `Output`: null is an unknown one".to_owned());
        }
        (Outcome::Unknown("open"), u64::MAX)
    } else {
        let output = output(&op, object(fields, "Output")?)?;
        (Outcome::Ok { output, path: ReadPath::Log, index: 0 }, fields.number("Return")?)
    };
    if returned < call {
        return Err(format!("it returns at {returned}, before its call at {call}"));
    }
    Ok(Operation {
        id: OpId { client: fields.number("ClientId")?, number: 0 },
        op,
        invoked_seq: 0,
        invoked_at: call,
        returned_seq: u64::MAX,
        returned_at: returned,
        outcome,
    })
}

fn object<'a>(fields: Fields<'a>, name: &str) -> Result<Fields<'a>, String> {
    let object = fields.need(name)?.as_object();
    object.map(Fields).ok_or_else(|| format!("field `{name}` should be an object"))
}

fn text(fields: Fields<'_>, name: &str) -> Result<Option<Value>, String> {
    match fields.need(name)? {
        Json::Null => Ok(None),
        value => match json_bytes(value) {
            Some(bytes) => Ok(Some(bytes.into())),
            None => Err(format!("field `{name}` should be null, a string or {{\"hex\":\"...\"}}")),
        },
    }
}

fn op(input: Fields<'_>) -> Result<Op, String> {
    let key = text(input, "Key")?.ok_or("field `Key` is null")?;
    let value = || text(input, "Value")?.ok_or("field `Value` is null".to_owned());
    Ok(match input.text("Op")? {
        "get" => Op::Get { key },
        "put" => Op::Put { key, value: value()? },
        "append" => Op::Append { key, value: value()? },
        "delete" => Op::Delete { key },
        "cas" => Op::Cas { key, expect: text(input, "Expect")?, value: value()? },
        other => return Err(format!("`Op` is get, put, append, delete or cas, found `{other}`")),
    })
}

fn output(op: &Op, output: Fields<'_>) -> Result<Output, String> {
    Ok(match op {
        Op::Get { .. } => Output::Value(text(output, "Value")?),
        Op::Cas { .. } => Output::Swapped(output.flag("Swapped")?),
        _ => Output::Done,
    })
}

/// Numbers events by their times; of equal times calls come first, for those who touch overlap.
fn order(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_by_key(|operation| operation.invoked_at);
    let mut moments: Vec<(u64, bool, usize)> = Vec::with_capacity(operations.len() * 2);
    let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
    for (place, operation) in operations.iter_mut().enumerate() {
        let number = numbers.entry(operation.id.client).or_default();
        *number += 1;
        operation.id.number = *number;
        moments.push((operation.invoked_at, false, place));
        if matches!(operation.outcome, Outcome::Ok { .. }) {
            moments.push((operation.returned_at, true, place));
        }
    }
    moments.sort_unstable();
    for (seq, (_, returns, place)) in (0..).zip(moments) {
        let operation = &mut operations[place];
        if returns {
            (operation.returned_seq, operation.returned_at) = (seq, seq | UNTIMED);
        } else {
            (operation.invoked_seq, operation.invoked_at) = (seq, seq | UNTIMED);
        }
    }
    operations
}
