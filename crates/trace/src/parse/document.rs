//! Writes scenarios: every option with its value, in the syntax of the files people write, so
//! that a trace holds its scenario as something that can be read, copied and run.
//!
//! Invariant: what is written here is read back as the same [`Scenario`].

use serde_json::{Map, Value, json};
use system::{Admin, ConfChange, NodeSet, Op, Transition};

use super::disk::belongs;
use super::draw;
use super::membership;
use super::quantity::{write_duration, write_ppm};
use super::storm;
use super::words::{
    CRASH_HOWS, EFFECTS, HEALS, PLACES, PROFILES, node_names, word_for, write_shape, write_target,
};
use crate::disk::DiskStrike;
use crate::scenario::{
    CrashHow, CrashPoint, Delay, DiskOptions, EffectClass, Expect, Fault, KeyDistribution,
    LargeValues, LinkRange, Pace, Scenario, ScriptedFault, ScriptedOp, Shape, Swarm, SwarmFault,
    Target,
};

impl Scenario {
    /// The whole scenario as a document that [`super::parse_scenario`] reads back.
    #[must_use]
    pub fn to_document(&self) -> Value {
        let cluster = &self.cluster;
        let situations: Vec<&str> = self.require.iter().map(|known| known.name()).collect();
        let mut fields = json!({
            "name": self.name,
            "about": self.about,
            "profile": word_for(PROFILES, &self.profile),
            "cluster": {
                "nodes": cluster.nodes,
                "learners": cluster.learners,
                "spares": cluster.spares,
                "clients": cluster.clients,
            },
            "node": self.node_document(),
            "workload": self.workload_document(),
            "op": self.workload.script.iter().map(op_document).collect::<Vec<_>>(),
            "net": self.net_document(),
            "disk": disk_document(&self.disk),
            "budget": self.budget_document(),
            "swarm": self.swarm.iter().map(swarm_document).collect::<Vec<_>>(),
            "fault": self.faults.iter().map(fault_document).collect::<Vec<_>>(),
            "require": { "situations": situations },
            "limits": {
                "storm": write_duration(self.limits.storm),
                "settle": write_duration(self.limits.settle),
                "heal": word_for(HEALS, &self.limits.heal),
                "available-within": write_duration(self.limits.available_within),
                "events-max": self.limits.events_max,
                "steps-max": self.limits.steps_max,
                "check-max": self.limits.check_max,
                "witness": write_ppm(self.limits.witness),
                "stop-on-violation": self.limits.stop_on_violation,
            },
            "expect": match &self.expect {
                Expect::Pass => json!({ "verdict": "pass" }),
                Expect::Fail { signatures, within } => {
                    json!({ "verdict": "fail", "signatures": signatures, "within": within })
                }
            },
        });
        if !self.draws.is_empty() {
            fields["draw"] = draw::document(&self.draws);
        }
        for (name, _, bound) in self.recovery.each() {
            fields["expect"]["recovery"][name] = write_duration(bound).into();
        }
        if !self.excuse.is_empty() {
            fields["excuse"] = json!(self.excuse);
        }
        if let Some(flaw) = &self.flaw {
            fields["flaw"] = flaw.as_str().into();
        }
        fields
    }

    fn node_document(&self) -> Value {
        let node = &self.node;
        json!({
            "tick": write_duration(node.tick),
            "election-ticks": node.election_ticks,
            "heartbeat-ticks": node.heartbeat_ticks,
            "pre-vote": node.pre_vote,
            "check-quorum": node.check_quorum,
            "snapshot-every": node.snapshot_every,
            "catch-up-entries": node.catch_up_entries,
            "segment-bytes": node.segment_bytes,
            "uncommitted-bytes-max": node.uncommitted_bytes_max,
            "sessions-max": node.sessions_max,
            "forward": node.forward,
        })
    }

    fn workload_document(&self) -> Value {
        let workload = &self.workload;
        let mix = workload.mix;
        let mut fields = json!({
            "pace": match workload.pace {
                Pace::Closed { think } => json!({ "closed": { "think": write_duration(think) } }),
                Pace::Open { every } => json!({ "open": { "every": write_duration(every) } }),
            },
            "keys": workload.keys,
            "distribution": match workload.distribution {
                KeyDistribution::Uniform => json!("uniform"),
                KeyDistribution::Zipf => json!("zipf"),
                KeyDistribution::Hot(share) => json!({ "hot": write_ppm(share) }),
            },
            "mix": {
                "get": mix.get,
                "put": mix.put,
                "delete": mix.delete,
                "cas": mix.cas,
                "append": mix.append,
            },
            "value-bytes": workload.value_bytes,
            "read": workload.read.name(),
            "sessions": workload.sessions,
            "attempt-timeout": write_duration(workload.attempt_timeout),
            "op-timeout": write_duration(workload.op_timeout),
        });
        if workload.readers > 0 {
            fields["readers"] = workload.readers.into();
        }
        if let Some(LargeValues { chance, bytes }) = workload.large_values {
            let large = json!({ "chance": write_ppm(chance), "bytes": bytes });
            fields["large-values"] = large;
        }
        if workload.roam > 0 {
            fields["roam"] = write_ppm(workload.roam).into();
        }
        fields
    }

