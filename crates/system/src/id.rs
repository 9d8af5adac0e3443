//! Names of things, as numbers.

use std::fmt;

/// A node of the cluster: 1 to 63. Zero means "nobody", as in the `raft` crate.
pub type NodeId = u64;

/// A client of the cluster, from 1.
pub type ClientId = u64;

/// A point in time or a duration, in nanoseconds of the virtual clock.
pub type Nanos = u64;

/// Names a request between the host and a node until it is answered. Unique within a run.
pub type RequestId = u64;

/// A set of node ids, as a bit set: cheap to copy, and always in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeSet(u64);

impl NodeSet {
    /// The largest id that a set can hold.
    pub const MAX: NodeId = 63;

    /// The set without members.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The nodes 1 to `count`.
    ///
    /// # Panics
    ///
    /// If `count` is above [`NodeSet::MAX`].
    #[must_use]
    pub fn first(count: u64) -> Self {
        (1..=count).collect()
    }

    /// The set as bits; bit `i` stands for node `i`.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The set with these bits. Bit 0 is ignored.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        NodeSet(bits & !1)
    }

    /// Adds a node.
    ///
    /// # Panics
    ///
    /// If `id` is not in 1..=63.
    pub fn insert(&mut self, id: NodeId) {
        assert!((1..=Self::MAX).contains(&id), "node id {id} is not in 1..=63");
        self.0 |= 1 << id;
    }

    /// Removes a node, if it is there.
    pub fn remove(&mut self, id: NodeId) {
        if id <= Self::MAX {
            self.0 &= !(1 << id);
        }
    }

    /// Whether the set holds `id`.
    #[must_use]
    pub fn contains(self, id: NodeId) -> bool {
        id <= Self::MAX && self.0 & (1 << id) != 0
    }

    /// How many nodes the set holds.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set holds no node.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The nodes of either set.
    #[must_use]
    pub fn union(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// The nodes of both sets.
    #[must_use]
    pub fn intersection(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// The nodes of this set that are not in `other`.
    #[must_use]
    pub fn difference(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & !other.0)
    }

    /// How many members make a majority of this set; 0 for the empty set.
    #[must_use]
    pub fn majority(self) -> usize {
        if self.is_empty() { 0 } else { self.len() / 2 + 1 }
    }

    /// Whether `some` contains a majority of this set. True for the empty set, which as one half
    /// of a joint configuration agrees to everything (*thesis §4.3*).
    #[must_use]
    pub fn has_majority_in(self, some: NodeSet) -> bool {
        self.intersection(some).len() >= self.majority()
    }

    /// The members in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let id = u64::from(rest.trailing_zeros());
            rest &= rest - 1;
            Some(id)
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(ids: I) -> Self {
        let mut set = NodeSet::EMPTY;
        for id in ids {
            set.insert(id);
        }
        set
    }
}

/// `{n1 n3}`: the way sets are written in traces and messages.
impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, id) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            write!(f, "n{id}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_ordered_and_written_with_names() {
        let set: NodeSet = [5, 1, 63].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [1, 5, 63]);
        assert_eq!(set.to_string(), "{n1 n5 n63}");
    }

    #[test]
    fn majorities_are_of_the_whole_set() {
        let voters = NodeSet::first(4);
        assert_eq!(voters.majority(), 3);
        assert!(!voters.has_majority_in([1, 2, 9].into_iter().collect()));
        assert!(voters.has_majority_in([1, 2, 4].into_iter().collect()));
        assert!(NodeSet::EMPTY.has_majority_in(NodeSet::EMPTY));
    }

    #[test]
    #[should_panic(expected = "not in 1..=63")]
    fn node_zero_is_nobody() {
        let _ = [0].into_iter().collect::<NodeSet>();
    }
}
