//! What a node has said of itself, folded: its log, term, role, and whether it runs.

use system::{NodeId, NodeSet, Note, Role, View};

use crate::configuration::Configuration;
use crate::findings::Said;
use crate::log_view::LogView;

/// What a node has said of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// Its log, in memory.
    pub(crate) log: LogView,
    /// Its log when its last life ended, from a start until it has recovered.
    pub(crate) last_life: LogView,
    /// Its term.
    pub(crate) term: u64,
    /// Whom it voted for in that term; 0 for nobody.
    vote: NodeId,
    /// The leader that it knows; 0 for none.
    leader: NodeId,
    /// Its role.
    pub(crate) role: Role,
    /// Whether it runs.
    pub(crate) live: bool,
    /// The last index that it applied, or that its snapshot holds.
    pub(crate) applied: u64,
    /// The hash of its state there; 0 if it never told one.
    pub(crate) state: u64,
    /// Its commit index.
    pub(crate) commit: u64,
    /// The last index that its newest snapshot holds.
    pub(crate) snapshot: u64,
    /// The configuration that it is in; `None` until it tells one in this life.
    pub(crate) configuration: Option<Configuration>,
    /// The last index of its log that is durable, of the log as it is: what was cut off or
    /// replaced by a snapshot does not count, though the disk may still hold it. Outlives the
    /// process.
    pub(crate) durable: u64,
    /// Whether it ever told of an entry, of what is durable, and of what is committed.
    pub(crate) tells_log: bool,
    pub(crate) tells_durable: bool,
    pub(crate) tells_commit: bool,
    /// Whether it still tells what it recovered.
    pub(crate) recovers: bool,
}

impl Replica {
    /// The node starts: nothing is known of it until it has recovered.
    pub(crate) fn start(&mut self) {
        // A recovery that was cut short told only a part of the log.
        let is_whole = !self.recovers && !self.log.is_blank();
        let old = if is_whole { &mut self.log } else { &mut self.last_life };
        *self = Replica {
            live: true,
            last_life: std::mem::take(old),
            durable: self.durable,
            tells_log: self.tells_log,
            tells_durable: self.tells_durable,
            tells_commit: self.tells_commit,
            ..Replica::default()
        };
    }

    /// The node is no more.
    pub(crate) fn stop(&mut self) {
        self.live = false;
    }

    /// What the node would say of itself, as far as its notes tell. The hash of its state is 0 if
    /// it never told one.
    pub(crate) fn view(&self) -> View {
        let (voters, outgoing, learners) = match self.configuration {
            Some(configuration) => {
                (configuration.voters, configuration.outgoing, configuration.learners)
            }
            None => (NodeSet::EMPTY, NodeSet::EMPTY, NodeSet::EMPTY),
        };
        View {
            role: self.role,
            term: self.term,
            vote: self.vote,
            leader: self.leader,
            commit: self.commit,
            applied: self.applied,
            first_index: self.log.base_index() + 1,
            last_index: self.log.last_index(),
            digest: self.state,
            voters,
            outgoing,
            learners,
        }
    }

    /// The log that its disk holds up to [`Replica::durable`]: while it is down, that of its last
    /// life.
    pub(crate) fn log_on_disk(&self) -> &LogView {
        if self.log.is_blank() { &self.last_life } else { &self.log }
    }

    /// Whether `note` is the first one after those that tell what the node recovered.
    pub(crate) fn has_recovered(&self, note: &Note) -> bool {
        self.recovers && !matches!(note, Note::Recovered { .. } | Note::Append { .. })
    }

    /// The node is in a term: its vote in an older one is no more.
    fn enter(&mut self, term: u64) {
        if term > self.term {
            (self.term, self.vote) = (term, 0);
        }
    }

    /// Takes in what the node says.
    pub(crate) fn observe(&mut self, said: Said<'_>) {
        self.log.observe(said.seq, said.note);
        if self.has_recovered(said.note) {
            self.last_life = LogView::default();
        }
        let recovers = std::mem::take(&mut self.recovers);
        match *said.note {
            Note::Recovered {
                term,
                vote,
                commit,
                first_index,
                snapshot_index,
                snapshot_digest,
                ..
            } => {
                (self.term, self.vote) = (term, vote);
                self.commit = commit;
                self.applied = snapshot_index;
                self.state = snapshot_digest;
                self.snapshot = snapshot_index;
                self.durable = snapshot_index.max(first_index.saturating_sub(1));
                self.recovers = true;
            }
            Note::Append { index, .. } => {
                self.tells_log = true;
                if recovers {
                    self.durable = index;
                    self.recovers = true;
                }
            }
            Note::Truncate { from } => self.durable = self.durable.min(from.saturating_sub(1)),
            Note::Persisted { last_index, .. } => {
                self.durable = last_index;
                self.tells_durable = true;
            }
            Note::Role { role, term, leader } => {
                (self.role, self.leader) = (role, leader);
                self.enter(term);
            }
            Note::Vote { term, candidate } => {
                self.enter(term);
                self.vote = candidate;
            }
            Note::Commit { index } => {
                self.commit = self.commit.max(index);
                self.tells_commit = true;
            }
            Note::Conf { index, voters, outgoing, learners } => {
                self.configuration = Some(Configuration { index, voters, outgoing, learners });
            }
            Note::Apply { index, digest, .. } => {
                self.applied = index;
                self.state = digest;
            }
            Note::SnapshotInstalled { index, digest, .. } => {
                self.applied = index;
                self.state = digest;
                self.commit = self.commit.max(index);
                self.snapshot = index;
                self.durable = self.durable.min(index);
            }
            Note::SnapshotTaken { index, .. } => self.snapshot = self.snapshot.max(index),
            _ => {}
        }
    }
}
