//! A read that claims to be linearizable is answered from a state that holds all that anyone had
//! called committed when the request reached the node that answers (*thesis §6.4*).
//!
//! Clients see a stale read only if the right one of them asks for the right key; this sees every
//! one.
//!
//! Not done here: reads from a node's own state, which promise nothing, and answers that the
//! session table remembered, which are as old as the first attempt.

use system::{Note, ReadPath};

use crate::asked::Moment;
use crate::findings::{Findings, Said};

/// Checks an answer; `moment` is when the node took the request.
pub(crate) fn observe(said: Said<'_>, moment: Moment, findings: &mut Findings) {
    let Note::Read { path, index, .. } = *said.note else { return };
    let promises = match path {
        ReadPath::Log | ReadPath::ReadIndex | ReadPath::FollowerReadIndex | ReadPath::Lease => true,
        ReadPath::Session | ReadPath::Local => false,
    };
    let committed = moment.committed;
    if promises && index < committed.value {
        findings.report(
            "read-freshness",
            "stale",
            &[(committed.node, committed.seq), (said.node, said.seq)],
            format!(
                "n{} answered a read ({}) from the state at {index}, and n{} had called {} \
                 committed before it was asked",
                said.node,
                path.name(),
                committed.node,
                committed.value
            ),
        );
    }
}
