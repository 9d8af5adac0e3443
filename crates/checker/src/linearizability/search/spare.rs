//! Operations of unknown outcome that can wait for their slot: while enough others that do the
//! same are still of use, one more makes no difference.
//!
//! One that waits is taken as not invoked yet. That is no loss as long as no configuration runs
//! out of those that have a slot; where one does, an answer that cannot be explained is no proof.

use super::super::frontier::{Configuration, Slots};
use super::super::model::{Effect, JUNK, Model};
use super::Search;

/// So many that do the same are kept unused in every configuration, if there are so many.
const SPARE_MIN: u32 = 4;

/// Those that wait, of one effect.
#[derive(Debug)]
pub(super) struct Waiting {
    effect: Effect,
    steps: Vec<u32>,
}

impl Search<'_> {
    /// Lets an operation that is invoked wait, if it can. Says whether it does.
    pub(super) fn waits(&mut self, step: u32) -> bool {
        let Model { steps, .. } = self.model;
        let effect = steps[step as usize].effect;
        if steps[step as usize].deadline != u32::MAX || self.is_unnoticed(effect) {
            return false;
        }
        if self.spare(effect) < SPARE_MIN {
            return false;
        }
        match self.waiting.iter_mut().find(|waiting| waiting.effect == effect) {
            Some(waiting) => waiting.steps.push(step),
            None => self.waiting.push(Waiting { effect, steps: vec![step] }),
        }
        true
    }

    /// Gives slots to those that wait where others run low. False if there are none left.
    pub(super) fn call_spare(&mut self) -> bool {
        for place in 0..self.waiting.len() {
            let effect = self.waiting[place].effect;
            if self.is_unnoticed(effect) {
                self.retire(place);
            }
            while !self.waiting[place].steps.is_empty() && self.spare(effect) < SPARE_MIN {
                let step = self.waiting[place].steps.pop().expect("it is not empty");
                if !self.open(step) {
                    return false;
                }
            }
        }
        self.waiting.retain(|waiting| !waiting.steps.is_empty());
        true
    }

    /// Gives slots to more of the kinds that were missed, as many again as there are. False if
    /// there is none left.
    pub(super) fn call_missed(&mut self, missed: &[bool]) -> bool {
        for (place, _) in missed.iter().enumerate().filter(|(_, missed)| **missed) {
            let more = self.slots_of(self.waiting[place].effect).count_ones().max(SPARE_MIN);
            for _ in 0..more {
                let Some(step) = self.waiting[place].steps.pop() else { break };
                if !self.open(step) {
                    return false;
                }
            }
        }
        self.waiting.retain(|waiting| !waiting.steps.is_empty());
        true
    }

    /// What those do that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = Effect> {
        self.waiting.iter().map(|waiting| waiting.effect)
    }

    /// Nobody sees any more what these would make: they are counted, or of no use.
    fn retire(&mut self, place: usize) {
        let effect = self.waiting[place].effect;
        match effect {
            Effect::Swap(from, _) if !self.junk_is_worst && self.canonical(from) != JUNK => return,
            Effect::Write(_) | Effect::Append(_) if !self.junk_is_worst => {
                self.pool += self.waiting[place].steps.len() as u32;
            }
            _ => {}
        }
        for step in std::mem::take(&mut self.waiting[place].steps) {
            self.future.invoked(self.model.steps[step as usize]);
        }
    }

    /// How many of an effect every configuration has left.
    fn spare(&self, effect: Effect) -> u32 {
        let slots = self.slots_of(effect);
        let left = |configuration: &Configuration| (slots & !configuration.done).count_ones();
        self.frontier.list().iter().map(left).min().unwrap_or(0)
    }

    fn slots_of(&self, effect: Effect) -> Slots {
        let same = self.open.iter().filter(|open| open.is_optional() && open.effect == effect);
        same.fold(0, |slots, open| slots | open.bit())
    }

    /// The slots of those that do the same as some that wait.
    pub(super) fn slots_of_waiting(&self) -> Vec<Slots> {
        self.waiting.iter().map(|waiting| self.slots_of(waiting.effect)).collect()
    }
}
