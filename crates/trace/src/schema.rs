//! The JSON Schema of scenario files, for editors: completion, and a red line under what
//! [`crate::parse_scenario`] would refuse. Kept to draft-07, which the TOML language servers know.
//!
//! It says less than the parser: that a node exists or a range runs forward is not in it.

mod build;
mod case;
mod definitions;
mod faults;
mod storm;

use serde_json::{Value, json};

use crate::parse::draw::DRAWN;
use crate::parse::quantity::INT_MAX;
use crate::situation::Situation;

use build::{flag, int, list, one_kind, reference, some_of, table, text, told, words};
pub use case::case_schema;
use definitions::definitions;
use faults::{fault, links, swarm};

/// The schema of a whole scenario.
#[must_use]
pub fn scenario_schema() -> Value {
    let mut top = table(
        &["about"],
        [
            ("name", told(text(), "Its name. Default: the stem of the file's name.")),
            ("about", told(text(), "What it shows, in a sentence or two.")),
            ("profile", told(words(&["correct", "raftexample"]), "The semantics of the nodes.")),
            ("flaw", told(text(), "A mistake to plant: an id that `squall list flaws` names.")),
            ("cluster", cluster()),
            ("node", node()),
            ("workload", workload()),
            ("op", list(op(), "Exactly these operations, instead of drawn ones.")),
            ("net", net()),
            ("disk", disk()),
            ("budget", budget()),
            ("draw", draw()),
            ("swarm", list(swarm(), "Random faults: each seed draws from these.")),
            ("fault", list(fault(), "Faults at a given time.")),
            ("require", require()),
            ("limits", limits()),
            ("expect", expect()),
            ("excuse", excuse()),
        ],
    );
    top["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    top["title"] = "Squall scenario".into();
    top["definitions"] = definitions();
    top
}

fn cluster() -> Value {
    told(
        table(
            &[],
            [
                ("nodes", int(1, 63, "Founding voters, n1 to this. Default: 5.")),
                ("learners", int(0, 62, "Founding learners, behind the voters. Default: 0.")),
                ("spares", int(0, 62, "Nodes that can be added, behind them. Default: 0.")),
                ("clients", int(0, 10_000, "Clients, c1 to this. Default: 5.")),
            ],
        ),
        "Who takes part.",
    )
}

fn node() -> Value {
    let any = INT_MAX;
    told(
        table(
            &[],
            [
                ("tick", told(reference("duration"), "Distance of ticks. Default: 10ms.")),
                ("election-ticks", int(2, 100_000, "Ticks without a leader before an election.")),
                ("heartbeat-ticks", int(1, 100_000, "Ticks between heartbeats.")),
                ("pre-vote", told(flag(), "Whether elections begin with a pre-vote.")),
                ("check-quorum", told(flag(), "Whether a leader without a quorum steps down.")),
                ("snapshot-every", int(0, any, "Applied entries between snapshots; 0: never.")),
                ("catch-up-entries", int(0, any, "Entries kept behind a snapshot.")),
                ("segment-bytes", int(512, any, "Size at which a log segment is closed.")),
                ("uncommitted-bytes-max", int(1, any, "Bytes of proposals that may be open.")),
                ("sessions-max", int(1, any, "Client sessions held.")),
                ("forward", told(flag(), "Whether followers forward proposals.")),
            ],
        ),
        "How each node is set up.",
    )
}

fn workload() -> Value {
    let closed = table(&["think"], [("think", reference("duration"))]);
    let open = table(&["every"], [("every", reference("duration"))]);
    let pace = json!({ "anyOf": [
        table(&["closed"], [("closed", closed)]),
        table(&["open"], [("open", open)]),
    ]});
    let distribution = json!({ "anyOf": [
        words(&["uniform", "zipf"]),
        table(&["hot"], [("hot", reference("chance"))]),
    ]});
    let large = table(
        &["chance", "bytes"],
        [("chance", reference("chance")), ("bytes", int(1, 1 << 20, "Bytes of each of them."))],
    );
    let share = || int(0, 1_000_000, "Its share, relative to the sum.");
    let kinds = ["get", "put", "delete", "cas", "append"];
    let mix = table(&[], kinds.map(|kind| (kind, share())));
    told(
        table(
            &[],
            [
                ("pace", told(pace, "When operations begin. Default: closed, 5ms.")),
                ("keys", int(1, 1_000_000, "How many keys there are. Default: 5.")),
                ("distribution", told(distribution, "How often each key is chosen.")),
                ("mix", told(mix, "Shares of the operations; one not named has none.")),
                ("readers", int(0, 10_000, "Clients that only read, c1 to this. Default: 0.")),
                ("value-bytes", int(1, 1 << 20, "Bytes of a written value. Default: 16.")),
                ("large-values", told(large, "Values among the others that are long.")),
                ("roam", told(reference("chance"), "Chance that any node is asked first.")),
                ("read", words(&["read-index", "lease", "log", "local"])),
                ("sessions", told(flag(), "Whether retries of writes take effect once.")),
                ("attempt-timeout", reference("duration")),
                ("op-timeout", reference("duration")),
            ],
        ),
        "What the clients do.",
    )
}

fn draw() -> Value {
    let sections = DRAWN.join("|");
    let entry = json!({
        "type": "object",
        "minProperties": 1,
        "patternProperties": {
            format!("^({sections})\\.[a-z.-]+$"): { "type": "array", "minItems": 1 },
        },
        "additionalProperties": false,
    });
    list(entry, "What each seed draws of the scenario: keys with lists of values.")
}

fn op() -> Value {
    let op = |keys: &[&'static str], optional: &[&'static str]| {
        table(keys, keys.iter().chain(optional).map(|key| (*key, reference("bytes"))))
    };
    let client = json!({ "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "pattern": "^c[1-9][0-9]*$" },
    ]});
    one_kind(
        &[("client", client), ("at", reference("duration")), ("to", reference("node"))],
        &["client", "at"],
        &[
            ("get", op(&["key"], &[])),
            ("put", op(&["key", "value"], &[])),
            ("delete", op(&["key"], &[])),
            ("cas", op(&["key", "value"], &["expect"])),
            ("append", op(&["key", "value"], &[])),
        ],
    )
}

