//! The kinds of values that a scenario holds, and what is said of those that are none.

use std::ops::RangeInclusive;

use system::{Nanos, NodeId, NodeSet};

use super::quantity::{PPM_ONE, parse_duration, parse_ppm, write_duration};
use super::reader::{Reader, quoted, with_article};
use super::source::{Node, Span, Value};
use super::words::{nearest, parse_node, parse_target};
use crate::scenario::{Ppm, Target};

impl Reader {
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

    /// One value, or a list of two, the smaller first.
    pub(crate) fn range<T: Copy + PartialOrd>(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Reader, &Node) -> Option<T>,
    ) -> Option<(T, T)> {
        let Value::List(items) = &node.value else {
            return read(self, node).map(|value| (value, value));
        };
        let [first, second] = &items[..] else {
            self.wrong_type(node, "one value, or a list of two: the least and the most");
            return None;
        };
        let (first, second) = (read(self, first), read(self, second));
        let (first, second) = (first?, second?);
        if first > second {
            let message = "this range is reversed".to_owned();
            self.problem("S019", message, node.span, "the smaller value stands first");
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
            Some(near) => format!("there is {} named `{near}`", with_article(noun)),
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
