//! How each format writes a history, and what its lines mean.
//!
//! | dialect | a refused call | a comparison that found another value | a read of `nil` |
//! |---|---|---|---|
//! | history lines | did not happen | an answer: `false` | the key is absent |
//! | Jepsen's EDN | did not happen | is a refused call | nothing is known, or absence |
//! | Jepsen's log | is not known | `:fail :cas` | the key is absent |
//! | Porcupine's lines | did not happen | there are none | the key holds "" |
//! | Porcupine's JSON | is left out | an answer: `false` | the key is absent |

use std::fmt::Write as _;

use crate::object::{Answer, Call, State};
use crate::order::Event;
use crate::record::{End, Luck, Record};

/// Where Jepsen's EDN has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// There is only one.
    None,
    /// In `:key`.
    Field,
    /// In front of the value.
    Pair,
}

/// A format, with what can differ within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Lines { has_header: bool, is_timed: bool },
    Edn { keys: Keys, is_vector: bool, nil_is_absence: bool, is_timed: bool },
    Log,
    KvLines,
    Json,
}

const KEYS: [&str; 3] = ["a", "b", "c"];

/// An invocation or an end.
struct Line<'a> {
    record: &'a Record,
    ends: bool,
    place: usize,
}

fn lines(records: &[Record]) -> Vec<Line<'_>> {
    let begin = records.iter().map(|record| Line { record, ends: false, place: record.invoked });
    let ended = records.iter().filter(|record| record.ended != usize::MAX);
    let end = ended.map(|record| Line { record, ends: true, place: record.ended });
    let mut lines: Vec<Line<'_>> = begin.chain(end).collect();
    lines.sort_by_key(|line| line.place);
    lines
}

/// `"a"`, in EDN and in JSON.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

impl Dialect {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dialect::Lines { .. } => "history lines",
            Dialect::Edn { keys: Keys::None, .. } => "EDN of one object",
            Dialect::Edn { keys: Keys::Field, .. } => "EDN with keys",
            Dialect::Edn { keys: Keys::Pair, .. } => "EDN of pairs",
            Dialect::Log => "log",
            Dialect::KvLines => "key-value lines",
            Dialect::Json => "JSON",
        }
    }

    /// Whether a comparison that found another value has an answer of its own.
    pub(crate) fn tells_mismatch(self) -> bool {
        !matches!(self, Dialect::Edn { .. })
    }

    /// What a record means in this dialect; `None` if it is no part of the history.
    pub(crate) fn event(self, record: &Record) -> Option<Event> {
        let says_nothing = match self {
            Dialect::Edn { nil_is_absence: false, .. } => {
                record.end == End::Answered(Answer::Found(None))
            }
            _ => false,
        };
        let returned = match &record.end {
            End::Answered(_) if says_nothing => None,
            End::Answered(answer) => Some((record.ended, answer.clone())),
            End::Refused if self == Dialect::Log => None,
            End::Refused => return None,
            End::GaveUp | End::Open => None,
        };
        Some(Event { call: record.call.clone(), invoked: record.invoked, returned })
    }

    /// The history as a file of this format.
    pub(crate) fn text(self, records: &[Record], initial: &State, luck: &mut Luck) -> String {
        match self {
            Dialect::Lines { has_header, is_timed } => {
                history_lines(records, initial, has_header, is_timed)
            }
            Dialect::Edn { keys, is_vector, nil_is_absence, is_timed } => {
                let lines = lines(records);
                let maps = lines.iter().map(|line| edn(line, keys, is_timed, initial));
                let maps: Vec<String> = maps.collect();
                let first = if nil_is_absence { "; squall: nil is absence\n" } else { "" };
                let text = maps.join("\n");
                if is_vector { format!("{first}[{text}]\n") } else { format!("{first}{text}\n") }
            }
            Dialect::Log => lines(records).iter().map(|line| log(line, luck)).collect(),
            Dialect::KvLines => lines(records).iter().map(kv).collect(),
            Dialect::Json => {
                let happened = records.iter().filter(|record| record.end != End::Refused);
                let items: Vec<String> = happened.map(|record| json(record, luck)).collect();
                format!("[{}]\n", items.join(",\n "))
            }
        }
    }
}

