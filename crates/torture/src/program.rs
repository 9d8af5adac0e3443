//! `raftkv`: where it is found, and with which flags it is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use trace::{NodeOptions, Profile, Scenario};

use crate::api::Dialect;
use crate::process::Process;

/// The name of the program.
const NAME: &str = "raftkv";

/// A program to be tortured.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    flags: Vec<String>,
    node: NodeOptions,
    dialect: Dialect,
}

impl Program {
    /// The program at a path, set up as a scenario asks.
    #[must_use]
    pub fn new(path: PathBuf, scenario: &Scenario) -> Self {
        let node = &scenario.node;
        let millis = |ticks: u32| (node.tick * u64::from(ticks) / 1_000_000).to_string();
        let mut flags = vec![
            "--heartbeat-millis".to_owned(),
            millis(node.heartbeat_ticks),
            "--election-millis".to_owned(),
            millis(node.election_ticks),
            // Whatever becomes of us, it does not outlive us.
            "--stop-with-stdin".to_owned(),
        ];
        let mut dialect = Dialect::Own;
        if scenario.profile == Profile::Raftexample {
            dialect = Dialect::Raftexample;
            flags.extend(["--compat".to_owned(), "raftexample".to_owned()]);
        }
        Program { path, flags, node: node.clone(), dialect }
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
        let (setup, node) = (&process.setup, &self.node);
        for (flag, value) in [
            ("--snapshot-every", setup.snapshot_every.unwrap_or(node.snapshot_every)),
            ("--catch-up-entries", setup.catch_up_entries.unwrap_or(node.catch_up_entries)),
            ("--segment-bytes", setup.segment_bytes.unwrap_or(node.segment_bytes)),
        ] {
            command.arg(flag).arg(value.to_string());
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::Setup;

    #[test]
    fn a_process_is_started_as_the_scenario_and_its_setup_say() {
        let text = "about = \"x\"\nprofile = \"raftexample\"\n[node]\nsnapshot-every = 60";
        let scenario = trace::parse_scenario("test.toml", text, &[]).expect("a scenario");
        let program = Program::new("raftkv".into(), &scenario);
        let address = |port: u16| (std::net::Ipv4Addr::LOCALHOST, port).into();
        let mut process = Process::new(4, address(7), address(8), "data/n4".into());
        process.setup = Setup { segment_bytes: Some(4096), ..Setup::default() };
        let cluster = ["http://127.0.0.1:1".to_owned(), "http://127.0.0.1:8".to_owned()];
        let peers = ["1=http://127.0.0.1:9".to_owned()];
        let command = program.command(&process, &cluster, &peers, true);
        let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        let expected = "--id 4 --cluster http://127.0.0.1:1,http://127.0.0.1:8 --port 7 \
                        --peer 1=http://127.0.0.1:9 --data-dir data/n4 --join \
                        --heartbeat-millis 50 --election-millis 150 --stop-with-stdin \
                        --compat raftexample --snapshot-every 60 --catch-up-entries 50 \
                        --segment-bytes 4096";
        assert_eq!(arguments.join(" "), expected);
    }
}
