//! From what was typed to a scenario: which file is meant, is it readable, is it right?

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use trace::{Expect, Scenario};

use crate::output::{Color, Stop};
use crate::{case, exit, explain, program, stock};

/// Where scenarios are looked up by their stem.
const DIRECTORIES: [&str; 2] = ["scenarios", "scenarios/known"];

/// What is read of a scenario file; the parser refuses what is as long as this.
const SCENARIO_BYTES_MAX: u64 = (1 << 20) + 1;

/// Reads `key=value`.
///
/// # Errors
///
/// If there is no `=`, or nothing before it.
pub(crate) fn parse_override(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err(format!("`{text}` is not KEY=VALUE, such as limits.storm=20s")),
    }
}

/// What `--flaw ID` is short for.
pub(crate) fn flaw_override(id: Option<String>) -> Option<(String, String)> {
    id.map(|id| ("flaw".to_owned(), id))
}

/// What a command runs: a scenario, or what a case has of it.
pub(crate) struct Subject {
    /// The scenario, checked.
    pub(crate) scenario: Scenario,
    /// The seed of a case.
    pub(crate) seed: Option<u64>,
    /// Whether it is one that the program carries.
    pub(crate) is_stock: bool,
}

/// Finds, reads and checks a scenario. Of a case it is the scenario, with what the case pins.
///
/// # Errors
///
/// If there is none, or it is wrong; says where, and what was expected.
pub(crate) fn scenario(
    name: &str,
    overrides: &[(String, String)],
    color: Color,
) -> Result<Scenario, Stop> {
    subject(name, overrides, color).map(|subject| subject.scenario)
}

/// As [`scenario`], with the seed if it is a case.
///
/// # Errors
///
/// If there is none, or it is wrong.
pub(crate) fn subject(
    name: &str,
    overrides: &[(String, String)],
    color: Color,
) -> Result<Subject, Stop> {
    let Source { file, bytes, is_stock } = source(name)?;
    if trace::is_case(&file, &bytes) {
        let case = case::parse(&file, &bytes, overrides, color)?;
        return Ok(Subject { scenario: case.scenario, seed: Some(case.seed), is_stock });
    }
    Ok(Subject { scenario: parse(&file, &bytes, overrides, color)?, seed: None, is_stock })
}

/// Checks a stock scenario.
///
/// # Errors
///
/// If an override does not suit it.
///
/// # Panics
///
/// If there is no stock scenario of this name.
pub(crate) fn stock(
    stem: &str,
    overrides: &[(String, String)],
    color: Color,
) -> Result<Scenario, Stop> {
    let text = stock::named(stem).expect("the program carries it");
    parse(&stock::file(stem), text.as_bytes(), overrides, color)
}

/// Checks a scenario, given its bytes.
///
/// # Errors
///
/// If it is wrong.
pub(crate) fn parse(
    file: &str,
    bytes: &[u8],
    overrides: &[(String, String)],
    color: Color,
) -> Result<Scenario, Stop> {
    let scenario =
        trace::parse_scenario_bytes(file, bytes, overrides).map_err(|problems| Stop {
            code: exit::BAD_INPUT,
            message: problems.render(color.on_stderr()).trim_end().to_owned(),
        })?;
    program::check(&scenario)?;
    known_checks(file, bytes, &scenario)?;
    Ok(scenario)
}

/// Every signature in `[expect]` can be reported, and every key of `[excuse]` names a check: a slip
/// would be waited for in vain, or excuse nothing.
fn known_checks(file: &str, bytes: &[u8], scenario: &Scenario) -> Result<(), Stop> {
    let expected: &[String] = match &scenario.expect {
        Expect::Fail { signatures, .. } => signatures,
        Expect::Pass => &[],
    };
    let is_check = |name: &str| testbed::checks().any(|(check, _)| check == name);
    let mut wrong = expected.iter().filter(|signature| !explain::is_signature(signature));
    let wrong = wrong.next().or_else(|| scenario.excuse.keys().find(|name| !is_check(name)));
    let Some(wrong) = wrong else { return Ok(()) };
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().position(|line| line.contains(wrong));
    let place = line.map_or(String::new(), |line| format!(":{}", line + 1));
    let hint = explain::hint(wrong);
    let message = "names no check of this program, or no kind of the check";
    Err(Stop::bad_input(format!("{file}{place}: `{wrong}` {message}{hint}")))
}

/// Reads a file as far as a scenario may be long.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    first(path, SCENARIO_BYTES_MAX)
}

/// Reads the beginning of a file: enough to see what it is.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn head(path: &Path) -> Result<Vec<u8>, Stop> {
    first(path, 4096)
}

fn first(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Stop> {
    let unreadable = |error| Stop::bad_input(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(bytes_max).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// A scenario or a case, unread.
pub(crate) struct Source {
    /// The file, for people.
    pub(crate) file: String,
    /// What is in it, as far as a scenario may be long.
    pub(crate) bytes: Vec<u8>,
    /// Whether the program carries it.
    is_stock: bool,
}

/// Reads what a name means: the file of this path; else the file with this stem in one of
/// [`DIRECTORIES`]; else the stock scenario.
///
/// # Errors
///
/// If there is none, or it cannot be read.
pub(crate) fn source(name: &str) -> Result<Source, Stop> {
    if let Some(path) = path_of(name) {
        let bytes = read(&path)?;
        return Ok(Source { file: path.display().to_string(), bytes, is_stock: false });
    }
    if let Some(text) = stock::named(name) {
        return Ok(Source { file: stock::file(name), bytes: text.into(), is_stock: true });
    }
    let mut stems: Vec<String> = local().iter().map(|path| stem(path)).collect();
    stems.extend(stock::ALL.iter().map(|(stem, _)| (*stem).to_owned()));
    let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
    let hint = match trace::nearest(name, &stems) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; `squall list scenarios` shows what there is".to_owned(),
    };
    Err(Stop::bad_input(format!("no scenario file `{name}`{hint}")))
}

/// The file that a name means, if there is one here.
pub(crate) fn path_of(name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.is_file() {
        return Some(path.to_owned());
    }
    local().into_iter().find(|path| stem(path) == name)
}

/// The scenario files in [`DIRECTORIES`].
pub(crate) fn local() -> Vec<PathBuf> {
    DIRECTORIES.iter().flat_map(|directory| files(Path::new(directory))).collect()
}

/// The scenario files in a directory, by name.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml" || ext == "json"))
        .filter(|path| !path.to_string_lossy().ends_with(".schema.json"))
        .collect();
    files.sort();
    files
}

/// The name of a scenario file without directory and extension.
pub(crate) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_split_at_the_first_equals_sign() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(parse_override("limits.storm = 20s"), pair("limits.storm", "20s"));
        assert_eq!(parse_override("a=b=c"), pair("a", "b=c"));
        assert!(parse_override("=3").is_err());
        assert!(parse_override("limits.storm").is_err());
    }
}
