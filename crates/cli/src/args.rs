//! What can be asked: subcommands and their flags.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::check::{CheckArgs, ExportArgs};
use crate::gauntlet::GauntletArgs;
use crate::output::{self, Color, Format, Stop};
use crate::seed::{self, Seed};
use crate::sweep::{self, MergeArgs, PlanArgs, StatusArgs, SweepArgs};
use crate::torture::TortureArgs;
use crate::{exit, find, interrupt, settings};

/// Deterministic simulation testing for Raft: one scenario, one seed, the same run, byte for byte.
#[derive(Debug, Parser)]
#[command(name = "squall", version = crate::VERSION, after_help = exit::help())]
#[command(propagate_version = false, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    /// When to use colour: auto, always or never.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", env = "SQUALL_COLOR")]
    #[arg(hide_env = true, hide_possible_values = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one seed of a scenario; keep the trace if it fails
    Run(RunArgs),
    /// Run a trace again and compare event by event
    Replay(ReplayArgs),
    /// Ask a trace: which events, which state at a time, why
    Inspect(InspectArgs),
    /// Keep runs as cases: add, list, verify, prune
    Corpus(CorpusArgs),
    /// Many seeds: failures grouped, resumable, here or on many machines
    Sweep(Box<SweepArgs>),
    /// Write the plan of a sweep that many machines share
    Plan(PlanArgs),
    /// Sum up what the workers of a plan have stored
    Merge(MergeArgs),
    /// Say how far a sweep is
    Status(StatusArgs),
    /// Plant each known flaw and say how long it takes to find it
    Gauntlet(Box<GauntletArgs>),
    /// Put real processes through a scenario, and judge what their clients saw
    Torture(Box<TortureArgs>),
    /// Write a scenario and a workflow to begin with
    Init {
        /// Where; the root of a repository.
        #[arg(value_name = "DIR", default_value = ".")]
        directory: PathBuf,
    },
    /// Judge a history or a trace, recorded here or elsewhere
    Check(CheckArgs),
    /// Write a history in the format of another tool
    Export(ExportArgs),
    /// List the scenarios, checks, faults, situations or flaws there are
    List {
        /// What to list.
        what: Listing,
    },
    /// Print the JSON schema of a file format
    Schema {
        /// Of which file.
        what: SchemaOf,
    },
    /// Say what an error code, a signature, a check, a verdict, a situation or a flaw means
    Explain {
        /// The code, such as S012, vote-kept/changed, check/durability, exit/100,
        /// situation/all-down or flaw/no-fsync.
        code: String,
    },
    /// Hashes of runs, for comparison with another process
    #[command(name = "__hash", hide = true)]
    Hash(HashArgs),
    /// Runs chunks of a plan for a sweep
    #[command(name = "__worker", hide = true)]
    Worker,
}

/// What `squall list` lists.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Listing {
    /// Scenarios in ./scenarios and ./scenarios/known, and those that are built in.
    Scenarios,
    /// What a run is judged by.
    Checks,
    /// What can befall a cluster.
    Faults,
    /// What a good sweep has seen.
    Situations,
    /// What can be planted.
    Flaws,
}

/// What `squall schema` describes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A scenario file.
    Scenario,
    /// A case file.
    Case,
    /// A line of a trace.
    Trace,
    /// What a sweep comes to.
    Summary,
}

/// One seed of one scenario.
#[derive(Debug, ClapArgs)]
pub(crate) struct RunArgs {
    /// A scenario file; its stem, if in ./scenarios (or known/) or built in; or a case file.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// A number, 0x..., a git hash, or `git` for HEAD; random if not given, and always printed.
    #[arg(long, value_parser = seed::parse, env = "SQUALL_SEED", hide_env_values = true)]
    pub(crate) seed: Option<Seed>,
    /// Override a key of the scenario, such as limits.storm=20s; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = find::parse_override)]
    pub(crate) set: Vec<(String, String)>,
    /// Plant a mistake in every node, one of `squall list flaws`; short for --set flaw=ID.
    #[arg(long, value_name = "ID")]
    pub(crate) flaw: Option<String>,
    /// Where the trace goes: a path (.zst compresses), `-` for stdout, or `none`; by default it is
    /// kept only if the run fails.
    #[arg(long, value_name = "PATH", env = "SQUALL_TRACE", hide_env_values = true)]
    pub(crate) trace: Option<String>,
    /// End the run at the first violation; short for --set limits.stop-on-violation=true.
    #[arg(long)]
    pub(crate) stop_on_violation: bool,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Print what would happen, and run nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Copy what is kept of a failure to this directory as well.
    #[arg(long, value_name = "DIR", env = "SQUALL_ARTIFACTS", hide_env_values = true)]
    pub(crate) artifacts: Option<PathBuf>,
    /// Print nothing but the result.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Do not repeat a failure in a fresh process before it is reported.
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Not a flag: says which ones there are.
    #[arg(long, hide = true, value_parser = no_timeout)]
    timeout: Option<String>,
}

impl RunArgs {
    /// Flags that are only short for overrides, as overrides.
    fn with_overrides(mut self) -> Self {
        if self.stop_on_violation {
            self.set.push(("limits.stop-on-violation".to_owned(), "true".to_owned()));
        }
        self.set.extend(find::flaw_override(self.flaw.take()));
        self
    }
}

