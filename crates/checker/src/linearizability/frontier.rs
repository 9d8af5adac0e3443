//! Configurations: how far an order of the operations has come, and which make others needless
//! (*Lowe 2017, just-in-time linearization*).
//!
//! Of every open operation a configuration says one of three things: it has taken effect, it has
//! not, or *either way*: it may be taken as having done so unseen, in front of a write that hid
//! it, and may as well still do so. An operation of unknown outcome is "either way" from the start.

use super::model::{JUNK, State};

/// A set of slots, each of which stands for an open operation.
pub(super) type Slots = u128;

/// How many operations can be open at once.
pub(super) const SLOTS_MAX: u32 = Slots::BITS;

/// One way in which the operations so far can have taken effect.
///
/// * `done` and `either` have no slot in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Configuration {
    /// What the key holds.
    pub(super) state: State,
    /// The open operations that have taken effect.
    pub(super) done: Slots,
    /// The open operations that can be seen either way.
    pub(super) either: Slots,
    /// How many of the operations took effect that have no slot because all they could do is make
    /// the key hold a value that nobody sees.
    pub(super) spent: u32,
}

impl Configuration {
    /// Whether everything that can follow `other` can follow this one too. `pure` are the slots of
    /// operations that change nothing; `junk_is_worst` says that no answer depends on the absence
    /// of a value any more.
    pub(super) fn covers(&self, other: &Configuration, pure: Slots, junk_is_worst: bool) -> bool {
        let state_covers = self.state == other.state || junk_is_worst && other.state == JUNK;
        let spares = self.spent <= other.spent || junk_is_worst;
        let differs = self.done ^ other.done | other.either;
        state_covers
            && spares
            && differs & !self.either & !pure == 0
            && other.done & !self.done & pure == 0
    }
}

/// A set of configurations none of which covers another.
#[derive(Clone, Debug, Default)]
pub(super) struct Frontier {
    list: Vec<Configuration>,
    /// How many configurations were offered, and how often two were compared.
    pub(super) cost: u64,
}

impl Frontier {
    /// Adds a configuration, unless one that is there covers it. Says whether it was added.
    pub(super) fn add(&mut self, new: Configuration, pure: Slots, junk_is_worst: bool) -> bool {
        self.cost += 1 + self.list.len() as u64 / 16;
        if self.list.iter().any(|old| old.covers(&new, pure, junk_is_worst)) {
            return false;
        }
        self.list.retain(|old| !new.covers(old, pure, junk_is_worst));
        self.list.push(new);
        true
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> u64 {
        (self.list.capacity() * size_of::<Configuration>()) as u64
    }

    /// Takes one out.
    pub(super) fn pop(&mut self) -> Option<Configuration> {
        self.list.pop()
    }

    /// The configurations.
    pub(super) fn list(&self) -> &[Configuration] {
        &self.list
    }

    /// The configurations, to be changed.
    pub(super) fn list_mut(&mut self) -> &mut Vec<Configuration> {
        &mut self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_way_covers_both_ways() {
        let configuration = |done, either| Configuration { state: 3, done, either, spent: 0 };
        let either = configuration(0, 0b1);
        assert!(either.covers(&configuration(0b1, 0), 0, false));
        assert!(either.covers(&configuration(0, 0), 0, false));
        assert!(!configuration(0b1, 0).covers(&configuration(0, 0), 0, false));
        assert!(configuration(0b1, 0).covers(&configuration(0, 0), 0b1, false));
        assert!(!configuration(0, 0).covers(&configuration(0b1, 0), 0b1, false));
        assert!(!configuration(0, 0).covers(&either, 0, false));
    }
}
