//! `[net]`: the network when no fault is on, and the delays and qualities of links that faults
//! share with it.

use system::Nanos;

use super::quantity::write_duration;
use super::reader::{Reader, Table};
use super::source::{Node, Value};
use crate::scenario::{Delay, LinkFault, LinkRange, NetOptions};

/// The keys of `[net]`.
pub(crate) const NET_KEYS: &[&str] = &[
    "delay",
    "loss",
    "duplicate",
    "reorder",
    "reorder-hold",
    "in-order",
    "mailbox",
    "corrupt",
    "checksum",
    "bandwidth",
];

/// The keys of a quality of links.
pub(crate) const LINK_KEYS: &[&str] =
    &["delay", "loss", "duplicate", "reorder", "corrupt", "bandwidth", "in-order"];

/// The largest bandwidth that is asked for, in bytes per second.
const BANDWIDTH_MAX: u64 = 1 << 40;

/// `[net]`.
pub(crate) fn net(reader: &mut Reader, table: Table<'_>) -> NetOptions {
    let base = NetOptions::default();
    NetOptions {
        delay: reader.optional(table, "delay", delay).unwrap_or(base.delay),
        loss: reader.optional(table, "loss", Reader::ppm).unwrap_or(base.loss),
        duplicate: reader.optional(table, "duplicate", Reader::ppm).unwrap_or(base.duplicate),
        reorder: reader.optional(table, "reorder", Reader::ppm).unwrap_or(base.reorder),
        reorder_hold: reader
            .optional(table, "reorder-hold", Reader::duration)
            .unwrap_or(base.reorder_hold),
        in_order: reader.optional(table, "in-order", Reader::flag).unwrap_or(base.in_order),
        mailbox: reader
            .optional(table, "mailbox", |r, n| r.int32(n, 1..=1_000_000))
            .unwrap_or(base.mailbox),
        corrupt: reader.optional(table, "corrupt", Reader::ppm).unwrap_or(base.corrupt),
        checksum: reader.optional(table, "checksum", Reader::flag).unwrap_or(base.checksum),
        bandwidth: reader.optional(table, "bandwidth", bandwidth).or(base.bandwidth),
    }
}

/// The quality of links under a fault.
pub(crate) fn link_fault(reader: &mut Reader, table: Table<'_>) -> LinkFault {
    LinkFault {
        delay: reader.optional(table, "delay", delay),
        loss: reader.optional(table, "loss", Reader::ppm),
        duplicate: reader.optional(table, "duplicate", Reader::ppm),
        reorder: reader.optional(table, "reorder", Reader::ppm),
        corrupt: reader.optional(table, "corrupt", Reader::ppm),
        bandwidth: reader.optional(table, "bandwidth", bandwidth),
        in_order: reader.optional(table, "in-order", Reader::flag),
    }
}

/// The ranges from which a seed draws the quality of links.
pub(crate) fn link_range(reader: &mut Reader, table: Table<'_>) -> LinkRange {
    let mut chance = |key| reader.optional(table, key, |r, n| r.range(n, Reader::ppm));
    let [loss, duplicate, reorder, corrupt] =
        ["loss", "duplicate", "reorder", "corrupt"].map(&mut chance);
    LinkRange {
        delay: reader.optional(table, "delay", delay),
        loss,
        duplicate,
        reorder,
        corrupt,
        bandwidth: reader.optional(table, "bandwidth", |r, n| r.range(n, bandwidth)),
        in_order: reader.optional(table, "in-order", Reader::flag),
    }
}

fn bandwidth(reader: &mut Reader, node: &Node) -> Option<u64> {
    reader.int(node, 1..=BANDWIDTH_MAX)
}

#[derive(Clone, Copy)]
enum Dist {
    Fixed,
    Uniform,
    LongTail,
}

/// A distribution of durations; a duration alone is a fixed one.
pub(crate) fn delay(reader: &mut Reader, node: &Node) -> Option<Delay> {
    if matches!(node.value, Value::Text(_)) {
        return reader.duration(node).map(Delay::Fixed);
    }
    let table = reader.table(node, "this delay", &["dist", "value", "min", "median", "max"]);
    let dists = [("fixed", Dist::Fixed), ("uniform", Dist::Uniform), ("long-tail", Dist::LongTail)];
    let dist = reader.required(table, "dist", |r, n| r.word(n, "distribution", &dists))?;
    let keys: &[&str] = match dist {
        Dist::Fixed => &["dist", "value"],
        Dist::Uniform => &["dist", "min", "max"],
        Dist::LongTail => &["dist", "min", "median", "max"],
    };
    // Once more, now that it is known which keys belong to it.
    for key in ["value", "min", "median", "max"] {
        if let (Some(span), false) = (table.key_span(key), keys.contains(&key)) {
            let message = format!("`{key}` does not belong to this distribution");
            reader.problem("S010", message, span, "not used");
        }
    }
    let values: Vec<Option<Nanos>> =
        keys[1..].iter().map(|key| reader.required(table, key, Reader::duration)).collect();
    let values: Vec<Nanos> = values.into_iter().collect::<Option<_>>()?;
    if !values.is_sorted() {
        let written: Vec<String> = values.iter().map(|nanos| write_duration(*nanos)).collect();
        let message = format!("this range is reversed: {}", written.join(" > "));
        let label = format!("expected {}", keys[1..].join(" <= "));
        reader.problem("S019", message, node.span, label);
        return None;
    }
    Some(match values[..] {
        [value] => Delay::Fixed(value),
        [min, max] => Delay::Uniform { min, max },
        [min, median, max] => Delay::LongTail { min, median, max },
        _ => unreachable!("each distribution has one to three durations"),
    })
}
