//! Three sweeps: one in which seeds fail, one that has not seen what it must, and a good one.

use std::collections::BTreeMap;

use serde_json::json;
use sweep::{Recovery, Summary};

/// A summary from its text, with the situations that cannot come about in its scenarios.
fn summary(value: serde_json::Value) -> Summary {
    let mut summary: Summary = serde_json::from_value(value).unwrap();
    let disks = ["halted-by-disk", "damage-found", "disk-full"];
    let needs = |name: &str| (name.to_owned(), "faults of disks".to_owned());
    for scenario in &mut summary.scenarios {
        scenario.impossible = disks.iter().map(|name| needs(name)).collect();
    }
    // What is derived is derived again.
    summary.require(&[]).unwrap();
    summary
}

fn scenario(name: &str, run: u64, fail: u64, unknown: u64) -> serde_json::Value {
    json!({
        "name": name, "argument": name, "fails": false,
        "run": run, "pass": run - fail - unknown, "fail": fail, "unknown": unknown,
        "digest": "00000000000000aa",
        "counters": { "elections": { "sum": 3 * run, "least": 1, "most": 9, "bits": { "2": run } } },
        "require": ["two-leaders-at-once", "joint-survives-leader"],
        "impossible": {},
        "situations": {
            "two-leaders-at-once": { "seeds": run / 2, "hits": run, "first": 7 },
            "joint-survives-leader": { "seeds": 2, "hits": 3, "first": 90 },
            "snapshot-lost": { "seeds": 1, "hits": 1, "first": 8 },
        },
        "checks": { "linearizable": run, "election-safety": 0, "lease": 0, "sut": run },
        "excuse": { "lease": "reads go | through the log" },
        "matrix": {
            "two-leaders-at-once": { "partition": run / 2, "crash": 12 },
            "snapshot-lost": { "none": 1 },
        },
        "knobs": {},
        "recovery": null,
    })
}

fn sweep(scenarios: &[serde_json::Value]) -> serde_json::Value {
    let sum = |key: &str| scenarios.iter().map(|s| s[key].as_u64().unwrap()).sum::<u64>();
    let run = sum("run");
    json!({
        "type": "summary", "v": "1.0", "plan": "0123456789abcdef", "squall": "0.1.0",
        "build": "fedcba9876543210", "system": "raft-rs", "system_version": "0.7.0",
        "set": [["limits.storm", "20s"]], "seeds": { "first": 0, "end": 10_000 },
        "conclusion": "pass",
        "chunks": { "planned": 201, "found": 201, "missing": [] },
        "planned": run, "run": run, "pass": sum("pass"), "fail": sum("fail"),
        "unknown": sum("unknown"), "twice": 200, "differed": 0, "digest": "00000000000000bb",
        "canary": {
            "scenario": "raftexample", "seeds": 1, "caught": true,
            "sig": "linearizable/stale-read", "seed": 0,
        },
        "signatures": [], "unknowns": [], "nondeterminism": [],
        "scenarios": scenarios,
    })
}

fn signature(sig: &str, seeds: u64, message: &str, times: BTreeMap<u64, u64>) -> serde_json::Value {
    let place = json!({ "seed": 2_417_721_923_u64, "scenario": "lease-read" });
    json!({
        "sig": sig, "seeds": seeds, "scenarios": { "lease-read": seeds }, "expected": false,
        "first": place, "best": { "seed": 2_417_739_004_u64, "scenario": "lease-read" },
        "t": 911_000_000, "examples": [place], "message": message,
        "story": ["c3.1  put x 7   invoked 0.900s  ok 0.905s", "c2.1  get x     -> 3"],
        "times": times, "reproduce": "squall run lease-read --seed 2417739004",
    })
}

/// Seeds fail in two ways, one run is unknown, and a required situation was not reached.
pub(crate) fn failing() -> Summary {
    let mut chaos = scenario("chaos", 10_000, 0, 1);
    chaos["situations"].as_object_mut().unwrap().remove("joint-survives-leader");
    let mut lease = scenario("lease-read", 10_000, 34, 0);
    lease["knobs"] = json!({
        "crash": { "seeds": 5_000, "failing": { "linearizable/stale-read": 16 } },
        "partition": { "seeds": 10_000, "failing": { "linearizable/stale-read": 31 } },
        "partition shape=isolate-leader": {
            "seeds": 400,
            "failing": { "linearizable/stale-read": 30, "testbed/panicked": 3 },
        },
    });
    let mut outages = trace::Histogram::default();
    (1..=1_234).for_each(|outage| outages.add(outage * 400_000));
    lease["recovery"] = json!(Recovery::of(&outages));
    let mut value = sweep(&[chaos, lease]);
    let hostile = "c2 read x and got `<img src=x>` | 3 at 1.500s ```";
    value["signatures"] = json!([
        signature("linearizable/stale-read", 31, hostile, [(500, 3), (1_000, 28)].into()),
        signature("testbed/panicked", 3, "index out of bounds", BTreeMap::new()),
    ]);
    value["unknowns"] = json!([{
        "reason": "the budget <img src=x> | was spent", "seeds": 1,
        "examples": [{ "seed": 41, "scenario": "chaos" }],
        "reproduce": "squall run chaos --seed 41 --set limits.storm=20s",
    }]);
    summary(value)
}

/// Nothing failed, and one of two scenarios has not seen what it must.
pub(crate) fn blind() -> Summary {
    let mut chaos = scenario("chaos", 10_000, 0, 0);
    chaos["situations"].as_object_mut().unwrap().remove("joint-survives-leader");
    summary(sweep(&[chaos, scenario("lease-read", 10_000, 0, 0)]))
}

/// Nothing failed, and all was seen.
pub(crate) fn passing() -> Summary {
    summary(sweep(&[scenario("chaos", 10_000, 0, 0), scenario("lease-read", 10_000, 0, 0)]))
}
