//! The nemesis: the faults of a plan, at their times, on real processes.
//!
//! Which faults, when, for how long and of which shape follows from scenario and seed, as in the
//! simulator. Whom they strike is found when they strike, from a stream that bears the fault's
//! number. What happens then takes the time that it takes: a run is not repeated by its seed.

mod network;
mod process;
mod stop;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use sim::partition::Pair;
use sim::{Chance, Stream, StreamName};
use system::{Admin, Nanos, NodeId, NodeSet};
use testbed::Roster;
use trace::{Event, Fault, FaultId, Kind, MemberDraw, Plan, Target};

use crate::admin::Administrator;
use crate::cluster::Cluster;
use crate::links::Links;
use crate::process::Life;
use crate::recorder::Recorder;
use stop::Stopping;

/// How often processes are looked after.
const LOOK: Duration = Duration::from_millis(50);

/// How often somebody looks whether a process that left is missed.
const RECALL: Nanos = 1_000_000_000;

/// What the nemesis needs.
pub(crate) struct Nemesis<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) cluster: &'a Mutex<Cluster>,
    pub(crate) links: &'a Links,
    pub(crate) recorder: &'a Arc<Recorder>,
    pub(crate) administrator: &'a Administrator<'a>,
    pub(crate) chance: Chance,
    /// When it stops.
    pub(crate) over: &'a AtomicBool,
    due: BTreeMap<(Nanos, u64), Due>,
    pushed: u64,
    /// Partitions that come and go, and whether they are on.
    flapping: Vec<(FaultId, Vec<Pair>, bool)>,
    /// Crash loops: who, until when, and a stream of their own.
    looping: Vec<(FaultId, NodeId, Nanos, Stream)>,
}

/// Something that is due at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Start(FaultId),
    End(FaultId),
    Flap(FaultId),
    /// Somebody looks whether a process that was asked to end has ended.
    Stop(Stopping),
    /// A process that was killed, or ended, starts again, if it has not been started since.
    Restart(NodeId, u64),
    /// A process in a crash loop has been up for long enough.
    CrashAgain(NodeId, FaultId),
    Recall,
}

