//! `[[swarm]]` and `[[fault]]`: what befalls the cluster, drawn or scripted.
//!
//! Each entry holds one kind of fault as the key of a table, `crash = { ... }`, so that a mistake
//! within it has its exact place.

use system::{Admin, ConfChange, Nanos, NodeSet, Transition};

use super::membership;
use super::net::{LINK_KEYS, link_fault, link_range};
use super::reader::{Reader, Table};
use super::source::{Node, Value};
use super::storm;
use super::words::{AIMED_SHAPES, CRASH_HOWS, EFFECTS, PLACES, SHAPES, nearest};
use crate::scenario::{
    CrashHow, CrashPoint, Fault, Place, ScriptedFault, Shape, Swarm, SwarmFault, Target,
};

/// The kinds of drawn faults.
pub(crate) const SWARM_KINDS: &[&str] = &[
    "partition",
    "crash",
    "links",
    "disk",
    "membership",
    "clog",
    "flap",
    "pause",
    "crash-loop",
    "restart",
    "drift",
    "jump",
    "tick-stall",
];

/// The kinds of scripted faults.
pub(crate) const FAULT_KINDS: &[&str] = &[
    "partition",
    "crash",
    "links",
    "disk",
    "reconfigure",
    "transfer",
    "membership",
    "clog",
    "flap",
    "pause",
    "crash-loop",
    "restart",
    "drift",
    "jump",
    "tick-stall",
];

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// One entry of `[[swarm]]`.
pub(crate) fn swarm(reader: &mut Reader, node: &Node) -> Option<Swarm> {
    let entry = reader.table_of(node, "[[swarm]]", SWARM_KINDS, ("S012", "fault"));
    let kind = reader.exactly_one(entry, SWARM_KINDS)?;
    let node = entry.get(kind)?;
    let own: &[&str] = match kind {
        "partition" => &["shape"],
        "crash" => &["target", "how", "at-effect", "of"],
        "links" => LINK_KEYS,
        "disk" => super::disk::SWARM_KEYS,
        "membership" => membership::SWARM_KEYS,
        _ => storm::swarm_keys(kind).unwrap_or_default(),
    };
    let known = [&["on", "every", "for"], own].concat();
    let table = reader.table(node, "this swarm", &known);
    let on = reader.optional(table, "on", Reader::ppm).unwrap_or(1_000_000);
    let every = reader.required(table, "every", mean);
    let lasts = match kind {
        "jump" => reader.optional(table, "for", Reader::duration_range).or(Some((0, 0))),
        _ => reader.required(table, "for", Reader::duration_range),
    };
    let fault = match kind {
        "partition" => {
            let shapes = reader.optional(table, "shape", |r, n| r.some(n, shape));
            SwarmFault::Partition(shapes.unwrap_or_else(every_shape))
        }
        "crash" => SwarmFault::Crash {
            targets: reader
                .optional(table, "target", |r, n| r.some(n, Reader::target))
                .unwrap_or_else(|| vec![Target::Any]),
            how: reader
                .optional(table, "how", |r, n| r.some(n, |r, n| r.word(n, "crash", CRASH_HOWS)))
                .unwrap_or_else(|| vec![CrashHow::Power]),
            at_effect: reader.optional(table, "at-effect", Reader::ppm).unwrap_or(0),
            of: reader
                .optional(table, "of", |r, n| r.some(n, |r, n| r.word(n, "effect", EFFECTS)))
                .unwrap_or_default(),
        },
        "disk" => super::disk::drawn(reader, table),
        "links" => SwarmFault::Links(link_range(reader, table)),
        "membership" => SwarmFault::Membership(membership::swarm(reader, table)),
        _ => storm::swarm_fault(reader, table, kind)?,
    };
    Some(Swarm { on, every: every?, lasts: lasts?, fault })
}

/// `every`: a duration or a range of them.
fn mean(reader: &mut Reader, node: &Node) -> Option<(Nanos, Nanos)> {
    match node.value {
        Value::List(_) => {
            let range = reader.duration_range(node)?;
            reader.range(node, |r, n| r.duration_from(n, MILLI)).and(Some(range))
        }
        _ => reader.duration_from(node, MILLI).map(|nanos| (nanos, nanos)),
    }
}

