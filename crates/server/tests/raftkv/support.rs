//! Nodes as processes that end with the test, and `curl`.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_raftkv");

/// For whatever has to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory that goes with the test.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("raftkv-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that nobody uses, outside of the range that the system gives to connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let first = u64::from(std::process::id()) * 61;
    loop {
        let number = first + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(20_000 + number % 12_000).unwrap();
        // Those of the demo are never free.
        if !(22_379..=22_380).contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A node, running or not. Killed when it is dropped.
pub(crate) struct Node {
    pub(crate) port: u16,
    pub(crate) directory: PathBuf,
    log: PathBuf,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Node {
    /// A node that does not run yet. `arguments` are for this node alone.
    pub(crate) fn new(place: &Place, id: u64, cluster: &str, arguments: &[&str]) -> Node {
        let port = free_port();
        let directory = place.path().join(format!("node-{id}"));
        let mut all: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| all.extend(words.iter().map(|&word| word.to_owned()));
        add(&["--id", &id.to_string(), "--cluster", cluster, "--port", &port.to_string()]);
        add(&["--data-dir", directory.to_str().unwrap(), "--stop-with-stdin"]);
        add(&["--heartbeat-millis", "40", "--election-millis", "400"]);
        add(arguments);
        let log = place.path().join(format!("log-{id}"));
        Node { port, directory, log, arguments: all, process: None }
    }

    pub(crate) fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(&self.arguments).stdin(Stdio::piped()).stderr(log);
        self.process = Some(command.spawn().unwrap());
    }

    /// Starts the node with further arguments.
    pub(crate) fn start_with(&mut self, arguments: &[&str]) {
        let own = self.arguments.len();
        self.arguments.extend(arguments.iter().map(|&word| word.to_owned()));
        self.start();
        self.arguments.truncate(own);
    }

    /// Starts the node so that no file of it may grow beyond some blocks of 512 bytes: a write
    /// beyond fails, as on a full disk.
    pub(crate) fn start_limited(&mut self, blocks: u64) {
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, "sh", PROGRAM]).args(&self.arguments);
        self.process = Some(command.stdin(Stdio::piped()).stderr(log).spawn().unwrap());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Asks the node to stop, and waits for its end.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        drop(self.process.as_mut().unwrap().stdin.take());
        self.wait()
    }

    /// `kill -TERM`.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait()
    }

    /// Waits until the node has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let process = self.process.as_mut().unwrap();
        let mut status = None;
        eventually("the node ends", || {
            status = process.try_wait().unwrap();
            status.is_some()
        });
        self.process = None;
        status.unwrap()
    }

    /// All that the node has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        curl(&[&self.url(path)])
    }

    pub(crate) fn put(&self, path: &str, value: &str) -> Answer {
        curl(&[&self.url(path), "-XPUT", "-d", value])
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        curl(&[&self.url(path), "-XPOST", "-d", body])
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        curl(&[&self.url(path), "-XDELETE"])
    }

    /// A number out of `/v1/status`.
    pub(crate) fn status(&self, field: &str) -> Option<u64> {
        number(&self.get("/v1/status").text(), &format!("\"{field}\": "))
    }

    /// A number out of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        number(&self.get("/metrics").text(), &format!("\n{name} ")).unwrap_or(0)
    }

    /// Waits until the node knows a leader.
    pub(crate) fn wait_for_leader(&self) -> u64 {
        let mut leader = 0;
        eventually("there is a leader", || {
            leader = self.status("leader").unwrap_or(0);
            leader != 0
        });
        leader
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.log());
        }
    }
}

fn number(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(name)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// Nodes that found a cluster.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    /// Peer addresses, with commas.
    pub(crate) addresses: String,
    pub(crate) place: Place,
}

impl Cluster {
    /// A cluster that does not run yet.
    pub(crate) fn new(count: u64, scheme: &str, arguments: &[&str]) -> Cluster {
        let place = Place::new();
        let address = |_| format!("{scheme}://127.0.0.1:{}", free_port());
        let addresses = (0..count).map(address).collect::<Vec<_>>().join(",");
        let node = |id| Node::new(&place, id, &addresses, arguments);
        let nodes = (1..=count).map(node).collect();
        Cluster { nodes, addresses, place }
    }

    /// A cluster that runs and has a leader.
    pub(crate) fn started(count: u64, arguments: &[&str]) -> Cluster {
        let mut cluster = Cluster::new(count, "http", arguments);
        cluster.nodes.iter_mut().for_each(Node::start);
        cluster.node(1).wait_for_leader();
        cluster
    }

    pub(crate) fn node(&self, id: u64) -> &Node {
        &self.nodes[id as usize - 1]
    }

    pub(crate) fn node_mut(&mut self, id: u64) -> &mut Node {
        &mut self.nodes[id as usize - 1]
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header, named in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// Asks as a person would; status 0 if nobody answers.
pub(crate) fn curl(arguments: &[&str]) -> Answer {
    let mut command = Command::new("curl");
    command.args(["-sSLi", "--max-time", "15"]).args(arguments);
    let output = command.output().expect("curl is installed");
    let mut rest = &output.stdout[..];
    loop {
        let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Answer { status: 0, head: String::new(), body: output.stderr };
        };
        let head = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 4..];
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        if status >= 200 {
            return Answer { status, head, body: rest.to_vec() };
        }
    }
}

/// Runs the program until it ends.
pub(crate) fn raftkv(arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "in time: {what}");
        sleep(Duration::from_millis(30));
    }
}
