//! What may stand in a line of a trace? A JSON Schema, for those who read traces with other
//! programs. It names what every line of this version has; readers must allow more.

use serde_json::{Value, json};

/// The fields of each kind: a name, `?` if it may be absent, and the name of its type in `$defs`.
pub(crate) const KINDS: &[(&str, &str)] = &[
    ("node.start", "node:node inc:number"),
    ("node.crash", "node:node how:text fault?:fault during?:text lost:number torn:number"),
    ("node.halt", "node:node reason:text detail:text"),
    ("node.panic", "node:node place:text msg:text"),
    (
        "raft.recovered",
        "node:node term:number vote?:node commit:number first:number base_term:number \
         snap:number digest:digest",
    ),
    ("raft.tail-cut", "node:node bytes:number"),
    ("raft.role", "node:node role:role term:number lead?:node"),
    ("raft.vote", "node:node term:number for:node"),
    ("raft.append", "node:node index:number term:number entry:text digest:digest"),
    ("raft.truncate", "node:node from:number"),
    ("raft.persisted", "node:node term:number vote?:node commit:number last:number"),
    ("raft.commit", "node:node index:number"),
    ("raft.apply", "node:node index:number term:number digest:digest"),
    ("raft.conf", "node:node index:number voters:nodes outgoing:nodes learners:nodes"),
    ("raft.snap-taken", "node:node index:number term:number digest:digest"),
    ("raft.snap-sent", "node:node to:node index:number"),
    ("raft.snap-installed", "node:node index:number term:number digest:digest"),
    ("raft.compact", "node:node first:number"),
    ("raft.read", "node:node req:number serve:serve index:number"),
    ("raft.propose", "node:node req:number forwarded:flag"),
    ("raft.transfer", "node:node to:node"),
    ("raft.transfer-ended", "node:node to:node moved:flag"),
    ("raft.lease-refused", "node:node req:number"),
    ("timer.fire", "node:node timer:text"),
    ("msg.send", "node:node msg:message to:node type:type term:number bytes:number d:summary"),
    ("msg.recv", "node:node msg:message type:type"),
    ("msg.drop", "node:node msg:message type:type why:text fault?:fault"),
    ("msg.dup", "node:node msg:message type:type"),
    ("msg.corrupt", "node:node msg:message type:type"),
    ("disk.append", DISK),
    ("disk.write", DISK),
    ("disk.truncate", DISK),
    ("disk.sync", DISK),
    ("disk.rename", DISK),
    ("disk.remove", DISK),
    ("disk.sync-dir", DISK),
    ("disk.read", DISK),
    ("disk.list", DISK),
    ("disk.other", "node:node act:text file:text len:number err?:text"),
    ("disk.fault", "node:node what:text fault?:fault file:text len:number"),
    (
        "disk.autopsy",
        "node:node refused?:text term:number commit:number snap:number digest:digest \
         first:number entries:list",
    ),
    ("fault.start", "fault?:fault kind:text detail:text"),
    ("fault.end", "fault?:fault kind:text"),
    ("op.invoke", "op:op client:client f:text key:bytes expect?:answer in?:bytes"),
    ("op.attempt", "op:op client:client to:node attempt:number"),
    ("op.request", "node:node op:op"),
    ("op.ok", "node?:node op:op client:client out?:answer serve:serve index?:number"),
    ("op.fail", "node?:node op:op client:client err:text"),
    ("op.info", "node?:node op:op client:client err:text"),
    ("admin.invoke", "op:op f:text to?:node changes?:list transition?:text"),
    ("admin.ok", "op:op"),
    ("admin.fail", "op:op err:text"),
    ("phase", "name:text"),
    ("check.violation", "check:text sig:text msg:text ops:list nodes:nodes core:list"),
];

const DISK: &str = "node:node file:text len:number err?:text";

