//! `[workload]` and `[[op]]`: what the clients do.

use bytes::Bytes;
use system::Op;

use super::quantity::PPM_ONE;
use super::reader::{Reader, Table};
use super::source::{Node, Value};
use super::words::READ_MODES;
use crate::scenario::{KeyDistribution, LargeValues, Mix, Pace, ScriptedOp, Workload};

/// The keys of `[workload]`.
pub(crate) const WORKLOAD_KEYS: &[&str] = &[
    "pace",
    "keys",
    "distribution",
    "mix",
    "readers",
    "value-bytes",
    "large-values",
    "roam",
    "read",
    "sessions",
    "attempt-timeout",
    "op-timeout",
];

/// The operations.
pub(crate) const OP_KINDS: &[&str] = &["get", "put", "delete", "cas", "append"];

const MILLI: u64 = 1_000_000;

/// `[workload]`, without the script.
pub(crate) fn workload(reader: &mut Reader, table: Table<'_>) -> Workload {
    let base = Workload::default();
    Workload {
        pace: reader.optional(table, "pace", pace).unwrap_or(base.pace),
        keys: reader.optional(table, "keys", |r, n| r.int(n, 1..=1_000_000)).unwrap_or(base.keys),
        distribution: reader
            .optional(table, "distribution", distribution)
            .unwrap_or(base.distribution),
        mix: reader.optional(table, "mix", mix).unwrap_or(base.mix),
        readers: reader
            .optional(table, "readers", |r, n| r.int(n, 0..=10_000))
            .unwrap_or(base.readers),
        value_bytes: reader
            .optional(table, "value-bytes", |r, n| r.int32(n, 1..=1 << 20))
            .unwrap_or(base.value_bytes),
        large_values: reader.optional(table, "large-values", large_values),
        roam: reader.optional(table, "roam", Reader::ppm).unwrap_or(base.roam),
        read: reader
            .optional(table, "read", |r, n| r.word(n, "way to read", READ_MODES))
            .unwrap_or(base.read),
        sessions: reader.optional(table, "sessions", Reader::flag).unwrap_or(base.sessions),
        attempt_timeout: reader
            .optional(table, "attempt-timeout", |r, n| r.duration_from(n, MILLI))
            .unwrap_or(base.attempt_timeout),
        op_timeout: reader
            .optional(table, "op-timeout", |r, n| r.duration_from(n, MILLI))
            .unwrap_or(base.op_timeout),
        script: Vec::new(),
    }
}

fn pace(reader: &mut Reader, node: &Node) -> Option<Pace> {
    let table = reader.table_of(node, "`pace`", &["closed", "open"], ("S010", "pace"));
    let kind = reader.exactly_one(table, &["closed", "open"])?;
    let inner = table.get(kind)?;
    if kind == "closed" {
        let table = reader.table(inner, "`closed`", &["think"]);
        reader.required(table, "think", Reader::duration).map(|think| Pace::Closed { think })
    } else {
        let table = reader.table(inner, "`open`", &["every"]);
        let every = reader.required(table, "every", |r, n| r.duration_from(n, 1_000));
        every.map(|every| Pace::Open { every })
    }
}

fn distribution(reader: &mut Reader, node: &Node) -> Option<KeyDistribution> {
    if matches!(node.value, Value::Table(_)) {
        let table = reader.table(node, "`distribution`", &["hot"]);
        return reader.required(table, "hot", Reader::ppm).map(KeyDistribution::Hot);
    }
    let words = [("uniform", KeyDistribution::Uniform), ("zipf", KeyDistribution::Zipf)];
    reader.word(node, "distribution", &words)
}

fn large_values(reader: &mut Reader, node: &Node) -> Option<LargeValues> {
    let keys = ["chance", "bytes"];
    let table = reader.table_of(node, "`large-values`", &keys, ("S010", "key"));
    let chance = reader.required(table, "chance", Reader::ppm);
    let bytes = reader.required(table, "bytes", |r, n| r.int32(n, 1..=1 << 20));
    Some(LargeValues { chance: chance?, bytes: bytes? })
}

/// Shares; an operation that is not named has none.
fn mix(reader: &mut Reader, node: &Node) -> Option<Mix> {
    let before = reader.problems.len();
    let table = reader.table_of(node, "`mix`", OP_KINDS, ("S010", "operation"));
    let mut share = |key| reader.optional(table, key, |r, n| r.int32(n, 0..=PPM_ONE)).unwrap_or(0);
    let mix = Mix {
        get: share("get"),
        put: share("put"),
        delete: share("delete"),
        cas: share("cas"),
        append: share("append"),
    };
    let sum = mix.get + mix.put + mix.delete + mix.cas + mix.append;
    if sum == 0 && reader.problems.len() == before {
        let message = "no operation has a share".to_owned();
        reader.problem("S024", message, node.span, "expected one share above 0");
    }
    Some(mix)
}

/// One entry of `[[op]]`.
pub(crate) fn scripted_op(reader: &mut Reader, node: &Node) -> Option<ScriptedOp> {
    let known = [&["client", "at", "to"], OP_KINDS].concat();
    let entry = reader.table_of(node, "[[op]]", &known, ("S010", "key"));
    let client = reader.required(entry, "client", client);
    let at = reader.required(entry, "at", Reader::duration);
    let to = reader.optional(entry, "to", Reader::node_id);
    let kind = reader.exactly_one(entry, OP_KINDS)?;
    let own: &[&str] = match kind {
        "get" | "delete" => &["key"],
        "cas" => &["key", "expect", "value"],
        _ => &["key", "value"],
    };
    let table = reader.table(entry.get(kind)?, "this operation", own);
    let key = reader.required(table, "key", bytes);
    let value = match kind {
        "get" | "delete" => Some(Bytes::new()),
        _ => reader.required(table, "value", bytes),
    };
    let expect = reader.optional(table, "expect", bytes);
    let (key, value) = (key?, value?);
    let op = match kind {
        "get" => Op::Get { key },
        "delete" => Op::Delete { key },
        "cas" => Op::Cas { key, expect, value },
        "append" => Op::Append { key, value },
        _ => Op::Put { key, value },
    };
    Some(ScriptedOp { client: client?, at: at?, to, op })
}

/// A client by its number, or by its name: `c2`.
fn client(reader: &mut Reader, node: &Node) -> Option<u64> {
    let number = match &node.value {
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Text(text) => text.strip_prefix('c').and_then(|digits| digits.parse().ok()),
        _ => {
            reader.wrong_type(node, "a client, 2 or \"c2\"");
            return None;
        }
    };
    let known = number.filter(|number| (1..=reader.clients).contains(number));
    if known.is_none() {
        let label = format!("clients are 1 to {}", reader.clients);
        reader.problem("S025", "this client does not exist".to_owned(), node.span, label);
    }
    known
}

/// Text, or `{ hex = "00ff" }` for bytes that are not text.
fn bytes(reader: &mut Reader, node: &Node) -> Option<Bytes> {
    if let Value::Text(text) = &node.value {
        return Some(Bytes::copy_from_slice(text.as_bytes()));
    }
    if !matches!(node.value, Value::Table(_)) {
        reader.wrong_type(node, "a string, or { hex = \"...\" }");
        return None;
    }
    let table = reader.table(node, "these bytes", &["hex"]);
    let text = reader.required(table, "hex", Reader::text)?;
    let bytes = decode_hex(&text);
    if bytes.is_none() {
        reader.wrong_type(node, "pairs of hexadecimal digits");
    }
    bytes
}

fn decode_hex(text: &str) -> Option<Bytes> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
