//! The machine's disk and the simulator's one, side by side.

use std::rc::Rc;

use node::{Config, RaftNode};
use sim::{Chance, Delay, DiskOptions, SharedDisk};
use system::{
    Boot, Effects, Input, NodeSet, Op, Random, ReadMode, Request, Role, SharedFiles, Start, System,
    Timer,
};

use super::*;

/// A directory that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("raftkv-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Place(path)
    }

    fn disk(&self) -> Disk {
        Disk::new(&self.0, Arc::default(), slog::Logger::root(slog::Discard, slog::o!()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The same numbers for both nodes.
struct Fixed;

impl Random for Fixed {
    fn next_u64(&mut self) -> u64 {
        1 << 60
    }
}

type Message = <RaftNode as System>::Message;

/// Lets a node elect itself, take writes, snapshots and new segments, and go on in a second life.
fn live(files: &SharedFiles, perform: impl Fn(&Effect<Message>)) {
    for incarnation in 0..2 {
        let effects = Effects::new(Rc::clone(files));
        let voters = NodeSet::first(1);
        let boot = Boot {
            id: 1,
            incarnation,
            now: 0,
            start: Start::Found { voters, learners: NodeSet::EMPTY },
            has_lived: incarnation > 0,
            random: Box::new(Fixed),
        };
        let config = Config {
            snapshot_every: 20,
            catch_up_entries: 3,
            segment_bytes: 600,
            ..Config::default()
        };
        let mut node = RaftNode::boot(&config, boot, &effects).unwrap();
        let put = |number: u64| Request::Op {
            op: Op::Put { key: "k".into(), value: vec![7; number as usize * 9].into() },
            read: ReadMode::ReadIndex,
            session: None,
        };
        for number in 0..200 {
            let leads = node.view().role == Role::Leader;
            let input = if leads && number % 2 == 0 {
                Input::Request { id: number, request: put(number) }
            } else {
                Input::Timer(Timer("tick"))
            };
            node.handle(number, input, &effects);
            node.flush(number, &effects);
            while let Some(effect) = effects.pop() {
                if effect.is_disk() {
                    perform(&effect);
                }
            }
        }
        assert!(node.view().applied > 60 * (incarnation + 1), "it has worked");
    }
}

#[test]
fn a_node_leaves_the_same_bytes_on_both() {
    let place = Place::new("bytes");
    let real = Rc::new(place.disk());
    let files: SharedFiles = real.clone();
    live(&files, |effect| real.perform(effect).unwrap());

    let options = DiskOptions::sound(Delay::Fixed(0), Delay::Fixed(0), 512, 0, 0);
    let simulated = SharedDisk::new(sim::Disk::new(options, 1, &Chance::new(1)));
    let files: SharedFiles = Rc::new(simulated.clone());
    live(&files, |effect| {
        simulated.borrow_mut().perform(effect).unwrap();
    });

    for dir in ["wal", "snap"] {
        let names = real.list(dir).unwrap();
        assert_eq!(names, simulated.list(dir).unwrap());
        assert!(!names.is_empty(), "{dir}");
        for name in names {
            let bytes = real.read(&name).unwrap().unwrap();
            assert!(simulated.read(&name).unwrap() == Some(bytes), "{name}");
        }
    }
}

#[test]
fn every_effect_does_what_it_says() {
    let place = Place::new("effects");
    let disk = place.disk();
    let perform = |effect: Effect<()>| disk.perform(&effect).unwrap();
    let append = |path: &str, data: &str| Effect::Append { path: path.into(), data: data.into() };
    perform(append("d/a", "hello"));
    perform(append("d/a", " you"));
    perform(Effect::Write { path: "d/a".into(), offset: 0, data: b"J".to_vec() });
    perform(Effect::Truncate { path: "d/a".into(), len: 5 });
    perform(append("d/a", "!"));
    perform(Effect::Sync { path: "d/a".into() });
    assert_eq!(disk.read("d/a").unwrap().unwrap(), b"Jello!");
    perform(Effect::Rename { from: "d/a".into(), to: "d/b".into() });
    perform(append("d/a", "new"));
    perform(Effect::SyncDir { dir: "d".into() });
    assert_eq!(disk.list("d").unwrap(), ["d/a".into(), "d/b".into()]);
    assert_eq!(disk.read("d/a").unwrap().unwrap(), b"new");
    perform(Effect::Remove { path: "d/a".into() });
    perform(Effect::Remove { path: "d/a".into() });
    assert_eq!(disk.read("d/a").unwrap(), None);
    assert_eq!(disk.list("nowhere").unwrap(), []);
    assert_eq!(disk.metrics.disk.file_syncs.count(), 1);
    assert_eq!(disk.metrics.disk.directory_syncs.count(), 1);
}

#[test]
fn what_fails_is_told_in_the_words_of_the_seam() {
    let place = Place::new("failures");
    let disk = place.disk();
    fs::create_dir(place.0.join("directory")).unwrap();
    let path: FilePath = "directory".into();
    let gone: FilePath = "gone".into();
    let failures: [(Effect<()>, DiskError); 4] = [
        (Effect::Append { path: path.clone(), data: b"x".to_vec() }, DiskError::Io),
        (Effect::Truncate { path: gone.clone(), len: 0 }, DiskError::NotFound),
        (Effect::Sync { path: gone.clone() }, DiskError::NotFound),
        (Effect::Rename { from: gone, to: path }, DiskError::NotFound),
    ];
    for (effect, error) in failures {
        let failure = disk.perform(&effect).unwrap_err();
        assert_eq!((failure.effect, failure.error), (effect.name(), error));
    }
    assert_eq!(disk.read("directory"), Err(DiskError::Io));
}
