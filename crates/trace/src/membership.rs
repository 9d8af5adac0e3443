//! Changes of the membership that the nemesis makes by itself: which kinds, and within which
//! bounds. Who is meant is found when the change begins, from what the leader sees then.

use crate::scenario::Ppm;

/// A kind of change. "An outsider" is a node that is no member: it never was one, or it was
/// removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberKind {
    /// An outsider becomes a voter at once.
    Add,
    /// An outsider becomes a learner.
    AddLearner,
    /// A learner becomes a voter.
    Promote,
    /// A voter becomes a learner; it may be the leader.
    Demote,
    /// A voter that does not lead, or a learner, is removed.
    Remove,
    /// The leader removes itself.
    RemoveLeader,
    /// An outsider takes the place of a voter, in one joint change.
    Replace,
    /// A voter is removed and, when that is done, added again.
    Rejoin,
    /// Several outsiders become voters in one joint change.
    Grow,
    /// Several voters are removed in one joint change.
    Shrink,
    /// A new set of voters, drawn from all nodes, in one joint change.
    Reshape,
    /// Leadership is handed to another voter.
    Transfer,
}

impl MemberKind {
    /// Every kind, with its name in scenarios.
    pub const ALL: [(&'static str, MemberKind); 12] = [
        ("add", MemberKind::Add),
        ("add-learner", MemberKind::AddLearner),
        ("promote", MemberKind::Promote),
        ("demote", MemberKind::Demote),
        ("remove", MemberKind::Remove),
        ("remove-leader", MemberKind::RemoveLeader),
        ("replace", MemberKind::Replace),
        ("rejoin", MemberKind::Rejoin),
        ("grow", MemberKind::Grow),
        ("shrink", MemberKind::Shrink),
        ("reshape", MemberKind::Reshape),
        ("transfer", MemberKind::Transfer),
    ];

    /// The kind's name in scenarios.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).expect("every kind is listed").0
    }
}

/// How many voters the nemesis leaves: it makes no change that would lead out of this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoterBounds {
    /// The fewest, from 1.
    pub least: u64,
    /// The most, not below `least`.
    pub most: u64,
}

impl Default for VoterBounds {
    fn default() -> Self {
        VoterBounds { least: 3, most: 7 }
    }
}

/// What random changes of the membership are drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSwarm {
    /// The kinds, each as likely as the others. Not empty.
    pub kinds: Vec<MemberKind>,
    /// Chance that a change of one node goes by joint consensus, too.
    pub joint: Ppm,
    /// How many voters there may be.
    pub voters: VoterBounds,
}

/// One change, to be resolved when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberDraw {
    /// Its kind.
    pub kind: MemberKind,
    /// The number that chooses among those who may be meant.
    pub draw: u64,
    /// Whether it goes by joint consensus even if one step would do.
    pub joint: bool,
    /// How many voters there may be.
    pub voters: VoterBounds,
}
