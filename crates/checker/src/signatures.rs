//! The signatures that the checks of this crate report, `check/kind`, each with its meaning.
//! Those of [`crate::linearizability`] are [`crate::linearizability::Kind`]s.
//!
//! A kind may name its place after `#`, as `sut/panic#log.rs:12` does; the list has it without.

/// Every `check/kind` of the invariants; [`crate::findings::Findings`] takes no other.
pub const SIGNATURES: &[(&str, &str)] = &[
    ("election-safety/two-leaders-one-term", "two nodes led the same term"),
    ("election-safety/led-twice", "a node led a term, restarted, and led the same term again"),
    ("leader-append-only/truncated", "a leader removed an entry from its own log"),
    (
        "log-matching/diverged",
        "two logs agree in index and term of an entry, not in what is before",
    ),
    ("log-matching/gap", "a node appended an entry that does not follow its last one"),
    ("log-matching/terms-fall", "the term of an entry is lower than that of the entry before it"),
    ("leader-completeness/missing-committed", "a new leader's log lacks a committed entry"),
    ("state-machine-safety/apply-mismatch", "two nodes applied different entries at one index"),
    ("apply-order/again", "a node applied an entry a second time"),
    ("apply-order/gap", "a node applied an entry and had left out one before it"),
    ("apply-order/uncommitted", "a node applied an entry that it did not know to be committed"),
    ("snapshot-prefix/differs", "a snapshot holds another log than the one that was committed"),
    ("snapshot-prefix/ahead", "a node took a snapshot of entries that it had not applied"),
    ("snapshot-prefix/compacted-beyond", "a node compacted entries that no snapshot of it holds"),
    ("commit-quorum/not-durable", "an entry was committed that no majority had made durable"),
    ("commit-quorum/earlier-term", "a leader counted replicas to commit an entry of another term"),
    ("commit-monotonic/went-back", "the commit index of a node fell"),
    ("commit-monotonic/beyond-log", "the commit index of a node is higher than its last entry"),
    ("commit-monotonic/truncated-committed", "a node removed an entry that it knew as committed"),
    ("term-monotonic/went-back", "the term of a node fell, perhaps over a restart"),
    ("config-safety/diverged", "two nodes hold different members as of the same index"),
    ("config-safety/out-of-order", "a node went back to an earlier configuration"),
    ("config-safety/jumped", "one change replaced more than one voter"),
    ("config-safety/joint-from-elsewhere", "a joint change began at other members than there were"),
    ("config-safety/left-to-elsewhere", "a joint change ended at other members than it began with"),
    ("config-safety/joint-from-joint", "a joint change began during another one"),
    ("config-safety/two-at-once", "a change was appended while another one was not yet committed"),
    ("config-safety/elected-without-quorum", "a node led without a majority of votes of each half"),
    ("vote-kept/changed", "a node voted for two candidates in one term"),
    ("vote-kept/forgotten", "a node restarted without the vote that it had given"),
    ("log-kept/forgotten", "a node restarted without entries that it had made durable"),
    ("log-kept/changed", "a node restarted with another entry in place of a durable one"),
    ("read-freshness/stale", "a read was served from a state older than its request"),
    ("lease/deposed", "a node of a later term led while a leader answered reads by its lease"),
    ("exactly-once/appended-twice", "one append is in the value twice"),
    ("exactly-once/seen-before", "a read saw an append that took effect at a later index"),
    ("admin-answers/not-moved", "a transfer was called done, and the leadership had not moved"),
    ("admin-answers/not-in-force", "a change was called done, and the members had not changed"),
    (
        "admin-answers/still-joint",
        "a change was called done, and the configuration was still joint",
    ),
    (
        "durability/acked-write-lost",
        "an acknowledged write is not on a majority's disks at the end",
    ),
    ("durability/acked-not-committed", "a write was acknowledged that was never committed"),
    ("durability/unreadable", "an acknowledged write cannot be read from the disks at the end"),
    ("convergence/diverged", "after healing, two replicas hold different states"),
    ("sut/panic", "the code of a node panicked; the place follows after `#`"),
    ("sut/halt", "a node ended itself, or refused to start; the reason follows after `#`"),
];

/// A signature without the place that may follow its kind.
#[must_use]
pub fn without_place(signature: &str) -> &str {
    signature.split('#').next().unwrap_or(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linearizability::Kind;

    #[test]
    fn every_check_has_a_signature_and_every_signature_a_check() {
        let kinds = Kind::ALL.map(|kind| format!("linearizable/{}", kind.name()));
        let all = SIGNATURES.iter().map(|(signature, _)| *signature);
        let all: Vec<&str> = all.chain(kinds.iter().map(String::as_str)).collect();
        for (check, _) in crate::CHECKS {
            let beginning = format!("{check}/");
            assert!(all.iter().any(|signature| signature.starts_with(&beginning)), "{check}");
        }
        for signature in &all {
            let check = signature.split('/').next().expect("a check");
            assert!(crate::CHECKS.iter().any(|(known, _)| *known == check), "{signature}");
            assert_eq!(all.iter().filter(|other| *other == signature).count(), 1, "{signature}");
        }
    }
}
