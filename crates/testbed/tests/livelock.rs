//! A node that goes round in circles without letting time pass is a finding; a run that is merely
//! longer than its limits is not (`runs.rs`).

#[path = "../../cli/examples/keeper/keeper.rs"]
mod keeper;

use keeper::{Keeper, Options};
use system::{Boot, Contract, Effects, Halt, Input, Nanos, Summary, System, Timer, View};

/// A keeper whose second node, after half a second, sets a timer of no time again and again.
struct Spinner {
    keeper: Keeper,
    id: u64,
}

const SPIN: Timer = Timer("spin");

impl System for Spinner {
    type Config = Options;
    type Message = u64;

    fn contract(options: &Options) -> Contract {
        Keeper::contract(options)
    }

    fn boot(options: &Options, boot: Boot, effects: &Effects<u64>) -> Result<Self, Halt> {
        let id = boot.id;
        effects.set_timer(SPIN, 500_000_000, false);
        Keeper::boot(options, boot, effects).map(|keeper| Spinner { keeper, id })
    }

    fn handle(&mut self, now: Nanos, input: Input<u64>, effects: &Effects<u64>) {
        match input {
            Input::Timer(timer) if timer == SPIN => {
                if self.id == 2 {
                    effects.set_timer(SPIN, 0, false);
                }
            }
            other => self.keeper.handle(now, other, effects),
        }
    }

    fn view(&self) -> View {
        self.keeper.view()
    }

    fn summary(message: &u64) -> Summary {
        Keeper::summary(message)
    }

    fn encode(message: &u64, out: &mut Vec<u8>) {
        Keeper::encode(message, out);
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        Keeper::decode(bytes)
    }
}

#[test]
fn a_node_that_lets_no_time_pass_is_found() {
    let text = "about = 'spins'\n[cluster]\nnodes = 3\nclients = 2\n[workload]\nsessions = false\n";
    let scenario = trace::parse_scenario("spinner.toml", text, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let plan = testbed::plan(&scenario, 1);
    let report = testbed::run_system::<Spinner>(&plan, &Options::default(), &mut |_| {});
    assert_eq!(report.verdict.signature().as_deref(), Some("liveness/livelock"));
    assert_eq!(report.at, 500_000_000);
}
