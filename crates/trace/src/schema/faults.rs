//! The schema of `[[swarm]]` and `[[fault]]`.

use serde_json::{Value, json};

use crate::membership::MemberKind;

use super::build::{flag, int, one_kind, reference, some_of, table, text, told, words};
use super::storm;
use crate::DiskWhat;

pub(super) fn swarm() -> Value {
    let kind = |own: Vec<(&'static str, Value)>| {
        let times = [
            ("on", told(reference("chance"), "Chance that a seed has this kind at all.")),
            ("every", told(reference("durations"), "Mean distance of one to the next.")),
            ("for", told(reference("durations"), "How long one lasts.")),
        ];
        table(&["every"], times.into_iter().chain(own))
    };
    let crash = vec![
        ("target", some_of(reference("target"))),
        ("how", some_of(words(&["power", "kill", "stop"]))),
        ("at-effect", told(reference("chance"), "Chance to fall before, in or after an effect.")),
        ("of", some_of(words(EFFECTS))),
    ];
    let mut kinds = vec![
        ("partition", kind(vec![("shape", some_of(reference("shape")))])),
        ("crash", kind(crash)),
        ("links", kind(storm::link_ranges())),
        ("disk", kind(disk_drawn())),
        ("membership", kind(membership(some_of(member_kind())))),
    ];
    kinds.extend(storm::drawn().into_iter().map(|(name, own)| (name, kind(own))));
    one_kind(&[], &[], &kinds)
}

pub(super) fn fault() -> Value {
    let kind = |needs: &[&str], own: Vec<(&'static str, Value)>| {
        let times = [
            ("at", told(reference("duration"), "When it begins.")),
            ("for", told(reference("duration"), "How long it lasts.")),
        ];
        table(needs, times.into_iter().chain(own))
    };
    let partition = vec![("groups", reference("groups")), ("shape", reference("shape"))];
    let crash = vec![
        ("node", reference("node")),
        ("target", reference("target")),
        ("how", words(&["power", "kill", "stop"])),
        ("effect", int(1, u64::from(u32::MAX), "On which of its effects from then on.")),
        ("of", words(EFFECTS)),
        ("place", words(&["before", "inside", "after"])),
    ];
    let change = json!({ "type": "string", "pattern": "^(add|learner|remove) n[1-9][0-9]*$" });
    let reconfigure = vec![
        ("add", some_of(reference("node"))),
        ("learner", some_of(reference("node"))),
        ("remove", some_of(reference("node"))),
        ("changes", told(some_of(change), "The same, where the order matters.")),
        ("joint", told(flag(), "Whether by joint consensus even if one step would do.")),
    ];
    let draw = json!({ "anyOf": [
        { "type": "integer", "minimum": 0 },
        { "type": "string", "pattern": "^[0-9]+$" },
    ]});
    let mut change = membership(member_kind());
    change[1].1 = told(flag(), "Whether by joint consensus even if one step would do.");
    change.push(("draw", told(draw, "Chooses among those who may be meant. Default: 0.")));
    let mut kinds = vec![
        ("partition", kind(&["at", "for"], partition)),
        ("crash", kind(&["at", "for"], crash)),
        ("links", kind(&["at", "for"], links().into())),
        ("disk", kind(&["at", "for", "what"], disk_scripted())),
        ("reconfigure", kind(&["at"], reconfigure)),
        ("transfer", kind(&["at", "to"], vec![("to", reference("node"))])),
        ("membership", kind(&["at", "kind"], change)),
    ];
    kinds.extend(storm::scripted().into_iter().map(|(name, own)| (name, kind(&["at"], own))));
    let optional = "Whether it may do nothing. Default: false; then such a run is inconclusive.";
    let own = [
        ("id", told(text(), "Its name. Default: f and its number.")),
        ("optional", told(flag(), optional)),
    ];
    one_kind(&own, &[], &kinds)
}

fn member_kind() -> Value {
    words(&MemberKind::ALL.map(|(name, _)| name))
}

fn membership(kind: Value) -> Vec<(&'static str, Value)> {
    let voters = json!({
        "type": "array",
        "items": { "type": "integer", "minimum": 1, "maximum": 63 },
        "minItems": 2,
        "maxItems": 2,
    });
    vec![
        ("kind", told(kind, "What changes.")),
        ("joint", told(reference("chance"), "Chance that a single change is a joint one.")),
        ("voters", told(voters, "The fewest and the most voters. Default: [3, 7].")),
    ]
}

/// Which effects a crash may wait for.
const EFFECTS: &[&str] = &["any", "write", "sync", "name", "send"];

fn disk_options() -> Vec<(&'static str, Value)> {
    vec![
        ("chance", told(reference("chance"), "Chance of each operation to be struck.")),
        ("room", int(0, 1 << 40, "Bytes by which files may still grow, for full.")),
        ("count", int(1, 1_000, "Places, for bit-rot and unreadable.")),
        ("unnoticed", told(flag(), "For wipe: whether the node is started as a new one.")),
    ]
}

fn disk_words() -> Value {
    words(&DiskWhat::ALL.map(DiskWhat::name))
}

fn disk_drawn() -> Vec<(&'static str, Value)> {
    let own = [("target", some_of(reference("target"))), ("what", some_of(disk_words()))];
    own.into_iter().chain(disk_options()).collect()
}

fn disk_scripted() -> Vec<(&'static str, Value)> {
    let own =
        [("node", reference("node")), ("target", reference("target")), ("what", disk_words())];
    own.into_iter().chain(disk_options()).collect()
}

pub(super) fn links() -> [(&'static str, Value); 7] {
    [
        ("delay", told(reference("delay"), "Time on the way.")),
        ("loss", told(reference("chance"), "Chance that a message is lost.")),
        ("duplicate", told(reference("chance"), "Chance that a message arrives twice.")),
        ("reorder", told(reference("chance"), "Chance that a message is held back.")),
        ("corrupt", told(reference("chance"), "Chance that bits of a message are flipped.")),
        ("bandwidth", int(1, 1 << 40, "Bytes per second of each directed link.")),
        ("in-order", told(flag(), "Whether a link keeps its messages in order.")),
    ]
}
