//! What clients and administrators ask, until it is in the log or in a round of reads.

use raft::{Error, StateRole};
use system::{
    Admin, ConfChange, Nanos, NodeId, NodeSet, Note, Op, Output, ReadMode, ReadPath, Refusal,
    Reply, Request, RequestId, Response, Transition,
};

use crate::command::{Action, Command, ProposalId};
use crate::conf::{ChangeContext, conf_change};
use crate::machine::check_size;
use crate::raft_node::RaftNode;
use crate::reads::Asked;
use crate::semantics::Acknowledge;
use crate::store::Effects;
use crate::transfer::Transfer;

impl RaftNode {
    /// Takes a request. It is answered here only if it ends here.
    pub(crate) fn request(
        &mut self,
        now: Nanos,
        id: RequestId,
        request: Request,
        effects: &Effects,
    ) {
        let result = match request {
            Request::Op { op: Op::Get { key }, read, .. } if read != ReadMode::Log => {
                let asked = Asked { request: id, key, deadline: self.read_deadline() };
                self.read(now, asked, read, effects);
                Ok(())
            }
            Request::Op { op, session, .. } => check_size(&op).and_then(|()| {
                let proposal = self.proposals.next_id();
                let command = Command { id: proposal, session, action: Action::Op(op) };
                self.propose(id, &command, effects)
            }),
            Request::OpenSession => {
                let proposal = self.proposals.next_id();
                let action = Action::OpenSession;
                self.propose(id, &Command { id: proposal, session: None, action }, effects)
            }
            Request::Admin(Admin::Reconfigure { changes, transition }) => {
                self.reconfigure(id, &changes, transition, effects)
            }
            Request::Admin(Admin::Transfer { to }) => self.transfer(id, to, effects),
        };
        if let Err(refusal) = result {
            effects.reply(id, Reply::Failed(refusal));
        }
        self.observe(effects);
        self.answer_reads(effects);
    }

    /// Hands a command to the log, here or through the leader.
    fn propose(
        &mut self,
        request: RequestId,
        command: &Command,
        effects: &Effects,
    ) -> Result<(), Refusal> {
        let leads = self.leads();
        if !leads && (!self.config.forward || self.raw.raft.leader_id == 0) {
            return Err(self.not_leader());
        }
        if self.proposals.is_full() {
            return Err(Refusal::Overloaded);
        }
        let data = command.encode();
        let len = data.len() as u64;
        match self.raw.propose(Vec::new(), data) {
            Ok(()) => {}
            Err(Error::ProposalDropped) => return Err(self.dropped(len)),
            Err(_) => return Err(Refusal::Dropped),
        }
        effects.note(Note::Proposed { request, forwarded: !leads });
        if self.acknowledges_now(&command.action) {
            effects.reply(request, ok(Response::Output(Output::Done), 0));
        } else {
            let index = if leads { self.raw.raft.raft_log.last_index() } else { 0 };
            self.proposals.wait(command.id, request, index, self.proposal_deadline());
        }
        Ok(())
    }

    /// Whether the semantics call this done as soon as it is proposed.
    fn acknowledges_now(&self, action: &Action) -> bool {
        self.config.semantics.acknowledge == Acknowledge::Proposed && action.needs_no_state()
    }

    /// Why the library dropped a proposal of `len` bytes.
    fn dropped(&self, len: u64) -> Refusal {
        let raft = &self.raw.raft;
        let has_room = raft.uncommitted_size() as u64 + len <= self.config.uncommitted_bytes_max;
        if raft.state == StateRole::Leader && raft.lead_transferee.is_none() && !has_room {
            Refusal::Overloaded
        } else {
            Refusal::Dropped
        }
    }

    fn read(&mut self, now: Nanos, asked: Asked, mode: ReadMode, effects: &Effects) {
        let raft = &self.raw.raft;
        let by_lease = mode == ReadMode::Lease
            && raft.state == StateRole::Leader
            && raft.commit_to_current_term()
            && self.lease.holds(now, raft.term);
        if mode == ReadMode::Local {
            self.reads.confirm_at_once(asked, 0, ReadPath::Local);
        } else if by_lease {
            let index = self.config.semantics.read.until(raft.raft_log.committed);
            self.reads.confirm_at_once(asked, index, ReadPath::Lease);
        } else {
            if mode == ReadMode::Lease && raft.state == StateRole::Leader {
                effects.note(Note::LeaseRefused { request: asked.request });
            }
            self.reads.ask(asked);
        }
    }

