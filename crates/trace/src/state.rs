//! Where does every node stand at one moment? A fold over the events up to it, as a table.

use std::collections::BTreeMap;

use system::{DiskError, Nanos, NodeId, Note, Role};

use crate::event::{Event, FaultId, Kind};
use crate::text;

/// What the events say of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// Whether it runs.
    pub up: bool,
    /// Counts its starts, from 0.
    pub incarnation: u64,
    /// Why it does not run: `crashed (f2)`, `halted: corrupt`, `panicked`.
    pub down: String,
    /// Its role.
    pub role: Role,
    /// Its term.
    pub term: u64,
    /// The leader that it knows; 0 for none.
    pub leader: NodeId,
    /// Its commit index.
    pub commit: u64,
    /// The index that its state machine has applied.
    pub applied: u64,
    /// The last index of its log, and that entry's term.
    pub last: (u64, u64),
    /// The index up to which its log is durable.
    pub synced: u64,
    /// The last index of its snapshot; 0 without one.
    pub snapshot: u64,
    /// What its disk answered last, if that was an error.
    pub disk_error: Option<DiskError>,
    /// The terms of the entries of the log, by index: for the term of the last one when others
    /// leave.
    terms: BTreeMap<u64, u64>,
    /// Whether the entries that join now come from the disk.
    recovering: bool,
}

/// The state of all nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateTable {
    nodes: BTreeMap<NodeId, NodeState>,
    faults: BTreeMap<FaultId, (&'static str, Box<str>)>,
}

impl StateTable {
    /// The table before the first event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next event.
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Start { node, incarnation } => {
                // Only what is on the disk survives a restart, and recovery tells it again.
                let state =
                    NodeState { up: true, incarnation: *incarnation, ..NodeState::default() };
                self.nodes.insert(*node, state);
            }
            Kind::Crash { node, fault, .. } => {
                let by = if *fault == 0 { String::new() } else { format!(" (f{fault})") };
                self.down(*node, format!("crashed{by}"));
            }
            Kind::Halt { node, reason, .. } => {
                self.down(*node, format!("halted: {}", reason.name()));
            }
            Kind::Panic { node, .. } => self.down(*node, "panicked".into()),
            Kind::Note { node, note } => self.nodes.entry(*node).or_default().note(note),
            Kind::Disk { node, error, .. } => {
                self.nodes.entry(*node).or_default().disk_error = *error;
            }
            Kind::FaultStart { fault, name, detail } => {
                self.faults.insert(*fault, (*name, detail.clone()));
            }
            Kind::FaultEnd { fault, .. } => {
                self.faults.remove(fault);
            }
            _ => {}
        }
    }

    fn down(&mut self, node: NodeId, why: String) {
        let state = self.nodes.entry(node).or_default();
        state.up = false;
        state.down = why;
        state.role = Role::Follower;
        state.leader = 0;
    }

    /// What is known of a node.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&NodeState> {
        self.nodes.get(&node)
    }

    /// The groups of the partition that is in force, if it is one that its detail spells out:
    /// `{n1 n2}|{n3}`.
    fn groups(&self) -> Vec<Vec<NodeId>> {
        let partition = self.faults.values().rev().find(|(name, _)| *name == "partition");
        let Some((_, detail)) = partition else { return Vec::new() };
        let Some(start) = detail.find('{') else { return Vec::new() };
        let ids = |group: &str| {
            let names = group.split(|c: char| !c.is_ascii_alphanumeric());
            names.filter_map(|name| name.strip_prefix('n')?.parse().ok()).collect()
        };
        detail[start..].split('|').map(ids).collect()
    }

    /// The table under a line with the time, and the faults that are in force below it.
    #[must_use]
    pub fn render(&self, at: Nanos) -> String {
        let groups = self.groups();
        let mut rows = vec![
            ["node", "role", "term", "commit/applied", "last", "disk", "start", "group"]
                .map(String::from),
        ];
        for (id, state) in &self.nodes {
            let group = groups.iter().position(|group| group.contains(id)).unwrap_or(26);
            let letter = u8::try_from(group).ok().filter(|group| *group < 26);
            let letter = letter.map_or("-".into(), |group| char::from(b'A' + group).to_string());
            rows.push(state.row(*id, letter));
        }
        let faults = self.faults.iter().map(|(id, (name, detail))| {
            let detail = if detail.is_empty() { String::new() } else { format!(" {detail}") };
            format!("f{id} {name}{detail}\n")
        });
        let head = format!("at {}\n", text::exact_time(at));
        head + &columns(&rows) + &faults.collect::<String>()
    }
}

impl NodeState {
    fn note(&mut self, note: &Note) {
        self.recovering &= matches!(note, Note::Append { .. } | Note::Conf { .. });
        match *note {
            Note::Recovered { term, commit, first_index, base_term, snapshot_index, .. } => {
                self.term = term;
                self.commit = commit;
                self.applied = snapshot_index;
                self.snapshot = snapshot_index;
                self.terms = BTreeMap::from([(first_index.saturating_sub(1), base_term)]);
                self.tail();
                self.synced = self.last.0;
                self.recovering = true;
            }
            Note::Role { role, term, leader } => {
                (self.role, self.term, self.leader) = (role, term, leader);
            }
            Note::Append { index, term, .. } => {
                self.terms.split_off(&index);
                self.terms.insert(index, term);
                self.tail();
                if self.recovering {
                    self.synced = index;
                }
            }
            Note::Truncate { from } => {
                self.terms.split_off(&from);
                self.last = (from.saturating_sub(1), 0);
                self.tail();
                self.synced = self.synced.min(self.last.0);
            }
            Note::Persisted { last_index, .. } => self.synced = last_index,
            Note::Commit { index } => self.commit = index,
            Note::Apply { index, .. } => self.applied = index,
            Note::SnapshotTaken { index, .. } => self.snapshot = index,
            Note::SnapshotInstalled { index, term, .. } => {
                self.snapshot = index;
                self.applied = index;
                self.commit = self.commit.max(index);
                self.terms = BTreeMap::from([(index, term)]);
                self.tail();
                self.synced = self.synced.min(index);
            }
            Note::Compact { first_index } => {
                // The entry before the first one stays, for its term.
                let kept = self.terms.split_off(&first_index.saturating_sub(1));
                self.terms = kept;
                self.tail();
            }
            _ => {}
        }
    }

    fn tail(&mut self) {
        let last = self.terms.last_key_value();
        self.last = last.map_or(self.last, |(index, term)| (*index, *term));
    }

    fn row(&self, id: NodeId, group: String) -> [String; 8] {
        let role = if self.up { self.role.name().to_string() } else { self.down.clone() };
        let disk = match self.disk_error {
            Some(error) => format!("failed {}", error.name()),
            None => format!("synced {}", self.synced),
        };
        [
            format!("n{id}"),
            role,
            self.term.to_string(),
            format!("{}/{}", self.commit, self.applied),
            format!("{}@{}", self.last.0, self.last.1),
            disk,
            format!("#{}", self.incarnation),
            group,
        ]
    }
}

/// Rows as text, each column as wide as its widest cell, without spaces at the ends of lines.
fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line += &format!("{cell:<width$}  ");
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests;
