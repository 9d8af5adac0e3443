//! Jepsen's operations as lines of text: `history.txt` of a store, and the lines of `jepsen.log`.
//!
//! ```text
//! 3   :invoke :cas    [0 [1 2]]
//! 3   :info   :cas    [0 [1 2]]   :timeout
//! 2024-05-01 12:00:00,000{GMT} INFO [jepsen worker 3] jepsen.util: 3 :ok :read [0 4]
//! INFO [2017-07-14 07:00:58,463] jepsen worker 3 - jepsen.util 3 :ok :read [0 4]
//! ```
//!
//! * The fields are Jepsen's: process, type, f, value, and perhaps an error. They mean what they
//!   mean in EDN; see [`super::jepsen`].
//! * The nemesis is passed over, and so are entries of a log that are no operations, with the
//!   lines that continue them. Every other line that cannot be read is refused.
//! * An error may have many lines: those after an operation with an error belong to it, unless they
//!   begin like an operation.

use super::edn::{Form, Reader};
use super::{Foreign, Format, HistoryProblem, Known, jepsen};

const TYPES: [&str; 4] = [":invoke", ":ok", ":fail", ":info"];
const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
/// Who prints operations into a log.
const LOGGERS: [&str; 2] = ["jepsen.util", "jepsen.print"];

/// Whether a line is an operation of `history.txt`.
pub(super) fn is_operation(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (process, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    (is_number(process) || process.starts_with(':')) && TYPES.contains(&kind)
}

/// Whether a line begins an entry of a log: with a time or a level.
pub(super) fn is_entry(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let digits = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect()
    };
    LEVELS.contains(&first)
        || digits(first) == "9999-99-99"
        || digits(first).get(..8) == Some("99:99:99")
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a line is.
enum Line<'a> {
    /// An operation, or what should be one.
    Operation(&'a str),
    /// An entry of a log that is none.
    Other,
    /// It continues the line before it.
    Continued,
}

/// Reads `history.txt`.
pub(super) fn read(text: &str, known: &Known) -> Result<Foreign, HistoryProblem> {
    let line = |line| match is_operation(line) || begins_like_one(line) {
        true => Line::Operation(line),
        false => Line::Continued,
    };
    jepsen::history(&forms(text, line)?, known, Format::JepsenText, false)
}

/// Reads a log.
pub(super) fn read_log(text: &str, known: &Known) -> Result<Foreign, HistoryProblem> {
    let forms = forms(text, |line| match () {
        () if !is_entry(line) => Line::Continued,
        () => message(line).map_or(Line::Other, Line::Operation),
    })?;
    if forms.is_empty() {
        let message = "there is no operation in this log: expected lines such as `... INFO \
                       [jepsen worker 3] jepsen.util: 3 :ok :read 4`";
        return Err(HistoryProblem::new(0, message));
    }
    jepsen::history(&forms, known, Format::JepsenLog, false)
}

/// What an entry says of an operation, if it does.
fn message(entry: &str) -> Option<&str> {
    let logger = LOGGERS.iter().find_map(|logger| {
        let (_, after) = entry.split_once(logger)?;
        after.strip_prefix(": ").or(after.strip_prefix(" - ")).or(after.strip_prefix(' '))
    });
    let message = logger?;
    let has_type = message.split_whitespace().take(3).any(|word| TYPES.contains(&word));
    (has_type || begins_like_one(message)).then_some(message)
}

/// Whether a line begins like an operation that is cut or damaged: with a process, then a keyword.
fn begins_like_one(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(is_number) && words.next().is_none_or(|word| word.starts_with(':'))
}

/// The operations as maps, each with its line.
fn forms<'a>(
    text: &'a str,
    line_of: impl Fn(&'a str) -> Line<'a>,
) -> Result<Vec<(u64, Form)>, HistoryProblem> {
    let mut forms = Vec::new();
    let mut may_continue = false;
    for (number, line) in (1..).zip(text.lines()) {
        match line_of(line) {
            _ if line.trim().is_empty() => {}
            Line::Operation(fields) => {
                let wrong = |message: String| HistoryProblem::new(number, message);
                let (form, may_have_error) = operation(fields).map_err(wrong)?;
                may_continue = may_have_error;
                forms.push((number, form));
            }
            Line::Other => may_continue = true,
            Line::Continued if may_continue => {}
            Line::Continued => {
                let short = Form::Word(line.trim().to_owned()).short();
                return Err(HistoryProblem::new(number, expected(&short)));
            }
        }
    }
    Ok(forms)
}

fn expected(found: &str) -> String {
    format!("expected `PROCESS :invoke|:ok|:fail|:info :f VALUE`, found `{found}`")
}

/// An operation as a map, and whether an error may follow it.
fn operation(fields: &str) -> Result<(Form, bool), String> {
    let mut reader = Reader::new(fields);
    let mut next = |name: &str| match reader.form() {
        Ok(Some(form)) => Ok(form),
        Ok(None) => Err(format!("the {name} is missing: {}", expected(fields.trim()))),
        Err(problem) => Err(problem.message),
    };
    let (process, kind, f) = (next("process")?, next("type")?, next("f")?);
    let Form::Keyword(name) = &kind else { return Err(expected(fields.trim())) };
    let ended_badly = matches!(name.as_str(), "fail" | "info");
    let is_nemesis = matches!(process, Form::Keyword(_));
    let value = if ended_badly || is_nemesis { Form::Nil } else { next("value")? };
    let rest = reader.rest();
    // An error comes after a tab.
    let may_follow = ended_badly || is_nemesis || rest.trim().is_empty() || rest.starts_with('\t');
    if !may_follow {
        let rest = Form::Word(rest.trim().to_owned()).short();
        return Err(format!("expected the end of the line after the value, found `{rest}`"));
    }
    let fields = [("process", process), ("type", kind), ("f", f), ("value", value)];
    let pairs = fields.into_iter().map(|(name, form)| (Form::Keyword(name.to_owned()), form));
    // Where the value is not read, the error is what comes after the value.
    let has_error = rest.trim().contains('\t');
    Ok((Form::Map(pairs.collect()), (ended_badly || is_nemesis) && has_error))
}