fn history_lines(records: &[Record], initial: &State, has_header: bool, is_timed: bool) -> String {
    let mut text = String::new();
    if has_header {
        let initial = match initial {
            State::Value(value) => quoted(value),
            _ => "null".to_owned(),
        };
        text = format!("{{\"squall\":\"history\",\"v\":\"1.0\",\"initial\":{initial}}}\n");
    }
    for Line { record, ends, place } in lines(records) {
        let time = if is_timed { format!("\"t\":{},", place * 1000) } else { String::new() };
        let kind = match &record.end {
            _ if !ends => "invoke",
            End::Answered(_) => "ok",
            End::Refused => "fail",
            End::GaveUp | End::Open => "info",
        };
        let id = format!("c{}.{}", record.process, record.invoked);
        let _ = write!(text, "{{{time}\"k\":\"op.{kind}\",\"op\":\"{id}\"");
        let key = KEYS[record.key];
        let _ = match (&record.call, &record.end) {
            (Call::Read, _) if !ends => write!(text, ",\"f\":\"get\",\"key\":\"{key}\""),
            (Call::Delete, _) if !ends => write!(text, ",\"f\":\"delete\",\"key\":\"{key}\""),
            (Call::Write(value), _) if !ends => {
                write!(text, ",\"f\":\"put\",\"key\":\"{key}\",\"in\":\"{value}\"")
            }
            (Call::Append(value), _) if !ends => {
                write!(text, ",\"f\":\"append\",\"key\":\"{key}\",\"in\":\"{value}\"")
            }
            (Call::Cas(from, to), _) if !ends => {
                let from = from.as_deref().map_or("null".to_owned(), quoted);
                write!(text, ",\"f\":\"cas\",\"key\":\"{key}\",\"expect\":{from},\"in\":\"{to}\"")
            }
            (_, End::Answered(Answer::Found(found))) => {
                let found = found.as_deref().map_or("null".to_owned(), quoted);
                write!(text, ",\"out\":{found}")
            }
            (_, End::Answered(Answer::Swapped(swapped))) => write!(text, ",\"out\":{swapped}"),
            _ => Ok(()),
        };
        text.push_str("}\n");
    }
    text
}

/// A map of Jepsen's history. Numbers are written as numbers.
fn edn(line: &Line<'_>, keys: Keys, is_timed: bool, initial: &State) -> String {
    let Line { record, ends, place } = line;
    let of = |value: &str| match value.parse::<u64>() {
        Ok(_) => value.to_owned(),
        Err(_) => quoted(value),
    };
    let optional = |value: &Option<String>| value.as_deref().map_or("nil".to_owned(), of);
    let f = match record.call {
        Call::Read => "read",
        Call::Write(_) => "write",
        Call::Append(_) => "append",
        Call::Delete => "delete",
        Call::Cas(..) => "cas",
        Call::Acquire => "acquire",
        Call::Release => "release",
    };
    let value = match (&record.call, &record.end) {
        (Call::Read, End::Answered(Answer::Found(found))) if *ends => optional(found),
        (Call::Write(value) | Call::Append(value), _) => of(value),
        (Call::Cas(from, to), _) => format!("[{} {}]", optional(from), of(to)),
        _ => "nil".to_owned(),
    };
    let (key, value) = match keys {
        Keys::None => (String::new(), value),
        Keys::Field => (format!(", :key \"{}\"", KEYS[record.key]), value),
        Keys::Pair => (String::new(), format!("[\"{}\" {value}]", KEYS[record.key])),
    };
    let kind = match record.end {
        _ if !ends => "invoke",
        End::Answered(_) => "ok",
        End::Refused => "fail",
        End::GaveUp | End::Open => "info",
    };
    let time = if is_timed { format!(", :time {}", place * 1000) } else { String::new() };
    let is_lock = matches!(initial, State::Free | State::Held) && keys == Keys::None;
    let value = if is_lock { String::new() } else { format!(", :value {value}") };
    format!(
        "{{:index {place}, :type :{kind}, :process {}, :f :{f}{key}{value}{time}}}",
        record.process
    )
}

