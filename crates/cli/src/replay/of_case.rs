//! `squall replay` of a case: does it still end as it says?

use std::path::Path;

use serde_json::json;
use testbed::Report;
use trace::{Case, CaseExpect, Verdict};

use crate::args::ReplayArgs;
use crate::case::{self, Outcome};
use crate::exit;
use crate::output::{self, Color, Format, Stop, Style};

/// Runs a case and compares with what it expects. A failure that is expected is one all the same.
pub(super) fn replay(args: &ReplayArgs, path: &Path, color: Color) -> Result<u8, Stop> {
    let case = case::load(path, &[], color)?;
    if !args.quiet {
        output::note(&format!(
            "{}  {}  seed {}  {}",
            output::label("replay", Style::Plain, color.on_stderr()),
            case.scenario.name,
            case.seed,
            case.title,
        ));
    }
    let (outcome, report) = case::run(&case)?;
    let code = match (outcome, &report.verdict) {
        (Outcome::Held, Verdict::Fail(_)) => exit::FAIL,
        _ => outcome.exit(),
    };
    let text = match args.format {
        Format::Human => human(&case, outcome, &report, color.on_stdout()),
        Format::Json => json_line(&case, (code, outcome), &report, path),
    };
    output::result(&text)?;
    Ok(code)
}

fn human(case: &Case, outcome: Outcome, report: &Report, color: bool) -> String {
    let (expect, now) = (case::expectation(&case.expect), case::ending(report));
    let moved = case::moved(case, report);
    let hash = trace::hash_text(report.hash);
    let same = match (&case.recorded, moved.is_empty()) {
        (Some(_), true) => format!("same hash {hash}"),
        _ => format!("hash {hash}{moved}"),
    };
    match (outcome, &case.expect) {
        (Outcome::Held, CaseExpect::Pass { .. }) => {
            format!("{}  as expected, {same}\n", output::label("PASS", Style::Good, color))
        }
        (Outcome::Held, CaseExpect::Fail { signature }) => {
            let label = output::label("FAIL", Style::Bad, color);
            format!("{label}  {signature}  as expected, {same}\n")
        }
        (Outcome::Gone, _) => format!(
            "{}  does not reproduce: expected {expect}, the verdict is {now}\n          {same}\n",
            output::label("GONE", Style::Open, color),
        ),
        (Outcome::Failed, _) => {
            let label = output::label("FAIL", Style::Bad, color);
            format!("{label}  {now}  expected pass, {same}\n")
        }
        (Outcome::Unknown, _) => {
            let label = output::label("UNKNOWN", Style::Open, color);
            format!("{label}  expected {expect}, {same}\n")
        }
        (Outcome::Differs, _) => {
            let label = output::label("NONDET", Style::Bad, color);
            format!("{label}  a fresh process came to other events; expected {expect}\n")
        }
    }
}

fn json_line(case: &Case, (code, outcome): (u8, Outcome), report: &Report, path: &Path) -> String {
    let recorded = case.recorded.as_ref();
    let line = json!({
        "type": "replay",
        "v": "1.0",
        "squall": crate::VERSION,
        "case": path.display().to_string(),
        "scenario": case.scenario.name,
        "seed": case.seed,
        "exit": code,
        "outcome": outcome.name(),
        "expect": { "verdict": case.expect.name(), "sig": case.expect.signature() },
        "recorded": recorded.map(|r| json!({ "hash": r.hash, "events": r.events })),
        "now": {
            "verdict": report.verdict.name(),
            "sig": report.verdict.signature(),
            "hash": format!("{:016x}", report.hash),
        },
    });
    format!("{line}\n")
}
