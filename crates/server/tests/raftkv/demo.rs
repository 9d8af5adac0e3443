//! `raftkv demo`: the three nodes of raftexample's Procfile, at its addresses.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::support::{PROGRAM, Place, curl, eventually};

const CLUSTER: &str = "http://127.0.0.1:12379,http://127.0.0.1:22379,http://127.0.0.1:32379";

/// A program of the test, killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn url(id: u64, path: &str) -> String {
    format!("http://127.0.0.1:{id}2380{path}")
}

fn put(id: u64, value: &str) -> u16 {
    curl(&[&url(id, "/my-key"), "-XPUT", "-d", value]).status
}

fn get(id: u64) -> String {
    curl(&[&url(id, "/my-key")]).text()
}

/// A node of the demo, found by its arguments, is killed as a person would.
#[cfg(target_os = "linux")]
fn kill_node(place: &Place, id: u64) {
    let directory = place.path().join(format!("raftexample-{id}"));
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let node = processes.map(|entry| entry.path()).find(|path| {
        let arguments = fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains(directory.to_str().unwrap())
    });
    let process = node.expect("the node runs");
    let process = process.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(Command::new("kill").args(["-9", &process]).status().unwrap().success());
}

/// The whole of it in one test, because there is one set of addresses.
#[test]
fn three_nodes_run_until_the_demo_ends() {
    let place = Place::new();
    let demo = || {
        let mut command = Command::new(PROGRAM);
        command.args(["demo", "--data-dir", place.path().to_str().unwrap()]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    };
    let running = Running(demo().stdout(Stdio::null()).spawn().unwrap());
    eventually("a node takes a write", || put(1, "hello") == 204);
    eventually("another one has it", || get(2) == "hello");
    eventually("and the third", || get(3) == "hello");

    // A second demo finds the addresses taken, and says so by its exit code.
    assert_eq!(demo().output().unwrap().status.code(), Some(1));
    assert_eq!(get(3), "hello");

    #[cfg(target_os = "linux")]
    {
        kill_node(&place, 2);
        eventually("two go on", || put(1, "foo") == 204);
        assert_eq!(curl(&[&url(2, "/my-key")]).status, 0);
        let mut command = Command::new(PROGRAM);
        command.args(["--id", "2", "--cluster", CLUSTER, "--port", "22380", "--data-dir"]);
        command.arg(place.path().join("raftexample-2"));
        let _second = Running(command.stderr(Stdio::null()).spawn().unwrap());
        eventually("it is back", || get(2) == "foo");
    }

    // However the demo ends, its nodes do too.
    drop(running);
    for id in 1..=3 {
        eventually("no node is left", || curl(&[&url(id, "/my-key")]).status == 0);
    }
}
