//! What is said of a sweep, and the exit code.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sweep::summary::Conclusion;
use sweep::{Plan, Record, Set, Shard, Summary, Work};

use super::args::{NoSeeds, SweepArgs};
use super::until::Until;
use super::usage::Usage;
use super::{Sink, store, traces};
use crate::output::{self, Color, Format, Stop};
use crate::{exit, words};

/// The line with which JSON begins.
pub(crate) fn start(plan: &Plan, shard: Shard, jobs: usize) -> String {
    let scenarios: Vec<&str> = plan.scenarios.iter().map(|planned| &*planned.name).collect();
    let line = json!({
        "type": "sweep_start",
        "v": sweep::plan::VERSION,
        "squall": plan.squall,
        "plan": plan.plan,
        "system": { "name": plan.system, "version": plan.system_version },
        "scenarios": scenarios,
        "seeds": plan.seeds,
        "shard": shard.to_string(),
        "jobs": jobs,
    });
    format!("{line}\n")
}

/// The findings of a chunk, for programs, as soon as it is done.
///
/// # Errors
///
/// If stdout cannot be written to.
pub(crate) fn findings(args: &SweepArgs, plan: &Plan, record: &Record) -> Result<(), Stop> {
    let canary = plan.work(record.footer.chunk) == Some(Work::Canary);
    if args.format == Format::Human || canary {
        return Ok(());
    }
    for finding in &record.findings {
        let line = serde_json::to_string(finding).expect("plain data");
        output::result(&format!("{line}\n"))?;
    }
    Ok(())
}

/// How fast it was, and what it took; not part of the result.
pub(crate) fn pace(runs: u64, wall: Duration, used: &[Usage]) {
    if runs == 0 {
        return;
    }
    let seconds = wall.as_secs_f64().max(0.001);
    let rate = runs as f64 / seconds;
    let (runs, wall) = (words::count(runs, "run", "runs"), words::wall(wall));
    let mut text = format!("    pace  {runs} in {wall}, {rate:.0} a second");
    let largest = |of: fn(&Usage) -> u64| used.iter().map(of).max();
    if let (Some(first), Some(last)) = (largest(|u| u.first_kib), largest(|u| u.last_kib)) {
        let cpu: Duration = used.iter().map(|used| used.cpu).sum();
        let share = 100.0 * cpu.as_secs_f64() / (seconds * used.len() as f64);
        let workers = words::count(used.len() as u64, "worker", "workers");
        text.push_str(&format!(
            "; {workers} busy for {share:.0} % of it, with at most {:.1} MiB after the first chunk \
             and {:.1} after the last",
            first as f64 / 1024.0,
            last as f64 / 1024.0,
        ));
    }
    output::note(&text);
}

/// Sums up, tells, and returns the exit code.
pub(crate) fn end(
    args: &SweepArgs,
    _color: Color,
    sink: &Sink,
    set: &Set<'_>,
    until: Until,
) -> Result<u8, Stop> {
    let budget = args.budget.map(words::wall).unwrap_or_default();
    let (counted, stopped) = until.counted(set, &budget);
    let finish = match sink {
        Sink::Store(store) => {
            finish(set.plan(), &store.directory().join(store::PLAN), store.directory())
        }
        Sink::Stdout => "start the same command again".to_owned(),
    };
    let mut summary = sweep::merge(set, &counted, &finish);
    summary.stopped = stopped;
    args.reports.require(&mut summary)?;
    if until.signalled() && !summary.chunks.missing.is_empty() {
        output::note(" stopped  by a signal; what is done is stored");
    }
    let text = text(&summary, args.format);
    match sink {
        Sink::Stdout => output::note(text.trim_end()),
        Sink::Store(store) => {
            if !args.worker && traces::keep(store, set, &summary)? > 0 {
                summary.conclusion = Conclusion::Nondeterminism;
            }
            output::result(&text)?;
        }
    }
    // One of many leaves it to the merge to say what was found.
    args.reports.write(&summary, !args.worker);
    Ok(code(&summary, args.worker, args.no_seeds))
}

/// The command that runs what is missing.
pub(crate) fn finish(plan: &Plan, file: &Path, out: &Path) -> String {
    let quoted = |path: &Path| words::quoted(&path.display().to_string());
    format!("{} sweep --plan {} --out {}", plan.program, quoted(file), quoted(out))
}

/// The summary, for people or programs.
pub(crate) fn text(summary: &Summary, format: Format) -> String {
    match format {
        Format::Human => sweep::text::human(summary),
        Format::Json => format!("{}\n", serde_json::to_string(summary).expect("plain data")),
    }
}

/// The exit code of a summary. One of many has done its work whatever it found; only what no
/// other attempt can mend is its own failure.
pub(crate) fn code(summary: &Summary, worker: bool, no_seeds: NoSeeds) -> u8 {
    let result = |code| if worker { exit::PASS } else { code };
    match summary.conclusion {
        Conclusion::Nondeterminism => exit::NONDETERMINISM,
        Conclusion::Incomplete => exit::INCOMPLETE,
        Conclusion::Failure if worker && !summary.chunks.missing.is_empty() => exit::INCOMPLETE,
        Conclusion::Failure => result(exit::FAIL),
        Conclusion::Unknown => result(exit::UNKNOWN),
        Conclusion::Blind => result(exit::BLIND),
        Conclusion::Nothing if worker || no_seeds == NoSeeds::Pass => exit::PASS,
        Conclusion::Nothing if no_seeds == NoSeeds::Warn => {
            output::note("warning: there was nothing to run");
            exit::PASS
        }
        Conclusion::Nothing => {
            output::note("error: there was nothing to run (see --no-seeds)");
            exit::NOTHING
        }
        Conclusion::Pass => exit::PASS,
    }
}
