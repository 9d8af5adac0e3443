//! Histories in formats that are only read: what tests and benches need of them.

use std::io::{self, Write};

use system::{Op, Output};

use super::export::{edn_text, moments};
use crate::event::Outcome;
use crate::history::History;

/// Writes what a cas-register can do as lines of Jepsen's log. Operations that it cannot do are
/// left out; so are keys.
///
/// # Errors
///
/// What `out` errs with.
pub fn write_jepsen_log(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let number = |value: &[u8]| String::from_utf8_lossy(value).parse::<i64>().unwrap_or(0);
    for moment in moments(history) {
        let operation = moment.operation;
        let (f, asked) = match &operation.op {
            Op::Get { .. } => ("read", "nil".to_owned()),
            Op::Put { value, .. } => ("write", number(value).to_string()),
            Op::Cas { expect: Some(expect), value, .. } => {
                ("cas", format!("[{} {}]", number(expect), number(value)))
            }
            _ => continue,
        };
        let process = operation.id.client;
        let (kind, value) = match &operation.outcome {
            _ if !moment.returns => ("invoke", asked),
            Outcome::Ok { output: Output::Value(Some(value)), .. } => {
                ("ok", number(value).to_string())
            }
            Outcome::Ok { output: Output::Swapped(false), .. } => ("fail", asked),
            Outcome::Ok { .. } => ("ok", asked),
            Outcome::Failed(_) => continue,
            Outcome::Unknown(_) => ("info", ":timed-out".to_owned()),
        };
        writeln!(out, "INFO  jepsen.util - {process}\t:{kind}\t:{f}\t{value}")?;
    }
    Ok(())
}

/// Writes gets, puts and appends as Porcupine's key-value lines. Other operations are left out.
///
/// # Errors
///
/// What `out` errs with.
pub fn write_porcupine_kv(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for moment in moments(history) {
        let operation = moment.operation;
        let (f, value) = match &operation.op {
            Op::Get { .. } => ("get", None),
            Op::Put { value, .. } => ("put", Some(value.clone())),
            Op::Append { value, .. } => ("append", Some(value.clone())),
            _ => continue,
        };
        let (kind, value) = match &operation.outcome {
            _ if !moment.returns => ("invoke", value),
            Outcome::Ok { output: Output::Value(seen), .. } => {
                ("ok", Some(seen.clone().unwrap_or_default()))
            }
            Outcome::Ok { .. } => ("ok", value),
            _ => continue,
        };
        let process = operation.id.client;
        line.clear();
        line.push_str(&format!("{{:process {process}, :type :{kind}, :f :{f}, :key "));
        edn_text(&mut line, operation.op.key());
        line.push_str(", :value ");
        match value {
            Some(value) => edn_text(&mut line, &value),
            None => line.push_str("nil"),
        }
        writeln!(out, "{line}}}")?;
    }
    Ok(())
}
