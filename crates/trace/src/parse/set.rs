//! `--set key.path=value`: changes the tree before it is read, so that a value from a flag is
//! judged like one from the file, and a mistake in it points at the flag.

use toml::de::DeValue;

use super::reader::Reader;
use super::source::{Field, Node, Origin, Span, Value};

/// The flag as the user wrote it, without `--set`.
pub(crate) fn flag_text((key, value): &(String, String)) -> String {
    format!("{key}={value}")
}

/// Puts the value of flag number `source` (from 1) into the tree.
pub(crate) fn apply(reader: &mut Reader, root: &mut Node, source: usize, flag: &(String, String)) {
    let (key, text) = flag;
    let whole = Span { source, start: 0, end: key.len() };
    let mut at = 0;
    let mut segments = Vec::new();
    for name in key.split('.') {
        segments.push((name, Span { source, start: at, end: at + name.len() }));
        at += name.len() + 1;
    }
    if segments.iter().any(|(name, _)| name.is_empty()) {
        reader.problem("S026", format!("--set: `{key}` is not a path of keys"), whole, "");
        return;
    }
    let value = value_of(text, Origin { source, shift: key.len() + 1 });
    walk(reader, root, key, segments, whole, value);
}

/// Puts a value under a path of keys that is known to be one.
pub(crate) fn put(reader: &mut Reader, root: &mut Node, key: &str, whole: Span, value: Node) {
    let segments = key.split('.').map(|name| (name, whole)).collect();
    walk(reader, root, key, segments, whole, value);
}

fn walk(
    reader: &mut Reader,
    root: &mut Node,
    key: &str,
    segments: Vec<(&str, Span)>,
    whole: Span,
    value: Node,
) {
    let mut node = root;
    for (name, span) in segments {
        match step(node, name, span, whole) {
            Ok(next) => node = next,
            Err(message) => {
                reader.problem("S026", format!("--set {key}: {message}"), span, "");
                return;
            }
        }
    }
    *node = value;
}

/// The value under `name`; made if it is absent.
fn step<'a>(
    node: &'a mut Node,
    name: &str,
    span: Span,
    whole: Span,
) -> Result<&'a mut Node, String> {
    match &mut node.value {
        Value::Table(fields) => {
            let position = fields.iter().position(|field| field.name == name);
            let position = position.unwrap_or_else(|| {
                let node = Node { span: whole, value: Value::Table(Vec::new()) };
                fields.push(Field { name: name.to_owned(), span, node });
                fields.len() - 1
            });
            Ok(&mut fields[position].node)
        }
        Value::List(items) => {
            let count = items.len();
            let item = name.parse::<usize>().ok().and_then(|index| items.get_mut(index));
            item.ok_or_else(|| match count {
                0 => "the list is empty".to_owned(),
                _ => format!("`{name}` is not one of the items 0 to {}", count - 1),
            })
        }
        other => Err(format!("`{name}` cannot be set within {}", other.kind())),
    }
}

/// The value as TOML; what is not TOML is a string.
fn value_of(text: &str, origin: Origin) -> Node {
    match DeValue::parse(text) {
        Ok(value) if !matches!(value.get_ref(), DeValue::Datetime(_)) => origin.toml_value(value),
        _ => Node { span: origin.span(0..text.len()), value: Value::Text(text.to_owned()) },
    }
}
