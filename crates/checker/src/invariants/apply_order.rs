//! Committed entries are applied in the order of the log, each once and none left out, and no
//! entry is applied before it is committed (*Raft §5.3; figure 2: lastApplied*).

use system::Note;

use crate::findings::{Findings, Said};
use crate::replica::Replica;

const CHECK: &str = "apply-order";

/// Checks what a node says against `replica` as it was before.
pub(crate) fn observe(said: Said<'_>, replica: &Replica, findings: &mut Findings) {
    let Note::Apply { index, .. } = *said.note else { return };
    let (node, last) = (said.node, replica.applied);
    let mut report = |kind, message| {
        findings.report(CHECK, kind, &[(node, said.seq)], message);
    };
    if index <= last {
        report("again", format!("n{node} applied index {index} when it had applied up to {last}"));
    } else if index > last + 1 {
        report("gap", format!("n{node} applied index {index} after {last}"));
    }
    // A system that tells of no commits cannot be judged by them.
    if replica.tells_commit && index > replica.commit {
        let commit = replica.commit;
        report(
            "uncommitted",
            format!("n{node} applied index {index} and its commit index is {commit}"),
        );
    }
}
