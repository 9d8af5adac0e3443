//! Jepsen's histories in EDN: maps with `:process`, `:type`, `:f` and `:value`.
//!
//! * Keys are in `:key`, or in front of each value as Jepsen's independent checker has it:
//!   `:value [key value]`; see [`super::keys`] for how the whole file is decided.
//! * `:fail` did not happen. `:info`, and what never returns, may have.
//! * A read of `nil` says nothing, as in Knossos, unless the file says that `nil` is absence: see
//!   [`NIL_IS_ABSENCE`].
//! * A lock is a value that `acquire` and `release` compare and set.

use std::collections::BTreeSet;

use bytes::Bytes;
use system::{Key, Op, Output, Value};

use super::edn::{Form, Reader};
use super::events::{Events, Said};
use super::keys::{self, Keys};
use super::{Foreign, Format, HistoryProblem, Known, Model, lock, other};

/// A comment by which an exported file says that a read of `nil` found nothing.
pub(super) const NIL_IS_ABSENCE: &str = "; squall: nil is absence";

/// How the values of a file are meant.
struct Meaning {
    /// Whether a read of `nil` says that the key is absent.
    nil_is_absence: bool,
    keys: Keys,
    model: Option<Model>,
    /// What was asked, for the guess of the model.
    asked: BTreeSet<&'static str>,
}

/// Reads a history.
pub(super) fn read(text: &str, known: &Known, format: Format) -> Result<Foreign, HistoryProblem> {
    let nil_is_absence = text.starts_with(NIL_IS_ABSENCE) || format == Format::PorcupineKv;
    history(&forms(text)?, known, format, nil_is_absence)
}

/// The history of maps, each with its line.
pub(super) fn history(
    forms: &[(u64, Form)],
    known: &Known,
    format: Format,
    nil_is_absence: bool,
) -> Result<Foreign, HistoryProblem> {
    named(forms)?;
    let mut meaning = Meaning {
        nil_is_absence,
        keys: keys::decide(forms, known.keyed)?,
        model: known.model,
        asked: BTreeSet::new(),
    };
    let mut events = Events::default();
    for (line, form) in forms {
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
    if history.operations.is_empty() && known.model.is_none() {
        return Err(HistoryProblem::new(0, "there is no operation of a client in this history"));
    }
    Ok(Foreign { history, format, model, timed, keyed: meaning.keys != Keys::One })
}

/// Errs if the forms are of something else that has a name.
fn named(forms: &[(u64, Form)]) -> Result<(), HistoryProblem> {
    for (line, form) in forms {
        if other::is_results(form) {
            let what = "this is Jepsen's results.edn, a verdict: check the history.edn or \
                        history.txt next to it";
            return Err(HistoryProblem::new(*line, what));
        }
        let (Some(Form::Keyword(f)), Some(Form::Word(_))) = (form.get("f"), form.get("process"))
        else {
            continue;
        };
        if let Some(what) = other::operation(f, form.get("value")) {
            return Err(HistoryProblem::new(*line, what));
        }
    }
    Ok(())
}

/// The maps of a history, each with its line: in one vector or list, or one after another.
pub(super) fn forms(text: &str) -> Result<Vec<(u64, Form)>, HistoryProblem> {
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
                format!("expected a map, found {}", form.short()),
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

fn number(form: &Form, name: &str) -> Result<u64, String> {
    match form {
        Form::Word(word) => word.parse().map_err(|_| format!("`{name}` is no number: {word}")),
        other => Err(format!("`{name}` is no number: {}", other.short())),
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

/// Whether the value of an answer can be that of its operation; `nil` can be any.
fn repeats(open: &Op, inner: &Form) -> bool {
    match (open, inner) {
        (_, Form::Nil) | (Op::Get { .. } | Op::Delete { .. }, _) => true,
        (Op::Put { value: asked, .. } | Op::Append { value: asked, .. }, _) => {
            value(inner).as_ref() == Some(asked)
        }
        (Op::Cas { .. }, _) if lock::is_acquire(open) || lock::is_release(open) => true,
        (Op::Cas { expect, value: to, .. }, Form::List(items)) => {
            matches!(items.as_slice(), [from, into]
                if value(from) == *expect && value(into).as_ref() == Some(to))
        }
        (Op::Cas { .. }, _) => false,
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

    /// The key and the value of a form; `open` is the key of the operation that it ends.
    fn parts<'a>(&self, form: &'a Form, open: Option<&Key>) -> Result<(Key, &'a Form), String> {
        let value = form.get("value").unwrap_or(&Form::Nil);
        match (self.keys, value, open) {
            (Keys::One, _, _) => Ok((Bytes::from_static(lock::ONLY_KEY), value)),
            (Keys::Field, _, _) => match form.get("key").map(self::value) {
                Some(Some(key)) => Ok((key, value)),
                Some(None) => Err("`:key` is nil".to_owned()),
                None => Err("`:key` is missing, and other operations have one".to_owned()),
            },
            (Keys::Pair, Form::Nil, Some(open)) => Ok((open.clone(), value)),
            (Keys::Pair, Form::List(items), _) if items.len() == 2 => {
                let key = self::value(&items[0]).ok_or("the key in `:value` is nil")?;
                Ok((key, &items[1]))
            }
            (Keys::Pair, _, _) => {
                Err(format!("`:value` is no pair of key and value: {}", value.short()))
            }
        }
    }

    fn invoke(&mut self, f: &str, form: &Form) -> Result<Op, String> {
        let (key, inner) = self.parts(form, None)?;
        let written = || value(inner).ok_or_else(|| format!("`:{f}` of nil writes nothing"));
        let (name, op) = match f {
            "read" | "get" => ("read", Op::Get { key }),
            "write" | "put" => ("write", Op::Put { key, value: written()? }),
            "append" => ("append", Op::Append { key, value: written()? }),
            "delete" => ("delete", Op::Delete { key }),
            "cas" => {
                let Form::List(items) = inner else {
                    return Err(format!("`:cas` is of [from to], found {}", inner.short()));
                };
                let [from, to] = items.as_slice() else {
                    return Err(format!("`:cas` is of [from to], found {}", inner.short()));
                };
                let to = value(to).ok_or("`:cas` to nil is not known")?;
                ("cas", Op::Cas { key, expect: value(from), value: to })
            }
            "acquire" => ("acquire", lock::acquire(key)),
            "release" => ("release", lock::release(key)),
            other => {
                return Err(format!(
                    "there is no operation `:{other}`: expected read, write, cas, append, delete, \
                 acquire or release"
                ));
            }
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
        let (key, inner) = self.parts(form, open.map(Op::key))?;
        if let Some(open) = open
            && *open.key() != key
        {
            return Err("the key is not the one that was asked for".to_owned());
        }
        if open.is_some_and(|open| !repeats(open, inner)) {
            return Err(format!("the value is not the one that was asked for: {}", inner.short()));
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
        } else if self.keys != Keys::One || asked("append") || asked("delete") {
            Model::Kv
        } else if asked("cas") {
            Model::CasRegister
        } else {
            Model::Register
        }
    }
}
