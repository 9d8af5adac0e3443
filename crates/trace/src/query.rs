//! Which events does a person want to see? `node:n1 type:Append -type:AppendResp term:>=2
//! t:1.2s..1.5s "text"`: every term must hold, and a term with a minus must not.
//!
//! | Term | An event matches if |
//! |---|---|
//! | `node:n1` | it is about the node, as sender or receiver too |
//! | `client:c2` | it is about the client |
//! | `op:c2.4` | it is about the operation, or a violation names it |
//! | `msg:n1>n3#88` | it is about the message |
//! | `fault:f1` | the fault is behind it |
//! | `k:raft.role`, `k:raft` | its kind is this, or of this family |
//! | `type:Append` | it is about a message of exactly this type |
//! | `term:2`, `index:>=9`, `seq:1..5` | it has the number, and the number is in the range |
//! | `t:1.2s..1.5s`, `t:>1s` | it happened then; both ends belong to the range |
//! | `word`, `"some text"` | its line for people contains the text, whatever the case |

use std::fmt;

use system::{MessageKind, Nanos};

use crate::about::{fault_of, index_of, message_of, node_of, op_of, term_of, type_of};
use crate::event::{Event, Kind, MessageId, OpId};
use crate::line::{kind_name, parse_message, parse_op, parse_tagged};
use crate::text::event_line;
use crate::trace_schema::KINDS;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryProblem {
    /// Where the term begins, in bytes from the start of the query.
    pub at: usize,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for QueryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter, column {}: {}", self.at + 1, self.message)
    }
}

impl std::error::Error for QueryProblem {}

/// A filter of events. The empty one matches every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    wanted: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Node(u64),
    Client(u64),
    Op(OpId),
    Message(MessageId),
    Fault(u64),
    Kind(String),
    Type(MessageKind),
    Number(Number, Range),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Term,
    Index,
    Seq,
    Time,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    from: u64,
    to: u64,
}

impl Query {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// The first term that cannot be understood.
    pub fn parse(text: &str) -> Result<Query, QueryProblem> {
        let mut terms = Vec::new();
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()) {
            let start = at + start;
            let (word, end) = next_word(text, start)?;
            at = end;
            let (wanted, word) = match word.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (false, rest),
                _ => (true, word),
            };
            let test = test(word).map_err(|message| QueryProblem { at: start, message })?;
            terms.push(Term { wanted, test });
        }
        Ok(Query { terms })
    }

    /// Whether an event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.terms.iter().all(|term| term.test.holds(event) == term.wanted)
    }
}

/// The word at `start`, with spaces where they stand in quotes, and where it ends.
fn next_word(text: &str, start: usize) -> Result<(&str, usize), QueryProblem> {
    let mut quoted = false;
    for (offset, c) in text[start..].char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if c.is_whitespace() && !quoted {
            return Ok((&text[start..start + offset], start + offset));
        }
    }
    if quoted {
        return Err(QueryProblem { at: start, message: "a quote is not closed".into() });
    }
    Ok((&text[start..], text.len()))
}

/// A kind of event, or a family of kinds.
fn kind(value: &str) -> Result<Test, String> {
    let names = || KINDS.iter().map(|(name, _)| *name);
    let is_in = |name: &str| {
        let rest = name.strip_prefix(value);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if names().any(is_in) {
        return Ok(Test::Kind(value.into()));
    }
    let all: Vec<&str> = names().collect();
    let near = crate::nearest(value, &all);
    let near = near.map_or(String::new(), |near| format!(", perhaps `{near}`"));
    Err(format!("`{value}` is no kind of event{near}; there are {}", all.join(", ")))
}

fn test(word: &str) -> Result<Test, String> {
    let expected = |what: &str| format!("`{word}` should be {what}");
    let Some((key, value)) = word.split_once(':').filter(|_| !word.starts_with('"')) else {
        let text = word.replace('"', "");
        return Ok(Test::Text(text.to_lowercase()));
    };
    let range = |scale: fn(&str) -> Option<u64>| Range::parse(value, scale);
    match key {
        "node" => parse_tagged(value, 'n').map(Test::Node).ok_or(expected("like node:n1")),
        "client" => parse_tagged(value, 'c').map(Test::Client).ok_or(expected("like client:c2")),
        "op" => parse_op(value).map(Test::Op).ok_or(expected("like op:c2.4")),
        "msg" => parse_message(value).map(Test::Message).ok_or(expected("like msg:n1>n3#88")),
        "fault" => parse_tagged(value, 'f').map(Test::Fault).ok_or(expected("like fault:f1")),
        "k" => kind(value),
        "type" => message_type(value),
        "term" | "index" | "seq" => {
            let number = match key {
                "term" => Number::Term,
                "index" => Number::Index,
                _ => Number::Seq,
            };
            let range = range(|text| text.parse().ok());
            let range = range.ok_or(expected("a number, a range a..b, or >, >=, <, <= and one"))?;
            Ok(Test::Number(number, range))
        }
        "t" => {
            let range = range(duration);
            let range = range.ok_or(expected("like t:1.2s..1.5s, t:>=20ms or t:1.5s"))?;
            Ok(Test::Number(Number::Time, range))
        }
        _ => Err(format!(
            "there is no key `{key}`; keys are node, client, op, msg, fault, k, type, term, index, \
             seq and t, and \"text in quotes\" searches"
        )),
    }
}

fn message_type(value: &str) -> Result<Test, String> {
    let found = MessageKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(value));
    found.map(Test::Type).ok_or_else(|| {
        let names: Vec<&str> = MessageKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("there is no type of message `{value}`; types are {}", names.join(", "))
    })
}

