//! The run: what is due next, and to whom it goes.

use checker::linearizability::Limits;
use checker::{Founding, Reached};
use sim::{Chance, Network, Order, Queue, StreamName};
use system::{Input, MessageKind, Nanos, NodeId, NodeSet, Reply, Request, RequestId, System};
use trace::{Event, FaultId, Histogram, History, Kind, MessageId, Plan, Verdict, Violation};

use crate::admin::AdminOp;
use crate::client::Client;
use crate::counters::Counters;
use crate::flaw;
use crate::flaw::planted::{Planted, planted_config};
use crate::nemesis::Flapping;
use crate::nemesis::missed::{self, MissedFault};
use crate::options;
use crate::phases::Phase;
use crate::record::Recorder;
use crate::signatures::LIVENESS;
use crate::slot::Slot;
use crate::watch::Watch;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The judgement.
    pub verdict: Verdict,
    /// The hash over every event: equal for equal runs.
    pub hash: u64,
    /// How many events were recorded.
    pub events: u64,
    /// How many things were due: the steps of the simulation.
    pub dues: u64,
    /// The virtual time at the end.
    pub at: Nanos,
    /// What happened, in numbers.
    pub counters: Counters,
    /// The situations that it came into; see [`trace::situation`].
    pub situations: Vec<Reached>,
    /// Each check of a run, and whether it had something to judge.
    pub exercised: Vec<(&'static str, bool)>,
    /// What the clients saw.
    pub history: History,
    /// Virtual time from the healing to convergence.
    pub recovery: Nanos,
    /// In the storm, each time that a quorum could decide again: the virtual time from then to
    /// the first answer that needed it.
    pub recoveries: Histogram,
    /// Faults of the plan that did nothing, and why.
    pub missed: Vec<MissedFault>,
    /// What the seed drew before the faults: see [`Plan::knobs`].
    pub knobs: Vec<(String, u64)>,
}

/// Runs a plan with the node of this project, and in it the flaw that the scenario plants. Every
/// event is shown to `observer` as it happens.
///
/// # Panics
///
/// If there is no such flaw; see [`crate::flaw_of`].
pub fn run(plan: &Plan, observer: &mut dyn FnMut(&Event)) -> Report {
    run_system::<Planted>(plan, &planted_config(&plan.scenario), observer)
}

/// Runs a plan with any system.
pub fn run_system<S: System>(
    plan: &Plan,
    config: &S::Config,
    observer: &mut dyn FnMut(&Event),
) -> Report {
    let mut world = World::<S>::new(plan, config.clone(), observer);
    world.begin();
    while world.phase != Phase::Over {
        if !world.step() {
            break;
        }
    }
    world.finish()
}

/// Why a run in which nothing could have gone wrong has not passed.
const VACUOUS: &str = "nothing that matters was exercised: no write succeeded, and no node told of \
                       a vote or a log";

/// Steps within one instant of virtual time; who takes more goes round in circles.
const INSTANT_DUES_MAX: u64 = 1_000_000;

/// Something that is due at a time.
pub(crate) enum Due<M> {
    /// A message reaches its receiver.
    Arrival(Arrival<M>),
    /// A request reaches a node.
    Request { to: NodeId, id: RequestId, request: Box<Request>, cause: u64 },
    /// An answer reaches a client.
    Reply { id: RequestId, from: NodeId, reply: Box<Reply>, cause: u64 },
    /// The transport tells a node something.
    Notice { to: NodeId, incarnation: u64, input: Box<Input<M>>, cause: u64 },
    /// The effect under way at a node ends.
    EffectDone { node: NodeId, incarnation: u64 },
    /// A timer of a node fires.
    Timer { node: NodeId, incarnation: u64, generation: u64 },
    /// A client may have something to do.
    Client { client: usize },
    /// The nemesis has an operation under way.
    Admin { index: usize },
    /// A fault begins.
    FaultStart(FaultId),
    /// A fault ends.
    FaultEnd(FaultId),
    /// A partition that flaps comes or goes.
    Flap { fault: FaultId },
    /// A node in a crash loop has been up for long enough.
    CrashAgain { node: NodeId, incarnation: u64 },
    /// A node that was asked to stop should have gone.
    StopOverdue { node: NodeId, incarnation: u64 },
    /// A crashed node starts again.
    Restart { node: NodeId, incarnation: u64 },
    /// Somebody looks whether a node that was removed is missed.
    Recall { node: NodeId, incarnation: u64 },
    /// A phase looks at the clock.
    Phase,
    /// Somebody looks who can decide.
    Watch,
}

