//! One watcher over a run: hands each event to the invariants and gathers what they find.
//!
//! * Messages return at once: the check that costs most is the one that is made most often.
//! * Invariants that look at what was before a note come before the note is folded into the
//!   node's [`Replica`], the others behind.

use system::{EntryMark, NodeId, NodeSet, Note, View};
use trace::{Event, History, Kind, OpId, Outcome, Verdict, Violation};

use crate::asked::Asked;
use crate::committed::Committed;
use crate::configuration::Configuration;
use crate::findings::{Findings, Said};
use crate::invariants::admin_answers::AdminAnswers;
use crate::invariants::commit_monotonic::CommitMonotonic;
use crate::invariants::commit_quorum::CommitQuorum;
use crate::invariants::config_safety::ConfigSafety;
use crate::invariants::durability::Durability;
use crate::invariants::election_safety::ElectionSafety;
use crate::invariants::leader_completeness::LeaderCompleteness;
use crate::invariants::log_kept::LogKept;
use crate::invariants::log_matching::LogMatching;
use crate::invariants::sut::Sut;
use crate::invariants::term_monotonic::TermMonotonic;
use crate::invariants::vote_kept::VoteKept;
use crate::invariants::{
    PerNode, apply_order, convergence, exactly_once, leader_append_only, lease, lost_writes,
    per_node, read_freshness, slot, snapshot_prefix, state_machine_safety, sut, takes_durable_data,
};
use crate::linearizability::{Explained, Limits, explain};
use crate::replica::Replica;
use crate::states::States;

/// The cluster as it was founded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Founding {
    /// The founding voters.
    pub voters: NodeSet,
    /// The founding members without a vote.
    pub learners: NodeSet,
}

/// Judges one run: [`Judge::observe`] every event, then [`Judge::finish`].
#[derive(Debug)]
pub struct Judge {
    findings: Findings,
    replicas: PerNode<Replica>,
    configuration: Configuration,
    config_safety: ConfigSafety,
    admin_answers: AdminAnswers,
    committed: Committed,
    commit_quorum: CommitQuorum,
    states: States,
    asked: Asked,
    election_safety: ElectionSafety,
    leader_completeness: LeaderCompleteness,
    log_matching: LogMatching,
    log_kept: LogKept,
    term_monotonic: TermMonotonic,
    commit_monotonic: CommitMonotonic,
    vote_kept: VoteKept,
    durability: Durability,
    sut: Sut,
    /// Whether the run was ended before its end.
    stopped: bool,
}

impl Judge {
    /// A judge who has seen nothing.
    #[must_use]
    pub fn new(founding: Founding) -> Judge {
        let configuration = Configuration {
            index: 0,
            voters: founding.voters,
            outgoing: NodeSet::EMPTY,
            learners: founding.learners,
        };
        Judge {
            findings: Findings::default(),
            replicas: per_node(),
            configuration,
            config_safety: ConfigSafety::new(configuration),
            admin_answers: AdminAnswers::new(),
            committed: Committed::default(),
            commit_quorum: CommitQuorum::default(),
            states: States::default(),
            asked: Asked::default(),
            election_safety: ElectionSafety::new(),
            leader_completeness: LeaderCompleteness::default(),
            log_matching: LogMatching::new(),
            log_kept: LogKept::new(),
            term_monotonic: TermMonotonic::new(),
            commit_monotonic: CommitMonotonic::new(),
            vote_kept: VoteKept::new(),
            durability: Durability::default(),
            sut: Sut::default(),
            stopped: false,
        }
    }

