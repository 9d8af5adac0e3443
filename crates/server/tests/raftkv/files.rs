//! The data directory: who may use it, what is refused, and that the simulator's node reads it.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use node::{Config, RaftNode};
use sim::{Chance, Delay, Disk, DiskOptions, SharedDisk};
use system::{
    Boot, Effect, Effects, Input, NodeSet, Op, Output, Random, ReadMode, Reply, Request, Response,
    Role, Start, System,
};

use crate::support::{Cluster, curl, raftkv};

fn segments(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory.join("wal")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn inspect(directory: &Path) -> (Option<i32>, String) {
    let output = raftkv(&["inspect-wal", directory.to_str().unwrap()]);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_directory_has_one_user_and_one_owner() {
    let mut cluster = Cluster::started(1, &[]);
    let node = cluster.node_mut(1);
    let directory = node.directory.to_str().unwrap().to_owned();
    let open = |arguments: &[&str]| {
        let output = raftkv(&[&["--data-dir", &directory], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        said
    };
    assert!(open(&[]).contains("another process uses this directory"));
    assert_eq!(node.put("/k", "v").status, 204);
    assert_eq!(node.stop().code(), Some(0));
    assert!(open(&["--cluster-name", "other"]).contains("belongs to cluster \"raftkv\""));
    let two = "http://127.0.0.1:1,http://127.0.0.1:2";
    assert!(open(&["--id", "2", "--cluster", two]).contains("is the directory of node 1, not 2"));
}

#[test]
fn a_log_that_is_gone_is_not_taken_for_a_new_one() {
    let mut cluster = Cluster::started(1, &[]);
    let node = cluster.node_mut(1);
    assert_eq!(node.put("/k", "v").status, 204);
    assert_eq!(node.terminate().code(), Some(0));
    fs::remove_dir_all(node.directory.join("wal")).unwrap();
    node.start();
    assert_eq!(node.wait().code(), Some(1));
    assert!(node.log().contains("the files of an earlier life are gone"));
}

#[test]
fn damage_is_shown_and_refused() {
    let mut cluster = Cluster::started(1, &[]);
    let node = cluster.node_mut(1);
    for value in ["one", "two", "three"] {
        assert_eq!(node.put("/k", value).status, 204);
    }
    node.kill();
    let (code, text) = inspect(&node.directory);
    assert_eq!(code, Some(0), "{text}");
    for words in ["node 1 of cluster \"raftkv\"", "put \"k\" \"two\"", "a node would start"] {
        assert!(text.contains(words), "{text}");
    }

    let segment = segments(&node.directory).remove(0);
    let line = text.lines().find(|line| line.contains("put \"k\" \"two\"")).unwrap();
    let offset: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    let file = fs::File::options().write(true).open(&segment).unwrap();
    file.write_all_at(b"TWO", offset + 60).unwrap();
    let (code, text) = inspect(&node.directory);
    assert_eq!(code, Some(1), "{text}");
    for words in ["DAMAGED: damage to what was durable", "three", "would not start (corrupt)"] {
        assert!(text.contains(words), "{text}");
    }
    node.start();
    assert_eq!(node.wait().code(), Some(1));
    assert!(node.log().contains("damage to what was durable"));
}

#[test]
fn a_disk_that_takes_no_more_ends_the_node_and_loses_nothing() {
    let mut cluster = Cluster::new(1, "http", &[]);
    let node = cluster.node_mut(1);
    // A limit for files, which also limits the log of the test itself.
    node.start_limited(64);
    node.wait_for_leader();
    let value = "v".repeat(3_000);
    let mut done = 0;
    let refused = loop {
        let answer = node.put(&format!("/key-{done}"), &value);
        if answer.status != 204 {
            break answer;
        }
        done += 1;
        assert!(done < 100, "the limit is reached");
    };
    assert!(done > 5, "{done} writes");
    assert_eq!(refused.header("raftkv-outcome").unwrap_or("unknown"), "unknown");
    assert_eq!(node.wait().code(), Some(1));
    assert!(node.log().contains("(disk-failed): append of wal/"), "{}", node.log());
    node.start();
    node.wait_for_leader();
    for number in 0..done {
        assert_eq!(node.get(&format!("/key-{number}")).text(), value, "{number}");
    }
}

/// Always the same number, as good as any for a node without others.
struct Fixed;

impl Random for Fixed {
    fn next_u64(&mut self) -> u64 {
        1 << 60
    }
}

/// The simulator's disk and node, without its clock.
struct Simulated {
    disk: SharedDisk,
    effects: Effects<<RaftNode as System>::Message>,
    node: RaftNode,
    replies: Vec<Reply>,
    now: u64,
}

impl Simulated {
    fn disk() -> SharedDisk {
        let options = DiskOptions::sound(Delay::Fixed(0), Delay::Fixed(0), 512, 0, 0);
        SharedDisk::new(Disk::new(options, 1, &Chance::new(1)))
    }

    fn boot(disk: SharedDisk) -> Simulated {
        let effects = Effects::new(Rc::new(disk.clone()));
        let voters = NodeSet::first(1);
        let boot = Boot {
            id: 1,
            incarnation: 0,
            now: 0,
            start: Start::Found { voters, learners: NodeSet::EMPTY },
            has_lived: false,
            random: Box::new(Fixed),
        };
        let node = RaftNode::boot(&Config::default(), boot, &effects).unwrap();
        let mut simulated = Simulated { disk, effects, node, replies: Vec::new(), now: 0 };
        simulated.perform();
        while simulated.node.view().role != Role::Leader {
            simulated.give(Input::Timer(system::Timer("tick")));
            assert!(simulated.now < 10_000, "a node without others elects itself");
        }
        simulated
    }

    fn give(&mut self, input: Input<<RaftNode as System>::Message>) {
        self.now += 1;
        self.node.handle(self.now, input, &self.effects);
        self.node.flush(self.now, &self.effects);
        self.perform();
    }

    fn perform(&mut self) {
        while let Some(effect) = self.effects.pop() {
            if effect.is_disk() {
                self.disk.borrow_mut().perform(&effect).unwrap();
            } else if let Effect::Reply { reply, .. } = effect {
                self.replies.push(reply);
            }
        }
    }

    fn ask(&mut self, op: Op, read: ReadMode) -> Reply {
        self.give(Input::Request { id: 1, request: Request::Op { op, read, session: None } });
        self.replies.pop().expect("it answers at once")
    }

    fn get(&mut self, key: &'static str) -> Option<String> {
        match self.ask(Op::Get { key: key.into() }, ReadMode::Local) {
            Reply::Ok { response: Response::Output(Output::Value(value)), .. } => {
                value.map(|value| String::from_utf8(value.to_vec()).unwrap())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// All files of the node, by their name below the data directory.
fn names(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for part in ["wal", "snap"] {
        for entry in fs::read_dir(directory.join(part)).into_iter().flatten() {
            names.push(format!("{part}/{}", entry.unwrap().file_name().to_str().unwrap()));
        }
    }
    names
}

#[test]
fn the_simulators_node_goes_on_where_this_one_ended_and_back() {
    let options = ["--segment-bytes", "2048", "--snapshot-every", "25", "--catch-up-entries", "3"];
    let mut cluster = Cluster::started(1, &options);
    let node = cluster.node_mut(1);
    let url = format!("{}[1-40]", node.url("/key-"));
    assert_eq!(curl(&[&url, "-XPUT", "-dfrom the machine"]).status, 204);
    node.kill();
    assert!(names(&node.directory).iter().any(|name| name.ends_with(".snap")));
    assert!(segments(&node.directory).len() > 1);

    let disk = Simulated::disk();
    for name in names(&node.directory) {
        let data = fs::read(node.directory.join(&name)).unwrap();
        let path = name.into();
        disk.borrow_mut().perform::<()>(&Effect::Append { path, data }).unwrap();
    }
    let mut simulated = Simulated::boot(disk.clone());
    for key in ["key-1", "key-40"] {
        assert_eq!(simulated.get(key).as_deref(), Some("from the machine"));
    }
    let put = Op::Put { key: "key-1".into(), value: "from the simulator".into() };
    assert!(matches!(simulated.ask(put, ReadMode::Log), Reply::Ok { .. }));
    let term = simulated.node.view().term;

    for part in ["wal", "snap"] {
        let _ = fs::remove_dir_all(node.directory.join(part));
        fs::create_dir(node.directory.join(part)).unwrap();
        let paths = disk.borrow().list(part).unwrap();
        for path in paths {
            let data = disk.borrow_mut().read(&path).unwrap().unwrap();
            fs::write(node.directory.join(&*path), data).unwrap();
        }
    }
    node.start();
    node.wait_for_leader();
    assert_eq!(node.get("/key-1").text(), "from the simulator");
    assert_eq!(node.get("/key-40").text(), "from the machine");
    assert_eq!(node.status("term"), Some(term + 1));
}
