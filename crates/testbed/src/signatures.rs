//! Every signature that a run can fail with, each with its meaning.

use checker::linearizability::Kind;

/// The signatures of the check `liveness`; `World::not_live` takes no other.
pub(crate) const LIVENESS: &[(&str, &str)] = &[
    ("liveness/no-progress", "a majority could decide for long, and no client got an answer"),
    ("liveness/no-read", "reads made no progress, or a key could not be read at the end"),
    ("liveness/no-write", "operations that change something made no progress"),
    ("liveness/no-member-change", "a change of members was asked for long, and was not made"),
    ("liveness/no-transfer", "leadership was to be handed over for long, and was not"),
    ("liveness/no-leader", "after healing, no node became leader in time"),
    ("liveness/no-commit", "after healing, operations or entries stayed uncommitted"),
    ("liveness/not-converged", "after healing, a node stayed down or did not catch up"),
    ("liveness/no-answer", "a node never answered a request that it had taken"),
    ("liveness/backlog", "a leader took more proposals than its bound, and committed none"),
    ("liveness/livelock", "one moment had no end: every step led to another one at once"),
];

/// All signatures of a run: those of the [`checker`], and those of this crate.
pub fn signatures() -> impl Iterator<Item = (String, &'static str)> {
    let listed = checker::SIGNATURES.iter().chain(LIVENESS);
    let listed = listed.map(|(signature, about)| ((*signature).to_owned(), *about));
    let anomalies = Kind::ALL.into_iter();
    let anomalies = anomalies.map(|kind| (format!("linearizable/{}", kind.name()), kind.about()));
    anomalies.chain(listed)
}
