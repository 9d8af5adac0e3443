//! Changes of the membership that the nemesis makes up: who is meant, given who is a member.
//!
//! Each is what an operator may ask for at any time. A node that was removed may be added again:
//! it comes back with its old disk, and so with what it promised under its id (see *Membership* in
//! `crates/README.md`).

use sim::{Chance, Stream, StreamName};
use system::{Admin, ConfChange, NodeId, NodeSet, Transition};
use trace::{MemberDraw, MemberKind};

/// Who is a member when a change begins, and who could be.
#[derive(Clone, Copy, Debug)]
pub struct Roster {
    /// Members that vote.
    pub voters: NodeSet,
    /// Members that do not.
    pub learners: NodeSet,
    /// Nodes that are no members and could become some.
    pub outsiders: NodeSet,
    /// Who leads; 0 if nobody does.
    pub leader: NodeId,
}

impl MemberPick for Stream {
    fn one(&mut self, from: NodeSet) -> Option<NodeId> {
        (!from.is_empty()).then(|| {
            let place = self.below(from.len() as u64) as usize;
            from.iter().nth(place).expect("the place is within the set")
        })
    }

    fn some(&mut self, mut from: NodeSet, count: u64) -> NodeSet {
        let mut picked = NodeSet::EMPTY;
        for _ in 0..count {
            let Some(id) = self.one(from) else { break };
            from.remove(id);
            picked.insert(id);
        }
        picked
    }
}

/// Draws from sets.
trait MemberPick {
    /// A member, or `None` of the empty set.
    fn one(&mut self, from: NodeSet) -> Option<NodeId>;
    /// So many members, or all if there are fewer.
    fn some(&mut self, from: NodeSet, count: u64) -> NodeSet;
}

/// The change as requests, to be made one after the other; none if the roster or the bounds do
/// not allow it.
#[must_use]
pub fn steps(change: &MemberDraw, roster: Roster) -> Vec<Admin> {
    use ConfChange::{AddLearner, AddVoter, Remove};
    let Roster { voters, learners, outsiders, leader } = roster;
    let stream = &mut Chance::new(change.draw).stream(StreamName::Nemesis(0));
    let count = voters.len() as u64;
    let room = change.voters.most.saturating_sub(count);
    let spare = count.saturating_sub(change.voters.least);
    let outsider = stream.one(outsiders);
    let voter = stream.one(voters);
    let single = |changes: &[ConfChange]| {
        let step = |one: &ConfChange| {
            let transition = if change.joint { Transition::Joint } else { Transition::Auto };
            Admin::Reconfigure { changes: vec![*one], transition }
        };
        Some(changes.iter().map(step).collect())
    };
    let together = |changes: Vec<ConfChange>| {
        (!changes.is_empty())
            .then(|| vec![Admin::Reconfigure { changes, transition: Transition::Auto }])
    };
    let found = match change.kind {
        MemberKind::Add if room > 0 => outsider.and_then(|id| single(&[AddVoter(id)])),
        MemberKind::AddLearner => outsider.and_then(|id| single(&[AddLearner(id)])),
        MemberKind::Promote if room > 0 => match stream.one(learners) {
            Some(id) => single(&[AddVoter(id)]),
            None => outsider.and_then(|id| single(&[AddLearner(id), AddVoter(id)])),
        },
        MemberKind::Demote if spare > 0 => voter.and_then(|id| single(&[AddLearner(id)])),
        MemberKind::Remove => {
            let followers = voters.difference([leader].into_iter().filter(|&id| id > 0).collect());
            let removable = if spare > 0 { followers.union(learners) } else { learners };
            stream.one(removable).and_then(|id| single(&[Remove(id)]))
        }
        MemberKind::RemoveLeader if spare > 0 && voters.contains(leader) => {
            single(&[Remove(leader)])
        }
        MemberKind::Replace => match (outsider, voter) {
            (Some(new), Some(old)) => together(vec![AddVoter(new), Remove(old)]),
            _ => None,
        },
        MemberKind::Rejoin if spare > 0 => voter.and_then(|id| single(&[Remove(id), AddVoter(id)])),
        MemberKind::Grow if room > 0 => {
            let more = 1 + stream.below(room);
            together(stream.some(outsiders, more).iter().map(AddVoter).collect())
        }
        MemberKind::Shrink if spare > 0 => {
            let fewer = 1 + stream.below(spare);
            together(stream.some(voters, fewer).iter().map(Remove).collect())
        }
        MemberKind::Reshape => together(reshape(change, roster, stream)),
        MemberKind::Transfer => {
            let others = voters.iter().filter(|&id| id != leader).collect();
            stream.one(others).map(|to| vec![Admin::Transfer { to }])
        }
        _ => None,
    };
    found.unwrap_or_default()
}

