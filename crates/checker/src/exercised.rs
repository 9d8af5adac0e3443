//! Which checks had something to judge?
//!
//! A check that is never fed finds nothing, and that proves nothing: a system without a log passes
//! every check of logs. So each check names what it must have seen, and a run counts what it saw.
//!
//! This is about what a check looks at, not about how hard it was tried: for that there are
//! [`crate::Situations`].

use system::{Note, ReadPath, Role};
use trace::{Event, History, Kind, Outcome};

/// Something that checks look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Seen {
    /// A node starts.
    Start = 1,
    /// A node starts again.
    Restart = 1 << 1,
    /// A node becomes leader.
    Leader = 1 << 2,
    /// A node tells its term: with a role, a vote, or what it made durable.
    Term = 1 << 3,
    /// A node grants a vote.
    Vote = 1 << 4,
    /// An entry is appended.
    Append = 1 << 5,
    /// An entry is called committed.
    Commit = 1 << 6,
    /// An entry is applied.
    Apply = 1 << 7,
    /// A snapshot is taken or installed.
    Snapshot = 1 << 8,
    /// A change of members comes into force.
    Change = 1 << 9,
    /// A node answers a read.
    Read = 1 << 10,
    /// A leader answers a read by its lease.
    LeaseRead = 1 << 11,
    /// A client tries an operation again.
    Retry = 1 << 12,
    /// An operation of a client that is no read succeeds.
    Write = 1 << 14,
    /// A change or transfer is called done.
    AdminDone = 1 << 15,
    /// All is healed, and clients read every key.
    End = 1 << 16,
}

use Seen::{
    AdminDone, Append, Apply, Change, Commit, End, Leader, LeaseRead, Read, Restart, Retry,
    Snapshot, Start, Term, Vote, Write,
};

/// What each of [`crate::CHECKS`] must have seen, in their order.
const NEEDS: &[(&str, &[Seen])] = &[
    ("linearizable", &[Write]),
    ("election-safety", &[Leader]),
    ("leader-append-only", &[Leader, Append]),
    ("log-matching", &[Append]),
    ("leader-completeness", &[Leader, Commit]),
    ("state-machine-safety", &[Apply]),
    ("apply-order", &[Apply]),
    ("snapshot-prefix", &[Snapshot]),
    ("commit-quorum", &[Commit]),
    ("commit-monotonic", &[Commit]),
    ("term-monotonic", &[Term]),
    ("config-safety", &[Change]),
    ("vote-kept", &[Vote]),
    ("log-kept", &[Append, Restart]),
    ("read-freshness", &[Read]),
    ("lease", &[LeaseRead]),
    ("exactly-once", &[Retry, Write]),
    ("admin-answers", &[AdminDone]),
    ("durability", &[Write, End]),
    ("convergence", &[Apply, End]),
    ("sut", &[Start]),
];

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exercised {
    seen: u32,
    /// Nodes that have started.
    started: u64,
}

impl Exercised {
    /// Takes in one event.
    #[inline]
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Note { note, .. } => self.note(note),
            Kind::Start { node, .. } => {
                let bit = 1 << (node % 64);
                let again = self.started & bit != 0;
                self.started |= bit;
                self.saw(if again { Restart } else { Start });
            }
            Kind::Attempt { id, attempt, .. } if id.client > 0 && *attempt > 1 => self.saw(Retry),
            Kind::AdminReturn { error: None, .. } => self.saw(AdminDone),
            Kind::Phase { name: "final-reads" } => self.saw(End),
            _ => {}
        }
    }

    /// Takes in what the clients saw, at the end.
    pub fn close(&mut self, history: &History) {
        let mut done = history
            .operations
            .iter()
            .filter(|operation| matches!(operation.outcome, Outcome::Ok { .. }));
        if done.any(|operation| !operation.op.is_read()) {
            self.saw(Write);
        }
    }

    fn note(&mut self, note: &Note) {
        match note {
            Note::Role { role, .. } => {
                self.saw(Term);
                if *role == Role::Leader {
                    self.saw(Leader);
                }
            }
            Note::Vote { .. } => {
                self.saw(Term);
                self.saw(Vote);
            }
            Note::Persisted { .. } => self.saw(Term),
            Note::Append { .. } => self.saw(Append),
            Note::Commit { .. } => self.saw(Commit),
            Note::Apply { .. } => self.saw(Apply),
            Note::SnapshotTaken { .. } | Note::SnapshotInstalled { .. } => self.saw(Snapshot),
            Note::Conf { index, .. } if *index > 0 => self.saw(Change),
            Note::Read { path, .. } => {
                self.saw(Read);
                if *path == ReadPath::Lease {
                    self.saw(LeaseRead);
                }
            }
            _ => {}
        }
    }

    fn saw(&mut self, what: Seen) {
        self.seen |= what as u32;
    }

    /// Whether a check had something to judge.
    ///
    /// # Panics
    ///
    /// If it is none of [`crate::CHECKS`].
    #[must_use]
    pub fn has_fed(&self, check: &str) -> bool {
        let needs = NEEDS.iter().find(|(name, _)| *name == check);
        let (_, needs) = needs.unwrap_or_else(|| panic!("{check} is no check"));
        needs.iter().all(|need| self.seen & *need as u32 != 0)
    }

    /// Every check, and whether it had something to judge.
    pub fn each(self) -> impl Iterator<Item = (&'static str, bool)> {
        NEEDS.iter().map(move |(check, _)| (*check, self.has_fed(check)))
    }

    /// Whether nothing was seen that could have broken a promise: nodes started, one was perhaps
    /// called leader, and reads of an empty store were answered.
    #[must_use]
    pub fn is_vacuous(&self) -> bool {
        let idle = [Start, Restart, End, Retry, Read, LeaseRead, Leader, Term];
        self.seen & !idle.iter().fold(0, |sum, seen| sum | *seen as u32) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_says_what_it_must_have_seen() {
        let names: Vec<&str> = crate::CHECKS.iter().map(|(name, _)| *name).collect();
        let told: Vec<&str> = NEEDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(told, names);
        let nothing = Exercised::default();
        assert!(nothing.is_vacuous());
        assert!(nothing.each().all(|(_, fed)| !fed));
    }

    fn event(kind: Kind) -> Event {
        Event { seq: 0, at: 0, cause: Event::NO_CAUSE, kind }
    }

    #[test]
    fn a_check_is_fed_by_all_that_it_needs() {
        let mut seen = Exercised::default();
        let start = || event(Kind::Start { node: 3, incarnation: 0 });
        seen.observe(&start());
        let fed = |seen: Exercised| -> Vec<_> {
            seen.each().filter_map(|(check, fed)| fed.then_some(check)).collect()
        };
        assert_eq!(fed(seen), ["sut"]);
        assert!(seen.is_vacuous());
        seen.observe(&start());
        assert!(!seen.has_fed("log-kept"), "nothing was in the log");
        let note = |note| event(Kind::Note { node: 3, note });
        seen.observe(&note(Note::Role { role: Role::Leader, term: 1, leader: 3 }));
        assert!(seen.has_fed("election-safety") && seen.has_fed("term-monotonic"));
        assert!(!seen.has_fed("leader-completeness"), "nothing was committed");
        assert!(seen.is_vacuous(), "a leader alone promises nothing");
        seen.observe(&note(Note::Commit { index: 1 }));
        assert!(seen.has_fed("leader-completeness") && seen.has_fed("commit-quorum"));
        assert!(!seen.is_vacuous());
    }
}
