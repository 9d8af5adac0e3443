//! The phases of a run: storm, then healing, then what must be true.
//!
//! In the storm anything goes. Then the nemesis heals everything or a quorum, and that must elect,
//! commit and converge within a bound (*liveness*); every key is read through a client; every client
//! completes a write, if the workload has writes, of a key of its own, so that it hides nothing of
//! what was lost; and at the very end the power is cut everywhere and the disks alone are asked what
//! they hold.

use sim::StreamName;
use system::{Effect, Nanos, NodeId, Note, System};
use trace::{Autopsy, Event, Heal, Kind, OpId, Scenario};

use crate::client::Client;
use crate::panics::guard;
use crate::progress::Progress;
use crate::slot::Life;
use crate::world::{Due, World};

/// How often convergence is looked at.
const LOOK: u64 = 20_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Storm,
    Settle,
    FinalReads,
    FinalWrites,
    Autopsy,
    Over,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Phase::Storm => "storm",
            Phase::Settle => "settle",
            Phase::FinalWrites => "final-writes",
            Phase::FinalReads => "final-reads",
            Phase::Autopsy => "autopsy",
            Phase::Over => "over",
        }
    }
}

impl<S: System> World<'_, S> {
    pub(crate) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.record(Event::NO_CAUSE, Kind::Phase { name: phase.name() });
    }

    /// The phase's clock has struck.
    pub(crate) fn look_at_phase(&mut self) {
        self.watch_nodes();
        match self.phase {
            Phase::Storm => {
                self.heal();
                self.look_again();
            }
            Phase::Settle => {
                if self.mend_missing() {
                    // The time starts anew.
                } else if let Some((kind, message, still)) = self.unsettled() {
                    if self.now() >= self.phase_ends && !self.could_decide() {
                        return self.conclude();
                    }
                    if self.now() >= self.phase_ends {
                        let message = format!("{message}, {}", self.since_healing());
                        return self.not_live(kind, message, still);
                    }
                } else {
                    self.recovery = self.now() - self.healed_at;
                    self.enter(Phase::FinalReads);
                    self.begin_final_reads();
                }
                self.look_again();
            }
            Phase::FinalReads => self.look_at_final_reads(),
            Phase::FinalWrites => self.look_at_final_writes(),
            Phase::Autopsy | Phase::Over => {}
        }
    }

    fn look_again(&mut self) {
        let at = self.now() + LOOK;
        self.queue.push(at, Due::Phase);
    }

    /// What keeps the cluster from being settled: a kind of violation, what it is in words, and the
    /// event from which on it was seen.
    fn unsettled(&self) -> Option<(&'static str, String, Option<u64>)> {
        let Some(leader) = self.leader_of(self.healed) else {
            return Some(("no-leader", "no node leads".to_owned(), None));
        };
        let slot = &self.slots[leader as usize - 1];
        let view = slot.program.as_ref().expect("a leader runs").view();
        if let Some(client) = self.clients.iter().find(|client| !client.is_idle()) {
            return Some(("no-commit", format!("c{} still waits for an answer", client.id), None));
        }
        if view.commit < view.last_index || !view.outgoing.is_empty() {
            let (commit, last) = (view.commit, view.last_index);
            let Progress { at, still } = self.recorder.watch.standing(leader).committing;
            let since = trace::text::time(at);
            let message =
                format!("n{leader} has committed {commit} of {last}, no more since {since}");
            return Some(("no-commit", message, still));
        }
        for id in view.voters.union(view.learners).intersection(self.healed).iter() {
            let slot = &self.slots[id as usize - 1];
            let Some(program) = &slot.program else {
                if slot.at_risk {
                    // It lost what it promised, and rightly stays down.
                    continue;
                }
                return Some(("not-converged", format!("n{id} is down"), None));
            };
            let other = program.view();
            if other.applied != view.applied || other.leader != leader {
                let (applied, of) = (other.applied, view.applied);
                let Progress { at, still } = self.recorder.watch.standing(id).applying;
                let since = trace::text::time(at);
                let message = format!("n{id} has applied {applied} of {of}, no more since {since}");
                return Some(("not-converged", message, still));
            }
        }
        None
    }

    /// How long after the healing something was still missing, in words.
    fn since_healing(&self) -> String {
        let after = trace::text::time(self.now() - self.healed_at);
        match self.plan.scenario.limits.heal {
            Heal::All => format!("{after} after all was healed"),
            Heal::Quorum => format!("{after} after {} were healed", self.healed),
        }
    }

    fn look_at_final_reads(&mut self) {
        if let Some(id) = self.clients.iter().find_map(|client| client.final_failed) {
            let message = format!("c{}.{} could not read a key at the end", id.client, id.number);
            return self.not_live("no-read", message, None);
        }
        if self.clients.iter().all(|client| client.is_idle() && client.finals.is_empty()) {
            self.enter(Phase::FinalWrites);
            // A network may lose some messages all the time, and some clients wait long for each.
            let tries = 4 * self.plan.scenario.workload.op_timeout;
            self.phase_ends = self.now() + self.patience() + tries;
            self.begin_final_writes();
        }
        self.look_again();
    }

    fn look_at_final_writes(&mut self) {
        let now = self.now();
        let owing = self.clients.iter().find(|client| client.owes_write);
        let missing = match owing.map(Client::missing_write) {
            Some(message) => Some(("no-write", message, None)),
            None => self.unsettled(),
        };
        if let Some((kind, message, still)) = missing {
            if now >= self.phase_ends {
                let message = format!("{message}, {}", self.since_healing());
                return self.not_live(kind, message, still);
            }
            return self.look_again();
        }
        match self.unanswered() {
            Some((taken, message)) if now >= taken + self.patience() => {
                self.not_live("no-answer", message, None);
            }
            Some(_) => self.look_again(),
            None => self.conclude(),
        }
    }

    /// All that is left is what the disks hold.
    fn conclude(&mut self) {
        self.enter(Phase::Autopsy);
        self.autopsy();
        self.phase = Phase::Over;
    }

    /// How long a node may take to answer a request that came to nothing: it may have to see that
    /// by its own clock.
    fn patience(&self) -> u64 {
        let Scenario { limits, node, .. } = &self.plan.scenario;
        limits.settle.max(30 * node.tick * u64::from(node.election_ticks))
    }

    /// The oldest request that a node of those that are healed still owes an answer: when it was
    /// taken, and what it is in words.
    fn unanswered(&self) -> Option<(Nanos, String)> {
        if !S::contract(&self.config).capabilities.answers {
            return None;
        }
        let owing = self.slots.iter().filter(|slot| self.healed.contains(slot.id));
        let owed = owing.flat_map(|slot| slot.unanswered.iter().map(|owed| (slot.id, *owed)));
        let (node, (request, taken)) = owed.min_by_key(|(_, (_, taken))| *taken)?;
        let OpId { client, number } = OpId::of(request);
        let at = trace::text::time(taken);
        let message =
            format!("n{node} took c{client}.{number} at {at}, runs, and never answered it");
        Some((taken, message))
    }

    /// Cuts the power everywhere and lets the program's own recovery read the disks.
    fn autopsy(&mut self) {
        for id in 1..=self.slots.len() as NodeId {
            if self.slot(id).life == Life::Unborn {
                continue;
            }
            let slot = self.slot(id);
            slot.clear();
            slot.life = Life::Down;
            slot.disk.borrow_mut().power_loss();
            let found = Box::new(self.dissect(id));
            self.record(Event::NO_CAUSE, Kind::Autopsy { node: id, found });
        }
    }

    fn dissect(&mut self, id: NodeId) -> Autopsy {
        let incarnation = self.slot(id).incarnation;
        let random = self.chance.stream(StreamName::Node { id, incarnation });
        let boot = self.boot_of(id, incarnation, Box::new(random));
        let effects = self.slot(id).new_effects();
        let setup = self.slot(id).setup;
        let config = S::configured(&self.config, &setup);
        let program = match guard(|| S::boot(&config, boot, &effects)) {
            Ok(Ok(program)) => program,
            Ok(Err(halt)) => return Autopsy { refused: Some(halt.detail), ..Autopsy::default() },
            Err(panic) => {
                return Autopsy { refused: Some(panic.message), ..Autopsy::default() };
            }
        };
        let mut found = Autopsy::default();
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Note(Note::Recovered {
                    term,
                    commit,
                    snapshot_index,
                    snapshot_digest,
                    first_index,
                    ..
                }) => {
                    found.term = term;
                    found.commit = commit;
                    found.snapshot_index = snapshot_index;
                    found.snapshot_digest = snapshot_digest;
                    found.first_index = first_index;
                }
                // It applied what it has read, and gave up entries that are in the state now.
                Effect::Note(Note::SnapshotTaken { index, digest, .. }) => {
                    found.snapshot_index = index;
                    found.snapshot_digest = digest;
                }
                _ => {}
            }
        }
        let last = program.view().last_index;
        let mut kept = found.first_index..=last;
        found.first_index = kept.find(|&index| program.entry(index).is_some()).unwrap_or(last + 1);
        found.entries = (found.first_index..=last)
            .map_while(|index| program.entry(index))
            .map(|mark| (mark.term, mark.digest))
            .collect();
        found
    }
}
