//! `squall corpus verify`: does every case end as it says, does every golden trace replay?
//!
//! A case whose events are not the recorded ones any more still holds, if its verdict does: the
//! node may change, what it promises may not. For a golden trace the events are the promise.

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::{Entry, entries};
use crate::args::CorpusVerifyArgs;
use crate::case::{self, Outcome};
use crate::output::{self, Color, Format, Stop, Style};
use crate::{exit, program, replay, words};

/// What became of one file.
struct Verified {
    path: String,
    /// What it must do.
    expect: String,
    outcome: Outcome,
    /// What it did, if that is not the same.
    now: String,
    /// For people, behind the rest.
    note: String,
}

/// Runs all cases, replays all golden traces; the exit code is the worst of theirs.
pub(crate) fn verify(args: &CorpusVerifyArgs, directory: &Path, color: Color) -> Result<u8, Stop> {
    let started = Instant::now();
    let entries = entries(directory)?;
    if entries.is_empty() {
        let message = format!("error: nothing is kept in {}", directory.display());
        return Err(Stop { code: exit::NOTHING, message });
    }
    let mut outcomes = Vec::new();
    for entry in &entries {
        let verified = match entry {
            Entry::Case(path) => of_case(path, color)?,
            Entry::Trace(path) => of_trace(path)?,
        };
        outcomes.push(verified.outcome);
        let text = match args.format {
            Format::Human if args.quiet && verified.outcome == Outcome::Held => continue,
            Format::Human => human(&verified, color.on_stdout()),
            Format::Json => json_line(&verified),
        };
        output::result(&text)?;
    }
    let code = worst(&outcomes);
    let held = outcomes.iter().filter(|outcome| **outcome == Outcome::Held).count();
    let text = match args.format {
        Format::Human => format!(
            "{}  {held} of {} held in {}\n",
            output::label("corpus", Style::Plain, color.on_stdout()),
            words::count(outcomes.len() as u64, "file", "files"),
            words::wall(started.elapsed()),
        ),
        Format::Json => {
            let line = json!({ "type": "corpus_end", "files": outcomes.len(), "held": held, "exit": code });
            format!("{line}\n")
        }
    };
    output::result(&text)?;
    Ok(code)
}

fn of_case(path: &Path, color: Color) -> Result<Verified, Stop> {
    let case = case::load(path, &[], color)?;
    let (outcome, report) = case::run(&case)?;
    Ok(Verified {
        path: path.display().to_string(),
        expect: case::expectation(&case.expect),
        outcome,
        now: case::ending(&report),
        note: case::moved(&case, &report),
    })
}

fn of_trace(path: &Path) -> Result<Verified, Stop> {
    let (code, now) = replay::again(path)?;
    let outcome = match code {
        exit::GONE => Outcome::Gone,
        exit::NONDETERMINISM => Outcome::Differs,
        _ => Outcome::Held,
    };
    let expect = "the recorded events".to_owned();
    Ok(Verified { path: path.display().to_string(), expect, outcome, now, note: String::new() })
}

/// The exit code that counts when several apply.
fn worst(outcomes: &[Outcome]) -> u8 {
    let order = [Outcome::Differs, Outcome::Failed, Outcome::Gone, Outcome::Unknown, Outcome::Held];
    let worst = order.into_iter().find(|outcome| outcomes.contains(outcome));
    worst.map_or(exit::PASS, Outcome::exit)
}

fn human(verified: &Verified, color: bool) -> String {
    let Verified { path, expect, outcome, now, note } = verified;
    let (label, style, what) = match outcome {
        Outcome::Held => ("held", Style::Good, format!("{expect}{note}")),
        Outcome::Gone => ("GONE", Style::Open, format!("expected {expect}, and it is {now}{note}")),
        Outcome::Failed => {
            ("FAIL", Style::Bad, format!("expected {expect}, and it is {now}{note}"))
        }
        Outcome::Unknown => {
            ("UNKNOWN", Style::Open, format!("expected {expect}, and nobody can tell"))
        }
        Outcome::Differs => ("NONDET", Style::Bad, format!("expected {expect}; other events")),
    };
    let mut text = format!("{}  {path}  {what}\n", output::label(label, style, color));
    if *outcome != Outcome::Held {
        let command = program::command();
        text.push_str(&format!("          {command} replay {}\n", words::quoted(path)));
    }
    text
}

fn json_line(verified: &Verified) -> String {
    let line = json!({
        "type": "verified",
        "path": verified.path,
        "expect": verified.expect,
        "now": verified.now,
        "outcome": verified.outcome.name(),
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_outcome_counts() {
        use Outcome::{Differs, Failed, Gone, Held, Unknown};
        assert_eq!(worst(&[Held, Gone, Unknown]), exit::GONE);
        assert_eq!(worst(&[Gone, Failed, Held]), exit::FAIL);
        assert_eq!(worst(&[Failed, Differs]), exit::NONDETERMINISM);
        assert_eq!(worst(&[Held, Unknown]), exit::UNKNOWN);
        assert_eq!(worst(&[Held]), exit::PASS);
    }
}
