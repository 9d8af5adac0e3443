//! A real Slurm on this machine: a controller, an authentication daemon and some node daemons,
//! with configuration, sockets and keys in a directory of their own, on the loopback only. Needs
//! no root and no systemd, and leaves the machine's own Slurm, if there is one, alone.
//!
//! Every command gets this cluster's `SLURM_CONF`, so none can reach another cluster.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::processes;
use crate::process;

/// Debian's packages, and a program of each.
pub(super) const PACKAGES: [(&str, &str); 4] = [
    ("slurmctld", "slurmctld"),
    ("slurmd", "slurmd"),
    ("slurm-client", "sbatch"),
    ("munge", "munged"),
];

/// How long the daemons may take to come up.
const UP_MAX: Duration = Duration::from_secs(30);

/// How the directories of clusters are called; the number of the process that owns it follows.
const PREFIX: &str = "squall-slurm-";

/// A cluster that ends with this value.
pub(super) struct Cluster {
    directory: PathBuf,
    nodes: usize,
}

impl Cluster {
    /// The packages that are not installed.
    pub(super) fn missing() -> Vec<&'static str> {
        let missing = PACKAGES.iter().filter(|(_, program)| find(program).is_none());
        missing.map(|(package, _)| *package).collect()
    }

    /// Starts a cluster and waits until all of its nodes are idle.
    ///
    /// # Errors
    ///
    /// If a daemon does not start; the end of its log is in the message.
    pub(super) fn start(nodes: usize) -> Result<Cluster, String> {
        let directory = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        for part in ["state", "spool", "log", "run"] {
            fs::create_dir_all(directory.join(part)).map_err(|error| error.to_string())?;
        }
        let cluster = Cluster { directory, nodes };
        // From here on an error ends what has been started.
        cluster.configure()?;
        cluster.launch()?;
        Ok(cluster)
    }

    /// A directory for files of jobs.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn conf(&self) -> PathBuf {
        self.directory.join("slurm.conf")
    }

    /// One of Slurm's programs, for this cluster.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["SLURM", "SBATCH", "SQUEUE", "SCANCEL", "SINFO"].iter().any(|p| name.starts_with(p))
            {
                command.env_remove(&name);
            }
        }
        command.env("SLURM_CONF", self.conf()).env("PATH", path()).current_dir(&self.directory);
        command
    }

    /// Runs one of Slurm's programs and returns what it says.
    ///
    /// # Errors
    ///
    /// If it fails.
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command(program);
        command.args(arguments);
        match process::output(&mut command)? {
            (0, stdout, _) => Ok(stdout.trim().to_owned()),
            (code, stdout, stderr) => Err(format!(
                "{program} {} ended with {code}: {stdout}{stderr}",
                arguments.join(" ")
            )),
        }
    }

    fn configure(&self) -> Result<(), String> {
        let base = free_ports(self.nodes + 1)?;
        let said = |program: &str, argument: &str| {
            let output = process::output(Command::new(program).arg(argument))?;
            Ok::<_, String>(output.1.trim().to_owned())
        };
        let (host, user) = (said("hostname", "-s")?, said("id", "-un")?);
        let text = configuration(&self.directory, self.nodes, base, &host, &user);
        fs::write(self.conf(), text).map_err(|error| error.to_string())?;
        // Munge wants a key that nobody else can read.
        let mut key = Command::new("sh");
        key.arg("-c").arg("umask 077 && head -c 128 /dev/urandom > munge.key");
        process::run(key.current_dir(&self.directory))
    }

    fn launch(&self) -> Result<(), String> {
        let inside = |name: &str| self.directory.join(name);
        let mut munged = self.command("munged");
        // Without --force it refuses a directory that others may not enter.
        munged.arg("--force");
        for (flag, name) in [
            ("key-file", "munge.key"),
            ("socket", "run/munge.sock"),
            ("pid-file", "run/munged.pid"),
            ("log-file", "log/munged.log"),
            ("seed-file", "run/munge.seed"),
        ] {
            munged.arg(format!("--{flag}={}", inside(name).display()));
        }
        self.daemon(&mut munged, "munged")?;
        self.daemon(self.command("slurmctld").arg("-c"), "slurmctld")?;
        let stepd = find("slurmstepd").ok_or("slurmstepd is missing")?;
        for node in 1..=self.nodes {
            let name = format!("n{node}");
            fs::create_dir_all(inside("spool").join(&name)).map_err(|error| error.to_string())?;
            let mut slurmd = self.command("slurmd");
            self.daemon(
                slurmd.args(["-N", &name]).arg("-d").arg(&stepd),
                &format!("slurmd-{name}"),
            )?;
        }
        let started = Instant::now();
        let all = self.nodes.to_string();
        while self.ask("sinfo", &["-h", "-t", "idle", "-o", "%D"]).ok().as_deref() != Some(&*all) {
            if started.elapsed() > UP_MAX {
                return Err(format!("the cluster does not come up\n{}", self.logs()));
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn daemon(&self, command: &mut Command, name: &str) -> Result<(), String> {
        let (code, stdout, stderr) = process::output(command)?;
        if code == 0 {
            return Ok(());
        }
        Err(format!("{name} ended with {code}\n{stdout}{stderr}{}", self.logs()))
    }

    /// The last lines of every log.
    pub(super) fn logs(&self) -> String {
        let mut text = String::new();
        for log in crate::tidy::children(&self.directory.join("log")) {
            let lines = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> = lines.lines().rev().take(8).collect();
            let name = log.file_name().unwrap_or_default().to_string_lossy().into_owned();
            text.push_str(&format!("--- {name}\n"));
            text.extend(last.iter().rev().map(|line| format!("{line}\n")));
        }
        text
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs first: a node daemon that ends before its job leaves the job's keeper behind.
        if self.conf().is_file() && self.ask("sinfo", &["-h"]).is_ok() {
            let user = process::output(Command::new("id").arg("-un"));
            let user = user.map(|(_, name, _)| name.trim().to_owned()).unwrap_or_default();
            let _ = self.ask("scancel", &["-u", &user]);
            let started = Instant::now();
            while self.ask("squeue", &["-h"]).is_ok_and(|jobs| !jobs.is_empty())
                && started.elapsed() < Duration::from_secs(12)
            {
                sleep(Duration::from_millis(200));
            }
        }
        end(&self.directory);
    }
}

/// Ends what belongs to the cluster in a directory, by its pid files and its environment, and
/// removes the directory.
fn end(directory: &Path) {
    for file in crate::tidy::children(&directory.join("run")) {
        if file.extension().is_some_and(|extension| extension == "pid") {
            processes::end_by_file(&file, directory);
        }
    }
    // Keepers of steps, and workers that outlived them.
    let conf = format!("SLURM_CONF={}", directory.join("slurm.conf").display());
    for pid in processes::with_environment(&conf) {
        processes::signal(pid, "KILL");
    }
    let _ = fs::remove_dir_all(directory);
}

/// Ends clusters whose owner is gone without having ended them, as after an interrupt.
pub(super) fn end_orphans() {
    for directory in crate::tidy::children(&std::env::temp_dir()) {
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|pid| pid.parse().ok());
        if owner.is_some_and(|pid: u32| !processes::alive(pid)) {
            end(&directory);
        }
    }
}

/// The directories of programs: Debian puts daemons where users do not look.
fn path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/sbin:/sbin")
}

