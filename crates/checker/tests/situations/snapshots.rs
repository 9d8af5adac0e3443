//! Snapshots on their way.

use system::MessageKind::{Append, Snapshot};
use trace::DropReason;
use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (S::SnapshotSent, |run| run.send_snapshot(1, 2), |run| run.receive(1, 2, Snapshot)),
    (
        S::SnapshotLost,
        |run| run.lose(Snapshot, DropReason::Loss),
        |run| run.lose(Append, DropReason::Loss),
    ),
    (S::SnapshotDoubled, |run| run.double(Snapshot), |run| run.double(Append)),
    (S::SnapshotInstalled, |run| run.install(2, 9), |run| run.receive(1, 2, Snapshot)),
    (
        S::SnapshotInstalledInPartition,
        |run| run.begin("partition").install(2, 9),
        |run| run.begin("partition").end("partition").begin("links").install(2, 9),
    ),
    (
        S::SnapshotInstalledTwice,
        |run| run.install(2, 9).install(2, 19),
        |run| run.install(2, 9).crash(2).restart(2, 1, 9, 9).install(2, 19).install(3, 19),
    ),
    (
        S::SnapshotReplacesTail,
        |run| run.append(2, 1).append(2, 2).commit(2, 1).install(2, 9),
        |run| run.append(2, 1).append(2, 2).commit(2, 2).install(2, 9),
    ),
    (
        S::SnapshotSenderCrashes,
        |run| run.lead(1, 1).send_snapshot(1, 2).crash(1),
        |run| run.lead(1, 1).send_snapshot(1, 2).receive(1, 2, Snapshot).crash(1),
    ),
    (
        S::RestartFromSnapshot,
        |run| run.crash(1).restart(1, 1, 9, 12),
        |run| run.crash(1).restart(1, 1, 0, 12),
    ),
    (S::NewcomerInstallsSnapshot, |run| run.install(2, 9), |run| run.append(2, 1).install(2, 9)),
];
