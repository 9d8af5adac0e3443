//! A run from its first process to its last: start, storm, heal, settle, start all over, read.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sim::Chance;
use system::NodeSet;
use trace::{Event, History, HistoryBuilder, Kind, OpId, Plan, Violation};

use crate::admin::Administrator;
use crate::api::Api;
use crate::client::{Client, Field};
use crate::cluster::{Cluster, View};
use crate::differences;
use crate::links::{Links, Quality};
use crate::nemesis::Nemesis;
use crate::process::Life;
use crate::program::Program;
use crate::proxy::Proxies;
use crate::recorder::Recorder;

/// A machine may be slow: nothing that must come is given up before this.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often somebody looks whether something has come.
const LOOK: Duration = Duration::from_millis(50);

/// How long a process may take to end in good order.
const SHUT_DOWN: Duration = Duration::from_secs(10);

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// What happened, as far as anybody outside of the processes can tell.
    pub events: Vec<Event>,
    /// What the clients saw.
    pub history: History,
    /// What was found besides: processes that ended, a cluster that did not settle.
    pub findings: Vec<Violation>,
    /// Connections between processes that were led through, and those broken by a cut.
    pub connections: (u64, u64),
    /// Bytes between processes.
    pub bytes: u64,
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Something that is not under test failed; says what.
    Environment(String),
    /// Somebody asked for an end.
    Interrupted,
}

/// Runs a plan on processes of a program, whose data lies in `place`. Ends early when `stop`
/// becomes true. `tell` is told what happens, a line each.
///
/// # Errors
///
/// If a process cannot be started, if the first cluster elects nobody, or if `stop` became true.
pub fn run(
    plan: &Plan,
    program: &Path,
    place: &Path,
    stop: &AtomicBool,
    tell: &dyn Fn(&str),
) -> Result<Report, Error> {
    let recorder = Arc::new(Recorder::new());
    let net = &plan.scenario.net;
    let base = Quality { delay: differences::delay(net.delay), bandwidth: net.bandwidth };
    let links = Arc::new(Links::new(base));
    let program = Program::new(program.to_owned(), &plan.scenario);
    let dialect = program.dialect();
    let chance = Chance::new(plan.seed);
    let (cluster, proxies) =
        Cluster::new(&plan.scenario, program, place, &links, &recorder, chance.clone())
            .map_err(|error| Error::Environment(format!("no proxies: {error}")))?;
    let servers = cluster.urls();
    let over = AtomicBool::new(false);
    let workload = &plan.scenario.workload;
    let field = Field { workload, recorder: &recorder, servers: &servers, over: &over, stop };
    let clients = 1..=plan.scenario.cluster.clients;
    let mut clients: Vec<Client<'_>> =
        clients.map(|id| Client::new(&field, id, &chance, Api::new(dialect))).collect();
    let run = Run {
        plan,
        cluster: Mutex::new(cluster),
        links: &links,
        recorder: &recorder,
        api: Api::new(dialect),
        stop,
        over: &over,
        tell,
    };
    run.found()?;
    run.storm(&mut clients)?;
    let mut findings = run.heal()?;
    findings.extend(run.start_all_over()?);
    findings.extend(run.final_reads(&mut clients)?);
    findings.extend(run.shut_down());
    Ok(report(&recorder, &proxies, findings))
}

/// What a run is made of.
struct Run<'a> {
    plan: &'a Plan,
    cluster: Mutex<Cluster>,
    links: &'a Links,
    recorder: &'a Arc<Recorder>,
    api: Api,
    stop: &'a AtomicBool,
    over: &'a AtomicBool,
    tell: &'a dyn Fn(&str),
}

