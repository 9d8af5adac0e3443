//! What is said of a run, to people and to programs. For people at most 25 lines, the most
//! important one last.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::{Flaw, MissedFault, Report};
use trace::{Verdict, Violation};

use crate::output::{self, Style};
use crate::record::Difference;
use crate::story::Story;
use crate::{exit, program, words};

/// Characters of a sentence of a checker that are shown.
const SENTENCE_MAX: usize = 400;

/// Columns of the line of situations.
const LINE_MAX: usize = 98;

/// Whether a fresh process came to the same events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// Nobody looked.
    No,
    /// It did.
    Same,
    /// It did not.
    Differs(Difference),
}

/// Everything that is said.
pub(crate) struct Told<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) seed: u64,
    pub(crate) overrides: &'a [(String, String)],
    /// What was planted.
    pub(crate) flaw: Option<&'static Flaw>,
    pub(crate) report: &'a Report,
    pub(crate) story: &'a Story,
    /// The checks that the scenario excuses from being exercised, with the reasons.
    pub(crate) excuse: &'a BTreeMap<String, String>,
    /// Whether the scenario says that it may fail like this.
    pub(crate) expected: bool,
    pub(crate) verified: Verified,
    /// Where the trace lies, if it was kept.
    pub(crate) trace: Option<PathBuf>,
    pub(crate) reproduce: String,
    pub(crate) wall: Duration,
}

impl Told<'_> {
    /// The exit code.
    pub(crate) fn exit(&self) -> u8 {
        match (&self.verified, &self.report.verdict) {
            (Verified::Differs(_), _) => exit::NONDETERMINISM,
            (_, Verdict::Pass) => exit::PASS,
            (_, Verdict::Fail(_)) => exit::FAIL,
            (_, Verdict::Unknown(_)) => exit::UNKNOWN,
        }
    }

    /// When it failed, or else when it ended, and how long that took.
    fn clocks(&self) -> String {
        let end = self.report.at;
        let at = match &self.report.verdict {
            Verdict::Fail(found) => {
                found.first().map_or(end, |first| self.story.moment(first, end))
            }
            _ => end,
        };
        format!("sim {}   wall {}", trace::text::time(at), words::wall(self.wall))
    }
}

/// For people.
pub(crate) fn human(told: &Told, color: bool) -> String {
    if let Verified::Differs(difference) = &told.verified {
        return format!("{}{}", diverged(difference, color), last_lines(told));
    }
    match &told.report.verdict {
        Verdict::Pass => passed(told, color),
        Verdict::Unknown(why) => {
            let label = output::label("UNKNOWN", Style::Open, color);
            let counts = counts(told);
            let (clocks, missed) = (told.clocks(), missed(told));
            format!("{label}  {why}   {clocks}\n{counts}{missed}{}", last_lines(told))
        }
        Verdict::Fail(violations) => failed(told, violations, color),
    }
}

fn passed(told: &Told, color: bool) -> String {
    let label = output::label("PASS", Style::Good, color);
    let counters = &told.report.counters;
    let ops = words::count(counters.invoked, "op", "ops");
    format!(
        "{label}  {ops} ({} ok, {} failed, {} unknown), {}, hash {}   {}\n{}",
        counters.ok,
        counters.failed,
        counters.unknown,
        words::count(told.report.events, "event", "events"),
        trace::hash_text(told.report.hash),
        told.clocks(),
        counts(told),
    )
}

/// How much befell the cluster.
fn counts(told: &Told) -> String {
    let counters = &told.report.counters;
    let parts = [
        words::count(counters.elections, "election", "elections"),
        words::count(counters.faults, "fault", "faults"),
        words::count(counters.power_losses + counters.kills, "crash", "crashes"),
        words::count(counters.torn_writes, "torn write", "torn writes"),
        format!(
            "{} dropped",
            words::count(
                counters.lost + counters.cut + counters.undelivered,
                "message",
                "messages"
            )
        ),
        format!("{} duplicated", words::grouped(counters.duplicated)),
        format!(
            "{} installed",
            words::count(counters.snapshots_installed, "snapshot", "snapshots")
        ),
    ];
    format!("          {}\n{}{}", parts.join(", "), situations(told), unexercised(told))
}

