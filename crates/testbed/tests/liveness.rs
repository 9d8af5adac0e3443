//! Liveness: what is demanded of a cluster in the storm and behind it, by nodes that do not live
//! up to it, and by those that do.

use std::collections::BTreeMap;

use node::RaftNode;
use system::{MessageKind, NodeSet, ReadPath, Refusal, Reply, Response, System};
use testbed::flaw::Flaw;
use testbed::flaw::planted::{Effect, Filter, Planted, PlantedConfig};
use trace::{Kind, Scenario, Verdict};

/// Messages of this kind never leave.
struct Silent(MessageKind);

impl Filter for Silent {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| match effect {
            Effect::Send { message, .. } => RaftNode::summary(message).kind != self.0,
            _ => true,
        });
        effects
    }
}

/// Nobody is told that it has a vote.
static NO_VOTES: Flaw = Flaw::unlisted(|| Box::new(Silent(MessageKind::VoteResponse)));

/// Nobody is told that an entry was taken.
static NO_ACKNOWLEDGEMENTS: Flaw = Flaw::unlisted(|| Box::new(Silent(MessageKind::AppendResponse)));

/// Answers that came about in one of these ways never reach a client.
struct Mute(&'static [ReadPath]);

impl Filter for Mute {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| match effect {
            Effect::Reply {
                reply: Reply::Ok { response: Response::Output(_), path, .. }, ..
            } => !self.0.contains(path),
            _ => true,
        });
        effects
    }
}

/// Writes are never answered, reads are.
static NO_WRITES: Flaw = Flaw::unlisted(|| Box::new(Mute(&[ReadPath::Log, ReadPath::Session])));

/// Reads are never answered, writes are.
static NO_READS: Flaw =
    Flaw::unlisted(|| Box::new(Mute(&[ReadPath::ReadIndex, ReadPath::FollowerReadIndex])));

/// Nobody is told what became of a change of the cluster.
struct MuteAdmin;

impl Filter for MuteAdmin {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| {
            let Effect::Reply { reply, .. } = effect else { return true };
            !matches!(
                reply,
                Reply::Ok { response: Response::Changed, .. }
                    | Reply::Failed(Refusal::InvalidChange | Refusal::ChangePending)
            )
        });
        effects
    }
}

static NO_CHANGES: Flaw = Flaw::unlisted(|| Box::new(MuteAdmin));

/// Who should take over is not told so.
static NO_TRANSFERS: Flaw = Flaw::unlisted(|| Box::new(Silent(MessageKind::TimeoutNow)));

/// Node n3 is sent no entry after the 20th, and no snapshot; it still hears its leader.
struct Starved;

impl Filter for Starved {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain_mut(|effect| {
            let Effect::Send { message, .. } = effect else { return true };
            if message.to == 3 {
                let index = message.index;
                message.entries.retain(|entry| entry.index <= 20 && index < 20);
            }
            message.to != 3 || RaftNode::summary(message).kind != MessageKind::Snapshot
        });
        effects
    }
}

static STARVED_N3: Flaw = Flaw::unlisted(|| Box::new(Starved));

/// The ordinary node.
const NOTHING: Option<&Flaw> = None;

