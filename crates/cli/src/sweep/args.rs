//! What can be asked of a sweep.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use sweep::{Shard, Verify};

use super::reports::ReportArgs;
use crate::find;
use crate::output::Format;
use crate::seed::{self, Seed};

/// What is to be run: the content of a plan.
#[derive(Debug, ClapArgs)]
pub(crate) struct WhatArgs {
    /// Scenario files, or their stems if they are in ./scenarios or ./scenarios/known, or built in.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Which seeds: A..B, or @FILE with one on each line.
    #[arg(long, value_name = "A..B|@FILE", conflicts_with_all = ["number", "seed"])]
    pub(crate) seeds: Option<String>,
    /// How many seeds, from the base (default 1000).
    #[arg(short, long = "number", value_name = "N", visible_alias = "n")]
    pub(crate) number: Option<u64>,
    /// The base: the first seed. As for `run`; random if not given, and always printed.
    #[arg(long, value_parser = seed::parse, env = "SQUALL_SEED", hide_env_values = true)]
    pub(crate) seed: Option<Seed>,
    /// Override a key of every scenario, such as limits.storm=20s; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = find::parse_override)]
    pub(crate) set: Vec<(String, String)>,
    /// Plant a mistake in every node, one of `squall list flaws`; short for --set flaw=ID.
    #[arg(long, value_name = "ID")]
    pub(crate) flaw: Option<String>,
    /// Seeds in a chunk, the unit that is stored, resumed and shared out.
    #[arg(long, value_name = "S")]
    pub(crate) chunk: Option<u64>,
    /// Which passing seeds are run twice: sample (1 of 100), all or none.
    #[arg(long, value_name = "WHICH", default_value = "sample", hide_possible_values = true)]
    pub(crate) verify: VerifyArg,
    /// The scenario that must fail, instead of the one that is built in.
    #[arg(long, value_name = "SCENARIO", hide = true)]
    pub(crate) canary: Option<String>,
    /// Plants a mistake in the workers: abort, kill, hang, panic or differ, and the seed.
    #[arg(long, value_name = "HOW:SEED", hide = true)]
    pub(crate) poison: Option<String>,
}

impl WhatArgs {
    /// What is overridden, with what is only short for it.
    pub(crate) fn overrides(&self) -> Vec<(String, String)> {
        let mut overrides = self.set.clone();
        overrides.extend(find::flaw_override(self.flaw.clone()));
        overrides
    }
}

/// As [`Verify`].
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum VerifyArg {
    /// One of a hundred.
    Sample,
    /// Every one.
    All,
    /// None.
    None,
}

impl From<VerifyArg> for Verify {
    fn from(verify: VerifyArg) -> Self {
        match verify {
            VerifyArg::Sample => Verify::Sample,
            VerifyArg::All => Verify::All,
            VerifyArg::None => Verify::None,
        }
    }
}

