//! Linearizability by its definition (*Herlihy and Wing 1990, section 2*): a history is
//! linearizable if it can be extended by returns of some pending calls, so that the calls that
//! returned then have an order
//!
//! * in which each call is possible and returns what it returned, and
//! * in which a call that returned before another was invoked is before that one.
//!
//! Pending calls that are not extended are left out. All orders are tried.

use std::collections::BTreeSet;

use crate::object::{Answer, Call, State};

/// A call on one object.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) call: Call,
    /// The place of its invocation.
    pub(crate) invoked: usize,
    /// The place of its return, and what it returned; `None` if it is pending.
    pub(crate) returned: Option<(usize, Answer)>,
}

/// Whether one object's history is linearizable. At most 32 calls.
pub(crate) fn is_linearizable(initial: &State, events: &[Event]) -> bool {
    assert!(events.len() <= 32, "too many calls for trying all orders");
    let mut search = Search { events, is_known: true, known: BTreeSet::new() };
    search.extends(0, initial)
}

/// The same without a memory and without the rule for equal calls.
pub(crate) fn is_linearizable_by_all_orders(initial: &State, events: &[Event]) -> bool {
    let mut search = Search { events, is_known: false, known: BTreeSet::new() };
    search.extends(0, initial)
}

struct Search<'a> {
    events: &'a [Event],
    /// Whether what was tried is remembered, and equal pending calls are taken in one order.
    is_known: bool,
    /// The calls that were ordered and the state that they left, if no order of the rest was found.
    known: BTreeSet<(u32, State)>,
}

impl Search<'_> {
    fn is_left(&self, done: u32, place: usize) -> bool {
        done & 1 << place == 0
    }

    /// Whether the calls that are not `done` have an order that begins with this state.
    fn extends(&mut self, done: u32, state: &State) -> bool {
        let left = |place: &usize| self.is_left(done, *place);
        let left: Vec<usize> = (0..self.events.len()).filter(left).collect();
        if left.iter().all(|&place| self.events[place].returned.is_none()) {
            return true;
        }
        if self.is_known && self.known.contains(&(done, state.clone())) {
            return false;
        }
        for &place in &left {
            if !self.may_be_next(&left, place) {
                continue;
            }
            let event = &self.events[place];
            let Some((next, answer)) = state.perform(&event.call) else { continue };
            let is_right = event.returned.as_ref().is_none_or(|(_, right)| *right == answer);
            if is_right && self.extends(done | 1 << place, &next) {
                return true;
            }
        }
        if self.is_known {
            self.known.insert((done, state.clone()));
        }
        false
    }

    /// Whether nothing that is left returned before this call was invoked. Of equal pending calls
    /// the first goes first: wherever a later one is possible, it is possible too.
    fn may_be_next(&self, left: &[usize], place: usize) -> bool {
        let event = &self.events[place];
        left.iter().all(|&other| {
            let before = &self.events[other];
            let precedes = before.returned.as_ref().is_some_and(|(at, _)| *at < event.invoked);
            let is_equal =
                before.returned.is_none() && event.returned.is_none() && before.call == event.call;
            !(precedes || self.is_known && is_equal && before.invoked < event.invoked)
        })
    }
}
