//! Crashes, and what a disk loses by them.

use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (S::QuorumDown, |run| run.crash(1).crash(3), |run| run.crash(1).restart(1, 1, 0, 0).crash(3)),
    (S::AllDown, |run| run.crash(1).crash(2).crash(3), |run| run.crash(1).crash(3).crash(4)),
    (
        S::CrashBeforeRejoining,
        |run| run.crash(1).restart(1, 1, 0, 0).crash(1),
        |run| run.crash(1).restart(1, 1, 0, 0).obey(1, 1, 2).crash(1),
    ),
    (S::WriteTorn, |run| run.crash_as(1, "", 9, 1), |run| run.crash_as(1, "", 9, 0)),
    (S::UnsyncedLost, |run| run.crash_as(1, "", 9, 0), |run| run.crash_as(1, "append", 0, 0)),
    (S::CrashInSync, |run| run.crash_as(1, "sync", 0, 0), |run| run.crash_as(1, "append", 9, 0)),
    (
        S::CrashInRename,
        |run| run.snapshot_file(1).crash(1),
        |run| run.snapshot_file(1).disk(1, "sync-dir", "snap").crash(1),
    ),
    (
        S::CrashInSnapshotFile,
        |run| run.disk(1, "append", "snap/1.tmp").crash(1),
        |run| run.disk(1, "append", "snap/1.tmp").crash(2),
    ),
    (
        S::CrashBeforeSnapshotMark,
        |run| run.snapshot_file(1).disk(1, "sync-dir", "snap").crash(1),
        |run| {
            let durable = run.snapshot_file(1).disk(1, "sync-dir", "snap");
            durable.disk(1, "append", "wal/1.wal").disk(1, "sync", "wal/1.wal").crash(1)
        },
    ),
];