/// A message on its way.
pub(crate) struct Arrival<M> {
    pub(crate) message: MessageId,
    pub(crate) kind: MessageKind,
    pub(crate) body: M,
    pub(crate) cause: u64,
    /// What the sender called it, if it wants to know what became of it.
    pub(crate) report: Option<u64>,
    /// Which of its bits are flipped, if any are.
    pub(crate) damage: Option<u64>,
}

pub(crate) struct World<'a, S: System> {
    pub(crate) plan: &'a Plan,
    pub(crate) config: S::Config,
    pub(crate) chance: Chance,
    pub(crate) queue: Queue<Due<S::Message>>,
    pub(crate) network: Network,
    /// Whether the transport between nodes refuses what was damaged on the way.
    pub(crate) checks_messages: bool,
    /// `slots[id - 1]` is node `id`.
    pub(crate) slots: Vec<Slot<S>>,
    pub(crate) clients: Vec<Client>,
    pub(crate) admin: Vec<AdminOp>,
    /// The voters of every configuration that was asked for: it may come into force at any time.
    pub(crate) asked_for: Vec<NodeSet>,
    pub(crate) recorder: Recorder<'a>,
    pub(crate) phase: Phase,
    pub(crate) phase_ends: Nanos,
    pub(crate) healed_at: Nanos,
    pub(crate) recovery: Nanos,
    /// The nodes that were healed after the storm.
    pub(crate) healed: NodeSet,
    pub(crate) dues: u64,
    /// The moment of the last step, and how many were taken in it.
    instant: Nanos,
    instant_dues: u64,
    pub(crate) liveness: Option<Violation>,
    /// Which limit ended the run, if one did.
    cut_off: Option<String>,
    /// Highest number that arrived, per directed link of nodes.
    pub(crate) arrived: Vec<u64>,
    /// Links that the sender's transport has noticed to be down.
    pub(crate) noticed_down: Vec<NodeSet>,
    /// Links that faults cut, clog or let flap at present.
    pub(crate) troubled: Vec<(FaultId, Vec<(u64, u64)>)>,
    /// Partitions that come and go at present.
    pub(crate) flapping: Vec<Flapping>,
}

impl<'a, S: System> World<'a, S> {
    fn new(plan: &'a Plan, config: S::Config, observer: &'a mut dyn FnMut(&Event)) -> Self {
        let scenario = &plan.scenario;
        let chance = Chance::new(plan.seed);
        let cluster = &scenario.cluster;
        let founding = Founding { voters: voters(plan), learners: learners(plan) };
        let nodes = cluster.nodes + cluster.learners + cluster.spares;
        assert!(nodes <= NodeSet::MAX, "{nodes} nodes are more than {}", NodeSet::MAX);
        let slots = (1..=nodes).map(|id| {
            let disk = sim::Disk::new(options::disk(&scenario.disk), id, &chance);
            Slot::new(id, disk)
        });
        World {
            plan,
            config,
            queue: Queue::new(Order::Arrival),
            checks_messages: flaw::checks_messages(scenario),
            network: Network::new(options::network(&scenario.net), &chance),
            slots: slots.collect(),
            clients: (1..=cluster.clients)
                .map(|id| Client::new(id, &scenario.workload, &chance))
                .collect(),
            admin: Vec::new(),
            asked_for: Vec::new(),
            recorder: Recorder::new(founding, Watch::new(plan, founding.voters), observer),
            phase: Phase::Storm,
            phase_ends: scenario.limits.storm,
            healed_at: 0,
            recovery: 0,
            healed: NodeSet::EMPTY,
            dues: 0,
            instant: 0,
            instant_dues: 0,
            liveness: None,
            cut_off: None,
            arrived: vec![0; 64 * 64],
            noticed_down: vec![NodeSet::EMPTY; 64],
            troubled: Vec::new(),
            flapping: Vec::new(),
            chance,
        }
    }

