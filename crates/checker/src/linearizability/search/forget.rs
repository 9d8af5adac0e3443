//! What no longer matters: values, and open operations that need not happen.

use super::super::frontier::{Configuration, Frontier, Slots};
use super::super::model::{Effect, JUNK};
use super::super::open::Open;
use super::Search;

/// With more slots taken, unknown operations that only the absence of a value could betray are
/// given up.
const SLOTS_TIGHT: u32 = 96;

impl Search<'_> {
    /// Forgets what no longer matters.
    pub(super) fn forget(&mut self) {
        self.junk_is_worst = self.model.differ_until.is_none_or(|until| until < self.now);
        let is_stale = |c: &Configuration| self.canonical(c.state) != c.state;
        let is_stale = self.frontier.list().iter().any(is_stale);
        let mut dead: Slots = 0;
        if self.is_mixed || is_stale {
            self.order_equals();
        }
        if self.is_mixed {
            dead = self.dead();
        }
        let (useless, pooled) = self.useless();
        let freed = dead | useless | pooled;
        if freed == 0 && !is_stale && !self.is_mixed {
            return;
        }
        self.is_mixed = false;
        self.open.retain(|open| freed & open.bit() == 0);
        self.free(freed);
        self.pool += pooled.count_ones();
        let old = std::mem::take(&mut self.frontier);
        let mut new = Frontier::default();
        for configuration in old.list() {
            let mut to = Configuration {
                state: self.canonical(configuration.state),
                done: configuration.done & !freed,
                either: configuration.either & !freed,
                spent: configuration.spent + (configuration.done & pooled).count_ones(),
            };
            self.settle_all(&mut to);
            new.add(to, self.pure, self.junk_is_worst);
        }
        self.cost += new.cost;
        self.frontier = new;
    }

    /// Of unknown operations that do the same, those in the lowest slots took effect: only how
    /// many did matters.
    fn order_equals(&mut self) {
        let mut groups: Vec<(Effect, Slots)> = Vec::new();
        for open in self.open.iter().filter(|open| open.is_optional()) {
            let effect = self.canonical_effect(*open);
            match groups.iter_mut().find(|(same, _)| *same == effect) {
                Some((_, slots)) => *slots |= open.bit(),
                None => groups.push((effect, open.bit())),
            }
        }
        groups.retain(|(_, slots)| slots.count_ones() > 1);
        for configuration in self.frontier.list_mut() {
            for &(_, slots) in &groups {
                let lowest = lowest(slots, (configuration.done & slots).count_ones());
                configuration.done = configuration.done & !slots | lowest;
                configuration.either = configuration.either & !slots | slots & !lowest;
            }
        }
    }

    /// Unknown swaps of a value that the key does not hold and that nobody can make it hold.
    fn dead(&self) -> Slots {
        let is_dead = |open: &&Open| {
            let Effect::Swap(from, _) = open.effect else { return false };
            let made_by = &self.model.made_by[from as usize];
            let makes = |other: &Open| match other.effect {
                Effect::Write(to) | Effect::Swap(_, to) => to == from,
                Effect::Append(suffix) => made_by.contains(&suffix),
                Effect::Read(_) | Effect::Differ(_) => false,
            };
            open.is_optional()
                && !self.future.will_be_made(from, made_by)
                && !self.open.iter().any(makes)
                && !self.frontier.list().iter().any(|c| c.state == from)
        };
        self.open.iter().filter(is_dead).fold(0, |dead, open| dead | open.bit())
    }

    /// Unknown operations that need no slot: those that are of no use, and those that can but make
    /// the key hold what nobody sees, which are counted.
    fn useless(&mut self) -> (Slots, Slots) {
        let all_done = self.frontier.list().iter().fold(Slots::MAX, |all, c| all & c.done);
        let is_tight = self.taken.count_ones() > SLOTS_TIGHT;
        let (mut useless, mut pooled) = (0, 0);
        for open in self.open.iter().filter(|open| open.is_optional()) {
            if all_done & open.bit() != 0 {
                useless |= open.bit();
            } else if self.is_unnoticed(open.effect) {
                match open.effect {
                    _ if self.junk_is_worst => useless |= open.bit(),
                    // The key cannot hold what it takes away, or that is as good as what it leaves.
                    Effect::Swap(from, _) if self.canonical(from) == JUNK => useless |= open.bit(),
                    Effect::Swap(..) if is_tight => {
                        useless |= open.bit();
                        self.gave_up = true;
                    }
                    Effect::Swap(..) => {}
                    _ => pooled |= open.bit(),
                }
            }
        }
        (useless, pooled)
    }

    /// What an unknown operation does that has no slot.
    pub(super) fn pooled() -> Open {
        Open { slot: u32::MAX, step: u32::MAX, effect: Effect::Write(JUNK), deadline: u32::MAX }
    }
}

/// The lowest slots of a set, so many of them.
fn lowest(slots: Slots, count: u32) -> Slots {
    let mut rest = slots;
    for _ in 0..count {
        rest &= rest - 1;
    }
    slots & !rest
}