impl<'a> Nemesis<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        cluster: &'a Mutex<Cluster>,
        links: &'a Links,
        recorder: &'a Arc<Recorder>,
        administrator: &'a Administrator<'a>,
        over: &'a AtomicBool,
    ) -> Self {
        let (due, flapping, looping) = (BTreeMap::new(), Vec::new(), Vec::new());
        Nemesis {
            plan,
            cluster,
            links,
            recorder,
            administrator,
            chance: Chance::new(plan.seed),
            over,
            due,
            pushed: 0,
            flapping,
            looping,
        }
    }

    /// Strikes until it is told to stop. `begun` is the time of the storm's beginning.
    pub(crate) fn storm<'scope>(&mut self, scope: &'scope Scope<'scope, 'a>, begun: Nanos)
    where
        'a: 'scope,
    {
        for (number, fault) in (1..).zip(&self.plan.faults) {
            self.push(begun + fault.at, Due::Start(number));
        }
        self.push(begun + RECALL, Due::Recall);
        while !self.over.load(Ordering::Relaxed) {
            let now = self.recorder.now();
            while let Some(entry) = self.due.first_entry() {
                if entry.key().0 > now || self.over.load(Ordering::Relaxed) {
                    break;
                }
                let due = entry.remove();
                self.act(scope, due);
            }
            self.cluster().reap();
            let next = self.due.first_key_value().map(|((at, _), _)| self.recorder.instant(*at));
            let left = next.map_or(LOOK, |next| next.saturating_duration_since(Instant::now()));
            std::thread::sleep(left.min(LOOK));
        }
    }

    fn act<'scope>(&mut self, scope: &'scope Scope<'scope, 'a>, due: Due)
    where
        'a: 'scope,
    {
        match due {
            Due::Start(number) => self.start_fault(scope, number),
            Due::End(number) => self.end_fault(number),
            Due::Flap(number) => self.flap(number),
            Due::Stop(stopping) => self.look_at_stop(stopping),
            Due::Restart(node, incarnation) => self.restart(node, incarnation),
            Due::CrashAgain(node, fault) => self.crash_again(node, fault),
            Due::Recall => {
                self.recall();
                self.push(self.recorder.now() + RECALL, Due::Recall);
            }
        }
    }

    fn start_fault<'scope>(&mut self, scope: &'scope Scope<'scope, 'a>, number: FaultId)
    where
        'a: 'scope,
    {
        let scripted = &self.plan.faults[number as usize - 1];
        let lasts = scripted.lasts;
        let mut stream = self.chance.stream(StreamName::Target(u64::from(number)));
        match &scripted.fault {
            Fault::Partition(shape) => self.partition(number, shape, lasts, &mut stream),
            Fault::Clog(shape) => self.clog(number, shape, lasts, &mut stream),
            Fault::Flap { shape, period } => {
                self.begin_flapping(number, shape, *period, lasts, &mut stream);
            }
            Fault::Links(change) => self.change_links(number, change, lasts),
            Fault::Crash { target, how, .. } => {
                self.strike(number, *target, *how, None, lasts, &mut stream);
            }
            Fault::Restart { target, how, setup } => {
                self.strike(number, *target, *how, Some(*setup), lasts, &mut stream);
            }
            Fault::CrashLoop { target, how, up } => {
                self.begin_loop(number, *target, *how, *up, lasts, &mut stream);
            }
            Fault::Pause(target) => self.pause(number, *target, lasts, &mut stream),
            Fault::Admin(admin) => self.ask(scope, number, vec![admin.clone()], None, lasts),
            Fault::Membership(change) => self.change_members(scope, number, change, lasts),
            // Named before the run: these do not exist for real processes.
            Fault::Disk { .. } | Fault::Drift { .. } | Fault::Jump { .. } | Fault::TickStall(_) => {
            }
        }
    }

    fn end_fault(&mut self, number: FaultId) {
        self.links.end(number);
        self.flapping.retain(|(fault, ..)| *fault != number);
        self.looping.retain(|(fault, ..)| *fault != number);
        let mut cluster = self.cluster();
        for process in &mut cluster.processes {
            if process.paused == number {
                process.resume();
            }
        }
        drop(cluster);
        let name = self.plan.faults[number as usize - 1].fault.kind();
        self.recorder.record(Event::NO_CAUSE, Kind::FaultEnd { fault: number, name });
    }

    fn change_members<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, 'a>,
        number: FaultId,
        change: &MemberDraw,
        lasts: Nanos,
    ) where
        'a: 'scope,
    {
        let roster = self.cluster().roster();
        let Some(roster) = roster.filter(|roster| !roster.voters.is_empty()) else { return };
        let steps = testbed::membership_steps(change, roster);
        if !steps.is_empty() {
            self.ask(scope, number, steps, Some(change.kind.name()), lasts);
        }
    }

    /// Asks for changes of the cluster, on a thread of their own.
    fn ask<'scope>(
        &mut self,
        scope: &'scope Scope<'scope, 'a>,
        number: FaultId,
        steps: Vec<Admin>,
        kind: Option<&str>,
        lasts: Nanos,
    ) where
        'a: 'scope,
    {
        let words = steps.iter().map(testbed::describe).collect::<Vec<_>>().join(", then ");
        let detail = kind.map_or(words.clone(), |kind| format!("{kind}: {words}"));
        let cause = self.fault_started(number, "admin", detail);
        let administrator = self.administrator;
        scope.spawn(move || administrator.ask(number, &steps, lasts, cause));
    }

    /// Starts those who left although the others count them as members: they were added again
    /// before they had heard of their removal.
    fn recall(&mut self) {
        let mut cluster = self.cluster();
        let left = |cluster: &Cluster| {
            let left = cluster.processes.iter().filter(|process| process.life == Life::Left);
            left.map(|process| process.id).collect::<NodeSet>()
        };
        if left(&cluster).is_empty() {
            return;
        }
        let Some(roster) = cluster.roster() else { return };
        let missed = left(&cluster).intersection(roster.voters.union(roster.learners));
        for id in missed.iter() {
            start(&mut cluster, id);
        }
    }

    /// The nodes that a target means at this moment.
    fn targets(&self, target: Target, stream: &mut Stream) -> NodeSet {
        let cluster = self.cluster();
        let up = cluster.up();
        let leader = || cluster.roster().map_or(0, |roster: Roster| roster.leader);
        let one = |set: NodeSet, stream: &mut Stream| one(set, stream).into_iter().collect();
        match target {
            Target::Node(id) => up.intersection([id].into_iter().collect()),
            Target::Leader => match leader() {
                0 => one(up, stream),
                leader => [leader].into_iter().collect(),
            },
            Target::Follower => {
                let leader = [leader()].into_iter().filter(|id| *id > 0).collect();
                one(up.difference(leader), stream)
            }
            Target::Any => one(up, stream),
            Target::All => up,
        }
    }

    fn fault_started(&self, fault: FaultId, name: &'static str, detail: String) -> u64 {
        let detail = detail.into_boxed_str();
        self.recorder.record(Event::NO_CAUSE, Kind::FaultStart { fault, name, detail })
    }

    fn push(&mut self, at: Nanos, due: Due) {
        self.pushed += 1;
        self.due.insert((at, self.pushed), due);
    }

    fn end_later(&mut self, number: FaultId, lasts: Nanos) {
        self.push(self.recorder.now() + lasts, Due::End(number));
    }

    fn cluster(&self) -> MutexGuard<'a, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process that cannot be started is a matter of the machine: it stays down, and is missed when
/// all is healed.
fn start(cluster: &mut Cluster, id: NodeId) {
    if let Err(error) = cluster.start(id) {
        cluster.process(id).life = Life::Down;
        eprintln!("warning: n{id} cannot be started: {error}");
    }
}

fn one(set: NodeSet, stream: &mut Stream) -> Option<NodeId> {
    if set.is_empty() {
        return None;
    }
    set.iter().nth(stream.below(set.len() as u64) as usize)
}
