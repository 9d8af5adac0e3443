//! `squall gauntlet`: plants each known flaw and says how long it takes to find it.
//!
//! It tries the testbed, not the program under test: the flaws are those of this project's node,
//! whatever the binary is for, as with the canary of a sweep. Hunts share nothing and are handed
//! to threads; what is found depends on flaw, scenario and base alone.

mod args;
mod hunt;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sweep::gauntlet::{self, Change, Hunt, Row, Table};
use testbed::Flaw;
use trace::Scenario;

pub(crate) use args::GauntletArgs;

use crate::output::{self, Color, Format, Stop, Style};
use crate::sweep::Signals;
use crate::{exit, find, runs, words};

/// Where every flaw is hunted first.
const FIRST: &str = "swarm";

/// Hunts, tells, and returns the exit code.
pub(crate) fn gauntlet(args: &GauntletArgs, color: Color) -> Result<u8, Stop> {
    let flaws = flaws(&args.flaws)?;
    let before = args.against.as_deref().map(table_of).transpose()?;
    let grounds = grounds(args, &flaws, color)?;
    if !args.quiet {
        let what = format!(
            "gauntlet  {}, {} each, {} first, strategy {}",
            words::count(flaws.len() as u64, "flaw", "flaws"),
            words::count(args.bases, "hunt", "hunts"),
            args.scenario.first().map_or(FIRST, String::as_str),
            args.strategy.name()
        );
        output::note(&what);
    }
    let signals = Signals::listen().map_err(Stop::environment)?;
    let started = Instant::now();
    let table = Table {
        squall: crate::VERSION.to_owned(),
        strategy: args.strategy.name().to_owned(),
        seeds_max: args.seeds,
        rows: rows(args, &flaws, &grounds, &signals)?,
    };
    if let Some(code) = signals.exit() {
        // Half a table is for people only: a file of it would be taken for a whole one.
        output::result(&gauntlet::human(&table))?;
        output::note(" stopped  before the end: flaws and hunts are missing; no file was written");
        return Ok(code);
    }
    write(args, &table)?;
    tell(args, &table, before.as_ref(), started, color)
}

/// The flaws that were asked for.
fn flaws(ids: &[String]) -> Result<Vec<&'static Flaw>, Stop> {
    if ids.is_empty() {
        return Ok(testbed::flaws().collect());
    }
    ids.iter().map(|id| testbed::flaw_named(id).map_err(Stop::bad_input)).collect()
}

/// Scenarios by name, as they are hunted in.
type Grounds = BTreeMap<String, Scenario>;

fn grounds(args: &GauntletArgs, flaws: &[&Flaw], color: Color) -> Result<Grounds, Stop> {
    let mut names: Vec<&str> = args.scenario.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.push(FIRST);
        names.extend(flaws.iter().map(|flaw| flaw.scenario));
    }
    let mut grounds = Grounds::new();
    for name in names {
        if !grounds.contains_key(name) {
            let mut scenario = find::scenario(name, &args.set, color)?;
            args.strategy.apply(&mut scenario);
            grounds.insert(name.to_owned(), scenario);
        }
    }
    Ok(grounds)
}

/// Hunts every flaw where it is to be hunted. The second scenario of a flaw has its turn where the
/// first did not find it in every hunt.
fn rows(
    args: &GauntletArgs,
    flaws: &[&Flaw],
    grounds: &Grounds,
    signals: &Signals,
) -> Result<Vec<Row>, Stop> {
    let first: Vec<&str> = match &args.scenario[..] {
        [] => vec![FIRST],
        named => named.iter().map(String::as_str).collect(),
    };
    let pairs = flaws.iter().flat_map(|flaw| first.iter().map(|name| (*flaw, *name)));
    let mut rows = hunts(args, &pairs.collect::<Vec<_>>(), grounds, signals)?;
    if args.scenario.is_empty() && !signals.came() {
        let missed = |flaw: &Flaw| {
            let row = rows.iter().find(|row| row.flaw == flaw.id);
            args.both || row.is_some_and(|row| row.found() < row.hunts.len())
        };
        let second: Vec<(&Flaw, &str)> = flaws
            .iter()
            .filter(|flaw| flaw.scenario != FIRST && missed(flaw))
            .map(|flaw| (*flaw, flaw.scenario))
            .collect();
        rows.extend(hunts(args, &second, grounds, signals)?);
        rows.sort_by_key(|row| flaws.iter().position(|flaw| flaw.id == row.flaw));
    }
    Ok(rows)
}

