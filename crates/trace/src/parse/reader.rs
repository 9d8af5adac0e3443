//! Reads typed values out of the tree and collects every problem on the way. A value that cannot
//! be read is replaced by a default, so that reading always goes on to the end.

use std::ops::RangeInclusive;

use system::{Nanos, NodeId, NodeSet};

use super::quantity::{PPM_ONE, parse_duration, parse_ppm, write_duration};
use super::source::{Field, Node, Span, Value};
use super::words::{nearest, parse_node, parse_target};
use crate::problem::Problem;
use crate::scenario::{Ppm, Target};

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
        for (position, field) in fields.iter().enumerate() {
            let name = field.name.as_str();
            if !known.contains(&name) {
                misspelt = true;
                let message = format!("unknown {noun} `{name}` in {what}");
                let help = match nearest(name, known) {
                    Some(near) => format!("there is a {noun} named `{near}`"),
                    None => format!("the {noun}s are {}", quoted(known)),
                };
                self.problem(code, message, field.span, "").help = Some(help);
            }
            if fields[..position].iter().any(|before| before.name == name) {
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

    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.wrong_type(node, "a string");
                None
            }
        }
    }

    /// A text that says something.
    pub(crate) fn nonempty(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.problem("S020", "this text is empty".to_owned(), node.span, "says nothing");
        }
        Some(text)
    }

    pub(crate) fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            _ => {
                self.wrong_type(node, "true or false");
                None
            }
        }
    }

    pub(crate) fn int(&mut self, node: &Node, range: RangeInclusive<u64>) -> Option<u64> {
        let Value::Int(number) = node.value else {
            self.wrong_type(node, "an integer");
            return None;
        };
        let value = u64::try_from(number).ok().filter(|number| range.contains(number));
        if value.is_none() {
            let message = format!("{number} is out of range");
            let label = format!("expected {} to {}", range.start(), range.end());
            self.problem("S018", message, node.span, label);
        }
        value
    }

    pub(crate) fn int32(&mut self, node: &Node, range: RangeInclusive<u32>) -> Option<u32> {
        let range = u64::from(*range.start())..=u64::from(*range.end());
        self.int(node, range).and_then(|number| u32::try_from(number).ok())
    }

    pub(crate) fn duration(&mut self, node: &Node) -> Option<Nanos> {
        let written = match &node.value {
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Decimal(digits) => digits.clone(),
            _ => {
                self.wrong_type(node, "a duration");
                return None;
            }
        };
        let nanos = match &node.value {
            Value::Text(text) => parse_duration(text),
            _ => None,
        };
        if nanos.is_none() {
            let label =
                "expected a number and a unit: \"100ns\", \"5us\", \"10ms\", \"1.5s\", \"2m\"";
            self.problem("S015", format!("`{written}` is not a duration"), node.span, label);
        }
        nanos
    }

    /// A duration that is not below `min`.
    pub(crate) fn duration_from(&mut self, node: &Node, min: Nanos) -> Option<Nanos> {
        let nanos = self.duration(node)?;
        if nanos < min {
            let message = format!("{} is too short", write_duration(nanos));
            self.problem("S018", message, node.span, format!("at least {}", write_duration(min)));
            return None;
        }
        Some(nanos)
    }

    /// `for`: a duration or a pair of them, the shorter first.
    pub(crate) fn duration_range(&mut self, node: &Node) -> Option<(Nanos, Nanos)> {
        let Value::List(items) = &node.value else {
            return self.duration(node).map(|nanos| (nanos, nanos));
        };
        let [first, second] = &items[..] else {
            self.wrong_type(node, "a duration, or a list of two: [\"200ms\", \"3s\"]");
            return None;
        };
        let (first, second) = (self.duration(first), self.duration(second));
        let (first, second) = (first?, second?);
        if first > second {
            let message = "this range is reversed".to_owned();
            self.problem("S019", message, node.span, "the shorter duration stands first");
            return None;
        }
        Some((first, second))
    }

    pub(crate) fn ppm(&mut self, node: &Node) -> Option<Ppm> {
        let (written, parts) = match &node.value {
            Value::Text(text) => (text.clone(), parse_ppm(text)),
            Value::Decimal(digits) => (digits.clone(), parse_ppm(digits)),
            Value::Int(number) => {
                let parts = u32::try_from(*number).ok().filter(|number| *number <= 1);
                (number.to_string(), parts.map(|number| number * PPM_ONE))
            }
            _ => {
                self.wrong_type(node, "a probability");
                return None;
            }
        };
        if parts.is_none() {
            let label = "expected 0 to 1, in whole millionths: 0.02, \"2%\" or \"20000ppm\"";
            self.problem("S016", format!("`{written}` is not a probability"), node.span, label);
        }
        parts
    }

    /// One of these words.
    pub(crate) fn word<T: Clone>(
        &mut self,
        node: &Node,
        noun: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = match nearest(&text, &names) {
            Some(near) => format!("there is a {noun} named `{near}`"),
            None => format!("expected one of {}", quoted(&names)),
        };
        self.problem("S017", format!("unknown {noun} `{text}`"), node.span, "").help = Some(help);
        None
    }

    /// The items of a list; a value that is no list counts as a list of one.
    pub(crate) fn list<T>(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Reader, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = match &node.value {
            Value::List(items) => &items[..],
            _ => std::slice::from_ref(node),
        };
        let values: Vec<Option<T>> = items.iter().map(|item| read(self, item)).collect();
        values.into_iter().collect()
    }

    /// The items of a list that has some.
    pub(crate) fn some<T>(
        &mut self,
        node: &Node,
        read: impl FnMut(&mut Reader, &Node) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.list(node, read)?;
        if items.is_empty() {
            self.problem("S024", "this list is empty".to_owned(), node.span, "names nothing");
        }
        Some(items)
    }

    /// The name of a node of the cluster.
    pub(crate) fn node_id(&mut self, node: &Node) -> Option<NodeId> {
        let text = self.text(node)?;
        let Some(id) = parse_node(&text) else {
            let message = format!("`{text}` is not the name of a node");
            self.problem("S021", message, node.span, "expected \"n1\", \"n2\", ...");
            return None;
        };
        self.known_node(id, node.span)
    }

    fn known_node(&mut self, id: NodeId, span: Span) -> Option<NodeId> {
        if (1..=self.nodes.min(NodeSet::MAX)).contains(&id) {
            return Some(id);
        }
        let cluster = format!("the cluster has n1..n{}", self.nodes);
        let known = self.nodes_span;
        let problem =
            self.problem("S021", format!("node `n{id}` does not exist"), span, "unknown node");
        match known {
            Some(at) if at.source == span.source => {
                problem.also = Some((at.start..at.end, cluster));
            }
            _ => problem.help = Some(cluster),
        }
        None
    }

    pub(crate) fn target(&mut self, node: &Node) -> Option<Target> {
        let text = self.text(node)?;
        self.target_in(&text, node.span)
    }

    /// A target that is written somewhere in a text.
    pub(crate) fn target_in(&mut self, text: &str, span: Span) -> Option<Target> {
        match parse_target(text) {
            Some(Target::Node(id)) => self.known_node(id, span).map(Target::Node),
            Some(target) => Some(target),
            None => {
                let label = "expected \"n2\", \"leader\", \"follower\", \"any\" or \"all\"";
                self.problem("S023", format!("`{text}` is not a target"), span, label);
                None
            }
        }
    }
}

/// Names in a message: `a`, `b`.
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
