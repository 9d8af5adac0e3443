//! What a node has said of itself, folded: its log, term, role, and whether it runs.

use system::{Note, Role};

use crate::configuration::Configuration;
use crate::log_view::LogView;

/// What a node has said of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    /// Its log, in memory.
    pub(crate) log: LogView,
    /// Its term.
    pub(crate) term: u64,
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
    /// The last index of its log that is durable. Outlives the process.
    pub(crate) durable: u64,
    /// Whether it ever told what is durable, and what is committed.
    pub(crate) tells_durable: bool,
    pub(crate) tells_commit: bool,
    /// Whether it still tells what it recovered.
    pub(crate) recovers: bool,
}

impl Replica {
    /// The node starts: nothing is known of it until it has recovered.
    pub(crate) fn start(&mut self) {
        *self = Replica {
            live: true,
            durable: self.durable,
            tells_durable: self.tells_durable,
            tells_commit: self.tells_commit,
            ..Replica::default()
        };
    }

    /// The node is no more.
    pub(crate) fn stop(&mut self) {
        self.live = false;
    }

    /// Takes in what the node says.
    pub(crate) fn observe(&mut self, note: &Note) {
        self.log.observe(note);
        let recovers = std::mem::take(&mut self.recovers);
        match *note {
            Note::Recovered {
                term, commit, first_index, snapshot_index, snapshot_digest, ..
            } => {
                self.term = term;
                self.commit = commit;
                self.applied = snapshot_index;
                self.state = snapshot_digest;
                self.snapshot = snapshot_index;
                self.durable = snapshot_index.max(first_index.saturating_sub(1));
                self.recovers = true;
            }
            Note::Append { index, .. } if recovers => {
                self.durable = index;
                self.recovers = true;
            }
            Note::Persisted { last_index, .. } => {
                self.durable = last_index;
                self.tells_durable = true;
            }
            Note::Role { role, term, .. } => {
                self.role = role;
                self.term = self.term.max(term);
            }
            Note::Vote { term, .. } => self.term = self.term.max(term),
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
            }
            Note::SnapshotTaken { index, .. } => self.snapshot = self.snapshot.max(index),
            _ => {}
        }
    }
}
