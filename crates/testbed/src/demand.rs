//! Which kinds of operation do clients ask for, and when was each last answered?
//!
//! An answer of one kind proves nothing for another: a cluster that serves reads may be unable to
//! commit a write. So each kind has its own row.
//!
//! It errs on the side of silence. A kind is demanded only if clients asked for it all the time,
//! and often enough that each node was asked several times within the bound. What a node refuses
//! for good, because it is too large or unsupported, counts as an answer.

use std::collections::VecDeque;

use system::{ClientId, Nanos, Refusal};
use trace::{Event, Kind, OpId, Outcome};

use crate::progress::Progress;
use crate::watch::PAUSE;

/// How often each node is asked within the bound, on average, at least.
const ROUNDS: usize = 4;

/// A kind of operation that makes progress by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Operations that change nothing.
    Read,
    /// All others.
    Write,
}

impl Need {
    const ALL: [Need; 2] = [Need::Read, Need::Write];

    /// The kind of violation if it makes no progress.
    pub(crate) fn violation(self) -> &'static str {
        match self {
            Need::Read => "no-read",
            Need::Write => "no-write",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Need::Read => "read",
            Need::Write => "write",
        }
    }
}

/// What is known of one kind.
#[derive(Debug, Default)]
struct Row {
    /// The times of the newest attempts, as many as are needed for a demand.
    attempts: VecDeque<Nanos>,
    /// Since when no pause between two attempts was long.
    asking_since: Nanos,
    /// Answers.
    answered: Progress,
    /// The newest operation that ended without an answer, since the last answer, and why.
    refused: Option<(OpId, &'static str)>,
}

/// Follows what clients ask for, kind by kind.
#[derive(Debug)]
pub(crate) struct Demand {
    /// Attempts within the bound from which a demand is made.
    attempts_min: usize,
    /// What each client has asked for last; client `c` has place `c - 1`.
    open: Vec<Need>,
    rows: [Row; Need::ALL.len()],
}

impl Demand {
    /// For so many nodes and clients.
    pub(crate) fn new(nodes: u64, clients: u64) -> Self {
        Demand {
            attempts_min: ROUNDS * nodes as usize,
            open: vec![Need::Read; clients as usize],
            rows: <[Row; Need::ALL.len()]>::default(),
        }
    }

    /// Takes in one event.
    pub(crate) fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Invoke { id, op } => {
                let need = if op.is_read() { Need::Read } else { Need::Write };
                self.open[place(id.client)] = need;
            }
            Kind::Attempt { id, .. } if id.client > 0 => {
                let attempts_min = self.attempts_min;
                let row = self.row(id.client);
                let is_asking =
                    row.attempts.back().is_some_and(|&last| event.at <= last.saturating_add(PAUSE));
                if !is_asking {
                    row.asking_since = event.at;
                }
                row.attempts.push_back(event.at);
                if row.attempts.len() > attempts_min {
                    row.attempts.pop_front();
                }
            }
            Kind::Return { id, outcome, .. } => {
                let row = self.row(id.client);
                match **outcome {
                    Outcome::Failed(why) | Outcome::Unknown(why) if !is_final(why) => {
                        row.refused = Some((*id, why));
                    }
                    _ => {
                        row.answered.made(event.at);
                        row.refused = None;
                    }
                }
            }
            _ => {}
        }
    }

    /// A kind that clients asked for all the time in the bound before `now`, without an answer.
    pub(crate) fn unmet(&self, now: Nanos, bound: Nanos) -> Option<Need> {
        let has_lasted = |since: Nanos| since.saturating_add(bound) <= now;
        Need::ALL.into_iter().find(|&need| {
            let row = &self.rows[need as usize];
            let [Some(&first), Some(&last)] = [row.attempts.front(), row.attempts.back()] else {
                return false;
            };
            let is_asked = row.attempts.len() == self.attempts_min
                && !has_lasted(first)
                && now <= last.saturating_add(PAUSE)
                && has_lasted(row.asking_since);
            is_asked && has_lasted(row.answered.at)
        })
    }

    /// Somebody looks, when so many events were recorded.
    pub(crate) fn look(&mut self, now: Nanos, events: u64) {
        for row in &mut self.rows {
            row.answered.look(now, events);
        }
    }

    /// From which event on a kind was seen to have no answer.
    pub(crate) fn still(&self, need: Need) -> Option<u64> {
        self.rows[need as usize].answered.still
    }

    /// Since when a kind has had no answer, and what ended last without one, in words.
    pub(crate) fn words(&self, need: Need) -> String {
        let row = &self.rows[need as usize];
        let since = match row.answered.at {
            0 => "from the beginning".to_owned(),
            at => format!("since {}", trace::text::time(at)),
        };
        let last = row.refused.map_or(String::new(), |(id, why)| {
            format!("; c{}.{} was the last to end without an answer ({why})", id.client, id.number)
        });
        format!("no client completed a {} {since}{last}", need.name())
    }

    fn row(&mut self, client: ClientId) -> &mut Row {
        &mut self.rows[self.open[place(client)] as usize]
    }
}

