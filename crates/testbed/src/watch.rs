//! Availability in the storm: whenever a quorum has been up, mutually connected and undisturbed
//! for a bound, a client must have got an answer that needed the quorum (*Raft §5.6; thesis §6.2,
//! §9.6 for what keeps the others from disturbing it*), and each kind of operation that clients kept
//! asking for must have been answered ([`crate::demand`]).
//!
//! It errs on the side of silence. The bound starts anew whenever a member of the quorum starts, a
//! link between two of them opens, or a fault begins or ends that is neither a partition nor a
//! crash nor a change of the cluster; the quorum must be one of every configuration that was in
//! force meanwhile; and clients must have been asking all the time.
//!
//! A leader without pre-vote and check-quorum may be kept from leading for ever by a node that
//! hears half of the cluster; of such nodes nothing is demanded.

use std::collections::VecDeque;

use system::{Nanos, NodeId, NodeSet, Note, ReadPath, View};
use trace::{Event, Fault, Histogram, Kind, Outcome, Plan, ScriptedFault};

use crate::demand::Demand;
use crate::progress::Progress;

/// Not now, and nobody knows since when it will be.
const NEVER: Nanos = Nanos::MAX;
/// Election timeouts that a quorum has at least.
const ELECTIONS: u64 = 12;
/// Clients that ask no more often than this do not ask all the time.
pub(crate) const PAUSE: Nanos = 500_000_000;

/// How far a node was when somebody looked, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    commit: u64,
    applied: u64,
    /// Changes of its commit index, as far as they were seen.
    pub(crate) committing: Progress,
    /// Changes of its applied index, as far as they were seen.
    pub(crate) applying: Progress,
}

/// Follows who could have decided, and whether anybody got an answer.
#[derive(Debug)]
pub(crate) struct Watch {
    /// The bound; `None` if nothing is demanded.
    bound: Option<Nanos>,
    /// Since when each node is up.
    up_since: [Nanos; 64],
    /// Since when each directed link of nodes is open.
    open_since: Vec<[Nanos; 64]>,
    /// Since when no other fault is on; may lie ahead.
    calm_since: Nanos,
    /// The index, voters and leaving voters of the newest configuration that anyone applied.
    configuration: (u64, NodeSet, NodeSet),
    /// The voters and leaving voters of those before it, with when each was left.
    left: VecDeque<(Nanos, NodeSet, NodeSet)>,
    /// Answers to clients that needed a quorum.
    pub(crate) answered: Progress,
    /// Since when clients ask all the time.
    asking_since: Nanos,
    asked_at: Nanos,
    /// Since when a quorum could decide, and has not answered yet.
    recovering_since: Option<Nanos>,
    available: bool,
    /// What clients ask for, kind by kind.
    pub(crate) demand: Demand,
    /// Where each node's log stands still; node `id` has place `id`.
    standing: [Standing; 64],
    /// How long it took from the moment in which a quorum could decide to the first answer.
    pub(crate) recoveries: Histogram,
}

impl Watch {
    pub(crate) fn new(plan: &Plan, voters: NodeSet) -> Self {
        let (node, cluster) = (&plan.scenario.node, &plan.scenario.cluster);
        let nodes = cluster.nodes + cluster.learners + cluster.spares;
        let bound = plan.scenario.limits.available_within;
        let is_taken = |fault: &ScriptedFault| match &fault.fault {
            Fault::Restart { setup, .. } => setup.pre_vote == Some(false),
            _ => false,
        };
        let pre_vote = node.pre_vote && !plan.faults.iter().any(is_taken);
        let demands = bound > 0 && pre_vote && node.check_quorum;
        let elections = ELECTIONS * node.tick * u64::from(node.election_ticks);
        Watch {
            bound: demands.then_some(bound.max(elections)),
            up_since: [NEVER; 64],
            open_since: vec![[0; 64]; 64],
            calm_since: 0,
            configuration: (0, voters, NodeSet::EMPTY),
            left: VecDeque::new(),
            answered: Progress::default(),
            asking_since: NEVER,
            asked_at: 0,
            recovering_since: None,
            available: false,
            demand: Demand::new(nodes, cluster.clients),
            standing: [Standing::default(); 64],
            recoveries: Histogram::default(),
        }
    }

    /// The voters, and those being left, of the newest configuration that anyone applied.
    pub(crate) fn configuration(&self) -> (NodeSet, NodeSet) {
        (self.configuration.1, self.configuration.2)
    }

    /// Takes in one event.
    #[inline]
    pub(crate) fn observe(&mut self, event: &Event) {
        self.demand.observe(event);
        match &event.kind {
            Kind::Start { node, .. } => self.up_since[*node as usize] = event.at,
            Kind::Crash { node, .. }
            | Kind::Halt { node, .. }
            | Kind::Panic { node, .. }
            | Kind::DiskFault { node, what: "kept-out", .. } => {
                self.up_since[*node as usize] = NEVER;
            }
            Kind::Note { note: Note::Conf { index, voters, outgoing, .. }, .. }
                if *index > self.configuration.0 =>
            {
                let (_, old, leaving) = self.configuration;
                self.left.push_back((event.at, old, leaving));
                self.configuration = (*index, *voters, *outgoing);
            }
            Kind::Attempt { id, .. } if id.client > 0 => {
                if event.at > self.asked_at + PAUSE || self.asking_since == NEVER {
                    self.asking_since = event.at;
                }
                self.asked_at = event.at;
            }
            Kind::Return { outcome, .. } => {
                if let Outcome::Ok { path, .. } = **outcome
                    && !matches!(path, ReadPath::Local | ReadPath::Lease)
                {
                    self.answered.made(event.at);
                    if let Some(since) = self.recovering_since.take() {
                        self.recoveries.add(event.at - since);
                    }
                }
            }
            _ => {}
        }
    }

