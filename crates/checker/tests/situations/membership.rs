//! Configurations and transfers.

use system::{EntryKind, Note};
use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (
        S::JointEntered,
        // Each node tells of it, once.
        |run| run.conf(1, 5, [&[1, 2], &[1, 3], &[]]).conf(2, 5, [&[1, 2], &[1, 3], &[]]),
        |run| run.conf(1, 5, [&[1, 2], &[], &[]]),
    ),
    (
        S::JointLeft,
        |run| run.conf(1, 5, [&[1, 2], &[1, 3], &[]]).conf(1, 6, [&[1, 2], &[], &[]]),
        |run| run.conf(1, 5, [&[1, 2], &[], &[]]).conf(1, 6, [&[1, 3], &[], &[]]),
    ),
    (
        S::JointSurvivesLeader,
        |run| {
            let joint = run.lead(1, 1).conf(1, 5, [&[1, 2], &[1, 3], &[]]);
            joint.crash(1).conf(2, 6, [&[1, 2], &[], &[]])
        },
        |run| {
            let joint = run.lead(1, 1).conf(1, 5, [&[1, 2], &[1, 3], &[]]);
            joint.crash(2).conf(1, 6, [&[1, 2], &[], &[]])
        },
    ),
    (
        S::LeaderRemoved,
        |run| run.lead(1, 1).conf(1, 5, [&[2, 3], &[], &[]]),
        |run| run.lead(1, 1).conf(1, 5, [&[2, 3], &[1, 2], &[]]).conf(2, 6, [&[3], &[], &[]]),
    ),
    (
        S::LearnerPromoted,
        |run| run.conf(1, 5, [&[1, 2, 3, 4], &[], &[]]),
        |run| run.conf(1, 5, [&[1, 2, 3, 5], &[], &[4]]),
    ),
    (
        S::LaggingLearnerPromoted,
        |run| run.append(4, 10).conf(1, 20, [&[1, 2, 3, 4], &[], &[]]),
        |run| run.append(4, 11).conf(1, 20, [&[1, 2, 3, 4], &[], &[]]),
    ),
    (
        S::ChangeTruncated,
        |run| run.entry(1, 1, EntryKind::Conf).append(1, 2).truncate(1, 1).truncate(1, 1),
        |run| run.entry(1, 1, EntryKind::Conf).append(1, 2).truncate(1, 2),
    ),
    (
        S::LeaderCrashesInChange,
        |run| run.lead(1, 1).entry(1, 1, EntryKind::Conf).crash(1),
        |run| run.lead(1, 1).entry(1, 1, EntryKind::Conf).commit(1, 1).crash(1),
    ),
    (
        S::ChangeInPartition,
        |run| run.begin("partition").conf(1, 5, [&[1, 2], &[], &[]]),
        // The second node to tell of it is no change any more.
        |run| {
            let changed = run.conf(1, 5, [&[1, 2], &[], &[]]).begin("partition");
            changed.conf(2, 5, [&[1, 2], &[], &[]])
        },
    ),
    (
        S::TransferCompleted,
        |run| run.say(1, Note::TransferEnded { to: 2, moved: true }),
        |run| run.say(1, Note::Transfer { to: 2 }).lead(2, 2),
    ),
    (
        S::TransferFailed,
        |run| run.say(1, Note::TransferEnded { to: 2, moved: false }),
        |run| run.say(1, Note::TransferEnded { to: 2, moved: true }),
    ),
];
