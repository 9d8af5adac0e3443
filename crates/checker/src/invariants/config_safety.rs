//! Configuration safety: neighbouring configurations cannot decide apart, and whoever decides has
//! a majority of each half of the configuration that it is in (*Raft §6; thesis §4.1-4.3*).
//!
//! * One index makes one configuration, on every node.
//! * A step adds or removes one voter; or it enters a joint configuration, which is left to the
//!   voters that it was entered for.
//! * A leader appends a change only when the one before is committed: one at a time.
//! * Who leads was given votes, and what a leader calls committed is durable, on a majority of
//!   the voters and, while joint, on one of the voters being left.
//!
//! A system may use a configuration when it is appended, as the paper does, or when it is
//! applied, as the `raft` crate does; what it notes is what it uses.
//!
//! Not done here: the rule that a leader must have committed an entry of its own term before it
//! appends a change (the correction of thesis §4.1). Only systems that use a configuration
//! when it is appended need it.

use std::collections::BTreeMap;

use system::{EntryKind, NodeId, NodeSet, Note, Role};

use super::durability::Configuration;
use super::{PerNode, per_node, slot};
use crate::findings::{Findings, Said};
use crate::replica::Replica;

const CHECK: &str = "config-safety";

/// What is known of one node.
#[derive(Debug, Default)]
struct Member {
    /// The configuration that it is in; `None` until it tells one in this life.
    configuration: Option<Configuration>,
    /// Its commit index.
    commit: u64,
    /// Changes in its log beyond its commit index, with the event that told of each.
    changes: Vec<(u64, u64)>,
    /// The last index of its log that is durable.
    durable: u64,
    /// Whether it still tells what it recovered.
    recovers: bool,
    /// Whether it ever told what is durable.
    tells_durable: bool,
}

/// Remembers every configuration, and who promised what to whom.
#[derive(Debug)]
pub(crate) struct ConfigSafety {
    /// Every configuration that was in force, by its index, and who told of it first.
    known: BTreeMap<u64, (Configuration, NodeId, u64)>,
    members: PerNode<Member>,
    /// Who voted for a candidate in a term.
    votes: BTreeMap<(u64, NodeId), NodeSet>,
    /// The highest index that a leader called committed.
    committed: u64,
}

impl ConfigSafety {
    /// Knows the founding configuration.
    pub(crate) fn new(founding: Configuration) -> Self {
        ConfigSafety {
            known: [(founding.index, (founding, 0, 0))].into(),
            members: per_node(),
            votes: BTreeMap::new(),
            committed: 0,
        }
    }

