//! `squall init`: what a repository needs to begin with. A scenario, its schema for editors, a
//! workflow for GitHub, and a line that keeps runs out of the history.
//!
//! Nothing that is there is overwritten: either all files are written, or none.

use std::fs;
use std::path::Path;

use crate::output::{self, Color, Stop, Style};
use crate::{exit, runs, words};

/// Where the scenario lies.
const SCENARIO: &str = "scenarios/storm.toml";

/// What is kept out of the history.
const IGNORED: &str = "/.squall";

/// Writes the files.
pub(crate) fn init(directory: &Path, color: Color) -> Result<u8, Stop> {
    let schema = serde_json::to_string_pretty(&trace::scenario_schema()).expect("no odd keys");
    let files = [
        (SCENARIO, include_str!("init/scenario.toml").to_owned()),
        ("scenarios/scenario.schema.json", schema + "\n"),
        (".github/workflows/squall.yml", include_str!("init/workflow.yml").to_owned()),
    ];
    let there: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| directory.join(name).exists()).collect();
    if !there.is_empty() {
        let is = if there.len() == 1 { "is" } else { "are" };
        let names = there.join(", ");
        return Err(Stop::bad_input(format!("{names} {is} there already; nothing was written")));
    }
    // Without the `./` that nobody typed.
    let shown = match directory == Path::new(".") {
        true => Path::new(""),
        false => directory,
    };
    let label = output::label("wrote", Style::Good, color.on_stdout());
    let mut text = String::new();
    for (name, content) in &files {
        let path = directory.join(name);
        runs::write_whole(&path, |out| out.write_all(content.as_bytes()))?;
        text.push_str(&format!("{label}  {}\n", shown.join(name).display()));
    }
    if ignore(&directory.join(".gitignore"))? {
        text.push_str(&format!("{label}  {} (a line)\n", shown.join(".gitignore").display()));
    }
    let here = match directory == Path::new(".") {
        true => String::new(),
        false => format!("cd {} && ", words::quoted(&directory.display().to_string())),
    };
    text.push_str(&format!("    next  {here}squall run storm\n"));
    text.push_str("          and say in the workflow where squall comes from (SQUALL_GIT)\n");
    output::result(&text)?;
    Ok(exit::PASS)
}

/// Adds the line, if it is not there. Says whether it did.
fn ignore(path: &Path) -> Result<bool, Stop> {
    let old = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Stop::environment(format!("cannot read {}: {error}", path.display())));
        }
    };
    if old.lines().any(|line| line.trim_matches('/') == IGNORED.trim_matches('/')) {
        return Ok(false);
    }
    let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
    let new = format!("{old}{gap}{IGNORED}\n");
    runs::write_whole(path, |out| out.write_all(new.as_bytes()))?;
    Ok(true)
}
