//! The completed operations that have not taken effect yet, in the order of their moments.
//!
//! The list has a node for each invocation and each return. An operation can take effect next if
//! its invocation comes before the first return that is left. Operations are taken out and put
//! back in the opposite order, so a node that was taken out still knows its place.

use super::super::model::Model;

/// The node before all others, and after them.
const HEAD: u32 = 0;

/// A doubly linked list over the moments of a model. Node `n + 1` is the moment `n`.
#[derive(Debug)]
pub(super) struct Pending {
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Operations in the list.
    left: u32,
}

impl Pending {
    /// All operations that must happen.
    pub(super) fn new(model: &Model) -> Pending {
        let nodes = model.moments.len() + 1;
        let (mut next, mut previous) = (vec![HEAD; nodes], vec![HEAD; nodes]);
        let (mut last, mut left) = (HEAD, 0);
        for (place, moment) in model.moments.iter().enumerate() {
            if model.steps[moment.step as usize].deadline == u32::MAX {
                continue;
            }
            let node = place as u32 + 1;
            next[last as usize] = node;
            previous[node as usize] = last;
            last = node;
            left += u32::from(moment.returns);
        }
        next[last as usize] = HEAD;
        previous[HEAD as usize] = last;
        Pending { next, previous, left }
    }

    /// Whether every operation took effect.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The moment after another one; `None` at the end. Begins with `None`.
    pub(super) fn after(&self, moment: Option<u32>) -> Option<u32> {
        self.next[moment.map_or(HEAD, |place| place + 1) as usize].checked_sub(1)
    }

    /// Takes an operation out, by its invocation and return.
    pub(super) fn take(&mut self, call: u32, deadline: u32) {
        for node in [call + 1, deadline + 1] {
            let (before, after) = (self.previous[node as usize], self.next[node as usize]);
            self.next[before as usize] = after;
            self.previous[after as usize] = before;
        }
        self.left -= 1;
    }

    /// Puts back the operation that was taken out last.
    pub(super) fn put_back(&mut self, call: u32, deadline: u32) {
        for node in [deadline + 1, call + 1] {
            let (before, after) = (self.previous[node as usize], self.next[node as usize]);
            self.next[before as usize] = node;
            self.previous[after as usize] = node;
        }
        self.left += 1;
    }
}