/// A trace or a case to run again.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplayArgs {
    /// A trace file, a run directory, the beginning of a run id, `latest`, or a case file.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Print nothing but the result.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Not a flag: says which ones there are.
    #[arg(long, hide = true, value_parser = no_timeout)]
    timeout: Option<String>,
}

/// A question to a trace.
#[derive(Debug, ClapArgs)]
pub(crate) struct InspectArgs {
    /// A trace file, a run directory, the beginning of a run id, or `latest`.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// Which events, such as 'k:raft node:n1 t:1s..2s'; all if not given.
    #[arg(value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// The state of every node at this time, such as 1.4905s.
    #[arg(long, value_name = "TIME", conflicts_with = "query")]
    pub(crate) at: Option<String>,
    /// What led to this operation, such as c2.5; newest first.
    #[arg(long, value_name = "ID", conflicts_with_all = ["query", "at"])]
    pub(crate) why: Option<String>,
    /// How the answer is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// How many lines at most.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// What is kept, and where.
#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: CorpusCommand,
    /// Where the corpus lies.
    #[arg(long, global = true, value_name = "DIR", default_value = "traces")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CorpusCommand {
    /// Make a case of a trace, or change what a case expects
    Add(CorpusAddArgs),
    /// Name every case and golden trace
    List(CorpusListArgs),
    /// Run every case and replay every golden trace
    Verify(CorpusVerifyArgs),
    /// Name the cases that others make superfluous; with --yes, remove them
    Prune(CorpusPruneArgs),
}

/// How a case must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expected {
    /// It passes: what was fixed stays fixed.
    Pass,
    /// It fails as it was recorded: what was found is found again.
    Fail,
}

/// A run that is to be kept.
#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusAddArgs {
    /// A trace file, a run directory, the beginning of a run id, `latest`, or a case file.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// How it must end from now on; by default as it was recorded.
    #[arg(long, value_name = "VERDICT")]
    pub(crate) expect: Option<Expected>,
    /// What it shows, in a sentence; by default what the checker said.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
}

/// What is kept.
#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusListArgs {
    /// How the list is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
}

/// Everything that is kept is run.
#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusVerifyArgs {
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Print only what does not hold, and the sum.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What may go.
#[derive(Debug, ClapArgs)]
pub(crate) struct CorpusPruneArgs {
    /// How many cases of the same scenario, expectation and signature are kept.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) keep: usize,
    /// Remove them.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Runs whose hashes another process wants to know.
#[derive(Debug, ClapArgs)]
pub(crate) struct HashArgs {
    /// The scenario; without it, the header of a trace is read from stdin.
    pub(crate) scenario: Option<String>,
    /// Which seeds, `A..B`.
    #[arg(long, value_parser = parse_seeds)]
    pub(crate) seeds: Option<(u64, u64)>,
    /// Print the lines of the events instead of their hash.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Print what is to be told of the failure, beside the hash.
    #[arg(long, conflicts_with = "trace")]
    pub(crate) story: bool,
}

fn parse_seeds(text: &str) -> Result<(u64, u64), String> {
    let (first, end) = text.split_once("..").ok_or("expected A..B")?;
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
    Ok((number(first)?, number(end)?))
}

pub(crate) fn no_timeout(_: &str) -> Result<String, String> {
    Err("there are two clocks, so there is no bare --timeout: use --set limits.storm=DURATION or \
         --set limits.settle=DURATION (simulated time), --set limits.events-max=N (length of a \
         run), or --set limits.check-max=N (work of the checker)"
        .to_owned())
}

/// What comes before every command that people type.
fn prepare(command: &Command) -> Result<(), Stop> {
    match command {
        // Other processes start these two, and end them.
        Command::Worker | Command::Hash(_) => return Ok(()),
        // These end in good order when they are asked to.
        Command::Sweep(_) | Command::Gauntlet(_) | Command::Torture(_) => {}
        _ => interrupt::listen().map_err(Stop::environment)?,
    }
    settings::warn();
    Ok(())
}

/// Does what was asked.
pub(crate) fn dispatch(args: Args) -> ExitCode {
    let color = args.color;
    if let Err(stop) = prepare(&args.command) {
        output::note(&stop.message);
        return stop.code.into();
    }
    let done = match args.command {
        Command::Run(args) => crate::run::run(&args.with_overrides(), color),
        Command::Replay(args) => crate::replay::replay(&args, color),
        Command::Inspect(args) => crate::inspect::inspect(&args, color),
        Command::Corpus(args) => crate::corpus::corpus(&args, color),
        Command::Init { directory } => crate::init::init(&directory, color),
        Command::Check(args) => crate::check::check(&args, color),
        Command::Export(args) => crate::check::export(&args, color),
        Command::List { what } => crate::catalogue::list(what, color),
        Command::Schema { what } => crate::catalogue::schema(what),
        Command::Explain { code } => crate::explain::explain(&code),
        Command::Sweep(args) => sweep::sweep(&args, color),
        Command::Plan(args) => sweep::plan(&args, color),
        Command::Merge(args) => sweep::merge(&args),
        Command::Status(args) => sweep::status(&args),
        Command::Gauntlet(args) => crate::gauntlet::gauntlet(&args, color),
        Command::Torture(args) => crate::torture::torture(&args, color),
        Command::Worker => sweep::worker(),
        Command::Hash(args) => crate::hash::hash(&args, color),
    };
    done.unwrap_or_else(|stop: Stop| {
        output::note(&stop.message);
        stop.code
    })
    .into()
}
