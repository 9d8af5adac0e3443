//! What is open and what is still to come while the search goes through the moments.

use super::frontier::Slots;
use super::model::{Effect, Model, State, Step};

/// An operation that was invoked and has not returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Its slot.
    pub(super) slot: u32,
    /// Its place among the steps.
    pub(super) step: u32,
    /// What it does.
    pub(super) effect: Effect,
    /// When it returns; `u32::MAX` if it need not happen.
    pub(super) deadline: u32,
}

impl Open {
    /// Its slot, as a set.
    pub(super) fn bit(self) -> Slots {
        1 << self.slot
    }

    /// Whether it need not happen.
    pub(super) fn is_optional(self) -> bool {
        self.deadline == u32::MAX
    }
}

/// What is still to be invoked, by what it sees and makes.
#[derive(Debug)]
pub(super) struct Future {
    /// For each state, how many must still see it.
    pub(super) observers: Vec<u32>,
    /// For each state, how many write it.
    pub(super) producers: Vec<u32>,
    /// For each suffix, how many append it.
    pub(super) appends: Vec<u32>,
}

impl Future {
    /// Everything is still to come.
    pub(super) fn new(model: &Model) -> Future {
        let states = model.needed.len();
        let mut future = Future {
            observers: vec![0; states],
            producers: vec![0; states],
            appends: vec![0; model.suffix_needed.len()],
        };
        for step in model.steps.iter().filter(|step| !step.unnoticed) {
            future.count(*step, 1);
        }
        future
    }

    fn count(&mut self, step: Step, change: u32) {
        let add = |count: &mut u32| *count = count.wrapping_add(change);
        match step.effect {
            Effect::Read(state) => add(&mut self.observers[state as usize]),
            Effect::Differ(_) => {}
            Effect::Write(state) => add(&mut self.producers[state as usize]),
            Effect::Swap(from, to) => {
                if step.deadline != u32::MAX {
                    add(&mut self.observers[from as usize]);
                }
                add(&mut self.producers[to as usize]);
            }
            Effect::Append(suffix) => add(&mut self.appends[suffix as usize]),
        }
    }

    /// One has come.
    pub(super) fn invoked(&mut self, step: Step) {
        self.count(step, u32::MAX);
    }

    /// Whether somebody may make a value who is still to be invoked; `made_by` are the suffixes
    /// whose appending can.
    pub(super) fn will_be_made(&self, state: State, made_by: &[u32]) -> bool {
        self.producers[state as usize] > 0
            || made_by.iter().any(|&suffix| self.appends[suffix as usize] > 0)
    }
}
