//! Annotations for GitHub: one for each signature, so that they stand on the page of the change.
//!
//! GitHub shows ten errors of a step and drops the rest without a word; so the last one counts
//! what is left out.

use crate::summary::{Conclusion, Summary};
use crate::text::grouped;

/// Annotations of findings at most; one more says how many there are.
const ANNOTATIONS_MAX: usize = 9;

/// The lines that GitHub takes for annotations. `file_of` finds the file of a scenario, as the
/// repository names it, by how it was named on the command line.
#[must_use]
pub fn annotations(summary: &Summary, file_of: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found: Vec<(String, String, String)> = Vec::new();
    for one in &summary.nondeterminism {
        let message = format!("{}\n{}", one.message, one.reproduce);
        found.push(("non-determinism".to_owned(), one.place.scenario.clone(), message));
    }
    for signature in summary.failures() {
        let seeds = grouped(signature.seeds);
        let message = format!("{}\n{seeds} seeds; {}", signature.message, signature.reproduce);
        found.push((signature.sig.clone(), signature.best.scenario.clone(), message));
    }
    for (scenario, sentence) in summary.missed() {
        let title = "expected failure not found".to_owned();
        found.push((title, scenario.name.clone(), sentence.to_owned()));
    }
    for scenario in &summary.scenarios {
        let rerun = scenario.rerun.as_deref().unwrap_or_default();
        for sentence in &scenario.slow {
            let title = "recovery too slow".to_owned();
            found.push((title, scenario.name.clone(), format!("{sentence}\n{rerun}")));
        }
    }
    if summary.conclusion == Conclusion::Blind {
        for (scenario, name) in summary.not_reached() {
            let message = format!("{name} was not reached in {} runs", grouped(scenario.run));
            found.push(("situation not reached".to_owned(), scenario.name.clone(), message));
        }
        if let Some(canary) = summary.canary.as_ref().filter(|canary| !canary.caught) {
            let message = format!("{} must fail and did not", canary.scenario);
            found.push(("canary not caught".to_owned(), canary.scenario.clone(), message));
        }
    }
    let more = found.len().saturating_sub(ANNOTATIONS_MAX);
    let shown = found.into_iter().take(ANNOTATIONS_MAX);
    let mut lines: Vec<String> = shown
        .map(|(title, scenario, message)| {
            let planned = summary.scenarios.iter().find(|planned| planned.name == scenario);
            let file = planned.and_then(|planned| file_of(&planned.argument));
            let file =
                file.map_or(String::new(), |file| format!(",file={},line=1", property(&file)));
            let title = property(&format!("{scenario}: {title}"));
            format!("::error title={title}{file}::{}", data(&message))
        })
        .collect();
    if more > 0 {
        let noun = if more == 1 { "finding" } else { "findings" };
        lines.push(format!("::error::... and {more} more {noun}; see the summary of the job"));
    }
    lines
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_github_would_misread_is_escaped() {
        assert_eq!(data("50 %\nof: a, b"), "50 %25%0Aof: a, b");
        assert_eq!(property("a:b,c\r"), "a%3Ab%2Cc%0D");
    }
}
