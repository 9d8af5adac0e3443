//! The search in the depth: one order after another, until one explains every answer or none is
//! left (*Wing and Gong 1993; Lowe 2017, with the memory of configurations*).
//!
//! It complements the frontier of [`super::search`]: it needs no slot for an open operation, and it
//! finds an order of a correct history where the frontier has too many beginnings to carry along.
//! What keeps it short, each without loss of an order:
//!
//! * An operation that changes nothing takes effect as soon as the key holds what it needs.
//! * Of operations that do the same, the one that returns first goes first; unknown ones are counted
//!   ([`optional`]).
//! * An operation of unknown outcome takes effect only if the next one sees what it left.
//! * A configuration is left if one was tried that could do as much ([`visited`]).
//!
//! "No" is said only when every order was tried.

mod optional;
mod pending;
mod visited;

use super::effort::{Answer, Watch};
use super::model::{Effect, JUNK, Model, State, Step};
use super::search::Bounds;
use optional::Optional;
use pending::Pending;
use visited::Visited;

/// What a configuration costs beside the operations that are looked at in it.
const CONFIGURATION_COST: u64 = 16;

/// How much is tried between two calls of the watch.
const TELL_EVERY: u64 = 1 << 20;

/// The operation that is to take effect next.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// A completed one: its place among the steps.
    Required(u32),
    /// One of unknown outcome: its group.
    Optional(u32),
}

/// What was before a choice.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// How many completed operations had taken effect.
    taken: usize,
    state: State,
    is_owed: bool,
    now: u32,
    key: u128,
    /// The group of the operation that was chosen.
    group: Option<u32>,
}

/// A configuration on the way from the beginning to the present one.
#[derive(Debug)]
struct Frame {
    before: Before,
    /// Where its choices begin.
    choices: usize,
    /// The choice that is tried next.
    next: usize,
}

/// The search through the orders of one key's operations.
#[derive(Debug)]
pub(super) struct Depth<'a> {
    model: &'a Model,
    pending: Pending,
    optional: Optional,
    /// What the key holds.
    state: State,
    /// Whether an operation of unknown outcome left that state, and nothing has seen it yet.
    is_owed: bool,
    /// The first return that is left.
    now: u32,
    /// The completed operations that took effect, in order.
    taken: Vec<u32>,
    /// The sum of their keys.
    key: u128,
    frames: Vec<Frame>,
    choices: Vec<Choice>,
    visited: Visited,
    counts: Vec<u16>,
    /// What was spent on the present slice.
    cost: u64,
    has_begun: bool,
}

