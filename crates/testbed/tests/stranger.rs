//! A system that is not ours: one node keeps the store in memory, the others point to it. It shows
//! that the seam needs no Raft library, that a run is a function of its plan, and that the double
//! run catches a system that is not.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use system::{
    Boot, Capabilities, Contract, Effects, Halt, Input, Key, LinkContract, MessageKind, NodeId,
    Note, Op, Output, ReadPath, Refusal, Reply, Request, Response, RestartContract, Role, Summary,
    System, Timer, Value, View,
};
use trace::{Kind, Pace, Scenario};

#[derive(Clone, Copy)]
struct Options {
    /// Whether the node lets the process's own randomness into its messages.
    leak: bool,
}

struct Keeper {
    id: NodeId,
    leak: bool,
    store: BTreeMap<Key, Value>,
    applied: u64,
}

impl System for Keeper {
    type Config = Options;
    type Message = u64;

    fn contract(_: &Options) -> Contract {
        Contract {
            link: LinkContract { loss: true, duplicates: true, reordering: true },
            restart: RestartContract::Volatile,
            capabilities: Capabilities {
                delete: true,
                cas: true,
                append: true,
                sessions: false,
                membership: false,
                joint: false,
                learners: false,
                transfer: false,
                lease_reads: false,
            },
        }
    }

    fn boot(options: &Options, boot: Boot, effects: &Effects<u64>) -> Result<Self, Halt> {
        effects.set_timer(Timer("tick"), 50_000_000, true);
        if boot.id == 1 {
            effects.note(Note::Role { role: Role::Leader, term: 1, leader: 1 });
        }
        Ok(Keeper { id: boot.id, leak: options.leak, store: BTreeMap::new(), applied: 0 })
    }

    fn handle(&mut self, _: u64, input: Input<u64>, effects: &Effects<u64>) {
        match input {
            Input::Timer(_) if self.id == 1 => {
                let random = std::hash::RandomState::new().build_hasher().finish();
                effects.send(2, if self.leak { random } else { 7 });
            }
            Input::Request { id, request: Request::Op { op, .. } } => {
                if self.id != 1 {
                    return effects.reply(id, Reply::Failed(Refusal::NotLeader { hint: 1 }));
                }
                self.applied += 1;
                let response = Response::Output(self.apply(op));
                effects.reply(id, Reply::Ok { response, index: 0, path: ReadPath::Local });
            }
            _ => {}
        }
    }

    fn view(&self) -> View {
        View {
            role: if self.id == 1 { Role::Leader } else { Role::Follower },
            term: 1,
            leader: 1,
            voters: [1].into_iter().collect(),
            ..View::default()
        }
    }

    fn summary(message: &u64) -> Summary {
        Summary {
            kind: MessageKind::Other,
            reject: false,
            entries: 0,
            bytes: 8,
            term: *message,
            index: 0,
            log_term: 0,
            commit: 0,
        }
    }

    fn encode(message: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&message.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Result<u64, String> {
        let bytes = bytes.try_into().map_err(|_| format!("{} bytes, not 8", bytes.len()))?;
        Ok(u64::from_le_bytes(bytes))
    }
}

impl Keeper {
    fn apply(&mut self, op: Op) -> Output {
        match op {
            Op::Get { key } => Output::Value(self.store.get(&key).cloned()),
            Op::Put { key, value } => {
                self.store.insert(key, value);
                Output::Done
            }
            Op::Delete { key } => {
                self.store.remove(&key);
                Output::Done
            }
            Op::Cas { key, expect, value } => {
                let swapped = self.store.get(&key) == expect.as_ref();
                if swapped {
                    self.store.insert(key, value);
                }
                Output::Swapped(swapped)
            }
            Op::Append { key, value } => {
                let mut bytes = self.store.remove(&key).unwrap_or_default().to_vec();
                bytes.extend_from_slice(&value);
                self.store.insert(key, bytes.into());
                Output::Done
            }
        }
    }
}

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
    let report = testbed::twice::<Keeper>(&plan, &Options { leak: false }).expect("same bytes");
    assert_eq!(report.verdict, trace::Verdict::Pass, "{:?}", report.counters);
    assert!(report.counters.ok > 50, "{:?}", report.counters);
}

#[test]
fn randomness_from_outside_of_the_seed_is_caught_with_its_first_event() {
    let plan = testbed::plan(&scenario(), 7);
    let divergence = testbed::twice::<Keeper>(&plan, &Options { leak: true }).unwrap_err();
    let (first, second) = (divergence.first.unwrap(), divergence.second.unwrap());
    assert_eq!(first.seq, second.seq);
    assert!(matches!(first.kind, Kind::Send { message, .. } if message.from == 1), "{first:?}");
}
