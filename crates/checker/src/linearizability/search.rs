//! The search: which configurations can explain everything that has returned so far
//! (*Wing and Gong 1993; Lowe 2017*).
//!
//! Nothing takes effect before it must: when an operation returns, every configuration is led on
//! by sequences of open operations that end with it. What keeps them few:
//!
//! * Operations that change nothing take effect as soon as the key's value allows it.
//! * A write hides the operations in front of it: they may be seen either way ([`Configuration`]).
//! * An operation goes in front of the returning one only if somebody reacts to what it leaves.
//! * Of equal operations the one that returns first goes first.
//! * A value that somebody must still see, and that nobody can bring back, is not left.

mod forget;
mod lead;
mod spare;

use super::effort::{Answer, Watch};
use super::frontier::{Configuration, Frontier, SLOTS_MAX, Slots};
use super::model::{Effect, JUNK, Model, State, Step};
use super::open::{Future, Open};
use spare::Waiting;

/// How much is tried between two calls of the watch.
const TELL_EVERY: u64 = 1 << 14;

/// How much may be spent at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Configurations that may be tried.
    pub(super) cost: u64,
    /// Bytes that may be held.
    pub(super) bytes: u64,
}

/// How it went with a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    /// The frontier explains it, or is empty.
    On,
    /// More was needed than could be spent; nothing has changed.
    Spent,
    /// More had to be held than may be.
    Full,
    /// There are not enough slots.
    TooOpen,
    /// The watch ended it.
    Stopped,
}

/// The search through one key's operations.
#[derive(Debug)]
pub(super) struct Search<'a> {
    model: &'a Model,
    frontier: Frontier,
    open: Vec<Open>,
    /// The operation in each slot, or what was there last.
    slots: Vec<Open>,
    taken: Slots,
    pure: Slots,
    /// Those that a write hides: other writes, and appends.
    hidden: Slots,
    /// Unknown operations that wait for a slot.
    waiting: Vec<Waiting>,
    /// How many unknown operations gave their slot back, see [`Configuration::spent`].
    pool: u32,
    /// Whether an unknown operation was invoked since equal ones were put in order.
    is_mixed: bool,
    future: Future,
    now: u32,
    /// Whether no answer depends on a value's absence any more.
    junk_is_worst: bool,
    /// Whether open operations were given up that might have been of use: an answer that cannot
    /// be explained without them is no proof.
    gave_up: bool,
    /// The moment that comes next.
    next: usize,
    /// What the present slice has cost.
    cost: u64,
}

impl<'a> Search<'a> {
    /// A search that has seen no moment.
    pub(super) fn new(model: &'a Model) -> Self {
        let mut frontier = Frontier::default();
        let start = Configuration { state: model.initial, done: 0, either: 0, spent: 0 };
        frontier.add(start, 0, false);
        Search {
            model,
            frontier,
            open: Vec::new(),
            slots: Vec::new(),
            taken: 0,
            pure: 0,
            hidden: 0,
            waiting: Vec::new(),
            pool: 0,
            is_mixed: false,
            future: Future::new(model),
            now: 0,
            junk_is_worst: false,
            gave_up: false,
            next: 0,
            cost: 0,
        }
    }

    /// What was spent since [`Search::run`] began.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    /// How many moments are explained.
    pub(super) fn done(&self) -> usize {
        self.next
    }

    /// Bytes that it holds between two moments.
    pub(super) fn bytes(&self) -> u64 {
        self.frontier.bytes()
    }

