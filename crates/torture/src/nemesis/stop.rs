//! Orderly ends: a process is asked to end (SIGTERM), and killed if it does not.

use system::{Nanos, NodeId};
use trace::FaultId;

use super::{Due, Nemesis};

/// How long a process may take to end, as in the simulator.
const PATIENCE: Nanos = 5_000_000_000;

/// How often somebody looks whether it has.
const LOOK: Nanos = 10_000_000;

/// A process that was asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopping {
    node: NodeId,
    incarnation: u64,
    fault: FaultId,
    /// How long it stays down.
    down: Nanos,
    /// When it is killed.
    until: Nanos,
}

impl Nemesis<'_> {
    /// Asks a process to end. One that was asked already is not asked again.
    pub(super) fn ask_to_end(&mut self, node: NodeId, fault: FaultId, down: Nanos) {
        let mut cluster = self.cluster();
        let process = cluster.process(node);
        if process.is_asked || !process.is_up() {
            return;
        }
        process.ask_to_end();
        let incarnation = process.incarnation;
        drop(cluster);
        let now = self.recorder.now();
        let until = now + PATIENCE;
        self.push(now + LOOK, Due::Stop(Stopping { node, incarnation, fault, down, until }));
    }

    /// Whether it has ended: then it starts again when its time has come.
    pub(super) fn look_at_stop(&mut self, stopping: Stopping) {
        let Stopping { node, incarnation, fault, down, until } = stopping;
        let mut cluster = self.cluster();
        cluster.reap();
        let process = cluster.process(node);
        let (is_up, is_same) = (process.is_up(), process.incarnation == incarnation);
        drop(cluster);
        let now = self.recorder.now();
        match (is_same, is_up) {
            // Somebody else has ended it and started it again.
            (false, _) => {}
            (true, false) => self.push(now + down, Due::Restart(node, incarnation)),
            (true, true) if now >= until => self.kill(node, fault, down),
            (true, true) => self.push(now + LOOK, Due::Stop(stopping)),
        }
    }
}
