//! State machine safety: no two nodes apply different entries at one index (*Raft §5.4.3*).
//!
//! Whether a snapshot is what was applied up to its index is asked in
//! [`super::snapshot_prefix`], whether entries come in their order in [`super::apply_order`].

use crate::findings::Findings;
use crate::states::Mismatch;

/// Two nodes applied their way to one index and hold different states.
pub(crate) fn report(mismatch: &Mismatch, findings: &mut Findings) {
    let Mismatch { index, old, new } = mismatch;
    let what = if mismatch.terms_differ() {
        format!(
            "n{} an entry of term {}, n{} one of term {}",
            old.node, old.term, new.node, new.term
        )
    } else {
        format!("the states of n{} and n{} differ behind it", old.node, new.node)
    };
    findings.report(
        "state-machine-safety",
        "apply-mismatch",
        &mismatch.proof(),
        format!("index {index} was applied in two ways: {what}"),
    );
}