    /// Goes on until the bounds are reached. `None` if it can go on from there; the moment at
    /// which the cost was spent is begun again then.
    pub(super) fn run(&mut self, bounds: Bounds, watch: &mut Watch<'_>) -> Option<Answer> {
        let moments = self.model.moments.len();
        let mut told = 0;
        self.cost = 0;
        while self.next < moments {
            let moment = self.model.moments[self.next];
            if self.model.steps[moment.step as usize].unnoticed {
                self.next += 1;
                continue;
            }
            self.now = self.next as u32;
            let went = if moment.returns {
                let done = self.next as u64;
                self.returned(moment.step, bounds, &mut || watch(done, moments as u64))
            } else if self.invoke(moment.step) {
                Went::On
            } else {
                Went::TooOpen
            };
            match went {
                Went::On => {}
                Went::Spent => return None,
                Went::Full => return Some(Answer::Full),
                Went::TooOpen => return Some(Answer::TooOpen),
                Went::Stopped => return Some(Answer::Stopped),
            }
            if self.frontier.list().is_empty() {
                return Some(if self.gave_up { Answer::TooOpen } else { Answer::No });
            }
            self.next += 1;
            if self.next.is_multiple_of(1024) || self.cost - told > TELL_EVERY {
                told = self.cost;
                if !watch(self.next as u64, moments as u64) {
                    return Some(Answer::Stopped);
                }
            }
            if self.cost >= bounds.cost {
                return None;
            }
        }
        Some(Answer::Yes)
    }

    /// A state, as far as it still matters.
    fn canonical(&self, state: State) -> State {
        if self.model.needed[state as usize] < self.now { JUNK } else { state }
    }

    /// What the key holds after an operation; `None` if it cannot take effect.
    fn apply(&self, effect: Effect, state: State) -> Option<State> {
        let after = self.model.apply(effect, state)?;
        // What changes nothing leaves the state as it is.
        Some(if effect.is_pure() { after } else { self.canonical(after) })
    }

    /// Lets take effect what changes nothing here. What can do so and go on waiting, may.
    fn settle(&self, configuration: &mut Configuration, open: Open) {
        if (configuration.done | configuration.either) & open.bit() != 0 {
            return;
        }
        if self.apply(open.effect, configuration.state) == Some(configuration.state) {
            match open.effect {
                Effect::Read(_) | Effect::Differ(_) => configuration.done |= open.bit(),
                _ => configuration.either |= open.bit(),
            }
        }
    }

    /// An operation is invoked. False if there is no slot for it.
    fn invoke(&mut self, step: u32) -> bool {
        self.waits(step) || self.open(step)
    }

    /// Gives an operation a slot. False if there is none.
    fn open(&mut self, step: u32) -> bool {
        let Step { effect, deadline, .. } = self.model.steps[step as usize];
        self.future.invoked(self.model.steps[step as usize]);
        let slot = (!self.taken).trailing_zeros();
        if slot >= SLOTS_MAX {
            return false;
        }
        let open = Open { slot, step, effect, deadline };
        self.taken |= open.bit();
        match effect {
            Effect::Read(_) | Effect::Differ(_) => self.pure |= open.bit(),
            Effect::Write(_) | Effect::Append(_) => self.hidden |= open.bit(),
            Effect::Swap(..) => {}
        }
        self.is_mixed |= open.is_optional();
        self.open.push(open);
        if self.slots.len() <= slot as usize {
            self.slots.resize(slot as usize + 1, open);
        }
        self.slots[slot as usize] = open;
        let mut list = std::mem::take(self.frontier.list_mut());
        for configuration in &mut list {
            if open.is_optional() {
                configuration.either |= open.bit();
            } else {
                self.settle(configuration, open);
            }
        }
        *self.frontier.list_mut() = list;
        true
    }

