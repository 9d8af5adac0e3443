//! `squall check`: judges what was recorded, here or elsewhere, without running anything. And
//! `squall export`: the same history for others.

mod args;
mod tell;

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checker::linearizability::{Explained, Limits, explain};
use checker::{Founding, Judge};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use system::NodeSet;
use trace::foreign::{self, Foreign, HISTORY_BYTES_MAX, Known};
use trace::{HistoryBuilder, Outcome, Verdict};

use args::ExportFormat;
pub(crate) use args::{CheckArgs, Effort, ExportArgs, duration};
pub(crate) use tell::Told;

use crate::output::{self, Color, Format, Stop, Style};
use crate::{exit, runs};

/// A check that takes longer shows how far it is.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// Checks, tells, and returns the exit code.
pub(crate) fn check(args: &CheckArgs, color: Color) -> Result<u8, Stop> {
    let (path, bytes) = read(&args.target)?;
    let found = parse(&path, &bytes, &args.known())?;
    let started = Instant::now();
    if !args.quiet {
        output::note(&tell::banner(&path, &found, color.on_stderr()));
    }
    let explained = decide(&found, args.effort);
    let others = match found.format {
        foreign::Format::Trace => invariants(&bytes)?,
        _ => Vec::new(),
    };
    let told = Told { path: &path, found: &found, explained, others, wall: started.elapsed() };
    let text = match args.format {
        Format::Human => told.human(color.on_stdout()),
        Format::Json => told.json(),
    };
    output::result(&text)?;
    Ok(told.exit())
}

/// Writes a history in another format.
pub(crate) fn export(args: &ExportArgs, color: Color) -> Result<u8, Stop> {
    let (path, bytes) = read(&args.target)?;
    let found = parse(&path, &bytes, &Known { format: args.from, ..Known::default() })?;
    let write = |out: &mut dyn Write| match args.to {
        ExportFormat::JepsenEdn => foreign::write_jepsen_edn(&found.history, out),
        ExportFormat::Porcupine => foreign::write_porcupine_json(&found.history, out),
        ExportFormat::History => foreign::write_history_lines(&found.history, out),
    };
    match &args.out {
        Some(file) => {
            runs::write_whole(file, |out| write(out))?;
            let count = found.history.operations.len();
            let label = output::label("export", Style::Plain, color.on_stderr());
            output::note(&format!("{label}  {count} operations to {}", file.display()));
        }
        None => {
            let mut text = Vec::new();
            write(&mut text)
                .map_err(|error| Stop::environment(format!("cannot write: {error}")))?;
            output::result(&String::from_utf8_lossy(&text))?;
        }
    }
    Ok(exit::PASS)
}

/// The file that is meant, and what it holds. `-` is stdin.
fn read(target: &str) -> Result<(PathBuf, Vec<u8>), Stop> {
    let mut bytes = Vec::new();
    let path = if target == "-" { PathBuf::from("-") } else { runs::trace_of(target)? };
    let unreadable = |error| Stop::bad_input(format!("cannot read {}: {error}", path.display()));
    let limit = HISTORY_BYTES_MAX + 1;
    if target == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = File::open(&path).map_err(unreadable)?;
        file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() as u64 > HISTORY_BYTES_MAX {
        let max = HISTORY_BYTES_MAX >> 20;
        return Err(Stop::bad_input(format!("{} is larger than {max} MiB", path.display())));
    }
    let mark = bytes.len() - foreign::without_mark(&bytes).len();
    bytes.drain(..mark);
    Ok((path, bytes))
}

fn parse(path: &Path, bytes: &[u8], known: &Known) -> Result<Foreign, Stop> {
    foreign::read(bytes, known)
        .map_err(|problem| Stop::bad_input(format!("{}: {problem}", path.display())))
}

/// Decides within a time and so much memory, and shows how far it is if that takes long and somebody looks.
pub(crate) fn decide(found: &Foreign, effort: Effort) -> Explained {
    let history = &found.history;
    if !history.operations.iter().any(|o| matches!(o.outcome, Outcome::Ok { .. })) {
        return Explained::Unknown("no operation succeeded: nothing was checked".to_owned());
    }
    let started = Instant::now();
    let mut bar: Option<ProgressBar> = None;
    let looked_at = std::io::stderr().is_terminal();
    let limits = Limits { bytes_max: effort.check_memory, ..Limits::new(u64::MAX) };
    let explained = explain(history, limits, &mut |done, all| {
        let elapsed = started.elapsed();
        if looked_at && elapsed > SHOWN_AFTER {
            let bar = bar.get_or_insert_with(progress);
            bar.set_length(all);
            bar.set_position(done);
        }
        elapsed < effort.check_limit
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    explained
}

fn progress() -> ProgressBar {
    let style = "[{bar:30}] {pos}/{len} events of the key  {elapsed}";
    let style = ProgressStyle::with_template(style).expect("the template is right");
    ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr()).with_style(style)
}

/// What the invariants say of a trace.
fn invariants(bytes: &[u8]) -> Result<Vec<trace::Violation>, Stop> {
    let reader = trace::reader(bytes).map_err(Stop::bad_input)?;
    let cluster = &reader.header().scenario.cluster;
    let voters = NodeSet::first(cluster.nodes);
    let members = NodeSet::first(cluster.nodes + cluster.learners);
    let founding = Founding { voters, learners: members.difference(voters) };
    let mut judge = Judge::new(founding);
    let mut builder = HistoryBuilder::new();
    for line in reader {
        if let Some(event) = line.map_err(Stop::bad_input)?.event {
            judge.observe(&event);
            builder.observe(&event);
        }
    }
    Ok(match judge.finish(&builder.finish(), Limits::new(1)) {
        Verdict::Fail(violations) => {
            violations.into_iter().filter(|v| v.check != "linearizable").collect()
        }
        _ => Vec::new(),
    })
}
