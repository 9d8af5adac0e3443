//! How configurations are led on when an operation returns: by sequences of open operations that
//! end with it.

use super::super::frontier::{Configuration, Frontier};
use super::super::model::{Effect, State};
use super::super::open::Open;
use super::{Search, TELL_EVERY};

impl Search<'_> {
    /// Leads configurations on until `returning` has taken effect. False if it was stopped.
    pub(super) fn lead_on(
        &self,
        mut work: Frontier,
        next: &mut Frontier,
        returning: Open,
        budget: u64,
        watch: &mut dyn FnMut() -> bool,
    ) -> bool {
        let mut told = 0;
        let mut reached = work.clone();
        let mut equals: Vec<(Effect, bool)> = Vec::new();
        let mut order: Vec<Open> =
            self.open.iter().filter(|open| !open.effect.is_pure()).copied().collect();
        order.sort_by_key(|open| (open.deadline, open.slot));
        let bound = self.held_until(returning);
        while let Some(from) = work.pop() {
            equals.clear();
            for &open in &order {
                if from.done & open.bit() != 0 {
                    continue;
                }
                let Some(state) = self.apply(open.effect, from.state) else { continue };
                if open.slot != returning.slot
                    && !self.is_worth(&from, open, returning, state, bound)
                {
                    continue;
                }
                let like = (self.canonical_effect(open), from.either & open.bit() != 0);
                if open.slot != returning.slot && equals.contains(&like) {
                    continue;
                }
                equals.push(like);
                let Some(to) = self.after(&from, open, state) else { continue };
                if to.done & returning.bit() != 0 {
                    self.keep(next, to, returning.bit());
                } else if reached.add(to, self.pure, self.junk_is_worst) {
                    work.list_mut().push(to);
                }
            }
            let cost = reached.cost + next.cost;
            if cost > budget {
                break;
            }
            if cost - told > TELL_EVERY {
                told = cost;
                if !watch() {
                    return false;
                }
            }
        }
        next.cost += reached.cost;
        true
    }

    /// Operations of one canonical effect are interchangeable now.
    fn canonical_effect(&self, open: Open) -> Effect {
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
        for other in &self.open {
            if other.slot == open.slot || from.done & other.bit() != 0 {
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
        let mut to = *from;
        to.state = state;
        to.done |= open.bit();
        to.either &= !open.bit();
        let hides = matches!(open.effect, Effect::Write(_));
        for &other in &self.open {
            if hides && matches!(other.effect, Effect::Write(_) | Effect::Append(_)) {
                to.either |= other.bit() & !to.done;
            }
            self.settle(&mut to, other);
        }
        let leaves = state != from.state;
        (!leaves || !self.is_missed(from.state, &to)).then_some(to)
    }
}
