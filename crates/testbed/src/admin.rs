//! Changes of the cluster that the nemesis asks for, again and again until they are done.

use system::{Admin, ConfChange, Nanos, NodeId, Refusal, Reply, Request, System, Transition};
use trace::{Event, FaultId, Kind, OpId};

use crate::phases::Phase;
use crate::slot::{Life, request_id};
use crate::world::{Due, World};

/// Between attempts.
const RETRY: Nanos = 100_000_000;

/// One change under way.
pub(crate) struct AdminOp {
    admin: Admin,
    fault: FaultId,
    deadline: Nanos,
    attempt: u32,
    done: bool,
    cause: u64,
    /// Whom to ask; 0 for whoever leads.
    hint: NodeId,
}

impl<S: System> World<'_, S> {
    pub(crate) fn begin_admin(&mut self, admin: Admin, fault: FaultId, lasts: Nanos, cause: u64) {
        let index = self.admin.len();
        let id = OpId { client: 0, number: index as u64 + 1 };
        let cause = self.record(cause, Kind::AdminInvoke { id, admin: Box::new(admin.clone()) });
        for node in admin.nodes().iter() {
            if self.slot(node).life == Life::Unborn {
                self.start(node, cause);
            }
        }
        let deadline = self.now() + lasts.max(RETRY);
        self.admin.push(AdminOp {
            admin,
            fault,
            deadline,
            attempt: 0,
            done: false,
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
            Reply::Failed(Refusal::NotLeader { hint }) => op.hint = hint,
            // An earlier attempt may have made the change: then asking again makes no sense.
            Reply::Failed(refusal @ (Refusal::InvalidChange | Refusal::Unsupported)) => {
                self.end_admin(index, Some(refusal.name()), cause);
            }
            Reply::Failed(_) | Reply::Unknown(_) => {}
        }
    }

    fn end_admin(&mut self, index: usize, error: Option<&'static str>, cause: u64) {
        let op = &mut self.admin[index];
        op.done = true;
        let fault = op.fault;
        let id = OpId { client: 0, number: index as u64 + 1 };
        self.record(cause, Kind::AdminReturn { id, error });
        self.record(cause, Kind::FaultEnd { fault, name: "admin" });
    }

    /// A change that makes sense for the membership that the leader sees now, or `None` if there
    /// is no leader or nothing to change.
    pub(crate) fn drawn_admin(&self, random: u64) -> Option<Admin> {
        let leader = self.leader()?;
        let view = self.slots[leader as usize - 1].program.as_ref()?.view();
        let spare = self.slots.iter().find(|slot| slot.life == Life::Unborn).map(|slot| slot.id);
        let voter = nth(view.voters, random / 8);
        let learner = (!view.learners.is_empty()).then(|| nth(view.learners, random / 8));
        let change = |changes: Vec<ConfChange>| {
            Some(Admin::Reconfigure { changes, transition: Transition::Auto })
        };
        match (random % 8, spare, learner) {
            (0, Some(spare), _) => change(vec![ConfChange::AddVoter(spare)]),
            (1, Some(spare), _) => change(vec![ConfChange::AddLearner(spare)]),
            (2, Some(spare), _) => {
                change(vec![ConfChange::AddVoter(spare), ConfChange::Remove(voter)])
            }
            (0..=3, _, Some(learner)) => change(vec![ConfChange::AddVoter(learner)]),
            (4, _, _) if view.voters.len() > 3 => change(vec![ConfChange::Remove(voter)]),
            (5, _, _) if view.voters.len() > 3 => change(vec![ConfChange::AddLearner(voter)]),
            _ if view.voters.len() > 1 => Some(Admin::Transfer { to: voter }),
            _ => None,
        }
    }
}

/// The member at this place, counted round and round.
fn nth(set: system::NodeSet, at: u64) -> NodeId {
    set.iter().nth((at % set.len() as u64) as usize).expect("the set has members")
}
