//! Is the run a function of its plan? Run it twice and compare.

use system::System;
use trace::{Event, Plan};

use crate::world::{Report, run_system};

/// Two runs of one plan that went different ways.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The place of the first difference in the order of events.
    pub seq: u64,
    /// What the first run recorded there; `None` if it had ended.
    pub first: Option<Event>,
    /// What the second run recorded there; `None` if it had ended.
    pub second: Option<Event>,
}

/// Runs a plan twice in this process.
///
/// # Errors
///
/// The first event in which the two runs differ: something other than the plan reached it.
pub fn twice<S: System>(plan: &Plan, config: &S::Config) -> Result<Report, Box<Divergence>> {
    let mut events = Vec::new();
    let report = run_system::<S>(plan, config, &mut |event| events.push(event.clone()));
    let mut recorded = events.into_iter();
    let mut divergence: Option<Box<Divergence>> = None;
    run_system::<S>(plan, config, &mut |event| {
        if divergence.is_some() {
            return;
        }
        let first = recorded.next();
        if first.as_ref() != Some(event) {
            let second = Some(event.clone());
            divergence = Some(Box::new(Divergence { seq: event.seq, first, second }));
        }
    });
    match (divergence, recorded.next()) {
        (Some(divergence), _) => Err(divergence),
        (None, Some(first)) => {
            Err(Box::new(Divergence { seq: first.seq, first: Some(first), second: None }))
        }
        (None, None) => Ok(report),
    }
}
