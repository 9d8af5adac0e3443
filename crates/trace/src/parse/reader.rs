//! Reads tables out of the tree and collects every problem on the way. A value that cannot be read
//! is replaced by a default, so that reading always goes on to the end. The kinds of values stand
//! in [`super::values`].

use std::collections::BTreeSet;

use system::NodeSet;

use super::source::{Field, Node, Span, Value};
use super::words::nearest;
use crate::problem::Problem;

/// The problems so far, and what names are checked against.
pub(crate) struct Reader {
    pub(crate) problems: Vec<Problem>,
    /// Nodes are `n1` to this.
    pub(crate) nodes: u64,
    /// Where that is said, if it is.
    pub(crate) nodes_span: Option<Span>,
    /// Clients are 1 to this.
    pub(crate) clients: u64,
}

/// A table that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    fields: &'a [Field],
    /// What the table is, for messages: `[net]`.
    what: &'static str,
    span: Span,
    /// It was no table at all: what it lacks is not worth a second problem.
    broken: bool,
    /// It holds a key that is not known: probably the one that seems to be missing.
    misspelt: bool,
}

impl<'a> Table<'a> {
    /// A table that is not there: everything in it has its default.
    pub(crate) fn absent(what: &'static str) -> Self {
        let span = Span { source: 0, start: 0, end: 0 };
        Table { fields: &[], what, span, broken: true, misspelt: false }
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Node> {
        self.fields.iter().find(|field| field.name == key).map(|field| &field.node)
    }

    pub(crate) fn key_span(&self, key: &str) -> Option<Span> {
        self.fields.iter().find(|field| field.name == key).map(|field| field.span)
    }
}

impl Reader {
    pub(crate) fn new() -> Self {
        Reader { problems: Vec::new(), nodes: NodeSet::MAX, nodes_span: None, clients: u64::MAX }
    }

    /// Notes a problem, and gives it back to be told in more detail.
    pub(crate) fn problem(
        &mut self,
        code: &'static str,
        message: String,
        span: Span,
        label: impl Into<String>,
    ) -> &mut Problem {
        self.problems.push(Problem {
            code,
            message,
            source: span.source,
            span: span.start..span.end,
            label: label.into(),
            also: None,
            help: None,
        });
        self.problems.last_mut().expect("just pushed")
    }

    /// Opens a table in which only `known` keys may stand.
    pub(crate) fn table<'a>(
        &mut self,
        node: &'a Node,
        what: &'static str,
        known: &[&str],
    ) -> Table<'a> {
        self.table_of(node, what, known, ("S010", "key"))
    }

    /// Opens a table whose keys are kinds of something, which have a code and a name of their own.
    pub(crate) fn table_of<'a>(
        &mut self,
        node: &'a Node,
        what: &'static str,
        known: &[&str],
        (code, noun): (&'static str, &str),
    ) -> Table<'a> {
        let Value::Table(fields) = &node.value else {
            self.wrong_type(node, "a table");
            return Table { span: node.span, ..Table::absent(what) };
        };
        let mut misspelt = false;
        let mut seen = BTreeSet::new();
        for field in fields {
            let name = field.name.as_str();
            if !known.contains(&name) {
                misspelt = true;
                let message = format!("unknown {noun} `{name}` in {what}");
                let help = match nearest(name, known) {
                    Some(near) => format!("there is {} named `{near}`", with_article(noun)),
                    None => format!("the {noun}s are {}", quoted(known)),
                };
                self.problem(code, message, field.span, "").help = Some(help);
            }
            if !seen.insert(name) {
                self.problem("S013", format!("`{name}` stands twice"), field.span, "again");
            }
        }
        Table { fields, what, span: node.span, broken: false, misspelt }
    }

    /// The value under a key, if it is there and good.
    pub(crate) fn optional<T>(
        &mut self,
        table: Table<'_>,
        key: &str,
        read: impl FnOnce(&mut Reader, &Node) -> Option<T>,
    ) -> Option<T> {
        table.get(key).and_then(|node| read(self, node))
    }

    /// The value under a key, which must be there.
    pub(crate) fn required<T>(
        &mut self,
        table: Table<'_>,
        key: &str,
        read: impl FnOnce(&mut Reader, &Node) -> Option<T>,
    ) -> Option<T> {
        if table.get(key).is_none() && !table.broken {
            let message = format!("{} needs `{key}`", table.what);
            self.problem("S011", message, table.span, format!("`{key}` is missing"));
        }
        self.optional(table, key, read)
    }

    /// The one of these keys that is there; none or several is a problem.
    pub(crate) fn exactly_one<'k>(
        &mut self,
        table: Table<'_>,
        keys: &[&'k str],
    ) -> Option<&'k str> {
        let found: Vec<&str> =
            keys.iter().copied().filter(|key| table.get(key).is_some()).collect();
        match found[..] {
            [key] => Some(key),
            [] if table.broken || table.misspelt => None,
            [] => {
                let message = format!("{} needs one of {}", table.what, quoted(keys));
                self.problem("S014", message, table.span, "holds none of them");
                None
            }
            [first, second, ..] => {
                let message = format!("`{first}` and `{second}` exclude each other");
                let span = table.key_span(second).unwrap_or(table.span);
                let other = table.key_span(first).unwrap_or(table.span);
                let problem = self.problem("S014", message, span, "one too many");
                if other.source == span.source {
                    problem.also = Some((other.start..other.end, "the first".to_owned()));
                }
                problem.help = Some(format!("write only one in each {}", table.what));
                Some(first)
            }
        }
    }

    /// Says that a value has the wrong type.
    pub(crate) fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = format!("expected {expected}, found {}", node.value.kind());
        self.problem("S013", message, node.span, format!("not {expected}"));
    }
}

/// `a key`, `an operation`.
pub(crate) fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// Names in a message: `a`, `b`.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
