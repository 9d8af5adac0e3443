//! The testbed's own test: the node with a mistake in the order of its effects must be found by
//! an ordinary scenario. The node itself stays as it is; the mistake is a filter on its effects.

use std::marker::PhantomData;
use std::path::Path;

use system::{
    Boot, Contract, Effect, Effects, EntryMark, Halt, Input, Nanos, Summary, System, View,
};
use trace::{Scenario, Verdict};

type Message = <node::RaftNode as System>::Message;

/// A mistake: what becomes of the effects of one turn.
trait Mistake {
    fn make(effects: Vec<Effect<Message>>) -> Vec<Effect<Message>>;
}

/// The node, with a mistake.
struct Mistaken<M> {
    node: node::RaftNode,
    mistake: PhantomData<M>,
}

impl<M: Mistake> System for Mistaken<M> {
    type Config = node::Config;
    type Message = Message;

    fn contract(config: &node::Config) -> Contract {
        node::RaftNode::contract(config)
    }

    fn boot(config: &node::Config, boot: Boot, effects: &Effects<Message>) -> Result<Self, Halt> {
        let node = node::RaftNode::boot(config, boot, effects)?;
        Ok(Mistaken { node, mistake: PhantomData })
    }

    fn handle(&mut self, now: Nanos, input: Input<Message>, effects: &Effects<Message>) {
        self.node.handle(now, input, effects);
    }

    fn flush(&mut self, now: Nanos, effects: &Effects<Message>) {
        self.node.flush(now, effects);
        effects.rewrite(0, M::make);
    }

    fn view(&self) -> View {
        self.node.view()
    }

    fn entry(&self, index: u64) -> Option<EntryMark> {
        self.node.entry(index)
    }

    fn summary(message: &Message) -> Summary {
        node::RaftNode::summary(message)
    }

    fn encode(message: &Message, out: &mut Vec<u8>) {
        node::RaftNode::encode(message, out);
    }

    fn decode(bytes: &[u8]) -> Result<Message, String> {
        node::RaftNode::decode(bytes)
    }
}

/// No sync at all (raft-java never syncs its log).
struct NoSync;

impl Mistake for NoSync {
    fn make(mut effects: Vec<Effect<Message>>) -> Vec<Effect<Message>> {
        effects.retain(|effect| !matches!(effect, Effect::Sync { .. } | Effect::SyncDir { .. }));
        effects
    }
}

/// Every message leaves before anything is written: votes and acknowledgements that a loss of
/// power takes back (*Raft figure 2: persistent state is updated before responding*).
struct SendFirst;

impl Mistake for SendFirst {
    fn make(effects: Vec<Effect<Message>>) -> Vec<Effect<Message>> {
        let is_send = |effect: &Effect<Message>| matches!(effect, Effect::Send { .. });
        let (mut sends, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_send);
        sends.extend(rest);
        sends
    }
}

/// Snapshots are renamed into place before their content is durable, and directories never are.
struct RenameBeforeSync;

impl Mistake for RenameBeforeSync {
    fn make(mut effects: Vec<Effect<Message>>) -> Vec<Effect<Message>> {
        effects.retain(|effect| match effect {
            Effect::Sync { path } => !path.ends_with(".tmp"),
            Effect::SyncDir { dir } => &**dir != "snap",
            _ => true,
        });
        effects
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads the file it is about")]
fn scenario(name: &str) -> Scenario {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let text = std::fs::read_to_string(root.join(name)).expect("the scenario is there");
    trace::parse_scenario(name, &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// The signatures of the first failure within so many seeds.
fn found<M: Mistake>(scenario: &Scenario, seeds: u64) -> Vec<String> {
    for seed in 0..seeds {
        let plan = testbed::plan(scenario, seed);
        let config = testbed::node_config(scenario);
        let report = testbed::run_system::<Mistaken<M>>(&plan, &config, &mut |_| {});
        if let Verdict::Fail(violations) = report.verdict {
            return violations.iter().map(trace::Violation::signature).collect();
        }
    }
    panic!("not found within {seeds} seeds of {}", scenario.name);
}

#[test]
fn a_node_that_never_syncs_is_found() {
    let signatures = found::<NoSync>(&scenario("crashes.toml"), 50);
    let of = |check: &str| signatures.iter().any(|signature| signature.starts_with(check));
    assert!(of("vote-kept") || of("durability") || of("sut") || of("election"), "{signatures:?}");
}

#[test]
fn a_node_that_answers_before_it_syncs_is_found() {
    let signatures = found::<SendFirst>(&scenario("crashes.toml"), 200);
    assert!(!signatures.is_empty());
}

#[test]
fn a_node_that_renames_before_it_syncs_is_found() {
    let signatures = found::<RenameBeforeSync>(&scenario("chaos.toml"), 200);
    assert!(!signatures.is_empty());
}

#[test]
fn a_node_that_answers_before_it_syncs_is_found_without_a_single_crash() {
    let signatures = found::<SendFirst>(&scenario("steady.toml"), 5);
    let early = "commit-quorum/not-durable";
    assert!(signatures.iter().any(|signature| signature == early), "{signatures:?}");
}
