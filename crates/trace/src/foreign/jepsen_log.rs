//! Lines of Jepsen's log, as Porcupine's tests of etcd keep them:
//! `INFO  jepsen.util - PROCESS :TYPE :F VALUE`. Other logs are read by [`super::jepsen_text`].
//!
//! One register that holds nothing at first. A cas that fails was executed and found another
//! value; a read that fails, and all that timed out, is unknown.

use bytes::Bytes;
use system::{Op, Output};

use super::events::{Events, Said};
use super::{Foreign, Format, HistoryProblem, Known, Model, jepsen_text};

const PREFIX: &str = "jepsen.util - ";

/// Whether a line is one of Jepsen's log.
pub(super) fn is_line(line: &str) -> bool {
    line.starts_with("INFO ") && line.contains(PREFIX)
}

/// Reads a history.
pub(super) fn read(text: &str, known: &Known) -> Result<Foreign, HistoryProblem> {
    let first = text.lines().find(|line| !line.trim().is_empty());
    if !first.is_some_and(|line| is_line(line.trim())) {
        return jepsen_text::read_log(text, known);
    }
    let mut events = Events::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |message: String| HistoryProblem::new(number, message);
        if let Some((process, said)) = event(line, &events).map_err(wrong)? {
            events.take(number, process, None, said)?;
        }
    }
    let (history, timed) = events.finish(known.initial.clone().map(Bytes::from));
    if history.operations.is_empty() {
        return Err(HistoryProblem::new(0, "there is no operation in this history"));
    }
    let model = known.model.unwrap_or(Model::CasRegister);
    if !matches!(model, Model::CasRegister | Model::Register) {
        let name = model.name();
        return Err(HistoryProblem::new(0, format!("this log is of a cas-register, not a {name}")));
    }
    Ok(Foreign { history, format: Format::JepsenLog, model, timed, keyed: false })
}

/// What a process says; `None` for the nemesis.
fn event(line: &str, events: &Events) -> Result<Option<(u64, Said)>, String> {
    let rest = line.split_once(PREFIX).map(|(_, rest)| rest);
    let rest = rest.ok_or_else(|| format!("expected `INFO  {PREFIX}...`"))?;
    let mut words = rest.split_whitespace();
    let process = words.next().unwrap_or_default();
    if process.starts_with(':') {
        return Ok(None);
    }
    let process = process.parse().map_err(|_| format!("`{process}` is no process"))?;
    let kind = words.next().unwrap_or_default();
    let f = words.next().unwrap_or_default();
    let value = words.collect::<Vec<&str>>().join(" ");
    let open = events.open(process);
    let is_same = match open {
        Some(op) => f == name(op),
        None => matches!(f, ":read" | ":write" | ":cas"),
    };
    if kind != ":invoke" && !is_same {
        return Err(format!("`{f}` returns, but what is open is a {}", open.map_or("", name)));
    }
    let said = match kind {
        ":invoke" => Said::Invoke(op(f, &value)?),
        ":info" => Said::Info,
        ":fail" if f == ":cas" && value != ":timed-out" => Said::Ok(Output::Swapped(false)),
        ":fail" => Said::Info,
        ":ok" if f == ":read" => Said::Ok(Output::Value(match value.as_str() {
            "nil" => None,
            value => Some(integer(value)?),
        })),
        ":ok" if f == ":cas" => Said::Ok(Output::Swapped(true)),
        ":ok" => Said::Ok(Output::Done),
        other => return Err(format!("`{other}` is not :invoke, :ok, :fail or :info")),
    };
    if matches!(kind, ":ok" | ":fail") && !matches!(f, ":read") && value != ":timed-out" {
        let repeated = op(f, &value)?;
        if open.is_some_and(|open| *open != repeated) {
            return Err("the value is not the one that was asked for".to_owned());
        }
    }
    Ok(Some((process, said)))
}

fn name(op: &Op) -> &'static str {
    match op {
        Op::Get { .. } => ":read",
        Op::Cas { .. } => ":cas",
        _ => ":write",
    }
}

fn op(f: &str, value: &str) -> Result<Op, String> {
    let key = Bytes::from_static(b"x");
    Ok(match f {
        ":read" => Op::Get { key },
        ":write" => Op::Put { key, value: integer(value)? },
        ":cas" => {
            let pair = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let pair = pair.and_then(|pair| pair.split_once(' '));
            let (from, to) = pair.ok_or_else(|| format!("`{value}` is not [from to]"))?;
            Op::Cas { key, expect: Some(integer(from)?), value: integer(to)? }
        }
        other => return Err(format!("there is no operation `{other}`")),
    })
}

fn integer(text: &str) -> Result<Bytes, String> {
    match text.trim().parse::<i64>() {
        Ok(number) => Ok(Bytes::from(number.to_string())),
        Err(_) => Err(format!("`{text}` is no integer")),
    }
}
