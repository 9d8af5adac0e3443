//! The top of a scenario and its small sections: `[cluster]`, `[node]`, `[require]`, `[limits]`,
//! `[expect]`.

use std::collections::BTreeMap;

use system::NodeSet;

use super::disk::{DISK_KEYS, disk};
use super::faults::{scripted, swarm};
use super::idle;
use super::net::{NET_KEYS, net};
use super::quantity::INT_MAX;
use super::reader::{Reader, Table};
use super::source::{Node, Value};
use super::words::{HEALS, PROFILES, nearest};
use super::workload::{WORKLOAD_KEYS, scripted_op, workload};
use crate::scenario::{
    Budget, ClusterOptions, Expect, Limits, NodeOptions, Profile, RecoveryBounds, Scenario,
    ScriptedFault,
};
use crate::situation::Situation;

/// The keys at the top.
pub(crate) const TOP_KEYS: &[&str] = &[
    "name", "about", "profile", "flaw", "cluster", "node", "workload", "op", "net", "disk",
    "budget", "draw", "swarm", "fault", "require", "limits", "expect", "excuse",
];

/// The keys of `[cluster]`.
pub(crate) const CLUSTER_KEYS: &[&str] = &["nodes", "learners", "spares", "clients"];

/// The keys of `[node]`.
pub(crate) const NODE_KEYS: &[&str] = &[
    "tick",
    "election-ticks",
    "heartbeat-ticks",
    "pre-vote",
    "check-quorum",
    "snapshot-every",
    "catch-up-entries",
    "segment-bytes",
    "uncommitted-bytes-max",
    "sessions-max",
    "forward",
];

/// The keys of `[budget]`.
pub(crate) const BUDGET_KEYS: &[&str] = &["unavailable", "data-loss", "silent-loss"];

/// The keys of `[limits]`.
pub(crate) const LIMITS_KEYS: &[&str] = &[
    "storm",
    "settle",
    "heal",
    "available-within",
    "events-max",
    "steps-max",
    "check-max",
    "witness",
    "stop-on-violation",
];

/// The whole scenario. `None` only with a problem noted.
pub(crate) fn scenario(reader: &mut Reader, root: &Node, stem: &str) -> Option<Scenario> {
    let top = reader.table(root, "the scenario", TOP_KEYS);
    // What others refer to comes first.
    let table = section(reader, top, "cluster", "[cluster]", CLUSTER_KEYS);
    let cluster = cluster(reader, table);
    let name = match top.get("name") {
        Some(node) => reader.nonempty(node)?,
        None if stem.is_empty() => {
            let label = "neither the text nor the file has one";
            reader.problem("S020", "this scenario has no name".to_owned(), top.span(), label);
            String::new()
        }
        None => stem.to_owned(),
    };
    let about = reader.required(top, "about", Reader::nonempty);
    let profile = reader.optional(top, "profile", |r, n| r.word(n, "profile", PROFILES));
    let flaw = reader.optional(top, "flaw", Reader::nonempty);
    let table = section(reader, top, "node", "[node]", NODE_KEYS);
    let node = node_options(reader, table);
    let table = section(reader, top, "workload", "[workload]", WORKLOAD_KEYS);
    let mut workload = workload(reader, table);
    workload.script = entries(reader, top, "op", |r, n, _| scripted_op(r, n));
    let table = section(reader, top, "net", "[net]", NET_KEYS);
    let net = net(reader, table);
    let table = section(reader, top, "disk", "[disk]", DISK_KEYS);
    let disk = disk(reader, table);
    let table = section(reader, top, "budget", "[budget]", BUDGET_KEYS);
    let budget = budget(reader, table);
    let swarm = entries(reader, top, "swarm", |r, n, _| swarm(r, n));
    let faults = entries(reader, top, "fault", scripted);
    check_ids(reader, top, &faults);
    let table = section(reader, top, "require", "[require]", &["situations"]);
    let require = reader.optional(table, "situations", |r, n| r.list(n, situation));
    let table = section(reader, top, "limits", "[limits]", LIMITS_KEYS);
    let limits = limits(reader, table);
    if reader.problems.is_empty() {
        let nodes = cluster.nodes + cluster.learners + cluster.spares;
        let world = idle::World { nodes, storm: limits.storm, budget: &budget };
        idle::check(reader, top, &faults, &world);
    }
    let (expect, recovery) = expect(reader, top);
    let excuse = reader.optional(top, "excuse", excuses).unwrap_or_default();
    Some(Scenario {
        name,
        about: about?,
        profile: profile.unwrap_or(Profile::Correct),
        flaw,
        cluster,
        node,
        workload,
        net,
        disk,
        budget,
        draws: Vec::new(),
        swarm,
        faults,
        require: require.unwrap_or_default(),
        limits,
        expect,
        recovery,
        excuse,
    })
}