/// The schema of a line: of the header, of an event, of a mark, or of the footer.
#[must_use]
pub fn trace_schema() -> Value {
    let mut lines = vec![
        json!({"$ref": "#/$defs/header"}),
        json!({"$ref": "#/$defs/mark"}),
        json!({"$ref": "#/$defs/end"}),
    ];
    lines.extend(
        KINDS.iter().map(|(kind, fields)| {
            line(kind, &format!("seq:number t:number cause?:number {fields}"))
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of a squall.trace 1.0 file",
        "oneOf": lines,
        "$defs": definitions(),
    })
}

fn line(kind: &str, fields: &str) -> Value {
    let mut properties = serde_json::Map::new();
    let mut required = vec![json!("k")];
    properties.insert("k".into(), json!({"const": kind}));
    for field in fields.split_whitespace() {
        let (name, definition) = field.split_once(':').expect("a field is a name and a type");
        let optional = name.ends_with('?');
        let name = name.trim_end_matches('?');
        properties.insert(name.into(), json!({"$ref": format!("#/$defs/{definition}")}));
        if !optional {
            required.push(json!(name));
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn definitions() -> Value {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    let of = |names: &[&str]| json!({"type": "string", "enum": names});
    let hex = json!({
        "type": "object",
        "properties": {"hex": {"type": "string", "pattern": "^([0-9a-f]{2})*$"}},
        "required": ["hex"],
    });
    let types: Vec<&str> = system::MessageKind::ALL.iter().map(|kind| kind.name()).collect();
    json!({
        "number": {"type": "integer", "minimum": 0},
        "flag": {"type": "boolean"},
        "text": {"type": "string"},
        "list": {"type": "array"},
        "node": pattern("^n[0-9]+$"),
        "client": pattern("^c[0-9]+$"),
        "op": pattern("^c[0-9]+\\.[0-9]+$"),
        "fault": pattern("^f[0-9]+$"),
        "message": pattern("^n[0-9]+>n[0-9]+#[0-9]+$"),
        "digest": pattern("^[0-9a-f]{16}$"),
        "nodes": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        "role": of(&["follower", "pre-candidate", "candidate", "leader", "learner"]),
        "serve": of(&["log", "session", "read-index", "follower-read-index", "lease", "local"]),
        "type": of(&types),
        "bytes": {"anyOf": [{"type": "string"}, hex]},
        "answer": {"anyOf": [{"type": "null"}, {"type": "boolean"}, {"$ref": "#/$defs/bytes"}]},
        "summary": {
            "type": "object",
            "properties": {
                "entries": {"$ref": "#/$defs/number"},
                "index": {"$ref": "#/$defs/number"},
                "log_term": {"$ref": "#/$defs/number"},
                "commit": {"$ref": "#/$defs/number"},
                "reject": {"$ref": "#/$defs/flag"},
            },
        },
        "object": {"type": "object"},
        "header": header(),
        "mark": line("mark", "events:number hash:digest"),
        "end": line(
            "end",
            "events:number hash:digest verdict:text reason?:text sig?:text counts:object",
        ),
    })
}

fn header() -> Value {
    json!({
        "type": "object",
        "properties": {
            "squall": {"const": "trace"},
            "v": {"type": "string", "pattern": "^1\\.[0-9]+$"},
            "run": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
            "name": {"$ref": "#/$defs/text"},
            "scenario": {"$ref": "#/$defs/object"},
            "seed": {"$ref": "#/$defs/number"},
            "plan": {"$ref": "#/$defs/object"},
            "overrides": {"$ref": "#/$defs/list"},
            "flaw": {"$ref": "#/$defs/text"},
            "system": {"$ref": "#/$defs/object"},
            "build": {"$ref": "#/$defs/object"},
            "cluster": {"$ref": "#/$defs/object"},
        },
        "required": [
            "squall", "v", "run", "name", "scenario", "seed", "plan", "overrides", "system",
            "build", "cluster",
        ],
    })
}

#[cfg(test)]
mod tests;
