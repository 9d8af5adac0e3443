//! One watcher over a run: hands each event to the invariants and gathers what they find.
//!
//! * Messages return at once: the check that costs most is the one that is made most often.
//! * Invariants that look at what was before a note come before the note is folded into the
//!   node's [`Replica`], the others behind.

use system::{NodeId, NodeSet, Note};
use trace::{Event, History, Kind, Outcome, Verdict, Violation};

use crate::committed::Committed;
use crate::findings::{Findings, Said};
use crate::invariants::commit_monotonic::CommitMonotonic;
use crate::invariants::config_safety::ConfigSafety;
use crate::invariants::durability::{Configuration, Durability};
use crate::invariants::election_safety::ElectionSafety;
use crate::invariants::log_matching::LogMatching;
use crate::invariants::state_machine_safety::StateMachineSafety;
use crate::invariants::sut::Sut;
use crate::invariants::term_monotonic::TermMonotonic;
use crate::invariants::vote_kept::VoteKept;
use crate::invariants::{
    PerNode, convergence, leader_append_only, leader_completeness, lost_writes, per_node, slot, sut,
};
use crate::linearizability::{Explained, Limits, explain};
use crate::replica::Replica;

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
    committed: Committed,
    election_safety: ElectionSafety,
    log_matching: LogMatching,
    state_machine_safety: StateMachineSafety,
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
            committed: Committed::default(),
            election_safety: ElectionSafety::default(),
            log_matching: LogMatching::default(),
            state_machine_safety: StateMachineSafety::new(),
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
            Kind::Start { node, .. } => self.start(*node),
            Kind::Crash { node, .. } => self.replicas[slot(*node)].stop(),
            Kind::Halt { node, reason, detail } => {
                self.replicas[slot(*node)].stop();
                self.sut.halted(seq, *node, *reason, detail, &mut self.findings);
            }
            Kind::DiskFault { node, what, .. } => {
                if *what == "kept-out" {
                    self.replicas[slot(*node)].stop();
                }
                self.sut.damaged(*node, what);
            }
            Kind::Panic { node, panic } => {
                self.replicas[slot(*node)].stop();
                sut::panicked(seq, *node, panic, &mut self.findings);
            }
            Kind::Phase { name: "final-reads" } => {
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
                &self.state_machine_safety,
                &mut self.findings,
            );
            lost_writes::find(history, &mut self.findings);
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

    fn start(&mut self, node: NodeId) {
        self.replicas[slot(node)].start();
        self.config_safety.start(node);
        self.state_machine_safety.start(node);
        self.term_monotonic.start(node);
        self.commit_monotonic.start(node);
        self.vote_kept.start(node);
    }

    fn note(&mut self, said: Said<'_>) {
        let findings = &mut self.findings;
        let replica = &mut self.replicas[slot(said.node)];
        match said.note {
            Note::Append { .. } | Note::Persisted { .. } | Note::Recovered { .. } => {
                self.log_matching.observe(said, replica, findings);
            }
            Note::Truncate { .. } => {
                leader_append_only::observe(said, replica, findings);
                self.commit_monotonic.observe(said, findings);
            }
            _ => {}
        }
        replica.observe(said.note);
        match said.note {
            Note::Role { .. } => {
                self.term_monotonic.observe(said, findings);
                self.election_safety.observe(said, findings);
                leader_completeness::observe(said, replica, &self.committed, findings);
            }
            Note::Vote { .. } | Note::Persisted { .. } => {
                self.vote_kept.observe(said, findings);
                self.term_monotonic.observe(said, findings);
            }
            Note::Commit { .. } => {
                self.commit_monotonic.observe(said, findings);
                self.committed.observe(said, replica);
            }
            Note::Apply { .. } | Note::SnapshotTaken { .. } => {
                self.state_machine_safety.observe(said, findings);
            }
            Note::Recovered { .. } | Note::SnapshotInstalled { .. } => {
                self.vote_kept.observe(said, findings);
                self.term_monotonic.observe(said, findings);
                self.commit_monotonic.observe(said, findings);
                self.state_machine_safety.observe(said, findings);
            }
            Note::Conf { .. } => self.configuration.observe(said),
            _ => {}
        }
        self.config_safety.observe(said, &self.replicas, findings);
    }
}
