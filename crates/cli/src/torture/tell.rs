//! What is said of a torture: what `squall check` says of its history, and what befell the
//! processes meanwhile.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use checker::linearizability::Explained;
use serde_json::{Value, json};
use trace::foreign::Foreign;
use trace::{Kind, Outcome, Plan, Violation};

use super::TortureArgs;
use crate::check::Told as Checked;
use crate::story::Story;
use crate::{program, words};

/// Everything that is said.
pub(super) struct Told<'a> {
    pub(super) args: &'a TortureArgs,
    pub(super) plan: &'a Plan,
    pub(super) overrides: &'a [(String, String)],
    pub(super) report: &'a torture::Report,
    pub(super) found: &'a Foreign,
    pub(super) explained: Explained,
    pub(super) wall: Duration,
    /// Where the history was written, if it was.
    pub(super) history: Option<PathBuf>,
}

/// What happened, in numbers.
#[derive(Debug, Default)]
struct Counts {
    ok: u64,
    failed: u64,
    unknown: u64,
    kills: u64,
    starts: u64,
    /// Nodes that left in good order.
    left: u64,
    /// Changes of the cluster that were made, and that were not.
    changes: (u64, u64),
    /// Faults that struck, by kind.
    faults: BTreeMap<&'static str, u64>,
}

impl Told<'_> {
    /// The exit code.
    pub(super) fn exit(&self) -> u8 {
        self.checked().exit()
    }

    fn checked(&self) -> Checked<'_> {
        Checked {
            path: self.history.as_deref().unwrap_or(Path::new("-")),
            found: self.found,
            explained: self.explained.clone(),
            others: self.report.findings.clone(),
            wall: self.wall,
        }
    }

    /// For people.
    pub(super) fn human(&self, color: bool) -> String {
        let mut text = self.checked().human(color);
        let counts = counts(self.report);
        let faults: u64 = counts.faults.values().sum();
        let kinds = counts.faults.iter().map(|(kind, count)| format!("{count} {kind}"));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        let faults = words::count(faults, "fault", "faults");
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({kinds})") };
        let _ = writeln!(text, "          {faults}{kinds}");
        let (made, not_made) = counts.changes;
        let (connections, broken) = self.report.connections;
        let _ = writeln!(
            text,
            "          {} ok, {} failed, {} unknown; {}, {}, {made} of {} made; {} broken of {}",
            words::grouped(counts.ok),
            words::grouped(counts.failed),
            words::grouped(counts.unknown),
            words::count(counts.kills, "kill", "kills"),
            words::count(counts.starts, "start", "starts"),
            words::count(made + not_made, "change of members", "changes of members"),
            words::grouped(broken),
            words::count(connections + broken, "connection", "connections"),
        );
        if let Some(violation) = self.violation() {
            let mut story = Story::default();
            self.report.events.iter().for_each(|event| story.observe(event));
            let end = self.report.events.last().map_or(0, |event| event.at);
            let faults = story.faults(story.moment(violation, end));
            for (position, fault) in faults.iter().enumerate() {
                let head =
                    if position == 0 { "  Faults before it:" } else { "                   " };
                let _ = writeln!(text, "{head}  {fault}");
            }
        }
        if let Some(path) = &self.history {
            let path = words::quoted(&path.display().to_string());
            let _ = writeln!(text, "  history    {path}");
            let _ = writeln!(text, "  check      {} check {path}", program::command());
        }
        let command = self.args.command(&program::command(), self.plan.seed);
        let _ = writeln!(text, "  same plan  {command}");
        text
    }

    fn violation(&self) -> Option<&Violation> {
        match &self.explained {
            Explained::No(proof) => Some(&proof.violation),
            _ => self.report.findings.first(),
        }
    }

    /// For programs: one object.
    pub(super) fn json(&self) -> Value {
        let counts = counts(self.report);
        let check: Value =
            serde_json::from_str(&self.checked().json()).expect("a check writes JSON");
        let overrides: Vec<String> =
            self.overrides.iter().map(|(key, value)| format!("{key}={value}")).collect();
        json!({
            "type": "torture",
            "v": "1.0",
            "squall": crate::VERSION,
            "scenario": self.plan.scenario.name,
            "seed": self.plan.seed,
            "set": overrides,
            "exit": self.exit(),
            "sig": self.violation().map(Violation::signature),
            "check": check,
            "ok": counts.ok,
            "failed": counts.failed,
            "unknown": counts.unknown,
            "kills": counts.kills,
            "starts": counts.starts,
            "left": counts.left,
            "changes_made": counts.changes.0,
            "changes_not_made": counts.changes.1,
            "faults": counts.faults,
            "connections": self.report.connections.0,
            "connections_broken": self.report.connections.1,
            "peer_bytes": self.report.bytes,
            "differences": torture::differences(self.plan),
            "history": self.history.as_ref().map(|path| path.display().to_string()),
            "same_plan": self.args.command(&program::command(), self.plan.seed),
            "wall_ms": u64::try_from(self.wall.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

fn counts(report: &torture::Report) -> Counts {
    let mut counts = Counts::default();
    for operation in &report.history.operations {
        match operation.outcome {
            Outcome::Ok { .. } => counts.ok += 1,
            Outcome::Failed(_) => counts.failed += 1,
            Outcome::Unknown(_) => counts.unknown += 1,
        }
    }
    for event in &report.events {
        match &event.kind {
            Kind::Crash { .. } => counts.kills += 1,
            Kind::Start { .. } => counts.starts += 1,
            Kind::Halt { reason: system::HaltReason::Removed, .. } => counts.left += 1,
            Kind::FaultStart { name, .. } => *counts.faults.entry(name).or_default() += 1,
            Kind::AdminReturn { error: None, .. } => counts.changes.0 += 1,
            Kind::AdminReturn { error: Some(_), .. } => counts.changes.1 += 1,
            _ => {}
        }
    }
    counts
}
