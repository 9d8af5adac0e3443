//! Jepsen's histories in EDN: maps with `:process`, `:type`, `:f` and `:value`.
//!
//! * Keys stand in `:key`, or in front of each value as Jepsen's independent checker has it:
//!   `:value [key value]`.
//! * `:fail` did not happen. `:info`, and what never returns, may have.
//! * A read of `nil` says nothing, as in Knossos, unless the file says that `nil` is absence: see
//!   [`NIL_IS_ABSENCE`].
//! * A lock is a value that `acquire` and `release` compare and set.

use std::collections::BTreeSet;

use bytes::Bytes;
use system::{Key, Op, Output, Value};

use super::edn::{Form, Reader};
use super::events::{Events, Said};
use super::{Foreign, Format, HistoryProblem, Known, Model, lock};

/// A comment by which an exported file says that a read of `nil` found nothing.
pub(super) const NIL_IS_ABSENCE: &str = "; squall: nil is absence";

/// How the values of a file are meant.
struct Meaning {
    /// Whether a read of `nil` says that the key is absent.
    nil_is_absence: bool,
    /// Whether values are pairs of a key and a value.
    independent: bool,
    model: Option<Model>,
    /// What was asked, for the guess of the model.
    asked: BTreeSet<&'static str>,
    keyed: bool,
}

/// Reads a history.
pub(super) fn read(text: &str, known: &Known, format: Format) -> Result<Foreign, HistoryProblem> {
    let forms = forms(text)?;
    if forms.is_empty() && known.model.is_none() {
        return Err(HistoryProblem::new(0, "there is no operation in this history"));
    }
    let mut meaning = Meaning {
        nil_is_absence: text.starts_with(NIL_IS_ABSENCE) || format == Format::PorcupineKv,
        independent: is_independent(&forms),
        model: known.model,
        asked: BTreeSet::new(),
        keyed: false,
    };
    let mut events = Events::default();
    for (line, form) in &forms {
        let wrong = |message: String| HistoryProblem::new(*line, message);
        let Some(process) = process(form).map_err(wrong)? else { continue };
        let at = time(form).map_err(wrong)?;
        let said = meaning.said(form, events.open(process)).map_err(wrong)?;
        events.take(*line, process, at, said)?;
    }
    let model = meaning.model();
    let initial = match (&known.initial, format) {
        (Some(initial), _) => Some(Bytes::from(initial.clone())),
        (None, _) if model == Model::Mutex => Some(Bytes::from_static(lock::FREE)),
        (None, Format::PorcupineKv) => Some(Bytes::new()),
        (None, _) => None,
    };
    let (history, timed) = events.finish(initial);
    Ok(Foreign { history, format, model, timed })
}

/// The maps of a history, each with its line: in one vector or list, or one after another.
fn forms(text: &str) -> Result<Vec<(u64, Form)>, HistoryProblem> {
    let mut reader = Reader::new(text);
    let end = match reader.peek()? {
        Some('[') => Some(']'),
        Some('(') => Some(')'),
        _ => None,
    };
    if let Some(end) = end {
        reader.passes(if end == ']' { '[' } else { '(' })?;
    }
    let mut forms = Vec::new();
    loop {
        reader.peek()?;
        let line = reader.line();
        let Some(form) = reader.form()? else { break };
        if !matches!(form, Form::Map(_)) {
            return Err(HistoryProblem::new(
                line,
                format!("expected a map, found {}", short(&form)),
            ));
        }
        forms.push((line, form));
    }
    if let Some(end) = end
        && !reader.passes(end)?
    {
        return Err(HistoryProblem::new(reader.line(), format!("`{end}` is missing at the end")));
    }
    match reader.peek()? {
        None => Ok(forms),
        Some(c) => Err(HistoryProblem::new(reader.line(), format!("`{c}` stands behind the end"))),
    }
}

/// Whether every read is of a pair: then all values are pairs of a key and a value.
fn is_independent(forms: &[(u64, Form)]) -> bool {
    let reads = |form: &&(u64, Form)| matches!(form.1.get("f"), Some(Form::Keyword(f)) if matches!(f.as_str(), "read" | "get"));
    let is_pair = |(_, form): &(u64, Form)| matches!(form.get("value"), Some(Form::List(items)) if items.len() == 2);
    let mut reads = forms.iter().filter(reads).peekable();
    reads.peek().is_some() && reads.all(is_pair)
}

fn short(form: &Form) -> String {
    let text = form.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text,
    }
}

fn number(form: &Form, name: &str) -> Result<u64, String> {
    match form {
        Form::Word(word) => word.parse().map_err(|_| format!("`{name}` is no number: {word}")),
        other => Err(format!("`{name}` is no number: {}", short(other))),
    }
}

/// Who; `None` for the nemesis and the like.
fn process(form: &Form) -> Result<Option<u64>, String> {
    match form.get("process") {
        Some(Form::Keyword(_)) => Ok(None),
        Some(process) => number(process, ":process").map(Some),
        None => Err("`:process` is missing".to_owned()),
    }
}

fn time(form: &Form) -> Result<Option<u64>, String> {
    form.get("time").map(|time| number(time, ":time")).transpose()
}

