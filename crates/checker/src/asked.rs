//! What the cluster had promised when a request reached a node: a read that is answered later
//! must not be older than that (*thesis §6.4*).

use system::{NodeId, Note, Role};
use trace::OpId;

use crate::findings::Said;

/// A number that somebody told first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    /// The number.
    pub(crate) value: u64,
    /// Who told it.
    pub(crate) node: NodeId,
    /// In which event.
    pub(crate) seq: u64,
}

impl Mark {
    fn raise(&mut self, value: u64, said: Said<'_>) {
        if value > self.value {
            *self = Mark { value, node: said.node, seq: said.seq };
        }
    }
}

/// The moment in which a node took a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    node: NodeId,
    /// The highest index that anyone had called committed.
    pub(crate) committed: Mark,
    /// The highest term that anyone had led.
    pub(crate) led: Mark,
}

/// The last operation of a client, and where it was asked.
#[derive(Clone, Debug, Default)]
struct Last {
    number: u64,
    /// The first time at each node: an answer may be one to the first attempt there.
    moments: Vec<Moment>,
}

/// Who waits for an answer, and since when.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    committed: Mark,
    led: Mark,
    /// By client.
    clients: Vec<Last>,
}

impl Asked {
    /// Takes in what a node says.
    pub(crate) fn observe(&mut self, said: Said<'_>) {
        match *said.note {
            Note::Commit { index } => self.committed.raise(index, said),
            Note::Role { role: Role::Leader, term, .. } => self.led.raise(term, said),
            _ => {}
        }
    }

    /// A node takes a request. One of an operation that is over is passed by.
    pub(crate) fn request(&mut self, node: NodeId, id: OpId) {
        let Ok(place) = usize::try_from(id.client) else { return };
        if self.clients.len() <= place {
            self.clients.resize(place + 1, Last::default());
        }
        let last = &mut self.clients[place];
        if id.number > last.number {
            last.number = id.number;
            last.moments.clear();
        }
        if id.number == last.number && !last.moments.iter().any(|moment| moment.node == node) {
            last.moments.push(Moment { node, committed: self.committed, led: self.led });
        }
    }

    /// When `node` took the request for an operation that its client still waits for.
    pub(crate) fn moment(&self, node: NodeId, id: OpId) -> Option<Moment> {
        let last = self.clients.get(usize::try_from(id.client).ok()?)?;
        let at = last.moments.iter().find(|moment| moment.node == node).copied();
        at.filter(|_| last.number == id.number)
    }
}