    /// Starts nodes, clients, faults and the clock of the storm.
    fn begin(&mut self) {
        self.enter(Phase::Storm);
        let members = self.plan.scenario.cluster.nodes + self.plan.scenario.cluster.learners;
        for id in 1..=members {
            self.start(id, Event::NO_CAUSE);
        }
        for client in 0..self.clients.len() {
            self.begin_client(client);
        }
        for (position, fault) in self.plan.faults.iter().enumerate() {
            self.queue.push(fault.at, Due::FaultStart(position as FaultId + 1));
        }
        self.queue.push(self.phase_ends, Due::Phase);
        self.queue.push(0, Due::Watch);
    }

    /// Takes what is due next. False when nothing is, or the run is too long.
    fn step(&mut self) -> bool {
        let Some((now, due)) = self.queue.pop() else { return false };
        self.dues += 1;
        self.instant_dues = if now == self.instant { self.instant_dues + 1 } else { 0 };
        self.instant = now;
        self.recorder.set_now(now);
        match due {
            Due::Arrival(arrival) => self.arrive(arrival),
            Due::Timer { node, incarnation, generation } => {
                self.fire(node, incarnation, generation);
            }
            Due::EffectDone { node, incarnation } => self.effect_done(node, incarnation),
            Due::Request { to, id, request, cause } => self.take_request(to, id, *request, cause),
            Due::Reply { id, from, reply, cause } => self.take_reply(id, from, *reply, cause),
            Due::Notice { to, incarnation, input, cause } => {
                self.take_notice(to, incarnation, *input, cause);
            }
            Due::Client { client } => self.wake_client(client),
            Due::Admin { index } => self.wake_admin(index),
            Due::FaultStart(fault) => {
                self.start_fault(fault);
                self.watch_fault(fault);
            }
            Due::FaultEnd(fault) => {
                self.end_fault(fault);
                self.watch_fault(fault);
            }
            Due::Flap { fault } => {
                self.flap(fault);
                self.watch_links();
            }
            Due::CrashAgain { node, incarnation } => self.crash_again(node, incarnation),
            Due::StopOverdue { node, incarnation } => self.stop_overdue(node, incarnation),
            Due::Restart { node, incarnation } => {
                self.restart(node, incarnation);
                self.watch_links();
            }
            Due::Recall { node, incarnation } => self.recall(node, incarnation),
            Due::Phase => self.look_at_phase(),
            Due::Watch => self.watch(),
        }
        self.within_limits()
    }

    /// Whether the run may go on. A limit that is reached is no finding: it ends the run, and
    /// nobody can tell. Only what goes round in circles within one instant is one.
    fn within_limits(&mut self) -> bool {
        let limits = &self.plan.scenario.limits;
        if limits.stop_on_violation && self.recorder.is_broken(limits.check_max) {
            self.recorder.judge.stop();
            self.phase = Phase::Over;
            return false;
        }
        if self.instant_dues > INSTANT_DUES_MAX {
            let at = trace::text::time(self.queue.now());
            let message =
                format!("{INSTANT_DUES_MAX} steps were taken at {at}, and no time passed");
            self.not_live("livelock", message, None);
            return false;
        }
        let (events, steps) = (self.recorder.events(), self.dues);
        let spent = [
            (events > limits.events_max, "events", limits.events_max, "limits.events-max"),
            (steps > limits.steps_max, "steps", limits.steps_max, "limits.steps-max"),
        ];
        let Some((_, what, max, key)) = spent.into_iter().find(|(is_spent, ..)| *is_spent) else {
            return true;
        };
        let at = trace::text::time(self.queue.now());
        self.cut_off =
            Some(format!("{max} {what} were spent by {at}, before the end; raise {key}"));
        self.recorder.judge.stop();
        self.phase = Phase::Over;
        false
    }