/// What a form is as a value; `None` for `nil`.
fn value(form: &Form) -> Option<Value> {
    match form {
        Form::Nil => None,
        Form::Text(text) => Some(Bytes::from(text.clone())),
        other => Some(Bytes::from(other.to_string())),
    }
}

impl Meaning {
    fn said(&mut self, form: &Form, open: Option<&Op>) -> Result<Said, String> {
        let kind = match form.get("type") {
            Some(Form::Keyword(kind)) => kind.as_str(),
            _ => return Err("`:type` is missing, or no keyword".to_owned()),
        };
        let f = match form.get("f") {
            Some(Form::Keyword(f)) => f.as_str(),
            _ => return Err("`:f` is missing, or no keyword".to_owned()),
        };
        match kind {
            "invoke" => self.invoke(f, form).map(Said::Invoke),
            "fail" => Ok(Said::Fail),
            "info" => Ok(Said::Info),
            "ok" => self.answer(f, form, open),
            other => Err(format!("`:type` is invoke, ok, fail or info, found :{other}")),
        }
    }

    /// The key and the value of a form.
    fn parts<'a>(&self, form: &'a Form) -> Result<(Key, &'a Form), String> {
        let value = form.get("value").unwrap_or(&Form::Nil);
        if let Some(key) = form.get("key") {
            let key = self::value(key).ok_or("`:key` is nil")?;
            return Ok((key, value));
        }
        match value {
            Form::List(items) if self.independent => match items.as_slice() {
                [key, inner] => {
                    let key = self::value(key).ok_or("the key in `:value` is nil")?;
                    Ok((key, inner))
                }
                _ => Err(format!("`:value` is no pair of key and value: {}", short(value))),
            },
            _ if self.independent => {
                Err(format!("`:value` is no pair of key and value: {}", short(value)))
            }
            value => Ok((Bytes::from_static(lock::ONLY_KEY), value)),
        }
    }

    fn invoke(&mut self, f: &str, form: &Form) -> Result<Op, String> {
        let (key, inner) = self.parts(form)?;
        self.keyed |= self.independent || form.get("key").is_some();
        let written = || value(inner).ok_or_else(|| format!("`:{f}` of nil writes nothing"));
        let (name, op) = match f {
            "read" | "get" => ("read", Op::Get { key }),
            "write" | "put" => ("write", Op::Put { key, value: written()? }),
            "append" => ("append", Op::Append { key, value: written()? }),
            "delete" => ("delete", Op::Delete { key }),
            "cas" => {
                let Form::List(items) = inner else {
                    return Err(format!("`:cas` is of [from to], found {}", short(inner)));
                };
                let [from, to] = items.as_slice() else {
                    return Err(format!("`:cas` is of [from to], found {}", short(inner)));
                };
                let to = value(to).ok_or("`:cas` to nil is not known")?;
                ("cas", Op::Cas { key, expect: value(from), value: to })
            }
            "acquire" => ("acquire", lock::acquire(key)),
            "release" => ("release", lock::release(key)),
            other => return Err(format!("there is no operation `:{other}`")),
        };
        let allowed: &[&str] = match self.model {
            None | Some(Model::Kv) => &[],
            Some(Model::Register) => &["read", "write"],
            Some(Model::CasRegister) => &["read", "write", "cas"],
            Some(Model::Mutex) => &["acquire", "release"],
        };
        if !allowed.is_empty() && !allowed.contains(&name) {
            let model = self.model.map_or("", Model::name);
            return Err(format!("model {model} has no operation `:{f}`"));
        }
        self.asked.insert(name);
        Ok(op)
    }

    fn answer(&self, f: &str, form: &Form, open: Option<&Op>) -> Result<Said, String> {
        let is_read = matches!(f, "read" | "get");
        let agrees = match open {
            Some(Op::Get { .. }) => is_read,
            Some(Op::Put { .. }) => matches!(f, "write" | "put"),
            Some(Op::Append { .. }) => f == "append",
            Some(Op::Delete { .. }) => f == "delete",
            Some(open @ Op::Cas { .. }) => match f {
                "acquire" => lock::is_acquire(open),
                "release" => lock::is_release(open),
                other => other == "cas",
            },
            None => true,
        };
        if !agrees {
            let open = open.map_or("", Op::name);
            return Err(format!("`:{f}` returns, but what is open is a {open}"));
        }
        let (key, inner) = self.parts(form)?;
        if let Some(open) = open
            && *open.key() != key
        {
            return Err("the key is not the one that was asked for".to_owned());
        }
        Ok(match (is_read, value(inner)) {
            (true, None) if !self.nil_is_absence => Said::Info,
            (true, value) => Said::Ok(Output::Value(value)),
            _ if matches!(open, Some(Op::Cas { .. })) => Said::Ok(Output::Swapped(true)),
            _ => Said::Ok(Output::Done),
        })
    }

    fn model(&self) -> Model {
        if let Some(model) = self.model {
            return model;
        }
        let asked = |name| self.asked.contains(name);
        if asked("acquire") || asked("release") {
            Model::Mutex
        } else if self.keyed || asked("append") || asked("delete") {
            Model::Kv
        } else if asked("cas") {
            Model::CasRegister
        } else {
            Model::Register
        }
    }
}
