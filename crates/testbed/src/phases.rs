//! The phases of a run: storm, then healing, then what must be true.
//!
//! In the storm anything goes. Then the nemesis heals everything or a quorum, and that must elect,
//! commit and converge within a bound (*liveness*); every key is read through a client; and at
//! the very end the power is cut everywhere and the disks alone are asked what they hold.

use sim::StreamName;
use system::{Effect, NodeId, Note, System};
use trace::{Autopsy, Event, Heal, Kind, OpId, Scenario};

use crate::panics::guard;
use crate::slot::Life;
use crate::world::{Due, World};

/// How often convergence is looked at.
const LOOK: u64 = 20_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Storm,
    Settle,
    FinalReads,
    Autopsy,
    Over,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Phase::Storm => "storm",
            Phase::Settle => "settle",
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
                } else if let Some((kind, message)) = self.unsettled() {
                    if self.now() >= self.phase_ends && !self.could_decide() {
                        return self.conclude();
                    }
                    if self.now() >= self.phase_ends {
                        let bound = trace::text::time(self.plan.scenario.limits.settle);
                        let what = match self.plan.scenario.limits.heal {
                            Heal::All => "all was healed".to_owned(),
                            Heal::Quorum => format!("{} were healed", self.healed),
                        };
                        let message = format!("{message}, {bound} after {what}");
                        return self.not_live(kind, message);
                    }
                } else {
                    self.recovery = self.now() - self.healed_at;
                    self.enter(Phase::FinalReads);
                    self.phase_ends = self.now() + self.patience();
                    self.begin_final_reads();
                }
                self.look_again();
            }
            Phase::FinalReads => self.look_at_final_reads(),
            Phase::Autopsy | Phase::Over => {}
        }
    }

    fn look_again(&mut self) {
        let at = self.now() + LOOK;
        self.queue.push(at, Due::Phase);
    }

    /// What keeps the cluster from being settled, as a kind of violation and in words.
    fn unsettled(&self) -> Option<(&'static str, String)> {
        let Some(leader) = self.leader_of(self.healed) else {
            return Some(("no-leader", "no node leads".to_owned()));
        };
        let slot = &self.slots[leader as usize - 1];
        let view = slot.program.as_ref().expect("a leader runs").view();
        if let Some(client) = self.clients.iter().find(|client| !client.is_idle()) {
            return Some(("no-commit", format!("c{} still waits for an answer", client.id)));
        }
        if view.commit < view.last_index || !view.outgoing.is_empty() {
            let (commit, last) = (view.commit, view.last_index);
            let since = trace::text::time(self.recorder.watch.standing(leader).committed_at);
            let message =
                format!("n{leader} has committed {commit} of {last}, no more since {since}");
            return Some(("no-commit", message));
        }
        for id in view.voters.union(view.learners).intersection(self.healed).iter() {
            let slot = &self.slots[id as usize - 1];
            let Some(program) = &slot.program else {
                if slot.at_risk {
                    // It lost what it promised, and rightly stays down.
                    continue;
                }
                return Some(("not-converged", format!("n{id} is down")));
            };
            let other = program.view();
            if other.applied != view.applied || other.leader != leader {
                let (at, of) = (other.applied, view.applied);
                let since = trace::text::time(self.recorder.watch.standing(id).applied_at);
                let message = format!("n{id} has applied {at} of {of}, no more since {since}");
                return Some(("not-converged", message));
            }
        }
        None
    }

    fn look_at_final_reads(&mut self) {
        if let Some(id) = self.clients.iter().find_map(|client| client.final_failed) {
            let message = format!("c{}.{} could not read a key at the end", id.client, id.number);
            return self.not_live("no-read", message);
        }
        if self.clients.iter().all(|client| client.is_idle() && client.finals.is_empty()) {
            if let Some(message) = self.unanswered() {
                if self.now() >= self.phase_ends {
                    return self.not_live("no-answer", message);
                }
                return self.look_again();
            }
            self.conclude();
        } else {
            self.look_again();
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

    /// The oldest request that a node of those that are healed still owes an answer, in words.
    fn unanswered(&self) -> Option<String> {
        if !S::contract(&self.config).capabilities.answers {
            return None;
        }
        let owing = self.slots.iter().filter(|slot| self.healed.contains(slot.id));
        let owed = owing.flat_map(|slot| slot.unanswered.iter().map(|owed| (slot.id, *owed)));
        let (node, (request, taken)) = owed.min_by_key(|(_, (_, taken))| *taken)?;
        let OpId { client, number } = OpId::of(request);
        let taken = trace::text::time(taken);
        Some(format!("n{node} took c{client}.{number} at {taken}, runs, and never answered it"))
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
            if let Effect::Note(Note::Recovered {
                term,
                commit,
                snapshot_index,
                snapshot_digest,
                first_index,
                ..
            }) = effect
            {
                found.term = term;
                found.commit = commit;
                found.snapshot_index = snapshot_index;
                found.snapshot_digest = snapshot_digest;
                found.first_index = first_index;
            }
        }
        let last = program.view().last_index;
        found.entries = (found.first_index..=last)
            .map_while(|index| program.entry(index))
            .map(|mark| (mark.term, mark.digest))
            .collect();
        found
    }
}
