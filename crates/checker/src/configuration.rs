//! Who belongs to the cluster and who decides (*thesis §4.1-4.3*).

use std::fmt::{self, Display, Formatter};

use system::{NodeSet, Note};

use crate::findings::Said;

/// A configuration, and the index of the entry that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// The index of the entry; 0 for the founding configuration.
    pub(crate) index: u64,
    /// Its voters.
    pub(crate) voters: NodeSet,
    /// The voters of the configuration being left.
    pub(crate) outgoing: NodeSet,
    /// Its learners.
    pub(crate) learners: NodeSet,
}

impl Configuration {
    /// Takes in what a node says: the configuration of the highest entry is in force.
    pub(crate) fn observe(&mut self, said: Said<'_>) {
        let Note::Conf { index, voters, outgoing, learners } = *said.note else { return };
        if index > self.index {
            *self = Configuration { index, voters, outgoing, learners };
        }
    }

    /// Everyone in it.
    pub(crate) fn members(&self) -> NodeSet {
        self.voters.union(self.outgoing).union(self.learners)
    }

    /// Whether an entry that exactly `holders` hold will survive.
    ///
    /// In the founding configuration that takes a majority. After a change it takes that the
    /// others are no majority: an entry may have been committed by the smaller cluster before.
    pub(crate) fn keeps(&self, holders: NodeSet) -> bool {
        [self.voters, self.outgoing].into_iter().all(|voters| {
            let others = voters.difference(holders);
            voters.has_majority_in(holders) || self.index > 0 && others.len() < voters.majority()
        })
    }

    /// Whether `some` can decide here: a majority of the voters, and of those being left.
    pub(crate) fn has_quorum(&self, some: NodeSet) -> bool {
        self.voters.has_majority_in(some) && self.outgoing.has_majority_in(some)
    }
}

impl Display for Configuration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.voters)?;
        if !self.outgoing.is_empty() {
            write!(f, " from {}", self.outgoing)?;
        }
        if !self.learners.is_empty() {
            write!(f, " with learners {}", self.learners)?;
        }
        Ok(())
    }
}
