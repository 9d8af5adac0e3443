//! The operations on one key, reduced to what an order of them can depend on.
//!
//! * Values become numbers. A value that no answer can tell from others becomes [`JUNK`].
//! * An answer that fixes what was there is a [`Effect::Read`], one that excludes a value is a
//!   [`Effect::Differ`]; both leave the key as it is.
//! * Operations that did not happen are left out; so are unknown ones that nobody can notice.
//! * Appending is a relation between the values that matter, found backwards from what was seen.

use system::{Op, Output};
use trace::{Operation, Outcome};

use super::appends::{Edge, settle_appends, trace_appends};
use super::intern::Interner;

/// A value of the key, as a number.
pub(super) type State = u32;

/// Every value that nobody ever sees or expects again.
pub(super) const JUNK: State = 0;

/// What an operation does, and what it demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// Changes nothing; the key must hold this.
    Read(State),
    /// Changes nothing; the key must not hold this.
    Differ(State),
    /// The key holds this afterwards.
    Write(State),
    /// The key must hold the first, and holds the second afterwards.
    Swap(State, State),
    /// Appends the suffix of this number.
    Append(u32),
}

impl Effect {
    /// Whether it changes nothing.
    pub(super) fn is_pure(self) -> bool {
        matches!(self, Effect::Read(_) | Effect::Differ(_))
    }
}

/// An operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What it does.
    pub(super) effect: Effect,
    /// The place of its invocation among the moments.
    pub(super) call: u32,
    /// The place of its return among the moments; `u32::MAX` if it need not happen at all.
    pub(super) deadline: u32,
    /// Whether it need not happen, and nobody could tell if it did.
    pub(super) unnoticed: bool,
}

/// A moment in which an operation is invoked or returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The operation: a place in [`Model::steps`].
    pub(super) step: u32,
    /// Whether it returns.
    pub(super) returns: bool,
}

/// Everything about one key.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// The operations.
    pub(super) steps: Vec<Step>,
    /// Invocations and returns, in order.
    pub(super) moments: Vec<Moment>,
    /// What the key holds at first.
    pub(super) initial: State,
    /// For each state, the last moment in which it matters whether the key holds it.
    pub(super) needed: Vec<u32>,
    /// For each state, what appending makes of it: suffix and result.
    pub(super) appended: Vec<Vec<(u32, State)>>,
    /// For each state, the suffixes whose appending can produce it.
    pub(super) made_by: Vec<Vec<u32>>,
    /// For each suffix, the last moment in which it matters whether it was appended to what.
    pub(super) suffix_needed: Vec<u32>,
    /// The last moment in which an answer can depend on a value's absence.
    pub(super) differ_until: Option<u32>,
    /// For each state, the last moment in which somebody is invoked who may need it to have been
    /// held until then, or what is made of it without a write in between.
    pub(super) held_until: Vec<u32>,
    /// For each state, the last moment in which somebody is invoked who needs its absence.
    pub(super) absent_at: Vec<u32>,
    /// For each moment, the first return of a write that is invoked behind it.
    pub(super) overwritten: Vec<u32>,
}

/// `None` is the absent key.
type Seen<'a> = Option<&'a [u8]>;

/// The space of values, and that of suffixes.
const VALUES: u32 = 0;

/// The values that answers can tell from others, and what is appended.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    pub(super) states: Interner<'a>,
    pub(super) suffixes: Interner<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn add(&mut self, value: Seen<'a>) -> State {
        self.states.add(VALUES, value) + 1
    }

    fn state(&self, value: Seen<'_>) -> State {
        self.states.find(VALUES, value).map_or(JUNK, |number| number + 1)
    }

    fn suffix(&self, value: &[u8]) -> u32 {
        self.suffixes.find(VALUES, Some(value)).expect("every suffix is known")
    }
}

/// What an operation comes to within a horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// It says nothing and need not have happened.
    Open,
    /// It happened; for a cas: it swapped.
    Done,
    /// A cas that found another value.
    Differed,
}

fn answer(operation: &Operation, horizon: u64) -> Option<Answer> {
    match &operation.outcome {
        Outcome::Failed(_) => None,
        Outcome::Unknown(_) => Some(Answer::Open),
        Outcome::Ok { .. } if operation.returned_seq > horizon => Some(Answer::Open),
        Outcome::Ok { output: Output::Swapped(false), .. } => Some(Answer::Differed),
        Outcome::Ok { .. } => Some(Answer::Done),
    }
}

