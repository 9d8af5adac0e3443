//! A node's own end is a finding too: it panicked, or gave up over what it should have handled.

use system::{HaltReason, NodeId};
use trace::PanicInfo;

use crate::findings::Findings;

/// A node's code panicked.
pub(crate) fn panicked(seq: u64, node: NodeId, panic: &PanicInfo, findings: &mut Findings) {
    let kind = format!("panic#{}", panic.place);
    let message = format!("n{node} panicked at {}: {}", panic.place, panic.message);
    findings.report("sut", &kind, &[(node, seq)], message);
}

/// A node ended itself. Being stopped, being removed and a failed disk are good reasons.
pub(crate) fn halted(
    seq: u64,
    node: NodeId,
    reason: HaltReason,
    detail: &str,
    findings: &mut Findings,
) {
    if matches!(reason, HaltReason::Corrupt | HaltReason::Inconsistent | HaltReason::Library) {
        let kind = format!("halt#{}", reason.name());
        let message = format!("n{node} halted ({}): {detail}", reason.name());
        findings.report("sut", &kind, &[(node, seq)], message);
    }
}
