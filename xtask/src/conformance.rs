//! Histories that others recorded, each with the verdict that it must get.
//!
//! A folder holds them with a `manifest.json`: an array of objects with `file`, `format`
//! (jepsen-log, edn, kv-edn-lines), `model` in words, and `expected`, whether it is linearizable.

use std::path::Path;

use checker::linearizability::{Limits, Road, Verdict, decide};
use serde_json::Value;
use trace::foreign::{self, Format, Known, Model};

use crate::process;

/// What an answer may cost.
const CONFIGURATIONS_MAX: u64 = 50_000_000;

/// A history of the manifest.
struct Listed {
    file: String,
    known: Known,
    expected: bool,
}

/// Judges the histories that lie beside the repository, if there are any.
///
/// # Errors
///
/// As [`conformance`].
pub(crate) fn beside() -> Result<String, String> {
    let folder = process::root().join("../shared/histories");
    if folder.join("manifest.json").is_file() {
        conformance(&folder)
    } else {
        Ok("SKIP conformance: there is no ../shared/histories".to_owned())
    }
}

/// Judges every history of a folder.
///
/// # Errors
///
/// If one does not get its verdict; all that do not are named.
pub(crate) fn conformance(folder: &Path) -> Result<String, String> {
    let listed = manifest(&folder.join("manifest.json"))?;
    if listed.is_empty() {
        return Err(format!("{}: the manifest lists nothing", folder.display()));
    }
    let mut wrong = Vec::new();
    let (mut good, mut operations) = (0, 0);
    for history in &listed {
        match judge(folder, history) {
            Ok(count) => {
                operations += count;
                good += u64::from(history.expected);
            }
            Err(complaint) => wrong.push(format!("{}: {complaint}", history.file)),
        }
    }
    if !wrong.is_empty() {
        return Err(format!("{}\nconformance: {} wrong", wrong.join("\n"), wrong.len()));
    }
    let count = listed.len();
    let bad = count as u64 - good;
    Ok(format!(
        "conformance: {count} histories of {operations} operations, {good} linearizable and {bad} \
         not, each as expected"
    ))
}

fn judge(folder: &Path, history: &Listed) -> Result<usize, String> {
    let bytes = std::fs::read(folder.join(&history.file)).map_err(|error| error.to_string())?;
    let found = foreign::read(&bytes, &history.known).map_err(|problem| problem.to_string())?;
    let detected = foreign::detect(&bytes).map_err(|problem| problem.to_string())?;
    if Some(detected) != history.known.format {
        return Err(format!("taken for {}", detected.name()));
    }
    for road in [Road::Both, Road::Search] {
        let answer = decide(&found.history, Limits { road, ..Limits::new(CONFIGURATIONS_MAX) });
        let is_right = match &answer {
            Verdict::Yes => history.expected,
            Verdict::No(_) => !history.expected,
            Verdict::Unknown(_) => false,
        };
        if !is_right {
            return Err(format!("expected {}, got {answer:?} by {road:?}", history.expected));
        }
    }
    Ok(found.history.operations.len())
}

fn manifest(path: &Path) -> Result<Vec<Listed>, String> {
    let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| complain(&error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| complain(&error))?;
    let list = value.as_array().ok_or_else(|| complain(&"expected an array"))?;
    list.iter().map(|entry| listed(entry).map_err(|error| complain(&error))).collect()
}

fn listed(entry: &Value) -> Result<Listed, String> {
    let text = |name: &str| {
        let value = entry.get(name).and_then(Value::as_str);
        value.ok_or_else(|| format!("`{name}` is missing in {entry}"))
    };
    let format = match text("format")? {
        "jepsen-log" => Format::JepsenLog,
        "edn" => Format::JepsenEdn,
        "kv-edn-lines" => Format::PorcupineKv,
        other => return Err(format!("there is no format `{other}`")),
    };
    let model = text("model")?;
    let known = if model.starts_with("mutex") {
        Known { format: Some(format), model: Some(Model::Mutex), initial: None, keyed: None }
    } else if model.starts_with("cas-register init 0") {
        let initial = Some("0".to_owned());
        Known { format: Some(format), model: Some(Model::CasRegister), initial, keyed: None }
    } else {
        Known { format: Some(format), model: None, initial: None, keyed: None }
    };
    let expected = entry.get("expected").and_then(Value::as_bool);
    let expected = expected.ok_or_else(|| format!("`expected` is missing in {entry}"))?;
    Ok(Listed { file: text("file")?.to_owned(), known, expected })
}
