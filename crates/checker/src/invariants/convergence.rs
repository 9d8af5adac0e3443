//! Convergence: when the faults are over, nodes that applied the same entries hold the same state.

use system::NodeSet;

use super::PerNode;
use crate::findings::Findings;
use crate::replica::Replica;

/// Compares the members that run, at the event `seq`.
pub(crate) fn compare(
    seq: u64,
    members: NodeSet,
    replicas: &PerNode<Replica>,
    findings: &mut Findings,
) {
    let mut told: Vec<(u64, u64, u64)> = members
        .iter()
        .map(|node| (node, &replicas[super::slot(node)]))
        .filter(|(_, replica)| replica.live && replica.state != 0)
        .map(|(node, replica)| (replica.applied, replica.state, node))
        .collect();
    told.sort_unstable();
    for pair in told.windows(2) {
        let [(index, state, node), (other_index, other_state, other)] = *pair else { continue };
        if index == other_index && state != other_state {
            findings.report(
                "convergence",
                "diverged",
                &[(node, seq), (other, seq)],
                format!("n{node} and n{other} applied up to {index} and hold different states"),
            );
        }
    }
}
