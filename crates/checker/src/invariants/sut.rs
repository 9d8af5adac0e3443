//! A node's own end is a finding too: it panicked, or gave up over what it should have handled.

use system::{HaltReason, NodeId, NodeSet};
use trace::PanicInfo;

use crate::findings::Findings;

/// A node's code panicked.
pub(crate) fn panicked(seq: u64, node: NodeId, panic: &PanicInfo, findings: &mut Findings) {
    let kind = format!("panic#{}", panic.place);
    let message = format!("n{node} panicked at {}: {}", panic.place, panic.message);
    findings.report("sut", &kind, &[(node, seq)], message);
}

/// Knows whose disks are damaged.
#[derive(Debug, Default)]
pub(crate) struct Sut {
    damaged: NodeSet,
}

impl Sut {
    /// A fault that takes durable data struck the disk of a node.
    pub(crate) fn damaged(&mut self, node: NodeId) {
        self.damaged.insert(node);
    }

    /// A node ended itself. Being stopped, being removed and a failed disk are good reasons, and
    /// so is finding the damage that was done to its disk.
    pub(crate) fn halted(
        &self,
        seq: u64,
        node: NodeId,
        reason: HaltReason,
        detail: &str,
        findings: &mut Findings,
    ) {
        let is_finding = match reason {
            HaltReason::Corrupt | HaltReason::Inconsistent => !self.damaged.contains(node),
            HaltReason::Library => true,
            HaltReason::Stopped | HaltReason::Removed | HaltReason::DiskFailed => false,
        };
        if is_finding {
            let kind = format!("halt#{}", reason.name());
            let message = format!("n{node} halted ({}): {detail}", reason.name());
            findings.report("sut", &kind, &[(node, seq)], message);
        }
    }
}
