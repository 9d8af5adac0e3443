//! JSON with places. `serde_json` checks the syntax and decodes the strings; it tells no places,
//! so this walks once more over text that is known to be good. `null` counts as absent.

use std::ops::Range;

use super::source::{Field, Node, Origin, Value};

/// A mistake of syntax: what, and at which byte.
pub(crate) struct JsonError {
    pub(crate) message: String,
    pub(crate) at: usize,
}

/// Reads one JSON value.
pub(crate) fn parse(text: &str, origin: Origin) -> Result<Node, JsonError> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().max(1) - 1).map(str::len).sum();
        let at = (line_start + error.column().max(1) - 1).min(text.len());
        return Err(JsonError { message: error.to_string(), at });
    }
    let mut scanner = Scanner { text, at: 0, origin };
    Ok(scanner.value())
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    origin: Origin,
}

impl Scanner<'_> {
    /// The next byte that is not white space; it is not taken.
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
        bytes[self.at]
    }

    fn value(&mut self) -> Node {
        let first = self.peek();
        let start = self.at;
        let value = match first {
            b'{' => self.table(),
            b'[' => self.list(),
            b'"' => {
                let range = self.string_range();
                Value::Text(self.decode(range))
            }
            _ => self.word(),
        };
        Node { span: self.origin.span(start..self.at), value }
    }

    fn table(&mut self) -> Value {
        let mut fields = Vec::new();
        self.at += 1;
        while self.peek() != b'}' {
            if self.peek() == b',' {
                self.at += 1;
                self.peek();
            }
            let range = self.string_range();
            assert_eq!(self.peek(), b':', "checked by serde_json");
            self.at += 1;
            let node = self.value();
            if !matches!(node.value, Value::Other("null")) {
                let span = self.origin.span(range.clone());
                fields.push(Field { name: self.decode(range), span, node });
            }
        }
        self.at += 1;
        Value::Table(fields)
    }

    fn list(&mut self) -> Value {
        let mut items = Vec::new();
        self.at += 1;
        while self.peek() != b']' {
            if self.peek() == b',' {
                self.at += 1;
            }
            items.push(self.value());
        }
        self.at += 1;
        Value::List(items)
    }

    /// Takes a string, quotes and all.
    fn string_range(&mut self) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        self.at += 1;
        while bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        start..self.at
    }

    fn decode(&self, range: Range<usize>) -> String {
        serde_json::from_str(&self.text[range]).expect("checked by serde_json")
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Value {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | ']' | '}'))
            .unwrap_or(rest.len());
        self.at += end;
        match &rest[..end] {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Other("null"),
            digits => digits.parse().map_or_else(|_| Value::Decimal(digits.to_owned()), Value::Int),
        }
    }
}
