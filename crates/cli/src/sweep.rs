//! `squall sweep`: many seeds, on all processors, here or as one of many.
//!
//! A plan says what is to be run; its chunks are stored as they are done, so that a sweep that
//! ends early goes on where it was when it is started again. A sweep on one machine is one of a
//! single shard: there is no other code for it.

mod alone;
mod args;
mod crew;
mod hand;
mod journal;
mod merge;
mod plan;
mod poison;
mod progress;
mod reports;
mod signals;
mod store;
mod tell;
mod traces;
mod until;
mod usage;
mod worker;

use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use sweep::{Plan, Record, Set, Shard, Work};

pub(crate) use args::{MergeArgs, PlanArgs, StatusArgs, SweepArgs};
pub(crate) use merge::{merge, status};
pub(crate) use plan::write as plan;
pub(crate) use signals::Signals;
pub(crate) use worker::worker;

use crate::output::{self, Color, Format, Stop, Style};
use crate::program;
use crate::words;
use args::ShardArg;
use crew::{Crew, News};
use journal::Journal;
use progress::Progress;
use store::Store;
use until::{Reason, Until};

/// How long chunks that are under way may still take after a signal.
const GRACE: Duration = Duration::from_secs(2);

/// How often progress is shown and the clock looked at.
const TICK: Duration = Duration::from_millis(100);

/// Sweeps, tells, and returns the exit code.
pub(crate) fn sweep(args: &SweepArgs, color: Color) -> Result<u8, Stop> {
    let signals = Signals::listen().map_err(Stop::environment)?;
    let (plan, words) = match &args.plan {
        Some(path) => {
            let plan = store::plan(path)?;
            fits(&plan)?;
            let words = format!("plan {}, {} runs", plan.plan, plan.runs());
            (plan, words)
        }
        None => {
            let asked = plan::plan(&args.what, color)?;
            let words = asked.words();
            (asked.plan, words)
        }
    };
    args.reports.check(&plan)?;
    let shard = shard(args)?;
    let jobs = jobs(args);
    if args.format == Format::Json {
        output::result(&tell::start(&plan, shard, jobs))?;
    }
    output::note(&banner(&plan, &words, shard, jobs, color));
    let sink = Sink::open(args, &plan)?;
    let mut set = Set::new(&plan);
    sink.load(&mut set)?;
    let until = Until::new(args, shard.order(&plan), &set);
    let stopped = run(args, color, &sink, shard, jobs, &mut set, until, &signals)?;
    tell::end(args, color, &sink, &set, stopped)
}

/// A plan is for the build that made it, with the options that it had: others may run other events.
fn fits(plan: &Plan) -> Result<(), Stop> {
    let build = plan::build()?;
    if plan.build == build {
        return plan.scenarios.iter().try_for_each(has_its_options);
    }
    Err(Stop::bad_input(format!(
        "the plan was made by build {} of squall {}, this is build {build}: all workers of a plan \
         run the same program",
        plan.build, plan.squall
    )))
}

/// Whether the program still has the options with which a scenario was planned.
pub(super) fn has_its_options(planned: &sweep::Planned) -> Result<(), Stop> {
    let now = program::options(&planned.parse().map_err(Stop::bad_input)?);
    if now == planned.options {
        return Ok(());
    }
    Err(Stop::bad_input(format!(
        "the plan was made for the options {}, and now the program has {now}: these are other runs",
        planned.options
    )))
}

/// Which share is ours.
fn shard(args: &SweepArgs) -> Result<Shard, Stop> {
    let env = |name: &str| std::env::var(name).ok();
    match (args.shard, args.shard_index, args.shards) {
        (Some(ShardArg::Auto), _, shards) => match sweep::detect::detect(&env, shards) {
            Ok(Some(detected)) => {
                output::note(&format!("   shard  {detected}"));
                Ok(detected.shard)
            }
            Ok(None) => Err(Stop::bad_input(
                "--shard auto: no engine that starts several of us says so in the environment; \
                 use --shard M/N",
            )),
            Err(problem) => Err(Stop::bad_input(format!("--shard auto: {problem}"))),
        },
        (Some(ShardArg::Explicit(shard)), _, None) => Ok(shard),
        (Some(ShardArg::Explicit(shard)), _, Some(shards)) if shard.count() == shards => Ok(shard),
        (Some(ShardArg::Explicit(shard)), _, Some(shards)) => {
            Err(Stop::bad_input(format!("--shard {shard} and --shards {shards} contradict")))
        }
        (None, Some(index), Some(shards)) => Shard::new(index, shards).map_err(Stop::bad_input),
        (None, _, Some(_)) => Err(Stop::bad_input(
            "--shards says how many there are; which one is this? --shard-index",
        )),
        (None, _, None) => {
            // To believe to be one of many when nobody says so would leave seeds out unseen.
            let one = matches!(sweep::detect::detect(&env, None), Ok(None));
            let alone = |found: &sweep::detect::Detected| found.shard.count() == 1;
            let alone =
                matches!(sweep::detect::detect(&env, None), Ok(Some(found)) if alone(&found));
            if !one && !alone {
                output::note(
                    "warning: an engine seems to have started several of us, and each runs \
                     everything; --shard auto shares it out",
                );
            }
            Ok(Shard::WHOLE)
        }
    }
}

