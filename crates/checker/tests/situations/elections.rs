//! Elections.

use system::Role;
use trace::Situation as S;

use crate::Row;

pub(crate) const ROWS: &[Row] = &[
    (
        S::TwoCandidatesOneTerm,
        |run| run.campaign(1, 1).campaign(2, 1),
        |run| run.campaign(1, 1).campaign(2, 2).campaign(1, 1),
    ),
    (
        S::TermWithoutLeader,
        |run| run.campaign(1, 1).campaign(1, 2),
        |run| run.campaign(1, 1).lead(1, 1).campaign(2, 2).campaign(3, 2),
    ),
    (
        S::PreVoteRefused,
        |run| run.role(1, Role::PreCandidate, 1).follow(1, 1),
        |run| run.role(1, Role::PreCandidate, 1).campaign(1, 2).follow(1, 2),
    ),
    (
        S::TwoLeadersAtOnce,
        |run| run.lead(1, 1).lead(2, 2).lead(2, 2),
        |run| run.lead(1, 1).follow(1, 2).lead(2, 2).crash(2).lead(3, 3),
    ),
    (S::LeaderDeposed, |run| run.lead(1, 1).follow(1, 2), |run| run.lead(1, 1).follow(1, 1)),
    (
        S::LeaderLosesQuorum,
        |run| run.lead(1, 1).follow(1, 1),
        // Its vote was taken: this is why it steps down.
        |run| run.lead(1, 1).conf(1, 5, [&[2, 3], &[], &[1]]).role(1, Role::Learner, 1),
    ),
    (
        S::CandidateCrashes,
        |run| run.campaign(1, 1).crash(1),
        |run| run.campaign(1, 1).lead(1, 1).crash(1),
    ),
    (
        S::CrashBetweenVoteAndSync,
        |run| run.vote(2, 1).crash(2),
        |run| run.vote(2, 1).persist(2, 0).crash(2),
    ),
    (
        S::RestartInElection,
        |run| run.lead(1, 1).crash(2).restart(2, 2, 0, 0),
        |run| run.lead(1, 2).crash(2).restart(2, 2, 0, 0),
    ),
    (
        S::CrashedLeaderLeadsAgain,
        |run| run.lead(1, 1).crash(1).restart(1, 1, 0, 0).lead(1, 2),
        |run| run.lead(1, 1).crash(1).lead(2, 2).restart(1, 1, 0, 0).lead(1, 3),
    ),
];
