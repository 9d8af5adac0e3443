//! Reads and clients.

use system::{Note, Op, ReadPath};
use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (
        S::ReadAcrossLeaders,
        |run| run.follow(2, 1).get(1).take(2, 1).follow(2, 2).serve(2, 1, ReadPath::ReadIndex),
        |run| run.follow(2, 1).get(1).take(2, 1).follow(3, 2).serve(2, 1, ReadPath::ReadIndex),
    ),
    (
        S::FollowerRead,
        |run| run.get(1).serve(2, 1, ReadPath::FollowerReadIndex),
        |run| run.get(1).serve(2, 1, ReadPath::ReadIndex),
    ),
    (
        S::ReadBeforeFirstCommit,
        |run| run.lead(1, 1).append(1, 1).get(1).take(1, 1),
        |run| {
            let put = Op::Put { key: "k".into(), value: "v".into() };
            let led = run.lead(1, 1).invoke(1, put).take(1, 1).append(1, 1);
            led.commit(1, 1).get(2).take(1, 2)
        },
    ),
    (
        S::LeaseRead,
        |run| run.serve(1, 1, ReadPath::Lease),
        |run| run.serve(1, 1, ReadPath::ReadIndex),
    ),
    (
        S::LeaseRefused,
        |run| run.say(1, Note::LeaseRefused { request: 1 }),
        |run| run.serve(1, 1, ReadPath::Lease),
    ),
    (
        S::RetryRemembered,
        |run| run.answer(1, ReadPath::Session),
        |run| run.answer(1, ReadPath::Log),
    ),
    (
        S::ProposalAtDeposedLeader,
        |run| run.lead(1, 1).lead(2, 2).propose(1, false),
        |run| run.lead(1, 1).lead(2, 2).propose(2, false).propose(1, true),
    ),
];
