//! What is said of a history that was checked.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use checker::linearizability::{Explained, Proof, Vocabulary};
use serde_json::json;
use trace::foreign::Foreign;
use trace::{OpId, Operation, Outcome, UNTIMED, Violation, text};

use crate::output::{self, Style};
use crate::{exit, words};

/// Operations of a counterexample that are listed.
const LISTED_MAX: usize = 12;

/// Everything that is said.
pub(crate) struct Told<'a> {
    pub(crate) path: &'a Path,
    pub(crate) found: &'a Foreign,
    pub(crate) explained: Explained,
    /// What other checks of a trace found.
    pub(crate) others: Vec<Violation>,
    pub(crate) wall: Duration,
}

/// What is about to be checked.
pub(super) fn banner(path: &Path, found: &Foreign, color: bool) -> String {
    let label = output::label("check", Style::Plain, color);
    let (format, model) = (found.format.name(), found.model.name());
    let keyed = match (found.format.may_lack_keys(), found.keyed) {
        (true, true) => "keyed, ",
        (true, false) => "plain, ",
        (false, _) => "",
    };
    format!("{label}  {}  {format}, {model}, {keyed}{}", path.display(), size(found))
}

fn unknown(found: &Foreign) -> u64 {
    let is_open = |o: &&Operation| matches!(o.outcome, Outcome::Unknown(_));
    found.history.operations.iter().filter(is_open).count() as u64
}

fn keys(found: &Foreign) -> u64 {
    found.history.operations.iter().map(|o| o.op.key()).collect::<BTreeSet<_>>().len() as u64
}

fn size(found: &Foreign) -> String {
    let operations = found.history.operations.len() as u64;
    format!(
        "{} on {}, {} unknown",
        words::count(operations, "operation", "operations"),
        words::count(keys(found), "key", "keys"),
        words::grouped(unknown(found)),
    )
}

impl Told<'_> {
    /// The exit code.
    pub(crate) fn exit(&self) -> u8 {
        match &self.explained {
            Explained::No(_) => exit::FAIL,
            _ if !self.others.is_empty() => exit::FAIL,
            Explained::Yes => exit::PASS,
            Explained::Unknown(_) => exit::UNKNOWN,
        }
    }

    /// For people.
    pub(crate) fn human(&self, color: bool) -> String {
        let wall = words::wall(self.wall);
        let mut out = match &self.explained {
            Explained::Yes => {
                let label = output::label("PASS", Style::Good, color);
                format!("{label}  linearizable: {}   wall {wall}\n", size(self.found))
            }
            Explained::Unknown(why) => {
                let label = output::label("UNKNOWN", Style::Open, color);
                let hint = match why.contains("not decided") {
                    true => "  hint       raise --check-limit or --check-memory\n",
                    false => "",
                };
                format!("{label}  {why}   wall {wall}\n{hint}")
            }
            Explained::No(proof) => self.failed(proof, color),
        };
        for violation in &self.others {
            let label = output::label("FAIL", Style::Bad, color);
            let _ =
                writeln!(out, "{label}  {}\n\n  {}\n", violation.signature(), violation.message);
        }
        out
    }

    fn failed(&self, proof: &Proof, color: bool) -> String {
        let label = output::label("FAIL", Style::Bad, color);
        let wall = words::wall(self.wall);
        let violation = &proof.violation;
        let mut out = format!("{label}  {}   wall {wall}\n\n", violation.signature());
        let _ = writeln!(out, "  {}.\n", violation.message);
        let listed = listed(proof);
        for operation in listed.iter().filter_map(|id| self.operation(*id)) {
            let _ = writeln!(out, "    {}", line(operation, proof.words));
        }
        let more = proof.part.iter().filter(|id| !listed.contains(id)).count() as u64;
        if more > 0 {
            let more = words::grouped(more);
            let _ = writeln!(out, "    and {more} more");
        }
        if !proof.order.is_empty() {
            let order: Vec<String> = proof
                .order
                .iter()
                .map(|placed| {
                    let held = words::optional(placed.held.as_deref());
                    format!("{} ({held})", text::op_name(placed.id))
                })
                .collect();
            let _ = writeln!(
                out,
                "\n  order      {}: then not {}",
                order.join(", "),
                text::op_name(proof.next)
            );
        }
        let _ = writeln!(
            out,
            "  prefix     {} of {} on key {} can be explained; that of {} is the next",
            words::grouped(proof.explained as u64),
            words::count(proof.answers as u64, "answer", "answers"),
            words::bytes(&proof.key),
            text::op_name(proof.next),
        );
        if self.found.history.initial.is_none() && violation.kind == "value-never-written" {
            out.push_str("  hint       --initial VALUE says what every key holds at first\n");
        }
        out
    }

    fn operation(&self, id: OpId) -> Option<&Operation> {
        self.found.history.operations.iter().find(|operation| operation.id == id)
    }

    /// For programs.
    pub(crate) fn json(&self) -> String {
        let (verdict, reason) = match &self.explained {
            Explained::No(_) => ("fail", None),
            _ if !self.others.is_empty() => ("fail", None),
            Explained::Yes => ("pass", None),
            Explained::Unknown(why) => ("unknown", Some(why)),
        };
        let mut violations = Vec::new();
        if let Explained::No(proof) = &self.explained {
            violations.push(&proof.violation);
        }
        violations.extend(&self.others);
        let violations: Vec<_> = violations
            .iter()
            .map(|violation| {
                json!({
                    "sig": violation.signature(),
                    "check": violation.check,
                    "message": violation.message,
                    "ops": violation.ops.iter().map(|id| text::op_name(*id)).collect::<Vec<_>>(),
                    "core": violation.core,
                })
            })
            .collect();
        let proof = match &self.explained {
            Explained::No(proof) => {
                let order = proof.order.iter().map(|placed| {
                    let held = placed.held.as_deref().map(text::bytes);
                    json!({ "op": text::op_name(placed.id), "held": held })
                });
                json!({
                    "key": text::bytes(&proof.key),
                    "explained": proof.explained,
                    "answers": proof.answers,
                    "next": text::op_name(proof.next),
                    "witnesses": witnesses(proof).map(text::op_name).collect::<Vec<_>>(),
                    "part": proof.part.iter().map(|id| text::op_name(*id)).collect::<Vec<_>>(),
                    "order": order.collect::<Vec<_>>(),
                })
            }
            _ => serde_json::Value::Null,
        };
        let line = json!({
            "type": "check",
            "v": "1.0",
            "squall": crate::VERSION,
            "file": self.path.display().to_string(),
            "format": self.found.format.name(),
            "model": self.found.model.name(),
            "operations": self.found.history.operations.len(),
            "keyed": self.found.keyed,
            "keys": keys(self.found),
            "unknown": unknown(self.found),
            "verdict": verdict,
            "reason": reason,
            "exit": self.exit(),
            "violations": violations,
            "proof": proof,
        });
        format!("{line}\n")
    }
}

