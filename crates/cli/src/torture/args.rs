//! The flags of `squall torture`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::check::{Effort, duration};
use crate::find;
use crate::output::Format;
use crate::seed::{self, Seed};

/// A storm on real processes.
#[derive(Debug, Args)]
pub(crate) struct TortureArgs {
    /// A scenario file, or its stem if it is in ./scenarios or ./scenarios/known, or built in;
    /// `processes` if not given.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// A number, 0x..., a git hash, or `git` for HEAD; random if not given, and always printed.
    #[arg(long, value_parser = seed::parse, env = "SQUALL_SEED", hide_env_values = true)]
    pub(crate) seed: Option<Seed>,
    /// How long clients work and faults strike; the same as --set limits.storm=DURATION.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// How many founding members; the same as --set cluster.nodes=N.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=63))]
    pub(crate) nodes: Option<u64>,
    /// The program; by default the `raftkv` beside squall, or else the one of the path.
    #[arg(long, value_name = "PATH", env = "SQUALL_RAFTKV", hide_env_values = true)]
    pub(crate) raftkv: Option<PathBuf>,
    /// Whose semantics: those of etcd's raftexample lose what they acknowledged.
    #[arg(long, value_name = "WHOSE")]
    pub(crate) compat: Option<Compat>,
    /// Keep the data of the processes, their logs and the history in this new directory; by
    /// default only history and logs are kept, and only of a failure.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Override a key of the scenario, such as workload.keys=2; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = find::parse_override)]
    pub(crate) set: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) effort: Effort,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Print what is planned, and run nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print nothing but the result.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Whose semantics the processes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compat {
    /// Those of etcd's raftexample in 2018.
    Raftexample,
}

impl TortureArgs {
    /// What the flags mean for the scenario; what is given with --set comes last, and wins.
    pub(crate) fn overrides(&self) -> Vec<(String, String)> {
        let mut overrides = Vec::new();
        let mut set = |key: &str, value: String| overrides.push((key.to_owned(), value));
        if let Some(time) = self.time {
            set("limits.storm", format!("{}ms", time.as_millis()));
        }
        if let Some(nodes) = self.nodes {
            set("cluster.nodes", nodes.to_string());
        }
        if self.compat == Some(Compat::Raftexample) {
            set("profile", "raftexample".to_owned());
            set("workload.read", "local".to_owned());
            set("workload.sessions", "false".to_owned());
            // It has no other operations.
            set("workload.mix", "{ get = 50, put = 50 }".to_owned());
        }
        overrides.extend(self.set.iter().cloned());
        overrides
    }

    /// The command that makes the same plan.
    pub(crate) fn command(&self, program: &str, seed: u64) -> String {
        let quoted = crate::words::quoted;
        let mut command = format!("{program} torture");
        if let Some(scenario) = &self.scenario {
            command.push_str(&format!(" {}", quoted(scenario)));
        }
        command.push_str(&format!(" --seed {seed}"));
        if let Some(time) = self.time {
            command.push_str(&format!(" --time {}ms", time.as_millis()));
        }
        if let Some(nodes) = self.nodes {
            command.push_str(&format!(" --nodes {nodes}"));
        }
        if self.compat == Some(Compat::Raftexample) {
            command.push_str(" --compat raftexample");
        }
        for (key, value) in &self.set {
            command.push_str(&format!(" --set {}", quoted(&format!("{key}={value}"))));
        }
        command
    }
}
