//! Committed entries, on their way into the state machine and the configuration.

use protobuf::Message as _;
use raft::eraftpb::{ConfChangeV2, Entry, EntryType};
use system::{Note, Output, ReadPath, Refusal, Reply, RequestId, Response};

use crate::command::Command;
use crate::conf::{ChangeContext, Conf};
use crate::raft_node::{Life, RaftNode};
use crate::request::ok;
use crate::semantics::{Acknowledge, Apply};
use crate::store::Effects;

/// The answer to a request whose entry lost its place.
const OVERWRITTEN: Reply = Reply::Failed(Refusal::Dropped);

impl RaftNode {
    /// Takes committed entries to be applied, now or later.
    pub(crate) fn deliver(&mut self, entries: Vec<Entry>, effects: &Effects) {
        if self.config.semantics.acknowledge == Acknowledge::Committed {
            self.acknowledge(&entries, effects);
        }
        match self.config.semantics.apply {
            Apply::AtOnce => self.apply(entries, effects),
            Apply::WithTick => self.waiting.extend(entries),
        }
    }

    /// Applies the entries that wait.
    pub(crate) fn apply_waiting(&mut self, effects: &Effects) {
        if !self.waiting.is_empty() {
            let entries = std::mem::take(&mut self.waiting);
            self.apply(entries, effects);
            self.raw.advance_apply_to(self.applied);
            self.answer_reads(effects);
        }
    }

    /// Answers those writes among committed entries whose answer needs no state.
    fn acknowledge(&mut self, entries: &[Entry], effects: &Effects) {
        for entry in entries {
            let Some(command) = Command::decode(&entry.data) else { continue };
            if command.action.needs_no_state()
                && let Some(request) = self.proposals.take(command.id)
            {
                effects.reply(request, ok(Response::Output(Output::Done), entry.index));
            }
        }
    }

    /// Applies committed entries. Never one twice, never with a gap.
    pub(crate) fn apply(&mut self, entries: Vec<Entry>, effects: &Effects) {
        for entry in entries {
            let index = entry.index;
            assert!(index == self.applied + 1, "{index} is applied after {}", self.applied);
            self.applied = index;
            let passes = self.config.semantics.pass_empty && entry.data.is_empty();
            let is_command = passes || entry.get_entry_type() == EntryType::EntryNormal;
            let command = if is_command { Command::decode(&entry.data) } else { None };
            let reply = command.as_ref().map(|command| self.machine.apply(index, command));
            let digest = self.machine.digest();
            effects.note(Note::Apply { index, term: entry.term, digest });
            if let (Some(command), Some(reply)) = (&command, reply) {
                match self.proposals.take(command.id) {
                    Some(request) => answer(request, command, reply, effects),
                    None => self.give_up_overwritten(index, effects),
                }
            } else if is_command {
                self.give_up_overwritten(index, effects);
            } else {
                self.apply_change(&entry, effects);
            }
        }
    }

    /// Applies a change of the configuration. One that the library refuses changes nothing, on
    /// every node alike.
    fn apply_change(&mut self, entry: &Entry, effects: &Effects) {
        let context = ChangeContext::decode(&entry.context);
        if let Some(context) = context.filter(|_| self.conf.is_empty()) {
            for step in context.steps() {
                self.raw.apply_conf_change(&step).expect("single steps from nothing are valid");
            }
        }
        let request = match context {
            Some(context) => self.proposals.take(context.id),
            None => None,
        };
        if request.is_none() {
            self.give_up_overwritten(entry.index, effects);
        }
        let change = decode_change(entry);
        let state = change.and_then(|change| self.raw.apply_conf_change(&change).ok());
        let Some(state) = state else {
            if let Some(request) = request {
                effects.reply(request, Reply::Failed(Refusal::InvalidChange));
            }
            return;
        };
        self.enter_conf(Conf::new(entry.index, state), effects);
        self.raw.mut_store().set_applied_conf(self.conf.state.clone());
        if self.conf.is_joint() {
            (self.joint, self.joint_deadline) = (request, self.proposal_deadline());
        } else if let Some(request) = request.or_else(|| self.joint.take()) {
            effects.reply(request, ok(Response::Changed, entry.index));
        }
    }

    /// A configuration is in force.
    pub(crate) fn enter_conf(&mut self, conf: Conf, effects: &Effects) {
        self.conf = conf;
        self.lease.forget(self.reads.last_number());
        if matches!(self.life, Life::Leaving { .. }) && self.conf.contains(self.id) {
            self.life = Life::Member;
        }
        effects.note(self.conf.note());
    }

    /// Something else was applied where these proposals stood: they never will be.
    fn give_up_overwritten(&mut self, index: u64, effects: &Effects) {
        self.proposals.take_overwritten(index, |request| effects.reply(request, OVERWRITTEN));
    }

    /// A snapshot replaced these proposals: it may hold what they did.
    pub(crate) fn give_up_covered(&mut self, index: u64, effects: &Effects) {
        let unknown = |request| {
            effects.reply(request, Reply::Unknown("a snapshot replaced the entry"));
        };
        self.proposals.take_covered(index, unknown);
        if !self.conf.is_joint() {
            self.joint.take().into_iter().for_each(unknown);
        }
    }
}

fn answer(request: RequestId, command: &Command, reply: Reply, effects: &Effects) {
    let is_read = matches!(&command.action, crate::command::Action::Op(op) if op.is_read());
    if let (true, Reply::Ok { index, path, .. }) = (is_read, &reply) {
        let (index, path): (u64, ReadPath) = (*index, *path);
        effects.note(Note::Read { request, path, index });
    }
    effects.reply(request, reply);
}

/// The change in an entry. One without data leaves the joint configuration; those of the library's
/// first form are never proposed.
fn decode_change(entry: &Entry) -> Option<ConfChangeV2> {
    match entry.get_entry_type() {
        EntryType::EntryConfChangeV2 => ConfChangeV2::parse_from_bytes(&entry.data).ok(),
        _ => None,
    }
}
