//! The faults of process and clock, clogging and flapping links: each read and written, drawn and
//! scripted, side by side.

use serde_json::{Value, json};
use system::{Nanos, Setup};

use super::faults::{scripted_shape, shape};
use super::quantity::{INT_MAX, write_duration, write_ppm};
use super::reader::{Reader, Table};
use super::words::{CRASH_HOWS, DIRECTIONS, word_for, write_target};
use crate::scenario::{
    CrashHow, Direction, Fault, JUMP_MAX, RATE_MAX, SetupChoices, Shape, SwarmFault, Target,
};

const MILLI: u64 = 1_000_000;

/// The keys of a drawn fault of this kind, besides `on`, `every` and `for`; `None`: not from here.
pub(crate) fn swarm_keys(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "clog" => &["shape"],
        "flap" => &["shape", "period"],
        "pause" | "tick-stall" => &["target"],
        "crash-loop" => &["target", "how", "up"],
        "restart" => &["target", "how", "setup"],
        "drift" => &["target", "rate", "direction"],
        "jump" => &["target", "by", "direction"],
        _ => return None,
    })
}

/// The keys of a scripted fault of this kind, besides `at` and `for`.
pub(crate) fn fault_keys(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "clog" => &["groups", "shape"],
        "flap" => &["groups", "shape", "period"],
        "pause" | "tick-stall" => &["node", "target"],
        "crash-loop" => &["node", "target", "how", "up"],
        "restart" => &["node", "target", "how", "setup"],
        "drift" => &["node", "target", "rate", "direction"],
        "jump" => &["node", "target", "by", "direction"],
        _ => return None,
    })
}

/// Reads what a drawn fault of one of these kinds is.
pub(crate) fn swarm_fault(reader: &mut Reader, table: Table<'_>, kind: &str) -> Option<SwarmFault> {
    if let "clog" | "flap" = kind {
        let shapes = reader.required(table, "shape", |r, n| r.some(n, shape));
        if kind == "clog" {
            return shapes.map(SwarmFault::Clog);
        }
        let period = reader.required(table, "period", period_range);
        return Some(SwarmFault::Flap { shapes: shapes?, period: period? });
    }
    let targets = reader.optional(table, "target", |r, n| r.some(n, Reader::target));
    let targets = targets.unwrap_or_else(|| vec![Target::Any]);
    Some(match kind {
        "pause" => SwarmFault::Pause(targets),
        "tick-stall" => SwarmFault::TickStall(targets),
        "crash-loop" => SwarmFault::CrashLoop {
            targets,
            how: hows(reader, table),
            up: reader.required(table, "up", period_range)?,
        },
        "restart" => SwarmFault::Restart {
            targets,
            how: hows(reader, table),
            setup: choices(reader, table)?,
        },
        "drift" => SwarmFault::Drift {
            targets,
            rate: reader.required(table, "rate", rate)?,
            directions: directions(reader, table),
        },
        _ => SwarmFault::Jump {
            targets,
            by: reader.required(table, "by", jump)?,
            directions: directions(reader, table),
        },
    })
}

/// Reads what a scripted fault of one of these kinds is.
pub(crate) fn fault(reader: &mut Reader, table: Table<'_>, kind: &str) -> Option<Fault> {
    if let "clog" | "flap" = kind {
        let shape = scripted_shape(reader, table);
        if kind == "clog" {
            return shape.map(Fault::Clog);
        }
        let period = reader.required(table, "period", |r, n| r.duration_from(n, MILLI));
        return Some(Fault::Flap { shape: shape?, period: period? });
    }
    let target = super::faults::struck(reader, table);
    Some(match kind {
        "pause" => Fault::Pause(target?),
        "tick-stall" => Fault::TickStall(target?),
        "crash-loop" => {
            let how = hows(reader, table)[0];
            let up = reader.required(table, "up", period_range);
            Fault::CrashLoop { target: target?, how, up: up? }
        }
        "restart" => {
            let how = hows(reader, table)[0];
            let setup = choices(reader, table)?.choose(|_| 0);
            Fault::Restart { target: target?, how, setup }
        }
        "drift" => {
            let rate = reader.required(table, "rate", rate);
            let directions = directions(reader, table);
            Fault::Drift { target: target?, rate: rate?, directions }
        }
        _ => {
            let by = reader.required(table, "by", jump);
            let directions = directions(reader, table);
            Fault::Jump { target: target?, by: by?, directions }
        }
    })
}