/// The operations that contradict the answer of [`Proof::next`].
fn witnesses(proof: &Proof) -> impl Iterator<Item = OpId> {
    proof.claim.witnesses().into_iter().map(|operation| operation.id)
}

/// The operations of a counterexample that are listed, in the order of their invocations. If they
/// are too many: first the one whose answer is wrong and its witnesses, then the latest others.
fn listed(proof: &Proof) -> Vec<OpId> {
    let ops = &proof.violation.ops;
    if ops.len() <= LISTED_MAX {
        return ops.clone();
    }
    let is_named = |id: &OpId| *id == proof.next || witnesses(proof).any(|named| named == *id);
    let (mut listed, others): (Vec<OpId>, Vec<OpId>) = ops.iter().copied().partition(is_named);
    let left_out = others.len().saturating_sub(LISTED_MAX.saturating_sub(listed.len()));
    listed.extend(&others[left_out..]);
    listed
}

/// `c3.4  put x=7   invoked 1.395s  ok 1.433s`.
fn line(operation: &Operation, vocabulary: Vocabulary) -> String {
    let asked = vocabulary.asked(operation);
    let at = |at: u64| match at {
        at if at & UNTIMED != 0 => format!("#{}", at & !UNTIMED),
        at => text::time(at),
    };
    let invoked = at(operation.invoked_at);
    let end = match &operation.outcome {
        Outcome::Ok { output, .. } => {
            let answer = match output {
                system::Output::Value(value) => {
                    format!(" -> {}", words::optional(value.as_deref()))
                }
                system::Output::Swapped(true) if vocabulary == Vocabulary::Lock => String::new(),
                system::Output::Swapped(swapped) => format!(" -> {swapped}"),
                system::Output::Done => String::new(),
            };
            format!("ok {}{answer}", at(operation.returned_at))
        }
        Outcome::Failed(_) => "failed".to_owned(),
        Outcome::Unknown(_) => "unknown".to_owned(),
    };
    format!("{:<6} {asked:<20} invoked {invoked}  {end}", text::op_name(operation.id))
}
