//! `squall torture`: a scenario on real processes, judged as any history.
//!
//! The plan follows from the seed; what happens takes real time, so a seed does not bring back a
//! run byte by byte. What failed is therefore kept: the history, which `squall check` reads, what
//! the nemesis did, and what the processes said.

mod args;
mod place;
mod tell;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ::torture::{Error, Program, Report};
use trace::foreign::{self, Foreign, Format as FileFormat, Model};
use trace::{Plan, Scenario};

pub(crate) use args::TortureArgs;
use place::Place;
use tell::Told;

use crate::check;
use crate::output::{self, Color, Format, Stop, Style};
use crate::seed::Seed;
use crate::sweep::Signals;
use crate::{dry_run, exit, find, record, runs, words};

/// Where failures are kept, from the current directory.
const DIRECTORY: &str = ".squall/torture";

/// The scenario if none is named.
const SCENARIO: &str = "processes";

/// Runs, tells, and returns the exit code.
pub(crate) fn torture(args: &TortureArgs, color: Color) -> Result<u8, Stop> {
    let overrides = args.overrides();
    let scenario = scenario(args, &overrides, color)?;
    let seed = args.seed.unwrap_or_else(Seed::random);
    let plan = testbed::plan(&scenario, seed.value);
    if args.dry_run {
        return dry_run::print(args.format, &plan, &record::header(&plan, &overrides));
    }
    let raftkv = raftkv(args)?;
    let signals = Signals::gently()
        .map_err(|error| Stop::environment(format!("cannot listen to signals: {error}")))?;
    let place = Place::new(args.keep.as_deref())?;
    if !args.quiet {
        banner(&plan, seed, &raftkv, color);
    }
    let tell = |line: &str| {
        if !args.quiet {
            output::note(&format!("          {line}"));
        }
    };
    let started = Instant::now();
    let report = match ::torture::run(&plan, &raftkv, place.path(), signals.flag(), &tell) {
        Ok(report) => report,
        Err(Error::Environment(why)) => return Err(Stop::environment(why)),
        Err(Error::Interrupted) => {
            let label = output::label("UNKNOWN", Style::Open, color.on_stderr());
            output::note(&format!("{label}  interrupted: nothing was judged"));
            return Ok(signals.exit().unwrap_or(exit::UNKNOWN));
        }
    };
    let wall = started.elapsed();
    let found = found(&report);
    let explained = check::decide(&found, args.effort);
    let mut told = Told {
        args,
        plan: &plan,
        overrides: &overrides,
        report: &report,
        found: &found,
        explained,
        wall,
        history: None,
    };
    if told.exit() != exit::PASS || place.is_kept() {
        told.history = Some(keep(&place, seed.value, &report)?);
    }
    let text = match args.format {
        Format::Human => told.human(color.on_stdout()),
        Format::Json => format!("{}\n", told.json()),
    };
    output::result(&text)?;
    Ok(told.exit())
}

fn scenario(
    args: &TortureArgs,
    overrides: &[(String, String)],
    color: Color,
) -> Result<Scenario, Stop> {
    match &args.scenario {
        Some(name) => find::scenario(name, overrides, color),
        None => find::stock(SCENARIO, overrides, color),
    }
}

fn raftkv(args: &TortureArgs) -> Result<PathBuf, Stop> {
    if let Some(path) = &args.raftkv {
        let is_there = path.is_file();
        let path = path.canonicalize().ok().filter(|_| is_there);
        return path.ok_or_else(|| {
            let path = args.raftkv.as_deref().unwrap_or(Path::new("")).display();
            Stop::bad_input(format!("--raftkv {path}: there is no such program"))
        });
    }
    Program::find(std::env::current_exe().ok().as_deref()).ok_or_else(|| {
        Stop::bad_input(
            "there is no raftkv beside squall, and none in PATH: build it with \
             `cargo build --release --bin raftkv`, or say where it is with --raftkv PATH",
        )
    })
}

fn banner(plan: &Plan, seed: Seed, raftkv: &Path, color: Color) {
    let scenario = &plan.scenario;
    output::note(&format!(
        "{}  {}  seed {}{}  {}  {}, {}, storm {}, {}",
        output::label("torture", Style::Plain, color.on_stderr()),
        scenario.name,
        seed.value,
        seed.origin,
        raftkv.display(),
        words::count(scenario.cluster.nodes, "node", "nodes"),
        words::count(scenario.cluster.clients, "client", "clients"),
        trace::text::time(scenario.limits.storm),
        words::count(plan.faults.len() as u64, "fault planned", "faults planned"),
    ));
    output::note(
        "          the plan follows from the seed; real time does not, and nothing replays",
    );
    for difference in ::torture::differences(plan) {
        output::note(&format!("    note  {difference}"));
    }
}

/// The history as `squall check` would read it.
fn found(report: &Report) -> Foreign {
    let history = report.history.clone();
    Foreign { history, format: FileFormat::History, model: Model::Kv, timed: true, keyed: true }
}

/// Writes the history and the events, and copies the logs, unless they are where they stay.
/// Returns where the history is.
fn keep(place: &Place, seed: u64, report: &Report) -> Result<PathBuf, Stop> {
    let directory = match place.is_kept() {
        true => place.path().to_owned(),
        false => Path::new(DIRECTORY).join(format!("{seed}-{}", std::process::id())),
    };
    let history = directory.join("history.jsonl");
    runs::write_whole(&history, |out| {
        foreign::write_history_lines(&report.history, &mut &mut *out)
    })?;
    runs::write_whole(&directory.join("events.jsonl"), |out| {
        let mut line = String::new();
        report.events.iter().try_for_each(|event| {
            line.clear();
            trace::write_line(event, &mut line);
            writeln!(out, "{line}")
        })
    })?;
    if !place.is_kept() {
        for entry in fs::read_dir(place.path()).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                runs::copy(&entry.path(), &directory)?;
            }
        }
    }
    Ok(history)
}
