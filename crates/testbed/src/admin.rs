//! Changes of the cluster that the nemesis asks for, again and again until they are done.

use std::collections::VecDeque;

use system::{Admin, ConfChange, Nanos, NodeId, NodeSet, Refusal, Reply, Request, System};
use trace::{Event, FaultId, Kind, OpId};

use crate::nemesis;
use crate::nemesis::members::{self, Roster};
use crate::nemesis::missed::Why;
use crate::phases::Phase;
use crate::slot::{Life, request_id};
use crate::world::{Due, World};

/// Between attempts.
const RETRY: Nanos = 100_000_000;

/// Attempts from which a change is demanded.
const ATTEMPTS_MIN: u32 = 8;

/// One change under way.
pub(crate) struct AdminOp {
    admin: Admin,
    /// What comes when it is done.
    next: VecDeque<Admin>,
    fault: FaultId,
    /// When it was asked for first.
    begun: Nanos,
    deadline: Nanos,
    attempt: u32,
    done: bool,
    /// The last refusal of the step under way.
    refused: Option<&'static str>,
    cause: u64,
    /// Whom to ask; 0 for whoever leads.
    hint: NodeId,
}

impl<S: System> World<'_, S> {
    /// Begins changes that follow each other. Together they have this long.
    pub(crate) fn begin_admin(
        &mut self,
        steps: Vec<Admin>,
        fault: FaultId,
        lasts: Nanos,
        cause: u64,
    ) {
        let deadline = self.now() + lasts.max(RETRY);
        let roster = self.roster();
        self.asked_for.extend(members::each_after(&steps, roster));
        self.begin_step(steps.into(), fault, deadline, cause);
    }

    fn begin_step(
        &mut self,
        mut steps: VecDeque<Admin>,
        fault: FaultId,
        deadline: Nanos,
        cause: u64,
    ) {
        let admin = steps.pop_front().expect("there is a step");
        let index = self.admin.len();
        let id = OpId { client: 0, number: index as u64 + 1 };
        let cause = self.record(cause, Kind::AdminInvoke { id, admin: Box::new(admin.clone()) });
        self.admin.push(AdminOp {
            admin,
            next: steps,
            fault,
            begun: self.now(),
            deadline,
            attempt: 0,
            done: false,
            refused: None,
            cause,
            hint: 0,
        });
        self.wake_admin(index);
    }

    pub(crate) fn wake_admin(&mut self, index: usize) {
        let now = self.now();
        let leader = self.leader();
        let op = &mut self.admin[index];
        if op.done {
            return;
        }
        if now >= op.deadline || self.phase != Phase::Storm {
            return self.end_admin(index, Some("gave up"), Event::NO_CAUSE);
        }
        let to = if op.hint > 0 { Some(std::mem::take(&mut op.hint)) } else { leader };
        for node in joiners(&self.admin[index].admin).iter() {
            if matches!(self.slot(node).life, Life::Unborn | Life::Removed) {
                self.start(node, self.admin[index].cause);
            }
        }
        let op = &mut self.admin[index];
        if let Some(to) = to.filter(|&to| to <= self.slots.len() as u64) {
            op.attempt += 1;
            let (attempt, admin, cause) = (op.attempt, op.admin.clone(), op.cause);
            let number = index as u64 + 1;
            let id = OpId { client: 0, number };
            let cause = self.record(cause, Kind::Attempt { id, to, attempt });
            self.send_request(0, to, request_id(0, number, attempt), Request::Admin(admin), cause);
        }
        self.queue.push(now + RETRY, Due::Admin { index });
    }

    pub(crate) fn take_admin_reply(
        &mut self,
        number: u64,
        _attempt: u32,
        reply: Reply,
        cause: u64,
    ) {
        let index = number as usize - 1;
        let op = &mut self.admin[index];
        if op.done {
            return;
        }
        match reply {
            Reply::Ok { .. } => self.end_admin(index, None, cause),
            Reply::Failed(refusal @ Refusal::NotLeader { hint }) => {
                op.refused = Some(refusal.name());
                op.hint = hint;
            }
            // An earlier attempt may have made the change: then asking again makes no sense.
            Reply::Failed(refusal @ (Refusal::InvalidChange | Refusal::Unsupported)) => {
                op.refused = Some(refusal.name());
                self.end_admin(index, Some(refusal.name()), cause);
            }
            Reply::Failed(refusal) => op.refused = Some(refusal.name()),
            Reply::Unknown(_) => {}
        }
    }

    fn end_admin(&mut self, index: usize, error: Option<&'static str>, cause: u64) {
        let op = &mut self.admin[index];
        op.done = true;
        let (fault, deadline, repeated) = (op.fault, op.deadline, op.attempt > 1);
        let refused = op.refused;
        let next = std::mem::take(&mut op.next);
        let id = OpId { client: 0, number: index as u64 + 1 };
        let cause = self.record(cause, Kind::AdminReturn { id, error });
        let may_be_done =
            error.is_none() || repeated && error == Some(Refusal::InvalidChange.name());
        if may_be_done && !next.is_empty() {
            return self.begin_step(next, fault, deadline, cause);
        }
        if !may_be_done {
            self.recorder.misses.note(fault, Why::NotDone(refused));
        }
        self.record(cause, Kind::FaultEnd { fault, name: "admin" });
    }

    /// A change that was asked for during the whole bound, that this quorum could have made, and that
    /// is not done: the kind of violation, what did not happen, and its first event.
    pub(crate) fn overdue_change(
        &self,
        quorum: NodeSet,
        bound: Nanos,
    ) -> Option<(&'static str, String, Option<u64>)> {
        let roster = self.roster();
        let op = self.admin.iter().find(|op| {
            let is_overdue = !op.done && op.begun + bound <= self.now();
            is_overdue && op.attempt >= ATTEMPTS_MIN && is_possible(&op.admin, quorum, roster)
        })?;
        let kind = match op.admin {
            Admin::Transfer { .. } => "no-transfer",
            Admin::Reconfigure { .. } => "no-member-change",
        };
        let refused =
            op.refused.map_or(String::new(), |why| format!("; the last answer was {why}"));
        let (what, begun) = (nemesis::describe(&op.admin), trace::text::time(op.begun));
        let words = format!("\"{what}\" was asked for since {begun} and was not done{refused}");
        Some((kind, words, Some(op.cause)))
    }

    /// Who is a member, as the leader sees it, or else the node that knows of most.
    pub(crate) fn roster(&self) -> Roster {
        let views = self.slots.iter().filter_map(|slot| {
            let view = slot.program.as_ref()?.view();
            Some((slot.is_leader(), view.term, view.applied, view))
        });
        let best = views.max_by_key(|&(leads, term, applied, _)| (leads, term, applied));
        let view = best.map(|(.., view)| view).unwrap_or_default();
        let members = view.voters.union(view.learners).union(view.outgoing);
        let able = self.slots.iter().filter(|slot| slot.life != Life::Halted).map(|slot| slot.id);
        Roster {
            voters: view.voters,
            learners: view.learners,
            outsiders: able.collect::<NodeSet>().difference(members),
            leader: self.leader().unwrap_or(0),
        }
    }
}

/// Whether a quorum can make a change, given who is a member.
fn is_possible(admin: &Admin, quorum: NodeSet, roster: Roster) -> bool {
    match admin {
        // Who leads already has nothing to take over.
        Admin::Transfer { to } => {
            *to != roster.leader && roster.voters.contains(*to) && quorum.contains(*to)
        }
        Admin::Reconfigure { .. } => {
            let mut after = members::each_after(std::slice::from_ref(admin), roster).into_iter();
            after.all(|voters| voters.has_majority_in(quorum))
        }
    }
}

/// The nodes that a change makes members.
fn joiners(admin: &Admin) -> NodeSet {
    let Admin::Reconfigure { changes, .. } = admin else { return NodeSet::EMPTY };
    let joins = changes.iter().filter(|change| !matches!(change, ConfChange::Remove(_)));
    joins.map(|change| change.node()).collect()
}
