//! Which checks had something to judge: of the ordinary node, and of one that says nothing.

use node::RaftNode;
use system::Note;
use testbed::flaw::Flaw;
use testbed::flaw::planted::{Effect, Filter, Planted, PlantedConfig};
use trace::{Scenario, Verdict};

/// The node tells nothing of itself but whether it leads.
struct Taciturn;

impl Filter for Taciturn {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.retain(|effect| !matches!(effect, Effect::Note(note) if !is_role(note)));
        effects
    }
}

fn is_role(note: &Note) -> bool {
    matches!(note, Note::Role { .. })
}

static NO_NOTES: Flaw = Flaw::unlisted(|| Box::new(Taciturn));

fn report(text: &str, flaw: Option<&'static Flaw>) -> testbed::Report {
    let text = format!("about = \"a test\"\n{text}");
    let scenario: Scenario = trace::parse_scenario("test.toml", &text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let config = PlantedConfig { node: testbed::node_config(&scenario), flaw };
    testbed::run_system::<Planted>(&testbed::plan(&scenario, 1), &config, &mut |_| {})
}

fn idle(report: &testbed::Report) -> Vec<&'static str> {
    report.exercised.iter().filter(|(_, fed)| !fed).map(|(check, _)| *check).collect()
}

#[test]
fn a_quiet_run_leaves_some_checks_idle_and_a_storm_does_not() {
    let quiet = report("[limits]\nstorm = \"2s\"", None);
    let waits = ["config-safety", "log-kept", "lease", "admin-answers"];
    assert_eq!(quiet.verdict, Verdict::Pass);
    assert!(waits.iter().all(|check| idle(&quiet).contains(check)), "{:?}", idle(&quiet));
    assert!(!idle(&quiet).contains(&"linearizable"), "{:?}", idle(&quiet));
    let storm = report(
        "[cluster]\nspares = 1\n[workload]\nread = \"lease\"\n[node]\nsnapshot-every = 50\n\
         [[fault]]\ncrash = { at = \"1s\", for = \"1s\", target = \"all\" }\n\
         [[fault]]\nreconfigure = { at = \"3s\", for = \"3s\", add = [\"n6\"] }",
        None,
    );
    assert_eq!((&storm.verdict, idle(&storm)), (&Verdict::Pass, Vec::new()));
}

#[test]
fn a_node_that_says_nothing_is_judged_by_its_clients_alone() {
    let mute = report("[limits]\nstorm = \"2s\"", Some(&NO_NOTES));
    let idle = idle(&mute);
    for check in ["vote-kept", "log-matching", "commit-quorum", "convergence"] {
        assert!(idle.contains(&check), "{check}: {idle:?}");
    }
    assert!(!idle.contains(&"linearizable") && !idle.contains(&"durability"), "{idle:?}");
}

#[test]
fn a_run_in_which_nothing_could_go_wrong_has_not_passed() {
    let text = "[workload]\nmix = { get = 1 }\n[limits]\nstorm = \"2s\"";
    let Verdict::Unknown(why) = report(text, Some(&NO_NOTES)).verdict else {
        panic!("a store that is empty was read");
    };
    assert!(why.starts_with("nothing that matters was exercised"), "{why}");
    assert_eq!(report(text, None).verdict, Verdict::Pass);
}