/// What a completed read saw.
pub(super) fn seen_by(operation: &Operation) -> Option<Seen<'_>> {
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, Outcome::Ok { output: Output::Value(value), .. }) => {
            Some(value.as_deref())
        }
        _ => None,
    }
}

impl Model {
    /// Reduces operations on one key, in the order of their invocations. The key holds `initial`
    /// at first. What returned after `horizon` is taken as still open.
    pub(super) fn new(initial: Seen<'_>, operations: &[&Operation], horizon: u64) -> Model {
        let known: Vec<(&Operation, Answer)> = operations
            .iter()
            .filter(|operation| operation.invoked_seq <= horizon)
            .filter_map(|operation| Some((*operation, answer(operation, horizon)?)))
            .collect();
        let mut values = Values::default();
        for &(operation, answer) in &known {
            match &operation.op {
                Op::Get { .. } if answer == Answer::Done => {
                    if let Some(value) = seen_by(operation) {
                        values.add(value);
                    }
                }
                Op::Cas { expect, .. } => {
                    values.add(expect.as_deref());
                }
                Op::Append { value, .. } => {
                    values.suffixes.add(VALUES, Some(value));
                }
                _ => {}
            }
        }
        let mut edges = trace_appends(&mut values);
        let mut model = Model { initial: values.state(initial), ..Model::default() };
        model.build_steps(&known, &values);
        let (states, suffixes) = (values.states.len() + 1, values.suffixes.len());
        settle_appends(&mut model, &mut edges, states, suffixes);
        model.suffix_needed = vec![0; suffixes];
        model.build_needs(states, &edges);
        model.build_held(&edges);
        model.mark_unnoticed();
        model
    }

    /// What the key holds after an operation; `None` if it cannot take effect.
    pub(super) fn apply(&self, effect: Effect, state: State) -> Option<State> {
        match effect {
            Effect::Read(seen) => (seen == state).then_some(state),
            Effect::Differ(other) => (other != state).then_some(state),
            Effect::Write(to) => Some(to),
            Effect::Swap(from, to) => (from == state).then_some(to),
            Effect::Append(suffix) => {
                let results = &self.appended[state as usize];
                Some(results.iter().find(|(by, _)| *by == suffix).map_or(JUNK, |(_, to)| *to))
            }
        }
    }

    fn build_steps(&mut self, known: &[(&Operation, Answer)], values: &Values<'_>) {
        let mut order: Vec<(u64, Moment)> = Vec::with_capacity(known.len() * 2);
        for &(operation, answer) in known {
            let Some(effect) = effect(operation, answer, values) else { continue };
            let step = self.steps.len() as u32;
            order.push((operation.invoked_seq, Moment { step, returns: false }));
            if answer != Answer::Open {
                order.push((operation.returned_seq, Moment { step, returns: true }));
            }
            self.steps.push(Step { effect, call: 0, deadline: u32::MAX, unnoticed: false });
        }
        order.sort_by_key(|(seq, moment)| (*seq, moment.returns));
        self.moments = order.into_iter().map(|(_, moment)| moment).collect();
        for (place, moment) in self.moments.iter().enumerate() {
            let step = &mut self.steps[moment.step as usize];
            *if moment.returns { &mut step.deadline } else { &mut step.call } = place as u32;
        }
    }

    fn build_needs(&mut self, states: usize, edges: &[Edge]) {
        self.needed = vec![0; states];
        self.appended = vec![Vec::new(); states];
        self.made_by = vec![Vec::new(); states];
        for &(from, suffix, to) in edges {
            self.appended[from as usize].push((suffix, to));
            self.made_by[to as usize].push(suffix);
        }
        for step in &self.steps {
            let (state, until) = match step.effect {
                Effect::Read(state) => (state, step.deadline),
                Effect::Differ(state) => {
                    self.differ_until = self.differ_until.max(Some(step.deadline));
                    (state, step.deadline)
                }
                Effect::Swap(state, _) if step.deadline != u32::MAX => (state, step.deadline),
                _ => continue,
            };
            self.needed[state as usize] = self.needed[state as usize].max(until);
        }
        self.spread_needs(edges);
    }

