//! The configuration in force: who votes, who learns, and which changes of it make sense
//! (*Raft §6, thesis §4*).

use bytes::Bytes;
use raft::eraftpb::{
    ConfChangeSingle, ConfChangeTransition, ConfChangeType, ConfChangeV2, ConfState,
};
use system::{ConfChange, NodeId, NodeSet, Note, Refusal, Transition};

use crate::codec::{Reader, put_u64};
use crate::command::ProposalId;

/// A configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Conf {
    /// The entry that made it so; 0 for the founding one.
    pub(crate) index: u64,
    /// As the library holds it, its vectors in ascending order.
    pub(crate) state: ConfState,
    /// Its voters.
    pub(crate) voters: NodeSet,
    /// The voters of the configuration being left; empty unless joint.
    pub(crate) outgoing: NodeSet,
    /// Its learners.
    pub(crate) learners: NodeSet,
}

impl Conf {
    /// The configuration that the entry at `index` made.
    pub(crate) fn new(index: u64, mut state: ConfState) -> Self {
        state.voters.sort_unstable();
        state.learners.sort_unstable();
        state.voters_outgoing.sort_unstable();
        state.learners_next.sort_unstable();
        let set = |ids: &[u64]| ids.iter().copied().collect::<NodeSet>();
        let [voters, outgoing] = [set(&state.voters), set(&state.voters_outgoing)];
        let learners = set(&state.learners);
        Conf { index, state, voters, outgoing, learners }
    }

    /// The configuration of a founding member.
    pub(crate) fn founding(voters: NodeSet, learners: NodeSet) -> Self {
        let (voters, learners) = (voters.iter().collect(), learners.iter().collect());
        Conf::new(0, ConfState { voters, learners, ..ConfState::default() })
    }

    /// Whether nobody is a member: a node that has not been taught yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.voters.is_empty()
    }

    pub(crate) fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    pub(crate) fn is_voter(&self, id: NodeId) -> bool {
        self.voters.contains(id) || self.outgoing.contains(id)
    }

    pub(crate) fn contains(&self, id: NodeId) -> bool {
        self.is_voter(id) || self.learners.contains(id)
    }

    pub(crate) fn note(&self) -> Note {
        let Conf { index, voters, outgoing, learners, .. } = *self;
        Note::Conf { index, voters, outgoing, learners }
    }

    /// Whether `changes` make sense here: each changes something, none names a node twice, and
    /// a voter remains.
    pub(crate) fn check(&self, changes: &[ConfChange]) -> Result<(), Refusal> {
        let [mut voters, mut learners] = [self.voters, self.learners];
        let mut named = NodeSet::EMPTY;
        for change in changes {
            let id = change.node();
            if !(1..=NodeSet::MAX).contains(&id) || named.contains(id) {
                return Err(Refusal::InvalidChange);
            }
            named.insert(id);
            let changes_something = match change {
                ConfChange::AddVoter(_) => !voters.contains(id),
                ConfChange::AddLearner(_) => !learners.contains(id),
                ConfChange::Remove(_) => voters.contains(id) || learners.contains(id),
            };
            if !changes_something {
                return Err(Refusal::InvalidChange);
            }
            voters.remove(id);
            learners.remove(id);
            match change {
                ConfChange::AddVoter(_) => voters.insert(id),
                ConfChange::AddLearner(_) => learners.insert(id),
                ConfChange::Remove(_) => {}
            }
        }
        let sensible = !changes.is_empty() && !voters.is_empty();
        if sensible { Ok(()) } else { Err(Refusal::InvalidChange) }
    }
}

/// The changes as the library wants them. A joint configuration is always left by itself.
pub(crate) fn conf_change(changes: &[ConfChange], transition: Transition) -> ConfChangeV2 {
    let mut result = ConfChangeV2::default();
    result.set_transition(match transition {
        Transition::Auto => ConfChangeTransition::Auto,
        Transition::Joint => ConfChangeTransition::Implicit,
    });
    for change in changes {
        result.changes.push(match *change {
            ConfChange::AddVoter(id) => single(ConfChangeType::AddNode, id),
            ConfChange::AddLearner(id) => single(ConfChangeType::AddLearnerNode, id),
            ConfChange::Remove(id) => single(ConfChangeType::RemoveNode, id),
        });
    }
    result
}

fn single(kind: ConfChangeType, id: NodeId) -> ConfChangeSingle {
    ConfChangeSingle { change_type: kind, node_id: id, ..ConfChangeSingle::default() }
}

/// What a change of the configuration carries beside itself.
///
/// The configuration before the change is in it because the founding one stands in no entry: a
/// new node that is taught by the log from its first entry would otherwise take itself for the
/// only member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeContext {
    /// Who waits for it.
    pub(crate) id: ProposalId,
    /// The voters before it.
    pub(crate) voters: NodeSet,
    /// The learners before it.
    pub(crate) learners: NodeSet,
}

impl ChangeContext {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        self.id.encode(&mut out);
        put_u64(&mut out, self.voters.bits());
        put_u64(&mut out, self.learners.bits());
        out
    }

    pub(crate) fn decode(bytes: &Bytes) -> Option<Self> {
        let mut reader = Reader::new(bytes.clone());
        let id = ProposalId::decode(&mut reader)?;
        let voters = NodeSet::from_bits(reader.u64()?);
        let learners = NodeSet::from_bits(reader.u64()?);
        Some(ChangeContext { id, voters, learners })
    }

    /// Single steps that lead from no configuration to the one before the change.
    pub(crate) fn steps(&self) -> impl Iterator<Item = ConfChangeV2> {
        let voters = self.voters.iter().map(|id| single(ConfChangeType::AddNode, id));
        let learners = self.learners.iter().map(|id| single(ConfChangeType::AddLearnerNode, id));
        voters.chain(learners).map(|step| {
            let mut change = ConfChangeV2::default();
            change.changes.push(step);
            change
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_must_change_something_and_leave_a_voter() {
        let conf = Conf::founding(NodeSet::first(2), [3].into_iter().collect());
        let good: [&[ConfChange]; 4] = [
            &[ConfChange::AddVoter(3)],
            &[ConfChange::AddLearner(2)],
            &[ConfChange::Remove(1), ConfChange::AddVoter(4)],
            &[ConfChange::Remove(1), ConfChange::Remove(2), ConfChange::AddVoter(3)],
        ];
        let bad: [&[ConfChange]; 7] = [
            &[],
            &[ConfChange::AddVoter(1)],
            &[ConfChange::AddLearner(3)],
            &[ConfChange::Remove(4)],
            &[ConfChange::AddVoter(0)],
            &[ConfChange::AddVoter(4), ConfChange::Remove(4)],
            &[ConfChange::Remove(1), ConfChange::AddLearner(2)],
        ];
        for changes in good {
            assert_eq!(conf.check(changes), Ok(()), "{changes:?}");
        }
        for changes in bad {
            assert_eq!(conf.check(changes), Err(Refusal::InvalidChange), "{changes:?}");
        }
    }

    #[test]
    fn the_context_comes_back() {
        let id = ProposalId { origin: 3, nonce: 99, counter: 4 };
        let learners = [63].into_iter().collect();
        let context = ChangeContext { id, voters: NodeSet::first(5), learners };
        assert_eq!(ChangeContext::decode(&context.encode().into()), Some(context));
        assert_eq!(context.steps().count(), 6);
    }
}