    fn net_document(&self) -> Value {
        let net = &self.net;
        let mut fields = json!({
            "delay": delay_document(net.delay),
            "loss": write_ppm(net.loss),
            "duplicate": write_ppm(net.duplicate),
            "reorder": write_ppm(net.reorder),
            "reorder-hold": write_duration(net.reorder_hold),
            "in-order": net.in_order,
            "mailbox": net.mailbox,
            "corrupt": write_ppm(net.corrupt),
            "checksum": net.checksum,
        });
        if let Some(bandwidth) = net.bandwidth {
            fields["bandwidth"] = bandwidth.into();
        }
        fields
    }

    fn budget_document(&self) -> Value {
        let budget = &self.budget;
        let mut fields =
            json!({ "data-loss": budget.data_loss, "silent-loss": budget.silent_loss });
        if let Some(unavailable) = budget.unavailable {
            fields["unavailable"] = unavailable.into();
        }
        fields
    }
}

/// A fault of a scenario or plan as a document that [`super::parse_fault`] reads back.
#[must_use]
pub fn fault_document(fault: &ScriptedFault) -> Value {
    let (kind, mut fields) = match &fault.fault {
        Fault::Partition(shape) => ("partition", partition_document(shape)),
        Fault::Crash { target, how, point } => ("crash", crash_document(*target, *how, *point)),
        Fault::Links(links) => ("links", links_document(&LinkRange::from(*links))),
        Fault::Disk { target, strike } => ("disk", strike_document(*target, strike)),
        Fault::Admin(Admin::Reconfigure { changes, transition }) => {
            ("reconfigure", reconfigure_document(changes, *transition))
        }
        Fault::Admin(Admin::Transfer { to }) => ("transfer", json!({ "to": format!("n{to}") })),
        Fault::Membership(change) => ("membership", membership::draw_document(change)),
        other => storm::fault_document(other).expect("every fault has a document"),
    };
    fields["at"] = write_duration(fault.at).into();
    fields["for"] = write_duration(fault.lasts).into();
    let mut entry = json!({ "id": fault.id, kind: fields });
    if fault.optional {
        entry["optional"] = true.into();
    }
    entry
}

fn crash_document(target: Target, how: CrashHow, point: CrashPoint) -> Value {
    let mut fields = json!({ "how": word_for(CRASH_HOWS, &how) });
    fields[target_key(target)] = write_target(target).into();
    if let CrashPoint::Effect { n, of, place } = point {
        fields["effect"] = n.into();
        if of != EffectClass::Any {
            fields["of"] = word_for(EFFECTS, &of).into();
        }
        fields["place"] = word_for(PLACES, &place).into();
    }
    fields
}

fn target_key(target: Target) -> &'static str {
    if matches!(target, Target::Node(_)) { "node" } else { "target" }
}

fn strike_document(target: Target, strike: &DiskStrike) -> Value {
    let mut fields = strike_options(std::slice::from_ref(strike));
    fields[target_key(target)] = write_target(target).into();
    fields["what"] = strike.what.name().into();
    fields
}

/// The options that belong to these strikes.
fn strike_options(strikes: &[DiskStrike]) -> Value {
    let of = |key| strikes.iter().find(|strike| belongs(key, strike.what));
    let mut fields = json!({});
    // Misdirected writes have a usual chance of their own.
    let usual = strikes.iter().all(|strike| strike.chance == strike.what.usual_chance());
    if let (Some(strike), false) = (of("chance"), usual) {
        fields["chance"] = write_ppm(strike.chance).into();
    }
    if let Some(strike) = of("room") {
        fields["room"] = strike.room.into();
    }
    if let Some(strike) = of("count") {
        fields["count"] = strike.count.into();
    }
    if let Some(strike) = of("unnoticed") {
        fields["unnoticed"] = strike.unnoticed.into();
    }
    fields
}

fn disk_document(disk: &DiskOptions) -> Value {
    let mut fields = json!({
        "write": delay_document(disk.write),
        "sync": delay_document(disk.sync),
        "sector-bytes": disk.sector_bytes,
        "survive": write_ppm(disk.survive),
        "tear": write_ppm(disk.tear),
        "stall": write_ppm(disk.stall),
        "stall-for": delay_document(disk.stall_for),
        "io-error": write_ppm(disk.io_error),
        "sync-drops": write_ppm(disk.sync_drops),
        "sync-keeps": write_ppm(disk.sync_keeps),
        "lying-sync": write_ppm(disk.lying_sync),
        "misdirect": write_ppm(disk.misdirect),
    });
    if let Some(capacity) = disk.capacity {
        fields["capacity"] = capacity.into();
    }
    fields
}

