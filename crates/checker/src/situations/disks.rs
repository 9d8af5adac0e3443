//! What a node's files are in the middle of.

use system::HaltReason;
use trace::Situation;

use super::{Node, SnapshotFile, Tally};

/// A disk has done, or failed to do, what a node asked.
pub(super) fn done(node: &mut Node, act: &str, path: &str, tally: &mut Tally) {
    if path.starts_with("wal") {
        match act {
            "append" | "write" => node.is_unsynced = true,
            "sync" => {
                node.is_unsynced = false;
                if node.file == SnapshotFile::Unmarked {
                    node.file = SnapshotFile::None;
                }
            }
            // What recovery removes was never in use.
            "remove" => tally.hit_if(!node.is_recovering, Situation::SegmentReleased),
            _ => {}
        }
    } else if path.starts_with("snap") {
        node.file = match act {
            "append" | "write" => SnapshotFile::Written,
            "rename" => SnapshotFile::Renamed,
            "sync-dir" if node.file == SnapshotFile::Renamed => SnapshotFile::Unmarked,
            _ => node.file,
        };
    }
}

pub(super) fn halted(reason: HaltReason, tally: &mut Tally) {
    tally.hit_if(reason == HaltReason::DiskFailed, Situation::HaltedByDisk);
    tally.hit_if(reason == HaltReason::Corrupt, Situation::DamageFound);
}
