//! The judge's picture of each node is the node's own: over whole runs, after all effects of each
//! turn of a node, what its notes tell is compared with what the node holds.

use std::cell::RefCell;
use std::rc::Rc;

use checker::{Founding, Judge};
use node::{Config, RaftNode};
use system::{
    Boot, Contract, EntryMark, Halt, Nanos, NodeId, NodeSet, Note, Setup, Summary, System, View,
};
use trace::{Event, Kind, Plan, Scenario};

type Message = <RaftNode as System>::Message;
type Effects = system::Effects<Message>;
type Input = system::Input<Message>;

/// Entries at the end of a log that are compared when it has only grown.
const TAIL: u64 = 8;

/// The judge, what was compared with its pictures, and what was not the same.
struct Pictures {
    judge: Judge,
    /// The nodes whose logs were cut, compacted, replaced or read since they were compared.
    changed: NodeSet,
    compared: u64,
    /// Snapshots installed, truncations, recoveries, compactions, configurations.
    seen: [u64; 5],
    wrong: Option<String>,
}

impl Pictures {
    fn new(plan: &Plan) -> Pictures {
        let cluster = &plan.scenario.cluster;
        let (nodes, learners) = (cluster.nodes, cluster.learners);
        let voters = NodeSet::first(nodes - learners);
        let founders = NodeSet::first(nodes);
        let founding = Founding { voters, learners: founders.difference(voters) };
        let judge = Judge::new(founding);
        Pictures { judge, changed: NodeSet::EMPTY, compared: 0, seen: [0; 5], wrong: None }
    }

    fn observe(&mut self, event: &Event) {
        self.judge.observe(event);
        let Kind::Note { node, note } = &event.kind else { return };
        let place = match note {
            Note::SnapshotInstalled { .. } => 0,
            Note::Truncate { .. } => 1,
            Note::Recovered { .. } => 2,
            Note::Compact { .. } => 3,
            Note::Conf { .. } => 4,
            _ => return,
        };
        self.seen[place] += 1;
        self.changed.insert(*node);
    }

    fn compare(&mut self, id: NodeId, node: &RaftNode) {
        if self.wrong.is_some() {
            return;
        }
        self.compared += 1;
        let (mut picture, view) = (self.judge.view(id), node.view());
        if picture.digest == 0 {
            picture.digest = view.digest;
        }
        if picture != view {
            self.wrong = Some(format!("n{id} is {view:?} and its picture is {picture:?}"));
            return;
        }
        let mut first = view.first_index;
        if !self.changed.contains(id) {
            first = first.max(view.last_index.saturating_sub(TAIL));
        }
        self.changed.remove(id);
        // What is in front of the log, and what is after it, is in neither.
        for index in (first - 1..=view.last_index + 1).filter(|index| *index > 0) {
            let (told, held) = (self.judge.entry(id, index), node.entry(index));
            let is_outside = index < view.first_index || index > view.last_index;
            if told != held || told.is_none() != is_outside {
                self.wrong = Some(format!("n{id} holds {held:?} at {index}, pictured {told:?}"));
                return;
            }
        }
    }
}

#[derive(Clone)]
struct Mirror {
    node: Config,
    pictures: Rc<RefCell<Pictures>>,
}

/// A node whose picture is looked at whenever none of its effects is under way.
struct Mirrored {
    id: NodeId,
    node: RaftNode,
    pictures: Rc<RefCell<Pictures>>,
    /// Whether the node took an input of which the effects are not performed yet.
    is_under_way: bool,
}

impl System for Mirrored {
    type Config = Mirror;
    type Message = Message;

    fn contract(config: &Mirror) -> Contract {
        RaftNode::contract(&config.node)
    }

    fn configured(config: &Mirror, setup: &Setup) -> Mirror {
        Mirror { node: RaftNode::configured(&config.node, setup), ..config.clone() }
    }

    fn boot(config: &Mirror, boot: Boot, effects: &Effects) -> Result<Self, Halt> {
        let id = boot.id;
        let node = RaftNode::boot(&config.node, boot, effects)?;
        Ok(Mirrored { id, node, pictures: config.pictures.clone(), is_under_way: false })
    }

    fn handle(&mut self, now: Nanos, input: Input, effects: &Effects) {
        // What followed a file effect that failed was not performed, and the node ends.
        let is_end = matches!(input, Input::DiskFailed(_));
        if !self.is_under_way && !is_end {
            self.pictures.borrow_mut().compare(self.id, &self.node);
        }
        self.is_under_way = true;
        self.node.handle(now, input, effects);
    }

    fn flush(&mut self, now: Nanos, effects: &Effects) {
        self.node.flush(now, effects);
        self.is_under_way = false;
    }

    fn view(&self) -> View {
        self.node.view()
    }

    fn entry(&self, index: u64) -> Option<EntryMark> {
        self.node.entry(index)
    }

    fn backlog(&self) -> Option<u64> {
        self.node.backlog()
    }

    fn summary(message: &Message) -> Summary {
        RaftNode::summary(message)
    }

    fn encode(message: &Message, out: &mut Vec<u8>) {
        RaftNode::encode(message, out);
    }

    fn decode(bytes: &[u8]) -> Result<Message, String> {
        RaftNode::decode(bytes)
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads the files it is about")]
fn stock(name: &str) -> Scenario {
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a stock scenario");
    let scenario = trace::parse_scenario(name, &text, &[]);
    scenario.unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// Runs seeds of a scenario, and says what was seen of replaced logs.
fn mirror(name: &str, seeds: impl IntoIterator<Item = u64>) -> [u64; 5] {
    let scenario = stock(name);
    let mut seen = [0; 5];
    for seed in seeds {
        let plan = testbed::plan(&scenario, seed);
        let pictures = Rc::new(RefCell::new(Pictures::new(&plan)));
        let node = testbed::node_config(&plan.scenario);
        let config = Mirror { node, pictures: pictures.clone() };
        let observer = &mut |event: &Event| pictures.borrow_mut().observe(event);
        let report = testbed::run_system::<Mirrored>(&plan, &config, observer);
        let pictures = pictures.borrow();
        assert_eq!(pictures.wrong, None, "{name} seed {seed}");
        assert_eq!(report.verdict.name(), "pass", "{name} seed {seed}");
        assert!(pictures.compared > 1_000, "{name} seed {seed}: {}", pictures.compared);
        for (sum, count) in seen.iter_mut().zip(pictures.seen) {
            *sum += count;
        }
    }
    seen
}

#[test]
fn the_pictures_of_logs_are_the_logs_themselves() {
    let names = [
        "swarm",
        "membership-storm",
        "grow-and-shrink",
        "snapshot-storm",
        "disk-storm",
        "crashes",
        "partitions",
        "chaos",
    ];
    let mut seen = [0; 5];
    for name in names {
        for (sum, count) in seen.iter_mut().zip(mirror(name, 0..4)) {
            *sum += count;
        }
    }
    // Each way in which a log is replaced was seen.
    assert!(seen.iter().all(|&count| count >= 5), "{seen:?}");
}

#[test]
fn a_change_that_a_snapshot_replaced_is_not_under_way() {
    // n3 appends a change at 745, a snapshot at 716 replaces its log, and it leads and appends
    // another change at 750.
    let [installed, ..] = mirror("swarm", [777_001_155]);
    assert!(installed > 0);
}