fn hows(reader: &mut Reader, table: Table<'_>) -> Vec<CrashHow> {
    let how =
        reader.optional(table, "how", |r, n| r.some(n, |r, n| r.word(n, "crash", CRASH_HOWS)));
    how.unwrap_or_else(|| vec![CrashHow::Power])
}

fn directions(reader: &mut Reader, table: Table<'_>) -> Vec<Direction> {
    let read = |r: &mut Reader, n: &_| r.some(n, |r, n| r.word(n, "direction", DIRECTIONS));
    let found = reader.optional(table, "direction", read);
    found.unwrap_or_else(|| vec![Direction::Ahead, Direction::Behind])
}

/// Two durations of at least a millisecond: what begins anew all the time must take some.
fn period_range(reader: &mut Reader, node: &super::source::Node) -> Option<(Nanos, Nanos)> {
    let range = reader.duration_range(node)?;
    if range.0 < MILLI {
        let message = format!("{} is too short", write_duration(range.0));
        reader.problem("S018", message, node.span, "at least 1ms");
        return None;
    }
    Some(range)
}

fn rate(reader: &mut Reader, node: &super::source::Node) -> Option<(u32, u32)> {
    let range = reader.range(node, Reader::ppm)?;
    if range.1 > RATE_MAX {
        let message = "a clock that all but stands still".to_owned();
        reader.problem("S018", message, node.span, "at most 0.9");
        return None;
    }
    Some(range)
}

fn jump(reader: &mut Reader, node: &super::source::Node) -> Option<(Nanos, Nanos)> {
    let range = reader.duration_range(node)?;
    if range.1 > JUMP_MAX {
        let message = format!("{} is too far", write_duration(range.1));
        reader.problem("S018", message, node.span, "at most an hour, 60m");
        return None;
    }
    Some(range)
}

const SETUP_KEYS: &[&str] =
    &["snapshot-every", "catch-up-entries", "segment-bytes", "pre-vote", "forward"];

fn choices(reader: &mut Reader, table: Table<'_>) -> Option<SetupChoices> {
    let node = reader.required(table, "setup", |_, node| Some(node.clone()))?;
    let table = reader.table(&node, "this setup", SETUP_KEYS);
    let mut ints = |key, min| {
        let read = |r: &mut Reader, n: &_| r.list(n, |r, n| r.int(n, min..=INT_MAX));
        reader.optional(table, key, read).unwrap_or_default()
    };
    let snapshot_every = ints("snapshot-every", 0);
    let catch_up_entries = ints("catch-up-entries", 0);
    let segment_bytes = ints("segment-bytes", 512);
    let mut flags = |key| {
        let read = |r: &mut Reader, n: &_| r.list(n, Reader::flag);
        reader.optional(table, key, read).unwrap_or_default()
    };
    let pre_vote = flags("pre-vote");
    let forward = flags("forward");
    Some(SetupChoices { snapshot_every, catch_up_entries, segment_bytes, pre_vote, forward })
}

