//! JSON objects with keys in the order of writing, and their fields when read back.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use system::NodeSet;

/// An object that is being written at the end of a text.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Object { out, empty: true }
    }

    /// Closes the object.
    pub(crate) fn close(self) {
        self.out.push('}');
    }

    /// Begins a field and hands out the text, for its value.
    pub(crate) fn key(&mut self, key: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        quote(self.out, key);
        self.out.push(':');
        self.out
    }

    /// An unsigned integer.
    pub(crate) fn number(&mut self, key: &str, value: u64) {
        let out = self.key(key);
        write!(out, "{value}").expect("a String takes everything");
    }

    /// An unsigned integer, left out if it is zero.
    pub(crate) fn nonzero(&mut self, key: &str, value: u64) {
        if value != 0 {
            self.number(key, value);
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.key(key).push_str(if value { "true" } else { "false" });
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        quote(self.key(key), value);
    }

    /// A name made of a letter and a number: `n1`, `c2`, `f3`.
    pub(crate) fn tagged(&mut self, key: &str, tag: char, number: u64) {
        let out = self.key(key);
        write!(out, "\"{tag}{number}\"").expect("a String takes everything");
    }

    /// A node.
    pub(crate) fn node(&mut self, key: &str, node: u64) {
        self.tagged(key, 'n', node);
    }

    /// A node, left out if it is nobody.
    pub(crate) fn some_node(&mut self, key: &str, node: u64) {
        if node != 0 {
            self.node(key, node);
        }
    }

    /// A set of nodes, as an array.
    pub(crate) fn nodes(&mut self, key: &str, nodes: NodeSet) {
        list(self.key(key), nodes.iter(), |out, id| {
            write!(out, "\"n{id}\"").expect("a String takes everything");
        });
    }

    /// A hash, as 16 hex digits.
    pub(crate) fn hex(&mut self, key: &str, value: u64) {
        let out = self.key(key);
        write!(out, "\"{value:016x}\"").expect("a String takes everything");
    }

    /// Bytes: a string if they are UTF-8, else `{"hex":"..."}`.
    pub(crate) fn bytes(&mut self, key: &str, value: &[u8]) {
        let out = self.key(key);
        if let Ok(text) = std::str::from_utf8(value) {
            quote(out, text);
            return;
        }
        out.push_str("{\"hex\":\"");
        for byte in value {
            write!(out, "{byte:02x}").expect("a String takes everything");
        }
        out.push_str("\"}");
    }

    /// `null`.
    pub(crate) fn null(&mut self, key: &str) {
        self.key(key).push_str("null");
    }
}

/// An array.
pub(crate) fn list<T>(
    out: &mut String,
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (position, each) in items.enumerate() {
        if position > 0 {
            out.push(',');
        }
        item(out, each);
    }
    out.push(']');
}

/// A string with its quotes.
pub(crate) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a String takes everything");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Exactly `digits` hex digits, as a number.
pub(crate) fn hash_digits(text: &str, digits: usize) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if text.len() != digits || !plain {
        return None;
    }
    u64::from_str_radix(text, 16).ok()
}

/// The fields of an object that was read; errors name the field.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The field, if it is there.
    pub(crate) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key)
    }

    /// The field.
    pub(crate) fn need(self, key: &str) -> Result<&'a Value, String> {
        self.get(key).ok_or_else(|| format!("field `{key}` is missing"))
    }

    /// An unsigned integer.
    pub(crate) fn number(self, key: &str) -> Result<u64, String> {
        let value = self.need(key)?;
        value.as_u64().ok_or_else(|| wrong(key, "an unsigned integer", value))
    }

    /// An unsigned integer; 0 if it is absent.
    pub(crate) fn number_or_zero(self, key: &str) -> Result<u64, String> {
        if self.get(key).is_some() { self.number(key) } else { Ok(0) }
    }

    /// An unsigned integer of 32 bits.
    pub(crate) fn small(self, key: &str) -> Result<u32, String> {
        let value = self.number_or_zero(key)?;
        u32::try_from(value).map_err(|_| format!("field `{key}` is above 2^32"))
    }

    /// `true` or `false`.
    pub(crate) fn flag(self, key: &str) -> Result<bool, String> {
        let value = self.need(key)?;
        value.as_bool().ok_or_else(|| wrong(key, "true or false", value))
    }

    /// A string.
    pub(crate) fn text(self, key: &str) -> Result<&'a str, String> {
        let value = self.need(key)?;
        value.as_str().ok_or_else(|| wrong(key, "a string", value))
    }

    /// An array.
    pub(crate) fn list(self, key: &str) -> Result<&'a [Value], String> {
        let value = self.need(key)?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(key, "an array", value))
    }

    /// A string that `parse` understands; `what` says what it should be.
    pub(crate) fn parsed<T>(
        self,
        key: &str,
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        let value = self.need(key)?;
        value.as_str().and_then(parse).ok_or_else(|| wrong(key, what, value))
    }

    /// A node.
    pub(crate) fn node(self, key: &str) -> Result<u64, String> {
        self.parsed(key, "a node like \"n1\"", |text| super::parse_tagged(text, 'n'))
    }

    /// A node; nobody if it is absent.
    pub(crate) fn some_node(self, key: &str) -> Result<u64, String> {
        if self.get(key).is_some() { self.node(key) } else { Ok(0) }
    }

    /// A fault; none if it is absent.
    pub(crate) fn fault(self) -> Result<u32, String> {
        if self.get("fault").is_none() {
            return Ok(0);
        }
        self.parsed("fault", "a fault like \"f1\"", |text| {
            super::parse_tagged(text, 'f').and_then(|number| u32::try_from(number).ok())
        })
    }

    /// A set of nodes.
    pub(crate) fn nodes(self, key: &str) -> Result<NodeSet, String> {
        let mut set = NodeSet::EMPTY;
        for value in self.list(key)? {
            let id = value.as_str().and_then(|text| super::parse_tagged(text, 'n'));
            match id {
                Some(id) if (1..=NodeSet::MAX).contains(&id) => set.insert(id),
                _ => return Err(wrong(key, "an array of nodes n1 to n63", value)),
            }
        }
        Ok(set)
    }

    /// A hash of 16 hex digits.
    pub(crate) fn hex(self, key: &str) -> Result<u64, String> {
        self.parsed(key, "16 hex digits", |text| hash_digits(text, 16))
    }

    /// Bytes, as [`Object::bytes`] writes them.
    pub(crate) fn bytes(self, key: &str) -> Result<Vec<u8>, String> {
        let value = self.need(key)?;
        bytes(value).ok_or_else(|| wrong(key, "a string or {\"hex\":\"...\"}", value))
    }
}

/// Bytes, as [`Object::bytes`] writes them.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    if let Some(text) = value.as_str() {
        return Some(text.as_bytes().to_vec());
    }
    let digits = value.as_object()?.get("hex")?.as_str()?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let half = |digit: u8| char::from(digit).to_digit(16);
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(half(pair[0])? * 16 + half(pair[1])?).ok())
        .collect()
}

/// What is wrong with a field.
pub(crate) fn wrong(key: &str, what: &str, value: &Value) -> String {
    let mut found = value.to_string();
    if found.len() > 60 {
        let cut = (0..=57).rev().find(|at| found.is_char_boundary(*at)).unwrap_or(0);
        found.truncate(cut);
        found.push_str("...");
    }
    format!("field `{key}` should be {what}, found {found}")
}