    /// Answers the reads whose index is applied.
    pub(crate) fn answer_reads(&mut self, effects: &Effects) {
        let index = self.applied;
        while let Some((path, ready)) = self.reads.take_ready(index) {
            for Asked { request, key, .. } in ready {
                effects.note(Note::Read { request, path, index });
                let response = Response::Output(Output::Value(self.machine.get(&key)));
                effects.reply(request, Reply::Ok { response, index, path });
            }
        }
    }

    fn reconfigure(
        &mut self,
        request: RequestId,
        changes: &[ConfChange],
        transition: Transition,
        effects: &Effects,
    ) -> Result<(), Refusal> {
        if !self.leads() {
            return Err(self.not_leader());
        }
        if self.change_is_pending() {
            return Err(Refusal::ChangePending);
        }
        self.conf.check(changes)?;
        let id = self.proposals.next_id();
        let context = self.change_context(id);
        let change = conf_change(changes, transition);
        if self.raw.propose_conf_change(context.encode(), change).is_err() {
            return Err(Refusal::Dropped);
        }
        effects.note(Note::Proposed { request, forwarded: false });
        let index = self.raw.raft.raft_log.last_index();
        self.proposals.wait(id, request, index, self.proposal_deadline());
        Ok(())
    }

    /// Whether a change must wait for another one.
    fn change_is_pending(&mut self) -> bool {
        let raft = &mut self.raw.raft;
        if self.config.semantics.overlapping_changes {
            raft.pending_conf_index = 0;
        }
        self.conf.is_joint() || self.joint.is_some() || raft.has_pending_conf()
    }

    fn change_context(&self, id: ProposalId) -> ChangeContext {
        let tells = !self.config.semantics.bare_changes;
        let told = |set| if tells { set } else { NodeSet::EMPTY };
        let (voters, learners) = (told(self.conf.voters), told(self.conf.learners));
        ChangeContext { id, voters, learners }
    }

    fn transfer(
        &mut self,
        request: RequestId,
        to: NodeId,
        effects: &Effects,
    ) -> Result<(), Refusal> {
        if !self.leads() {
            return Err(self.not_leader());
        }
        if self.transfer.is_some() {
            return Err(Refusal::ChangePending);
        }
        if !self.conf.voters.contains(to) {
            return Err(Refusal::InvalidChange);
        }
        if to == self.id {
            effects.reply(request, ok(Response::Changed, 0));
            return Ok(());
        }
        let term = self.raw.raft.term;
        let deadline = self.ticks + 2 * u64::from(self.config.election_ticks);
        self.transfer = Some(Transfer { request, to, term, deadline });
        self.lease.bar(term);
        effects.note(Note::Transfer { to });
        self.raw.transfer_leader(to);
        Ok(())
    }

    /// Answers a transfer that has ended, one way or the other.
    pub(crate) fn settle_transfer(&mut self, effects: &Effects) {
        let Some(transfer) = self.transfer else { return };
        let raft = &self.raw.raft;
        let Some(moved) = transfer.outcome(raft.term, raft.leader_id, self.ticks) else { return };
        self.transfer = None;
        effects.note(Note::TransferEnded { to: transfer.to, moved });
        let failed = Reply::Failed(Refusal::TransferFailed);
        effects.reply(transfer.request, if moved { ok(Response::Changed, 0) } else { failed });
    }

    pub(crate) fn leads(&self) -> bool {
        self.raw.raft.state == StateRole::Leader
    }

    fn not_leader(&self) -> Refusal {
        Refusal::NotLeader { hint: self.raw.raft.leader_id }
    }

    fn read_deadline(&self) -> u64 {
        self.ticks + 4 * u64::from(self.config.election_ticks)
    }

    pub(crate) fn proposal_deadline(&self) -> u64 {
        self.ticks + 20 * u64::from(self.config.election_ticks)
    }
}

/// A success at an index of the log, or at 0.
pub(crate) fn ok(response: Response, index: u64) -> Reply {
    Reply::Ok { response, index, path: ReadPath::Log }
}
