//! All processes, the wires between them, and what is known of who leads.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sim::Chance;
use sim::partition::Pair;
use system::{HaltReason, NodeId, NodeSet};
use testbed::Roster;
use trace::{CrashKind, Event, FaultId, Kind, Scenario, Violation};

use crate::api::Api;
use crate::links::Links;
use crate::ports::Ports;
use crate::process::{Life, Process};
use crate::program::Program;
use crate::proxy::{Proxies, Route};
use crate::recorder::Recorder;

/// How long a process may take to say who leads.
const ASK: Duration = Duration::from_millis(250);

/// The processes of a run.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) processes: Vec<Process>,
    /// Where one process dials another one.
    dialed: BTreeMap<Pair, SocketAddr>,
    program: Program,
    founders: u64,
    api: Api,
    recorder: Arc<Recorder>,
    /// Processes that ended although nobody asked them to.
    pub(crate) findings: Vec<Violation>,
}

impl Cluster {
    /// Processes that are not started yet, and the proxies in front of them.
    ///
    /// # Errors
    ///
    /// If there are no ports, or the proxies cannot be started.
    pub(crate) fn new(
        scenario: &Scenario,
        program: Program,
        place: &Path,
        links: &Arc<Links>,
        recorder: &Arc<Recorder>,
        chance: Chance,
    ) -> io::Result<(Self, Proxies)> {
        let mut ports = Ports::new();
        let founders = scenario.cluster.nodes;
        let count = founders + scenario.cluster.learners + scenario.cluster.spares;
        let mut processes = Vec::new();
        for id in 1..=count {
            let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let (http, peer) = (local(ports.free()?), local(ports.free()?));
            processes.push(Process::new(id, http, peer, place.join(format!("n{id}"))));
        }
        let mut routes = Vec::new();
        let mut dialed = BTreeMap::new();
        for from in 1..=count {
            for to in (1..=count).filter(|to| *to != from) {
                let listener = ports.listener()?;
                dialed.insert((from, to), listener.local_addr()?);
                let target = processes[to as usize - 1].peer;
                routes.push(Route { link: (from, to), listener, target });
            }
        }
        let proxies = Proxies::start(routes, Arc::clone(links), chance)?;
        let cluster = Cluster {
            processes,
            dialed,
            api: Api::new(program.dialect()),
            program,
            founders,
            recorder: Arc::clone(recorder),
            findings: Vec::new(),
        };
        Ok((cluster, proxies))
    }

