//! What TOML and JSON have in common: a tree of values, each with its place.
//!
//! Numbers keep their digits, so that `0.02` is read exactly and no float is ever computed with.
//! The tree does not know what a scenario is; it is read by [`super::reader`].

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A place: in the file (source 0) or in the n-th `--set` flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// 0 for the file, n for the n-th flag.
    pub(crate) source: usize,
    /// First byte.
    pub(crate) start: usize,
    /// The byte behind the last.
    pub(crate) end: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Int(i128),
    /// The digits of a number that is not an integer.
    Decimal(String),
    Bool(bool),
    List(Vec<Node>),
    Table(Vec<Field>),
    /// Something that no scenario needs, by its name.
    Other(&'static str),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) node: Node,
}

impl Value {
    /// What the value is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Int(_) => "an integer",
            Value::Decimal(_) => "a number",
            Value::Bool(_) => "a boolean",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }
}

/// Where a source stands among the sources, and how far its text is shifted.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) source: usize,
    /// Added to every position.
    pub(crate) shift: usize,
}

impl Origin {
    pub(crate) fn span(self, range: Range<usize>) -> Span {
        Span { source: self.source, start: range.start + self.shift, end: range.end + self.shift }
    }

    /// Takes over a TOML table.
    pub(crate) fn toml_table(self, table: Spanned<DeTable<'_>>) -> Node {
        let span = self.span(table.span());
        Node { span, value: Value::Table(self.fields(table.into_inner())) }
    }

    /// Takes over a TOML value.
    pub(crate) fn toml_value(self, value: Spanned<DeValue<'_>>) -> Node {
        let span = self.span(value.span());
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(digits) => {
                match i128::from_str_radix(digits.as_str(), digits.radix()) {
                    Ok(number) => Value::Int(number),
                    Err(_) => Value::Other("a number beyond all bounds"),
                }
            }
            DeValue::Float(digits) => Value::Decimal(digits.as_str().to_owned()),
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => {
                Value::List(items.into_iter().map(|item| self.toml_value(item)).collect())
            }
            DeValue::Table(table) => Value::Table(self.fields(table)),
        };
        Node { span, value }
    }

    fn fields(self, table: DeTable<'_>) -> Vec<Field> {
        table
            .into_iter()
            .map(|(key, value)| Field {
                span: self.span(key.span()),
                name: key.into_inner().into_owned(),
                node: self.toml_value(value),
            })
            .collect()
    }
}