/// Added, learners, removed, each as a list, if that keeps the order of the changes.
fn reconfigure_document(changes: &[ConfChange], transition: Transition) -> Value {
    let rank = |change: &ConfChange| match change {
        ConfChange::AddVoter(_) => ("add", 0),
        ConfChange::AddLearner(_) => ("learner", 1),
        ConfChange::Remove(_) => ("remove", 2),
    };
    let mut fields = Map::new();
    if changes.is_empty() || !changes.is_sorted_by_key(|change| rank(change).1) {
        let lines = changes.iter().map(|change| format!("{} n{}", rank(change).0, change.node()));
        fields.insert("changes".to_owned(), lines.collect());
    } else {
        for change in changes {
            let list = fields.entry(rank(change).0).or_insert_with(|| json!([]));
            list.as_array_mut().expect("made as a list").push(format!("n{}", change.node()).into());
        }
    }
    fields.insert("joint".to_owned(), (transition == Transition::Joint).into());
    Value::Object(fields)
}

fn swarm_document(swarm: &Swarm) -> Value {
    let (kind, mut fields) = match &swarm.fault {
        SwarmFault::Partition(shapes) => {
            let shapes: Vec<Value> = shapes.iter().map(shape_document).collect();
            ("partition", json!({ "shape": shapes }))
        }
        SwarmFault::Crash { targets, how, at_effect, of } => {
            let targets: Vec<String> = targets.iter().map(|target| write_target(*target)).collect();
            let how: Vec<&str> = how.iter().map(|how| word_for(CRASH_HOWS, how)).collect();
            let at_effect = write_ppm(*at_effect);
            let mut fields = json!({ "target": targets, "how": how, "at-effect": at_effect });
            if !of.is_empty() {
                fields["of"] = of.iter().map(|class| word_for(EFFECTS, class)).collect();
            }
            ("crash", fields)
        }
        SwarmFault::Disk { targets, strikes } => {
            let mut fields = strike_options(strikes);
            fields["target"] = targets.iter().map(|target| write_target(*target)).collect();
            fields["what"] = strikes.iter().map(|strike| strike.what.name()).collect();
            ("disk", fields)
        }
        SwarmFault::Links(links) => ("links", links_document(links)),
        SwarmFault::Membership(swarm) => ("membership", membership::swarm_document(swarm)),
        other => storm::swarm_document(other).expect("every fault has a document"),
    };
    fields["on"] = write_ppm(swarm.on).into();
    fields["every"] = storm::durations(swarm.every);
    fields["for"] = storm::durations(swarm.lasts);
    json!({ kind: fields })
}

/// A scripted shape as fields of its fault.
pub(super) fn partition_document(shape: &Shape) -> Value {
    match shape {
        Shape::Groups(groups) => json!({ "groups": groups_document(groups) }),
        other => json!({ "shape": write_shape(other) }),
    }
}

pub(super) fn shape_document(shape: &Shape) -> Value {
    match shape {
        Shape::Groups(groups) => json!({ "groups": groups_document(groups) }),
        other => json!(write_shape(other)),
    }
}

fn groups_document(groups: &[NodeSet]) -> Vec<Vec<String>> {
    groups.iter().map(|group| node_names(*group)).collect()
}

fn links_document(links: &LinkRange) -> Value {
    let mut fields = json!({});
    if let Some(delay) = links.delay {
        fields["delay"] = delay_document(delay);
    }
    let chances = [
        ("loss", links.loss),
        ("duplicate", links.duplicate),
        ("reorder", links.reorder),
        ("corrupt", links.corrupt),
    ];
    for (key, chance) in chances {
        match chance {
            Some((least, most)) if least == most => fields[key] = write_ppm(least).into(),
            Some((least, most)) => fields[key] = json!([write_ppm(least), write_ppm(most)]),
            None => {}
        }
    }
    match links.bandwidth {
        Some((least, most)) if least == most => fields["bandwidth"] = least.into(),
        Some((least, most)) => fields["bandwidth"] = json!([least, most]),
        None => {}
    }
    if let Some(in_order) = links.in_order {
        fields["in-order"] = in_order.into();
    }
    fields
}

fn delay_document(delay: Delay) -> Value {
    match delay {
        Delay::Fixed(value) => json!({ "dist": "fixed", "value": write_duration(value) }),
        Delay::Uniform { min, max } => {
            json!({ "dist": "uniform", "min": write_duration(min), "max": write_duration(max) })
        }
        Delay::LongTail { min, median, max } => json!({
            "dist": "long-tail",
            "min": write_duration(min),
            "median": write_duration(median),
            "max": write_duration(max),
        }),
    }
}

fn op_document(scripted: &ScriptedOp) -> Value {
    let mut fields = json!({ "key": bytes_document(scripted.op.key()) });
    match &scripted.op {
        Op::Get { .. } | Op::Delete { .. } => {}
        Op::Put { value, .. } | Op::Append { value, .. } => fields["value"] = bytes_document(value),
        Op::Cas { expect, value, .. } => {
            fields["value"] = bytes_document(value);
            if let Some(expect) = expect {
                fields["expect"] = bytes_document(expect);
            }
        }
    }
    let mut document = json!({
        "client": scripted.client,
        "at": write_duration(scripted.at),
        scripted.op.name(): fields,
    });
    if let Some(to) = scripted.to {
        document["to"] = format!("n{to}").into();
    }
    document
}

/// Text as text, other bytes as hexadecimal digits.
fn bytes_document(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "hex": digits })
        }
    }
}