fn find(program: &str) -> Option<PathBuf> {
    path().split(':').map(|directory| Path::new(directory).join(program)).find(|p| p.is_file())
}

/// The first of so many ports in a row that nobody uses.
fn free_ports(count: usize) -> Result<u16, String> {
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let count = u16::try_from(count).map_err(|_| "too many ports")?;
    let start = 20_000 + u16::try_from(std::process::id() % 9_000).expect("below 9000");
    let mut candidates = (0..100).map(|attempt| start + attempt * 10);
    candidates
        .find(|base| (0..count).all(|offset| free(base + offset)))
        .ok_or_else(|| "no free ports".to_owned())
}

fn configuration(directory: &Path, nodes: usize, base: u16, host: &str, user: &str) -> String {
    let d = directory.display();
    let (first, last) = (base + 1, usize::from(base) + nodes);
    format!(
        "ClusterName=squall
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={base}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={d}/run/munge.sock
CredType=cred/munge
StateSaveLocation={d}/state
SlurmdSpoolDir={d}/spool/%n
SlurmctldPidFile={d}/run/slurmctld.pid
SlurmdPidFile={d}/run/slurmd-%n.pid
SlurmctldLogFile={d}/log/slurmctld.log
SlurmdLogFile={d}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=3600
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=1 \
         RealMemory=500 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"
    )
}
