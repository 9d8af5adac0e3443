//! The node: its parts, its inputs, and what it says of itself.

use raft::eraftpb::{Entry, Message};
use raft::{RawNode, SnapshotStatus, StateRole};
use system::{
    Boot, Capabilities, Contract, DiskFailure, Effect, EntryMark, Halt, HaltReason, Input,
    LinkContract, Nanos, NodeId, Note, Refusal, Reply, RequestId, RestartContract, Role, Setup,
    Summary, System, Timer, View,
};

use crate::conf::Conf;
use crate::config::Config;
use crate::deliveries::Deliveries;
use crate::lease::Lease;
use crate::luck::Luck;
use crate::machine::Machine;
use crate::message;
use crate::proposals::Proposals;
use crate::reads::Reads;
use crate::store::{Effects, Store};
use crate::transfer::Transfer;

/// The node's only timer.
pub(crate) const TICK: Timer = Timer("tick");

/// A node of the replicated key-value store.
///
/// * Nothing touches the library between `ready` and `advance`.
/// * An entry is applied once, in order, without a gap.
/// * A message that promises something stands behind the sync of what it promises.
pub struct RaftNode {
    pub(crate) id: NodeId,
    pub(crate) config: Config,
    pub(crate) raw: RawNode<Store>,
    pub(crate) machine: Machine,
    pub(crate) conf: Conf,
    pub(crate) luck: Luck,
    /// Ticks since the node started.
    pub(crate) ticks: u64,
    /// The last index that the state machine has applied.
    pub(crate) applied: u64,
    /// Committed entries that are not applied yet.
    pub(crate) waiting: Vec<Entry>,
    /// What the notes have said so far.
    pub(crate) seen: Seen,
    pub(crate) proposals: Proposals,
    pub(crate) reads: Reads,
    pub(crate) lease: Lease,
    /// The tick at which a leader was last heard; the start counts as hearing one.
    pub(crate) heard: u64,
    pub(crate) transfer: Option<Transfer>,
    /// Who waits for the present joint configuration to be left.
    pub(crate) joint: Option<RequestId>,
    /// The tick at which that wait ends: a node that was removed may never hear of the end.
    pub(crate) joint_deadline: u64,
    pub(crate) deliveries: Deliveries,
    pub(crate) life: Life,
}

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It takes part.
    Member,
    /// Its removal is committed, and perhaps it alone knows that: it led, or it has restarted. It
    /// leads on for one election timeout, in which it sends heartbeats and hears nothing, because
    /// the library does not bear answers to a leader that is no member. Then it follows for a
    /// while: as long as the others do not know the commit, they may need its vote and its log.
    Leaving {
        /// The tick at which it no longer leads.
        yields: u64,
        /// The tick at which it halts.
        halts: u64,
    },
    /// It has ended itself.
    Halted,
}

/// What the notes have said so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) role: (Role, u64, NodeId),
    pub(crate) vote: (u64, NodeId),
    pub(crate) commit: u64,
    pub(crate) last_index: u64,
}

impl System for RaftNode {
    type Config = Config;
    type Message = Box<Message>;

    fn contract(config: &Config) -> Contract {
        Contract {
            link: LinkContract { loss: true, duplicates: true, reordering: true },
            restart: RestartContract::Durable,
            capabilities: Capabilities {
                delete: true,
                cas: true,
                append: true,
                sessions: true,
                membership: true,
                joint: true,
                learners: true,
                transfer: true,
                lease_reads: config.leases,
                answers: true,
            },
        }
    }

    fn configured(config: &Config, setup: &Setup) -> Config {
        config.with(setup)
    }

    fn boot(config: &Config, boot: Boot, effects: &Effects) -> Result<Self, Halt> {
        crate::boot::boot(config, boot, effects)
    }

    fn handle(&mut self, now: Nanos, input: Input<Box<Message>>, effects: &Effects) {
        match (self.life, input) {
            // Its end was among the effects that were dropped behind the one that failed.
            (Life::Halted, Input::DiskFailed(failure)) => effects.push(failed(&failure)),
            (Life::Halted, _) => {}
            (_, Input::DiskFailed(failure)) => {
                self.life = Life::Halted;
                effects.push(failed(&failure));
            }
            (_, Input::Stop) => {
                self.refuse_all(effects);
                self.halt(HaltReason::Stopped, "asked to stop".into(), effects);
            }
            (_, Input::Timer(timer)) => {
                if timer == TICK {
                    self.tick(now, effects);
                }
            }
            (Life::Leaving { .. }, Input::Request { id, .. }) => {
                effects.reply(id, Reply::Failed(Refusal::Stopping));
            }
            (Life::Leaving { .. }, Input::Message { message, .. }) => {
                if !self.leads() {
                    self.step(*message, effects);
                }
            }
            (Life::Leaving { .. }, _) => {}
            (Life::Member, Input::Message { message, .. }) => self.step(*message, effects),
            (Life::Member, Input::Request { id, request }) => {
                self.request(now, id, request, effects);
            }
            (Life::Member, Input::Delivery { to, token, delivered }) => {
                if self.deliveries.end(to, token) {
                    let status =
                        if delivered { SnapshotStatus::Finish } else { SnapshotStatus::Failure };
                    self.raw.report_snapshot(to, status);
                }
            }
            (Life::Member, Input::Link { peer, up }) => {
                if !up {
                    self.raw.report_unreachable(peer);
                }
            }
        }
    }