/// Where a client is kept.
fn place(client: ClientId) -> usize {
    assert!(client > 0, "c0 is the nemesis, which is no client");
    client as usize - 1
}

/// Whether an operation ended like this because no cluster would take it.
pub(crate) fn is_final(why: &str) -> bool {
    [Refusal::TooLarge, Refusal::Unsupported].iter().any(|refusal| refusal.name() == why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::{Op, Output, ReadPath};

    const SECOND: Nanos = 1_000_000_000;

    fn tell(demand: &mut Demand, at: Nanos, kind: Kind) {
        demand.observe(&Event { seq: 0, at, cause: Event::NO_CAUSE, kind });
    }

    fn invoke(demand: &mut Demand, id: OpId, op: Op) {
        tell(demand, 0, Kind::Invoke { id, op: Box::new(op) });
    }

    fn end(demand: &mut Demand, at: Nanos, id: OpId, outcome: Outcome) {
        tell(demand, at, Kind::Return { id, outcome: Box::new(outcome), node: 1 });
    }

    /// One reader and one writer of three nodes, who ask every 100 ms; reads are answered.
    fn only_reads(seconds: u64, pause: Nanos) -> Demand {
        let mut demand = Demand::new(3, 2);
        let (reader, writer) = (OpId { client: 1, number: 1 }, OpId { client: 2, number: 1 });
        invoke(&mut demand, reader, Op::Get { key: "k".into() });
        invoke(&mut demand, writer, Op::Delete { key: "k".into() });
        let mut at = 0;
        while at < seconds * SECOND {
            for id in [reader, writer] {
                tell(&mut demand, at, Kind::Attempt { id, to: 1, attempt: 1 });
            }
            let output = Output::Value(None);
            end(&mut demand, at, reader, Outcome::Ok { output, path: ReadPath::Local, index: 1 });
            at += pause;
        }
        demand
    }

    #[test]
    fn a_read_is_no_answer_to_a_writer() {
        let demand = only_reads(4, SECOND / 10);
        assert_eq!(demand.unmet(4 * SECOND, 3 * SECOND), Some(Need::Write));
        assert_eq!(demand.words(Need::Write), "no client completed a write from the beginning");
    }

    #[test]
    fn what_is_asked_seldom_is_not_demanded() {
        // Eight attempts in three seconds are fewer than four for each of three nodes.
        let demand = only_reads(9, 2 * SECOND / 5);
        assert_eq!(demand.unmet(9 * SECOND, 3 * SECOND), None);
        // Nobody asks any more.
        let demand = only_reads(4, SECOND / 10);
        assert_eq!(demand.unmet(5 * SECOND, 3 * SECOND), None);
        // Nobody has asked for so long.
        assert_eq!(demand.unmet(4 * SECOND, 5 * SECOND), None);
    }

    #[test]
    fn what_no_cluster_takes_is_answered_by_a_refusal() {
        let writer = OpId { client: 2, number: 1 };
        let mut demand = only_reads(4, SECOND / 10);
        end(&mut demand, 3 * SECOND, writer, Outcome::Unknown("timeout"));
        assert_eq!(demand.unmet(4 * SECOND, 3 * SECOND), Some(Need::Write));
        let words = demand.words(Need::Write);
        assert!(words.ends_with("c2.1 was the last to end without an answer (timeout)"), "{words}");
        end(&mut demand, 3 * SECOND, writer, Outcome::Failed(Refusal::TooLarge.name()));
        assert_eq!(demand.unmet(4 * SECOND, 3 * SECOND), None);
        assert_eq!(demand.words(Need::Write), "no client completed a write since 3.000s");
    }
}
