//! What every directed link between two processes does at the moment: carry, hold, or be cut.
//!
//! The simulator's words for a network ([`trace::Fault`]) meet TCP here. A stream has no messages
//! that could be lost, doubled or overtaken one by one; what is left is that it is late, stands
//! still, is narrow, or breaks.

use std::sync::{Mutex, MutexGuard, PoisonError};

use sim::Delay;
use sim::partition::Pair;
use tokio::sync::watch;
use trace::FaultId;

/// How a link carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// How long bytes are on their way.
    pub delay: Delay,
    /// Bytes per second; `None`: no bound.
    pub bandwidth: Option<u64>,
}

/// A change of the quality of all links; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// How long bytes are on their way.
    pub delay: Option<Delay>,
    /// Bytes per second.
    pub bandwidth: Option<u64>,
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// It is broken: connections over it end, and new ones are refused.
    pub is_cut: bool,
    /// It carries nothing, and loses nothing.
    pub is_held: bool,
    /// How it carries.
    pub quality: Quality,
}

/// All links, shared by the proxies and the nemesis.
#[derive(Debug)]
pub struct Links {
    state: Mutex<State>,
    changes: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    base: Quality,
    cuts: Vec<(FaultId, Vec<Pair>)>,
    clogs: Vec<(FaultId, Vec<Pair>)>,
    layers: Vec<(FaultId, Change)>,
}

impl Links {
    /// Links that all carry, with this quality.
    #[must_use]
    pub fn new(base: Quality) -> Self {
        let (cuts, clogs, layers) = (Vec::new(), Vec::new(), Vec::new());
        let state = Mutex::new(State { base, cuts, clogs, layers });
        Links { state, changes: watch::Sender::new(()) }
    }

    /// What a link does now. Layers of quality lie one on the other; the last decides, field by
    /// field.
    #[must_use]
    pub fn gate(&self, link: Pair) -> Gate {
        let state = self.state();
        let among = |faults: &[(FaultId, Vec<Pair>)]| faults.iter().any(|(_, p)| p.contains(&link));
        let mut quality = state.base;
        for (_, change) in &state.layers {
            quality.delay = change.delay.unwrap_or(quality.delay);
            quality.bandwidth = change.bandwidth.or(quality.bandwidth);
        }
        Gate { is_cut: among(&state.cuts), is_held: among(&state.clogs), quality }
    }

    /// Cuts links until the fault ends.
    pub fn cut(&self, fault: FaultId, pairs: Vec<Pair>) {
        self.change(|state| state.cuts.push((fault, pairs)));
    }

    /// Holds what is sent over links until the fault ends.
    pub fn clog(&self, fault: FaultId, pairs: Vec<Pair>) {
        self.change(|state| state.clogs.push((fault, pairs)));
    }

    /// Gives all links another quality until the fault ends.
    pub fn set_quality(&self, fault: FaultId, change: Change) {
        self.change(|state| state.layers.push((fault, change)));
    }

    /// Ends what a fault did.
    pub fn end(&self, fault: FaultId) {
        self.change(|state| {
            state.cuts.retain(|(of, _)| *of != fault);
            state.clogs.retain(|(of, _)| *of != fault);
            state.layers.retain(|(of, _)| *of != fault);
        });
    }

    /// Ends what all faults did.
    pub fn heal(&self) {
        self.change(|state| {
            state.cuts.clear();
            state.clogs.clear();
            state.layers.clear();
        });
    }

    /// Every link that is cut or held.
    #[must_use]
    pub fn troubled(&self) -> Vec<Pair> {
        let state = self.state();
        state.cuts.iter().chain(&state.clogs).flat_map(|(_, pairs)| pairs.clone()).collect()
    }

    /// Tells of every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changes.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Quality = Quality { delay: Delay::Fixed(0), bandwidth: None };

    #[test]
    fn a_fault_ends_only_what_it_began() {
        let links = Links::new(PLAIN);
        links.cut(1, vec![(1, 2), (2, 1)]);
        links.cut(2, vec![(1, 2)]);
        links.clog(3, vec![(1, 3)]);
        let cut = |link| links.gate(link).is_cut;
        assert_eq!([cut((1, 2)), cut((2, 1)), cut((1, 3))], [true, true, false]);
        links.end(1);
        assert_eq!([cut((1, 2)), cut((2, 1))], [true, false]);
        assert!(links.gate((1, 3)).is_held && !links.gate((3, 1)).is_held);
        assert_eq!(links.troubled(), [(1, 2), (1, 3)]);
        links.heal();
        assert!(links.troubled().is_empty());
    }

    #[test]
    fn the_last_quality_decides_field_by_field() {
        let links = Links::new(PLAIN);
        links.set_quality(1, Change { delay: Some(Delay::Fixed(5)), bandwidth: Some(9) });
        links.set_quality(2, Change { delay: Some(Delay::Fixed(7)), bandwidth: None });
        let quality = links.gate((1, 2)).quality;
        assert_eq!(quality, Quality { delay: Delay::Fixed(7), bandwidth: Some(9) });
        links.end(2);
        assert_eq!(links.gate((1, 2)).quality.delay, Delay::Fixed(5));
        links.end(1);
        assert_eq!(links.gate((1, 2)).quality, PLAIN);
    }
}
