//! The Ready cycle: what the library wants sent, saved and applied, in the order that it must
//! happen (*thesis §10.2.1 for the leader's head start*).
//!
//! 1. A leader's messages, which promise nothing of its own disk.
//! 2. Committed entries are applied; they are durable already.
//! 3. Snapshot, entries and HardState are saved, and synced where they must be.
//! 4. The other messages, which promise what was just synced.
//! 5. What saving made possible: a commit, more messages, more committed entries.

use raft::eraftpb::{Entry, EntryType, Message, MessageType, Snapshot};
use raft::{Ready, StateRole};
use system::{Effect, HaltReason, Nanos, Note};

use crate::conf::Conf;
use crate::message;
use crate::raft_node::{Life, RaftNode};
use crate::store::{Effects, SnapshotFile};

impl RaftNode {
    /// Does all that can be done without a further input.
    pub(crate) fn drain(&mut self, now: Nanos, effects: &Effects) {
        while self.life != Life::Halted {
            self.begin_reads(now);
            self.observe(effects);
            self.offer_snapshot();
            if !self.raw.has_ready() {
                if self.leads_without_vote() {
                    let term = self.raw.raft.term;
                    self.raw.raft.become_follower(term, raft::INVALID_ID);
                    continue;
                }
                break;
            }
            self.cycle(effects);
            self.answer_reads(effects);
        }
        if self.life == Life::Halted {
            return;
        }
        self.settle_transfer(effects);
        self.take_snapshot(effects);
        self.leave_if_removed(effects);
    }

    fn cycle(&mut self, effects: &Effects) {
        let mut ready = self.raw.ready();
        if ready.snapshot().is_empty() {
            self.note_entries(ready.entries(), effects);
            self.note_commit(effects);
        }
        self.save_commit_of_change(ready.committed_entries());
        self.send(ready.take_messages(), effects);
        let until = |index| self.config.semantics.read.until(index);
        for read in ready.take_read_states() {
            if let Some(question) = self.reads.confirm(&read.request_ctx, until(read.index)) {
                self.lease.renew(question);
            }
        }
        let mut committed = ready.take_committed_entries();
        // A change of the configuration may remove this node from the library's tables, where it
        // still looks for itself while entries become durable. So it waits for `advance`.
        if !has_change(&committed) {
            self.deliver(std::mem::take(&mut committed), effects);
        }
        self.save(&mut ready, effects);
        if self.life == Life::Halted {
            return;
        }
        self.send(ready.take_persisted_messages(), effects);
        let mut light = self.raw.advance_append(ready);
        if light.commit_index().is_some() {
            let hard_state = self.raw.raft.hard_state();
            self.raw.mut_store().save(Vec::new(), Some(&hard_state), false);
            self.save_commit_of_change(light.committed_entries());
        }
        self.observe(effects);
        self.note_commit(effects);
        self.send(light.take_messages(), effects);
        committed.append(&mut light.take_committed_entries());
        self.deliver(committed, effects);
        self.raw.advance_apply_to(self.applied);
    }

    /// Makes the commit of a change of the configuration durable before anybody hears of it: a
    /// member that is removed halts when it does, and with it goes a vote that this node would
    /// need if it forgot the commit.
    fn save_commit_of_change(&mut self, committed: &[Entry]) {
        let Some(last) = committed.last().filter(|_| has_change(committed)) else { return };
        let mut hard_state = self.raw.raft.hard_state();
        // Entries that are not saved yet may be committed too.
        hard_state.commit = last.index.max(self.raw.store().hard_state().commit);
        self.raw.mut_store().save(Vec::new(), Some(&hard_state), true);
    }

    /// Makes durable what the library wants durable.
    fn save(&mut self, ready: &mut Ready, effects: &Effects) {
        let entries = ready.take_entries();
        let hard_state = ready.hs().cloned();
        let must_sync = ready.must_sync();
        if ready.snapshot().is_empty() {
            if !entries.is_empty() || hard_state.is_some() {
                self.raw.mut_store().save(entries, hard_state.as_ref(), must_sync);
            }
        } else {
            if !self.install(ready.snapshot(), effects) {
                return;
            }
            self.note_entries(&entries, effects);
            self.note_commit(effects);
            let store = self.raw.mut_store();
            store.install_snapshot(ready.snapshot(), entries, hard_state.as_ref());
        }
        if must_sync {
            let raft = &self.raw.raft;
            effects.note(Note::Persisted {
                term: raft.term,
                vote: raft.vote,
                commit: raft.raft_log.committed,
                last_index: raft.raft_log.last_index(),
            });
        }
    }