/// What a swarm of partitions draws from if it does not say.
fn every_shape() -> Vec<Shape> {
    vec![
        Shape::Halves,
        Shape::Isolate(Target::Leader),
        Shape::Isolate(Target::Any),
        Shape::MajorityRing,
        Shape::Bridge,
        Shape::Mute(Target::Leader),
        Shape::Deaf(Target::Leader),
        Shape::Pair,
    ]
}

/// One entry of `[[fault]]`; `number` counts from 1 and names it if it has no id.
pub(crate) fn scripted(reader: &mut Reader, node: &Node, number: usize) -> Option<ScriptedFault> {
    let known = [&["id", "optional"], FAULT_KINDS].concat();
    let entry = reader.table_of(node, "[[fault]]", &known, ("S012", "fault"));
    let id = reader.optional(entry, "id", Reader::nonempty);
    let optional = reader.optional(entry, "optional", Reader::flag).unwrap_or(false);
    let kind = reader.exactly_one(entry, FAULT_KINDS)?;
    let node = entry.get(kind)?;
    let own: &[&str] = match kind {
        "partition" => &["groups", "shape"],
        "crash" => &["node", "target", "how", "effect", "of", "place"],
        "links" => LINK_KEYS,
        "disk" => super::disk::FAULT_KEYS,
        "reconfigure" => &["add", "learner", "remove", "changes", "joint"],
        "transfer" => &["to"],
        "membership" => membership::FAULT_KEYS,
        _ => storm::fault_keys(kind).unwrap_or_default(),
    };
    let known = [&["at", "for"], own].concat();
    let table = reader.table(node, "this fault", &known);
    let at = reader.required(table, "at", Reader::duration);
    let lasts = match kind {
        "reconfigure" | "transfer" | "membership" => {
            reader.optional(table, "for", Reader::duration).or(Some(3 * SECOND))
        }
        "jump" => reader.optional(table, "for", Reader::duration).or(Some(0)),
        _ => reader.required(table, "for", Reader::duration),
    };
    let fault = match kind {
        "partition" => scripted_shape(reader, table).map(Fault::Partition),
        "crash" => crash(reader, table),
        "links" => Some(Fault::Links(link_fault(reader, table))),
        "disk" => super::disk::scripted(reader, table),
        "reconfigure" => reconfigure(reader, table).map(Fault::Admin),
        "transfer" => reader
            .required(table, "to", Reader::node_id)
            .map(|to| Fault::Admin(Admin::Transfer { to })),
        "membership" => membership::scripted(reader, table).map(Fault::Membership),
        _ => storm::fault(reader, table, kind),
    };
    let id = id.unwrap_or_else(|| format!("f{number}"));
    Some(ScriptedFault { id, at: at?, lasts: lasts?, optional, fault: fault? })
}

/// The shape of a scripted fault: `groups` or `shape`.
pub(crate) fn scripted_shape(reader: &mut Reader, table: Table<'_>) -> Option<Shape> {
    match reader.exactly_one(table, &["groups", "shape"])? {
        "groups" => reader.optional(table, "groups", groups),
        _ => reader.optional(table, "shape", shape),
    }
}

/// A shape: a word, or `{ groups = ... }`.
pub(crate) fn shape(reader: &mut Reader, node: &Node) -> Option<Shape> {
    if matches!(node.value, Value::Table(_)) {
        let table = reader.table(node, "this shape", &["groups"]);
        return reader.required(table, "groups", groups);
    }
    let text = reader.text(node)?;
    if let Some((_, shape)) = SHAPES.iter().find(|(word, _)| *word == text) {
        return Some(shape.clone());
    }
    for (prefix, make) in AIMED_SHAPES {
        if let Some(target) = text.strip_prefix(prefix) {
            return reader.target_in(target, node.span).map(make);
        }
    }
    let words: Vec<&str> =
        SHAPES.iter().map(|(word, _)| *word).chain(["isolate-leader", "isolate-any"]).collect();
    let help = match nearest(&text, &words) {
        Some(near) => format!("there is a shape named `{near}`"),
        None => "expected halves, majority-ring, bridge, pair, one-way, or isolate-, mute- or deaf- with a \
             target behind it, as in isolate-leader"
            .to_owned(),
    };
    reader.problem("S017", format!("unknown shape `{text}`"), node.span, "").help = Some(help);
    None
}