fn log(line: &Line<'_>, luck: &mut Luck) -> String {
    let record = line.record;
    let (f, value) = match &record.call {
        Call::Read => ("read", "nil".to_owned()),
        Call::Write(value) => ("write", value.clone()),
        Call::Cas(from, to) => ("cas", format!("[{} {to}]", from.as_deref().unwrap_or("0"))),
        other => panic!("the log has no {other:?}"),
    };
    let (kind, value) = match &record.end {
        _ if !line.ends => ("invoke", value),
        End::Answered(Answer::Found(found)) => ("ok", found.clone().unwrap_or("nil".to_owned())),
        End::Answered(Answer::Swapped(false)) => ("fail", value),
        End::Answered(_) => ("ok", value),
        _ => match record.call {
            Call::Read if luck.once_in(2) => ("fail", "nil".to_owned()),
            Call::Read | Call::Cas(..) if luck.once_in(2) => ("fail", ":timed-out".to_owned()),
            _ => ("info", ":timed-out".to_owned()),
        },
    };
    format!("INFO  jepsen.util - {}\t:{kind}\t:{f}\t{value}\n", record.process)
}

/// A line of Porcupine's key-value tests.
fn kv(line: &Line<'_>) -> String {
    let record = line.record;
    let (f, value) = match &record.call {
        Call::Read => ("get", "nil".to_owned()),
        Call::Write(value) => ("put", quoted(value)),
        Call::Append(value) => ("append", quoted(value)),
        other => panic!("Porcupine's lines have no {other:?}"),
    };
    let (kind, value) = match &record.end {
        _ if !line.ends => ("invoke", value),
        End::Answered(Answer::Found(found)) => ("ok", quoted(found.as_deref().unwrap_or(""))),
        End::Answered(_) => ("ok", value),
        End::Refused => ("fail", value),
        End::GaveUp | End::Open => ("info", value),
    };
    let (process, key) = (record.process, KEYS[record.key]);
    format!("{{:process {process}, :type :{kind}, :f :{f}, :key \"{key}\", :value {value}}}\n")
}

fn json(record: &Record, luck: &mut Luck) -> String {
    let op = match &record.call {
        Call::Read => "\"Op\":\"get\"".to_owned(),
        Call::Delete => "\"Op\":\"delete\"".to_owned(),
        Call::Write(value) => format!("\"Op\":\"put\",\"Value\":\"{value}\""),
        Call::Append(value) => format!("\"Op\":\"append\",\"Value\":\"{value}\""),
        Call::Cas(from, to) => {
            let from = from.as_deref().map_or("null".to_owned(), quoted);
            format!("\"Op\":\"cas\",\"Expect\":{from},\"Value\":\"{to}\"")
        }
        other => panic!("Porcupine's JSON has no {other:?}"),
    };
    let (output, end) = match &record.end {
        End::Answered(Answer::Found(found)) => {
            let found = found.as_deref().map_or("null".to_owned(), quoted);
            (format!("{{\"Value\":{found}}}"), record.ended)
        }
        End::Answered(Answer::Swapped(swapped)) => {
            (format!("{{\"Swapped\":{swapped}}}"), record.ended)
        }
        End::Answered(Answer::Done) => ("{}".to_owned(), record.ended),
        _ => ("null".to_owned(), record.invoked + luck.below(20)),
    };
    let (process, key, call) = (record.process, KEYS[record.key], record.invoked);
    format!(
        "{{\"ClientId\":{process},\"Input\":{{{op},\"Key\":\"{key}\"}},\"Call\":{call},\
         \"Output\":{output},\"Return\":{end}}}"
    )
}