/// A section, or an empty one.
fn section<'a>(
    reader: &mut Reader,
    top: Table<'a>,
    key: &str,
    what: &'static str,
    known: &[&str],
) -> Table<'a> {
    match top.get(key) {
        Some(node) => reader.table(node, what, known),
        None => Table::absent(what),
    }
}

/// The entries of a list of tables, numbered from 1. Those with a problem are left out.
fn entries<T>(
    reader: &mut Reader,
    top: Table<'_>,
    key: &str,
    mut read: impl FnMut(&mut Reader, &Node, usize) -> Option<T>,
) -> Vec<T> {
    match top.get(key).map(|node| (node, &node.value)) {
        Some((_, Value::List(items))) => {
            (1..).zip(items).filter_map(|(number, item)| read(reader, item, number)).collect()
        }
        Some((node, _)) => {
            reader.wrong_type(node, &format!("a list of tables, [[{key}]]"));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn cluster(reader: &mut Reader, table: Table<'_>) -> ClusterOptions {
    let base = ClusterOptions::default();
    let before = reader.problems.len();
    let mut count = |key, default| match table.get(key) {
        Some(node) => reader.int(node, 0..=INT_MAX).unwrap_or(default),
        None => default,
    };
    let cluster = ClusterOptions {
        nodes: count("nodes", base.nodes),
        learners: count("learners", base.learners),
        spares: count("spares", base.spares),
        clients: count("clients", base.clients),
    };
    if let Some(node) = table.get("clients") {
        reader.int(node, 0..=10_000);
    }
    let total = cluster.nodes.saturating_add(cluster.learners).saturating_add(cluster.spares);
    let key = ["nodes", "learners", "spares"].into_iter().find(|key| table.get(key).is_some());
    let span = key.and_then(|key| table.get(key)).map_or(table.span(), |node| node.span);
    if cluster.nodes == 0 {
        let message = "a cluster of 0 nodes".to_owned();
        reader.problem("S022", message, span, "expected 1 to 63");
    } else if total > NodeSet::MAX {
        let message = format!("a cluster of {total} nodes");
        let label = "expected 1 to 63, learners and spares included";
        reader.problem("S022", message, span, label);
    }
    // After a problem with the counts nothing is said about names that depend on them.
    if reader.problems.len() == before {
        reader.nodes = total;
        reader.nodes_span = key.map(|_| span);
        reader.clients = cluster.clients;
    }
    cluster
}

fn node_options(reader: &mut Reader, table: Table<'_>) -> NodeOptions {
    let base = NodeOptions::default();
    let mut int = |key, min, default| {
        reader.optional(table, key, |r, n| r.int(n, min..=INT_MAX)).unwrap_or(default)
    };
    let snapshot_every = int("snapshot-every", 0, base.snapshot_every);
    let catch_up_entries = int("catch-up-entries", 0, base.catch_up_entries);
    let segment_bytes = int("segment-bytes", 512, base.segment_bytes);
    let uncommitted_bytes_max = int("uncommitted-bytes-max", 1, base.uncommitted_bytes_max);
    let sessions_max = int("sessions-max", 1, base.sessions_max);
    let mut ticks = |key, default| {
        reader.optional(table, key, |r, n| r.int32(n, 1..=100_000)).unwrap_or(default)
    };
    let heartbeat_ticks = ticks("heartbeat-ticks", base.heartbeat_ticks);
    let election_ticks = ticks("election-ticks", base.election_ticks);
    if heartbeat_ticks >= election_ticks {
        let key = ["election-ticks", "heartbeat-ticks"].into_iter().find_map(|key| table.get(key));
        let span = key.map_or(table.span(), |node| node.span);
        let message = format!(
            "an election after {election_ticks} ticks, but a heartbeat every {heartbeat_ticks}"
        );
        reader.problem("S018", message, span, "elections must take longer than heartbeats");
    }
    let mut flag = |key, default| reader.optional(table, key, Reader::flag).unwrap_or(default);
    let pre_vote = flag("pre-vote", base.pre_vote);
    let check_quorum = flag("check-quorum", base.check_quorum);
    let forward = flag("forward", base.forward);
    NodeOptions {
        tick: reader
            .optional(table, "tick", |r, n| r.duration_from(n, 10_000))
            .unwrap_or(base.tick),
        election_ticks,
        heartbeat_ticks,
        pre_vote,
        check_quorum,
        snapshot_every,
        catch_up_entries,
        segment_bytes,
        uncommitted_bytes_max,
        sessions_max,
        forward,
    }
}

fn budget(reader: &mut Reader, table: Table<'_>) -> Budget {
    let unavailable = reader.optional(table, "unavailable", |r, n| r.int(n, 0..=NodeSet::MAX));
    let mut nodes = |key| reader.optional(table, key, |r, n| r.int(n, 0..=63)).unwrap_or_default();
    Budget { unavailable, data_loss: nodes("data-loss"), silent_loss: nodes("silent-loss") }
}

fn limits(reader: &mut Reader, table: Table<'_>) -> Limits {
    let base = Limits::default();
    let mut int = |key| reader.optional(table, key, |r, n| r.int(n, 1..=INT_MAX));
    let events_max = int("events-max");
    let steps_max = int("steps-max");
    let check_max = int("check-max").unwrap_or(base.check_max);
    let witness = reader.optional(table, "witness", Reader::ppm).unwrap_or(base.witness);
    let stop_on_violation =
        reader.optional(table, "stop-on-violation", Reader::flag).unwrap_or(base.stop_on_violation);
    let mut time = |key, default| {
        reader.optional(table, key, |r, n| r.duration_from(n, 1_000_000)).unwrap_or(default)
    };
    let (storm, settle) = (time("storm", base.storm), time("settle", base.settle));
    Limits {
        storm,
        settle,
        heal: reader.optional(table, "heal", |r, n| r.word(n, "heal", HEALS)).unwrap_or(base.heal),
        available_within: reader
            .optional(table, "available-within", Reader::duration)
            .unwrap_or(base.available_within),
        events_max: events_max.unwrap_or_else(|| Limits::events_max_of(storm)),
        steps_max: steps_max.unwrap_or_else(|| Limits::steps_max_of(storm)),
        check_max,
        witness,
        stop_on_violation,
    }
}

/// `[expect]`: how a run ends, and how long recoveries may take over a sweep.
fn expect(reader: &mut Reader, top: Table<'_>) -> (Expect, RecoveryBounds) {
    let Some(node) = top.get("expect") else {
        return (Expect::Pass, RecoveryBounds::default());
    };
    let table = reader.table(node, "[expect]", &["verdict", "signatures", "within", "recovery"]);
    let bounds = reader.optional(table, "recovery", recovery);
    let verdicts = [("pass", false), ("fail", true)];
    let fails = match bounds {
        None => reader.required(table, "verdict", |r, n| r.word(n, "verdict", &verdicts)),
        Some(_) => reader
            .optional(table, "verdict", |r, n| r.word(n, "verdict", &verdicts))
            .or(Some(false)),
    };
    let bounds = bounds.unwrap_or_default();
    if fails != Some(true) {
        for key in ["signatures", "within"] {
            if let (Some(span), Some(false)) = (table.key_span(key), fails) {
                let message = format!("`{key}` belongs to the verdict \"fail\"");
                reader.problem("S014", message, span, "but \"pass\" is expected");
            }
        }
        return (Expect::Pass, bounds);
    }
    let signatures = reader.required(table, "signatures", |r, n| r.some(n, signature));
    let within = reader.optional(table, "within", |r, n| r.int(n, 1..=INT_MAX));
    let signatures = signatures.unwrap_or_default();
    (Expect::Fail { signatures, within: within.unwrap_or(50) }, bounds)
}

/// Bounds of recoveries: at least one.
fn recovery(reader: &mut Reader, node: &Node) -> Option<RecoveryBounds> {
    let keys = ["p50", "p99", "max"];
    let table = reader.table(node, "`recovery`", &keys);
    if keys.iter().all(|key| table.get(key).is_none()) && matches!(node.value, Value::Table(_)) {
        let message = "these bounds bound nothing".to_owned();
        reader.problem("S024", message, node.span, "expected `p50`, `p99` or `max`");
    }
    let mut bound = |key| reader.optional(table, key, |r, n| r.duration_from(n, 1_000_000));
    Some(RecoveryBounds { p50: bound("p50"), p99: bound("p99"), max: bound("max") })
}

/// `[excuse]`: a check and a reason each. Whether the check exists, the program knows.
fn excuses(reader: &mut Reader, node: &Node) -> Option<BTreeMap<String, String>> {
    let Value::Table(fields) = &node.value else {
        reader.wrong_type(node, "a table of checks, each with a reason");
        return None;
    };
    let mut excuses = BTreeMap::new();
    for field in fields {
        if let Some(reason) = reader.nonempty(&field.node) {
            excuses.insert(field.name.clone(), reason);
        }
    }
    Some(excuses)
}

/// The name of a situation.
fn situation(reader: &mut Reader, node: &Node) -> Option<Situation> {
    let text = reader.nonempty(node)?;
    let found = Situation::named(&text);
    if found.is_none() {
        let names: Vec<&str> = Situation::ALL.iter().map(|known| known.name()).collect();
        let help = match nearest(&text, &names) {
            Some(near) => format!("there is a situation named `{near}`"),
            None => "`squall list situations` names them all".to_owned(),
        };
        reader.problem("S030", format!("unknown situation `{text}`"), node.span, "").help =
            Some(help);
    }
    found
}

/// `check/kind` or `check/*`.
pub(crate) fn signature(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    // Some kinds name their place: `sut/panic#raft-0.7.0/src/raft_log.rs:292`.
    let kind = |kind: &str| match kind.split_once('#') {
        Some((kind, place)) => word(kind) && place.bytes().all(|b| b.is_ascii_graphic()),
        None => kind == "*" || word(kind),
    };
    let good = text.split_once('/').is_some_and(|(check, rest)| word(check) && kind(rest));
    if !good {
        let message = format!("`{text}` is not a failure signature");
        reader.problem("S028", message, node.span, "expected \"check/kind\" or \"check/*\"");
    }
    Some(text)
}

/// No two faults bear the same name.
fn check_ids(reader: &mut Reader, top: Table<'_>, faults: &[ScriptedFault]) {
    let mut ids: Vec<&str> = faults.iter().map(|fault| fault.id.as_str()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
    if let (Some(id), Some(node)) = (twice, top.get("fault")) {
        let mut spans = Vec::new();
        if let Value::List(items) = &node.value {
            for item in items {
                if let Value::Table(fields) = &item.value {
                    let named = fields.iter().filter(|field| {
                        field.name == "id"
                            && matches!(&field.node.value, Value::Text(t) if *t == id)
                    });
                    spans.extend(named.map(|field| field.node.span));
                }
            }
        }
        let span = spans.last().copied().unwrap_or(node.span);
        reader.problem("S029", format!("two faults bear the id `{id}`"), span, "not unique");
    }
}
