//! Histories that others recorded: how they are told apart, read, and written.
//!
//! | format | what it is |
//! |---|---|
//! | [`Format::Trace`] | a trace of this project |
//! | [`Format::History`] | the operations of a trace alone, one line of JSON each |
//! | [`Format::JepsenEdn`] | Jepsen's history: maps in EDN, in a vector, a list, or one a line |
//! | [`Format::JepsenText`] | `history.txt` of Jepsen's store: an operation a line |
//! | [`Format::JepsenLog`] | `jepsen.log`, of today or as in Porcupine's etcd tests |
//! | [`Format::PorcupineKv`] | Porcupine's own key-value tests: an EDN map a line |
//! | [`Format::PorcupineJson`] | an array of Porcupine's operations |
//!
//! Where a format has no times, an event's time is its place. Who calls again while an earlier
//! operation of his is open, or returns from none, is refused with the line.

mod edn;
mod events;
mod export;
mod jepsen;
mod jepsen_log;
mod jepsen_text;
mod keys;
mod lines;
pub mod lock;
mod other;
mod porcupine;
pub mod samples;
#[cfg(test)]
mod tests;

pub use export::{write_history_lines, write_jepsen_edn, write_porcupine_json};

use std::fmt;

use system::{Op, Value};

use crate::history::{History, HistoryBuilder};
use crate::text::op_name;

/// The most bytes of a history that are read.
pub const HISTORY_BYTES_MAX: u64 = 1 << 30;

/// The kind of a file with a history in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A trace of this project.
    Trace,
    /// The operations of a trace alone.
    History,
    /// Jepsen's EDN.
    JepsenEdn,
    /// Jepsen's operations, one a line.
    JepsenText,
    /// Jepsen's log.
    JepsenLog,
    /// Porcupine's key-value tests.
    PorcupineKv,
    /// Porcupine's operations in JSON.
    PorcupineJson,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 7] = [
        Format::Trace,
        Format::History,
        Format::JepsenEdn,
        Format::JepsenText,
        Format::JepsenLog,
        Format::PorcupineKv,
        Format::PorcupineJson,
    ];

    /// The format's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Trace => "trace",
            Format::History => "history",
            Format::JepsenEdn => "jepsen-edn",
            Format::JepsenText => "jepsen-txt",
            Format::JepsenLog => "jepsen-log",
            Format::PorcupineKv => "porcupine-kv",
            Format::PorcupineJson => "porcupine",
        }
    }

    /// Whether its operations may name a key, or be all of one object.
    #[must_use]
    pub fn may_lack_keys(self) -> bool {
        matches!(self, Format::JepsenEdn | Format::JepsenText | Format::JepsenLog)
    }
}

/// What the operations of a history are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// One value that is read and written.
    Register,
    /// One value that is read, written, and compared.
    CasRegister,
    /// Many keys, each with a value that is read, written, appended to, compared or deleted.
    Kv,
    /// A lock that is acquired and released.
    Mutex,
}

impl Model {
    /// All of them.
    pub const ALL: [Model; 4] = [Model::Register, Model::CasRegister, Model::Kv, Model::Mutex];

    /// The model's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Model::Register => "register",
            Model::CasRegister => "cas-register",
            Model::Kv => "kv",
            Model::Mutex => "mutex",
        }
    }

    /// Whether the model has an operation.
    #[must_use]
    pub fn has(self, op: &Op) -> bool {
        match self {
            Model::Kv => true,
            Model::Register => matches!(op, Op::Get { .. } | Op::Put { .. }),
            Model::CasRegister => matches!(op, Op::Get { .. } | Op::Put { .. } | Op::Cas { .. }),
            Model::Mutex => lock::is_acquire(op) || lock::is_release(op),
        }
    }

    /// One sentence on a model that others have and squall has not, and who takes it.
    #[must_use]
    pub fn of_others(name: &str) -> Option<String> {
        other::model(name)
    }
}

/// What is known of a file beforehand; what is not is found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its format.
    pub format: Option<Format>,
    /// Its model; operations that the model does not have are refused.
    pub model: Option<Model>,
    /// What every key holds at first, as the format writes it.
    pub initial: Option<String>,
    /// Whether operations name a key, in formats in which they need not.
    pub keyed: Option<bool>,
}

/// A history, and what was found out about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What the clients saw.
    pub history: History,
    /// The format of the file.
    pub format: Format,
    /// The model.
    pub model: Model,
    /// Whether the events have times; if not, a time is the number of an event.
    pub timed: bool,
    /// Whether operations name a key; if not, all are of one object.
    pub keyed: bool,
}

/// What is wrong with a history, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryProblem {
    /// The line, from 1; 0 for the whole file.
    pub line: u64,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl HistoryProblem {
    pub(crate) fn new(line: u64, message: impl Into<String>) -> Self {
        HistoryProblem { line, message: message.into() }
    }
}

impl fmt::Display for HistoryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}: {}", self.message),
        }
    }
}

