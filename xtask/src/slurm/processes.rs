//! Processes of this machine, found in `/proc`: by a file that names one, or by a line of their
//! environment. Nothing is ever ended by its name alone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Whether there is such a process, and it is not only waiting to be buried.
pub(super) fn alive(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}

/// Sends a signal; a process that is gone is none of our business.
pub(super) fn signal(pid: u32, name: &str) {
    let mut kill = Command::new("sh");
    kill.arg("-c").arg(format!("kill -{name} {pid} 2>/dev/null"));
    let _ = kill.status();
}

/// All processes in whose environment this line stands.
pub(super) fn with_environment(line: &str) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
    pids.filter(|pid| has(*pid, line)).collect()
}

/// Whether a process has this line in its environment.
pub(super) fn has(pid: u32, line: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == line.as_bytes())
}

/// What a process was started as.
pub(super) fn program(pid: u32) -> String {
    let link = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    link.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Ends the process that a pid file names, if it belongs to this directory: politely, and after
/// five seconds not so.
pub(super) fn end_by_file(file: &Path, directory: &Path) {
    let text = fs::read_to_string(file).unwrap_or_default();
    let Ok(pid) = text.trim().parse() else { return };
    let ours = format!("SLURM_CONF={}", directory.join("slurm.conf").display());
    if !has(pid, &ours) {
        return;
    }
    signal(pid, "TERM");
    let started = Instant::now();
    while alive(pid) {
        if started.elapsed() > Duration::from_secs(5) {
            signal(pid, "KILL");
            return;
        }
        sleep(Duration::from_millis(50));
    }
}
