//! Snapshots that arrive.

use trace::Situation;

use super::{Node, Tally};

/// A leader's snapshot replaces log and state of a node.
pub(super) fn installed(node: &mut Node, index: u64, tally: &mut Tally) {
    node.installs += 1;
    tally.hit(Situation::SnapshotInstalled);
    tally.hit_if(tally.faults.is_partition(), Situation::SnapshotInstalledInPartition);
    tally.hit_if(node.installs > 1, Situation::SnapshotInstalledTwice);
    tally.hit_if(node.last > node.commit, Situation::SnapshotReplacesTail);
    tally.hit_if(node.last == 0, Situation::NewcomerInstallsSnapshot);
    (node.last, node.commit) = (index, index);
    (node.own, node.recovered, node.change) = (0, 0, 0);
}