/// Many seeds of some scenarios.
#[derive(Debug, ClapArgs)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Run this plan instead.
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["scenarios", "seeds", "number", "set", "flaw", "chunk", "canary", "poison"])]
    pub(crate) plan: Option<PathBuf>,
    /// Where the records of chunks go, and are found again; `-` prints them instead.
    #[arg(long, value_name = "DIR", env = "SQUALL_OUT", hide_env_values = true)]
    pub(crate) out: Option<PathBuf>,
    /// How many seeds are run at once; changes no result. Default: as many as there are
    /// processors.
    #[arg(short, long, value_name = "N", env = "SQUALL_JOBS", hide_env_values = true)]
    pub(crate) jobs: Option<usize>,
    /// Begin no chunk after this much time, such as 3m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    #[arg(env = "SQUALL_BUDGET", hide_env_values = true)]
    pub(crate) budget: Option<Duration>,
    /// Give up a seed after this much real time: it is a failure, sut/hung. A run that goes round
    /// in circles ends by itself, the same everywhere (limits.steps-max); this is for a node that
    /// never answers.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m")]
    #[arg(env = "SQUALL_WALL_LIMIT", hide_env_values = true)]
    pub(crate) wall_limit: Duration,
    /// Stop after so many signatures; 0 for never. Default: 10, with --plan or --worker never.
    #[arg(long, value_name = "N")]
    pub(crate) max_fail: Option<u64>,
    /// Stop after the first signature: --max-fail 1.
    #[arg(short = 'x', conflicts_with = "max_fail")]
    pub(crate) exit_first: bool,
    /// Run one of N shares: M/N, from 1/N to N/N; or `auto`, as the engine says that started us.
    #[arg(long, value_name = "M/N|auto", value_parser = shard, conflicts_with = "shard_index")]
    pub(crate) shard: Option<ShardArg>,
    /// The index of the share, from 0.
    #[arg(long, value_name = "I", requires = "shards")]
    pub(crate) shard_index: Option<u64>,
    /// The number of shares.
    #[arg(long, value_name = "N")]
    pub(crate) shards: Option<u64>,
    /// We are one of many: what is found is a result and no failure of ours, and the merge judges.
    #[arg(long)]
    pub(crate) worker: bool,
    /// What to do if there was nothing to run: fail (exit 4), warn or pass.
    #[arg(long, value_name = "HOW", default_value = "fail", hide_possible_values = true)]
    pub(crate) no_seeds: NoSeeds,
    /// How progress is shown: auto, bar, plain or none.
    #[arg(long, value_name = "HOW", default_value = "auto", hide_possible_values = true)]
    #[arg(env = "SQUALL_PROGRESS", hide_env_values = true)]
    pub(crate) progress: ProgressArg,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Not a flag: says which ones there are.
    #[arg(long, hide = true, value_parser = crate::args::no_timeout)]
    timeout: Option<String>,
}

/// A plan to be shared.
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) what: WhatArgs,
    /// Where the plan goes; stdout if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Records to be summed up.
#[derive(Debug, ClapArgs)]
pub(crate) struct MergeArgs {
    /// Directories with records, or files of them; `-` for stdin.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) from: Vec<PathBuf>,
    /// The plan; if not given, the one in the first directory.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Judge what is there, even if chunks are missing.
    #[arg(long)]
    pub(crate) allow_partial: bool,
    /// What to do if there was nothing to run: fail (exit 4), warn or pass.
    #[arg(long, value_name = "HOW", default_value = "fail", hide_possible_values = true)]
    pub(crate) no_seeds: NoSeeds,
    #[command(flatten)]
    pub(crate) reports: ReportArgs,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
}

/// A sweep under way.
#[derive(Debug, ClapArgs)]
pub(crate) struct StatusArgs {
    /// Directories with records; all of .squall/sweeps if none is given.
    #[arg(value_name = "DIR")]
    pub(crate) from: Vec<PathBuf>,
    /// The plan; if not given, the one in the first directory.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) plan: Option<PathBuf>,
}

/// Which share.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ShardArg {
    /// As the environment says.
    Auto,
    /// This one.
    Explicit(Shard),
}

/// What becomes of a sweep without seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NoSeeds {
    /// Exit code 4.
    Fail,
    /// A warning.
    Warn,
    /// Nothing.
    Pass,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressArg {
    /// A bar on a terminal, else plain.
    Auto,
    /// A bar.
    Bar,
    /// A line now and then.
    Plain,
    /// Not at all.
    None,
}

fn shard(text: &str) -> Result<ShardArg, String> {
    match text {
        "auto" => Ok(ShardArg::Auto),
        _ => Shard::parse(text).map(ShardArg::Explicit),
    }
}

/// Reads `90s`, `3m`, `2h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let hours = text.strip_suffix('h').and_then(|hours| hours.parse::<u64>().ok());
    let seconds = hours.and_then(|hours| hours.checked_mul(3600)).map(Duration::from_secs);
    seconds
        .or_else(|| trace::parse::quantity::parse_duration(text).map(Duration::from_nanos))
        .ok_or_else(|| format!("`{text}` is no duration, such as 90s, 3m or 2h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("3m"), Ok(Duration::from_secs(180)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        assert!(duration("soon").is_err());
        assert!(duration("h").is_err());
    }
}