fn net() -> Value {
    let own = [
        ("reorder-hold", told(reference("duration"), "How long a message is held back at most.")),
        ("mailbox", int(1, 1_000_000, "Messages that a mailbox holds. Default: 4096.")),
        ("checksum", told(flag(), "Whether damaged messages are refused. Default: true.")),
    ];
    told(table(&[], links().into_iter().chain(own)), "The network when no fault is on.")
}

fn disk() -> Value {
    told(
        table(
            &[],
            [
                ("write", told(reference("delay"), "Time of a write into the cache.")),
                ("sync", told(reference("delay"), "Time of making something durable.")),
                ("sector-bytes", int(512, 1 << 20, "What is kept or lost as a whole.")),
                ("survive", told(reference("chance"), "Chance of what is unsynced to survive.")),
                ("tear", told(reference("chance"), "Chance of what does not to be torn.")),
                ("stall", told(reference("chance"), "Chance to find the disk standing still.")),
                ("stall-for", told(reference("delay"), "How long it then stands still.")),
                ("capacity", int(4_096, 1 << 40, "Bytes that all files may hold.")),
                ("io-error", told(reference("chance"), "Chance of anything to answer EIO.")),
                ("sync-drops", told(reference("chance"), "Chance of a sync to fail and drop.")),
                ("sync-keeps", told(reference("chance"), "Chance of a sync to fail and keep.")),
                ("lying-sync", told(reference("chance"), "Chance of a sync to do nothing.")),
                ("misdirect", told(reference("chance"), "Chance of a write to go elsewhere.")),
            ],
        ),
        "The disks when no fault is on.",
    )
}

fn budget() -> Value {
    let keys = [
        ("unavailable", int(0, 63, "Nodes that may be down, stopped or cut off. Default: all.")),
        ("data-loss", int(0, 63, "Nodes that may lose durable data. Default: 0.")),
        ("silent-loss", int(0, 63, "Nodes that may not know it. Default: 0.")),
    ];
    told(table(&[], keys), "What the nemesis may take away.")
}

fn require() -> Value {
    let names: Vec<&str> = Situation::ALL.iter().map(|situation| situation.name()).collect();
    let situations = list(words(&names), "Situations that a sweep must have seen.");
    table(&[], [("situations", situations)])
}

