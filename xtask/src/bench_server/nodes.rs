//! Nodes on this machine, and what the system and they themselves say of their work.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load;

/// Nodes that end with the value.
pub(super) struct Nodes {
    children: Vec<Child>,
    servers: Vec<SocketAddr>,
}

impl Nodes {
    /// Starts nodes that found a cluster.
    ///
    /// # Errors
    ///
    /// If one does not start.
    pub(super) fn start(raftkv: &Path, directory: &Path, count: u64) -> Result<Nodes, String> {
        let fail = |error: std::io::Error| format!("{}: {error}", raftkv.display());
        let held = (0..2 * count).map(|_| TcpListener::bind("127.0.0.1:0"));
        let held = held.collect::<Result<Vec<_>, _>>().map_err(fail)?;
        let addresses = held.iter().map(TcpListener::local_addr);
        let mut peers = addresses.collect::<Result<Vec<_>, _>>().map_err(fail)?;
        let servers = peers.split_off(count as usize);
        drop(held);
        let cluster: Vec<String> = peers.iter().map(|peer| format!("http://{peer}")).collect();
        let mut nodes = Nodes { children: Vec::new(), servers };
        for (id, server) in (1..).zip(&nodes.servers) {
            let mut command = Command::new(raftkv);
            command.args(["--id", &format!("{id}"), "--cluster", &cluster.join(",")]);
            command.args(["--port", &server.port().to_string(), "--stop-with-stdin", "--quiet"]);
            command.arg("--data-dir").arg(directory.join(format!("n{id}")));
            let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
            nodes.children.push(child.map_err(fail)?);
        }
        Ok(nodes)
    }

    /// Where the leader answers.
    ///
    /// # Errors
    ///
    /// If nobody leads.
    pub(super) fn leader(&self) -> Result<SocketAddr, String> {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            for server in &self.servers {
                let status = load::page(*server, "/v1/status").unwrap_or_default();
                let status: serde_json::Value = serde_json::from_str(&status).unwrap_or_default();
                if status["role"] == "leader" {
                    return Ok(*server);
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("nobody leads".to_owned())
    }

    /// CPU time of all nodes.
    pub(super) fn cpu(&self) -> Duration {
        self.children.iter().map(|child| cpu(child.id())).sum()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// User and system time of a process.
fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
    // A clock tick is 10 ms on every Linux that Rust supports.
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// How often a node has synced a file.
///
/// # Errors
///
/// If it does not say.
pub(super) fn syncs(server: SocketAddr) -> Result<u64, String> {
    let page = load::page(server, "/metrics")?;
    let name = "raftkv_fsync_seconds_count{kind=\"file\"} ";
    let count = page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    count.ok_or_else(|| format!("{server}: no {name}in /metrics"))
}
