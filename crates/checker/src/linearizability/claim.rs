//! What a violation states: an answer, and the operations that contradict it.
//!
//! A sentence is printed from a claim alone, and a claim is made only if what it names cannot be
//! explained: see [`super::anomaly`] and [`super::lock`].

use system::{Op, Output};
use trace::{Operation, Outcome};

use super::origin::observed;
use super::words::{Vocabulary, id, text, time};

/// How many operations a sentence names.
const NAMED_MAX: usize = 6;

/// The anomalies, by the names that the field has for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A read saw a value that had been replaced before it was invoked.
    StaleRead,
    /// A write completed and left no trace, or two took the same value away.
    LostUpdate,
    /// An answer holds a value that nobody had written.
    ValueNeverWritten,
    /// An answer holds the value of a write that failed.
    DirtyRead,
    /// A value that was seen to be replaced is there again.
    ValueCameBack,
    /// A client saw a newer value, and then an older one.
    NonMonotonicReads,
    /// An append shows more often than it was asked for.
    DuplicateApplication,
    /// A lock was acquired while somebody held it.
    TwoHolders,
    /// A lock was released while nobody held it.
    NotHeld,
    /// No order explains the operations, and none of the other names fits.
    NotLinearizable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 10] = [
        Kind::StaleRead,
        Kind::LostUpdate,
        Kind::ValueNeverWritten,
        Kind::DirtyRead,
        Kind::ValueCameBack,
        Kind::NonMonotonicReads,
        Kind::DuplicateApplication,
        Kind::TwoHolders,
        Kind::NotHeld,
        Kind::NotLinearizable,
    ];

    /// The second half of the violation's signature.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::StaleRead => "stale-read",
            Kind::LostUpdate => "lost-update",
            Kind::ValueNeverWritten => "value-never-written",
            Kind::DirtyRead => "dirty-read",
            Kind::ValueCameBack => "value-came-back",
            Kind::NonMonotonicReads => "non-monotonic-reads",
            Kind::DuplicateApplication => "duplicate-application",
            Kind::TwoHolders => "two-holders",
            Kind::NotHeld => "not-held",
            Kind::NotLinearizable => "not-linearizable",
        }
    }

    /// What it means, in a sentence without its end.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Kind::StaleRead => "a read saw a value that had been replaced before it was invoked",
            Kind::LostUpdate => {
                "a write completed and left no trace, or two operations replaced the same value"
            }
            Kind::ValueNeverWritten => "an answer holds a value that nobody had written",
            Kind::DirtyRead => "an answer holds the value of a write that failed",
            Kind::ValueCameBack => "a value that was seen to be replaced is there again",
            Kind::NonMonotonicReads => "a client saw a newer value, and then an older one",
            Kind::DuplicateApplication => "an append shows more often than it was asked for",
            Kind::TwoHolders => "a lock was acquired while somebody held it",
            Kind::NotHeld => "a lock was released while nobody held it",
            Kind::NotLinearizable => "no order of the operations explains their answers",
        }
    }
}

/// What contradicts the last answer of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody can have made what it saw.
    NeverWritten,
    /// What it saw cannot be made without this write, which was invoked later.
    NotYetWritten(Operation),
    /// What it saw cannot be made without this write, which failed.
    Failed(Operation),
    /// What it saw holds a value more often than these appended it.
    Repeated {
        /// All who append the value and did not fail.
        appends: Vec<Operation>,
        /// How often at least the value was appended, to make what was seen.
        times: usize,
    },
    /// Both took the same value away, and nobody can have made it again in between.
    BothSwapped {
        /// The other one.
        other: Operation,
        /// Who saw the value so early that nobody can have made it later, if that matters.
        since: Option<Operation>,
    },
    /// It saw what was replaced before, and nobody can have made it again in between: nobody at
    /// all, or nobody of the part.
    Replaced {
        /// An operation that completed before, and left or saw another value.
        by: Operation,
        /// Who saw the value so early that nobody can have made it later, if that matters.
        since: Option<Operation>,
        /// [`Kind::StaleRead`], [`Kind::LostUpdate`], [`Kind::ValueCameBack`] or
        /// [`Kind::NonMonotonicReads`].
        kind: Kind,
    },
    /// Another saw another value at the same time, and nobody can have made the value of the one
    /// after the other.
    Beside {
        /// The other one.
        other: Operation,
        /// Who saw the values so early that nobody can have made them later, if that matters.
        since: Vec<Operation>,
    },
    /// It found another value than it expected, but the expected one was there: since this
    /// operation left or saw it, or from the beginning. Nobody can have changed it.
    Unchanged(Option<Operation>),
    /// It acquired a lock that somebody held.
    Held(Operation),
    /// It released a lock that nobody held: in no order of the others, or because this one had
    /// released it, and nobody can have acquired it in between.
    NotHeld(Option<Operation>),
    /// No order with these explains it.
    NoOrder(Vec<Operation>),
}

