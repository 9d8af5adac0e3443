//! `membership = { ... }`, drawn and scripted.

use serde_json::{Value as Json, json};

use super::quantity::write_ppm;
use super::reader::{Reader, Table};
use super::source::{Node, Value};
use crate::membership::{MemberDraw, MemberKind, MemberSwarm, VoterBounds};

/// The keys of a drawn one, beside those of every swarm.
pub(crate) const SWARM_KEYS: &[&str] = &["kind", "joint", "voters"];

/// The keys of a scripted one, beside those of every fault.
pub(crate) const FAULT_KEYS: &[&str] = &["kind", "draw", "joint", "voters"];

/// A list with at least one of each kind's name.
pub(crate) fn swarm(reader: &mut Reader, table: Table<'_>) -> MemberSwarm {
    let every = || MemberKind::ALL.iter().map(|(_, kind)| *kind).collect();
    MemberSwarm {
        kinds: reader.optional(table, "kind", |r, n| r.some(n, kind)).unwrap_or_else(every),
        joint: reader.optional(table, "joint", Reader::ppm).unwrap_or(0),
        voters: reader.optional(table, "voters", voters).unwrap_or_default(),
    }
}

pub(crate) fn scripted(reader: &mut Reader, table: Table<'_>) -> Option<MemberDraw> {
    let kind = reader.required(table, "kind", kind);
    let draw = reader.optional(table, "draw", draw).unwrap_or(0);
    let joint = reader.optional(table, "joint", Reader::flag).unwrap_or(false);
    let voters = reader.optional(table, "voters", voters).unwrap_or_default();
    Some(MemberDraw { kind: kind?, draw, joint, voters })
}

fn kind(reader: &mut Reader, node: &Node) -> Option<MemberKind> {
    reader.word(node, "change", &MemberKind::ALL)
}

/// The number from which a change is drawn: any 64 bits, as digits in a string where TOML's
/// integers end.
fn draw(reader: &mut Reader, node: &Node) -> Option<u64> {
    match &node.value {
        Value::Text(digits) if digits.parse::<u64>().is_ok() => digits.parse().ok(),
        _ => reader.int(node, 0..=u64::MAX),
    }
}

/// `[3, 7]`: the fewest and the most.
fn voters(reader: &mut Reader, node: &Node) -> Option<VoterBounds> {
    let Value::List(items) = &node.value else {
        reader.wrong_type(node, "a list of two: the fewest and the most voters, [3, 7]");
        return None;
    };
    let [least, most] = &items[..] else {
        reader.wrong_type(node, "a list of two: the fewest and the most voters, [3, 7]");
        return None;
    };
    let (least, most) = (reader.int(least, 1..=63), reader.int(most, 1..=63));
    let (least, most) = (least?, most?);
    if least > most {
        let message = "this range is reversed".to_owned();
        reader.problem("S019", message, node.span, "the smaller number stands first");
        return None;
    }
    Some(VoterBounds { least, most })
}

pub(super) fn swarm_document(swarm: &MemberSwarm) -> Json {
    json!({
        "kind": swarm.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "joint": write_ppm(swarm.joint),
        "voters": [swarm.voters.least, swarm.voters.most],
    })
}

pub(super) fn draw_document(change: &MemberDraw) -> Json {
    // Beyond the integers of TOML: as digits.
    let draw = match i64::try_from(change.draw) {
        Ok(draw) => json!(draw),
        Err(_) => json!(change.draw.to_string()),
    };
    json!({
        "kind": change.kind.name(),
        "draw": draw,
        "joint": change.joint,
        "voters": [change.voters.least, change.voters.most],
    })
}