    /// Forgets configurations that were left before any bound began.
    fn forget(&mut self, now: Nanos) {
        let bound = self.bound.unwrap_or(0);
        while self.left.front().is_some_and(|(at, ..)| at.saturating_add(bound) <= now) {
            self.left.pop_front();
        }
    }

    /// A fault of which nothing more is known is on until then.
    pub(crate) fn disturb(&mut self, until: Nanos) {
        self.calm_since = self.calm_since.max(until);
    }

    /// Looks how far a node is. To be called every now and then.
    pub(crate) fn look_at_node(&mut self, now: Nanos, events: u64, id: NodeId, view: &View) {
        let standing = &mut self.standing[id as usize];
        if standing.commit != view.commit {
            standing.commit = view.commit;
            standing.committing.made(now);
        }
        if standing.applied != view.applied {
            standing.applied = view.applied;
            standing.applying.made(now);
        }
        standing.committing.look(now, events);
        standing.applying.look(now, events);
    }

    /// Looks who got answers. To be called every now and then.
    pub(crate) fn look_at_answers(&mut self, now: Nanos, events: u64) {
        self.answered.look(now, events);
        self.demand.look(now, events);
    }

    /// How far a node was when it was last looked at.
    pub(crate) fn standing(&self, id: NodeId) -> Standing {
        self.standing[id as usize]
    }

    /// Looks at the links. To be called whenever one may have changed.
    pub(crate) fn look(
        &mut self,
        now: Nanos,
        nodes: NodeId,
        is_cut: impl Fn(NodeId, NodeId) -> bool,
        view: impl Fn(NodeId) -> View,
    ) {
        for from in 1..=nodes {
            for to in (1..=nodes).filter(|&to| to != from) {
                let since = &mut self.open_since[from as usize][to as usize];
                if is_cut(from, to) {
                    *since = NEVER;
                } else if *since == NEVER {
                    *since = now;
                }
            }
        }
        self.forget(now);
        let available = self.quorum(now, 0, view).is_some();
        if available != self.available {
            self.available = available;
            self.recovering_since = available.then_some(now);
        }
    }

    /// A quorum that has had its time while clients asked, and how long that is.
    pub(crate) fn due_quorum(
        &self,
        now: Nanos,
        view: impl Fn(NodeId) -> View,
    ) -> Option<(NodeSet, Nanos)> {
        let bound = self.bound?;
        let asks = self.asking_since.saturating_add(bound) <= now && now <= self.asked_at + PAUSE;
        if !asks {
            return None;
        }
        self.quorum(now, bound, view).map(|quorum| (quorum, bound))
    }

    /// Whether a client got an answer within the time before `now`.
    pub(crate) fn has_answered(&self, now: Nanos, within: Nanos) -> bool {
        self.answered.at + within > now
    }

    /// Nodes that have been able to decide for so long: a majority of each half of every
    /// configuration in that time, and of the one that each of them is in, which may be older.
    fn quorum(&self, now: Nanos, bound: Nanos, view: impl Fn(NodeId) -> View) -> Option<NodeSet> {
        let has_lasted = |since: Nanos| since.saturating_add(bound) <= now;
        if !has_lasted(self.calm_since) {
            return None;
        }
        let (_, voters, outgoing) = self.configuration;
        let able: NodeSet = voters
            .union(outgoing)
            .iter()
            .filter(|&node| has_lasted(self.up_since[node as usize]))
            .collect();
        let has_majorities = |set: NodeSet, voters: NodeSet, outgoing: NodeSet| {
            voters.has_majority_in(set) && outgoing.has_majority_in(set)
        };
        if !has_majorities(able, voters, outgoing) {
            return None;
        }
        let open = |from: NodeId, to: NodeId| {
            has_lasted(self.open_since[from as usize][to as usize])
                && has_lasted(self.open_since[to as usize][from as usize])
        };
        able.iter().map(|around| friends(around, able, open)).find(|&set| {
            has_majorities(set, voters, outgoing)
                && self.left.iter().all(|&(at, voters, outgoing)| {
                    has_lasted(at) || has_majorities(set, voters, outgoing)
                })
                && set.iter().all(|node| {
                    let View { voters, outgoing, .. } = view(node);
                    has_majorities(set, voters, outgoing)
                })
        })
    }
}

/// Nodes around this one that all hear each other. Not always the most there are: finding those
/// is hard, and a set that is not found is only a demand that is not made.
fn friends(around: NodeId, able: NodeSet, open: impl Fn(NodeId, NodeId) -> bool) -> NodeSet {
    let mut set: NodeSet =
        able.iter().filter(|&node| node == around || open(around, node)).collect();
    loop {
        let strangers =
            |node: NodeId| set.iter().filter(|&other| other != node && !open(node, other)).count();
        let worst = set.iter().map(|node| (strangers(node), node)).max();
        match worst {
            Some((count, node)) if count > 0 => set.remove(node),
            _ => return set,
        }
    }
}
