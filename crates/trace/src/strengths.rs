//! What does a seed draw before it draws faults? Names and ranges of the *knobs* of `[[swarm]]`.

use crate::scenario::{Scenario, Swarm, SwarmFault};

impl Scenario {
    /// What an entry of `[[swarm]]` is called among the knobs: its kind, with a number if it is
    /// not the first of its kind.
    ///
    /// # Panics
    ///
    /// If there is no such entry.
    #[must_use]
    pub fn knob(&self, entry: usize) -> String {
        let kind = self.swarm[entry].fault.kind();
        let earlier = &self.swarm[..entry];
        match earlier.iter().filter(|other| other.fault.kind() == kind).count() {
            0 => kind.to_owned(),
            before => format!("{kind}-{}", before + 1),
        }
    }
}

impl Swarm {
    /// The strengths of which each seed draws its own, and from which range, both ends included.
    /// Chances and rates are in parts per million, durations in nanoseconds, bandwidth in bytes
    /// per second.
    #[must_use]
    pub fn strengths(&self) -> Vec<(&'static str, (u64, u64))> {
        let wide = |(least, most): (u32, u32)| (least.into(), most.into());
        let mut all = vec![("every", self.every)];
        match &self.fault {
            SwarmFault::Links(links) => {
                let chances = [
                    ("loss", links.loss),
                    ("duplicate", links.duplicate),
                    ("reorder", links.reorder),
                    ("corrupt", links.corrupt),
                ];
                all.extend(
                    chances.iter().filter_map(|(name, range)| Some((*name, wide((*range)?)))),
                );
                all.extend(links.bandwidth.map(|range| ("bandwidth", range)));
            }
            SwarmFault::Flap { period, .. } => all.push(("period", *period)),
            SwarmFault::CrashLoop { up, .. } => all.push(("up", *up)),
            SwarmFault::Jump { by, .. } => all.push(("by", *by)),
            SwarmFault::Drift { rate, .. } => all.push(("rate", wide(*rate))),
            _ => {}
        }
        all
    }
}