impl std::error::Error for HistoryProblem {}

/// Tells the format of a file by its content.
///
/// # Errors
///
/// If it is none of those that are known; what it is instead, where that is known.
pub fn detect(bytes: &[u8]) -> Result<Format, HistoryProblem> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let bytes = without_mark(bytes);
    if bytes.starts_with(&ZSTD) {
        return Ok(Format::Trace);
    }
    if let Some(what) = other::binary(bytes) {
        return Err(HistoryProblem::new(0, what));
    }
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let first = head.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if first.is_empty() && bytes.trim_ascii().is_empty() {
        return Err(HistoryProblem::new(0, "the file is empty: expected a history or a trace"));
    }
    if let Some(what) = other::text(&head) {
        return Err(HistoryProblem::new(0, what));
    }
    if first.starts_with("{\"squall\":\"trace\"") {
        return Ok(Format::Trace);
    }
    if first.starts_with("{\"") {
        return Ok(Format::History);
    }
    let compact: String = head.chars().filter(|c| !c.is_whitespace()).take(3).collect();
    if compact.starts_with("[{\"") || compact == "[]" {
        return Ok(Format::PorcupineJson);
    }
    if jepsen_log::is_line(first) || jepsen_text::is_entry(first) {
        return Ok(Format::JepsenLog);
    }
    if jepsen_text::is_operation(first) {
        return Ok(Format::JepsenText);
    }
    let is_kv = |line: &str| line.starts_with("{:process") && line.contains(", :key \"");
    if is_kv(first) {
        return Ok(Format::PorcupineKv);
    }
    if first.starts_with([';', '{', '[', '(', '#']) {
        return Ok(Format::JepsenEdn);
    }
    Err(HistoryProblem::new(
        1,
        "this is no history: expected a trace, JSON lines of operations, Jepsen's EDN, history.txt \
         or log, or Porcupine's JSON or key-value lines",
    ))
}

/// Reads a history.
///
/// # Errors
///
/// The first thing that is wrong, with its line.
pub fn read(bytes: &[u8], known: &Known) -> Result<Foreign, HistoryProblem> {
    let bytes = without_mark(bytes);
    let format = match known.format {
        Some(format) => format,
        None => detect(bytes)?,
    };
    let found = match format {
        Format::Trace => read_trace(bytes, known)?,
        Format::History => lines::read(text(bytes)?, known)?,
        Format::JepsenEdn => jepsen::read(text(bytes)?, known, Format::JepsenEdn)?,
        Format::JepsenText => jepsen_text::read(text(bytes)?, known)?,
        Format::JepsenLog => jepsen_log::read(text(bytes)?, known)?,
        Format::PorcupineKv => jepsen::read(text(bytes)?, known, Format::PorcupineKv)?,
        Format::PorcupineJson => porcupine::read(text(bytes)?, known)?,
    };
    let model = known.model.unwrap_or(found.model);
    if let Some(operation) = found.history.operations.iter().find(|o| !model.has(&o.op)) {
        let (id, name) = (op_name(operation.id), operation.op.name());
        let message = format!("model {} has no operation {name}, which {id} is", model.name());
        return Err(HistoryProblem::new(0, message));
    }
    if known.keyed.is_some_and(|keyed| keyed != found.keyed) {
        let message = match found.keyed {
            true => "the operations of this file name their keys: leave out --plain",
            false => "the operations of this file are of one object: leave out --keyed",
        };
        return Err(HistoryProblem::new(0, message));
    }
    Ok(found)
}

/// The bytes without the mark by which some editors say that a text is UTF-8.
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn text(bytes: &[u8]) -> Result<&str, HistoryProblem> {
    std::str::from_utf8(bytes).map_err(|error| {
        if let Some(what) = other::binary(bytes) {
            return HistoryProblem::new(0, what);
        }
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        HistoryProblem::new(line, "a byte here is not UTF-8 text")
    })
}

fn read_trace(bytes: &[u8], known: &Known) -> Result<Foreign, HistoryProblem> {
    let wrong = |problem: crate::TraceProblem| {
        let column = problem.column.map_or(String::new(), |column| format!("column {column}: "));
        HistoryProblem::new(problem.line, format!("{column}{}", problem.message))
    };
    let mut reader = crate::reader(bytes).map_err(wrong)?;
    let mut builder = HistoryBuilder::new();
    let mut lines = 1;
    for line in &mut reader {
        let line = line.map_err(wrong)?;
        lines = line.number;
        if let Some(event) = line.event {
            builder.observe(&event);
        }
    }
    if reader.truncated() {
        let missing = "the trace is cut after this line: its last line, the end, is missing";
        return Err(HistoryProblem::new(lines, missing.to_owned()));
    }
    let mut history = builder.finish();
    history.initial = known.initial.clone().map(Value::from);
    Ok(Foreign { history, format: Format::Trace, model: Model::Kv, timed: true, keyed: true })
}
