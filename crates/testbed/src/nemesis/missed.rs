//! Faults of the plan that did nothing, and why.
//!
//! A scripted fault that strikes nobody makes a run say less than its scenario promises: unless its
//! entry is optional, such a run does not pass. What a seed drew may go without a victim, and is
//! counted.

use system::{Nanos, NodeId};
use trace::{CrashPoint, Event, Fault, FaultId, Kind, Plan};

use crate::plan;

/// A fault that did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedFault {
    /// Its id in the scenario.
    pub id: String,
    /// Its kind, as scenarios name it.
    pub kind: &'static str,
    /// When it was to begin.
    pub at: Nanos,
    /// Whether the scenario lets it do nothing.
    pub optional: bool,
    /// Why it did nothing, in words.
    pub why: String,
}

impl MissedFault {
    /// What did not happen, as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let MissedFault { id, kind, at, why, .. } = self;
        format!("{id} ({kind} at {}) did nothing: {why}", trace::text::time(*at))
    }
}

/// Why a fault did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The node that it names is down.
    Down(NodeId),
    /// The node that it names has ended itself for good.
    Halted(NodeId),
    /// The node that it names is no member.
    NoMember(NodeId),
    /// No node that it could mean is up.
    NobodyUp,
    /// Whom it means stops already.
    Stopping,
    /// `[budget] unavailable` does not allow it.
    Budget,
    /// `[budget] data-loss` does not allow it.
    DataLoss,
    /// No link of the shape is there.
    NoLink,
    /// No change of this kind makes sense for the members of the moment.
    NoChange,
    /// A change was asked for and never done; the last refusal, if there was one.
    NotDone(Option<&'static str>),
    /// The effect that a crash waits for did not come.
    NoEffect,
    /// No operation of the disk met it.
    NoOperation,
    /// The storm had ended.
    Over,
}

impl Why {
    fn words(self) -> String {
        match self {
            Why::Down(node) => format!("n{node} was down"),
            Why::Halted(node) => format!("n{node} had ended itself"),
            Why::NoMember(node) => format!("n{node} was no member"),
            Why::NobodyUp => "no node that it could mean was up".to_owned(),
            Why::Stopping => "whom it means was stopping already".to_owned(),
            Why::Budget => "[budget] unavailable was spent".to_owned(),
            Why::DataLoss => "[budget] data-loss was spent".to_owned(),
            Why::NoLink => "there was no such link".to_owned(),
            Why::NoChange => "no such change made sense for the members of the moment".to_owned(),
            Why::NotDone(None) => "the change was not done in time".to_owned(),
            Why::NotDone(Some(refusal)) => {
                format!("the change was not done, and the last answer was {refusal}")
            }
            Why::NoEffect => "the effect that it waits for did not come".to_owned(),
            Why::NoOperation => "no operation of the disk met it".to_owned(),
            Why::Over => "the storm had ended".to_owned(),
        }
    }
}

/// Notes which faults did nothing.
#[derive(Debug, Default)]
pub(crate) struct Misses {
    /// Faults that have begun and wait for what they strike.
    waiting: Vec<FaultId>,
    found: Vec<(FaultId, Why)>,
}

impl Misses {
    /// A fault has begun that strikes when something comes.
    pub(crate) fn wait(&mut self, fault: FaultId) {
        self.waiting.push(fault);
    }

    /// A fault did nothing.
    pub(crate) fn note(&mut self, fault: FaultId, why: Why) {
        self.found.push((fault, why));
    }

    /// Takes in one event.
    #[inline]
    pub(crate) fn observe(&mut self, event: &Event) {
        if let Kind::Crash { fault, .. } | Kind::DiskFault { fault, .. } = &event.kind
            && !self.waiting.is_empty()
        {
            self.waiting.retain(|waiting| waiting != fault);
        }
    }

    /// The storm ends: what waits has done nothing.
    pub(crate) fn storm_ends(&mut self, plan: &Plan) {
        for fault in std::mem::take(&mut self.waiting) {
            let why = match plan::fault(plan, fault).fault {
                Fault::Crash { .. } => Why::NoEffect,
                _ => Why::NoOperation,
            };
            self.found.push((fault, why));
        }
    }

    /// What did nothing, in the order of the plan.
    pub(crate) fn told(mut self, plan: &Plan) -> Vec<MissedFault> {
        self.found.sort_by_key(|(fault, _)| *fault);
        let told = |(number, why): (FaultId, Why)| {
            let fault = plan::fault(plan, number);
            MissedFault {
                id: fault.id.clone(),
                kind: fault.fault.kind(),
                at: fault.at,
                optional: fault.optional,
                why: why.words(),
            }
        };
        self.found.into_iter().map(told).collect()
    }
}

/// Whether a fault that has begun has still to meet what it strikes.
pub(crate) fn waits(fault: &Fault) -> bool {
    match fault {
        Fault::Crash { point, .. } => *point != CrashPoint::Now,
        Fault::Disk { strike, .. } => strike.what.is_lasting(),
        _ => false,
    }
}

/// Why a run in which scripted faults did nothing says less than its scenario; `None` if all that
/// had to happen did.
pub(crate) fn inconclusive(missed: &[MissedFault]) -> Option<String> {
    let mut needed = missed.iter().filter(|fault| !fault.optional);
    let first = needed.next()?.sentence();
    Some(match needed.count() {
        0 => first,
        1 => format!("{first}; and so did one other scripted fault"),
        more => format!("{first}; and so did {more} other scripted faults"),
    })
}
