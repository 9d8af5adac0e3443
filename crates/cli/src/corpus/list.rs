//! `squall corpus list`: what is kept, one line each.

use std::path::Path;

use serde_json::json;
use trace::Case;

use super::{Entry, entries};
use crate::args::CorpusListArgs;
use crate::output::{self, Color, Format, Stop};
use crate::{case, exit};

/// Prints a line for each file.
pub(crate) fn list(args: &CorpusListArgs, directory: &Path, color: Color) -> Result<u8, Stop> {
    let mut text = String::new();
    for entry in entries(directory)? {
        let path = entry.path().display();
        let line = match (&entry, args.format) {
            (Entry::Trace(_), Format::Human) => format!("{path:<60} replays event by event"),
            (Entry::Trace(_), Format::Json) => {
                json!({ "type": "golden", "path": path.to_string() }).to_string()
            }
            (Entry::Case(file), format) => {
                let case = case::load(file, &[], color)?;
                match format {
                    Format::Human => human(&path.to_string(), &case),
                    Format::Json => json_line(&path.to_string(), &case),
                }
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
    output::result(&text)?;
    Ok(exit::PASS)
}

fn human(path: &str, case: &Case) -> String {
    let (expect, name) = (case::expectation(&case.expect), &case.scenario.name);
    format!("{path:<60} {expect}  {name} seed {}  {}", case.seed, case.title)
}

fn json_line(path: &str, case: &Case) -> String {
    json!({
        "type": "case",
        "path": path,
        "title": case.title,
        "expect": case.expect.name(),
        "sig": case.expect.signature(),
        "scenario": case.scenario.name,
        "seed": case.seed,
        "faults": case.scenario.faults.len(),
        "events": case.recorded.as_ref().map(|recorded| recorded.events),
        "hash": case.recorded.as_ref().map(|recorded| &recorded.hash),
    })
    .to_string()
}