/// Lists of nodes; a node stands in one of them at most.
fn groups(reader: &mut Reader, node: &Node) -> Option<Shape> {
    let Value::List(lists) = &node.value else {
        reader.wrong_type(node, "a list of groups: [[\"n1\", \"n2\"], [\"n3\"]]");
        return None;
    };
    if lists.is_empty() {
        reader.problem("S024", "there are no groups".to_owned(), node.span, "names nothing");
    }
    let mut seen = NodeSet::EMPTY;
    let mut groups = Vec::new();
    for list in lists {
        let mut group = NodeSet::EMPTY;
        reader.some(list, |reader, node| {
            let id = reader.node_id(node)?;
            if seen.contains(id) {
                let message = format!("node `n{id}` stands in the groups twice");
                reader.problem("S027", message, node.span, "again");
            }
            seen.insert(id);
            group.insert(id);
            Some(id)
        })?;
        groups.push(group);
    }
    Some(Shape::Groups(groups))
}

/// Whom a scripted fault strikes: `node` or `target`.
pub(crate) fn struck(reader: &mut Reader, table: Table<'_>) -> Option<Target> {
    match reader.exactly_one(table, &["node", "target"]) {
        Some("node") => reader.optional(table, "node", Reader::node_id).map(Target::Node),
        _ => reader.optional(table, "target", Reader::target),
    }
}

fn crash(reader: &mut Reader, table: Table<'_>) -> Option<Fault> {
    let target = struck(reader, table);
    let how = reader.optional(table, "how", |r, n| r.word(n, "crash", CRASH_HOWS));
    let place = reader.optional(table, "place", |r, n| r.word(n, "place", PLACES));
    let effect = reader.optional(table, "effect", |r, n| r.int32(n, 1..=u32::MAX));
    let of = reader.optional(table, "of", |r, n| r.word(n, "effect", EFFECTS)).unwrap_or_default();
    for key in ["place", "of"] {
        if let (Some(span), None) = (table.key_span(key), table.get("effect")) {
            let message = format!("`{key}` is of an effect");
            reader.problem("S014", message, span, "needs `effect`, too");
        }
    }
    if let (Some(CrashHow::Stop), Some(span)) = (how, table.key_span("effect")) {
        let message = "a stop does not wait for an effect".to_owned();
        reader.problem("S014", message, span, "the node decides what it still does");
    }
    let point = match effect {
        Some(n) => CrashPoint::Effect { n, of, place: place.unwrap_or(Place::Inside) },
        None => CrashPoint::Now,
    };
    Some(Fault::Crash { target: target?, how: how.unwrap_or(CrashHow::Power), point })
}

fn reconfigure(reader: &mut Reader, table: Table<'_>) -> Option<Admin> {
    let mut changes = Vec::new();
    for key in ["add", "learner", "remove"] {
        let nodes = reader.optional(table, key, |r, n| r.list(n, Reader::node_id));
        changes.extend(nodes.unwrap_or_default().into_iter().map(|id| match key {
            "add" => ConfChange::AddVoter(id),
            "learner" => ConfChange::AddLearner(id),
            _ => ConfChange::Remove(id),
        }));
    }
    let listed = reader.optional(table, "changes", |r, n| r.list(n, change));
    let unread = ["add", "learner", "remove", "changes"].iter().any(|key| {
        table.get(key).is_some_and(|node| !matches!(&node.value, Value::List(l) if l.is_empty()))
    });
    changes.extend(listed.unwrap_or_default());
    if changes.is_empty() && !unread {
        let message = "this change changes nothing".to_owned();
        let label = "expected `add`, `learner` or `remove`";
        reader.problem("S024", message, table.span(), label);
    }
    let joint = reader.optional(table, "joint", Reader::flag).unwrap_or(false);
    let transition = if joint { Transition::Joint } else { Transition::Auto };
    Some(Admin::Reconfigure { changes, transition })
}

/// One of `changes`, which keeps the order: `add n4`.
fn change(reader: &mut Reader, node: &Node) -> Option<ConfChange> {
    let text = reader.text(node)?;
    let (verb, name) = text.split_once(' ').unwrap_or((&text, ""));
    let make = match verb {
        "add" => ConfChange::AddVoter,
        "learner" => ConfChange::AddLearner,
        "remove" => ConfChange::Remove,
        _ => {
            let label = "expected \"add n4\", \"learner n4\" or \"remove n4\"";
            reader.problem("S017", format!("unknown change `{text}`"), node.span, label);
            return None;
        }
    };
    let name = Node { span: node.span, value: Value::Text(name.to_owned()) };
    reader.node_id(&name).map(make)
}
