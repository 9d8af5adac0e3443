//! `squall replay`: a trace is run again, from its own header, and compared event by event; a case
//! is run and compared with what it expects.
//!
//! The same events: the recorded verdict stands. Other events and another verdict: the failure is
//! gone, if this build agrees with itself. Other events and the same verdict, or a build that does
//! not agree with itself: the first difference is shown.

mod of_case;

use std::fs::File;
use std::path::Path;

use serde_json::json;
use testbed::Report;
use trace::{Footer, Header, Plan, Verdict};

use crate::args::ReplayArgs;
use crate::output::{self, Color, Format, Stop, Style};
use crate::record::{self, Difference};
use crate::{case, exit, find, fresh, program, report, run, runs, words};

/// A trace that was read to its end and found whole.
struct Recorded {
    header: Header,
    footer: Footer,
    /// The lines of its events.
    lines: Vec<String>,
}

/// What came of it.
struct Outcome<'a> {
    code: u8,
    recorded: &'a Recorded,
    report: Report,
    difference: Option<Difference>,
}

/// Replays, tells, and returns the exit code.
pub(crate) fn replay(args: &ReplayArgs, color: Color) -> Result<u8, Stop> {
    let path = runs::trace_of(&args.target)?;
    if trace::is_case(&path.display().to_string(), &find::head(&path)?) {
        return of_case::replay(args, &path, color);
    }
    let recorded = read(&path)?;
    let plan = record::plan(&recorded.header);
    if !args.quiet {
        output::note(&format!(
            "{}  {}  seed {}  {}",
            output::label("replay", Style::Plain, color.on_stderr()),
            plan.scenario.name,
            plan.seed,
            words::count(recorded.footer.events, "event", "events"),
        ));
    }
    let mut lines = recorded.lines.iter().cloned();
    let (report, difference) = record::compared(&plan, &mut lines, &mut |_| {});
    let code = judge(&recorded, &plan, &report, difference.is_some())?;
    let outcome = Outcome { code, recorded: &recorded, report, difference };
    let text = match args.format {
        Format::Human => human(&outcome, color.on_stdout()),
        Format::Json => json_line(&outcome, &path),
    };
    output::result(&text)?;
    Ok(code)
}

/// Replays the trace in a file; returns the exit code and what it came to.
///
/// # Errors
///
/// If it cannot be read, is damaged or cut.
pub(crate) fn again(path: &Path) -> Result<(u8, String), Stop> {
    let recorded = read(path)?;
    let plan = record::plan(&recorded.header);
    let mut lines = recorded.lines.iter().cloned();
    let (report, difference) = record::compared(&plan, &mut lines, &mut |_| {});
    let code = judge(&recorded, &plan, &report, difference.is_some())?;
    Ok((code, case::ending(&report)))
}

/// First and last line of a trace that is whole.
///
/// # Errors
///
/// If it cannot be read, is damaged or cut.
pub(crate) fn ends(path: &Path) -> Result<(Header, Footer), Stop> {
    read(path).map(|recorded| (recorded.header, recorded.footer))
}

/// Reads a trace. One that is damaged or cut cannot be compared with.
fn read(path: &Path) -> Result<Recorded, Stop> {
    let name = path.display();
    let file = File::open(path)
        .map_err(|error| Stop::bad_input(format!("cannot read trace {name}: {error}")))?;
    let bad = |problem| Stop::bad_input(format!("{name}: {problem}"));
    let mut reader = trace::reader(file).map_err(bad)?;
    let mut lines = Vec::new();
    let mut last = 1;
    for line in &mut reader {
        let line = line.map_err(bad)?;
        last = line.number;
        if line.event.is_some() {
            lines.push(line.text);
        }
    }
    let header = reader.header().clone();
    program::check(&header.scenario)?;
    let Some(footer) = reader.footer().cloned() else {
        let place = format!("line {}: the trace is cut here: its last line is missing", last + 1);
        return Err(Stop::bad_input(format!("{name}: {place}")));
    };
    Ok(Recorded { header, footer, lines })
}

/// The exit code.
fn judge(recorded: &Recorded, plan: &Plan, report: &Report, differs: bool) -> Result<u8, Stop> {
    if !differs {
        return Ok(match &report.verdict {
            Verdict::Pass => exit::PASS,
            Verdict::Fail(_) => exit::FAIL,
            Verdict::Unknown(_) => exit::UNKNOWN,
        });
    }
    let gone = recorded.footer.signature.is_some()
        && recorded.footer.signature != report.verdict.signature();
    let header = record::header(plan, &recorded.header.overrides);
    let agrees = fresh::hash(&header)? == report.hash;
    Ok(if gone && agrees { exit::GONE } else { exit::NONDETERMINISM })
}

fn human(outcome: &Outcome, color: bool) -> String {
    let Outcome { code, recorded, report, difference } = outcome;
    let was = recorded.footer.signature.as_deref().unwrap_or(&recorded.footer.verdict);
    let built = built(&recorded.header);
    let Some(difference) = difference else {
        let hash = trace::hash_text(report.hash);
        let (label, what) = match &report.verdict {
            Verdict::Pass => ("PASS", ""),
            Verdict::Fail(_) => ("FAIL", "same signature, "),
            Verdict::Unknown(_) => ("UNKNOWN", ""),
        };
        let style = match &report.verdict {
            Verdict::Pass => Style::Good,
            Verdict::Fail(_) => Style::Bad,
            Verdict::Unknown(_) => Style::Open,
        };
        let name = if report.verdict == Verdict::Pass { String::new() } else { format!("{was}  ") };
        let label = output::label(label, style, color);
        return format!("{label}  {name}{what}same events, same hash {hash}\n");
    };
    let now = report.verdict.signature().unwrap_or_else(|| report.verdict.name().to_owned());
    let (header, seed) = (&recorded.header, recorded.header.seed);
    let again = run::reproduce(&header.scenario.name, seed, &header.overrides);
    if *code == exit::GONE {
        let label = output::label("GONE", Style::Open, color);
        return format!(
            "{label}  does not reproduce: {was} is gone, the verdict is {now}\n          \
             {built}; first difference at event {} (sim {})\n  reproduce  {again}\n",
            difference.seq,
            trace::text::time(difference.at),
        );
    }
    format!(
        "{}          the verdict was {was} and is {now}; {built}\n  reproduce  {again}\n",
        report::diverged(difference, color)
    )
}

/// What the trace was recorded with, and what runs now.
fn built(header: &Header) -> String {
    let text = |build: &trace::Build| {
        format!(
            "squall {} {} with {} {}",
            build.squall, build.profile, build.system, build.system_version
        )
    };
    let (then, now) = (text(&header.build), text(&record::build()));
    if then == now {
        format!("recorded with {then}, as it is now")
    } else {
        format!("recorded with {then}, now {now}")
    }
}

fn json_line(outcome: &Outcome, path: &Path) -> String {
    let Outcome { code, recorded, report, difference } = outcome;
    let line = json!({
        "type": "replay",
        "v": "1.0",
        "squall": crate::VERSION,
        "trace": path.display().to_string(),
        "scenario": recorded.header.scenario.name,
        "seed": recorded.header.seed,
        "exit": code,
        "same": difference.is_none(),
        "diverged": difference.as_ref().map(report::divergence),
        "recorded": {
            "verdict": recorded.footer.verdict,
            "sig": recorded.footer.signature,
            "hash": format!("{:016x}", recorded.footer.hash),
        },
        "now": {
            "verdict": report.verdict.name(),
            "sig": report.verdict.signature(),
            "hash": format!("{:016x}", report.hash),
        },
    });
    format!("{line}\n")
}
