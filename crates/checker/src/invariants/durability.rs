//! What was acknowledged is on the disks of a quorum at the end, read from them alone, with the
//! power cut (*Raft §5.4, figure 2: updated on stable storage before responding*).
//!
//! Not done here: writes acknowledged without a log index. Whether those were kept is for the
//! final reads to show, and for linearizability to judge.

use std::collections::BTreeMap;

use system::{NodeId, NodeSet, Op, Output};
use trace::{Autopsy, History, Operation, Outcome, Violation};

use crate::committed::{Committed, CommittedEntry};
use crate::configuration::Configuration;
use crate::findings::Findings;
use crate::states::States;

const CHECK: &str = "durability";
/// How many of the lost operations a violation names.
const OPS_MAX: usize = 8;

/// What the disks hold.
#[derive(Debug, Default)]
pub(crate) struct Durability {
    disks: BTreeMap<NodeId, (u64, Autopsy)>,
    /// The event at which all had converged after the storm, before clients wrote once more. What
    /// was committed only then is not what was acknowledged before.
    settled: Option<u64>,
}

impl Durability {
    /// Takes in what was read from a disk.
    pub(crate) fn observe(&mut self, seq: u64, node: NodeId, found: &Autopsy) {
        self.disks.insert(node, (seq, found.clone()));
    }

    /// All nodes have converged.
    pub(crate) fn settled(&mut self, seq: u64) {
        self.settled = Some(seq);
    }

    /// Looks for every acknowledged write. Without any autopsy there is nothing to say.
    pub(crate) fn finish(
        &self,
        history: &History,
        configuration: &Configuration,
        committed: &Committed,
        states: &States,
        findings: &mut Findings,
    ) {
        if self.disks.is_empty() {
            return;
        }
        let mut lost: BTreeMap<&'static str, (Vec<&Operation>, String)> = BTreeMap::new();
        for operation in &history.operations {
            let Some(index) = acknowledged_at(operation) else { continue };
            let found = if self.is_of_another(operation, index, committed, states) {
                Some(("acked-not-committed", never_committed(index)))
            } else {
                self.judge(index, configuration, committed, states)
            };
            let Some((kind, message)) = found else { continue };
            let entry = lost.entry(kind).or_insert_with(|| (Vec::new(), message));
            entry.0.push(operation);
        }
        for (kind, (operations, message)) in lost {
            findings.add(self.violation(kind, &operations, &message));
        }
    }

    /// Whether what was committed at `index` cannot be the operation, for all had converged without
    /// that index when the operation was over.
    fn is_of_another(
        &self,
        operation: &Operation,
        index: u64,
        committed: &Committed,
        states: &States,
    ) -> bool {
        let Some(settled) = self.settled else { return false };
        let known = [committed.at(index).map(|entry| entry.seq), states.told_since(index)];
        let known = known.into_iter().flatten().min();
        operation.returned_seq < settled && known.is_some_and(|known| known > settled)
    }

    /// What is wrong with the entry at `index`, if anything.
    fn judge(
        &self,
        index: u64,
        configuration: &Configuration,
        committed: &Committed,
        states: &States,
    ) -> Option<(&'static str, String)> {
        let Some(entry) = committed.at(index) else {
            let unknown = index > committed.last_index() && states.digest_at(index).is_none();
            return unknown.then(|| ("acked-not-committed", never_committed(index)));
        };
        let voters = configuration.voters.union(configuration.outgoing);
        let holders: NodeSet =
            voters.iter().filter(|&node| self.holds(node, entry, states)).collect();
        if configuration.keeps(holders) {
            return None;
        }
        let refused: NodeSet = voters.iter().filter(|&node| self.refuses(node)).collect();
        let place = format!("index {index} of term {}", entry.term);
        if configuration.keeps(holders.union(refused)) {
            let message = format!(
                "{place}, held by {holders} of {voters}, while {refused} refuse to read their disks"
            );
            return Some(("unreadable", message));
        }
        Some(("acked-write-lost", format!("{place}, held at the end by {holders} of {voters}")))
    }

    fn refuses(&self, node: NodeId) -> bool {
        self.disks.get(&node).is_some_and(|(_, found)| found.refused.is_some())
    }

    fn holds(&self, node: NodeId, entry: CommittedEntry, states: &States) -> bool {
        let Some((_, found)) = self.disks.get(&node) else { return false };
        if found.refused.is_some() {
            return false;
        }
        let place = entry.index.checked_sub(found.first_index);
        let held = place
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| found.entries.get(place));
        if held == Some(&(entry.term, entry.digest)) {
            return true;
        }
        let state = states.digest_at(found.snapshot_index);
        held.is_none()
            && found.snapshot_index >= entry.index
            && state.is_none_or(|digest| digest == found.snapshot_digest)
    }

    fn violation(&self, kind: &'static str, operations: &[&Operation], message: &str) -> Violation {
        let first = operations[0];
        let more = match operations.len() {
            1 => String::new(),
            many => format!(" (and {} more writes like it)", many - 1),
        };
        let mut core = vec![first.returned_seq];
        core.extend(self.disks.values().map(|(seq, _)| *seq));
        core.sort_unstable();
        Violation {
            check: CHECK,
            kind: kind.to_owned(),
            message: format!(
                "c{}.{}'s {} was acknowledged at {message}{more}",
                first.id.client,
                first.id.number,
                first.op.name()
            ),
            ops: operations.iter().take(OPS_MAX).map(|operation| operation.id).collect(),
            nodes: self.disks.keys().copied().collect(),
            core,
        }
    }
}

fn never_committed(index: u64) -> String {
    format!("index {index}, which no node called committed")
}

/// The log index at which a write was acknowledged. A cas that did not swap wrote nothing.
fn acknowledged_at(operation: &Operation) -> Option<u64> {
    match (&operation.op, &operation.outcome) {
        (Op::Get { .. }, _) | (_, Outcome::Ok { output: Output::Swapped(false), .. }) => None,
        (_, Outcome::Ok { index, .. }) if *index > 0 => Some(*index),
        _ => None,
    }
}