    /// A value is needed for as long as one that an append or an open swap makes of it.
    fn spread_needs(&mut self, edges: &[Edge]) {
        let open_swaps: Vec<(State, State)> = self
            .steps
            .iter()
            .filter(|step| step.deadline == u32::MAX)
            .filter_map(|step| match step.effect {
                Effect::Swap(from, to) => Some((from, to)),
                _ => None,
            })
            .collect();
        let mut spread = true;
        while spread {
            spread = false;
            let appends = edges.iter().map(|&(from, _, to)| (from, to));
            for (from, to) in appends.chain(open_swaps.iter().copied()) {
                let until = self.needed[to as usize];
                if to != JUNK && self.needed[from as usize] < until {
                    self.needed[from as usize] = until;
                    spread = true;
                }
            }
        }
        for &(_, suffix, to) in edges {
            let until = &mut self.suffix_needed[suffix as usize];
            *until = (*until).max(self.needed[to as usize]);
        }
    }

    /// Finds how long a state may have to be held, and when another write must have come.
    fn build_held(&mut self, edges: &[Edge]) {
        let states = self.needed.len();
        self.held_until = vec![0; states];
        self.absent_at = vec![0; states];
        self.overwritten = vec![u32::MAX; self.moments.len()];
        let mut made_of: Vec<Vec<State>> = vec![Vec::new(); states];
        let mut appended_at = vec![0; self.suffix_needed.len()];
        for step in &self.steps {
            let held = &mut self.held_until;
            let mut hold = |state: State| {
                held[state as usize] = held[state as usize].max(step.call);
            };
            match step.effect {
                Effect::Read(state) => hold(state),
                Effect::Swap(from, to) => {
                    hold(from);
                    made_of[to as usize].push(from);
                }
                Effect::Append(suffix) => appended_at[suffix as usize] = step.call,
                Effect::Differ(state) => {
                    let at = &mut self.absent_at[state as usize];
                    *at = (*at).max(step.call);
                }
                Effect::Write(_) => {}
            }
        }
        for &(from, suffix, to) in edges {
            let held = &mut self.held_until[from as usize];
            *held = (*held).max(appended_at[suffix as usize]);
            made_of[to as usize].push(from);
        }
        self.spread_held(&made_of);
        let mut first = u32::MAX;
        for place in (0..self.moments.len()).rev() {
            self.overwritten[place] = first;
            let moment = self.moments[place];
            let step = self.steps[moment.step as usize];
            if !moment.returns && matches!(step.effect, Effect::Write(_)) {
                first = first.min(step.deadline);
            }
        }
    }

    /// A state is held for as long as one that a swap or an append makes of it.
    fn spread_held(&mut self, made_of: &[Vec<State>]) {
        let mut order: Vec<State> = (0..self.held_until.len() as State).collect();
        order.sort_by_key(|&state| std::cmp::Reverse(self.held_until[state as usize]));
        let mut visited = vec![false; order.len()];
        let mut work = Vec::new();
        for state in order {
            let until = self.held_until[state as usize];
            work.push(state);
            while let Some(state) = work.pop() {
                if state == JUNK || std::mem::replace(&mut visited[state as usize], true) {
                    continue;
                }
                self.held_until[state as usize] = until;
                work.extend(&made_of[state as usize]);
            }
        }
    }

    /// Marks what need not happen and that nobody can notice.
    fn mark_unnoticed(&mut self) {
        if self.differ_until.is_some() {
            return;
        }
        for step in &mut self.steps {
            step.unnoticed = step.deadline == u32::MAX
                && match step.effect {
                    Effect::Read(_) | Effect::Differ(_) => true,
                    Effect::Write(to) | Effect::Swap(_, to) => to == JUNK,
                    Effect::Append(suffix) => self.suffix_needed[suffix as usize] == 0,
                };
        }
    }
}

fn effect(operation: &Operation, answer: Answer, values: &Values<'_>) -> Option<Effect> {
    Some(match &operation.op {
        Op::Get { .. } if answer == Answer::Done => Effect::Read(values.state(seen_by(operation)?)),
        Op::Get { .. } => return None,
        Op::Put { value, .. } => Effect::Write(values.state(Some(value))),
        Op::Delete { .. } => Effect::Write(values.state(None)),
        Op::Append { value, .. } => Effect::Append(values.suffix(value)),
        Op::Cas { expect, value, .. } => {
            let from = values.state(expect.as_deref());
            match answer {
                Answer::Differed => Effect::Differ(from),
                _ if expect.as_ref() == Some(value) => match answer {
                    Answer::Done => Effect::Read(from),
                    _ => return None,
                },
                _ => Effect::Swap(from, values.state(Some(value))),
            }
        }
    })
}
