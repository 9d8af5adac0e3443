//! Linearizable reads without a log entry (*thesis §6.4*).
//!
//! A read is asked, gets an index confirmed by a round of heartbeats, and is answered when that
//! index is applied. All reads that arrive before one flush share one round. The library drops a
//! round silently when it cannot serve it, so a round is asked again, each time under a new
//! name: names are unique over nodes, restarts and retries, or a late answer to an old question
//! would pass for one to a new question.

use std::collections::VecDeque;

use system::{Key, Nanos, NodeId, ReadPath, RequestId};

/// A read that waits.
pub(crate) struct Asked {
    /// Whom to answer.
    pub(crate) request: RequestId,
    /// What is read.
    pub(crate) key: Key,
    /// The tick at which it is given up.
    pub(crate) deadline: u64,
}

/// One name under which a round was asked.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    /// Its name: counts the questions of this start of the node.
    pub(crate) number: u64,
    /// When it was asked, by the node's clock.
    pub(crate) at: Nanos,
    /// In which term.
    pub(crate) term: u64,
    /// Whether the node led then.
    pub(crate) leads: bool,
}

struct Round {
    asked: Vec<Asked>,
    questions: Vec<Question>,
    /// The tick at which it is asked again.
    retry: u64,
}

struct Confirmed {
    index: u64,
    path: ReadPath,
    asked: Vec<Asked>,
}

/// The waiting reads of one node.
pub(crate) struct Reads {
    prefix: [u8; 16],
    last_number: u64,
    fresh: Vec<Asked>,
    rounds: VecDeque<Round>,
    confirmed: VecDeque<Confirmed>,
}

impl Reads {
    pub(crate) fn new(id: NodeId, nonce: u64) -> Self {
        let mut prefix = [0; 16];
        prefix[..8].copy_from_slice(&id.to_le_bytes());
        prefix[8..].copy_from_slice(&nonce.to_le_bytes());
        Reads {
            prefix,
            last_number: 0,
            fresh: Vec::new(),
            rounds: VecDeque::new(),
            confirmed: VecDeque::new(),
        }
    }

    /// Lets a read wait for the next round.
    pub(crate) fn ask(&mut self, asked: Asked) {
        self.fresh.push(asked);
    }

    /// Whether a read waits for a round to begin.
    pub(crate) fn wants_round(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// The number of the last question.
    pub(crate) fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Begins a round for all reads that wait for one, and returns its name.
    pub(crate) fn begin(&mut self, retry: u64, at: Nanos, term: u64, leads: bool) -> Vec<u8> {
        let asked = std::mem::take(&mut self.fresh);
        let question = self.question(at, term, leads);
        self.rounds.push_back(Round { asked, questions: vec![question], retry });
        self.name(question.number)
    }

    /// Gives a round that was not answered by `tick` a further name, and returns it.
    pub(crate) fn retry(
        &mut self,
        tick: u64,
        next: u64,
        (at, term, leads): (Nanos, u64, bool),
    ) -> Option<Vec<u8>> {
        let position = self.rounds.iter().position(|round| round.retry <= tick)?;
        let question = self.question(at, term, leads);
        let round = &mut self.rounds[position];
        round.retry = next;
        round.questions.push(question);
        Some(self.name(question.number))
    }

    /// Takes the library's answer to the question called `name`.
    pub(crate) fn confirm(&mut self, name: &[u8], index: u64) -> Option<Question> {
        let number = name.strip_prefix(&self.prefix)?;
        let number = u64::from_le_bytes(number.try_into().ok()?);
        let is_it = |question: &Question| question.number == number;
        let position = self.rounds.iter().position(|round| round.questions.iter().any(is_it))?;
        let round = self.rounds.remove(position)?;
        let question = round.questions.into_iter().find(is_it)?;
        let path = if question.leads { ReadPath::ReadIndex } else { ReadPath::FollowerReadIndex };
        self.confirmed.push_back(Confirmed { index, path, asked: round.asked });
        Some(question)
    }

    /// Lets a read be answered as soon as `index` is applied.
    pub(crate) fn confirm_at_once(&mut self, asked: Asked, index: u64, path: ReadPath) {
        self.confirmed.push_back(Confirmed { index, path, asked: vec![asked] });
    }

    /// Takes reads that can be answered now that `applied` is applied.
    pub(crate) fn take_ready(&mut self, applied: u64) -> Option<(ReadPath, Vec<Asked>)> {
        if self.confirmed.front()?.index > applied {
            return None;
        }
        self.confirmed.pop_front().map(|confirmed| (confirmed.path, confirmed.asked))
    }

    /// Takes the reads that have waited until `tick` in vain; `u64::MAX` takes all.
    pub(crate) fn take_expired(&mut self, tick: u64, mut taken: impl FnMut(RequestId)) {
        let mut keep = |asked: &Asked| {
            let waits = asked.deadline > tick;
            if !waits {
                taken(asked.request);
            }
            waits
        };
        self.confirmed.iter_mut().for_each(|confirmed| confirmed.asked.retain(&mut keep));
        self.rounds.iter_mut().for_each(|round| round.asked.retain(&mut keep));
        self.fresh.retain(&mut keep);
        self.confirmed.retain(|confirmed| !confirmed.asked.is_empty());
        self.rounds.retain(|round| !round.asked.is_empty());
    }

    fn question(&mut self, at: Nanos, term: u64, leads: bool) -> Question {
        self.last_number += 1;
        Question { number: self.last_number, at, term, leads }
    }

    fn name(&self, number: u64) -> Vec<u8> {
        let mut name = Vec::with_capacity(24);
        name.extend_from_slice(&self.prefix);
        name.extend_from_slice(&number.to_le_bytes());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request: RequestId) -> Asked {
        Asked { request, key: "k".into(), deadline: 30 }
    }

    #[test]
    fn any_name_of_a_round_answers_all_its_reads_once() {
        let mut reads = Reads::new(1, 42);
        reads.ask(asked(1));
        reads.ask(asked(2));
        let first = reads.begin(3, 0, 1, true);
        assert!(reads.retry(2, 6, (0, 1, true)).is_none());
        let second = reads.retry(3, 6, (5, 1, false)).unwrap();
        assert_ne!(first, second);
        assert!(reads.confirm(&first[..20], 7).is_none());
        assert!(!reads.confirm(&second, 7).unwrap().leads);
        assert!(reads.confirm(&first, 9).is_none());
        assert!(reads.take_ready(6).is_none());
        let (path, ready) = reads.take_ready(7).unwrap();
        assert_eq!((path, ready.len()), (ReadPath::FollowerReadIndex, 2));
    }

    #[test]
    fn names_of_another_start_are_not_taken() {
        let mut reads = Reads::new(1, 42);
        reads.ask(asked(1));
        reads.begin(3, 0, 1, true);
        let mut other = Reads::new(1, 43);
        other.ask(asked(1));
        assert!(reads.confirm(&other.begin(3, 0, 1, true), 7).is_none());
        let mut expired = Vec::new();
        reads.take_expired(30, |request| expired.push(request));
        assert_eq!(expired, [1]);
    }
}