    fn flush(&mut self, now: Nanos, effects: &Effects) {
        if self.life != Life::Halted {
            self.drain(now, effects);
        }
    }

    fn view(&self) -> View {
        let raft = &self.raw.raft;
        View {
            role: self.role(),
            term: raft.term,
            vote: raft.vote,
            leader: raft.leader_id,
            commit: raft.raft_log.committed,
            applied: self.applied,
            first_index: raft.raft_log.first_index(),
            last_index: raft.raft_log.last_index(),
            digest: self.machine.digest(),
            voters: self.conf.voters,
            outgoing: self.conf.outgoing,
            learners: self.conf.learners,
        }
    }

    fn entry(&self, index: u64) -> Option<EntryMark> {
        self.raw.store().entry(index).map(message::mark)
    }

    fn backlog(&self) -> Option<u64> {
        let (log, term) = (&self.raw.raft.raft_log, self.raw.raft.term);
        let open = (log.committed + 1..=log.last_index()).rev();
        let entries = open.map_while(|index| self.raw.store().entry(index));
        let own = entries.take_while(|entry| entry.term == term);
        // Those without data, such as a leader's first one, are never refused.
        let sizes: Vec<usize> = own.map(|entry| entry.data.len()).filter(|&n| n > 0).collect();
        self.leads().then(|| sizes.iter().rev().skip(1).sum::<usize>() as u64)
    }

    fn summary(message: &Box<Message>) -> Summary {
        message::summary(message)
    }

    fn encode(message: &Box<Message>, out: &mut Vec<u8>) {
        message::encode(message, out);
    }

    fn decode(bytes: &[u8]) -> Result<Box<Message>, String> {
        message::decode(bytes).map(Box::new)
    }
}

impl RaftNode {
    /// Hands a message to the library, unless it must not be.
    fn step(&mut self, message: Message, effects: &Effects) {
        if !message::is_acceptable(&message, self.id) {
            return;
        }
        if message::is_from_leader(&message) {
            if message.term >= self.raw.raft.term {
                self.heard = self.ticks;
            }
        } else if self.config.leases
            && self.ticks - self.heard < u64::from(self.config.election_ticks)
            && message::is_unforced_vote(&message)
        {
            // The promise that leases rest on. The library keeps it less well: it forgets it on a
            // restart, and when a message of a higher term makes it forget the leader.
            return;
        }
        // What is refused here was meant for another configuration, or for nobody.
        let _ = self.raw.step(message);
        self.observe(effects);
    }

    /// The role, in the words of the seam.
    pub(crate) fn role(&self) -> Role {
        match self.raw.raft.state {
            StateRole::Leader => Role::Leader,
            StateRole::Candidate => Role::Candidate,
            StateRole::PreCandidate => Role::PreCandidate,
            StateRole::Follower if self.conf.is_voter(self.id) => Role::Follower,
            StateRole::Follower => Role::Learner,
        }
    }

    /// Says what has changed since it was last said. To be called after whatever touches the
    /// library, so that no role and no vote goes by unseen.
    pub(crate) fn observe(&mut self, effects: &Effects) {
        let role = (self.role(), self.raw.raft.term, self.raw.raft.leader_id);
        let raft = &self.raw.raft;
        let vote = (raft.term, raft.vote);
        if vote != self.seen.vote {
            self.seen.vote = vote;
            if raft.vote != 0 {
                effects.note(Note::Vote { term: raft.term, candidate: raft.vote });
            }
        }
        if role != self.seen.role {
            self.seen.role = role;
            let (role, term, leader) = role;
            effects.note(Note::Role { role, term, leader });
        }
    }

    /// Says that the commit index rose. Stands behind the entries that it covers, which may have
    /// come with it.
    pub(crate) fn note_commit(&mut self, effects: &Effects) {
        let committed = self.raw.raft.raft_log.committed;
        if committed > self.seen.commit {
            self.seen.commit = committed;
            effects.note(Note::Commit { index: committed });
        }
    }

    /// Ends the node.
    pub(crate) fn halt(&mut self, reason: HaltReason, detail: String, effects: &Effects) {
        assert!(self.life != Life::Halted, "a node ends once");
        self.life = Life::Halted;
        effects.push(Effect::Halt(Halt { reason, detail }));
    }

    /// Answers everything that waits: the node will not.
    pub(crate) fn refuse_all(&mut self, effects: &Effects) {
        let unknown = |request| effects.reply(request, Reply::Unknown("the node stops"));
        self.proposals.take_all(unknown);
        self.joint.take().into_iter().for_each(unknown);
        let refused = |request| effects.reply(request, Reply::Failed(Refusal::Stopping));
        self.reads.take_expired(u64::MAX, refused);
        if let Some(transfer) = self.transfer.take() {
            effects.note(Note::TransferEnded { to: transfer.to, moved: false });
            effects.reply(transfer.request, Reply::Failed(Refusal::TransferFailed));
        }
    }
}

/// A file effect failed: what is durable can no longer be known, so nothing more is promised.
fn failed(failure: &DiskFailure) -> Effect<Box<Message>> {
    let DiskFailure { effect, path, error, .. } = failure;
    let detail = format!("{effect} of {path}: {}", error.name());
    Effect::Halt(Halt { reason: HaltReason::DiskFailed, detail })
}
