//! How configurations are led on when an operation returns: by sequences of open operations that
//! end with it.

use super::super::frontier::{Configuration, Frontier, Slots};
use super::super::model::{Effect, State};
use super::super::open::Open;
use super::{Bounds, Search, TELL_EVERY, Went};

impl Search<'_> {
    /// Leads configurations on until `returning` has taken effect. `missed` says of which
    /// kinds that wait for a slot some configuration had none left.
    pub(super) fn lead_on(
        &self,
        mut work: Frontier,
        next: &mut Frontier,
        returning: Open,
        bounds: Bounds,
        missed: &mut [bool],
        watch: &mut dyn FnMut() -> bool,
    ) -> Went {
        let mut told = 0;
        let mut reached = work.clone();
        let groups = self.groups();
        let reacting = self.reacting();
        let bound = self.held_until(returning);
        let spare = self.slots_of_waiting();
        while let Some(from) = work.pop() {
            for (missed, slots) in missed.iter_mut().zip(&spare) {
                *missed |= slots & !from.done == 0;
            }
            let in_slots = groups.iter().flat_map(|&group| {
                let left = group & !from.done;
                [left & from.either, left & !from.either]
            });
            let from_pool = (from.spent < self.pool).then(Self::pooled);
            for open in in_slots.filter_map(|slots| self.earliest(slots)).chain(from_pool) {
                let Some(state) = self.apply(open.effect, from.state) else { continue };
                if open.slot != returning.slot
                    && !self.is_worth(&from, open, returning, state, bound, &reacting)
                {
                    continue;
                }
                let Some(to) = self.after(&from, open, state) else { continue };
                if to.done & returning.bit() != 0 {
                    self.keep(next, to, returning.bit());
                } else if reached.add(to, self.pure, self.junk_is_worst) {
                    work.list_mut().push(to);
                }
            }
            let cost = reached.cost + next.cost;
            if cost > bounds.cost {
                next.cost = cost;
                return Went::Spent;
            }
            if cost - told > TELL_EVERY {
                told = cost;
                if !watch() {
                    return Went::Stopped;
                }
                if reached.bytes() + work.bytes() + next.bytes() > bounds.bytes {
                    return Went::Full;
                }
            }
        }
        next.cost += reached.cost;
        Went::On
    }

    /// The open operations that react to what the key holds, and one of each kind that waits for a
    /// slot: a configuration that needs it must be reached, or nobody notices that it is missing.
    fn reacting(&self) -> Vec<(Slots, Open)> {
        let open = self.open.iter().map(|open| (open.bit(), *open));
        let waiting = self.waiting().map(|effect| {
            (0, Open { slot: u32::MAX - 1, step: u32::MAX, effect, deadline: u32::MAX })
        });
        let reacts = |open: &Open| !matches!(open.effect, Effect::Write(_));
        open.chain(waiting).filter(|(_, open)| reacts(open)).collect()
    }

    /// The open operations that change something, those that do the same together; whoever returns
    /// first comes first.
    fn groups(&self) -> Vec<Slots> {
        let mut order: Vec<Open> =
            self.open.iter().filter(|open| !open.effect.is_pure()).copied().collect();
        order.sort_unstable_by_key(|open| (open.deadline, open.slot));
        let mut groups: Vec<(Effect, Slots)> = Vec::new();
        for open in order {
            let effect = self.canonical_effect(open);
            match groups.iter_mut().find(|(same, _)| *same == effect) {
                Some((_, slots)) => *slots |= open.bit(),
                None => groups.push((effect, open.bit())),
            }
        }
        groups.into_iter().map(|(_, slots)| slots).collect()
    }

    /// The operation that returns first of those in these slots.
    fn earliest(&self, slots: Slots) -> Option<Open> {
        let opens = Each(slots).map(|slot| self.slots[slot as usize]);
        opens.min_by_key(|open| (open.deadline, open.slot))
    }

    /// Operations of one canonical effect are interchangeable now.
    pub(super) fn canonical_effect(&self, open: Open) -> Effect {
        match open.effect {
            Effect::Write(to) => Effect::Write(self.canonical(to)),
            Effect::Swap(from, to) if open.is_optional() => Effect::Swap(from, self.canonical(to)),
            other => other,
        }
    }

    /// Whether an operation should go in front of the returning one: it has to when it can, or
    /// somebody reacts to what it leaves.
    fn is_worth(
        &self,
        from: &Configuration,
        open: Open,
        returning: Open,
        state: State,
        bound: (u32, u32),
        reacting: &[(Slots, Open)],
    ) -> bool {
        if matches!(returning.effect, Effect::Append(_)) {
            return true;
        }
        if matches!(open.effect, Effect::Swap(..)) && !open.is_optional() {
            return true;
        }
        let mut reacts = false;
        let mut deadline = open.deadline;
        let mut can_wait = matches!(open.effect, Effect::Write(_));
        for (bit, other) in reacting {
            if other.slot == open.slot || from.done & bit != 0 {
                continue;
            }
            match other.effect {
                Effect::Read(seen) if seen == state => {
                    reacts = true;
                    deadline = deadline.min(other.deadline);
                }
                Effect::Differ(value) if value != state => {
                    reacts = true;
                    deadline = deadline.min(other.deadline);
                }
                Effect::Swap(value, _) if value == state => {
                    reacts = true;
                    can_wait = false;
                }
                Effect::Append(suffix) => {
                    let mut results = self.model.appended[state as usize].iter();
                    if results.any(|(by, _)| *by == suffix) {
                        reacts = true;
                        can_wait = false;
                    }
                }
                _ => {}
            }
        }
        let (held, overwritten) = bound;
        let alone = deadline > held && self.model.absent_at[state as usize] < deadline;
        reacts && !(can_wait && (deadline > overwritten || alone))
    }

    /// How long at most what the returning operation leaves can have to be held: until the last
    /// who may see it is invoked, or until a write that is invoked later has returned.
    fn held_until(&self, returning: Open) -> (u32, u32) {
        let state = match returning.effect {
            Effect::Read(state) | Effect::Write(state) | Effect::Swap(_, state) => state,
            Effect::Differ(_) | Effect::Append(_) => return (u32::MAX, u32::MAX),
        };
        let held = self.model.held_until[self.canonical(state) as usize];
        (held.max(self.now), self.model.overwritten[self.now as usize])
    }

    /// The configuration after an operation; `None` if it leads nowhere.
    fn after(&self, from: &Configuration, open: Open, state: State) -> Option<Configuration> {
        let mut to = Configuration { state, ..*from };
        if open.slot == u32::MAX {
            to.spent += 1;
        } else {
            to.done |= open.bit();
            to.either &= !open.bit();
        }
        if matches!(open.effect, Effect::Write(_)) {
            to.either |= self.hidden & !to.done;
        }
        self.settle_all(&mut to);
        let leaves = state != from.state;
        (!leaves || !self.is_missed(from.state, &to)).then_some(to)
    }

    /// Lets everything take effect that changes nothing here.
    pub(super) fn settle_all(&self, configuration: &mut Configuration) {
        for slot in Each(self.taken & !(configuration.done | configuration.either)) {
            self.settle(configuration, self.slots[slot as usize]);
        }
    }
}

/// The slots of a set, one by one.
struct Each(Slots);

impl Iterator for Each {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let slot = self.0.trailing_zeros();
        (self.0 != 0).then(|| {
            self.0 &= self.0 - 1;
            slot
        })
    }
}
