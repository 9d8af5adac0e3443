//! Is this a trace, and one of ours? The first line tells.

use std::io;

use serde_json::{Map, Value};

use super::TraceProblem;
use crate::header::{Header, TRACE_VERSION};
use crate::line::Fields;

pub(super) const CUT_HEADER: &str =
    "the file ends within the first line, which should say what the run was";

pub(super) fn at(line: u64, message: impl Into<String>) -> TraceProblem {
    TraceProblem { line, column: None, message: message.into() }
}

pub(super) fn unreadable(line: u64, error: &io::Error) -> TraceProblem {
    at(line, format!("cannot be read: {error}"))
}

/// What a JSON error says, without its place: that is told apart.
pub(super) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_string()
}

/// Reads the first line; also tells whether a newer minor version wrote it.
pub(super) fn header(bytes: &[u8]) -> Result<(Header, bool), TraceProblem> {
    if bytes.is_empty() {
        return Err(at(1, "the file is empty; a trace was expected"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(at(1, "the file is compressed by gzip; traces are plain or zstd"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(at(1, "this is a binary file, not a trace"));
    };
    if text.contains('\0') {
        return Err(at(1, "this is a binary file, not a trace"));
    }
    let whole = text.ends_with('\n');
    let fields: Map<String, Value> = serde_json::from_str(text.trim_end()).map_err(|error| {
        if text.starts_with("{\"squall\":\"trace\"") {
            let problem = format!("this is not a JSON object: {}", plain(&error));
            let message = if whole { &problem } else { CUT_HEADER };
            return TraceProblem { column: Some(error.column() as u64), ..at(1, message) };
        }
        at(1, "this is not a trace: a trace begins with {\"squall\":\"trace\"")
    })?;
    let line = Fields(&fields);
    if fields.get("squall").and_then(Value::as_str) != Some("trace") {
        return Err(at(1, "this is not a trace: a trace begins with {\"squall\":\"trace\""));
    }
    let newer = version(line).map_err(|message| at(1, message))?;
    let header = Header::parse(line).map_err(|message| at(1, message))?;
    Ok((header, newer))
}

/// Whether the minor version is above ours.
fn version(line: Fields<'_>) -> Result<bool, String> {
    let found = line.text("v")?;
    let parts = |text: &str| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    let ours = parts(TRACE_VERSION).expect("our own version is well-formed");
    match parts(found) {
        Some((major, minor)) if major == ours.0 => Ok(minor > ours.1),
        Some(_) => Err(format!("this build reads squall.trace {}.x; this file is {found}", ours.0)),
        None => Err(format!("field `v` should be a version like \"{TRACE_VERSION}\"")),
    }
}
