//! Leader append-only: a leader never overwrites or deletes entries in its log (*Raft §5.3*).

use system::{Note, Role};

use crate::findings::{Findings, Said};
use crate::replica::Replica;

/// Checks what a node says against `replica` as it was before.
pub(crate) fn observe(said: Said<'_>, replica: &Replica, findings: &mut Findings) {
    let Note::Truncate { from } = *said.note else { return };
    if replica.role == Role::Leader && from <= replica.log.last_index() {
        findings.report(
            "leader-append-only",
            "truncated",
            &[(said.node, said.seq)],
            format!(
                "n{} led term {} and cut its own log from index {from} to {}",
                said.node,
                replica.term,
                replica.log.last_index()
            ),
        );
    }
}
