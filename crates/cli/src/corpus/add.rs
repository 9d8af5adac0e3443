//! `squall corpus add`: a trace or a case becomes a case that is kept.
//!
//! What is written is read back and run before it gets its name: a case that does not do what it
//! says never comes into the corpus. One that must pass may still fail, for it can be written
//! before the bug is fixed; that is said.

use std::fs;
use std::path::{Path, PathBuf};

use testbed::Report;
use trace::{Case, CaseExpect, Recorded};

use super::{ENDING, KNOWN_BUGS, REGRESSIONS};
use crate::args::{CorpusAddArgs, Expected};
use crate::case::{self, Outcome};
use crate::output::{self, Color, Stop, Style};
use crate::{exit, find, program, record, replay, runs, words};

/// The copy of the schema that editors look for.
const SCHEMA: &str = "case.schema.json";

/// Letters of a title that is made from what a checker said.
const TITLE_MAX: usize = 160;

/// Makes the case and says where it lies.
pub(crate) fn add(args: &CorpusAddArgs, directory: &Path, color: Color) -> Result<u8, Stop> {
    let source = runs::trace_of(&args.target)?;
    let name = source.display().to_string();
    let mut case = match trace::is_case(&name, &find::head(&source)?) {
        true => of_case(args, &source, color)?,
        false => of_trace(args, &source)?,
    };
    let (outcome, report) = proved(&case, color)?;
    if let (CaseExpect::Fail { signature }, Outcome::Gone) = (&case.expect, outcome) {
        let now = case::ending(&report);
        let message = format!(
            "error: {name} does not reproduce: {signature} was expected, and this build comes to \
             {now}; if that is the fix: --expect pass"
        );
        return Err(Stop { code: exit::GONE, message });
    }
    if outcome == Outcome::Unknown || outcome == Outcome::Differs {
        let message = format!("error: {name}: the verdict of this build is {}", outcome.name());
        return Err(Stop { code: outcome.exit(), message });
    }
    case.recorded = Some(recorded(&report));
    let path = directory.join(place(&case, &report));
    if path.exists() {
        return Err(Stop::bad_input(format!("{} is there already", path.display())));
    }
    // For editors, where the schema lies beside the cases.
    let schema = directory.join(SCHEMA).is_file();
    let head = if schema { format!("#:schema ../{SCHEMA}\n") } else { String::new() };
    let text = format!("{head}{}", case.to_text());
    runs::write_whole(&path, |out| out.write_all(text.as_bytes()))?;
    let mut told = format!(
        "{}  {}  {}\n",
        output::label("added", Style::Good, color.on_stdout()),
        path.display(),
        case::expectation(&case.expect)
    );
    if moves(&source, directory, &case) {
        fs::remove_file(&source)
            .map_err(|error| Stop::environment(format!("cannot remove {name}: {error}")))?;
        told.push_str(&format!("          instead of {name}\n"));
    }
    if outcome == Outcome::Failed {
        let now = case::ending(&report);
        told.push_str(&format!("          it does not hold yet: this build comes to {now}\n"));
    }
    output::result(&told)?;
    Ok(exit::PASS)
}

/// The case of a trace.
fn of_trace(args: &CorpusAddArgs, path: &Path) -> Result<Case, Stop> {
    let (header, footer) = replay::ends(path)?;
    let (name, seed) = (&header.scenario.name, header.seed);
    let expect = expectation(args, footer.signature.clone())?;
    let reason = words::cut(&words::one_line(&footer.reason), TITLE_MAX);
    let title = match &args.title {
        Some(title) => title.clone(),
        None if reason.is_empty() => format!("{name} with seed {seed}"),
        None => reason,
    };
    let run = (seed, header.faults.as_slice());
    let report = program::run(&record::plan(&header), &mut |_| {});
    let case = Case::of_run(title, expect, &header.scenario, run, recorded(&report));
    Ok(case)
}

/// A case again, with another expectation or title.
fn of_case(args: &CorpusAddArgs, path: &Path, color: Color) -> Result<Case, Stop> {
    let mut case = case::load(path, &[], color)?;
    if args.expect.is_some() {
        case.expect = expectation(args, case.expect.signature().map(str::to_owned))?;
    }
    if let Some(title) = &args.title {
        case.title.clone_from(title);
    }
    let report = program::run(&testbed::plan(&case.scenario, case.seed), &mut |_| {});
    case.recorded = Some(recorded(&report));
    Ok(case)
}

fn expectation(args: &CorpusAddArgs, signature: Option<String>) -> Result<CaseExpect, Stop> {
    match (args.expect, signature) {
        (Some(Expected::Pass), was) | (None, was @ None) => Ok(CaseExpect::Pass { was }),
        (_, Some(signature)) => Ok(CaseExpect::Fail { signature }),
        (Some(Expected::Fail), None) => {
            Err(Stop::bad_input("this run did not fail: there is no signature to expect"))
        }
    }
}

/// Reads the case back from its own text and runs that. It must be the run it was made from.
fn proved(case: &Case, color: Color) -> Result<(Outcome, Report), Stop> {
    let read = case::parse("the new case", case.to_text().as_bytes(), &[], color)?;
    let (outcome, report) = case::run(&read)?;
    let hash = trace::hash_text(report.hash);
    if case.recorded.as_ref().is_some_and(|recorded| recorded.hash != hash) {
        return Err(Stop::bad_input("this run depends on more than a case can hold"));
    }
    Ok((outcome, report))
}

fn recorded(report: &Report) -> Recorded {
    let build = record::build();
    Recorded {
        squall: build.squall,
        system: format!("{} {}", build.system, build.system_version),
        hash: trace::hash_text(report.hash),
        events: report.events,
    }
}

/// Where in the corpus it lies: `known-bugs/raftexample-stale-read-d90420.case.toml`.
fn place(case: &Case, report: &Report) -> PathBuf {
    let folder = match case.expect {
        CaseExpect::Pass { .. } => REGRESSIONS,
        CaseExpect::Fail { .. } => KNOWN_BUGS,
    };
    let kind = case.expect.signature().and_then(|signature| signature.split_once('/'));
    let kind = match kind {
        Some((check, "*")) => check,
        Some((_, kind)) => kind.split('#').next().unwrap_or_default(),
        None => "pass",
    };
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = case.scenario.name.chars().map(plain).collect();
    let hash = trace::hash_text(report.hash);
    Path::new(folder).join(format!("{name}-{kind}-{}{ENDING}", &hash[..6]))
}

/// Whether the case was in this corpus before, under another expectation.
fn moves(source: &Path, directory: &Path, case: &Case) -> bool {
    let old = match case.expect {
        CaseExpect::Pass { .. } => KNOWN_BUGS,
        CaseExpect::Fail { .. } => REGRESSIONS,
    };
    let real = |path: &Path| path.canonicalize().ok();
    let parent = source.parent().and_then(real);
    parent.is_some() && parent == real(&directory.join(old))
}
