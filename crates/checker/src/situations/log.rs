//! Entries that come, go and are committed.

use system::{EntryKind, Role};
use trace::Situation;

use super::{Node, Tally};

#[inline]
pub(super) fn append(node: &mut Node, index: u64, kind: EntryKind) {
    node.last = index;
    if node.role == Role::Leader {
        node.own = index;
        if node.first_of_term == Node::NOT_YET {
            node.first_of_term = index;
        }
    }
    if kind == EntryKind::Conf {
        node.change = index;
    }
}

#[inline]
pub(super) fn commit(node: &mut Node, index: u64, tally: &mut Tally) {
    if node.role == Role::Leader {
        let first = node.first_of_term;
        let is_first = node.commit < first && index >= first;
        tally.hit_if(is_first && node.commit + 1 < first, Situation::EarlierTermCommitted);
    }
    node.commit = index;
}

pub(super) fn truncate(node: &mut Node, from: u64, tally: &mut Tally) {
    let left = from.saturating_sub(1);
    tally.hit(Situation::TailTruncated);
    tally.hit_if(from <= node.recovered, Situation::RestartedTailTruncated);
    tally.hit_if(from <= node.own, Situation::OwnEntriesTruncated);
    tally.hit_if(from <= node.change, Situation::ChangeTruncated);
    (node.last, node.own) = (left, 0);
    node.recovered = node.recovered.min(left);
    if from <= node.change {
        node.change = 0;
    }
}
