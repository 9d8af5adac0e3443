//! Reads scenario files: TOML, or JSON with the same keys when the text begins with `{`.
//!
//! Reading has three steps: text to a tree of values with places (`source`, `json`); the
//! `--set` flags into the tree (`set`); the tree to a [`Scenario`] (`reader` and the
//! sections). The last step goes on after a mistake, so that all are told at once. The way back
//! is [`document`].

pub mod case;
pub mod document;
pub mod quantity;

mod defaults;
pub(crate) mod disk;
pub(crate) mod draw;
pub(crate) mod faults;
mod idle;
mod json;
mod membership;
pub(crate) mod net;
mod reader;
pub(crate) mod sections;
mod set;
mod source;
mod storm;
mod values;
pub mod words;
pub(crate) mod workload;

use crate::problem::{Problem, Problems};
use crate::scenario::{Scenario, ScriptedFault};
use reader::Reader;
use source::{Node, Origin};
use toml::de::DeTable;

/// The largest scenario file, in bytes.
pub const SCENARIO_BYTES_MAX: usize = 1 << 20;

/// Reads a scenario from the bytes of a file.
///
/// # Errors
///
/// All that is wrong with it; see [`crate::problem::CODES`].
pub fn parse_scenario_bytes(
    file_name: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
) -> Result<Scenario, Problems> {
    parse_scenario(file_name, text_of(file_name, bytes)?, overrides)
}

/// The text of a file.
fn text_of<'a>(file_name: &str, bytes: &'a [u8]) -> Result<&'a str, Problems> {
    // The size first: what is too large is not even looked at.
    if bytes.len() > SCENARIO_BYTES_MAX {
        return Err(too_large(file_name, bytes.len()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let message = format!(
            "this file is not UTF-8: byte {at} is 0x{:02x}",
            bytes.get(at).copied().unwrap_or_default()
        );
        only(file_name, "", problem("S001", message, at..at + 1))
    })
}

/// Reads a scenario. `file_name` names it in problems, and names the scenario if the text does
/// not. `overrides` are the `--set` flags, key path and value.
///
/// # Errors
///
/// All that is wrong with it; see [`crate::problem::CODES`].
pub fn parse_scenario(
    file_name: &str,
    text: &str,
    overrides: &[(String, String)],
) -> Result<Scenario, Problems> {
    if text.len() > SCENARIO_BYTES_MAX {
        return Err(too_large(file_name, text.len()));
    }
    let mut root = parse_tree(text).map_err(|problem| only(file_name, text, *problem))?;
    let mut reader = Reader::new();
    for (position, flag) in overrides.iter().enumerate() {
        set::apply(&mut reader, &mut root, position + 1, flag);
    }
    let mut scenario = sections::scenario(&mut reader, &root, stem(file_name));
    if let (Some(scenario), true) = (&mut scenario, reader.problems.is_empty()) {
        scenario.draws = draw::draws(&mut reader, &root, stem(file_name), overrides);
    }
    finish(reader, scenario, file_name, text, overrides)
}

/// What was read, or all that is wrong with it.
fn finish<T>(
    reader: Reader,
    read: Option<T>,
    file_name: &str,
    text: &str,
    overrides: &[(String, String)],
) -> Result<T, Problems> {
    match read {
        Some(read) if reader.problems.is_empty() => Ok(read),
        _ => {
            let mut list = reader.problems;
            assert!(!list.is_empty(), "a file is read, or it is said why not");
            list.sort_by_key(|problem| (problem.source, problem.span.start, problem.span.end));
            list.dedup();
            let flags = overrides.iter().map(set::flag_text).collect();
            Err(Problems { file: file_name.to_owned(), text: text.to_owned(), flags, list })
        }
    }
}

/// Reads one fault of a plan, as [`document::fault_document`] writes it. Whether its nodes exist
/// is not checked: the plan stands beside its scenario.
///
/// # Errors
///
/// Says in one line what is wrong with it.
pub fn parse_fault(document: &serde_json::Value) -> Result<ScriptedFault, String> {
    let text = document.to_string();
    let node = json::parse(&text, Origin { source: 0, shift: 0 }).map_err(|error| error.message)?;
    let mut reader = Reader::new();
    let fault = faults::scripted(&mut reader, &node, 1);
    match fault {
        Some(fault) if reader.problems.is_empty() => Ok(fault),
        _ => {
            let messages = reader.problems.into_iter().map(|problem| problem.message);
            Err(messages.collect::<Vec<_>>().join("; "))
        }
    }
}

/// Reads the syntax. An empty or broken text gives the first mistake.
fn parse_tree(text: &str) -> Result<Node, Box<Problem>> {
    parse_tree_of(text, Origin { source: 0, shift: 0 })
}

fn parse_tree_of(text: &str, origin: Origin) -> Result<Node, Box<Problem>> {
    if text.trim_start().starts_with('{') {
        json::parse(text, origin).map_err(|error| {
            let message = format!("this is not JSON: {}", error.message);
            Box::new(problem("S004", message, error.at..error.at + 1))
        })
    } else {
        DeTable::parse(text).map(|table| origin.toml_table(table)).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = format!("this is not TOML: {}", error.message());
            Box::new(problem("S003", message, span))
        })
    }
}

/// The name of a file without its directory and its last extension.
fn stem(file_name: &str) -> &str {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn problem(code: &'static str, message: String, span: std::ops::Range<usize>) -> Problem {
    Problem { code, message, source: 0, span, label: String::new(), also: None, help: None }
}

fn too_large(file_name: &str, bytes: usize) -> Problems {
    let message =
        format!("this file is too large: {bytes} bytes, at most {SCENARIO_BYTES_MAX} are read");
    only(file_name, "", problem("S002", message, 0..0))
}

fn only(file_name: &str, text: &str, problem: Problem) -> Problems {
    Problems {
        file: file_name.to_owned(),
        text: text.to_owned(),
        flags: Vec::new(),
        list: vec![problem],
    }
}