fn scenario(text: &str) -> Scenario {
    let text = format!("about = \"a test\"\n{text}");
    trace::parse_scenario("test.toml", &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

fn verdict(flaw: Option<&'static Flaw>, scenario: &Scenario, seed: u64) -> Verdict {
    let plan = testbed::plan(scenario, seed);
    let config = PlantedConfig { node: testbed::node_config(scenario), flaw };
    testbed::run_system::<Planted>(&plan, &config, &mut |_| {}).verdict
}

/// The only violation, as signature and message.
fn found(verdict: Verdict) -> (String, String) {
    match verdict {
        Verdict::Fail(found) if found.len() == 1 => {
            (found[0].signature(), found[0].message.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_quorum_that_elects_nobody_is_found_in_the_storm() {
    let quiet = scenario("[limits]\nstorm = \"8s\"");
    let (signature, message) = found(verdict(Some(&NO_VOTES), &quiet, 1));
    assert_eq!(signature, "liveness/no-progress");
    assert!(message.contains("{n1 n2 n3 n4 n5} were up"), "{message}");
    assert!(message.contains("asks for votes in term"), "{message}");
    assert_eq!(verdict(NOTHING, &quiet, 1), Verdict::Pass);
}

#[test]
fn a_quorum_that_commits_nothing_is_found_in_the_storm() {
    let quiet = scenario("[limits]\nstorm = \"8s\"");
    let (signature, message) = found(verdict(Some(&NO_ACKNOWLEDGEMENTS), &quiet, 1));
    assert_eq!(signature, "liveness/no-progress");
    assert!(message.contains("and has committed 0 of"), "{message}");
}

#[test]
fn each_kind_of_operation_must_make_progress() {
    // An answer of the other kind is no answer, nor do hints that are not followed excuse anybody.
    for forward in ["true", "false"] {
        let quiet = scenario(&format!(
            "[cluster]\nclients = 8\n[node]\nforward = {forward}\n[limits]\nstorm = \"8s\""
        ));
        assert_eq!(verdict(NOTHING, &quiet, 1), Verdict::Pass);
        let (signature, message) = found(verdict(Some(&NO_WRITES), &quiet, 1));
        assert_eq!(signature, "liveness/no-write");
        assert!(message.starts_with("no client completed a write from the beginning"), "{message}");
        assert!(message.contains("{n1 n2 n3 n4 n5} were up"), "{message}");
        let (signature, message) = found(verdict(Some(&NO_READS), &quiet, 1));
        assert_eq!(signature, "liveness/no-read");
        assert!(message.contains("was the last to end without an answer"), "{message}");
    }
}

#[test]
fn a_change_of_the_cluster_that_is_never_done_is_found() {
    let with = |fault: &str| {
        scenario(&format!(
            "[cluster]\nspares = 1\n[[fault]]\n{fault}\noptional = true\n[limits]\nstorm = \"9s\""
        ))
    };
    let change = with("reconfigure = { at = \"1s\", for = \"7s\", learner = [\"n6\"] }");
    assert_eq!(verdict(NOTHING, &change, 1), Verdict::Pass);
    let (signature, message) = found(verdict(Some(&NO_CHANGES), &change, 1));
    assert_eq!(signature, "liveness/no-member-change");
    let begins = "\"add learner n6\" was asked for since 1.000s and was not done";
    assert!(message.starts_with(begins), "{message}");

    let transfer = with("transfer = { at = \"1s\", for = \"7s\", to = \"n2\" }");
    assert_eq!(verdict(NOTHING, &transfer, 1), Verdict::Pass);
    let (signature, message) = found(verdict(Some(&NO_TRANSFERS), &transfer, 1));
    assert_eq!(signature, "liveness/no-transfer");
    assert!(message.contains("the last answer was transfer-failed"), "{message}");
    // One who is away cannot be demanded to take over.
    let away = "transfer = { at = \"1s\", for = \"7s\", to = \"n2\" }\n\
                [[fault]]\ncrash = { at = \"900ms\", for = \"8s\", node = \"n2\" }";
    assert_eq!(verdict(Some(&NO_TRANSFERS), &with(away), 1).name(), "unknown");
}

#[test]
fn every_client_completes_a_write_when_all_is_healed() {
    // In the storm nothing is demanded.
    let text = "[limits]\nstorm = \"2s\"\navailable-within = \"0s\"";
    let silent = scenario(text);
    assert_eq!(verdict(NOTHING, &silent, 1), Verdict::Pass);
    let (signature, message) = found(verdict(Some(&NO_WRITES), &silent, 1));
    assert_eq!(signature, "liveness/no-write");
    assert!(message.starts_with("c1 has completed no write (c1."), "{message}");
    assert!(message.ends_with("after all was healed"), "{message}");
    // Whose workload has no writes writes nothing.
    let readers = scenario(&format!("[workload]\nmix = {{ get = 1 }}\n{text}"));
    assert_eq!(verdict(Some(&NO_WRITES), &readers, 1), Verdict::Pass);
}

#[test]
fn a_violation_points_to_the_moment_from_which_nothing_moved() {
    let quiet = scenario("[limits]\nstorm = \"4s\"");
    let plan = testbed::plan(&quiet, 1);
    let config = PlantedConfig { node: testbed::node_config(&quiet), flaw: Some(&STARVED_N3) };
    let mut times = Vec::new();
    let report = testbed::run_system::<Planted>(&plan, &config, &mut |event| times.push(event.at));
    let Verdict::Fail(found) = report.verdict else { panic!("{:?}", report.verdict) };
    let [seq] = found[0].core[..] else { panic!("{:?}", found[0]) };
    assert!(times[seq as usize] < 1_000_000_000, "{} ns", times[seq as usize]);
}

#[test]
fn a_node_that_stands_still_is_named_with_the_moment_from_which_it_does() {
    let quiet = scenario("[limits]\nstorm = \"4s\"");
    let (signature, message) = found(verdict(Some(&STARVED_N3), &quiet, 1));
    assert_eq!(signature, "liveness/not-converged");
    // It stands still long before the end of the storm.
    assert!(message.starts_with("n3 has applied 20 of "), "{message}");
    assert!(message.contains(", no more since 0."), "{message}");
}

#[test]
fn nothing_is_demanded_of_half_a_cluster() {
    let with = |groups: &str| {
        let fault = format!("partition = {{ at = \"0s\", for = \"8s\", groups = {groups} }}");
        scenario(&format!("[cluster]\nnodes = 4\n[[fault]]\n{fault}\n[limits]\nstorm = \"8s\"\n"))
    };
    // Nobody has a quorum until the end of the storm; then all is well.
    let halves = with("[[\"n1\", \"n2\"], [\"n3\", \"n4\"]]");
    assert_eq!(verdict(NOTHING, &halves, 1), Verdict::Pass);
    let three = with("[[\"n1\", \"n2\", \"n3\"], [\"n4\"]]");
    assert_eq!(verdict(NOTHING, &three, 1), Verdict::Pass);
    let (signature, message) = found(verdict(Some(&NO_VOTES), &three, 1));
    assert_eq!(signature, "liveness/no-progress");
    assert!(message.contains("{n1 n2 n3} were up"), "{message}");
}

#[test]
fn a_demand_can_be_taken_back() {
    let none = scenario("[limits]\nstorm = \"8s\"\navailable-within = \"0s\"");
    let (signature, _) = found(verdict(Some(&NO_VOTES), &none, 1));
    assert_eq!(signature, "liveness/no-leader");
}

#[test]
fn a_healed_quorum_must_elect() {
    let short = scenario("[limits]\nstorm = \"1s\"\nheal = \"quorum\"");
    let (signature, message) = found(verdict(Some(&NO_VOTES), &short, 1));
    assert_eq!(signature, "liveness/no-leader");
    assert!(message.contains("were healed"), "{message}");
    assert_eq!(verdict(NOTHING, &short, 1), Verdict::Pass);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads the file it is about")]
fn what_is_not_healed_stays_broken() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/quorum-only.toml"
    ));
    let text = text.expect("the scenario is there");
    let scenario = trace::parse_scenario("quorum-only.toml", &text, &[]).expect("it is sound");
    let (mut ever_down, mut ever_cut) = (0, 0);
    for seed in 0..20 {
        let mut broken: Option<NodeSet> = None;
        let mut up: BTreeMap<u64, bool> = BTreeMap::new();
        let report =
            testbed::run(&testbed::plan(&scenario, seed), &mut |event| match &event.kind {
                Kind::FaultStart { name: "broken", detail, .. } => {
                    let ids = detail.split_once('}').expect("a set").0.trim_start_matches('{');
                    let ids = ids.split(' ').map(|id| id[1..].parse::<u64>().expect("an id"));
                    broken = Some(ids.collect());
                }
                Kind::Start { node, .. } => {
                    up.insert(*node, true);
                    let stays = broken.is_some_and(|broken| broken.contains(*node));
                    assert!(!stays, "seed {seed}: n{node} starts, and should stay broken");
                }
                Kind::Crash { node, .. } | Kind::Halt { node, .. } => {
                    up.insert(*node, false);
                }
                Kind::Receive { message, .. } => {
                    let cut = broken.is_some_and(|broken| broken.contains(message.to));
                    assert!(!cut, "seed {seed}: n{} hears, and should not", message.to);
                }
                _ => {}
            });
        assert_eq!(report.verdict, Verdict::Pass, "seed {seed}");
        for node in broken.unwrap_or_default().iter() {
            match up.get(&node) {
                Some(true) => ever_cut += 1,
                Some(false) => ever_down += 1,
                None => {}
            }
        }
    }
    assert!(ever_down > 0 && ever_cut > 0, "{ever_down} stayed down, {ever_cut} cut");
}

#[test]
fn recoveries_are_measured() {
    let crashes = "[[swarm]]\ncrash = { on = 1, every = \"1s\", for = [\"100ms\", \"300ms\"], \
                   target = \"all\" }\n[limits]\nstorm = \"8s\"";
    let scenario = scenario(crashes);
    let mut all = trace::Histogram::default();
    for seed in 0..5 {
        all.join(&testbed::run(&testbed::plan(&scenario, seed), &mut |_| {}).recoveries);
    }
    // The start, and each time that the lights went on again.
    assert!(all.count() > 20, "{} recoveries", all.count());
    let median = all.at_most(500).expect("there are some");
    // No faster than an election timeout, no slower than a few.
    assert!((100_000_000..2_000_000_000).contains(&median), "the median takes {median} ns");
}

#[test]
fn a_leader_that_takes_more_than_it_was_told_to_is_found() {
    let text = "[node]\nuncommitted-bytes-max = 2048\n[cluster]\nclients = 12\n\
                [workload]\nkeys = 12\nvalue-bytes = 500\nmix = { put = 1 }\n[limits]\nstorm = \"2s\"";
    let sound = scenario(text);
    assert_eq!(verdict(NOTHING, &sound, 1), Verdict::Pass);
    let flaw = testbed::flaw_named("unbounded-uncommitted").expect("it is listed");
    let (signature, message) = found(verdict(Some(flaw), &sound, 1));
    assert_eq!(signature, "liveness/backlog");
    assert!(message.contains("beyond 2048 it was to refuse more"), "{message}");
}

/// Members of this test leave their fate to two nodes, one of which has lost its disk before.
const STRANDED: &str = "[budget]\nunavailable = 5\ndata-loss = 1\n\
                        [[fault]]\ndisk = { at = \"1s\", for = \"50ms\", node = \"n3\", what = \"wipe\" }\n\
                        [[fault]]\nreconfigure = { at = \"2s\", for = \"2s\", remove = [\"n1\"] }\n\
                        [[fault]]\nreconfigure = { at = \"4s\", for = \"2s\", remove = [\"n2\"] }\n\
                        [[fault]]\nreconfigure = { at = \"6s\", for = \"2s\", remove = [\"n5\"] }\n";

#[test]
fn nothing_is_demanded_of_members_that_cannot_decide() {
    let stranded = scenario(STRANDED);
    for seed in 0..5 {
        assert_eq!(verdict(NOTHING, &stranded, seed), Verdict::Pass, "seed {seed}");
    }
    // The same nodes, all on their disks, must decide.
    let sound = scenario(&STRANDED.replace("what = \"wipe\"", "what = \"stall\""));
    assert_eq!(verdict(NOTHING, &sound, 1), Verdict::Pass);
    let (signature, _) = found(verdict(Some(&NO_ACKNOWLEDGEMENTS), &sound, 1));
    assert_eq!(signature, "liveness/no-progress");
}

#[test]
fn an_operator_does_not_rely_on_nodes_that_lost_their_disks() {
    let text = "[cluster]\nspares = 1\n[budget]\ndata-loss = 1\n\
                [[fault]]\noptional = true\ndisk = { at = \"500ms\", for = \"50ms\", node = \"n3\", what = \"wipe\" }\n\
                [[swarm]]\nmembership = { on = 1, every = \"300ms\", for = \"300ms\", kind = [\"demote\", \"remove\", \"add\"], voters = [1, 6] }\n\
                [limits]\nstorm = \"6s\"";
    let scenario = scenario(text);
    for seed in 0..30 {
        let mut last = (0, NodeSet::EMPTY);
        let report =
            testbed::run(&testbed::plan(&scenario, seed), &mut |event| match &event.kind {
                Kind::Note { note: system::Note::Conf { index, voters, .. }, .. }
                    if *index > last.0 =>
                {
                    last = (*index, *voters);
                }
                _ => {}
            });
        assert_eq!(report.verdict, Verdict::Pass, "seed {seed}");
        let fit: NodeSet = NodeSet::first(6).iter().filter(|&id| id != 3).collect();
        assert!(last.0 == 0 || last.1.has_majority_in(fit), "seed {seed}: {}", last.1);
    }
}
