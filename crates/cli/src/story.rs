//! What a person wants to know of a failed run: the operations and faults around it, with the
//! role that each answering node had at that moment. Collected while the run goes.

use std::collections::BTreeMap;

use system::{Nanos, NodeId, Note, Op, Output, ReadPath, Role};
use trace::{Event, Kind, OpId, Outcome, Violation};

use crate::words;

/// Lines of operations and of faults that a report shows at most.
const LINES_MAX: usize = 5;

/// How exactly the time of an event is remembered.
const CLOCK_STEP: Nanos = 1_000_000;

/// Operations, faults and roles, as the events tell.
#[derive(Debug, Default)]
pub(crate) struct Story {
    ops: BTreeMap<OpId, Told>,
    faults: Vec<Struck>,
    roles: BTreeMap<NodeId, (Role, u64)>,
    /// At which event time had gone on by [`CLOCK_STEP`]: numbers of events as times.
    clock: Vec<(u64, Nanos)>,
}

/// What is known of an operation.
#[derive(Debug)]
struct Told {
    op: Op,
    invoked: Nanos,
    end: Option<End>,
}

/// How an operation ended.
#[derive(Debug)]
struct End {
    at: Nanos,
    outcome: Outcome,
    /// Who answered; 0 for nobody.
    node: NodeId,
    /// What that node was, and in which term.
    role: Option<(Role, u64)>,
}

/// A fault that struck.
#[derive(Debug)]
struct Struck {
    number: u32,
    name: &'static str,
    detail: Box<str>,
    from: Nanos,
    to: Option<Nanos>,
}

impl Story {
    /// Takes in the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        if self.clock.last().is_none_or(|(_, last)| event.at >= last + CLOCK_STEP) {
            self.clock.push((event.seq, event.at));
        }
        match &event.kind {
            Kind::Note { node, note: Note::Role { role, term, .. } } => {
                self.roles.insert(*node, (*role, *term));
            }
            Kind::Crash { node, .. } | Kind::Halt { node, .. } => {
                self.roles.remove(node);
            }
            Kind::Invoke { id, op } => {
                let told = Told { op: (**op).clone(), invoked: event.at, end: None };
                self.ops.insert(*id, told);
            }
            Kind::Return { id, outcome, node } => {
                let role = self.roles.get(node).copied();
                if let Some(told) = self.ops.get_mut(id) {
                    let outcome = (**outcome).clone();
                    told.end = Some(End { at: event.at, outcome, node: *node, role });
                }
            }
            Kind::FaultStart { fault, name, detail } => self.faults.push(Struck {
                number: *fault,
                name,
                detail: detail.clone(),
                from: event.at,
                to: None,
            }),
            Kind::FaultEnd { fault, .. } => {
                for struck in self.faults.iter_mut().filter(|struck| struck.number == *fault) {
                    struck.to.get_or_insert(event.at);
                }
            }
            _ => {}
        }
    }

    /// The operations concerned, one line each, in the order of their invocations. If they are
    /// too many: those that the sentence names, and then the latest others.
    pub(crate) fn ops(&self, violation: &Violation) -> Vec<String> {
        let mut told: Vec<(OpId, &Told)> = violation
            .ops
            .iter()
            .filter_map(|id| self.ops.get(id).map(|told| (*id, told)))
            .collect();
        told.sort_by_key(|(id, told)| (told.invoked, *id));
        let mut hidden = 0;
        if told.len() > LINES_MAX {
            let is_named = |(id, _): &(OpId, &Told)| names(&violation.message, *id);
            let (named, others): (Vec<_>, Vec<_>) = told.into_iter().partition(is_named);
            hidden = others.len().saturating_sub(LINES_MAX.saturating_sub(named.len()));
            told = named.into_iter().chain(others.into_iter().skip(hidden)).collect();
        }
        let mut lines: Vec<String> = told.iter().map(|(id, told)| line(*id, told)).collect();
        if hidden > 0 {
            lines.push(format!("and {hidden} more"));
        }
        lines
    }

    /// The faults that struck before the violation, the last ones of them.
    pub(crate) fn faults(&self, before: Nanos) -> Vec<String> {
        let struck: Vec<&Struck> = self.faults.iter().filter(|f| f.from <= before).collect();
        let hidden = struck.len().saturating_sub(LINES_MAX);
        let mut lines = Vec::new();
        if hidden > 0 {
            lines.push(format!("{hidden} earlier ones, then"));
        }
        lines.extend(struck[hidden..].iter().map(|struck| {
            let until = struck.to.map_or(String::new(), |to| format!("-{}", trace::text::time(to)));
            let from = trace::text::time(struck.from);
            let detail = words::cut(&struck.detail, 60);
            format!("f{} {} {detail} {from}{until}", struck.number, struck.name)
        }));
        lines
    }

    /// When a violation was complete: its operations over, or the events that prove it past. What
    /// struck later is not part of the tale. Of one without either, the end of the run.
    pub(crate) fn moment(&self, violation: &Violation, end: Nanos) -> Nanos {
        let ends = violation.ops.iter().filter_map(|id| self.ops.get(id)?.end.as_ref());
        let proven = violation.core.iter().max().map(|&seq| self.time_of(seq));
        ends.map(|end| end.at).max().or(proven).unwrap_or(end)
    }

    /// When an event happened, to a millisecond.
    fn time_of(&self, seq: u64) -> Nanos {
        let behind = self.clock.partition_point(|(first, _)| *first <= seq);
        self.clock[..behind].last().map_or(0, |(_, at)| *at)
    }
}

