//! Operations, changes of the cluster and how they end, as fields of a line and back.

use std::fmt::Write as _;

use serde_json::Value;
use system::{Admin, ConfChange, Op, Output, Transition};

use super::json::{self, Fields, Object};
use super::names;
use crate::event::{OpId, Outcome};

/// Writes which operation a line is about.
pub(crate) fn write_id(line: &mut Object<'_>, id: OpId) {
    let out = line.key("op");
    write!(out, "\"c{}.{}\"", id.client, id.number).expect("a String takes everything");
}

/// Reads which operation a line is about.
pub(crate) fn parse_id(line: Fields<'_>) -> Result<OpId, String> {
    line.parsed("op", "an operation like \"c2.5\"", names::parse_op)
}

/// Writes an operation: its function, its key, and what goes in.
pub(crate) fn write_op(line: &mut Object<'_>, op: &Op) {
    line.text("f", op.name());
    line.bytes("key", op.key());
    match op {
        Op::Get { .. } | Op::Delete { .. } => {}
        Op::Put { value, .. } | Op::Append { value, .. } => line.bytes("in", value),
        Op::Cas { expect, value, .. } => {
            match expect {
                Some(expect) => line.bytes("expect", expect),
                None => line.null("expect"),
            }
            line.bytes("in", value);
        }
    }
}

/// Reads an operation; `None` if it is one that this build does not know.
pub(crate) fn parse_op(line: Fields<'_>) -> Result<Option<Op>, String> {
    let function = line.text("f")?;
    let key = line.bytes("key")?.into();
    let value = || line.bytes("in").map(Into::into);
    Ok(Some(match function {
        "get" => Op::Get { key },
        "put" => Op::Put { key, value: value()? },
        "delete" => Op::Delete { key },
        "append" => Op::Append { key, value: value()? },
        "cas" => {
            let expect = match line.need("expect")? {
                Value::Null => None,
                _ => Some(line.bytes("expect")?.into()),
            };
            Op::Cas { key, expect, value: value()? }
        }
        _ => return Ok(None),
    }))
}

/// Writes how an operation ended. Without `out`, it is done and answers nothing.
pub(crate) fn write_outcome(line: &mut Object<'_>, outcome: &Outcome) {
    match outcome {
        Outcome::Ok { output, path, index } => {
            match output {
                Output::Value(Some(value)) => line.bytes("out", value),
                Output::Value(None) => line.null("out"),
                Output::Done => {}
                Output::Swapped(swapped) => line.flag("out", *swapped),
            }
            line.text("serve", path.name());
            line.nonzero("index", *index);
        }
        Outcome::Failed(why) | Outcome::Unknown(why) => line.text("err", why),
    }
}

/// Reads how an operation ended, behind a kind of `op.` and `name`.
pub(super) fn parse_outcome(name: &str, line: Fields<'_>) -> Result<Outcome, String> {
    if name != "ok" {
        let why = line.parsed("err", "a short reason", names::word)?;
        return Ok(if name == "fail" { Outcome::Failed(why) } else { Outcome::Unknown(why) });
    }
    let output = match line.get("out") {
        None => Output::Done,
        Some(Value::Null) => Output::Value(None),
        Some(Value::Bool(swapped)) => Output::Swapped(*swapped),
        Some(_) => Output::Value(Some(line.bytes("out")?.into())),
    };
    let path = line.parsed("serve", "a way of serving", names::read_path)?;
    Ok(Outcome::Ok { output, path, index: line.number_or_zero("index")? })
}

/// Writes a change of the cluster.
pub(super) fn write_admin(line: &mut Object<'_>, admin: &Admin) {
    match admin {
        Admin::Transfer { to } => {
            line.text("f", "transfer");
            line.node("to", *to);
        }
        Admin::Reconfigure { changes, transition } => {
            line.text("f", "reconfigure");
            json::list(line.key("changes"), changes.iter(), |out, change| {
                let verb = match change {
                    ConfChange::AddVoter(_) => "add-voter",
                    ConfChange::AddLearner(_) => "add-learner",
                    ConfChange::Remove(_) => "remove",
                };
                write!(out, "[\"{verb}\",\"n{}\"]", change.node()).expect("a String");
            });
            let road = match transition {
                Transition::Auto => "auto",
                Transition::Joint => "joint",
            };
            line.text("transition", road);
        }
    }
}

/// Reads a change of the cluster; `None` if it is one that this build does not know.
pub(super) fn parse_admin(line: Fields<'_>) -> Result<Option<Admin>, String> {
    match line.text("f")? {
        "transfer" => Ok(Some(Admin::Transfer { to: line.node("to")? })),
        "reconfigure" => {
            let change = |value| {
                parse_change(value)
                    .ok_or_else(|| json::wrong("changes", "pairs of a verb and a node", value))
            };
            let changes = line.list("changes")?.iter().map(change).collect::<Result<_, _>>()?;
            let transition = line.parsed("transition", "auto or joint", |text| match text {
                "auto" => Some(Transition::Auto),
                "joint" => Some(Transition::Joint),
                _ => None,
            })?;
            Ok(Some(Admin::Reconfigure { changes, transition }))
        }
        _ => Ok(None),
    }
}

fn parse_change(value: &Value) -> Option<ConfChange> {
    let [verb, node] = value.as_array()?.as_slice() else { return None };
    let node = names::parse_tagged(node.as_str()?, 'n')?;
    match verb.as_str()? {
        "add-voter" => Some(ConfChange::AddVoter(node)),
        "add-learner" => Some(ConfChange::AddLearner(node)),
        "remove" => Some(ConfChange::Remove(node)),
        _ => None,
    }
}