impl Run<'_> {
    /// Starts the founders and waits until one of them leads.
    fn found(&self) -> Result<(), Error> {
        let begun = Instant::now();
        for id in 1..=self.plan.scenario.cluster.nodes {
            let started = self.cluster().start(id);
            started
                .map_err(|error| Error::Environment(format!("n{id} does not start: {error}")))?;
        }
        while self.cluster().roster().is_none_or(|roster| roster.leader == 0) {
            self.rest(LOOK)?;
            let mut cluster = self.cluster();
            cluster.reap();
            if let Some(finding) = cluster.findings.first() {
                return Err(Error::Environment(finding.message.clone()));
            }
            let nobody_is_left = cluster.processes.iter().all(|process| !process.is_up());
            if nobody_is_left || begun.elapsed() > PATIENCE {
                let words = cluster.last_words();
                return Err(Error::Environment(format!("nobody was elected{words}")));
            }
        }
        Ok(())
    }

    /// Clients work, the nemesis strikes.
    fn storm(&self, clients: &mut [Client<'_>]) -> Result<(), Error> {
        self.phase("storm");
        let begun = self.recorder.now();
        let end = self.recorder.instant(begun + self.plan.scenario.limits.storm);
        let administrator = Administrator {
            cluster: &self.cluster,
            recorder: self.recorder,
            api: self.api.clone(),
            over: self.over,
            number: AtomicU64::new(0),
        };
        let mut nemesis = Nemesis::new(
            self.plan,
            &self.cluster,
            self.links,
            self.recorder,
            &administrator,
            self.over,
        );
        std::thread::scope(|scope| {
            for client in clients {
                scope.spawn(|| client.work());
            }
            let nemesis = scope.spawn(|| nemesis.storm(scope, begun));
            let mut rested = Ok(());
            while rested.is_ok() && Instant::now() < end && !nemesis.is_finished() {
                rested = self.rest(LOOK.min(end.saturating_duration_since(Instant::now())));
            }
            self.over.store(true, Ordering::Relaxed);
            rested
        })
    }

    /// Ends all faults and waits until all members hold the same.
    fn heal(&self) -> Result<Vec<Violation>, Error> {
        self.phase("heal");
        self.links.heal();
        for process in &mut self.cluster().processes {
            if process.paused > 0 {
                process.resume();
            }
        }
        self.settle("after the storm")
    }

    /// Kills every process and starts all members again: what is read from now on was durable, as
    /// far as a kill can tell.
    fn start_all_over(&self) -> Result<Vec<Violation>, Error> {
        self.phase("start-all-over");
        let mut cluster = self.cluster();
        for id in cluster.up().iter() {
            cluster.kill(id, 0);
        }
        drop(cluster);
        self.settle("after a kill of all")
    }

    /// Waits until a leader and all members that it knows have applied the same.
    fn settle(&self, when: &str) -> Result<Vec<Violation>, Error> {
        let patience = PATIENCE.max(Duration::from_nanos(self.plan.scenario.limits.settle));
        let begun = Instant::now();
        loop {
            self.start_who_is_down();
            let views = self.views();
            if is_settled(&views) {
                let took = begun.elapsed().as_millis();
                (self.tell)(&format!("settled {when} in {took} ms"));
                return Ok(Vec::new());
            }
            if begun.elapsed() > patience {
                let words: Vec<String> = views.iter().map(in_words).collect();
                let words = words.join("; ");
                let message = format!(
                    "{when} the members did not agree within {}s: {words}",
                    patience.as_secs()
                );
                return Ok(vec![finding("convergence", "not-settled", message, Vec::new())]);
            }
            self.rest(LOOK)?;
        }
    }

    /// Starts who was killed, and who left although it is a member.
    fn start_who_is_down(&self) {
        let mut cluster = self.cluster();
        cluster.reap();
        let left = cluster.processes.iter().filter(|p| p.life == Life::Left).map(|p| p.id);
        let left: NodeSet = left.collect();
        let members = if left.is_empty() { None } else { cluster.roster() };
        let members = members.map_or(NodeSet::EMPTY, |r| r.voters.union(r.learners));
        let down = cluster.processes.iter().filter(|p| p.life == Life::Down).map(|p| p.id);
        let down: NodeSet = down.collect();
        for id in down.union(left.intersection(members)).iter() {
            if let Err(error) = cluster.start(id) {
                (self.tell)(&format!("n{id} cannot be started: {error}"));
            }
        }
    }

    fn views(&self) -> Vec<View> {
        let cluster = self.cluster();
        cluster.up().iter().filter_map(|id| cluster.view(id)).collect()
    }

    /// The clients read every key, each its share.
    fn final_reads(&self, clients: &mut [Client<'_>]) -> Result<Vec<Violation>, Error> {
        self.phase("final-reads");
        let keys = self.plan.scenario.workload.keys;
        let count = clients.len();
        let missing: Vec<OpId> = std::thread::scope(|scope| {
            let readers = clients.iter_mut().enumerate().map(|(place, client)| {
                let share: Vec<u64> = (place as u64..keys).step_by(count).collect();
                scope.spawn(move || client.read_all(&share, PATIENCE))
            });
            let readers: Vec<_> = readers.collect();
            readers.into_iter().flat_map(|reader| reader.join().expect("no panic")).collect()
        });
        if self.stop.load(Ordering::Relaxed) {
            return Err(Error::Interrupted);
        }
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let message = format!(
            "{} of {keys} keys could not be read at the end, though all was healed",
            missing.len()
        );
        Ok(vec![finding("liveness", "final-read", message, missing)])
    }

    /// Asks every process to end, and waits.
    fn shut_down(&self) -> Vec<Violation> {
        let mut cluster = self.cluster();
        cluster.reap();
        let mut findings = std::mem::take(&mut cluster.findings);
        for process in &mut cluster.processes {
            if process.is_up() && !process.shut_down(SHUT_DOWN) {
                let words = process.last_words();
                let message = format!("n{} did not end when it was asked to: {words}", process.id);
                findings.push(finding("sut", "shut-down", message, Vec::new()));
            }
        }
        findings
    }

    fn phase(&self, name: &'static str) {
        self.recorder.record(Event::NO_CAUSE, Kind::Phase { name });
    }

    fn rest(&self, time: Duration) -> Result<(), Error> {
        std::thread::sleep(time);
        if self.stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one leads, and all members that it knows are up, know the same members, and have
/// applied all that is committed.
fn is_settled(views: &[View]) -> bool {
    let leaders: Vec<&View> = views.iter().filter(|view| view.leads).collect();
    let [leader] = leaders[..] else { return false };
    let members = leader.voters.union(leader.learners);
    let agrees = |view: &View| {
        view.voters == leader.voters && (view.term, view.applied) == (leader.term, leader.commit)
    };
    members.iter().all(|id| views.iter().any(|view| view.id == id && agrees(view)))
}

fn in_words(view: &View) -> String {
    let leads = if view.leads { " leads" } else { "" };
    let View { id, term, commit, applied, voters, .. } = view;
    format!("n{id}{leads} in term {term}, commit {commit}, applied {applied}, voters {voters}")
}

fn finding(check: &'static str, kind: &str, message: String, ops: Vec<OpId>) -> Violation {
    Violation { check, kind: kind.to_owned(), message, ops, nodes: Vec::new(), core: Vec::new() }
}

fn report(recorder: &Recorder, proxies: &Proxies, findings: Vec<Violation>) -> Report {
    let events = recorder.take();
    let mut builder = HistoryBuilder::new();
    events.iter().for_each(|event| builder.observe(event));
    let traffic = proxies.traffic();
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Report {
        history: builder.finish(),
        events,
        findings,
        connections: (count(&traffic.connections), count(&traffic.broken)),
        bytes: count(&traffic.bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(id: u64, leads: bool, applied: u64) -> View {
        let voters = NodeSet::first(3);
        View { id, leads, term: 2, commit: 9, applied, voters, learners: NodeSet::EMPTY }
    }

    #[test]
    fn all_members_must_have_applied_what_is_committed() {
        let settled = [view(1, false, 9), view(2, true, 9), view(3, false, 9)];
        assert!(is_settled(&settled));
        assert!(!is_settled(&settled[..2]), "n3 is away");
        assert!(!is_settled(&[view(1, false, 8), view(2, true, 9), view(3, false, 9)]));
        assert!(!is_settled(&[view(1, false, 9), view(2, false, 9), view(3, false, 9)]));
        assert!(!is_settled(&[view(1, true, 9), view(2, true, 9), view(3, false, 9)]));
        assert!(!is_settled(&[]));
    }
}
