//! Our own histories: the lines of a trace that are about operations, and nothing else.
//!
//! ```json
//! {"squall":"history","v":"1.0","initial":null}
//! {"k":"op.invoke","op":"c1.1","f":"put","key":"x","in":"7"}
//! {"k":"op.ok","op":"c1.1"}
//! {"k":"op.invoke","op":"c2.1","f":"get","key":"x"}
//! {"k":"op.ok","op":"c2.1","out":"7"}
//! ```
//!
//! The first line may be left out. `t` (nanoseconds), `seq`, `client`, `cause`, `node`, `serve`
//! and `index` may stand there, as in a trace; `op.fail` and `op.info` may have an `err`.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value as Json};
use system::{Op, Output, ReadPath, Value};

use super::{Foreign, Format, HistoryProblem, Known, Model, other};
use crate::event::{OpId, Outcome};
use crate::history::{History, Operation, UNTIMED};
use crate::line::{Fields, json_bytes, parse_history_id, parse_history_op, read_path};

/// Reads a history.
pub(super) fn read(text: &str, known: &Known) -> Result<Foreign, HistoryProblem> {
    let mut initial: Option<Value> = None;
    let mut state = State::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |message: String| HistoryProblem::new(number, message);
        let fields: Map<String, Json> = serde_json::from_str(line).map_err(|error| {
            wrong(format!("column {}: this is not a JSON object", error.column()))
        })?;
        if let (Some(Json::String(kind)), false) = (fields.get("type"), fields.contains_key("k")) {
            return Err(wrong(other::json(kind, |name| fields.contains_key(name))));
        }
        if fields.contains_key("squall") {
            initial = header(Fields(&fields), number).map_err(wrong)?;
            continue;
        }
        state.take(Fields(&fields)).map_err(wrong)?;
    }
    if state.operations.is_empty() {
        return Err(HistoryProblem::new(0, "there is no operation in this history"));
    }
    let initial = known.initial.clone().map(Bytes::from).or(initial);
    let history = History { initial, operations: state.operations };
    let model = known.model.unwrap_or(Model::Kv);
    Ok(Foreign { history, format: Format::History, model, timed: state.timed, keyed: true })
}

fn header(fields: Fields<'_>, line: u64) -> Result<Option<Value>, String> {
    if line != 1 || fields.text("squall")? != "history" {
        return Err("a line with `squall` is the first one, and says \"history\"".to_owned());
    }
    let version = fields.text("v")?;
    if !version.starts_with("1.") {
        return Err(format!("squall.history {version} is not known; this build reads 1.x"));
    }
    match fields.get("initial") {
        None | Some(Json::Null) => Ok(None),
        Some(value) => match json_bytes(value) {
            Some(bytes) => Ok(Some(bytes.into())),
            None => Err("field `initial` is null, a string or {\"hex\":\"...\"}".to_owned()),
        },
    }
}

#[derive(Debug, Default)]
struct State {
    operations: Vec<Operation>,
    open: BTreeMap<OpId, usize>,
    seq: u64,
    timed: bool,
}

impl State {
    fn take(&mut self, line: Fields<'_>) -> Result<(), String> {
        let kind = line.text("k")?;
        let Some(name) = kind.strip_prefix("op.") else {
            return Err(format!(
                "expected `op.invoke`, `op.ok`, `op.fail` or `op.info`, found `{kind}`"
            ));
        };
        let seq = self.seq;
        self.seq += 1;
        let at = match line.get("t") {
            Some(_) => line.number("t")?,
            None => seq | UNTIMED,
        };
        self.timed |= line.get("t").is_some();
        let id = parse_history_id(line)?;
        match name {
            "invoke" => self.invoke(id, line, seq, at),
            "ok" | "fail" | "info" => self.end(id, name, line, seq, at),
            "attempt" | "request" => Ok(()),
            _ => Err(format!("there are no lines of kind `{kind}` in a history")),
        }
    }

    fn invoke(&mut self, id: OpId, line: Fields<'_>, seq: u64, at: u64) -> Result<(), String> {
        let op = parse_history_op(line)?
            .ok_or("field `f` is get, put, delete, cas or append".to_owned())?;
        if self.open.insert(id, self.operations.len()).is_some() {
            return Err(format!("c{}.{} is open already", id.client, id.number));
        }
        self.operations.push(Operation {
            id,
            op,
            invoked_seq: seq,
            invoked_at: at,
            returned_seq: u64::MAX,
            returned_at: u64::MAX,
            outcome: Outcome::Unknown("open"),
        });
        Ok(())
    }

    fn end(
        &mut self,
        id: OpId,
        name: &str,
        line: Fields<'_>,
        seq: u64,
        at: u64,
    ) -> Result<(), String> {
        let Some(place) = self.open.remove(&id) else {
            return Err(format!("c{}.{} returns and was not invoked", id.client, id.number));
        };
        let operation = &mut self.operations[place];
        operation.returned_at = at;
        operation.outcome = match name {
            "ok" => Outcome::Ok {
                output: output(&operation.op, line)?,
                path: path(line)?,
                index: line.number_or_zero("index")?,
            },
            "fail" => Outcome::Failed("fail"),
            _ => return Ok(()),
        };
        operation.returned_seq = seq;
        Ok(())
    }
}

fn output(op: &Op, line: Fields<'_>) -> Result<Output, String> {
    match (op, line.get("out")) {
        (Op::Get { .. }, Some(Json::Null)) => Ok(Output::Value(None)),
        (Op::Get { .. }, Some(value)) => match json_bytes(value) {
            Some(bytes) => Ok(Output::Value(Some(bytes.into()))),
            None => Err("field `out` of a get is null, a string or {\"hex\":\"...\"}".to_owned()),
        },
        (Op::Get { .. }, None) => Err("field `out` is missing: what did the get find?".to_owned()),
        (Op::Cas { .. }, Some(Json::Bool(swapped))) => Ok(Output::Swapped(*swapped)),
        (Op::Cas { .. }, _) => Err("field `out` of a cas is true or false".to_owned()),
        (_, None) => Ok(Output::Done),
        (_, Some(_)) => Err(format!("a {} answers nothing, so there is no `out`", op.name())),
    }
}

fn path(line: Fields<'_>) -> Result<ReadPath, String> {
    if line.get("serve").is_none() {
        return Ok(ReadPath::Log);
    }
    line.parsed("serve", "a way of serving", read_path)
}