/// The checks that had nothing to judge.
fn unexercised(told: &Told) -> String {
    let idle = told.report.exercised.iter().filter(|(_, fed)| !fed).map(|(check, _)| *check);
    let (excused, bare): (Vec<&str>, Vec<&str>) =
        idle.partition(|check| told.excuse.contains_key(*check));
    let mut text = String::new();
    if !bare.is_empty() {
        let names = words::wrapped(&bare, LINE_MAX - 25, "                         ");
        writeln!(text, "          not exercised: {names}").expect("a String");
    }
    for check in excused {
        writeln!(text, "          excused: {check}: {}", told.excuse[check]).expect("a String");
    }
    text
}

/// The scripted faults that had to happen and did not, a line each.
fn missed(told: &Told) -> String {
    let missed = told.report.missed.iter().filter(|fault| !fault.optional);
    missed.map(|fault| format!("  missed     {}\n", fault.sentence())).collect()
}

/// The rare things that the run came into; as many as fit into a line.
fn situations(told: &Told) -> String {
    let reached = &told.report.situations;
    if reached.is_empty() {
        return String::new();
    }
    let count = words::count(reached.len() as u64, "situation", "situations");
    let mut text = format!("          {count}: ");
    for (shown, reached) in reached.iter().enumerate() {
        let name = reached.situation.name();
        if text.len() + name.len() > LINE_MAX {
            let more = told.report.situations.len() - shown;
            write!(text, "and {more} more").expect("a String");
            return text + "\n";
        }
        write!(text, "{name}, ").expect("a String");
    }
    text.truncate(text.len() - 2);
    text + "\n"
}

fn failed(told: &Told, violations: &[Violation], color: bool) -> String {
    let first = &violations[0];
    let label = output::label("FAIL", Style::Bad, color);
    let mut text = format!("{label}  {:<56} {}\n", first.signature(), told.clocks());
    if told.expected {
        text.push_str("          expected by the scenario\n");
    }
    if let Some(flaw) = told.flaw {
        writeln!(text, "          planted: {}: {}", flaw.id, flaw.about).expect("a String");
    }
    let sentence = words::cut(&words::one_line(&first.message), SENTENCE_MAX);
    write!(text, "\n  {sentence}\n\n").expect("a String");
    let ops = told.story.ops(first);
    for line in &ops {
        writeln!(text, "    {line}").expect("a String");
    }
    if let Some(others) = others(violations) {
        let gap = if ops.is_empty() { "" } else { "\n" };
        writeln!(text, "{gap}  {others}").expect("a String");
    }
    let moment = told.story.moment(first, told.report.at);
    let faults = told.story.faults(moment);
    if !faults.is_empty() {
        let gap = if text.ends_with("\n\n") { "" } else { "\n" };
        writeln!(text, "{gap}  Faults before {}:", trace::text::time(moment)).expect("a String");
    }
    for fault in &faults {
        writeln!(text, "    {fault}").expect("a String");
    }
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    match told.verified {
        Verified::Same => {
            let hash = trace::hash_text(told.report.hash);
            writeln!(text, "  verified   run again in a fresh process, same hash {hash}")
        }
        _ => writeln!(text, "  verified   no (--no-verify)"),
    }
    .expect("a String");
    text.push_str(&missed(told));
    text.push_str(&last_lines(told));
    text
}

/// The other signatures of the same run.
fn others(violations: &[Violation]) -> Option<String> {
    let first = violations[0].signature();
    let mut signatures: Vec<String> =
        violations.iter().map(Violation::signature).filter(|other| *other != first).collect();
    signatures.dedup();
    signatures.truncate(3);
    let more = violations.len() - 1;
    match (more, signatures.is_empty()) {
        (0, _) => None,
        (_, true) => Some(format!("{} of the same kind follow.", words::grouped(more as u64))),
        _ => Some(format!(
            "{} more found in the same run, among them {}.",
            words::grouped(more as u64),
            signatures.join(", ")
        )),
    }
}

/// Where the trace is, how to look into it, and how to do it again.
fn last_lines(told: &Told) -> String {
    let mut text = String::new();
    if let Some(path) = &told.trace {
        let path = words::quoted(&path.display().to_string());
        writeln!(text, "  trace      {path}").expect("a String");
        if let Verdict::Fail(violations) = &told.report.verdict
            && let Some(op) = violations[0].ops.last()
        {
            writeln!(
                text,
                "  inspect    {} inspect {path} --why {}",
                program::command(),
                trace::text::op_name(*op)
            )
            .expect("a String");
        }
    }
    if let (Some(path), Verdict::Fail(_)) = (&told.trace, &told.report.verdict) {
        let path = words::quoted(&path.display().to_string());
        writeln!(text, "  keep       {} corpus add {path}", program::command()).expect("a String");
    }
    writeln!(text, "  reproduce  {}", told.reproduce).expect("a String");
    text
}

