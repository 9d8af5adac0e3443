//! `squall merge` and `squall status`: from the records of many to the sum, and how far they are.

use std::io;
use std::path::{Path, PathBuf};

use sweep::{Plan, Set, Shard};

use super::args::{MergeArgs, StatusArgs};
use super::{store, tell};
use crate::output::{self, Stop};
use crate::{exit, words};

/// Sums up, tells, and returns the exit code.
pub(crate) fn merge(args: &MergeArgs) -> Result<u8, Stop> {
    let (plan, path) = plan(args.plan.as_deref(), &args.from)?;
    args.reports.check(&plan)?;
    let set = read(&plan, &args.from)?;
    for refused in set.refused() {
        output::note(&format!("warning: {refused}; not counted"));
    }
    let order = Shard::WHOLE.order(&plan);
    let all = order.len();
    let counted: Vec<u64> = match args.allow_partial {
        true => order.into_iter().filter(|chunk| set.contains(*chunk)).collect(),
        false => order,
    };
    let finish = tell::finish(&plan, &path, &args.from[0]);
    let mut summary = sweep::merge(&set, &counted, &finish);
    if counted.len() < all {
        summary.stopped = Some(format!("{} of {all} chunks (--allow-partial)", counted.len()));
    }
    args.reports.require(&mut summary)?;
    output::result(&tell::text(&summary, args.format))?;
    args.reports.write(&summary, true);
    Ok(tell::code(&summary, false, args.no_seeds))
}

/// Says how far one or several sweeps are.
pub(crate) fn status(args: &StatusArgs) -> Result<u8, Stop> {
    let sweeps: Vec<Vec<PathBuf>> =
        if args.from.is_empty() { kept() } else { vec![args.from.clone()] };
    if sweeps.is_empty() {
        return Err(Stop::bad_input(format!("no sweep is kept in {}", store::DIRECTORY)));
    }
    let mut code = exit::PASS;
    for from in &sweeps {
        let (plan, path) = plan(args.plan.as_deref(), from)?;
        let set = read(&plan, from)?;
        let finish = tell::finish(&plan, &path, &from[0]);
        let summary = sweep::merge(&set, &Shard::WHOLE.order(&plan), &finish);
        let chunks = &summary.chunks;
        let mut text = format!(
            "  status  plan {}  {} of {} chunks, {} of {} runs, {} in {}\n",
            plan.plan,
            words::grouped(chunks.found),
            words::grouped(chunks.planned),
            words::grouped(summary.run),
            words::grouped(summary.planned),
            words::count(summary.failures().count() as u64, "signature", "signatures"),
            words::count(summary.fail, "seed", "seeds"),
        );
        if let Some(finish) = &chunks.finish {
            text.push_str(&format!("  finish  {finish}\n"));
            code = exit::INCOMPLETE;
        }
        output::result(&text)?;
    }
    Ok(code)
}

/// The directories of the sweeps that are kept here.
fn kept() -> Vec<Vec<PathBuf>> {
    let entries = std::fs::read_dir(store::DIRECTORY).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.join(store::PLAN).is_file()).collect();
    found.sort();
    found.into_iter().map(|path| vec![path]).collect()
}

/// The plan that was named, or the one in the first directory.
fn plan(named: Option<&Path>, from: &[PathBuf]) -> Result<(Plan, PathBuf), Stop> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => from[0].join(store::PLAN),
    };
    if named.is_none() && !path.is_file() {
        return Err(Stop::bad_input(format!(
            "there is no {}: name it with --plan",
            path.display()
        )));
    }
    Ok((store::plan(&path)?, path))
}

/// All records of directories, files and stdin. Those of another plan are refused: whoever mixes
/// them up would believe the sum.
fn read<'a>(plan: &'a Plan, from: &[PathBuf]) -> Result<Set<'a>, Stop> {
    let mut set = Set::new(plan);
    for path in from {
        if path == Path::new("-") {
            set.read("stdin", io::stdin().lock())
                .map_err(|error| Stop::environment(format!("cannot read stdin: {error}")))?;
        } else if path.is_file() {
            store::load_file(path, &mut set)?;
        } else {
            store::load(path, &mut set)?;
        }
    }
    let other = |refused: &&sweep::Refused| matches!(refused.why, sweep::set::Flaw::OtherPlan(_));
    match set.refused().iter().find(other) {
        Some(refused) => Err(Stop::bad_input(format!("{refused} (this is {})", plan.plan))),
        None => Ok(set),
    }
}
