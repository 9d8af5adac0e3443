//! What is no history of single objects: named in one sentence, with what can be done with it.

use super::edn::Form;

const ELLE: &str = "elle-cli";

/// What Jepsen's other workloads ask: the operation, whose it is, and who judges it.
const WORKLOADS: [(&str, &str, &str); 11] = [
    ("txn", "a transaction of Elle's (list-append, rw-register)", ELLE),
    ("transfer", "of a bank", ELLE),
    ("add", "of a set or a counter", ELLE),
    ("remove", "of a set", "Jepsen's set checker"),
    ("increment", "of a counter", ELLE),
    ("decrement", "of a counter", ELLE),
    ("enqueue", "of a queue", "Knossos"),
    ("dequeue", "of a queue", "Knossos"),
    ("drain", "of a queue", "Jepsen's total-queue checker"),
    ("push", "of a stack or a queue", "Knossos"),
    ("pop", "of a stack or a queue", "Knossos"),
];

/// Models of others: the name, what it is about, and who judges it.
const MODELS: [(&str, &str, &str); 16] = [
    ("list-append", "transactions", ELLE),
    ("rw-register", "transactions", ELLE),
    ("elle", "transactions", ELLE),
    ("txn", "transactions", ELLE),
    ("bank", "transfers", ELLE),
    ("long-fork", "transactions", ELLE),
    ("set", "sets", ELLE),
    ("set-full", "sets", ELLE),
    ("counter", "counters", ELLE),
    ("queue", "queues", "Knossos"),
    ("fifo-queue", "queues", "Knossos"),
    ("unordered-queue", "queues", "Knossos"),
    ("total-queue", "queues", "Jepsen's total-queue checker"),
    ("multi-register", "reads and writes of many keys at once", "Knossos"),
    ("stack", "stacks", "Porcupine, with a model of your own,"),
    ("semaphore", "semaphores", "Knossos"),
];

/// Binary files, by their first bytes.
const BINARY: [(&[u8], &str); 9] = [
    (&[0x1f, 0x8b], "gzip: `gunzip -c FILE | squall check -` reads what is in it"),
    (b"PK\x03\x04", "a zip archive: `unzip -p FILE NAME | squall check -` reads a history in it"),
    (b"BZh", "bzip2: `bunzip2 -c FILE | squall check -` reads what is in it"),
    (b"\xfd7zXZ\0", "xz: `xz -dc FILE | squall check -` reads what is in it"),
    (&[0xff, 0xfe], "UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | squall check -` reads it"),
    (&[0xfe, 0xff], "UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | squall check -` reads it"),
    (b"JEPSEN", "Jepsen's test.jepsen: check the history.edn or history.txt next to it"),
    (b"\x89PNG", "a picture: check the history of which it is"),
    (b"%PDF", "a PDF: check the history of which it is"),
];

/// What a binary file is, and what can be done with it.
pub(super) fn binary(bytes: &[u8]) -> Option<String> {
    let known = BINARY.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, what)) = known {
        return Some(format!("this is {what}"));
    }
    let head = &bytes[..bytes.len().min(4096)];
    let is_text = match std::str::from_utf8(head) {
        Ok(text) => !text.contains('\0'),
        // The head may end within a character.
        Err(error) => error.error_len().is_none() && !head.contains(&0),
    };
    (!is_text).then(|| {
        "this is binary, and no trace: of a store of Jepsen's (test.fressian, test.jepsen) check \
         history.edn or history.txt"
            .to_owned()
    })
}

/// What a text is that is no history, and what can be done with it.
pub(super) fn text(head: &str) -> Option<&'static str> {
    let lower = head.trim_start().to_ascii_lowercase();
    if lower.starts_with('<') {
        return Some(if lower.contains("<testsuite") {
            "this is a JUnit report: it holds verdicts, not operations; check the trace or history"
        } else if lower.contains("<html") {
            "this is HTML: it shows operations, but is no history; check the trace or history"
        } else {
            "this is XML, and no history: check the trace or history"
        });
    }
    if is_toml(head) {
        return Some(if head.contains("squall-case") {
            "this is a case file: `squall run FILE` runs it, and `--trace` keeps its trace"
        } else {
            "this is TOML, as scenarios are: `squall run FILE` runs one, and `--trace` keeps its \
             trace"
        });
    }
    None
}

/// Whether a text begins like TOML: with a section or a field.
fn is_toml(head: &str) -> bool {
    let first = head.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'));
    let is_name = |text: &str| {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._-\"".contains(c);
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_of_name)
    };
    first.is_some_and(|line| {
        let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        section.is_some_and(|name| is_name(name.trim_matches(['[', ']'])))
            || line.split_once('=').is_some_and(|(name, _)| is_name(name.trim()))
    })
}

/// What a line of JSON is that is no operation of ours. `kind` is its field `type`.
pub(super) fn json(kind: &str, has: impl Fn(&str) -> bool) -> String {
    if has("process") {
        return "this is a history in JSON, as elle-cli reads it: write it in EDN, or let elle-cli \
                judge it"
            .to_owned();
    }
    format!(
        "this is a `{kind}` that `squall run` or `squall sweep` wrote: it holds verdicts, not \
         operations; check a trace, as `squall run --trace FILE` writes it"
    )
}

/// The sentence for an operation that belongs to another workload.
pub(super) fn operation(f: &str, value: Option<&Form>) -> Option<String> {
    let out = |what: &str, who: &str| {
        format!(
            "`:{f}` is {what}: squall judges registers, key-value stores and locks; {who} takes \
             this history"
        )
    };
    if let Some((_, what, who)) = WORKLOADS.iter().find(|(name, ..)| *name == f) {
        return Some(out(what, who));
    }
    let Some(Form::List(items)) = value else { return None };
    let Some(Form::List(first)) = items.first() else { return None };
    let is_micro = |word: &String| matches!(word.as_str(), "r" | "w" | "append");
    match first.first() {
        Some(Form::Keyword(word)) if is_micro(word) => {
            Some(out("a transaction of Elle's (list-append, rw-register, long-fork)", ELLE))
        }
        _ => None,
    }
}

/// The sentence for a model that others have, and squall has not.
pub(super) fn model(name: &str) -> Option<String> {
    let (_, what, who) = MODELS.iter().find(|(other, ..)| *other == name)?;
    Some(format!("{what} are not judged here; {who} takes them"))
}

/// Whether a form is Jepsen's results and no history.
pub(super) fn is_results(form: &Form) -> bool {
    form.get("valid?").is_some() && form.get("process").is_none()
}