/// Kind and fields of a drawn fault; `None`: not from here.
pub(crate) fn swarm_document(fault: &SwarmFault) -> Option<(&'static str, Value)> {
    let shapes = |shapes: &[Shape]| -> Value {
        shapes.iter().map(super::document::shape_document).collect()
    };
    let targets = |targets: &[Target]| -> Value {
        targets.iter().map(|target| write_target(*target)).collect()
    };
    let hows =
        |hows: &[CrashHow]| -> Value { hows.iter().map(|how| word_for(CRASH_HOWS, how)).collect() };
    Some(match fault {
        SwarmFault::Clog(of) => ("clog", json!({ "shape": shapes(of) })),
        SwarmFault::Flap { shapes: of, period } => {
            ("flap", json!({ "shape": shapes(of), "period": durations(*period) }))
        }
        SwarmFault::Pause(of) => ("pause", json!({ "target": targets(of) })),
        SwarmFault::TickStall(of) => ("tick-stall", json!({ "target": targets(of) })),
        SwarmFault::CrashLoop { targets: of, how, up } => {
            let up = durations(*up);
            ("crash-loop", json!({ "target": targets(of), "how": hows(how), "up": up }))
        }
        SwarmFault::Restart { targets: of, how, setup } => {
            let setup = setup_document(setup);
            ("restart", json!({ "target": targets(of), "how": hows(how), "setup": setup }))
        }
        SwarmFault::Drift { targets: of, rate, directions } => {
            let mut fields = drift_document(*rate, directions);
            fields["target"] = targets(of);
            ("drift", fields)
        }
        SwarmFault::Jump { targets: of, by, directions } => {
            let mut fields = jump_document(*by, directions);
            fields["target"] = targets(of);
            ("jump", fields)
        }
        _ => return None,
    })
}

/// Kind and fields of a scripted fault; `None`: not from here.
pub(crate) fn fault_document(fault: &Fault) -> Option<(&'static str, Value)> {
    let (kind, target, mut fields) = match fault {
        Fault::Clog(shape) => return Some(("clog", super::document::partition_document(shape))),
        Fault::Flap { shape, period } => {
            let mut fields = super::document::partition_document(shape);
            fields["period"] = write_duration(*period).into();
            return Some(("flap", fields));
        }
        Fault::Pause(target) => ("pause", target, json!({})),
        Fault::TickStall(target) => ("tick-stall", target, json!({})),
        Fault::CrashLoop { target, how, up } => {
            let how = word_for(CRASH_HOWS, how);
            ("crash-loop", target, json!({ "how": how, "up": durations(*up) }))
        }
        Fault::Restart { target, how, setup } => {
            let how = word_for(CRASH_HOWS, how);
            let setup = setup_document(&only(*setup));
            ("restart", target, json!({ "how": how, "setup": setup }))
        }
        Fault::Drift { target, rate, directions } => {
            ("drift", target, drift_document(*rate, directions))
        }
        Fault::Jump { target, by, directions } => ("jump", target, jump_document(*by, directions)),
        _ => return None,
    };
    let key = if matches!(target, Target::Node(_)) { "node" } else { "target" };
    fields[key] = write_target(*target).into();
    Some((kind, fields))
}

fn drift_document(rate: (u32, u32), directions: &[Direction]) -> Value {
    json!({ "rate": [write_ppm(rate.0), write_ppm(rate.1)], "direction": words(directions) })
}

fn jump_document(by: (Nanos, Nanos), directions: &[Direction]) -> Value {
    json!({ "by": durations(by), "direction": words(directions) })
}

fn words(directions: &[Direction]) -> Vec<&'static str> {
    directions.iter().map(|direction| word_for(DIRECTIONS, direction)).collect()
}

/// The two ends of a range of durations.
pub(crate) fn durations(range: (Nanos, Nanos)) -> Value {
    json!([write_duration(range.0), write_duration(range.1)])
}

fn setup_document(setup: &SetupChoices) -> Value {
    let mut fields = json!({});
    let ints = [
        ("snapshot-every", &setup.snapshot_every),
        ("catch-up-entries", &setup.catch_up_entries),
        ("segment-bytes", &setup.segment_bytes),
    ];
    for (key, values) in ints.into_iter().filter(|(_, values)| !values.is_empty()) {
        fields[key] = json!(values);
    }
    let flags = [("pre-vote", &setup.pre_vote), ("forward", &setup.forward)];
    for (key, values) in flags.into_iter().filter(|(_, values)| !values.is_empty()) {
        fields[key] = json!(values);
    }
    fields
}

/// The choices that leave none.
fn only(setup: Setup) -> SetupChoices {
    SetupChoices {
        snapshot_every: setup.snapshot_every.into_iter().collect(),
        catch_up_entries: setup.catch_up_entries.into_iter().collect(),
        segment_bytes: setup.segment_bytes.into_iter().collect(),
        pre_vote: setup.pre_vote.into_iter().collect(),
        forward: setup.forward.into_iter().collect(),
    }
}