impl Claim {
    /// The name of what is claimed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Claim::NeverWritten | Claim::NotYetWritten(_) | Claim::Unchanged(None) => {
                Kind::ValueNeverWritten
            }
            Claim::Failed(_) => Kind::DirtyRead,
            Claim::Repeated { .. } => Kind::DuplicateApplication,
            Claim::BothSwapped { .. } => Kind::LostUpdate,
            Claim::Replaced { kind, .. } => *kind,
            Claim::Beside { .. } | Claim::Unchanged(Some(_)) => Kind::StaleRead,
            Claim::Held(_) => Kind::TwoHolders,
            Claim::NotHeld(_) => Kind::NotHeld,
            Claim::NoOrder(_) => Kind::NotLinearizable,
        }
    }

    /// The operations that the claim rests on, without the answer itself: those that the sentence
    /// names, and who saw a value early.
    #[must_use]
    pub fn witnesses(&self) -> Vec<&Operation> {
        match self {
            Claim::NeverWritten | Claim::Unchanged(None) | Claim::NotHeld(None) => Vec::new(),
            Claim::NotYetWritten(one)
            | Claim::Failed(one)
            | Claim::Unchanged(Some(one))
            | Claim::Held(one)
            | Claim::NotHeld(Some(one)) => vec![one],
            Claim::Repeated { appends, .. } if appends.len() > NAMED_MAX => Vec::new(),
            Claim::Repeated { appends, .. } => appends.iter().collect(),
            Claim::BothSwapped { other: one, since } | Claim::Replaced { by: one, since, .. } => {
                since.iter().chain([one]).collect()
            }
            Claim::Beside { other, since } => since.iter().chain([other]).collect(),
            Claim::NoOrder(others) if others.len() > NAMED_MAX => Vec::new(),
            Claim::NoOrder(others) => others.iter().collect(),
        }
    }

    /// The sentence about the answer of `last`, without its end.
    pub(super) fn sentence(&self, last: &Operation, words: Vocabulary) -> String {
        format!("{}{}", words.told(last), self.against(last, words))
    }

    /// What contradicts the answer, after the words for the answer itself.
    fn against(&self, last: &Operation, words: Vocabulary) -> String {
        let whose = |one: &Operation| format!("{}'s {}", id(one.id), words.asked(one));
        match self {
            Claim::NeverWritten => never_written(last),
            Claim::NotYetWritten(write) => {
                format!(", before {} was invoked at {}", whose(write), time(write.invoked_at))
            }
            Claim::Failed(write) if write.returned_seq < last.returned_seq => {
                format!(", though {} had failed", whose(write))
            }
            Claim::Failed(write) => format!(", though {} failed", whose(write)),
            Claim::Repeated { appends, times } => repeated(last, appends, *times, words),
            Claim::BothSwapped { other, .. } => format!(", as {} did", whose(other)),
            Claim::Replaced { by, kind, .. } => replaced(last, by, *kind, words),
            Claim::Beside { other, .. } => {
                format!(", but {} at {}", words.told_short(other), time(other.returned_at))
            }
            Claim::Unchanged(None) => ", but nobody wrote one".to_owned(),
            Claim::Unchanged(Some(by)) => replaced(last, by, Kind::StaleRead, words),
            Claim::Held(holder) => {
                let who = id(holder.id);
                format!(", while {who} held it since {}", time(holder.returned_at))
            }
            Claim::NotHeld(None) => ", which nobody held".to_owned(),
            Claim::NotHeld(Some(other)) => {
                let (who, at) = (id(other.id), time(other.returned_at));
                format!(", as {who} did at {at}, and nobody acquired it in between")
            }
            Claim::NoOrder(others) => match others.as_slice() {
                [] => ", which no order explains".to_owned(),
                others if others.len() <= NAMED_MAX => {
                    let others: Vec<String> = others.iter().map(whose).collect();
                    format!(", which no order with {} explains", others.join(", "))
                }
                others => format!(", which no order with {} others explains", others.len()),
            },
        }
    }
}

fn never_written(last: &Operation) -> String {
    let seen = observed(last).flatten();
    match (&last.op, seen) {
        (_, None) => format!(", but nobody deleted {}", text(last.op.key())),
        (Op::Get { .. }, _) => ", which nobody wrote".to_owned(),
        (_, Some(seen)) => format!(", but nobody wrote {}", text(seen)),
    }
}

fn repeated(last: &Operation, appends: &[Operation], times: usize, words: Vocabulary) -> String {
    let Some(first) = appends.first() else { return String::new() };
    let seen = observed(last).flatten().map_or(String::new(), text);
    let place = if last.op.is_read() { "in which".to_owned() } else { format!("but in {seen}") };
    let asked = words.asked(first);
    match appends {
        [one] => format!(", {place} {}'s {asked} shows {times} times", id(one.id)),
        many if many.len() <= NAMED_MAX => {
            let who: Vec<String> = many.iter().map(|one| id(one.id)).collect();
            let who = who.join(", ");
            format!(", {place} {asked} shows {times} times, and only {who} asked for it")
        }
        many => {
            format!(", {place} {asked} shows {times} times, and only {} asked for it", many.len())
        }
    }
}

fn replaced(last: &Operation, by: &Operation, kind: Kind, words: Vocabulary) -> String {
    let seen = words.told_short(by);
    let at = time(by.returned_at);
    let completed = matches!(by.outcome, Outcome::Ok { output: Output::Done, .. });
    match kind {
        Kind::ValueCameBack if last.op.is_read() => format!(" again, after {seen} at {at}"),
        Kind::ValueCameBack => format!(", after {seen} at {at}"),
        Kind::NonMonotonicReads => format!(", though {seen} at {at}"),
        _ if completed || super::origin::swapped_from(by).is_some() => {
            format!(", but {}'s {} had completed at {at}", id(by.id), words.asked(by))
        }
        _ => format!(", but {seen} at {at}"),
    }
}
