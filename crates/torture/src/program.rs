//! `raftkv`: where it is found, and with which flags it is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use trace::{Profile, Scenario};

use crate::api::Dialect;
use crate::process::Process;

/// The name of the program.
const NAME: &str = "raftkv";

/// A program to be tortured.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    flags: Vec<String>,
    dialect: Dialect,
}

impl Program {
    /// The program at a path, set up as a scenario asks.
    #[must_use]
    pub fn new(path: PathBuf, scenario: &Scenario) -> Self {
        let node = &scenario.node;
        let millis = |ticks: u32| (node.tick * u64::from(ticks) / 1_000_000).to_string();
        let mut flags: Vec<String> = [
            ("--heartbeat-millis", millis(node.heartbeat_ticks)),
            ("--election-millis", millis(node.election_ticks)),
            ("--snapshot-every", node.snapshot_every.to_string()),
            ("--catch-up-entries", node.catch_up_entries.to_string()),
            ("--segment-bytes", node.segment_bytes.to_string()),
        ]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value])
        .collect();
        // Whatever becomes of us, it does not outlive us.
        flags.push("--stop-with-stdin".to_owned());
        let mut dialect = Dialect::Own;
        if scenario.profile == Profile::Raftexample {
            dialect = Dialect::Raftexample;
            flags.extend(["--compat".to_owned(), "raftexample".to_owned()]);
        }
        Program { path, flags, dialect }
    }

    /// The program beside another one, or else the one of the path.
    #[must_use]
    pub fn find(beside: Option<&Path>) -> Option<PathBuf> {
        let name = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
        let beside = beside.and_then(Path::parent).map(Path::to_owned);
        // Tests and examples lie one directory below the programs of a build.
        let above = beside.as_deref().and_then(Path::parent).map(Path::to_owned);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = beside.into_iter().chain(above).chain(std::env::split_paths(&path));
        places.map(|place| place.join(&name)).find(|path| path.is_file())
    }

    /// Which interface it speaks.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The command that starts a process.
    /// `peers` says where this process dials the others.
    pub(crate) fn command(
        &self,
        process: &Process,
        cluster: &[String],
        peers: &[String],
        joins: bool,
    ) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("--id").arg(process.id.to_string());
        command.arg("--cluster").arg(cluster.join(","));
        command.arg("--port").arg(process.http.port().to_string());
        for peer in peers {
            command.arg("--peer").arg(peer);
        }
        command.arg("--data-dir").arg(&process.directory);
        if joins {
            command.arg("--join");
        }
        command.args(&self.flags);
        command
    }
}
