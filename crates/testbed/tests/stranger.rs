//! The seam needs no Raft library, a run is a function of its plan, and the double run catches a
//! system that is not. The system is that of the example of `cli`.

#[path = "../../cli/examples/keeper/keeper.rs"]
mod keeper;

use keeper::{Keeper, Options};
use trace::{Kind, Pace, Scenario};

fn scenario() -> Scenario {
    let text = "about = 'a stranger'\n[cluster]\nnodes = 3\nclients = 3\n[limits]\nstorm = '1s'";
    let mut scenario = trace::parse_scenario("stranger.toml", text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    scenario.workload.sessions = false;
    scenario.workload.pace = Pace::Closed { think: 10_000_000 };
    scenario
}

#[test]
fn a_system_without_raft_runs_and_is_judged() {
    let plan = testbed::plan(&scenario(), 7);
    let report = testbed::twice::<Keeper>(&plan, &Options::default()).expect("same bytes");
    assert_eq!(report.verdict, trace::Verdict::Pass, "{:?}", report.counters);
    assert!(report.counters.ok > 50, "{:?}", report.counters);
}

#[test]
fn randomness_from_outside_of_the_seed_is_caught_with_its_first_event() {
    let plan = testbed::plan(&scenario(), 7);
    let divergence =
        testbed::twice::<Keeper>(&plan, &Options { leak: true, forget: false }).unwrap_err();
    let (first, second) = (divergence.first.unwrap(), divergence.second.unwrap());
    assert_eq!(first.seq, second.seq);
    assert!(matches!(first.kind, Kind::Send { message, .. } if message.from == 1), "{first:?}");
}