/// The voters behind each of the steps.
pub(crate) fn each_after(steps: &[Admin], roster: Roster) -> Vec<NodeSet> {
    let mut voters = roster.voters;
    let behind = steps.iter().filter_map(|step| {
        let Admin::Reconfigure { changes, .. } = step else { return None };
        for change in changes {
            match *change {
                ConfChange::AddVoter(id) => voters.insert(id),
                ConfChange::AddLearner(id) | ConfChange::Remove(id) => voters.remove(id),
            }
        }
        Some(voters)
    });
    behind.collect()
}

/// The changes that lead to a set of voters drawn from everybody. Who no longer votes is removed
/// or stays as a learner.
fn reshape(change: &MemberDraw, roster: Roster, stream: &mut Stream) -> Vec<ConfChange> {
    let everybody = roster.voters.union(roster.learners).union(roster.outsiders);
    let bounds = change.voters;
    let least = bounds.least.min(everybody.len() as u64);
    let most = bounds.most.min(everybody.len() as u64);
    let count = least + stream.below(most - least + 1);
    let voters = stream.some(everybody, count);
    let new = voters.difference(roster.voters).iter().map(ConfChange::AddVoter);
    let old = roster.voters.difference(voters).iter().map(|id| match stream.below(2) {
        0 => ConfChange::Remove(id),
        _ => ConfChange::AddLearner(id),
    });
    new.chain(old).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace::VoterBounds;

    fn roster() -> Roster {
        Roster {
            voters: NodeSet::first(4),
            learners: [5].into_iter().collect(),
            outsiders: [6, 7].into_iter().collect(),
            leader: 2,
        }
    }

    fn all(kind: MemberKind, least: u64, most: u64) -> Vec<Vec<Admin>> {
        let voters = VoterBounds { least, most };
        (0..50)
            .map(|draw| steps(&MemberDraw { kind, draw, joint: false, voters }, roster()))
            .collect()
    }

    /// The number of voters behind each step.
    fn voters_after(steps: &[Admin]) -> Vec<usize> {
        each_after(steps, roster()).into_iter().map(NodeSet::len).collect()
    }

    #[test]
    fn every_kind_makes_a_change_and_none_leaves_the_bounds() {
        for (name, kind) in MemberKind::ALL {
            let drawn = all(kind, 3, 5);
            assert!(drawn.iter().all(|steps| !steps.is_empty()), "{name}");
            for steps in &drawn {
                let counts = voters_after(steps);
                assert!(counts.iter().all(|count| (3..=5).contains(count)), "{name} {steps:?}");
            }
        }
    }

    #[test]
    fn what_the_bounds_forbid_is_not_asked() {
        for kind in [MemberKind::Add, MemberKind::Promote, MemberKind::Grow] {
            assert!(all(kind, 1, 4).iter().all(Vec::is_empty), "{kind:?}");
        }
        for kind in [MemberKind::Demote, MemberKind::RemoveLeader, MemberKind::Shrink] {
            assert!(all(kind, 4, 9).iter().all(Vec::is_empty), "{kind:?}");
        }
    }

    #[test]
    fn a_rejoin_takes_two_steps() {
        for steps in all(MemberKind::Rejoin, 1, 7) {
            let [Admin::Reconfigure { changes: first, .. }, Admin::Reconfigure { changes, .. }] =
                &steps[..]
            else {
                panic!("{steps:?}");
            };
            assert_eq!(first[..], [ConfChange::Remove(changes[0].node())]);
            assert_eq!(changes[..], [ConfChange::AddVoter(first[0].node())]);
        }
    }

    #[test]
    fn the_leader_is_removed_only_if_it_is_meant() {
        let removes_leader = |steps: &Vec<Admin>| {
            steps.iter().any(|step| match step {
                Admin::Reconfigure { changes, .. } => changes.contains(&ConfChange::Remove(2)),
                Admin::Transfer { .. } => false,
            })
        };
        assert!(all(MemberKind::RemoveLeader, 1, 7).iter().all(removes_leader));
        assert!(!all(MemberKind::Remove, 1, 7).iter().any(removes_leader));
    }
}
