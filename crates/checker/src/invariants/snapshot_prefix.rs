//! A snapshot is the log prefix that it replaces: the state in it is the one that applying up to
//! its index leads to, and nothing leaves a log that no snapshot holds (*Raft §7*).

use system::Note;

use crate::findings::{Findings, Said};
use crate::replica::Replica;
use crate::states::Mismatch;

const CHECK: &str = "snapshot-prefix";

/// A snapshot, and somebody's state or snapshot at the same index, are not the same.
pub(crate) fn report(mismatch: &Mismatch, findings: &mut Findings) {
    let Mismatch { index, old, new } = mismatch;
    let holder = if new.is_snapshot { new } else { old };
    let other = if new.is_snapshot { old } else { new };
    let whose = if other.is_snapshot { "another snapshot's" } else { "what was applied" };
    let message = format!(
        "a snapshot of n{} up to index {index} is not {whose} there on n{}",
        holder.node, other.node
    );
    findings.report(CHECK, "differs", &mismatch.proof(), message);
}

/// Checks what a node says against `replica` as it was before.
pub(crate) fn observe(said: Said<'_>, replica: &Replica, findings: &mut Findings) {
    let (kind, message) = match *said.note {
        Note::SnapshotTaken { index, .. } if index > replica.applied => {
            let applied = replica.applied;
            let node = said.node;
            ("ahead", format!("n{node} took a snapshot of index {index} and had applied {applied}"))
        }
        Note::Compact { first_index } if first_index > replica.snapshot + 1 => {
            let (node, held) = (said.node, replica.snapshot);
            let message = format!(
                "n{node} dropped its log up to {first_index} and its snapshot ends at {held}"
            );
            ("compacted-beyond", message)
        }
        _ => return,
    };
    findings.report(CHECK, kind, &[(said.node, said.seq)], message);
}
