//! What is demanded of a cluster while it is troubled: somebody looks, and says what each node
//! waited for if nothing came of it.

use system::{Nanos, NodeId, NodeSet, Role, System, View};
use trace::{Fault, FaultId};

use crate::phases::Phase;
use crate::plan;
use crate::world::{Due, World};

/// How often somebody looks who can decide.
const LOOK: Nanos = 50_000_000;

impl<S: System> World<'_, S> {
    /// Looks who can decide, and whether they did.
    pub(crate) fn watch(&mut self) {
        if self.phase != Phase::Storm {
            return;
        }
        self.watch_links();
        self.watch_nodes();
        let slots = &self.slots;
        let view = |id: NodeId| view_of::<S>(slots, id);
        let now = self.queue.now();
        if let Some((quorum, bound)) = self.recorder.watch.due_quorum(now, view) {
            self.recorder.counters.demands += 1;
            if !self.recorder.watch.has_answered(now, bound) {
                let message = self.stuck("no client got an answer", quorum, bound);
                let still = self.recorder.watch.answered.still;
                return self.not_live("no-progress", message, still);
            }
            if let Some(need) = self.recorder.watch.demand.unmet(now, bound) {
                let words = self.recorder.watch.demand.words(need);
                let message = self.stuck(&words, quorum, bound);
                let still = self.recorder.watch.demand.still(need);
                return self.not_live(need.violation(), message, still);
            }
            if let Some((kind, words, still)) = self.overdue_change(quorum, bound) {
                let message = self.stuck(&words, quorum, bound);
                return self.not_live(kind, message, still);
            }
        }
        if let Some(message) = self.overfull() {
            return self.not_live("backlog", message, None);
        }
        self.queue.push(self.queue.now() + LOOK, Due::Watch);
    }

    /// Shows the watch how far each node is.
    pub(crate) fn watch_nodes(&mut self) {
        let (now, events) = (self.queue.now(), self.recorder.events());
        self.recorder.watch.look_at_answers(now, events);
        for slot in &self.slots {
            if let Some(program) = &slot.program {
                self.recorder.watch.look_at_node(now, events, slot.id, &program.view());
            }
        }
    }

    /// Tells the watch who hears whom.
    pub(crate) fn watch_links(&mut self) {
        if self.phase != Phase::Storm {
            return;
        }
        let (now, count) = (self.queue.now(), self.slots.len() as NodeId);
        let (network, slots) = (&self.network, &self.slots);
        let is_cut = |from, to| network.is_cut(from, to).is_some();
        let view = |id: NodeId| view_of::<S>(slots, id);
        self.recorder.watch.look(now, count, is_cut, view);
    }

    /// A fault has begun or ended.
    pub(crate) fn watch_fault(&mut self, number: FaultId) {
        let fault = plan::fault(self.plan, number);
        let ends = fault.at + fault.lasts;
        match fault.fault {
            // Of these the watch sees the links, the starts and crashes, the configurations.
            Fault::Partition(_)
            | Fault::Flap { .. }
            | Fault::Crash { .. }
            | Fault::CrashLoop { .. }
            | Fault::Restart { .. }
            | Fault::Admin(_)
            | Fault::Membership(_) => {}
            _ => self.recorder.watch.disturb(ends.max(self.queue.now())),
        }
        self.watch_links();
    }

    /// A leader that has taken more proposals than it was told to.
    fn overfull(&self) -> Option<String> {
        let bound = self.plan.scenario.node.uncommitted_bytes_max;
        self.slots.iter().find_map(|slot| {
            let backlog = slot.program.as_ref()?.backlog()?;
            (backlog > bound).then(|| {
                format!(
                    "n{} leads and has taken {backlog} bytes behind the oldest proposal that is not \
                     committed; beyond {bound} it was to refuse more",
                    slot.id
                )
            })
        })
    }

    /// What did not happen, and what each node waits for since when.
    fn stuck(&self, what: &str, quorum: NodeSet, bound: Nanos) -> String {
        let waits = self.slots.iter().filter_map(|slot| {
            let view = slot.program.as_ref()?.view();
            let since = self.recorder.watch.standing(slot.id).committing.at;
            Some(format!("n{} {}", slot.id, waiting(slot.id, &view, since)))
        });
        let waits: Vec<String> = waits.collect();
        let bound = trace::text::time(bound);
        format!(
            "{what} for {bound}, in which {quorum} were up and heard each other: {}",
            waits.join("; ")
        )
    }
}

fn view_of<S: System>(slots: &[crate::slot::Slot<S>], id: NodeId) -> View {
    let program = slots[id as usize - 1].program.as_ref();
    program.map(System::view).unwrap_or_default()
}

/// What a node waits for, as far as it says; its commit index is what it is since then.
fn waiting(id: NodeId, view: &View, since: Nanos) -> String {
    let View { term, commit, last_index, leader, .. } = view;
    let since = trace::text::time(since);
    let log = format!("has committed {commit} of {last_index}, no more since {since}");
    match view.role {
        Role::Leader => format!("leads term {term} and {log}"),
        Role::Candidate => format!("asks for votes in term {term} and {log}"),
        Role::PreCandidate => format!("asks whether it could win after term {term} and {log}"),
        Role::Follower | Role::Learner if *leader == 0 || *leader == id => {
            format!("waits for a leader in term {term} and {log}")
        }
        Role::Follower | Role::Learner => format!("follows n{leader} in term {term} and {log}"),
    }
}
