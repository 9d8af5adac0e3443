//! The flags of `squall gauntlet`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use sweep::gauntlet::Strategy;

use crate::find;
use crate::output::Format;

/// Which flaws, how long, and what is written.
#[derive(Debug, ClapArgs)]
pub(crate) struct GauntletArgs {
    /// The flaws to hunt, by id; all if not given. See `squall list flaws`.
    #[arg(value_name = "FLAW")]
    pub(crate) flaws: Vec<String>,
    /// How often each flaw is hunted, each time with other seeds.
    #[arg(long, value_name = "N", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) bases: u64,
    /// Seeds after which a hunt is given up; by default each flaw's own ceiling.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) seeds: Option<u64>,
    /// Hunt in these scenarios; by default in swarm, and in the one that fits the flaw where swarm
    /// has not found it.
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) scenario: Vec<String>,
    /// Hunt in the scenario that fits the flaw too, where swarm has found it.
    #[arg(long, conflicts_with = "scenario")]
    pub(crate) both: bool,
    /// Change one thing of every scenario, to see what it is worth.
    #[arg(long, value_name = "NAME", default_value = "stock", value_parser = strategies())]
    pub(crate) strategy: Strategy,
    /// Override a key of every scenario, such as limits.storm=20s; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = find::parse_override)]
    pub(crate) set: Vec<(String, String)>,
    /// How many hunts at the same time; by default one for each processor.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=256))]
    pub(crate) jobs: Option<u64>,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Write the table as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the table as Markdown.
    #[arg(long, value_name = "FILE", env = "SQUALL_SUMMARY_MD", hide_env_values = true)]
    pub(crate) summary_md: Option<PathBuf>,
    /// Compare with a table that --json wrote: say what is harder to find than it was.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Print nothing but the result.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// The names of the strategies, which clap then lists and corrects.
fn strategies() -> impl TypedValueParser<Value = Strategy> {
    PossibleValuesParser::new(Strategy::ALL.map(Strategy::name))
        .map(|name| Strategy::named(&name).expect("one of them"))
}
