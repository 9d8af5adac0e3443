//! Requests that wait for an entry of the log to be applied.
//!
//! A proposal that this node itself put into the log lives at one index and one term. If another
//! entry is committed at that index, the proposal never will be: then it is known not to have
//! happened. The fate of one that was forwarded to a leader cannot be known like this.

use std::collections::BTreeMap;

use system::{NodeId, RequestId};

use crate::command::ProposalId;

/// How many proposals may wait on one node.
const WAITING_MAX: usize = 4_096;

/// The waiting requests of one node.
pub(crate) struct Proposals {
    origin: NodeId,
    nonce: u64,
    counter: u64,
    waiting: BTreeMap<u64, Waiting>,
}

struct Waiting {
    request: RequestId,
    /// The tick at which the wait ends.
    deadline: u64,
    /// Where the node put it itself; 0 if it was forwarded.
    index: u64,
}

impl Proposals {
    pub(crate) fn new(origin: NodeId, nonce: u64) -> Self {
        Proposals { origin, nonce, counter: 0, waiting: BTreeMap::new() }
    }

    /// A name for one more proposal.
    pub(crate) fn next_id(&mut self) -> ProposalId {
        self.counter += 1;
        ProposalId { origin: self.origin, nonce: self.nonce, counter: self.counter }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }

    /// Lets a request wait until the tick `deadline`. `index`: see the field.
    pub(crate) fn wait(&mut self, id: ProposalId, request: RequestId, index: u64, deadline: u64) {
        self.waiting.insert(id.counter, Waiting { request, deadline, index });
    }

    /// The request that waits for the proposal, if it waits here.
    pub(crate) fn take(&mut self, id: ProposalId) -> Option<RequestId> {
        if id.origin != self.origin || id.nonce != self.nonce {
            return None;
        }
        self.waiting.remove(&id.counter).map(|waiting| waiting.request)
    }

    /// Takes the requests whose entry would be at `index`, where something else was applied.
    pub(crate) fn take_overwritten(&mut self, index: u64, taken: impl FnMut(RequestId)) {
        self.take_if(|waiting| waiting.index == index, taken);
    }

    /// Takes the requests whose entry would be at or before `index`, which a snapshot replaced.
    pub(crate) fn take_covered(&mut self, index: u64, taken: impl FnMut(RequestId)) {
        self.take_if(|waiting| (1..=index).contains(&waiting.index), taken);
    }

    /// Takes the requests that have waited long enough. Deadlines rise with the counter.
    pub(crate) fn take_expired(&mut self, tick: u64, mut taken: impl FnMut(RequestId)) {
        while let Some(first) = self.waiting.first_entry() {
            if first.get().deadline > tick {
                break;
            }
            taken(first.remove().request);
        }
    }

    /// Takes all.
    pub(crate) fn take_all(&mut self, taken: impl FnMut(RequestId)) {
        self.take_if(|_| true, taken);
    }

    fn take_if(&mut self, condition: impl Fn(&Waiting) -> bool, mut taken: impl FnMut(RequestId)) {
        if !self.waiting.is_empty() {
            self.waiting.retain(|_, waiting| {
                let takes = condition(waiting);
                if takes {
                    taken(waiting.request);
                }
                !takes
            });
        }
    }
}
