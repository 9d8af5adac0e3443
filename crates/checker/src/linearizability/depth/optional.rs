//! Operations of unknown outcome, in groups of those that do the same.
//!
//! Of equal ones the one that was invoked first goes first, so a group is a count. A group with
//! more members than can be counted, or too many groups, are part of the key of a configuration
//! instead of its counts: then no configuration makes another one needless, only itself.

use super::super::model::{Effect, Model};

/// With more groups, counts are not compared one by one.
const GROUPS_MAX: usize = 64;

/// The operations of unknown outcome that do the same.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) effect: Effect,
    /// The moments of their invocations, in order.
    calls: Vec<u32>,
    /// How many of them took effect.
    used: u32,
}

impl Group {
    /// Whether one that has not taken effect yet was invoked before the moment `now`.
    pub(super) fn is_available(&self, now: u32) -> bool {
        self.calls.get(self.used as usize).is_some_and(|&call| call < now)
    }
}

/// All groups.
#[derive(Debug)]
pub(super) struct Optional {
    pub(super) groups: Vec<Group>,
    /// Whether counts can be compared one by one.
    pub(super) is_compared: bool,
}

impl Optional {
    /// The groups of a model; none has taken effect.
    pub(super) fn new(model: &Model) -> Optional {
        let mut calls: Vec<(Effect, u32)> = model
            .steps
            .iter()
            .filter(|step| step.deadline == u32::MAX && !step.unnoticed && !step.effect.is_pure())
            .map(|step| (step.effect, step.call))
            .collect();
        calls.sort_unstable();
        let mut groups: Vec<Group> = Vec::new();
        for (effect, call) in calls {
            match groups.last_mut().filter(|group| group.effect == effect) {
                Some(group) => group.calls.push(call),
                None => groups.push(Group { effect, calls: vec![call], used: 0 }),
            }
        }
        let is_counted = |group: &Group| group.calls.len() <= usize::from(u16::MAX);
        let is_compared = groups.len() <= GROUPS_MAX && groups.iter().all(is_counted);
        Optional { groups, is_compared }
    }

    /// One more of a group takes effect.
    pub(super) fn take(&mut self, group: u32) {
        self.groups[group as usize].used += 1;
    }

    /// One of a group did not take effect after all.
    pub(super) fn put_back(&mut self, group: u32) {
        self.groups[group as usize].used -= 1;
    }

    /// How many of a group took effect.
    pub(super) fn used(&self, group: u32) -> u32 {
        self.groups[group as usize].used
    }
}
