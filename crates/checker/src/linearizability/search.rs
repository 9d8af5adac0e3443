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

use super::frontier::{Configuration, Frontier, SLOTS_MAX, Slots};
use super::model::{Effect, JUNK, Model, Moment, State, Step};
use super::open::{Future, Open};
use spare::Waiting;

/// The answer for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It can be explained.
    Yes,
    /// It cannot.
    No,
    /// The budget was spent.
    Spent,
    /// More operations were open at once than there are slots.
    TooOpen,
    /// Whoever watches has had enough.
    Stopped,
}

/// Is told now and then how many moments of how many are behind the search; false ends it.
pub(super) type Watch<'a> = dyn FnMut(u64, u64) -> bool + 'a;

/// How much is tried between two words to who watches.
const TELL_EVERY: u64 = 1 << 14;

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
    /// Whether whoever watches has had enough.
    stopped: bool,
}

/// Judges one key. Takes what it tries from `budget`.
pub(super) fn search(model: &Model, budget: &mut u64, watch: &mut Watch<'_>) -> Answer {
    let mut search = Search::new(model);
    let mut told = *budget;
    let moments = model.moments.len() as u64;
    for (now, &moment) in model.moments.iter().enumerate() {
        let step = model.steps[moment.step as usize];
        if step.unnoticed {
            continue;
        }
        search.now = now as u32;
        let going_on = match moment {
            Moment { returns: false, step } => search.invoke(step),
            Moment { returns: true, step } => {
                search.returned(step, *budget, &mut || watch(now as u64, moments))
            }
        };
        let cost = std::mem::take(&mut search.frontier.cost);
        if search.stopped {
            return Answer::Stopped;
        }
        if !going_on {
            return Answer::TooOpen;
        }
        if cost >= *budget {
            *budget = 0;
            return Answer::Spent;
        }
        *budget -= cost;
        if now % 1024 == 0 || told - *budget > TELL_EVERY {
            told = *budget;
            if !watch(now as u64, moments) {
                return Answer::Stopped;
            }
        }
        if search.frontier.list().is_empty() {
            return if search.gave_up { Answer::TooOpen } else { Answer::No };
        }
    }
    Answer::Yes
}

impl<'a> Search<'a> {
    fn new(model: &'a Model) -> Self {
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
            stopped: false,
        }
    }

    /// A state, as far as it still matters.
    fn canonical(&self, state: State) -> State {
        if self.model.needed[state as usize] < self.now { JUNK } else { state }
    }

    /// What the key holds after an operation; `None` if it cannot take effect.
    fn apply(&self, effect: Effect, state: State) -> Option<State> {
        match effect {
            Effect::Read(seen) => (seen == state).then_some(state),
            Effect::Differ(other) => (other != state).then_some(state),
            Effect::Write(to) => Some(self.canonical(to)),
            Effect::Swap(from, to) => (from == state).then(|| self.canonical(to)),
            Effect::Append(suffix) => {
                let results = &self.model.appended[state as usize];
                let to = results.iter().find(|(by, _)| *by == suffix).map_or(JUNK, |(_, to)| *to);
                Some(self.canonical(to))
            }
        }
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
    fn returned(&mut self, step: u32, budget: u64, watch: &mut dyn FnMut() -> bool) -> bool {
        self.forget();
        if !self.call_spare() {
            return false;
        }
        let place = self.open.iter().position(|open| open.step == step).expect("it was invoked");
        let returning = self.open[place];
        let mut next = Frontier::with_cost(self.frontier.cost);
        let mut work = Frontier::default();
        for &configuration in self.frontier.list() {
            let bit = returning.bit();
            if configuration.done & bit != 0 {
                self.keep(&mut next, configuration, bit);
            } else if configuration.either & bit != 0 {
                let hidden = Configuration { either: configuration.either & !bit, ..configuration };
                if !self.is_hidden_for_good(&hidden, returning) {
                    self.keep(&mut next, hidden, bit);
                }
                if self.may_be_seen(returning.effect) {
                    work.add(configuration, self.pure, self.junk_is_worst);
                }
            } else {
                work.add(configuration, self.pure, self.junk_is_worst);
            }
        }
        if !work.list().is_empty() {
            let mut ran_out = false;
            self.stopped = !self.lead_on(work, &mut next, returning, budget, &mut ran_out, watch);
            self.gave_up |= ran_out;
        }
        self.open.remove(place);
        self.free(returning.bit());
        self.frontier = next;
        true
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