impl Range {
    fn parse(text: &str, value: fn(&str) -> Option<u64>) -> Option<Range> {
        if let Some(low) = text.strip_prefix(">=") {
            return Some(Range { from: value(low)?, to: u64::MAX });
        }
        if let Some(high) = text.strip_prefix("<=") {
            return Some(Range { from: 0, to: value(high)? });
        }
        if let Some(low) = text.strip_prefix('>') {
            return Some(Range { from: value(low)?.checked_add(1)?, to: u64::MAX });
        }
        if let Some(high) = text.strip_prefix('<') {
            return Some(Range { from: 0, to: value(high)?.checked_sub(1)? });
        }
        if let Some((low, high)) = text.split_once("..") {
            let from = if low.is_empty() { 0 } else { value(low)? };
            let to = if high.is_empty() { u64::MAX } else { value(high)? };
            return Some(Range { from, to });
        }
        let exact = value(text)?;
        Some(Range { from: exact, to: exact })
    }

    fn holds(self, value: Option<u64>) -> bool {
        value.is_some_and(|value| (self.from..=self.to).contains(&value))
    }
}

/// `1.5s`, `20ms`, `3us`, `7ns`, `2m`, read exactly. A number without a unit is
/// none: nobody means nanoseconds by it.
#[must_use]
pub fn duration(text: &str) -> Option<Nanos> {
    const UNITS: [(&str, u64); 5] =
        [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000)];
    let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
    let (unit, scale) = *unit?;
    let digits = &text[..text.len() - unit.len()];
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > 12 {
        return None;
    }
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = fraction * u128::from(scale) / divisor;
    whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(u64::try_from(part).ok()?)
}

impl Test {
    fn holds(&self, event: &Event) -> bool {
        let kind = &event.kind;
        match self {
            Test::Node(id) => has_node(kind, *id),
            Test::Client(id) => op_of(kind).is_some_and(|op| op.client == *id),
            Test::Op(id) => match kind {
                Kind::Violation(violation) => violation.ops.contains(id),
                _ => op_of(kind) == Some(*id),
            },
            Test::Message(id) => message_of(kind) == Some(*id),
            Test::Fault(id) => fault_of(kind).is_some_and(|fault| u64::from(fault) == *id),
            Test::Kind(name) => {
                let rest = kind_name(kind).strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            Test::Type(kind) => type_of(&event.kind) == Some(*kind),
            Test::Number(Number::Seq, range) => range.holds(Some(event.seq)),
            Test::Number(Number::Time, range) => range.holds(Some(event.at)),
            Test::Number(Number::Term, range) => range.holds(term_of(kind)),
            Test::Number(Number::Index, range) => range.holds(index_of(kind)),
            Test::Text(text) => event_line(event).to_lowercase().contains(text.as_str()),
        }
    }
}

fn has_node(kind: &Kind, id: u64) -> bool {
    match kind {
        Kind::Attempt { to, .. } => *to == id,
        Kind::Return { node, .. } => *node == id,
        Kind::Violation(violation) => violation.nodes.contains(&id),
        Kind::AdminInvoke { admin, .. } => admin.nodes().contains(id),
        _ => match message_of(kind) {
            Some(message) => message.from == id || message.to == id,
            None => node_of(kind) == Some(id),
        },
    }
}

#[cfg(test)]
mod tests;
