//! Orderly ends: a node is asked to stop, does what it still wants to, and goes.
//!
//! The request is an input like any other (SIGTERM, behind which a server puts [`Input::Stop`]
//! into its mailbox): it waits behind the effect that is under way and behind what came before it,
//! and in a paused process until that goes on. What the node then does takes the ordinary path and
//! the ordinary time; the operating system keeps what it has written, synced or not. A node that
//! has not halted within [`PATIENCE`] is killed, as a supervisor does.
//!
//! What reaches the mailbox behind the request gets no answer from a node that has gone.

use system::{Input, Nanos, NodeId, System};
use trace::CrashHow;

use crate::slot::{Life, Stopping};
use crate::world::{Due, World};

/// How long a node may take to stop.
const PATIENCE: Nanos = 5_000_000_000;

impl<S: System> World<'_, S> {
    /// Asks a node to stop. One that was asked already is not asked again.
    pub(super) fn ask_to_stop(&mut self, id: NodeId, stopping: Stopping, cause: u64) {
        let overdue = self.now() + PATIENCE;
        let slot = self.slot(id);
        assert!(slot.is_up(), "n{id} is not up");
        if slot.stopping.is_some() {
            return;
        }
        slot.stopping = Some(stopping);
        slot.post(Input::Stop, cause);
        let incarnation = slot.incarnation;
        self.queue.push(overdue, Due::StopOverdue { node: id, incarnation });
        self.serve(id);
    }

    /// A node has stopped as it was asked to: it starts again when its time has come.
    pub(crate) fn stopped(&mut self, id: NodeId, stopping: Stopping, cause: u64) {
        let slot = self.slot(id);
        slot.life = Life::Down;
        slot.cause = cause;
        let incarnation = slot.incarnation;
        let at = self.now() + stopping.down;
        self.queue.push(at, Due::Restart { node: id, incarnation });
    }

    /// A node that was asked to stop has had its time.
    pub(crate) fn stop_overdue(&mut self, id: NodeId, incarnation: u64) {
        let slot = self.slot(id);
        if slot.incarnation != incarnation {
            return;
        }
        if let Some(Stopping { fault, down }) = slot.stopping {
            self.crash(id, CrashHow::Kill, fault, down);
        }
    }
}
