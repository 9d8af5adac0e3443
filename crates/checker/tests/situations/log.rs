//! The log.

use system::EntryKind;
use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (S::TailTruncated, |run| run.append(1, 1).truncate(1, 1), |run| run.append(1, 1).append(1, 2)),
    (
        S::RestartedTailTruncated,
        |run| run.crash(1).restart(1, 1, 0, 3).truncate(1, 3),
        |run| run.crash(1).restart(1, 1, 0, 3).append(1, 4).truncate(1, 4),
    ),
    (
        S::OwnEntriesTruncated,
        |run| run.lead(1, 1).append(1, 1).append(1, 2).follow(1, 2).truncate(1, 2),
        |run| run.lead(1, 1).append(1, 1).follow(1, 2).append(1, 2).truncate(1, 2),
    ),
    (
        S::EarlierTermCommitted,
        |run| run.append(1, 1).lead(1, 2).entry(1, 2, EntryKind::Empty).commit(1, 2).commit(1, 3),
        |run| run.append(1, 1).commit(1, 1).lead(1, 2).append(1, 2).commit(1, 2),
    ),
    (
        S::LeaderCrashesBeforeSync,
        |run| run.lead(1, 1).disk(1, "append", "wal/1.wal").crash(1),
        |run| run.lead(1, 1).disk(1, "append", "wal/1.wal").disk(1, "sync", "wal/1.wal").crash(1),
    ),
    (
        S::LeaderCrashesWithCommit,
        |run| run.lead(1, 1).append(1, 1).commit(1, 1).crash(1),
        |run| run.lead(1, 1).append(1, 1).commit(1, 1).commit(2, 1).crash(1),
    ),
    (
        S::SegmentReleased,
        |run| run.disk(1, "remove", "wal/1.wal"),
        |run| run.disk(1, "remove", "snap/1.snap").disk(1, "append", "wal/1.wal"),
    ),
];