    /// Notes that the cluster did not do in time what it must; from the event `still` on it was seen
    /// that it does not.
    ///
    /// # Panics
    ///
    /// If the kind is not one of `signatures::LIVENESS`.
    pub(crate) fn not_live(&mut self, kind: &str, message: String, still: Option<u64>) {
        let mut listed = LIVENESS.iter().filter_map(|(known, _)| known.split_once('/'));
        assert!(listed.any(|(_, known)| known == kind), "liveness/{kind} is not listed");
        let violation = Violation {
            check: "liveness",
            kind: kind.to_owned(),
            message,
            ops: Vec::new(),
            nodes: Vec::new(),
            core: still.into_iter().collect(),
        };
        self.recorder.record(Event::NO_CAUSE, Kind::Violation(Box::new(violation.clone())));
        self.liveness.get_or_insert(violation);
        self.phase = Phase::Over;
    }

    /// What the check of the clients' history may cost, and whether this seed lets the order of the
    /// log bear witness.
    fn check_limits(&self) -> Limits {
        let limits = &self.plan.scenario.limits;
        let witness = self.chance.stream(StreamName::Witness).chance(limits.witness);
        Limits { witness, ..Limits::new(limits.check_max) }
    }

    fn finish(mut self) -> Report {
        let at = self.queue.now();
        let history = std::mem::take(&mut self.recorder.history).finish();
        let missed = std::mem::take(&mut self.recorder.misses).told(self.plan);
        let mut counters = self.recorder.counters.clone();
        counters.missed = missed.len() as u64;
        let situations = self.recorder.situations.reached();
        let mut exercised = self.recorder.exercised;
        exercised.close(&history);
        let was_asked = self.healed_at > 0 || counters.demands > 0;
        let (hash, events) = (self.recorder.hash(), self.recorder.events());
        let limits = self.check_limits();
        let verdict = self.recorder.judge.finish(&history, limits);
        let verdict = match (verdict, self.liveness) {
            (Verdict::Fail(mut found), Some(violation)) => {
                found.push(violation);
                Verdict::Fail(found)
            }
            (_, Some(violation)) => Verdict::Fail(vec![violation]),
            (Verdict::Fail(found), None) => Verdict::Fail(found),
            (Verdict::Unknown(why), None) => Verdict::Unknown(self.cut_off.unwrap_or(why)),
            (Verdict::Pass, None) => {
                let why = self.cut_off.or_else(|| missed::inconclusive(&missed));
                let vacuous = || exercised.is_vacuous().then(|| VACUOUS.to_owned());
                let why = why.or_else(vacuous);
                why.map_or(Verdict::Pass, Verdict::Unknown)
            }
        };
        Report {
            verdict,
            hash,
            events,
            dues: self.dues,
            at,
            counters,
            situations,
            exercised: exercised.each().chain([("liveness", was_asked)]).collect(),
            history,
            recovery: self.recovery,
            recoveries: self.recorder.watch.recoveries,
            missed,
            knobs: self.plan.knobs.clone(),
        }
    }

    pub(crate) fn now(&self) -> Nanos {
        self.queue.now()
    }

    pub(crate) fn slot(&mut self, id: NodeId) -> &mut Slot<S> {
        &mut self.slots[id as usize - 1]
    }

    pub(crate) fn record(&mut self, cause: u64, kind: Kind) -> u64 {
        self.recorder.record(cause, kind)
    }
}

/// The founding voters.
pub(crate) fn voters(plan: &Plan) -> NodeSet {
    NodeSet::first(plan.scenario.cluster.nodes)
}

/// The founding learners.
pub(crate) fn learners(plan: &Plan) -> NodeSet {
    let cluster = &plan.scenario.cluster;
    NodeSet::first(cluster.nodes + cluster.learners).difference(voters(plan))
}