    /// Takes in one event. Constant amortised cost.
    ///
    /// # Panics
    ///
    /// If a node's id is above 63.
    pub fn observe(&mut self, event: &Event) {
        let seq = event.seq;
        match &event.kind {
            Kind::Note { node, note } => self.note(Said { seq, node: *node, note }),
            Kind::Send { message, summary } => self.vote_kept.send(message.from, seq, summary),
            Kind::Request { node, id } => self.asked.request(*node, *id),
            Kind::AdminInvoke { id, admin } => {
                let Judge { admin_answers, configuration, replicas, .. } = self;
                admin_answers.asked((seq, *id), admin, configuration, replicas);
            }
            Kind::AdminReturn { id, error } => {
                self.admin_answers.answered(seq, *id, error.is_none(), &mut self.findings);
            }
            Kind::Start { node, .. } => self.start(*node, seq),
            Kind::Crash { node, .. } => self.replicas[slot(*node)].stop(),
            Kind::Halt { node, reason, detail } => {
                self.replicas[slot(*node)].stop();
                self.sut.halted(seq, *node, *reason, detail, &mut self.findings);
            }
            Kind::DiskFault { node, what, .. } => {
                if *what == "kept-out" {
                    self.replicas[slot(*node)].stop();
                }
                if takes_durable_data(what) {
                    self.sut.damaged(*node);
                    self.log_kept.damaged(*node);
                }
            }
            Kind::Panic { node, panic } => {
                self.replicas[slot(*node)].stop();
                sut::panicked(seq, *node, panic, &mut self.findings);
            }
            Kind::Phase { name: "final-reads" } => {
                self.durability.settled(seq);
                let members = self.configuration.members();
                convergence::compare(seq, members, &self.replicas, &mut self.findings);
            }
            Kind::Autopsy { node, found } => self.durability.observe(seq, *node, found),
            _ => {}
        }
    }

