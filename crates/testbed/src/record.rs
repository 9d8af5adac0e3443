//! The one place where events are made. Everyone who wants to know is told here.

use checker::linearizability::is_broken;
use checker::{Exercised, Founding, Judge, Situations};
use system::Nanos;
use trace::{Event, HistoryBuilder, Kind, OpId, RunHash};

use crate::counters::Counters;
use crate::nemesis::missed::Misses;
use crate::watch::Watch;

/// Gives events their number, and hands each to all who listen.
pub(crate) struct Recorder<'a> {
    seq: u64,
    now: Nanos,
    hash: RunHash,
    pub(crate) judge: Judge,
    pub(crate) situations: Situations,
    pub(crate) exercised: Exercised,
    pub(crate) history: HistoryBuilder,
    pub(crate) counters: Counters,
    pub(crate) watch: Watch,
    pub(crate) misses: Misses,
    /// The operation that a client had an answer to last, until it is looked at.
    answered: Option<OpId>,
    observer: &'a mut dyn FnMut(&Event),
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        founding: Founding,
        watch: Watch,
        observer: &'a mut dyn FnMut(&Event),
    ) -> Self {
        Recorder {
            seq: 0,
            now: 0,
            hash: RunHash::new(),
            judge: Judge::new(founding),
            situations: Situations::new(founding),
            exercised: Exercised::default(),
            history: HistoryBuilder::default(),
            counters: Counters::default(),
            watch,
            misses: Misses::default(),
            answered: None,
            observer,
        }
    }

    /// Sets the time of the events to come.
    pub(crate) fn set_now(&mut self, now: Nanos) {
        self.now = now;
    }

    /// Records what happened and returns its number, to be given as the cause of what follows.
    pub(crate) fn record(&mut self, cause: u64, kind: Kind) -> u64 {
        let event = Event { seq: self.seq, at: self.now, cause, kind };
        self.seq += 1;
        self.hash.event(&event);
        self.counters.observe(&event);
        self.watch.observe(&event);
        self.misses.observe(&event);
        self.judge.observe(&event);
        self.situations.observe(&event);
        self.exercised.observe(&event);
        if matches!(event.kind, Kind::Invoke { .. } | Kind::Return { .. }) {
            self.history.observe(&event);
        }
        if let Kind::Return { id, .. } = &event.kind {
            self.answered = Some(*id);
        }
        (self.observer)(&event);
        event.seq
    }

    /// Whether a promise is broken already: an invariant, or the last answer to a client, which is
    /// looked at once.
    pub(crate) fn is_broken(&mut self, check_max: u64) -> bool {
        if !self.judge.violations().is_empty() {
            return true;
        }
        let Some(operation) = self.answered.take().and_then(|id| self.history.find(id)) else {
            return false;
        };
        let operations: Vec<_> = self.history.on_key(operation.op.key()).collect();
        is_broken(&operations, check_max)
    }

    /// How many events there are.
    pub(crate) fn events(&self) -> u64 {
        self.seq
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.value()
    }
}
