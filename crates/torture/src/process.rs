//! One `raftkv` process: started, stopped (SIGSTOP), asked to end (SIGTERM), killed (SIGKILL),
//! started again on the same directory. It never outlives the value that holds it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use system::{NodeId, Setup};

/// Bytes at the end of a log that are shown.
const TAIL_BYTES: usize = 2_000;

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Never started.
    Unborn,
    /// Running, or stopped by a signal.
    Up,
    /// Killed, or ended as it was asked to; it will be started again.
    Down,
    /// It ended itself in good order, as a node does that is no member any more.
    Left,
    /// It ended itself otherwise.
    Failed,
}

/// A process and its place in the world.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) id: NodeId,
    /// Where it answers clients.
    pub(crate) http: SocketAddr,
    /// Where it takes messages of others.
    pub(crate) peer: SocketAddr,
    /// Its data.
    pub(crate) directory: PathBuf,
    /// What it says.
    pub(crate) log: PathBuf,
    pub(crate) life: Life,
    /// Counts its starts, from 0.
    pub(crate) incarnation: u64,
    /// Stopped by this fault; 0 for none.
    pub(crate) paused: u32,
    /// Whether it was asked to end and has not ended.
    pub(crate) is_asked: bool,
    /// With what it starts instead of what the scenario says.
    pub(crate) setup: Setup,
    child: Option<Child>,
}

impl Process {
    pub(crate) fn new(id: NodeId, http: SocketAddr, peer: SocketAddr, directory: PathBuf) -> Self {
        let log = directory.with_extension("log");
        Process {
            id,
            http,
            peer,
            directory,
            log,
            life: Life::Unborn,
            incarnation: 0,
            paused: 0,
            is_asked: false,
            setup: Setup::default(),
            child: None,
        }
    }

    /// Where clients find it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// The number that the system gave it.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.life == Life::Up
    }

    /// Starts it with a command whose output goes to its log.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(&mut self, mut command: Command) -> io::Result<()> {
        assert!(self.child.is_none(), "n{} is running already", self.id);
        let log: File = OpenOptions::new().create(true).append(true).open(&self.log)?;
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        // What a terminal sends to us is not meant for it: we end it.
        command.process_group(0);
        self.child = Some(command.spawn()?);
        self.life = Life::Up;
        self.incarnation += 1;
        Ok(())
    }

    /// Ends it at once, wherever it is.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it is gone already.
            let _ = child.kill();
            let _ = child.wait();
            self.life = Life::Down;
            self.paused = 0;
            self.is_asked = false;
        }
    }

    /// Stops it, until [`Process::resume`].
    pub(crate) fn pause(&mut self, fault: u32) {
        self.signal(Signal::SIGSTOP);
        self.paused = fault;
    }

    /// Lets it go on.
    pub(crate) fn resume(&mut self) {
        self.signal(Signal::SIGCONT);
        self.paused = 0;
    }

    /// Asks it to end; it will be started again. One that is paused hears it when it goes on.
    pub(crate) fn ask_to_end(&mut self) {
        self.signal(Signal::SIGTERM);
        self.is_asked = true;
    }

    /// Asks it to end, and waits. Whether it did, in good order.
    pub(crate) fn shut_down(&mut self, within: Duration) -> bool {
        self.signal(Signal::SIGTERM);
        let until = Instant::now() + within;
        while Instant::now() < until {
            if let Some(status) = self.exited() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
        false
    }

    /// Whether it has ended by itself since this was asked last.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok()??;
        self.child = None;
        self.paused = 0;
        let was_asked = std::mem::take(&mut self.is_asked);
        self.life = match (status.success(), was_asked) {
            (true, true) => Life::Down,
            (true, false) => Life::Left,
            (false, _) => Life::Failed,
        };
        Some(status)
    }

    /// The end of what it said, as one paragraph.
    pub(crate) fn last_words(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
        let text = String::from_utf8_lossy(tail);
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        lines[lines.len().saturating_sub(4)..].join(" | ")
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()) {
            // It may have ended a moment ago; nobody has waited for it, so the number is its own.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(name: &str) -> Process {
        let mut command = Command::new("sleep");
        command.arg("60");
        started(name, command)
    }

    fn started(name: &str, command: Command) -> Process {
        let directory = std::env::temp_dir().join(format!("torture-{name}-{}", std::process::id()));
        let nowhere = "127.0.0.1:1".parse().expect("an address");
        let mut process = Process::new(1, nowhere, nowhere, directory);
        process.start(command).expect("started");
        process
    }

    /// The state letter of a process; `None` if there is none.
    fn state(pid: u32) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.trim().chars().next()
    }

    fn wait_for(pid: u32, wanted: Option<char>) {
        let until = Instant::now() + Duration::from_secs(5);
        while state(pid) != wanted {
            assert!(Instant::now() < until, "{:?} and not {wanted:?}", state(pid));
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_process_stops_goes_on_and_dies_with_its_value() {
        let mut process = sleeper("stops");
        let pid = process.pid().expect("it runs");
        process.pause(1);
        wait_for(pid, Some('T'));
        process.resume();
        wait_for(pid, Some('S'));
        process.pause(2);
        let log = process.log.clone();
        drop(process);
        assert_eq!(state(pid), None, "a stopped process is killed too");
        fs::remove_file(log).expect("removed");
    }

    #[test]
    fn who_ends_as_it_was_asked_to_will_be_started_again() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done"]);
        let mut process = started("asked", command);
        let until = Instant::now() + Duration::from_secs(5);
        while process.last_words() != "ready" {
            assert!(Instant::now() < until, "it is ready");
            std::thread::sleep(Duration::from_millis(1));
        }
        process.ask_to_end();
        while process.exited().is_none() {
            assert!(Instant::now() < until, "it ends");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!((process.life, process.is_asked), (Life::Down, false));
        fs::remove_file(&process.log).expect("removed");
    }

    #[test]
    fn who_ends_by_itself_is_seen() {
        let mut process = sleeper("ends");
        assert_eq!(process.exited(), None);
        assert!(process.is_up());
        // The default of SIGTERM is no good order.
        assert!(!process.shut_down(Duration::from_secs(5)));
        assert_eq!(process.life, Life::Failed);
        fs::remove_file(&process.log).expect("removed");
    }
}
