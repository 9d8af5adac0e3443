//! What time does to a node.

use raft::SnapshotStatus;
use system::{HaltReason, Nanos, Refusal, Reply};

use crate::raft_node::{Life, RaftNode};
use crate::store::Effects;

impl RaftNode {
    /// One tick of the node's clock.
    pub(crate) fn tick(&mut self, now: Nanos, effects: &Effects) {
        self.ticks += 1;
        self.luck.before_tick(&mut self.raw.raft);
        self.raw.tick();
        self.observe(effects);
        self.apply_waiting(effects);
        if let Life::Leaving { yields, halts } = self.life {
            self.leave(yields, halts, effects);
            return;
        }
        self.retry_reads(now);
        self.give_up_expired(effects);
        while let Some(to) = self.deliveries.take_expired(self.ticks) {
            self.raw.report_snapshot(to, SnapshotStatus::Failure);
        }
    }

    /// The last ticks of a node that was removed.
    fn leave(&mut self, yields: u64, halts: u64, effects: &Effects) {
        if self.ticks >= halts {
            let detail = format!("removed by entry {}", self.conf.index);
            self.halt(HaltReason::Removed, detail, effects);
        } else if self.ticks >= yields && self.leads() {
            let term = self.raw.raft.term;
            self.raw.raft.become_follower(term, raft::INVALID_ID);
        }
    }

    /// Ticks after which an unanswered round of reads is asked again.
    pub(crate) fn read_retry_ticks(&self) -> u64 {
        u64::from(self.config.read_retry_ticks)
    }

    fn retry_reads(&mut self, now: Nanos) {
        if !self.can_confirm_reads() {
            return;
        }
        let next = self.ticks + self.read_retry_ticks();
        let place = (now, self.raw.raft.term, self.leads());
        while let Some(name) = self.reads.retry(self.ticks, next, place) {
            self.raw.read_index(name);
        }
    }

    fn give_up_expired(&mut self, effects: &Effects) {
        self.reads.take_expired(self.ticks, |request| {
            effects.reply(request, Reply::Failed(Refusal::ReadTimeout));
        });
        let late = |request| effects.reply(request, Reply::Unknown("not applied here in time"));
        self.proposals.take_expired(self.ticks, late);
        if self.ticks >= self.joint_deadline {
            self.joint.take().into_iter().for_each(late);
        }
    }
}