/// Hunts each pair from every base, some at the same time. After a signal, those that have ended.
fn hunts(
    args: &GauntletArgs,
    pairs: &[(&Flaw, &str)],
    grounds: &Grounds,
    signals: &Signals,
) -> Result<Vec<Row>, Stop> {
    let bases = args.bases as usize;
    let total = pairs.len() * bases;
    let bar = bar(args, total as u64);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Hunt)>> = Mutex::default();
    let failed: Mutex<Option<Stop>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs(args).min(total) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= total {
                        break;
                    }
                    let (flaw, name) = pairs[number / bases];
                    let mut scenario = grounds[name].clone();
                    scenario.flaw = Some(flaw.id.to_owned());
                    let seeds_max = args.seeds.unwrap_or(flaw.ceiling);
                    match hunt::hunt(&scenario, (number % bases) as u64, seeds_max, signals) {
                        Ok(None) => break,
                        Ok(Some(hunt)) => done.lock().expect("no panic").push((number, hunt)),
                        Err(stop) => {
                            failed.lock().expect("no panic").get_or_insert(stop);
                            next.store(total, Ordering::Relaxed);
                        }
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    if let Some(stop) = failed.into_inner().expect("no panic") {
        return Err(stop);
    }
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(number, _)| *number);
    let mut done = done.into_iter().peekable();
    let mut rows = Vec::new();
    for (place, (flaw, name)) in pairs.iter().enumerate() {
        let own = std::iter::from_fn(|| done.next_if(|(number, _)| number / bases == place));
        rows.push(row(flaw, name, own.map(|(_, hunt)| hunt)));
    }
    rows.retain(|row| !row.hunts.is_empty());
    Ok(rows)
}

fn row(flaw: &Flaw, scenario: &str, hunts: impl Iterator<Item = Hunt>) -> Row {
    Row {
        flaw: flaw.id.to_owned(),
        scenario: scenario.to_owned(),
        expected: flaw.expected.iter().map(ToString::to_string).collect(),
        hunts: hunts.collect(),
    }
}

fn jobs(args: &GauntletArgs) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or_else(processors, |jobs| jobs as usize)
}

fn bar(args: &GauntletArgs, hunts: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{pos:>8} of {len} hunts  {wide_bar}  {elapsed}");
    let bar = ProgressBar::new(hunts).with_style(style.expect("a constant template"));
    if args.quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

fn table_of(path: &Path) -> Result<Table, Stop> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Stop::bad_input(format!("{}: {error}", path.display())))?;
    Table::read(&text).map_err(|error| {
        Stop::bad_input(format!("{}: no table of a gauntlet: {error}", path.display()))
    })
}

/// Writes the files that were asked for.
fn write(args: &GauntletArgs, table: &Table) -> Result<(), Stop> {
    let to =
        |path: &Path, text: String| runs::write_whole(path, |out| out.write_all(text.as_bytes()));
    if let Some(path) = &args.json {
        to(path, table.write())?;
    }
    if let Some(path) = &args.summary_md {
        to(path, gauntlet::markdown(table, about))?;
    }
    Ok(())
}

fn about(id: &str) -> (String, String) {
    let flaw = testbed::flaw_named(id);
    flaw.map_or_else(|_| Default::default(), |flaw| (flaw.about.to_owned(), flaw.origin.to_owned()))
}

/// Says what came of it. Blind, if a flaw was never found; gone, if one is harder to find than it
/// was.
fn tell(
    args: &GauntletArgs,
    table: &Table,
    before: Option<&Table>,
    started: Instant,
    color: Color,
) -> Result<u8, Stop> {
    let changes = before.map(|before| gauntlet::compare(before, table)).unwrap_or_default();
    let worse = changes.iter().any(|changed| changed.change != Change::Easier);
    let missed = table.never_found();
    let code = match (missed.is_empty(), worse) {
        (false, _) => exit::BLIND,
        (true, true) => exit::GONE,
        (true, false) => exit::PASS,
    };
    if args.format == Format::Json {
        output::result(&table.write())?;
        return Ok(code);
    }
    let mut text = gauntlet::human(table);
    let best = table.best();
    let mean = Table::geometric_mean_us(best.iter().copied());
    let style = if code == exit::PASS { Style::Good } else { Style::Bad };
    let flaws = best.len() + missed.len();
    text.push_str(&format!(
        "\n{}  {} of {flaws} flaws, CPU time in the geometric mean {}   wall {}\n",
        output::label("found", style, color.on_stdout()),
        flaws - missed.len(),
        gauntlet::table::seconds(mean),
        words::wall(started.elapsed())
    ));
    let odd = table.never_as_expected();
    for (word, flaws) in [("missed", missed), ("misnamed", odd)] {
        if !flaws.is_empty() {
            let label = output::label(word, Style::Bad, color.on_stdout());
            text.push_str(&format!("{label}  {}\n", flaws.join(", ")));
        }
    }
    if !changes.is_empty() {
        let label = output::label("changed", Style::Open, color.on_stdout());
        text.push_str(&format!("{label}\n{}", gauntlet::table::changes(&changes)));
    }
    output::result(&text)?;
    Ok(code)
}
