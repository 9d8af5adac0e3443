//! Leader completeness: what was committed in a term is in the log of every leader of a later
//! term (*Raft §5.4.1, §5.4.3*).
//!
//! Looking at the highest such entry is enough: log matching speaks for those in front of it.

use system::{Note, Role};

use crate::committed::Committed;
use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// Checks what a node says, with what was committed and with `replica` as it now is.
pub(crate) fn observe(
    said: Said<'_>,
    replica: &Replica,
    committed: &Committed,
    findings: &mut Findings,
) {
    let Note::Role { role: Role::Leader, term, .. } = *said.note else { return };
    let Some(entry) = committed.highest_before(term) else { return };
    let log = &replica.log;
    let held = log.term_at(entry.index);
    if held.is_none() && entry.index <= log.base_index() {
        return; // In the snapshot.
    }
    if held != Some(entry.term) {
        let instead = match held {
            Some(other) => format!("holds one of term {other} there"),
            None => format!("its log ends at {}", log.last_index()),
        };
        findings.report(
            "leader-completeness",
            "missing-committed",
            &[(0, entry.seq), (said.node, said.seq)],
            format!(
                "n{} leads term {term} without the committed entry {} of term {}: {instead}",
                said.node, entry.index, entry.term
            ),
        );
    }
}
