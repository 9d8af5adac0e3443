//! `raftkv demo`: three nodes on this machine, as the Procfile of raftexample starts them.
//!
//! Each node is a process of its own, to be killed and started again by hand. A node ends when
//! its standard input does: so none outlives the demo, however that ends.

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use crate::args::{Compat, DemoArgs};

/// Peer addresses, as raftexample has them; the client ports are one above.
const CLUSTER: &str = "http://127.0.0.1:12379,http://127.0.0.1:22379,http://127.0.0.1:32379";

const WORDS: &str = "\
three nodes; try:
  curl -L http://127.0.0.1:12380/my-key -XPUT -d hello
  curl -L http://127.0.0.1:22380/my-key
  curl http://127.0.0.1:32380/v1/status
Ctrl-C ends them.";

/// Starts the nodes and waits for them.
pub(crate) fn demo(args: &DemoArgs) -> ExitCode {
    match start(args) {
        Ok(nodes) => {
            println!("{WORDS}");
            match wait(nodes) {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(reason) => {
            eprintln!("raftkv: {reason}");
            ExitCode::from(2)
        }
    }
}

/// Waits for the end of all, and says whether none ended itself in anger. One that was killed, or
/// removed from the cluster, did not.
fn wait(nodes: Vec<Child>) -> bool {
    let mut fine = true;
    for mut node in nodes {
        // Waiting would close our end of its input, and so end it.
        let input = node.stdin.take();
        let ended = node.wait();
        drop(input);
        fine &= ended.is_ok_and(|status| status.code().unwrap_or(0) == 0);
    }
    fine
}

fn start(args: &DemoArgs) -> Result<Vec<Child>, String> {
    let program = std::env::current_exe().map_err(|error| format!("no program: {error}"))?;
    let parent = args.data_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    (1..=3)
        .map(|id: u64| {
            let mut node = Command::new(&program);
            node.args(["--id", &id.to_string(), "--cluster", CLUSTER]);
            node.args(["--port", &format!("{id}2380"), "--stop-with-stdin"]);
            node.arg("--data-dir").arg(parent.join(format!("raftexample-{id}")));
            if args.compat == Some(Compat::Raftexample) {
                node.args(["--compat", "raftexample"]);
            }
            let started = node.stdin(Stdio::piped()).spawn();
            started.map_err(|error| format!("{}: {error}", program.display()))
        })
        .collect()
}
