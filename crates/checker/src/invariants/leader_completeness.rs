//! Leader completeness: what was committed in a term is in the log of every leader of a later
//! term (*Raft §5.4.1, §5.4.3*).
//!
//! * Looking at the highest such entry is enough: log matching speaks for those in front of it.
//! * A commit may be told after the election of the leader that lacks the entry: the quorum was
//!   there before, and the leader that counted it was slow to say so. So every leader's log is
//!   remembered by its last entry, and a commit of an earlier term is held against it.

use std::collections::BTreeMap;

use system::{NodeId, Note, Role};

use super::log_matching::LogMatching;
use crate::committed::{Committed, CommittedEntry};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// The log of a node when it became leader.
#[derive(Clone, Copy, Debug)]
struct Election {
    /// The event that told of it.
    seq: u64,
    /// The index up to which a snapshot stood for the log.
    base_index: u64,
    last_index: u64,
    /// The term of the last entry, if it is known.
    last_term: Option<u64>,
}

/// Remembers every leader.
#[derive(Debug, Default)]
pub(crate) struct LeaderCompleteness {
    /// By term and node.
    elections: BTreeMap<(u64, NodeId), Election>,
}

impl LeaderCompleteness {
    /// Checks what a node says, with what was committed and with `replica` as it now is.
    pub(crate) fn observe(
        &mut self,
        said: Said<'_>,
        replica: &Replica,
        committed: &Committed,
        findings: &mut Findings,
    ) {
        let Note::Role { role: Role::Leader, term, .. } = *said.note else { return };
        let log = &replica.log;
        let last_index = log.last_index();
        self.elections.entry((term, said.node)).or_insert(Election {
            seq: said.seq,
            base_index: log.base_index(),
            last_index,
            last_term: log.term_at(last_index),
        });
        let Some(entry) = committed.highest_before(term) else { return };
        let held = log.term_at(entry.index);
        if held.is_none() && entry.index <= log.base_index() {
            return; // In the snapshot.
        }
        if held != Some(entry.term) {
            let teller = (0, entry.seq);
            missing(teller, (said.node, said.seq), term, entry, (held, last_index), findings);
        }
    }

    /// A node tells, in `term`, of an entry that is committed: the leaders of later terms must
    /// have had it when they were elected. `logs` knows every entry that was in a log.
    pub(crate) fn told(
        &self,
        said: Said<'_>,
        term: u64,
        entry: CommittedEntry,
        logs: &LogMatching,
        findings: &mut Findings,
    ) {
        // It was not committed in a term before its own, whatever the node told of its term.
        let term = term.max(entry.term);
        for (&(later, node), election) in self.elections.range((term + 1, 0)..) {
            let &Election { seq, base_index, last_index, last_term } = election;
            let (Some(last_term), false) = (last_term, entry.index <= base_index) else { continue };
            let held = logs.term_in_log((last_index, last_term), entry.index);
            let lacks = entry.index > last_index || held.is_some_and(|held| held != entry.term);
            if lacks {
                let teller = (said.node, said.seq);
                missing(teller, (node, seq), later, entry, (held, last_index), findings);
            }
        }
    }
}

/// A leader lacks an entry: it has one of another term there, or its log ends before.
fn missing(
    teller: (NodeId, u64),
    leader: (NodeId, u64),
    term: u64,
    entry: CommittedEntry,
    (held, last_index): (Option<u64>, u64),
    findings: &mut Findings,
) {
    let instead = match held {
        Some(other) => format!("holds one of term {other} there"),
        None => format!("its log ends at {last_index}"),
    };
    findings.report(
        "leader-completeness",
        "missing-committed",
        &[teller, leader],
        format!(
            "n{} leads term {term} without the committed entry {} of term {}: {instead}",
            leader.0, entry.index, entry.term
        ),
    );
}
