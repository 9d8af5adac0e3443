//! Disks, networks, processes and clocks that fail.

use system::{DiskError, HaltReason, MessageKind, Note};
use trace::Situation as S;
use trace::{DropReason, Kind};

use crate::Row;
use crate::script::Script;

pub(crate) const ROWS: &[Row] = &[
    (S::TornTailCut, |run| run.say(1, Note::TailCut { bytes: 3 }), |run| run.restart(1, 1, 0, 2)),
    (
        S::HaltedByDisk,
        |run| run.halt(1, HaltReason::DiskFailed),
        |run| run.halt(1, HaltReason::Removed),
    ),
    (
        S::DamageFound,
        |run| run.halt(1, HaltReason::Corrupt),
        |run| run.halt(1, HaltReason::DiskFailed),
    ),
    (S::DiskFull, |run| fails(run, DiskError::Full), |run| fails(run, DiskError::Io)),
    (
        S::CorruptMessageRefused,
        |run| run.lose(MessageKind::Append, DropReason::Corrupt),
        |run| run.lose(MessageKind::Append, DropReason::Loss),
    ),
    (
        S::MailboxFull,
        |run| run.lose(MessageKind::Append, DropReason::Queue),
        |run| run.lose(MessageKind::Append, DropReason::Down),
    ),
    (
        S::ElectedInPause,
        |run| run.begin("pause").lead(1, 1),
        |run| run.begin("pause").end("pause").lead(1, 1),
    ),
    (
        S::ElectedUnderClockFault,
        |run| run.begin("drift").lead(1, 1),
        |run| run.begin("pause").lead(1, 1),
    ),
];

fn fails(run: Script, error: DiskError) -> Script {
    let path = "wal/1.wal".into();
    run.event(Kind::Disk { node: 1, act: "append", path, bytes: 0, error: Some(error) })
}
