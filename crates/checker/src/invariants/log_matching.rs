//! Log matching: entries with the same index and term are the same and stand behind the same log
//! (*Raft §5.3*).
//!
//! That the logs in front of them agree follows by induction if the terms of the entries directly
//! in front agree, so one look per appended entry is enough.
//!
//! An entry that a node appended, never made durable, never saw in another log, and lost by a
//! crash was never: a cluster of one may win the same term again after that, and fill the place
//! with something else.

use system::{NodeId, Note};

use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

#[derive(Clone, Copy, Debug)]
struct Known {
    term: u64,
    digest: u64,
    /// The term of the entry in front; `None` if whoever appended it did not know.
    previous_term: Option<u64>,
    node: NodeId,
    seq: u64,
    /// Whether another node had it, too.
    is_shared: bool,
}

/// Remembers every entry that ever was in a log.
#[derive(Debug)]
pub(crate) struct LogMatching {
    /// By index, from 1. Nearly always of length 1: one term for one index.
    entries: Vec<Vec<Known>>,
    /// What was durable of each node's log when it last recovered, up to an index, and the event
    /// in which it did: its crash may have taken the rest.
    recovered: PerNode<(u64, u64)>,
}

impl LogMatching {
    /// Knows no entry.
    pub(crate) fn new() -> Self {
        LogMatching { entries: Vec::new(), recovered: per_node() }
    }

    /// The term of the entry at `index` in the log whose last entry is at `last`, a pair of index
    /// and term. `None` if nobody told it. Takes time in proportion to the distance of the two.
    pub(crate) fn term_in_log(&self, last: (u64, u64), index: u64) -> Option<u64> {
        let (mut at, mut term) = last;
        while at > index {
            let known = self.entries.get(usize::try_from(at - 1).ok()?)?;
            term = known.iter().find(|known| known.term == term)?.previous_term?;
            at -= 1;
        }
        (at == index).then_some(term)
    }

    /// A node has read its log, of which it had made the entries up to `durable` so.
    pub(crate) fn recovered(&mut self, said: Said<'_>, durable: u64) {
        self.recovered[slot(said.node)] = (durable, said.seq);
    }

    /// Checks what a node says against `replica` as it was before.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        match *said.note {
            Note::Append { index, term, digest, .. } if index > 0 => {
                self.append(said, replica, (index, term, digest), findings);
            }
            _ => {}
        }
    }

    fn append(
        &mut self,
        said: Said<'_>,
        replica: &Replica,
        (index, term, digest): (u64, u64, u64),
        findings: &mut Findings,
    ) {
        let log = &replica.log;
        if index > log.last_index() + 1 {
            let message = format!(
                "n{} appended index {index} behind a log that ends at {}",
                said.node,
                log.last_index()
            );
            findings.report("log-matching", "gap", &[(said.node, said.seq)], message);
            return;
        }
        let previous_term = log.term_at(index - 1);
        if previous_term.is_some_and(|previous| previous > term) {
            let message = format!(
                "n{} appended index {index} of term {term} behind one of a later term",
                said.node
            );
            findings.report("log-matching", "terms-fall", &[(said.node, said.seq)], message);
        }
        let (node, seq) = (said.node, said.seq);
        let new = Known { term, digest, previous_term, node, seq, is_shared: false };
        self.compare(index, new, findings);
    }

    fn compare(&mut self, index: u64, new: Known, findings: &mut Findings) {
        let place = usize::try_from(index - 1).expect("an index fits into memory");
        if self.entries.len() <= place {
            self.entries.resize_with(place + 1, Vec::new);
        }
        let (durable, recovered_at) = self.recovered[slot(new.node)];
        let Some(old) = self.entries[place].iter_mut().find(|old| old.term == new.term) else {
            self.entries[place].push(new);
            return;
        };
        let was_lost = old.node == new.node && !old.is_shared && old.seq < recovered_at;
        if was_lost && index > durable {
            *old = new;
            return;
        }
        old.is_shared |= old.node != new.node;
        let front_differs = match (old.previous_term, new.previous_term) {
            (Some(old), Some(new)) => old != new,
            _ => false,
        };
        if old.digest != new.digest || front_differs {
            let what = if front_differs { "another log in front" } else { "another content" };
            findings.report(
                "log-matching",
                "diverged",
                &[(old.node, old.seq), (new.node, new.seq)],
                format!(
                    "n{} and n{} both hold an entry at index {index} of term {}, with {what}",
                    old.node, new.node, new.term
                ),
            );
        }
        old.previous_term = old.previous_term.or(new.previous_term);
    }
}
