//! The testbed's own test: each flaw is found by the stock scenarios within its ceiling, by a check
//! that is expected to find it; and with nothing planted the wrapper is not there.

use std::path::Path;

use testbed::{Flaw, Planted, PlantedConfig};
use trace::{Scenario, Verdict};

#[expect(clippy::disallowed_methods, reason = "a test reads the file it is about")]
fn scenario(name: &str) -> Scenario {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let file = format!("{name}.toml");
    let text = std::fs::read_to_string(root.join(&file)).expect("the scenario is there");
    trace::parse_scenario(&file, &text, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)))
}

/// The signatures of a run; empty if it passes.
fn signatures(scenario: &Scenario, seed: u64) -> Vec<String> {
    match testbed::run(&testbed::plan(scenario, seed), &mut |_| {}).verdict {
        Verdict::Fail(violations) => violations.iter().map(trace::Violation::signature).collect(),
        _ => Vec::new(),
    }
}

/// Whether a seed of `swarm` or of the flaw's own scenario below its ceiling finds it as expected;
/// or else what was found.
fn is_found(flaw: &Flaw) -> Result<(), String> {
    let stock = ["swarm", flaw.scenario]
        .map(|name| Scenario { flaw: Some(flaw.id.to_owned()), ..scenario(name) });
    let mut others = Vec::new();
    for seed in 0..flaw.ceiling {
        for scenario in &stock {
            let found = signatures(scenario, seed);
            if found.iter().any(|signature| flaw.expects(signature)) {
                return Ok(());
            }
            others.extend(found);
        }
    }
    others.sort();
    others.dedup();
    Err(format!("{} is not found within {} seeds; but {others:?}", flaw.id, flaw.ceiling))
}

#[test]
fn every_flaw_is_found_within_its_ceiling() {
    let missed: Vec<String> = testbed::flaws().filter_map(|flaw| is_found(flaw).err()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn with_nothing_planted_there_is_no_wrapper() {
    for name in ["swarm", "disk-storm", "membership-storm"] {
        let scenario = scenario(name);
        for seed in 0..5 {
            let plan = testbed::plan(&scenario, seed);
            let options = testbed::node_config(&scenario);
            let bare = testbed::run_system::<node::RaftNode>(&plan, &options, &mut |_| {});
            let config = PlantedConfig { node: options, flaw: None };
            let wrapped = testbed::run_system::<Planted>(&plan, &config, &mut |_| {});
            assert_eq!((bare.hash, bare.events), (wrapped.hash, wrapped.events), "{name} {seed}");
        }
    }
}

#[test]
fn the_flaw_of_a_scenario_is_planted() {
    let sound = scenario("crashes");
    let flawed = Scenario { flaw: Some("no-fsync".to_owned()), ..sound.clone() };
    assert_eq!(signatures(&sound, 1), Vec::<String>::new());
    assert_ne!(signatures(&flawed, 1), Vec::<String>::new());
}

#[test]
fn a_flaw_that_is_not_there_is_said_to_be_none() {
    let odd = Scenario { flaw: Some("no-fsink".to_owned()), ..scenario("steady") };
    let error = testbed::flaw_of(&odd).unwrap_err();
    assert_eq!(error, "no flaw `no-fsink`; there is one named `no-fsync`");
}

#[test]
fn an_answer_before_the_sync_is_found_without_a_single_crash() {
    let flaw = Some("send-before-persist".to_owned());
    let steady = Scenario { flaw, ..scenario("steady") };
    let early = "commit-quorum/not-durable";
    assert!(signatures(&steady, 0).iter().any(|signature| signature == early));
}
