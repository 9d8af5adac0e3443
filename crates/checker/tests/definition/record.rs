//! Histories drawn from a seed: clients that call a store which mostly works.
//!
//! Calls take effect at some time after their invocation, those of unknown outcome even after
//! their client gave up, or never. Now and then many clients call the same and do not learn the
//! outcome. In most of the histories the store is wrong a few times: it answers from an
//! old state, applies a call twice, forgets one, or reports the contrary.

use crate::object::{Answer, Call, State};

/// A source of numbers (*Marsaglia's xorshift*).
pub(crate) struct Luck(u64);

impl Luck {
    pub(crate) fn new(seed: u64) -> Luck {
        let mut luck = Luck(seed.wrapping_mul(2) + 0x1234_5678_9abc_def1);
        for _ in 0..8 {
            luck.next();
        }
        luck
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 20) as usize % end
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// How a call ended, as its client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Answered(Answer),
    /// It did not happen.
    Refused,
    /// The client gave up.
    GaveUp,
    /// It never ended.
    Open,
}

/// A call of a client, as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) process: usize,
    pub(crate) key: usize,
    pub(crate) call: Call,
    /// The place of the invocation among all lines.
    pub(crate) invoked: usize,
    /// The place of the end among all lines, if there is one.
    pub(crate) ended: usize,
    pub(crate) end: End,
}

/// What is drawn.
pub(crate) struct Wanted<'a> {
    pub(crate) keys: usize,
    pub(crate) initial: State,
    pub(crate) calls: &'a dyn Fn(&mut Luck) -> Call,
    /// How many calls, about.
    pub(crate) size: usize,
    /// Whether a store that is asked to compare and finds another value answers false; otherwise
    /// the call is refused.
    pub(crate) tells_mismatch: bool,
}

/// A call under way.
struct Pending {
    place: usize,
    /// What it will return; `None` if it did not take effect so far.
    answer: Option<Option<Answer>>,
    is_unknown: bool,
    is_ended: bool,
}

struct Stage<'a> {
    wanted: &'a Wanted<'a>,
    luck: Luck,
    states: Vec<State>,
    old: Vec<Vec<State>>,
    records: Vec<Record>,
    pending: Vec<Pending>,
    processes: usize,
    lines: usize,
    mistakes: usize,
}

/// Draws a history.
pub(crate) fn draw(wanted: &Wanted<'_>, mut luck: Luck) -> Vec<Record> {
    let mistakes = [0, 3, 6, 12][luck.below(4)];
    let states = vec![wanted.initial.clone(); wanted.keys];
    let old = states.iter().map(|state| vec![state.clone()]).collect();
    let (records, pending) = (Vec::new(), Vec::new());
    let mut stage =
        Stage { wanted, luck, states, old, records, pending, processes: 0, lines: 0, mistakes };
    let mut is_crowded = stage.luck.once_in(2);
    while stage.records.len() < wanted.size {
        let open = stage.pending.iter().filter(|pending| !pending.is_unknown).count();
        if is_crowded && stage.luck.once_in(5) {
            is_crowded = false;
            stage.crowd();
        } else if open < 3 && stage.luck.once_in(2) {
            let call = (wanted.calls)(&mut stage.luck);
            let is_unknown = stage.luck.once_in(6);
            let key = stage.luck.below(wanted.keys);
            stage.invoke(key, call, is_unknown);
        } else {
            stage.step();
        }
    }
    while stage.pending.iter().any(|pending| !pending.is_unknown) {
        stage.step();
    }
    stage.records
}