/// The first event in which two runs differ.
pub(crate) fn diverged(difference: &Difference, color: bool) -> String {
    let label = output::label("NONDET", Style::Bad, color);
    let line = |line: &Option<String>| {
        line.as_deref().map_or("nothing, it is over".to_owned(), |line| words::cut(line, 300))
    };
    if difference.recorded.is_none() && difference.now.is_none() {
        return format!("{label}  two runs of one plan differed, and a third one agrees\n");
    }
    format!(
        "{label}  diverged at event {} (sim {})\n          recorded  {}\n          now       {}\n",
        difference.seq,
        trace::text::time(difference.at),
        line(&difference.recorded),
        line(&difference.now),
    )
}

/// For programs: one object.
pub(crate) fn json(told: &Told) -> Value {
    let report = told.report;
    let violations = match &report.verdict {
        Verdict::Fail(violations) => violations.iter().map(violation).collect(),
        _ => Vec::new(),
    };
    let reason = match &report.verdict {
        Verdict::Unknown(why) => Some(why),
        _ => None,
    };
    let counters: serde_json::Map<String, Value> =
        report.counters.each().into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect();
    let situations: serde_json::Map<String, Value> = report
        .situations
        .iter()
        .map(|reached| {
            let seen = json!({ "hits": reached.hits, "faults": reached.faults });
            (reached.situation.name().to_owned(), seen)
        })
        .collect();
    let verified = match &told.verified {
        Verified::No => Value::Null,
        Verified::Same => true.into(),
        Verified::Differs(_) => false.into(),
    };
    let diverged = match &told.verified {
        Verified::Differs(difference) => divergence(difference),
        _ => Value::Null,
    };
    let overrides: Vec<String> =
        told.overrides.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let checks: serde_json::Map<String, Value> = report
        .exercised
        .iter()
        .map(|(check, fed)| {
            let word = match told.excuse.get(*check) {
                _ if *fed => "exercised".to_owned(),
                Some(reason) => format!("excused: {reason}"),
                None => "not exercised".to_owned(),
            };
            ((*check).to_owned(), word.into())
        })
        .collect();
    let missed: Vec<Value> = report.missed.iter().map(missed_fault).collect();
    json!({
        "type": "run",
        "v": "1.0",
        "squall": crate::VERSION,
        "scenario": told.scenario,
        "seed": told.seed,
        "set": overrides,
        "flaw": told.flaw.map(|flaw| flaw.id),
        "verdict": report.verdict.name(),
        "exit": told.exit(),
        "reason": reason,
        "sig": report.verdict.signature(),
        "expected": told.expected,
        "violations": violations,
        "missed": missed,
        "checks": checks,
        "t": report.at,
        "events": report.events,
        "hash": format!("{:016x}", report.hash),
        "counters": counters,
        "situations": situations,
        "verified": verified,
        "diverged": diverged,
        "trace": told.trace.as_ref().map(|path| path.display().to_string()),
        "reproduce": told.reproduce,
        "wall_ms": u64::try_from(told.wall.as_millis()).unwrap_or(u64::MAX),
    })
}

/// A fault that did nothing, for programs.
fn missed_fault(fault: &MissedFault) -> Value {
    json!({
        "id": fault.id,
        "kind": fault.kind,
        "t": fault.at,
        "optional": fault.optional,
        "why": fault.why,
    })
}

/// A difference, for programs.
pub(crate) fn divergence(difference: &Difference) -> Value {
    json!({
        "seq": difference.seq,
        "t": difference.at,
        "recorded": difference.recorded,
        "now": difference.now,
    })
}

fn violation(violation: &Violation) -> Value {
    json!({
        "sig": violation.signature(),
        "check": violation.check,
        "kind": violation.kind,
        "msg": violation.message,
        "ops": violation.ops.iter().map(|op| trace::text::op_name(*op)).collect::<Vec<_>>(),
        "nodes": violation.nodes.iter().map(|node| format!("n{node}")).collect::<Vec<_>>(),
        "core": violation.core,
    })
}