    /// Says which entries join the log, and which make way for them.
    fn note_entries(&mut self, entries: &[Entry], effects: &Effects) {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return };
        if first.index <= self.seen.last_index {
            effects.note(Note::Truncate { from: first.index });
        }
        for entry in entries {
            let mark = message::mark(entry);
            let kind = message::kind(entry);
            let (index, term, digest) = (entry.index, mark.term, mark.digest);
            effects.note(Note::Append { index, term, kind, digest });
        }
        self.seen.last_index = last.index;
    }

    /// Takes the state of a leader's snapshot. False if it holds none, which ends the node.
    fn install(&mut self, snapshot: &Snapshot, effects: &Effects) -> bool {
        let metadata = snapshot.get_metadata();
        let (index, term) = (metadata.index, metadata.term);
        assert!(index > self.applied, "snapshot {index} is behind the applied {}", self.applied);
        let Some(conf_index) = self.machine.restore(&snapshot.data) else {
            let detail = format!("the leader's snapshot {index} holds no state");
            self.halt(HaltReason::Inconsistent, detail, effects);
            return false;
        };
        (self.applied, self.seen.last_index) = (index, index);
        self.waiting.clear();
        effects.note(Note::SnapshotInstalled { index, term, digest: self.machine.digest() });
        let conf = Conf::new(conf_index, metadata.get_conf_state().clone());
        self.enter_conf(conf, effects);
        self.give_up_covered(index, effects);
        true
    }

    /// Sends messages in the order of their receivers; the library's own order is that of a map.
    fn send(&mut self, mut messages: Vec<Message>, effects: &Effects) {
        messages.sort_by_key(|message| message.to);
        for message in messages {
            let to = message.to;
            let message = Box::new(message);
            if message.get_msg_type() == MessageType::MsgSnapshot {
                let index = message.get_snapshot().get_metadata().index;
                effects.note(Note::SnapshotSent { to, index });
                let deadline = self.snapshot_deadline();
                let report = Some(self.deliveries.begin(to, deadline));
                effects.push(Effect::Send { to, message, report });
            } else {
                effects.send(to, message);
            }
        }
    }

    /// The tick at which a snapshot that is sent now counts as lost.
    fn snapshot_deadline(&self) -> u64 {
        match u64::from(self.config.snapshot_patience) {
            0 => u64::MAX,
            timeouts => self.ticks + timeouts * u64::from(self.config.election_ticks),
        }
    }

    /// Begins a round for the reads that wait for one, if the library would not drop it.
    fn begin_reads(&mut self, now: Nanos) {
        if self.reads.wants_round() && self.can_confirm_reads() {
            let retry = self.ticks + self.read_retry_ticks();
            let name = self.reads.begin(retry, now, self.raw.raft.term, self.leads());
            self.raw.read_index(name);
        }
    }

    /// Whether a question for an index has a chance to be answered.
    pub(crate) fn can_confirm_reads(&self) -> bool {
        let raft = &self.raw.raft;
        match raft.state {
            StateRole::Leader => raft.commit_to_current_term(),
            StateRole::Follower => raft.leader_id != raft::INVALID_ID,
            StateRole::Candidate | StateRole::PreCandidate => false,
        }
    }

    /// Gives the library a snapshot of this moment if it asked for one, and has it sent at once:
    /// kept for later, it would soon be older than the log.
    fn offer_snapshot(&mut self) {
        if !self.raw.mut_store().take_wanted() || !self.leads() {
            return;
        }
        let data = self.machine.encode(self.conf.index).into();
        let mut snapshot = Snapshot { data, ..Snapshot::default() };
        let term = self.raw.raft.raft_log.term(self.applied).expect("the applied entry is known");
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (self.applied, term);
        metadata.set_conf_state(self.conf.state.clone());
        self.raw.mut_store().set_outgoing(Some(snapshot));
        let first_index = self.raw.raft.raft_log.first_index();
        let lagging = self.raw.raft.prs().iter().filter(|(id, progress)| {
            **id != self.id && progress.next_idx < first_index && !progress.is_paused()
        });
        let mut lagging: Vec<u64> = lagging.map(|(id, _)| *id).collect();
        lagging.sort_unstable();
        for id in lagging {
            self.raw.raft.send_append(id);
        }
        self.raw.mut_store().set_outgoing(None);
        let _ = self.raw.mut_store().take_wanted();
    }

    /// Takes a snapshot of the node's own state when enough has been applied since the last one,
    /// and lets go of the log before it (*raftexample: maybeTriggerSnapshot*).
    fn take_snapshot(&mut self, effects: &Effects) {
        let every = self.config.snapshot_every;
        let last = self.raw.store().snapshot_index();
        if every == 0 || self.applied < last + every {
            return;
        }
        let label = self.config.semantics.label;
        let index = label.of(self.applied, self.raw.raft.raft_log.committed);
        let term = self.raw.raft.raft_log.term(index).expect("the applied entry is in the log");
        let file = SnapshotFile {
            index,
            term,
            conf_state: self.conf.state.clone(),
            data: self.machine.encode(self.conf.index).into(),
        };
        let store = self.raw.mut_store();
        store.take_snapshot(&file);
        effects.note(Note::SnapshotTaken { index, term, digest: self.machine.digest() });
        let first_index = index.saturating_sub(self.config.catch_up_entries.max(1)) + 1;
        if first_index > store.first_index() {
            store.compact(first_index);
            effects.note(Note::Compact { first_index });
        }
    }

    /// Whether the node leads although its vote was taken from it: the library lets it.
    fn leads_without_vote(&self) -> bool {
        self.leads()
            && self.life == Life::Member
            && !self.conf.is_voter(self.id)
            && self.conf.contains(self.id)
    }

    /// Ends the node when its own removal is applied: at once if others told it of the commit, and
    /// else when it has had time to tell them (see [`Life::Leaving`]).
    fn leave_if_removed(&mut self, effects: &Effects) {
        let removed = !self.conf.is_empty() && !self.conf.contains(self.id);
        if !removed || self.life != Life::Member {
            return;
        }
        self.refuse_all(effects);
        if self.leads() || self.ticks == 0 {
            let yields = self.ticks + u64::from(self.config.election_ticks);
            let halts = self.ticks + 20 * u64::from(self.config.election_ticks);
            self.life = Life::Leaving { yields, halts };
        } else {
            let detail = format!("removed by entry {}", self.conf.index);
            self.halt(HaltReason::Removed, detail, effects);
        }
    }
}

fn has_change(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.get_entry_type() != EntryType::EntryNormal)
}