/// How many seeds are run at once.
fn jobs(args: &SweepArgs) -> usize {
    let env = |name: &str| std::env::var(name).ok();
    let here = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    args.jobs.or_else(|| sweep::detect::jobs(&env)).unwrap_or_else(here).max(1)
}

fn banner(plan: &Plan, words: &str, shard: Shard, jobs: usize, color: Color) -> String {
    let share = if shard == Shard::WHOLE { String::new() } else { format!("  shard {shard}") };
    format!(
        "{}  {words}{share}  {}  squall {}  {} {}",
        output::label("sweep", Style::Plain, color.on_stderr()),
        words::count(jobs as u64, "job", "jobs"),
        plan.squall,
        plan.system,
        plan.system_version,
    )
}

/// Where records go.
enum Sink {
    /// Into a directory.
    Store(Store),
    /// To stdout.
    Stdout,
}

impl Sink {
    fn open(args: &SweepArgs, plan: &Plan) -> Result<Self, Stop> {
        if args.out.as_deref() == Some(Path::new("-")) {
            if args.format == Format::Json {
                return Err(Stop::bad_input("--out - and --format json both write to stdout"));
            }
            return Ok(Sink::Stdout);
        }
        let directory = args.out.clone().unwrap_or_else(|| Store::default_directory(plan));
        Store::open(&directory, plan).map(Sink::Store)
    }

    /// Finds what an earlier incarnation stored.
    fn load(&self, set: &mut Set<'_>) -> Result<(), Stop> {
        let Sink::Store(store) = self else { return Ok(()) };
        store::load(store.directory(), set)?;
        for refused in set.refused() {
            if let sweep::set::Flaw::OtherPlan(_) = refused.why {
                return Err(Stop::bad_input(format!("{refused}; remove it, or use another --out")));
            }
            output::note(&format!("warning: {refused}; its chunk is run again"));
        }
        Ok(())
    }

    fn put(&self, record: &Record) -> Result<(), Stop> {
        match self {
            Sink::Store(store) => store.put(record),
            Sink::Stdout => output::result(&record.write()),
        }
    }

    fn journal(&self, shard: Shard) -> Journal {
        match self {
            Sink::Store(store) => Journal::open(store.directory(), shard),
            Sink::Stdout => Journal::none(),
        }
    }
}

/// Runs what is missing. Returns which chunks count, and why it stopped.
#[expect(clippy::too_many_arguments, reason = "the parts of a sweep come together here")]
fn run(
    args: &SweepArgs,
    color: Color,
    sink: &Sink,
    shard: Shard,
    jobs: usize,
    set: &mut Set<'_>,
    mut until: Until,
    signals: &Signals,
) -> Result<Until, Stop> {
    let plan = set.plan();
    let (total, found) = until.runs(plan, set);
    let mut progress = Progress::begin(args.progress, color, plan.expectations(), (total, found));
    if found > 0 {
        progress.say(&format!(" resumed  {found} of {total} runs were done before"));
    }
    until.done(set).for_each(|record| progress.earlier(&record));
    let started = Instant::now();
    let crew = Crew::start(plan, sink.journal(shard), until.missing(set), jobs);
    let mut deadline = None;
    let mut broken = None;
    loop {
        match crew.news.recv_timeout(TICK) {
            Ok(News::Done(record)) => {
                let chunk = record.footer.chunk;
                // What comes after the end was given up already.
                if broken.is_none() {
                    broken = sink.put(&record).err();
                }
                if broken.is_none() {
                    crew.settle(chunk);
                    progress.chunk(&record, plan.work(chunk) == Some(Work::Canary));
                    tell::findings(args, plan, &record)?;
                    set.insert(*record);
                }
            }
            Ok(News::Died { chunk }) => {
                progress.say(&format!(
                    "warning: a worker died in chunk {chunk}; its seeds are run one by one"
                ));
            }
            Ok(News::Broken(stop)) => broken = broken.or(Some(stop)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.tick(&crew.busy());
        crew.end_hung(args.wall_limit);
        if until.reached(set) || broken.is_some() {
            crew.kill();
        } else if signals.came() {
            until.stop(Reason::Signal);
            crew.close();
            if deadline.get_or_insert_with(Instant::now).elapsed() > GRACE {
                crew.kill();
            }
        } else if args.budget.is_some_and(|budget| started.elapsed() >= budget) {
            until.stop(Reason::Budget);
            crew.close();
        }
    }
    let used = crew.disband();
    let (runs, wall) = progress.end();
    tell::pace(runs, wall, &used);
    match broken {
        Some(stop) => Err(stop),
        None => Ok(until),
    }
}