    /// An operation returns. The frontier keeps what explains it; it is empty if nothing does.
    fn returned(&mut self, step: u32, bounds: Bounds, watch: &mut dyn FnMut() -> bool) -> Went {
        self.forget();
        if !self.call_spare() {
            return Went::TooOpen;
        }
        let place = self.open.iter().position(|open| open.step == step).expect("it was invoked");
        let returning = self.open[place];
        let next = loop {
            let mut next = Frontier::default();
            let mut missed = vec![false; self.waiting.len()];
            let work = self.sort_out(returning, &mut next);
            if !work.list().is_empty() {
                let spent = self.cost;
                let left = Bounds { cost: bounds.cost.saturating_sub(spent), ..bounds };
                let went = self.lead_on(work, &mut next, returning, left, &mut missed, watch);
                self.cost += next.cost;
                if went != Went::On {
                    return went;
                }
            } else {
                self.cost += next.cost;
            }
            if !missed.contains(&true) {
                break next;
            }
            // Those that wait are needed after all.
            if !self.call_missed(&missed) {
                return Went::TooOpen;
            }
        };
        self.open.remove(place);
        self.free(returning.bit());
        self.frontier = next;
        Went::On
    }

    /// Keeps the configurations in which the returning operation took effect; answers the others.
    fn sort_out(&self, returning: Open, next: &mut Frontier) -> Frontier {
        let bit = returning.bit();
        let mut work = Frontier::default();
        for &configuration in self.frontier.list() {
            if configuration.done & bit != 0 {
                self.keep(next, configuration, bit);
            } else if configuration.either & bit != 0 {
                let hidden = Configuration { either: configuration.either & !bit, ..configuration };
                if !self.is_hidden_for_good(&hidden, returning) {
                    self.keep(next, hidden, bit);
                }
                if self.may_be_seen(returning.effect) {
                    work.add(configuration, self.pure, self.junk_is_worst);
                }
            } else {
                work.add(configuration, self.pure, self.junk_is_worst);
            }
        }
        work
    }

    /// Gives slots back.
    fn free(&mut self, slots: Slots) {
        self.taken &= !slots;
        self.pure &= !slots;
        self.hidden &= !slots;
    }

    fn keep(&self, next: &mut Frontier, mut configuration: Configuration, bit: Slots) {
        configuration.done &= !bit;
        configuration.either &= !bit;
        next.add(configuration, self.pure & !bit, self.junk_is_worst);
    }

    /// Whether nobody sees any more what the operation makes.
    fn is_unnoticed(&self, effect: Effect) -> bool {
        match effect {
            Effect::Write(to) => self.canonical(to) == JUNK,
            Effect::Swap(from, to) => [from, to].iter().any(|&s| self.canonical(s) == JUNK),
            Effect::Append(suffix) => self.model.suffix_needed[suffix as usize] < self.now,
            Effect::Read(_) | Effect::Differ(_) => false,
        }
    }

    /// Whether anybody could tell that the operation took effect in front of nothing else.
    fn may_be_seen(&self, effect: Effect) -> bool {
        !self.junk_is_worst
            || match effect {
                Effect::Write(to) | Effect::Swap(_, to) => self.canonical(to) != JUNK,
                _ => true,
            }
    }

    /// Whether an operation that took effect unseen made a value that is now out of reach.
    fn is_hidden_for_good(&self, configuration: &Configuration, returning: Open) -> bool {
        let Effect::Write(to) = returning.effect else { return false };
        let mut without = *configuration;
        without.done |= returning.bit();
        configuration.state != to && self.is_missed(to, &without)
    }

    /// Whether somebody must still see a value that nobody can bring any more.
    fn is_missed(&self, state: State, configuration: &Configuration) -> bool {
        if state == JUNK {
            return false;
        }
        let made_by = &self.model.made_by[state as usize];
        if self.future.will_be_made(state, made_by) {
            return false;
        }
        let waiting = self.open.iter().filter(|open| configuration.done & open.bit() == 0);
        let mut is_awaited = self.future.observers[state as usize] > 0;
        for open in waiting {
            match open.effect {
                Effect::Read(seen) => is_awaited |= seen == state,
                Effect::Swap(from, to) => {
                    if to == state {
                        return false;
                    }
                    is_awaited |= from == state && !open.is_optional();
                }
                Effect::Write(to) if to == state => return false,
                Effect::Append(suffix) if made_by.contains(&suffix) => return false,
                _ => {}
            }
        }
        is_awaited
    }
}