    /// A node starts: it tells its configuration again.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.members[slot(node)].configuration = None;
    }

    /// Takes in what a node says; its replica already has.
    pub(crate) fn observe(
        &mut self,
        said: Said<'_>,
        replicas: &PerNode<Replica>,
        findings: &mut Findings,
    ) {
        let replica = &replicas[slot(said.node)];
        let member = &mut self.members[slot(said.node)];
        let recovers = std::mem::take(&mut member.recovers);
        match *said.note {
            Note::Recovered { commit, first_index, snapshot_index, .. } => {
                member.commit = commit;
                member.changes.clear();
                member.durable = snapshot_index.max(first_index.saturating_sub(1));
                member.recovers = true;
            }
            Note::Append { index, term, kind, .. } => {
                member.recovers = recovers;
                if recovers {
                    member.durable = index;
                }
                if kind == EntryKind::Conf && index > member.commit {
                    let leads = replica.role == Role::Leader && replica.term == term;
                    one_at_a_time(said, index, leads, &member.changes, findings);
                    member.changes.push((index, said.seq));
                }
            }
            Note::Truncate { from } => member.changes.retain(|(index, _)| *index < from),
            Note::SnapshotInstalled { index, .. } => member.commits(index),
            Note::Persisted { last_index, .. } => {
                member.durable = last_index;
                member.tells_durable = true;
            }
            Note::Vote { term, candidate } => {
                self.votes.entry((term, candidate)).or_default().insert(said.node);
            }
            Note::Role { role: Role::Leader, term, .. } => self.elected(said, term, findings),
            Note::Commit { index } => {
                member.commits(index);
                if replica.role == Role::Leader && index > self.committed {
                    self.committed = index;
                    self.decided(said, index, replicas, findings);
                }
            }
            Note::Conf { index, voters, outgoing, learners } => {
                self.entered(said, Configuration { index, voters, outgoing, learners }, findings);
            }
            _ => {}
        }
    }

    /// A node is in a configuration.
    fn entered(&mut self, said: Said<'_>, new: Configuration, findings: &mut Findings) {
        self.members[slot(said.node)].configuration = Some(new);
        if let Some((old, node, seq)) = self.known.get(&new.index) {
            if *old != new {
                let message = format!(
                    "index {} made {} on n{node} and {} on n{}",
                    new.index,
                    words(old),
                    words(&new),
                    said.node
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
                said.node,
                words(&new),
                new.index,
                words(old),
                old.index
            );
            findings.report(CHECK, kind, &[(*node, *seq), (said.node, said.seq)], message);
        }
        self.known.insert(new.index, (new, said.node, said.seq));
    }

    /// A node leads: by whose votes?
    fn elected(&self, said: Said<'_>, term: u64, findings: &mut Findings) {
        let votes = self.votes.get(&(term, said.node)).copied().unwrap_or_default();
        let Some(configuration) = &self.members[slot(said.node)].configuration else { return };
        // A system that tells of no votes, not even its own, cannot be judged by them.
        if votes.contains(said.node) && !has_quorum(configuration, votes) {
            let message = format!(
                "n{} leads term {term} by the votes of {votes} in {}",
                said.node,
                words(configuration)
            );
            findings.report(CHECK, "elected-without-quorum", &[(said.node, said.seq)], message);
        }
    }

    /// A leader calls an entry committed: who holds it?
    fn decided(
        &self,
        said: Said<'_>,
        index: u64,
        replicas: &PerNode<Replica>,
        findings: &mut Findings,
    ) {
        let leader = &self.members[slot(said.node)];
        let Some(configuration) = &leader.configuration else { return };
        if !leader.tells_durable {
            return;
        }
        let term = replicas[slot(said.node)].log.term_at(index);
        let holds = |node: &NodeId| {
            let other = replicas[slot(*node)].log.term_at(index);
            let same = term.is_none() || other.is_none() || other == term;
            same && self.members[slot(*node)].durable >= index
        };
        let voters = configuration.voters.union(configuration.outgoing);
        let holders: NodeSet = voters.iter().filter(holds).collect();
        if !has_quorum(configuration, holders) {
            let message = format!(
                "n{} calls {index} committed, which is durable on {holders} in {}",
                said.node,
                words(configuration)
            );
            findings.report(CHECK, "committed-without-quorum", &[(said.node, said.seq)], message);
        }
    }
}

impl Member {
    fn commits(&mut self, index: u64) {
        self.commit = self.commit.max(index);
        let commit = self.commit;
        self.changes.retain(|(change, _)| *change > commit);
    }
}

/// A change joins a log: a leader's own must be the only one under way.
fn one_at_a_time(
    said: Said<'_>,
    index: u64,
    leads: bool,
    changes: &[(u64, u64)],
    findings: &mut Findings,
) {
    let Some((other, seq)) = changes.iter().find(|(other, _)| *other < index) else { return };
    if leads {
        let message = format!(
            "n{} appended a change at {index} while the one at {other} was not committed",
            said.node
        );
        let proof = [(said.node, *seq), (said.node, said.seq)];
        findings.report(CHECK, "two-at-once", &proof, message);
    }
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

fn has_quorum(configuration: &Configuration, some: NodeSet) -> bool {
    configuration.voters.has_majority_in(some) && configuration.outgoing.has_majority_in(some)
}

fn words(configuration: &Configuration) -> String {
    let Configuration { voters, outgoing, learners, .. } = configuration;
    let mut text = voters.to_string();
    if !outgoing.is_empty() {
        text.push_str(&format!(" from {outgoing}"));
    }
    if !learners.is_empty() {
        text.push_str(&format!(" with learners {learners}"));
    }
    text
}
