//! The shapes of a partition, as directed pairs (from, to) of nodes: `to` no longer hears `from`.
//!
//! Pure functions: who is meant and what is drawn has been settled by the caller. Links of
//! clients are never part of a shape.

use system::{NodeId, NodeSet};

/// A directed link that is cut: the sender, and the receiver that does not hear it.
pub type Pair = (NodeId, NodeId);

/// Nodes of different groups do not hear each other; a node in no group hears nobody and is
/// heard by nobody.
///
/// # Panics
///
/// If two groups share a node.
#[must_use]
pub fn groups(groups: &[NodeSet], all: NodeSet) -> Vec<Pair> {
    let mut seen = NodeSet::EMPTY;
    for &group in groups {
        assert!(seen.intersection(group).is_empty(), "a node is in two groups: {group}");
        seen = seen.union(group);
    }
    let together = |a, b| groups.iter().any(|group| group.contains(a) && group.contains(b));
    pairs(all, all, |from, to| !together(from, to))
}

/// One node hears nobody and is heard by nobody.
#[must_use]
pub fn isolate(node: NodeId, all: NodeSet) -> Vec<Pair> {
    pairs(all, all, |from, to| from == node || to == node)
}

/// One node is not heard, but hears.
#[must_use]
pub fn mute(node: NodeId, all: NodeSet) -> Vec<Pair> {
    pairs(all, all, |from, _| from == node)
}

/// One node does not hear, but is heard.
#[must_use]
pub fn deaf(node: NodeId, all: NodeSet) -> Vec<Pair> {
    pairs(all, all, |_, to| to == node)
}

/// Two nodes do not hear each other; all others hear both.
///
/// # Panics
///
/// If the two are one.
#[must_use]
pub fn pair(a: NodeId, b: NodeId) -> Vec<Pair> {
    assert_ne!(a, b, "a node always hears itself");
    vec![(a, b), (b, a)]
}

/// One node does not hear one other; all else is heard.
///
/// # Panics
///
/// If the two are one.
#[must_use]
pub fn one_way(from: NodeId, to: NodeId) -> Vec<Pair> {
    assert_ne!(from, to, "a node always hears itself");
    vec![(from, to)]
}

/// Two groups that only one node can both hear.
///
/// # Panics
///
/// If the groups share a node, or one of them holds the middle.
#[must_use]
pub fn bridge(middle: NodeId, left: NodeSet, right: NodeSet) -> Vec<Pair> {
    assert!(left.intersection(right).is_empty(), "{left} and {right} share a node");
    assert!(!left.union(right).contains(middle), "the bridge n{middle} belongs to no side");
    let all = left.union(right);
    pairs(all, all, |from, to| left.contains(from) != left.contains(to))
}

/// Each node hears a majority, but no two the same one (*Jepsen, majorities-ring*): a window of
/// the ring, with the node as near to its middle as can be. With an even window some hear others
/// that do not hear them. Fewer than three nodes all hear each other.
///
/// # Panics
///
/// If a node stands in the ring twice.
#[must_use]
pub fn majority_ring(order: &[NodeId]) -> Vec<Pair> {
    let all: NodeSet = order.iter().copied().collect();
    assert_eq!(all.len(), order.len(), "a node stands in the ring twice");
    let [count, majority] = [order.len(), all.majority()];
    let mut cut = Vec::new();
    for (position, &to) in order.iter().enumerate() {
        // The window begins `back` places before the node; all behind the window is cut.
        let back = majority.saturating_sub(1) / 2;
        for step in majority..count {
            cut.push((order[(position + count - back + step) % count], to));
        }
    }
    cut
}

fn pairs(from: NodeSet, to: NodeSet, cut: impl Fn(NodeId, NodeId) -> bool) -> Vec<Pair> {
    let mut found = Vec::new();
    for sender in from.iter() {
        for receiver in to.iter() {
            if sender != receiver && cut(sender, receiver) {
                found.push((sender, receiver));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[NodeId]) -> NodeSet {
        ids.iter().copied().collect()
    }

    /// Whom a node hears, itself included.
    fn heard(node: NodeId, all: NodeSet, cut: &[Pair]) -> NodeSet {
        all.iter().filter(|&from| !cut.contains(&(from, node))).collect()
    }

    #[test]
    fn groups_hear_themselves_and_the_groupless_nobody() {
        let all = NodeSet::first(5);
        let cut = groups(&[set(&[1, 2]), set(&[3, 4])], all);
        let expected = [set(&[1, 2]), set(&[1, 2]), set(&[3, 4]), set(&[3, 4]), set(&[5])];
        for (node, expected) in all.iter().zip(expected) {
            assert_eq!(heard(node, all, &cut), expected);
        }
    }

    #[test]
    fn isolation_is_muteness_with_deafness() {
        let all = NodeSet::first(3);
        assert_eq!(mute(2, all), [(2, 1), (2, 3)]);
        assert_eq!(deaf(2, all), [(1, 2), (3, 2)]);
        assert_eq!(isolate(2, all), [(1, 2), (2, 1), (2, 3), (3, 2)]);
    }

    #[test]
    fn all_others_hear_both_of_a_pair() {
        let all = NodeSet::first(4);
        let cut = pair(1, 4);
        assert_eq!(heard(1, all, &cut), set(&[1, 2, 3]));
        assert_eq!(heard(4, all, &cut), set(&[2, 3, 4]));
        assert_eq!(heard(2, all, &cut), all);
    }

    #[test]
    fn one_way_leaves_the_other_way() {
        let all = NodeSet::first(3);
        let cut = one_way(1, 3);
        assert_eq!(heard(3, all, &cut), set(&[2, 3]));
        assert_eq!(heard(1, all, &cut), all);
    }

    #[test]
    fn a_bridge_hears_both_sides() {
        let all = NodeSet::first(5);
        let cut = bridge(3, set(&[1, 2]), set(&[4, 5]));
        assert_eq!(heard(3, all, &cut), all);
        assert_eq!(heard(1, all, &cut), set(&[1, 2, 3]));
        assert_eq!(heard(5, all, &cut), set(&[3, 4, 5]));
    }

    #[test]
    fn in_a_ring_each_hears_another_majority() {
        for count in 3..12 {
            let order: Vec<_> = (1..=count).rev().collect();
            let all = NodeSet::first(count);
            let cut = majority_ring(&order);
            let mut seen = Vec::new();
            for node in all.iter() {
                let heard = heard(node, all, &cut);
                assert!(heard.contains(node));
                assert_eq!(heard.len(), all.majority());
                assert!(!seen.contains(&heard), "{heard} is heard by two of {count}");
                seen.push(heard);
            }
        }
        assert!(majority_ring(&[1, 2]).is_empty() && majority_ring(&[]).is_empty());
    }
}
