//! The node of this project, with what is planted around it.
//!
//! Invariant: with nothing planted, a run has the bytes of a run of [`RaftNode`] itself.

use raft::eraftpb::Message;
use system::{Boot, Contract, EntryMark, Halt, Nanos, Setup, Summary, System, View};

use super::{Flaw, Plant, flaw_of};
use node::{Config, RaftNode};

/// What the node asks of its host.
pub type Effects = system::Effects<Box<Message>>;
/// One thing that it asks.
pub type Effect = system::Effect<Box<Message>>;
/// What it is given.
pub type Input = system::Input<Box<Message>>;

/// What stands between host and node. Each method does what an honest wrapper does, unless a flaw
/// knows better. There is one filter for each start of a node.
pub trait Filter {
    /// Starts the node.
    ///
    /// # Errors
    ///
    /// If the node cannot start: what it says itself, or what the filter says.
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        RaftNode::boot(config, boot, effects)
    }

    /// Hands an input to the node.
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, input: Input, effects: &Effects) {
        node.handle(now, input, effects);
    }

    /// Lets the node do what waited for the last input.
    fn flush(&mut self, node: &mut RaftNode, now: Nanos, effects: &Effects) {
        node.flush(now, effects);
    }

    /// What becomes of the effects of a turn, which is a start or a batch of inputs and its flush.
    fn rewrite(&mut self, node: &RaftNode, effects: Vec<Effect>) -> Vec<Effect> {
        let _ = node;
        effects
    }
}

/// The options of a node, and what is planted around it.
#[derive(Clone, Debug)]
pub struct PlantedConfig {
    /// The options that the scenario asks for.
    pub node: Config,
    /// What is planted.
    pub flaw: Option<&'static Flaw>,
}

impl PlantedConfig {
    /// The options that the node gets.
    fn options(&self) -> Config {
        let mut options = self.node;
        if let Some(Flaw { plant: Plant::Options(change), .. }) = self.flaw {
            change(&mut options);
        }
        options
    }
}

/// The node, with a flaw or without.
pub struct Planted {
    node: RaftNode,
    filter: Option<Box<dyn Filter>>,
}

impl System for Planted {
    type Config = PlantedConfig;
    type Message = Box<Message>;

    fn contract(config: &PlantedConfig) -> Contract {
        RaftNode::contract(&config.node)
    }

    fn configured(config: &PlantedConfig, setup: &Setup) -> PlantedConfig {
        PlantedConfig { node: RaftNode::configured(&config.node, setup), flaw: config.flaw }
    }

    fn boot(config: &PlantedConfig, boot: Boot, effects: &Effects) -> Result<Self, Halt> {
        let options = config.options();
        let Some(Flaw { plant: Plant::Filter(make), .. }) = config.flaw else {
            let node = RaftNode::boot(&options, boot, effects)?;
            return Ok(Planted { node, filter: None });
        };
        let mut filter = make();
        let node = filter.boot(&options, boot, effects)?;
        effects.rewrite(0, |list| filter.rewrite(&node, list));
        Ok(Planted { node, filter: Some(filter) })
    }

    fn handle(&mut self, now: Nanos, input: Input, effects: &Effects) {
        match &mut self.filter {
            None => self.node.handle(now, input, effects),
            Some(filter) => filter.handle(&mut self.node, now, input, effects),
        }
    }

    fn flush(&mut self, now: Nanos, effects: &Effects) {
        match &mut self.filter {
            None => self.node.flush(now, effects),
            Some(filter) => {
                filter.flush(&mut self.node, now, effects);
                effects.rewrite(0, |list| filter.rewrite(&self.node, list));
            }
        }
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

    fn summary(message: &Box<Message>) -> Summary {
        RaftNode::summary(message)
    }

    fn encode(message: &Box<Message>, out: &mut Vec<u8>) {
        RaftNode::encode(message, out);
    }

    fn decode(bytes: &[u8]) -> Result<Box<Message>, String> {
        RaftNode::decode(bytes)
    }
}

/// What a scenario means for a node, its flaw included.
///
/// # Panics
///
/// If it names a flaw that there is not; see [`flaw_of`].
#[must_use]
pub fn planted_config(scenario: &trace::Scenario) -> PlantedConfig {
    let flaw = flaw_of(scenario).unwrap_or_else(|error| panic!("{error}"));
    PlantedConfig { node: crate::options::node_config(scenario), flaw }
}