/// Whether a sentence has the name of an operation in it.
fn names(sentence: &str, id: OpId) -> bool {
    let name = trace::text::op_name(id);
    let words = sentence.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words.map(|word| word.trim_end_matches('.')).any(|word| word == name)
}

fn line(id: OpId, told: &Told) -> String {
    let begin = format!(
        "c{}.{}  {:<24}  invoked {}",
        id.client,
        id.number,
        op(&told.op),
        trace::text::time(told.invoked)
    );
    let Some(End { at, outcome, node, role }) = &told.end else {
        return format!("{begin}  never returned");
    };
    let at = trace::text::time(*at);
    let who = match (node, role) {
        (0, _) => String::new(),
        (node, Some((role, term))) => {
            format!("  by n{node}, {} of term {term}", words::role(*role))
        }
        (node, None) => format!("  by n{node}"),
    };
    match outcome {
        Outcome::Ok { output, path, .. } => {
            format!("{begin}  ok {at}{}{who}{}", answer(output), served(*path))
        }
        Outcome::Failed(why) => format!("{begin}  failed {at} ({why}){who}"),
        Outcome::Unknown(why) => format!("{begin}  unknown {at} ({why})"),
    }
}

fn op(op: &Op) -> String {
    let key = words::bytes(op.key());
    match op {
        Op::Get { .. } | Op::Delete { .. } => format!("{} {key}", op.name()),
        Op::Put { value, .. } | Op::Append { value, .. } => {
            format!("{} {key} {}", op.name(), words::bytes(value))
        }
        Op::Cas { expect, value, .. } => {
            format!("cas {key} {} -> {}", words::optional(expect.as_deref()), words::bytes(value))
        }
    }
}

fn answer(output: &Output) -> String {
    match output {
        Output::Value(value) => format!(" -> {}", words::optional(value.as_deref())),
        Output::Done => String::new(),
        Output::Swapped(swapped) => format!(" -> {swapped}"),
    }
}

fn served(path: ReadPath) -> &'static str {
    match path {
        ReadPath::Log => "",
        ReadPath::Session => ", from its session",
        ReadPath::ReadIndex => ", by read index",
        ReadPath::FollowerReadIndex => ", by a follower's read index",
        ReadPath::Lease => ", by lease",
        ReadPath::Local => ", from its own map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_operations_those_that_the_sentence_names_are_told() {
        let mut story = Story::default();
        let id = |number| OpId { client: 1, number };
        for number in 1..20 {
            let op = Box::new(Op::Get { key: "x".into() });
            let kind = Kind::Invoke { id: id(number), op };
            story.observe(&Event { at: number * CLOCK_STEP, seq: number, cause: 0, kind });
        }
        let violation = Violation {
            check: "linearizable",
            kind: "stale-read".into(),
            message: "c1.3 read x and got 1 at 9s, but c1.12's put x=2 had completed".into(),
            ops: (1..20).map(id).collect(),
            nodes: Vec::new(),
            core: Vec::new(),
        };
        let lines = story.ops(&violation);
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, ["c1.3", "c1.12", "c1.17", "c1.18", "c1.19", "and"]);
        assert_eq!(lines[5], "and 14 more");
    }

    #[test]
    fn a_violation_without_operations_has_the_time_of_its_proof() {
        let mut story = Story::default();
        for (seq, at) in [(1, 0), (2, 400), (3, 2 * CLOCK_STEP), (9, 7 * CLOCK_STEP)] {
            story.observe(&Event { at, seq, cause: 0, kind: Kind::Phase { name: "storm" } });
        }
        let mut violation = Violation {
            check: "vote-kept",
            kind: "forgotten".into(),
            message: String::new(),
            ops: Vec::new(),
            nodes: Vec::new(),
            core: vec![5, 2],
        };
        assert_eq!(story.moment(&violation, 99), 2 * CLOCK_STEP);
        violation.core = vec![9];
        assert_eq!(story.moment(&violation, 99), 7 * CLOCK_STEP);
        violation.core.clear();
        assert_eq!(story.moment(&violation, 99), 99);
    }
}
