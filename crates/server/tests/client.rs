//! The client against real nodes: it finds the leader, asks again, and says how it ended.

// Tests of a program start processes and look at clocks.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

const RAFTKV: &str = env!("CARGO_BIN_EXE_raftkv");

/// A directory and three nodes; both go with the value, however the test ends.
struct Cluster {
    directory: PathBuf,
    peers: Vec<String>,
    servers: Vec<String>,
    nodes: Vec<Option<Child>>,
}

impl Cluster {
    fn start(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("raftkv-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a directory");
        // All are held until all are known, so that none is given twice.
        let held: Vec<TcpListener> =
            (0..8).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
        let address = |held: &TcpListener| held.local_addr().expect("bound");
        let mut peers: Vec<String> =
            held.iter().map(|held| format!("http://{}", address(held))).collect();
        let servers = peers.split_off(4);
        drop(held);
        let nodes = (0..4).map(|_| None).collect();
        let mut cluster = Cluster { directory, peers, servers, nodes };
        (1..=3).for_each(|id| cluster.start_node(id));
        cluster
    }

    fn start_node(&mut self, id: usize) {
        let (_, port) = self.servers[id - 1].rsplit_once(':').expect("a port");
        let mut command = Command::new(RAFTKV);
        command.args(["--id", &id.to_string(), "--port", port, "--stop-with-stdin", "--quiet"]);
        command.arg("--data-dir").arg(self.directory.join(format!("n{id}")));
        command.arg("--cluster").arg(self.peers[..id.max(3)].join(","));
        command.args(["--election-millis", "300", "--heartbeat-millis", "60"]);
        if id > 3 {
            command.arg("--join");
        }
        let child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
        self.nodes[id - 1] = Some(child.expect("raftkv starts"));
    }

    fn kill(&mut self, id: usize) {
        if let Some(mut node) = self.nodes[id - 1].take() {
            let _ = node.kill();
            let _ = node.wait();
        }
    }

    /// Runs the client; the exit code, what it wrote to stdout, and to stderr.
    fn ask(&self, arguments: &[&str]) -> (i32, String, String) {
        ask(&self.servers[..3].join(","), arguments)
    }

    /// Who leads.
    fn leader(&self) -> usize {
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            let (_, text, _) = self.ask(&["status", "--json"]);
            let rows = text.lines().map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
            let mut leaders = rows.filter(|row| row["status"]["role"] == "leader");
            if let Some(leader) = leaders.next() {
                return leader["status"]["id"].as_u64().expect("an id") as usize;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody leads");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        (1..=self.nodes.len()).for_each(|id| self.kill(id));
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn ask(servers: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(RAFTKV)
        .args(arguments)
        .args(["--servers", servers])
        .output()
        .expect("raftkv starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("no signal");
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn keys_are_written_once_read_and_compared_whoever_leads() {
    let mut cluster = Cluster::start("client-keys");
    let ok = |cluster: &Cluster, arguments: &[&str], out: &str| {
        let (code, stdout, stderr) = cluster.ask(arguments);
        assert_eq!((code, stdout.as_str()), (0, out), "{arguments:?}: {stderr}");
    };
    ok(&cluster, &["put", "a key/1", "v1"], "");
    ok(&cluster, &["append", "a key/1", ";v2"], "");
    ok(&cluster, &["get", "a key/1"], "v1;v2");
    ok(&cluster, &["cas", "a key/1", "v3", "--expect", "v1;v2"], "");
    ok(&cluster, &["cas", "new", "n", "--expect-absent"], "");
    let (code, _, stderr) = cluster.ask(&["cas", "new", "m", "--expect-absent"]);
    assert!(code == 1 && stderr.contains("does not hold"), "{code} {stderr}");
    let leader = cluster.leader();
    cluster.kill(leader);
    // The others elect, and the client finds whom.
    ok(&cluster, &["put", "after", "x"], "");
    ok(&cluster, &["get", "a key/1"], "v3");
    ok(&cluster, &["delete", "a key/1"], "");
    let (code, stdout, stderr) = cluster.ask(&["get", "a key/1"]);
    assert_eq!((code, stdout.as_str(), stderr.trim()), (1, "", "error: no such key"));
    let (_, table, _) = cluster.ask(&["status"]);
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("nobody listens there") && table.contains("leader"), "{table}");
}

#[test]
fn members_come_and_go_and_hand_over() {
    let mut cluster = Cluster::start("client-members");
    let leader = cluster.leader();
    let next = 1 + leader % 3;
    let (code, _, stderr) = cluster.ask(&["transfer", &next.to_string()]);
    assert_eq!(code, 0, "{stderr}");
    let until = Instant::now() + Duration::from_secs(20);
    while cluster.leader() != next {
        assert!(Instant::now() < until, "n{next} does not lead");
    }
    let address = cluster.peers[3].clone();
    let (code, _, stderr) = cluster.ask(&["conf", "add", "4", &address]);
    assert_eq!(code, 0, "{stderr}");
    cluster.start_node(4);
    let (_, members, _) = cluster.ask(&["conf", "get"]);
    assert!(members.contains(&format!("4    voter    {address}")), "{members}");
    let (code, _, stderr) = cluster.ask(&["conf", "del", "4"]);
    assert_eq!(code, 0, "{stderr}");
    // Nobody is removed twice.
    let (code, _, stderr) = cluster.ask(&["conf", "del", "9"]);
    assert_eq!(code, 3, "{stderr}");
    let mut removed = cluster.nodes[3].take().expect("it was started");
    while removed.try_wait().expect("asked").is_none() {
        if Instant::now() > until {
            let _ = removed.kill();
            panic!("n4 does not end by itself");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_cannot_be_done_is_said_with_a_code() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound")
    };
    let nobody = format!("http://{address}");
    let (code, _, stderr) = ask(&nobody, &["put", "k", "v", "--within-millis", "300"]);
    assert!(code == 3 && stderr.contains("nobody listens there"), "{code} {stderr}");
    // Somebody takes the request, and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("http://{}", listener.local_addr().expect("bound"));
    let (code, _, stderr) = ask(&silent, &["conf", "del", "3", "--within-millis", "300"]);
    assert!(code == 4 && stderr.contains("nobody can tell"), "{code} {stderr}");
    for (arguments, expected) in [
        (&["get", "k"][..], "expected http://HOST:PORT"),
        (&["cas", "k", "v"][..], "--expect"),
        (&["cas", "k", "v", "--expect", "a", "--expect-absent"][..], "cannot be used"),
        (&["get", "k", "--consistency", "sometimes"][..], "read-index"),
    ] {
        let (code, _, stderr) = ask("nonsense", arguments);
        assert!(code == 2 && stderr.contains(expected), "{code} {stderr}");
    }
}