    /// What was found so far, in the order of discovery. Each kind of each check stands there at
    /// most once.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        self.findings.found()
    }

    /// What a node would say of itself, as far as its notes tell: the judge's picture of it, in
    /// memory. It is the node's own view whenever none of its effects is under way. The hash of
    /// its state is 0 if it never told one.
    ///
    /// # Panics
    ///
    /// If the node's id is above 63.
    #[must_use]
    pub fn view(&self, node: NodeId) -> View {
        self.replicas[slot(node)].view()
    }

    /// The entry at `index` of a node's log, as its notes tell it.
    ///
    /// # Panics
    ///
    /// If the node's id is above 63.
    #[must_use]
    pub fn entry(&self, node: NodeId, index: u64) -> Option<EntryMark> {
        let entry = self.replicas[slot(node)].log.entry(index);
        entry.map(|(term, digest)| EntryMark { term, digest })
    }

    /// The run ends before its end: what must be true only then is not asked.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// The judgement: of the invariants, of durability, and of the clients' history, for which no
    /// more is spent than `limits` allows.
    ///
    /// * `Fail` holds all violations, the one with the earliest proof first.
    /// * `Unknown` if the budget was spent, or if no operation of a client succeeded: a run in
    ///   which nothing was promised has not kept a promise.
    #[must_use]
    pub fn finish(mut self, history: &History, limits: Limits) -> Verdict {
        if !self.stopped {
            self.durability.finish(
                history,
                &self.configuration,
                &self.committed,
                &self.states,
                &mut self.findings,
            );
            lost_writes::find(history, &mut self.findings);
            exactly_once::find(history, &mut self.findings);
        }
        let clients_saw = explain(history, limits, &mut |_, _| true);
        if let Explained::No(proof) = &clients_saw {
            self.findings.add(proof.violation.clone());
        }
        let found = self.findings.into_sorted();
        if !found.is_empty() {
            return Verdict::Fail(found);
        }
        if let Explained::Unknown(reason) = clients_saw {
            return Verdict::Unknown(reason);
        }
        let is_ok = |outcome: &Outcome| matches!(outcome, Outcome::Ok { .. });
        if !history.operations.iter().any(|operation| is_ok(&operation.outcome)) {
            return Verdict::Unknown("no client operation succeeded: nothing was checked".into());
        }
        Verdict::Pass
    }

    fn start(&mut self, node: NodeId, seq: u64) {
        self.replicas[slot(node)].start();
        let bound = self.vote_kept.bound(node).max(self.term_monotonic.durable(node));
        self.election_safety.start(node, seq, bound);
        self.term_monotonic.start(node);
        self.commit_monotonic.start(node);
        self.vote_kept.start(node);
        self.admin_answers.start(node);
    }

    fn note(&mut self, said: Said<'_>) {
        self.before(said);
        self.replicas[slot(said.node)].observe(said);
        self.behind(said);
    }

    /// Asks those who look at the node as it was.
    fn before(&mut self, said: Said<'_>) {
        let findings = &mut self.findings;
        let replica = &self.replicas[slot(said.node)];
        if replica.has_recovered(said.note) {
            self.log_kept.recovered(said, replica, findings);
            self.commit_monotonic.recovered(said, replica, findings);
        }
        self.log_kept.observe(said, replica, findings);
        match said.note {
            Note::Append { .. } => self.log_matching.observe(said, replica, findings),
            Note::Recovered { .. } => {
                self.log_matching.recovered(said, self.log_kept.until(said.node));
            }
            Note::Truncate { .. } => {
                leader_append_only::observe(said, replica, findings);
                self.commit_monotonic.observe(said, replica, findings);
            }
            Note::Apply { .. } => apply_order::observe(said, replica, findings),
            Note::SnapshotTaken { .. } | Note::Compact { .. } => {
                snapshot_prefix::observe(said, replica, findings);
            }
            Note::Read { request, .. } => {
                if let Some(moment) = self.asked.moment(said.node, OpId::of(*request)) {
                    lease::observe(said, moment, replica, findings);
                    read_freshness::observe(said, moment, findings);
                }
            }
            _ => {}
        }
    }

    /// Asks those who look at the node as it is now.
    fn behind(&mut self, said: Said<'_>) {
        let findings = &mut self.findings;
        let replica = &self.replicas[slot(said.node)];
        match said.note {
            Note::Role { .. } => {
                self.asked.observe(said);
                self.term_monotonic.observe(said, findings);
                self.election_safety.observe(said, findings);
                self.leader_completeness.observe(said, replica, &self.committed, findings);
                self.admin_answers.observe(said, replica, findings);
            }
            Note::Vote { .. } | Note::Persisted { .. } => {
                self.vote_kept.observe(said, findings);
                self.term_monotonic.observe(said, findings);
            }
            Note::Commit { .. } => {
                self.asked.observe(said);
                self.commit_monotonic.observe(said, replica, findings);
                self.commit_quorum.observe(said, &self.replicas, findings);
                if let Some(entry) = self.committed.observe(said, replica) {
                    let logs = &self.log_matching;
                    self.leader_completeness.told(said, replica.term, entry, logs, findings);
                }
            }
            Note::Append { .. } if replica.recovers => {
                self.commit_quorum.observe(said, &self.replicas, findings);
            }
            Note::Apply { .. } | Note::SnapshotTaken { .. } => self.state(said),
            Note::Recovered { .. } | Note::SnapshotInstalled { .. } => {
                self.vote_kept.observe(said, findings);
                self.term_monotonic.observe(said, findings);
                self.commit_monotonic.observe(said, replica, findings);
                self.commit_quorum.observe(said, &self.replicas, findings);
                self.state(said);
            }
            Note::Conf { .. } => {
                self.configuration.observe(said);
                self.admin_answers.observe(said, replica, findings);
            }
            Note::Transfer { .. } | Note::TransferEnded { .. } => {
                self.admin_answers.observe(said, replica, findings);
            }
            _ => {}
        }
        let replica = &self.replicas[slot(said.node)];
        self.config_safety.observe(said, replica, &mut self.findings);
    }

    /// A node tells of a state.
    fn state(&mut self, said: Said<'_>) {
        let Some(mismatch) = self.states.observe(said) else { return };
        if mismatch.old.is_snapshot || mismatch.new.is_snapshot {
            snapshot_prefix::report(&mismatch, &mut self.findings);
        } else {
            state_machine_safety::report(&mismatch, &mut self.findings);
        }
    }
}