fn limits() -> Value {
    let any = INT_MAX;
    told(
        table(
            &[],
            [
                ("storm", told(reference("duration"), "How long faults strike. Default: 8s.")),
                ("settle", told(reference("duration"), "Time to converge then. Default: 10s.")),
                ("heal", told(words(&["all", "quorum"]), "What is healed. Default: all.")),
                (
                    "available-within",
                    told(reference("duration"), "Bound for a quorum in the storm. Default: 3s."),
                ),
                (
                    "events-max",
                    int(
                        1,
                        any,
                        "Events of a run; beyond it the run is inconclusive. Default: 500000 a second of the storm, at least 5000000.",
                    ),
                ),
                (
                    "steps-max",
                    int(
                        1,
                        any,
                        "Steps of a run; beyond it the run is inconclusive. Default: 5000000 a second of the storm, at least 50000000.",
                    ),
                ),
                ("check-max", int(1, any, "Steps of the check. Default: 5000000.")),
                (
                    "witness",
                    told(
                        reference("chance"),
                        "Runs in which the order of the log may bear witness. Default: 90%.",
                    ),
                ),
                ("stop-on-violation", told(flag(), "Whether a run ends at the first violation.")),
            ],
        ),
        "Where a run ends.",
    )
}

fn expect() -> Value {
    let signature = json!({ "type": "string", "pattern": "^[A-Za-z0-9-]+/([A-Za-z0-9-]+|\\*)$" });
    told(
        table(
            &[],
            [
                ("verdict", words(&["pass", "fail"])),
                ("recovery", recovery()),
                ("signatures", told(some_of(signature), "What must be found: check/kind.")),
                ("within", int(1, INT_MAX, "In how many seeds. Default: 50.")),
            ],
        ),
        "How a run is expected to end. Default: pass.",
    )
}

fn recovery() -> Value {
    let bound = |about: &str| told(reference("duration"), about);
    told(
        table(
            &[],
            [
                ("p50", bound("Half of them take no longer.")),
                ("p99", bound("99 of 100 take no longer.")),
                ("max", bound("None takes longer.")),
            ],
        ),
        "Bounds of the time from a quorum that can decide to its first answer, over a sweep.",
    )
}

fn excuse() -> Value {
    json!({
        "type": "object",
        "additionalProperties": { "type": "string", "minLength": 1 },
        "description": "Checks that need not be exercised, each with the reason. A finding stays one.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::disk::DISK_KEYS;
    use crate::parse::faults::{FAULT_KINDS, SWARM_KINDS};
    use crate::parse::net::NET_KEYS;
    use crate::parse::sections::{BUDGET_KEYS, CLUSTER_KEYS, LIMITS_KEYS, NODE_KEYS, TOP_KEYS};
    use crate::parse::workload::{OP_KINDS, WORKLOAD_KEYS};

    #[test]
    fn the_schema_has_the_keys_of_the_parser() {
        let schema = scenario_schema();
        let pairs: [(&str, &[&str], &[&str]); 11] = [
            ("", TOP_KEYS, &[]),
            ("/properties/cluster", CLUSTER_KEYS, &[]),
            ("/properties/node", NODE_KEYS, &[]),
            ("/properties/workload", WORKLOAD_KEYS, &[]),
            ("/properties/net", NET_KEYS, &[]),
            ("/properties/disk", DISK_KEYS, &[]),
            ("/properties/budget", BUDGET_KEYS, &[]),
            ("/properties/limits", LIMITS_KEYS, &[]),
            ("/properties/swarm/items", SWARM_KINDS, &[]),
            ("/properties/fault/items", FAULT_KINDS, &["id", "optional"]),
            ("/properties/op/items", OP_KINDS, &["client", "at", "to"]),
        ];
        for (place, keys, more) in pairs {
            let properties = schema.pointer(&format!("{place}/properties")).unwrap();
            let mut found: Vec<&str> =
                properties.as_object().unwrap().keys().map(String::as_str).collect();
            let mut known = [keys, more].concat();
            found.sort_unstable();
            known.sort_unstable();
            assert_eq!(found, known, "{place}");
        }
    }
}
