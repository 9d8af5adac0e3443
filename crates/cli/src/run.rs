//! `squall run`: one seed of one scenario, and all there is to know of it if it fails.
//!
//! A failure is believed only after a fresh process has come to the same events; then it is run
//! once more to write its trace. Passing runs cost one run and leave nothing behind.

use std::path::PathBuf;
use std::time::Instant;

use testbed::Report;
use trace::{Expect, Header, Plan, Verdict};

use crate::args::RunArgs;
use crate::find::Subject;
use crate::output::{self, Color, Format, Stop, Style};
use crate::record::{self, Difference};
use crate::report::{self, Told, Verified};
use crate::seed::Seed;
use crate::story::Story;
use crate::{dry_run, find, fresh, program, runs, words};

/// Runs, tells, and returns the exit code.
pub(crate) fn run(args: &RunArgs, color: Color) -> Result<u8, Stop> {
    let Subject { scenario, seed: own, is_stock } =
        find::subject(&args.scenario, &args.set, color)?;
    let seed = args.seed.or(own.map(Seed::of_case)).unwrap_or_else(Seed::random);
    let plan = testbed::plan(&scenario, seed.value);
    let header = record::header(&plan, &args.set);
    if args.dry_run {
        return dry_run::print(args.format, &plan, &header);
    }
    if !args.quiet {
        output::note(&banner(&plan, seed, is_stock, color));
    }
    let mut story = Story::default();
    let started = Instant::now();
    let (report, mut kept) = first(args, &plan, &header, &mut story)?;
    let wall = started.elapsed();
    let mut verified = Verified::No;
    if matches!(report.verdict, Verdict::Fail(_)) {
        verified = if args.no_verify { Verified::No } else { verify(&plan, &header, &report)? };
        if args.trace.is_none() {
            kept = keep(&plan, &header, &report);
        }
        if let (Some(directory), Some(trace)) = (&args.artifacts, &kept) {
            let id = &trace::hash_text(report.hash)[..6];
            runs::copy(trace, &directory.join(id))?;
        }
    }
    let told = Told {
        scenario: &plan.scenario.name,
        seed: plan.seed,
        overrides: &args.set,
        flaw: program::flaw(&plan.scenario),
        excuse: &plan.scenario.excuse,
        expected: expected(&plan.scenario.expect, &report.verdict),
        reproduce: reproduce(&args.scenario, plan.seed, &args.set),
        trace: kept,
        report: &report,
        story: &story,
        verified,
        wall,
    };
    // A trace on stdout leaves no room for anything else there.
    let text = match args.format {
        Format::Human if args.trace.as_deref() == Some("-") => {
            output::note(report::human(&told, color.on_stderr()).trim_end());
            String::new()
        }
        Format::Human => report::human(&told, color.on_stdout()),
        Format::Json if args.trace.as_deref() == Some("-") => {
            output::note(&report::json(&told).to_string());
            String::new()
        }
        Format::Json => format!("{}\n", report::json(&told)),
    };
    output::result(&text)?;
    Ok(told.exit())
}

/// The first run; with a trace, if one was asked for.
fn first(
    args: &RunArgs,
    plan: &Plan,
    header: &Header,
    story: &mut Story,
) -> Result<(Report, Option<PathBuf>), Stop> {
    let mut observer = |event: &trace::Event| story.observe(event);
    match args.trace.as_deref() {
        None | Some("none") => Ok((program::run(plan, &mut observer), None)),
        Some("-") => Ok((record::traced_to_stdout(plan, header, &mut observer)?, None)),
        Some(path) => {
            let path = PathBuf::from(path);
            let report = record::traced_to(&path, plan, header, &mut observer)?;
            Ok((report, Some(path)))
        }
    }
}

/// Compares with a fresh process.
fn verify(plan: &Plan, header: &Header, report: &Report) -> Result<Verified, Stop> {
    if fresh::hash(header)? == report.hash {
        return Ok(Verified::Same);
    }
    let unrepeated = || Difference { seq: 0, at: 0, recorded: None, now: None };
    Ok(Verified::Differs(fresh::difference(plan, header)?.unwrap_or_else(unrepeated)))
}

/// Writes the trace of a failure. If that fails, the verdict stands.
fn keep(plan: &Plan, header: &Header, report: &Report) -> Option<PathBuf> {
    let path = runs::directory(report.hash).join(runs::TRACE);
    match record::traced_to(&path, plan, header, &mut |_| {}) {
        Ok(_) => Some(path),
        Err(stop) => {
            output::note(&stop.message.replacen("error", "warning", 1));
            None
        }
    }
}

/// Whether the scenario says that this is how it may fail.
pub(crate) fn expected(expect: &Expect, verdict: &Verdict) -> bool {
    let Verdict::Fail(found) = verdict else { return false };
    found.iter().any(|violation| expect.allows(&violation.signature()))
}

/// The command that does it again.
pub(crate) fn reproduce(scenario: &str, seed: u64, overrides: &[(String, String)]) -> String {
    let program = program::command();
    let mut command = format!("{program} run {} --seed {seed}", words::quoted(scenario));
    for (key, value) in overrides {
        let (flag, text) = match key.as_str() {
            "flaw" => ("flaw", value.clone()),
            _ => ("set", format!("{key}={value}")),
        };
        command.push_str(&format!(" --{flag} {}", words::quoted(&text)));
    }
    command
}

fn banner(plan: &Plan, seed: Seed, is_stock: bool, color: Color) -> String {
    let scenario = &plan.scenario;
    let build = record::build();
    let banner = format!(
        "{}  {}{}  seed {}{}{}  {} {}  {}, {}, storm {}",
        output::label("run", Style::Plain, color.on_stderr()),
        scenario.name,
        if is_stock { " (built in)" } else { "" },
        seed.value,
        seed.origin,
        scenario.flaw.as_ref().map_or(String::new(), |flaw| format!("  flaw {flaw}")),
        build.system,
        build.system_version,
        words::count(scenario.cluster.nodes, "node", "nodes"),
        words::count(scenario.cluster.clients, "client", "clients"),
        trace::text::time(scenario.limits.storm),
    );
    match words::drawn(plan) {
        lines if lines.is_empty() => banner,
        lines => {
            let label = output::label("drawn", Style::Plain, color.on_stderr());
            format!("{banner}\n{label}  {}", lines.join("\n          "))
        }
    }
}