impl<'a> Depth<'a> {
    /// A search that has tried nothing.
    pub(super) fn new(model: &'a Model) -> Depth<'a> {
        let optional = Optional::new(model);
        let width = if optional.is_compared { optional.groups.len() } else { 0 };
        Depth {
            model,
            pending: Pending::new(model),
            optional,
            state: model.initial,
            is_owed: false,
            now: u32::MAX,
            taken: Vec::new(),
            key: 0,
            frames: Vec::new(),
            choices: Vec::new(),
            visited: Visited::new(width),
            counts: vec![0; width],
            cost: 0,
            has_begun: false,
        }
    }

    /// Bytes that it takes, or will take when the next configuration is kept.
    pub(super) fn bytes(&self) -> u64 {
        let frames = self.frames.capacity() * size_of::<Frame>();
        let rest = self.choices.capacity() * size_of::<Choice>() + self.taken.capacity() * 4;
        let list = self.model.moments.len() * 8;
        self.visited.bytes() + (frames + rest + list) as u64
    }

    /// Goes on until the bounds are reached. `None` if it can go on from there.
    pub(super) fn run(&mut self, bounds: Bounds, watch: &mut Watch<'_>) -> Option<Answer> {
        self.cost = 0;
        let mut told = 0;
        if !self.has_begun {
            self.has_begun = true;
            let before = self.before(None);
            if let Some(answer) = self.arrive(before) {
                return Some(answer);
            }
        }
        let all = self.model.moments.len() as u64;
        while let Some(frame) = self.frames.last_mut() {
            if frame.next == self.choices.len() {
                let frame = self.frames.pop().expect("it is the last one");
                self.choices.truncate(frame.choices);
                self.back_to(frame.before);
                continue;
            }
            let choice = self.choices[frame.next];
            frame.next += 1;
            let before = self.choose(choice);
            if let Some(answer) = self.arrive(before) {
                return Some(answer);
            }
            if self.cost - told > TELL_EVERY {
                told = self.cost;
                if !watch(u64::from(self.now.min(all as u32)), all) {
                    return Some(Answer::Stopped);
                }
            }
            if self.cost >= bounds.cost {
                return None;
            }
            if self.bytes() > bounds.bytes {
                return Some(Answer::Full);
            }
        }
        Some(Answer::No)
    }

    /// What was spent since [`Depth::run`] began.
    pub(super) fn cost(&self) -> u64 {
        self.cost
    }

    fn before(&self, group: Option<u32>) -> Before {
        let Depth { state, is_owed, now, key, .. } = *self;
        Before { taken: self.taken.len(), state, is_owed, now, key, group }
    }

    /// Lets an operation take effect.
    fn choose(&mut self, choice: Choice) -> Before {
        match choice {
            Choice::Required(step) => {
                let before = self.before(None);
                let effect = self.model.steps[step as usize].effect;
                self.take(step);
                self.state = self.apply(effect).expect("only what can take effect is a choice");
                self.is_owed = false;
                before
            }
            Choice::Optional(group) => {
                let before = self.before(Some(group));
                let effect = self.optional.groups[group as usize].effect;
                self.optional.take(group);
                self.state = self.apply(effect).expect("only what can take effect is a choice");
                self.is_owed = true;
                before
            }
        }
    }

    /// Undoes a choice and what followed from it.
    fn back_to(&mut self, before: Before) {
        while self.taken.len() > before.taken {
            let step = self.taken.pop().expect("there are more than before");
            let Step { call, deadline, .. } = self.model.steps[step as usize];
            self.pending.put_back(call, deadline);
        }
        if let Some(group) = before.group {
            self.optional.put_back(group);
        }
        Before { state: self.state, is_owed: self.is_owed, now: self.now, key: self.key, .. } =
            before;
    }

    fn take(&mut self, step: u32) {
        let Step { call, deadline, .. } = self.model.steps[step as usize];
        self.pending.take(call, deadline);
        self.taken.push(step);
        self.key ^= mix(u64::from(step));
    }

    /// A configuration was reached. It becomes a frame, or is left at once if it is needless.
    fn arrive(&mut self, before: Before) -> Option<Answer> {
        self.settle();
        if self.pending.is_empty() {
            return Some(Answer::Yes);
        }
        self.state = self.canonical(self.state);
        self.cost += CONFIGURATION_COST;
        if self.is_new() {
            let choices = self.choices.len();
            self.offer();
            self.frames.push(Frame { before, choices, next: choices });
        } else {
            self.back_to(before);
        }
        None
    }

    /// Lets everything take effect that changes nothing, and finds the first return that is left.
    fn settle(&mut self) {
        let mut last = None;
        while let Some(place) = self.pending.after(last) {
            let moment = self.model.moments[place as usize];
            if moment.returns {
                self.now = place;
                return;
            }
            self.cost += 1;
            let is_right = match self.model.steps[moment.step as usize].effect {
                Effect::Read(seen) => seen == self.state,
                Effect::Differ(other) => other != self.state,
                _ => false,
            };
            if is_right {
                self.take(moment.step);
                self.is_owed = false;
            } else {
                last = Some(place);
            }
        }
    }

    /// Whether nothing was tried that could do as much as the present configuration.
    fn is_new(&mut self) -> bool {
        let mut key =
            self.key ^ mix(u64::from(self.state) << 1 | u64::from(self.is_owed) | 1 << 62);
        for group in 0..self.optional.groups.len() as u32 {
            let used = self.optional.used(group);
            if self.optional.is_compared {
                let effect = self.optional.groups[group as usize].effect;
                // What is of no use any more need not be saved.
                self.counts[group as usize] = if self.is_dead(effect) { 0 } else { used as u16 };
            } else {
                key ^= mix(u64::from(group) << 32 | u64::from(used) | 1 << 63);
            }
        }
        self.visited.insert(key, &self.counts)
    }

    /// Finds what can take effect next: what returns first comes first, what need not happen last.
    fn offer(&mut self) {
        let start = self.choices.len();
        let mut effects: Vec<(Effect, u32, Choice)> = Vec::new();
        let mut last = None;
        while let Some(place) = self.pending.after(last).filter(|&place| place != self.now) {
            last = Some(place);
            let Step { effect, deadline, .. } = self.step_at(place);
            let is_useless = effect.is_pure() || self.is_owed && matches!(effect, Effect::Write(_));
            if is_useless || self.apply(effect).is_none() {
                continue;
            }
            let effect = self.canonical_effect(effect);
            let choice = Choice::Required(self.model.moments[place as usize].step);
            match effects.iter_mut().find(|(same, ..)| *same == effect) {
                Some(known) if known.1 <= deadline => {}
                Some(known) => *known = (effect, deadline, choice),
                None => effects.push((effect, deadline, choice)),
            }
        }
        effects.sort_by_key(|(_, deadline, _)| *deadline);
        for number in 0..self.optional.groups.len() as u32 {
            let group = &self.optional.groups[number as usize];
            let effect = self.canonical_effect(group.effect);
            if group.is_available(self.now)
                && self.is_of_use(group.effect)
                && effects.iter().all(|(same, ..)| *same != effect)
            {
                effects.push((effect, u32::MAX, Choice::Optional(number)));
            }
        }
        self.cost += effects.len() as u64;
        self.choices.truncate(start);
        self.choices.extend(effects.into_iter().map(|(_, _, choice)| choice));
    }

    fn step_at(&self, place: u32) -> Step {
        self.model.steps[self.model.moments[place as usize].step as usize]
    }

    /// Whether an operation of unknown outcome makes a difference now: the key then holds something
    /// else, and what comes next can see it.
    fn is_of_use(&self, effect: Effect) -> bool {
        if self.is_owed && matches!(effect, Effect::Write(_)) || self.is_dead(effect) {
            return false;
        }
        self.apply(effect).is_some_and(|state| state != self.state && self.is_seen(state))
    }

    /// Whether something that can take effect next depends on the state.
    fn is_seen(&self, state: State) -> bool {
        let sees = |effect: Effect| match effect {
            Effect::Read(seen) | Effect::Swap(seen, _) => seen == state,
            Effect::Differ(other) => other != state,
            Effect::Append(_) => true,
            Effect::Write(_) => false,
        };
        let mut last = None;
        while let Some(place) = self.pending.after(last).filter(|&place| place != self.now) {
            last = Some(place);
            if sees(self.step_at(place).effect) {
                return true;
            }
        }
        let mut groups = self.optional.groups.iter();
        groups.any(|group| sees(group.effect) && group.is_available(self.now))
    }

    /// Whether nobody can notice any more that such an operation took effect.
    fn is_dead(&self, effect: Effect) -> bool {
        let is_junk = match effect {
            Effect::Swap(from, _) if self.canonical(from) == JUNK => return true,
            Effect::Write(to) | Effect::Swap(_, to) => self.canonical(to) == JUNK,
            Effect::Append(suffix) => self.model.suffix_needed[suffix as usize] < self.now,
            Effect::Read(_) | Effect::Differ(_) => true,
        };
        is_junk && self.model.differ_until.is_none_or(|until| until < self.now)
    }

    /// A state, as far as it still matters.
    fn canonical(&self, state: State) -> State {
        if self.model.needed[state as usize] < self.now { JUNK } else { state }
    }

    /// Operations of one canonical effect are interchangeable from now on.
    fn canonical_effect(&self, effect: Effect) -> Effect {
        match effect {
            Effect::Write(to) => Effect::Write(self.canonical(to)),
            Effect::Swap(from, to) => Effect::Swap(from, self.canonical(to)),
            other => other,
        }
    }

    /// What the key holds after an operation; `None` if it cannot take effect.
    fn apply(&self, effect: Effect) -> Option<State> {
        let state = self.model.apply(effect, self.state)?;
        Some(self.canonical(state))
    }
}

/// A 128-bit key of a number: two rounds of a bijection of 64 bits (*Steele et al. 2014*).
fn mix(number: u64) -> u128 {
    let round = |number: u64| {
        let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    };
    let low = round(number);
    u128::from(round(low ^ 0x5851_f42d_4c95_7f2d)) << 64 | u128::from(low)
}
