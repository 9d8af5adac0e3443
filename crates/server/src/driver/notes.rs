//! What the node says became true: counted, and told to people.

use std::time::Instant;

use system::{Note, Role};

use super::Driver;
use crate::shared::Shared;

impl Driver {
    pub(super) fn note(&mut self, note: Note) {
        let Shared { metrics, log, .. } = &*self.shared;
        match note {
            Note::Apply { .. } => metrics.applied.add(1),
            Note::Proposed { .. } => metrics.proposals.add(1),
            Note::Read { request, .. } if !self.waiting.is_own(request) => metrics.reads.add(1),
            Note::Role { role, term, leader } => {
                if role == Role::Leader {
                    metrics.elected.add(1);
                }
                slog::info!(log, "{} in term {term}, leader {leader}", role.name());
            }
            Note::Recovered { term, commit, first_index, snapshot_index, .. } => {
                slog::info!(
                    log,
                    "recovered term {term}, commit {commit}, log from {first_index}, \
                     snapshot {snapshot_index}"
                );
            }
            Note::TailCut { bytes } => {
                slog::warn!(log, "cut a torn tail of {bytes} bytes off the log");
            }
            Note::Conf { index, voters, outgoing, learners } => {
                self.look_up = Instant::now();
                slog::info!(
                    log,
                    "configuration of entry {index}: voters {voters}, outgoing {outgoing}, \
                     learners {learners}"
                );
            }
            Note::SnapshotTaken { index, .. } => {
                metrics.snapshots_taken.add(1);
                slog::info!(log, "snapshot {index} taken");
            }
            Note::SnapshotSent { to, index } => {
                metrics.snapshots_sent.add(1);
                slog::info!(log, "snapshot {index} sent to node {to}");
            }
            Note::SnapshotInstalled { index, .. } => {
                metrics.snapshots_installed.add(1);
                slog::info!(log, "snapshot {index} installed");
            }
            _ => {}
        }
    }
}