    /// Where clients find each process; `n1` first.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.processes.iter().map(Process::url).collect()
    }

    /// The address of a member.
    pub(crate) fn address(&self, id: NodeId) -> String {
        format!("http://{}", self.processes[id as usize - 1].peer)
    }

    /// Starts a process, if it is not up.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(&mut self, id: NodeId) -> io::Result<()> {
        if self.process(id).is_up() {
            return Ok(());
        }
        let command = self.command(id);
        let process = self.process(id);
        let incarnation = process.incarnation;
        process.start(command)?;
        self.recorder.record(Event::NO_CAUSE, Kind::Start { node: id, incarnation });
        Ok(())
    }

    fn command(&self, id: NodeId) -> Command {
        // Who joins names itself last, as in etcd's raftexample.
        let joins = id > self.founders;
        let cluster: Vec<String> = (1..=self.founders.max(id)).map(|id| self.address(id)).collect();
        let links = self.dialed.iter().filter(|((from, _), _)| *from == id);
        let peers: Vec<String> =
            links.map(|((_, to), address)| format!("{to}=http://{address}")).collect();
        self.program.command(&self.processes[id as usize - 1], &cluster, &peers, joins)
    }

    /// Kills a process.
    pub(crate) fn kill(&mut self, id: NodeId, fault: FaultId) {
        let process = self.process(id);
        if !process.is_up() {
            return;
        }
        process.kill();
        let how = CrashKind::Kill;
        let kind = Kind::Crash { node: id, how, fault, during: "", lost_bytes: 0, torn_writes: 0 };
        self.recorder.record(Event::NO_CAUSE, kind);
    }

    /// Notices who has ended. A node may leave in good order when it is no member any more or was
    /// asked to; any other end is a finding.
    pub(crate) fn reap(&mut self) {
        for process in &mut self.processes {
            let Some(status) = process.exited() else { continue };
            let node = process.id;
            let (reason, detail) = match process.life {
                Life::Left => (HaltReason::Removed, "it left".to_owned()),
                Life::Down => (HaltReason::Stopped, "asked to stop".to_owned()),
                _ => (HaltReason::Inconsistent, format!("{status}: {}", process.last_words())),
            };
            if process.life == Life::Failed {
                self.findings.push(ended(node, status, &process.last_words()));
            }
            let kind = Kind::Halt { node, reason, detail: detail.into_boxed_str() };
            self.recorder.record(Event::NO_CAUSE, kind);
        }
    }

    /// Who runs, is not stopped, and was not asked to end.
    pub(crate) fn up(&self) -> NodeSet {
        let is_awake =
            |process: &&Process| process.is_up() && process.paused == 0 && !process.is_asked;
        let awake = self.processes.iter().filter(is_awake);
        awake.map(|process| process.id).collect()
    }

    /// What a member knows of the cluster: the leader of the highest term, or else whoever knows
    /// most.
    pub(crate) fn roster(&self) -> Option<Roster> {
        let views = self.up().iter().filter_map(|id| self.view(id)).collect::<Vec<_>>();
        let best = views.into_iter().max_by_key(|view| (view.leads, view.term, view.applied))?;
        let able = self.processes.iter().filter(|process| process.life != Life::Failed);
        let all: NodeSet = able.map(|process| process.id).collect();
        Some(Roster {
            voters: best.voters,
            learners: best.learners,
            outsiders: all.difference(best.voters.union(best.learners)),
            leader: if best.leads { best.id } else { 0 },
        })
    }

    /// What a process says of itself; `None` if it says nothing.
    pub(crate) fn view(&self, id: NodeId) -> Option<View> {
        let url = self.processes[id as usize - 1].url();
        View::of(id, &self.api.document(&url, "/v1/status", ASK)?)
    }

    /// Somebody's last words, for who wants to know why nothing works.
    pub(crate) fn last_words(&self) -> String {
        let words = self.processes.iter().map(|process| (process.id, process.last_words()));
        let words = words.filter(|(_, words)| !words.is_empty());
        words.map(|(id, words)| format!("\n  n{id}: {words}")).collect()
    }

    pub(crate) fn process(&mut self, id: NodeId) -> &mut Process {
        &mut self.processes[id as usize - 1]
    }
}

/// A process that ended although nobody asked it to.
fn ended(node: NodeId, status: std::process::ExitStatus, words: &str) -> Violation {
    let kind = if status.code() == Some(101) { "panic" } else { "exit" };
    Violation {
        check: "sut",
        kind: kind.to_owned(),
        message: format!("n{node} ended itself ({status}): {words}"),
        ops: Vec::new(),
        nodes: vec![node],
        core: Vec::new(),
    }
}

/// What a process says of itself and the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) id: NodeId,
    pub(crate) leads: bool,
    pub(crate) term: u64,
    pub(crate) commit: u64,
    pub(crate) applied: u64,
    pub(crate) voters: NodeSet,
    pub(crate) learners: NodeSet,
}

impl View {
    fn of(id: NodeId, status: &serde_json::Value) -> Option<View> {
        let members = status["members"].as_array()?;
        let with_vote = |vote| -> NodeSet {
            let those = members.iter().filter(|member| member["voter"].as_bool() == Some(vote));
            those.filter_map(|member| member["id"].as_u64()).collect()
        };
        Some(View {
            id,
            leads: status["role"].as_str()? == "leader",
            term: status["term"].as_u64()?,
            commit: status["commit"].as_u64()?,
            applied: status["applied"].as_u64()?,
            voters: with_vote(true),
            learners: with_vote(false),
        })
    }
}
