//! Which kinds of fault are on? A bit for each kind that the run has had.

use system::{NodeId, NodeSet};

use super::NO_FAULT;

/// The kinds of fault of a run, and which are on.
#[derive(Debug)]
pub(super) struct Faults {
    /// The kinds, by their bit; [`CRASH`] is the first.
    kinds: Vec<&'static str>,
    /// How many of each kind are on.
    open: [u32; KINDS_MAX],
    /// A bit for each kind that is on.
    on: u32,
    /// Nodes that crashed and have not recovered: a crash has no end of its own.
    crashed: NodeSet,
}

const CRASH: &str = "crash";

/// A crash, too: what follows it is another setup.
const RESTART: &str = "restart";

/// The bit of no fault.
const NONE: u32 = 1 << 31;

/// Kinds that are told apart; there are fewer words than this in scenarios.
const KINDS_MAX: usize = 31;

impl Faults {
    pub(super) fn new() -> Faults {
        Faults { kinds: vec![CRASH], open: [0; KINDS_MAX], on: 0, crashed: NodeSet::EMPTY }
    }

    /// The kinds that are on, or the bit of none.
    pub(super) fn mask(&self) -> u32 {
        let mask = self.on | u32::from(!self.crashed.is_empty());
        if mask == 0 { NONE } else { mask }
    }

    /// Whether a kind is on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        let bit = self.kinds.iter().position(|kind| *kind == name);
        bit.is_some_and(|bit| self.on & 1 << bit != 0)
    }

    /// Whether links are cut.
    pub(super) fn is_partition(&self) -> bool {
        self.is_on("partition") || self.is_on("flap")
    }

    /// The names of the kinds in a mask.
    pub(super) fn names(&self, mask: u32) -> Vec<&'static str> {
        let kinds = self.kinds.iter().enumerate();
        let mut names: Vec<&str> =
            kinds.filter(|(bit, _)| mask & 1 << bit != 0).map(|(_, kind)| *kind).collect();
        if mask & NONE != 0 {
            names.push(NO_FAULT);
        }
        names.sort_unstable();
        names
    }

    /// A fault begins. One without an end stays on until all is healed.
    pub(super) fn begin(&mut self, name: &'static str) {
        if name == CRASH || name == RESTART {
            return;
        }
        let known = self.kinds.iter().position(|kind| *kind == name);
        let bit = known.unwrap_or_else(|| {
            assert!(self.kinds.len() < KINDS_MAX, "more kinds of fault than there are words");
            self.kinds.push(name);
            self.kinds.len() - 1
        });
        self.open[bit] += 1;
        self.on |= 1 << bit;
    }

    /// A fault ends.
    pub(super) fn end(&mut self, name: &str) {
        let Some(bit) = self.kinds.iter().position(|kind| *kind == name) else { return };
        self.open[bit] = self.open[bit].saturating_sub(1);
        if self.open[bit] == 0 {
            self.on &= !(1 << bit);
        }
    }

    /// A node crashes.
    pub(super) fn crash(&mut self, node: NodeId) {
        self.crashed.insert(node);
    }

    /// A node has recovered.
    pub(super) fn recovered(&mut self, node: NodeId) {
        self.crashed.remove(node);
    }

    /// All is healed.
    pub(super) fn heal(&mut self) {
        (self.open, self.on, self.crashed) = ([0; KINDS_MAX], 0, NodeSet::EMPTY);
    }
}
