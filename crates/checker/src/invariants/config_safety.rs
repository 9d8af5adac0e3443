//! Configuration safety: neighbouring configurations cannot decide apart, and whoever decides has
//! a majority of each half of the configuration that it is in (*Raft §6; thesis §4.1-4.3*).
//!
//! * One index makes one configuration, on every node.
//! * A step adds or removes one voter; or it enters a joint configuration, which is left to the
//!   voters that it was entered for.
//! * A leader appends a change only when the one before is committed: one at a time.
//! * Who leads was given votes by a majority of the voters and, while joint, of the voters being
//!   left. Of commits the same is asked in [`super::commit_quorum`].
//!
//! A system may use a configuration when it is appended, as the paper does, or when it is
//! applied, as the `raft` crate does; what it notes is what it uses.
//!
//! Not done here: the rule that a leader must have committed an entry of its own term before it
//! appends a change (the correction of thesis §4.1). Only systems that use a configuration
//! when it is appended need it.

use std::collections::BTreeMap;

use system::{EntryKind, NodeId, NodeSet, Note, Role};

use crate::configuration::Configuration;
use crate::findings::{Findings, Said};
use crate::replica::Replica;

const CHECK: &str = "config-safety";

/// Remembers every configuration, and who promised what to whom.
#[derive(Debug)]
pub(crate) struct ConfigSafety {
    /// Every configuration that was in force, by its index, and who told of it first.
    known: BTreeMap<u64, (Configuration, NodeId, u64)>,
    /// Who voted for a candidate in a term.
    votes: BTreeMap<(u64, NodeId), NodeSet>,
}

impl ConfigSafety {
    /// Knows the founding configuration.
    pub(crate) fn new(founding: Configuration) -> Self {
        ConfigSafety { known: [(founding.index, (founding, 0, 0))].into(), votes: BTreeMap::new() }
    }

    /// Takes in what a node says; `replica` already has.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        match *said.note {
            Note::Append { index, term, kind: EntryKind::Conf, .. } if index > replica.commit => {
                let leads = replica.role == Role::Leader && replica.term == term;
                one_at_a_time(said, (index, leads), replica, findings);
            }
            Note::Vote { term, candidate } => {
                self.votes.entry((term, candidate)).or_default().insert(said.node);
            }
            Note::Role { role: Role::Leader, term, .. } => {
                self.elected(said, term, replica, findings);
            }
            Note::Conf { index, voters, outgoing, learners } => {
                self.entered(said, Configuration { index, voters, outgoing, learners }, findings);
            }
            _ => {}
        }
    }

    /// A node is in a configuration.
    fn entered(&mut self, said: Said<'_>, new: Configuration, findings: &mut Findings) {
        if let Some((old, node, seq)) = self.known.get(&new.index) {
            if *old != new {
                let message = format!(
                    "index {} made {} on n{node} and {} on n{}",
                    new.index, old, new, said.node
                );
                let proof = [(*node, *seq), (said.node, said.seq)];
                findings.report(CHECK, "diverged", &proof, message);
            }
            return;
        }
        let last = self.known.last_key_value().expect("the founding one is known");
        let (_, (old, node, seq)) = last;
        let wrong = if new.index < old.index { Some("out-of-order") } else { misstep(old, &new) };
        if let Some(kind) = wrong {
            let message = format!(
                "n{} went to {} at {}, and the one before is {} at {}",
                said.node, new, new.index, old, old.index
            );
            findings.report(CHECK, kind, &[(*node, *seq), (said.node, said.seq)], message);
        }
        self.known.insert(new.index, (new, said.node, said.seq));
    }

    /// A node leads: by whose votes?
    fn elected(&self, said: Said<'_>, term: u64, replica: &Replica, findings: &mut Findings) {
        let votes = self.votes.get(&(term, said.node)).copied().unwrap_or_default();
        let Some(configuration) = &replica.configuration else { return };
        // A system that tells of no votes at all cannot be judged by them.
        if !self.votes.is_empty() && !configuration.has_quorum(votes) {
            let message = format!(
                "n{} leads term {term} by the votes of {votes} in {configuration}",
                said.node
            );
            findings.report(CHECK, "elected-without-quorum", &[(said.node, said.seq)], message);
        }
    }
}

/// A change joins a log: a leader's own must be the only one under way.
fn one_at_a_time(
    said: Said<'_>,
    (index, leads): (u64, bool),
    replica: &Replica,
    findings: &mut Findings,
) {
    let first = replica.log.first_change_after(replica.commit).filter(|_| leads);
    let Some((other, seq)) = first.filter(|(other, _)| *other < index) else { return };
    let message = format!(
        "n{} appended a change at {index} while the one at {other} was not committed",
        said.node
    );
    let proof = [(said.node, seq), (said.node, said.seq)];
    findings.report(CHECK, "two-at-once", &proof, message);
}

/// What is wrong with a step between two configurations, if anything.
fn misstep(old: &Configuration, new: &Configuration) -> Option<&'static str> {
    let differ = old.voters.difference(new.voters).union(new.voters.difference(old.voters));
    match (old.outgoing.is_empty(), new.outgoing.is_empty()) {
        (true, true) => (differ.len() > 1).then_some("jumped"),
        (true, false) => (new.outgoing != old.voters).then_some("joint-from-elsewhere"),
        (false, true) => (!differ.is_empty()).then_some("left-to-elsewhere"),
        (false, false) => Some("joint-from-joint"),
    }
}