impl Stage<'_> {
    /// Five to eight clients call the same, and never learn the outcome.
    fn crowd(&mut self) {
        let changes = |call: &Call| *call != Call::Read;
        let Some(call) = (0..20).map(|_| (self.wanted.calls)(&mut self.luck)).find(changes) else {
            return;
        };
        let key = self.luck.below(self.wanted.keys);
        for _ in 0..5 + self.luck.below(4) {
            self.invoke(key, call.clone(), true);
        }
    }

    fn invoke(&mut self, key: usize, call: Call, is_unknown: bool) {
        let is_busy = |process: &usize| {
            let mut mine = self.records.iter().filter(|record| record.process == *process);
            mine.any(|record| record.ended == usize::MAX)
        };
        let process = (0..self.processes).find(|process| !is_busy(process));
        let process = process.unwrap_or(self.processes);
        self.processes = self.processes.max(process + 1);
        let place = self.records.len();
        let (invoked, ended, end) = (self.lines, usize::MAX, End::Open);
        self.lines += 1;
        self.records.push(Record { process, key, call, invoked, ended, end });
        self.pending.push(Pending { place, answer: None, is_unknown, is_ended: false });
    }

    fn errs(&mut self) -> bool {
        let errs = self.mistakes > 0 && !self.luck.once_in(3);
        self.mistakes -= usize::from(errs);
        errs
    }

    /// Lets a call under way take effect, or end.
    fn step(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let chosen = self.luck.below(self.pending.len());
        match (self.pending[chosen].answer.is_some(), self.pending[chosen].is_unknown) {
            (false, _) if !self.luck.once_in(5) || !self.pending[chosen].is_unknown => {
                let answer = self.perform(self.pending[chosen].place);
                self.pending[chosen].answer = Some(answer);
            }
            (_, true) => self.give_up(chosen),
            (_, false) => self.answer(chosen),
        }
    }

    fn give_up(&mut self, chosen: usize) {
        let pending = &mut self.pending[chosen];
        let is_over = pending.answer.is_some();
        if !pending.is_ended && self.luck.once_in(2) {
            pending.is_ended = true;
            let record = &mut self.records[pending.place];
            (record.end, record.ended) = (End::GaveUp, self.lines);
            self.lines += 1;
        }
        if is_over {
            self.pending.remove(chosen);
        }
    }

    fn answer(&mut self, chosen: usize) {
        let pending = self.pending.remove(chosen);
        let answer = pending.answer.expect("it took effect");
        let errs = self.errs();
        let record = &mut self.records[pending.place];
        record.ended = self.lines;
        self.lines += 1;
        let is_mismatch = answer == Some(Answer::Swapped(false)) && !self.wanted.tells_mismatch;
        record.end = match answer {
            _ if errs && record.call != Call::Read && self.luck.once_in(2) => End::Refused,
            None if errs && matches!(record.call, Call::Cas(..)) => {
                End::Answered(Answer::Swapped(true))
            }
            None if errs => End::Answered(Answer::Done),
            Some(Answer::Swapped(swapped)) if errs => End::Answered(Answer::Swapped(!swapped)),
            None => End::Refused,
            Some(_) if is_mismatch => End::Refused,
            Some(answer) => End::Answered(answer),
        };
        let is_mismatch = record.end == End::Answered(Answer::Swapped(false));
        if is_mismatch && !self.wanted.tells_mismatch {
            record.end = End::Refused;
        }
    }

    /// Lets a call take effect; what it returns, or `None` if it is refused.
    fn perform(&mut self, place: usize) -> Option<Answer> {
        let errs = self.errs();
        let (key, call) = (self.records[place].key, self.records[place].call.clone());
        if call == Call::Read {
            let state =
                if errs { self.luck.pick(&self.old[key]) } else { self.states[key].clone() };
            return state.perform(&call).map(|(_, answer)| answer);
        }
        if self.luck.once_in(12) {
            return None;
        }
        let times = if errs { 2 * self.luck.below(2) } else { 1 };
        let mut answer = self.states[key].perform(&call).map(|(_, answer)| answer);
        for _ in 0..times {
            match self.states[key].perform(&call) {
                Some((next, _)) => self.states[key] = next,
                None => answer = if errs { Some(Answer::Done) } else { None },
            }
        }
        self.old[key].push(self.states[key].clone());
        answer
    }
}
