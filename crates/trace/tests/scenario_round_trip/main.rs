//! Whatever scenario there is: written and read again, it is the same one.

mod faults;

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use system::{Op, ReadMode};
use trace::{
    Budget, Case, CaseExpect, ClusterOptions, Delay, DiskOptions, Draw, Expect, Heal,
    KeyDistribution, LargeValues, Limits, Mix, NetOptions, NodeOptions, Pace, Profile, Recorded,
    RecoveryBounds, Scenario, ScriptedFault, ScriptedOp, Situation, Workload, fault_document,
    parse_case, parse_fault, parse_scenario,
};

use faults::{fault, swarm};

pub(crate) const NODES: u64 = 9;
pub(crate) const INT_MAX: u64 = i64::MAX as u64;

pub(crate) fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![0..1_000_000_000_u64, (1..600_u64).prop_map(|s| s * 1_000_000_000), 1..1u64 << 50]
}

pub(crate) fn positive() -> impl Strategy<Value = u64> {
    nanos().prop_map(|nanos| nanos.max(1_000_000))
}

pub(crate) fn ppm() -> impl Strategy<Value = u32> {
    0..=1_000_000_u32
}

pub(crate) fn delay() -> impl Strategy<Value = Delay> {
    let three = || {
        (nanos(), nanos(), nanos()).prop_map(|(a, b, c)| {
            let mut sorted = [a, b, c];
            sorted.sort_unstable();
            sorted
        })
    };
    prop_oneof![
        nanos().prop_map(Delay::Fixed),
        three().prop_map(|[min, _, max]| Delay::Uniform { min, max }),
        three().prop_map(|[min, median, max]| Delay::LongTail { min, median, max }),
    ]
}
fn scripted_op() -> impl Strategy<Value = ScriptedOp> {
    let bytes = || vec(any::<u8>(), 0..6).prop_map(Bytes::from);
    let op = prop_oneof![
        bytes().prop_map(|key| Op::Get { key }),
        bytes().prop_map(|key| Op::Delete { key }),
        (bytes(), bytes()).prop_map(|(key, value)| Op::Put { key, value }),
        (bytes(), bytes()).prop_map(|(key, value)| Op::Append { key, value }),
        (bytes(), option::of(bytes()), bytes()).prop_map(|(key, expect, value)| Op::Cas {
            key,
            expect,
            value
        }),
    ];
    (1..=3_u64, nanos(), option::of(1..=NODES), op).prop_map(|(client, at, to, op)| ScriptedOp {
        client,
        at,
        to,
        op,
    })
}

fn workload() -> impl Strategy<Value = Workload> {
    let pace = prop_oneof![
        nanos().prop_map(|think| Pace::Closed { think }),
        positive().prop_map(|every| Pace::Open { every }),
    ];
    let distribution = prop_oneof![
        Just(KeyDistribution::Uniform),
        Just(KeyDistribution::Zipf),
        ppm().prop_map(KeyDistribution::Hot),
    ];
    let mix = (1..50_u32, 0..50_u32, 0..50_u32, 0..50_u32, 0..50_u32)
        .prop_map(|(get, put, delete, cas, append)| Mix { get, put, delete, cas, append });
    let read = prop_oneof![
        Just(ReadMode::ReadIndex),
        Just(ReadMode::Lease),
        Just(ReadMode::Log),
        Just(ReadMode::Local),
    ];
    let large = (ppm(), 1..1_u32 << 20).prop_map(|(chance, bytes)| LargeValues { chance, bytes });
    let values = (1..100_u32, option::of(large), ppm());
    let first = (pace, 1..100_u64, distribution, mix, values);
    let second = (read, any::<bool>(), positive(), positive(), vec(scripted_op(), 0..4));
    (first, second).prop_map(|((pace, keys, distribution, mix, values), second)| {
        let (value_bytes, large_values, roam) = values;
        let (read, sessions, attempt_timeout, op_timeout, script) = second;
        Workload {
            pace,
            keys,
            distribution,
            mix,
            readers: keys % 4,
            value_bytes,
            large_values,
            roam,
            read,
            sessions,
            attempt_timeout,
            op_timeout,
            script,
        }
    })
}

fn node() -> impl Strategy<Value = NodeOptions> {
    let first = (positive(), 1..20_u32, 1..20_u32, any::<bool>(), any::<bool>(), any::<bool>());
    let second = (0..=INT_MAX, 0..=INT_MAX, 512..=INT_MAX, 1..=INT_MAX, 1..=INT_MAX);
    (first, second).prop_map(
        |((tick, heartbeat_ticks, more, pre_vote, check_quorum, forward), s)| NodeOptions {
            tick,
            election_ticks: heartbeat_ticks + more,
            heartbeat_ticks,
            pre_vote,
            check_quorum,
            snapshot_every: s.0,
            catch_up_entries: s.1,
            segment_bytes: s.2,
            uncommitted_bytes_max: s.3,
            sessions_max: s.4,
            forward,
        },
    )
}

fn world() -> impl Strategy<Value = (NetOptions, DiskOptions)> {
    let more = (1..=1_000_000_u32, ppm(), any::<bool>(), option::of(1..1_u64 << 40));
    let net = (delay(), ppm(), ppm(), ppm(), nanos(), any::<bool>(), more).prop_map(
        |(delay, loss, duplicate, reorder, reorder_hold, in_order, more)| NetOptions {
            delay,
            loss,
            duplicate,
            reorder,
            reorder_hold,
            in_order,
            mailbox: more.0,
            corrupt: more.1,
            checksum: more.2,
            bandwidth: more.3,
        },
    );
    let rates = [(); 8].map(|()| ppm());
    let capacity = option::of(4_096..=1_u64 << 40);
    let disk = ([delay(), delay(), delay()], 512..=1_u32 << 20, rates, capacity).prop_map(
        |([write, sync, stall_for], sector_bytes, rates, capacity)| DiskOptions {
            write,
            sync,
            sector_bytes,
            survive: rates[0],
            tear: rates[1],
            stall: rates[2],
            stall_for,
            capacity,
            io_error: rates[3],
            sync_drops: rates[4],
            sync_keeps: rates[5],
            lying_sync: rates[6],
            misdirect: rates[7],
        },
    );
    (net, disk)
}

fn end() -> impl Strategy<Value = (Limits, Expect)> {
    let heal = prop_oneof![Just(Heal::All), Just(Heal::Quorum)];
    let numbers = (1..=INT_MAX, 1..=INT_MAX, 1..=INT_MAX, ppm(), any::<bool>());
    let limits = (positive(), positive(), heal, nanos(), numbers).prop_map(
        |(storm, settle, heal, available_within, numbers)| {
            let (events_max, steps_max, check_max, witness, stop_on_violation) = numbers;
            Limits {
                storm,
                settle,
                heal,
                available_within,
                events_max,
                steps_max,
                check_max,
                witness,
                stop_on_violation,
            }
        },
    );
    let expect = prop_oneof![
        Just(Expect::Pass),
        (vec("[a-z-]{1,9}/([a-z-]{1,9}|\\*)", 1..3), 1..=INT_MAX)
            .prop_map(|(signatures, within)| Expect::Fail { signatures, within }),
    ];
    (limits, expect)
}

fn draw() -> impl Strategy<Value = Draw> {
    let loss = ppm().prop_map(|ppm| json!(format!("{ppm}ppm")));
    let large = (1..1_u32 << 20).prop_map(|bytes| json!({ "chance": 0.25, "bytes": bytes }));
    let flag = any::<bool>().prop_map(|on| json!(on));
    let choice = (loss, flag, large).prop_map(|(loss, flag, large)| vec![loss, flag, large]);
    (vec(choice, 1..4), 1..=3_usize).prop_map(|(mut choices, keys)| {
        choices.iter_mut().for_each(|choice| choice.truncate(keys));
        let names = ["net.loss", "node.pre-vote", "workload.large-values"];
        Draw { keys: names[..keys].iter().map(|&name| name.to_owned()).collect(), choices }
    })
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let words =
        ("[a-z]\\PC{0,12}", "[A-Z]\\PC{0,40}", any::<bool>(), vec(select(Situation::ALL), 0..3));
    let faults = (vec(draw(), 0..3), vec(swarm(), 0..4), vec(fault(), 0..6));
    let budget = (option::of(0..=63_u64), 0..=63_u64, 0..=63_u64).prop_map(
        |(unavailable, data_loss, silent_loss)| Budget { unavailable, data_loss, silent_loss },
    );
    let end = (end(), budget);
    (words, node(), workload(), world(), faults, end).prop_map(
        |((name, about, correct, require), node, workload, (net, disk), drawn, end)| {
            let (draws, swarm, faults) = drawn;
            let (end, budget) = end;
            let recovery = RecoveryBounds {
                p50: about.len().is_multiple_of(3).then_some(1_000_000 + about.len() as u64),
                p99: about.len().is_multiple_of(2).then_some(5_000_000_000),
                max: None,
            };
            let excuse = match name.len() % 2 {
                0 => BTreeMap::new(),
                _ => BTreeMap::from([("lease".to_owned(), format!("No: {about}"))]),
            };
            // The file may rule out any of them.
            let faults = faults.into_iter().zip(1..).map(|(fault, number)| ScriptedFault {
                id: format!("x{number}"),
                optional: true,
                ..fault
            });
            Scenario {
                name,
                about,
                profile: if correct { Profile::Correct } else { Profile::Raftexample },
                flaw: (require.len() == 1).then(|| "no-fsync".to_owned()),
                cluster: ClusterOptions { nodes: NODES - 3, learners: 1, spares: 2, clients: 3 },
                node,
                workload,
                net,
                disk,
                budget,
                draws,
                swarm,
                faults: faults.collect(),
                require,
                limits: end.0,
                expect: end.1,
                recovery,
                excuse,
            }
        },
    )
}

proptest! {
    #[test]
    fn a_scenario_is_read_as_it_was_written(scenario in scenario()) {
        let compact = scenario.to_document().to_string();
        match parse_scenario("other.json", &compact, &[]) {
            Ok(read) => prop_assert_eq!(&read, &scenario),
            Err(problems) => prop_assert!(false, "{}", problems.render(false)),
        }
        let pretty = serde_json::to_string_pretty(&scenario.to_document()).unwrap();
        prop_assert_eq!(parse_scenario("other.json", &pretty, &[]).ok(), Some(scenario));
    }

    #[test]
    fn a_scenario_is_read_from_toml_as_well(scenario in scenario()) {
        let text = toml::to_string(&scenario.to_document()).unwrap();
        prop_assert_eq!(parse_scenario("other.toml", &text, &[]).ok(), Some(scenario));
    }

    #[test]
    fn a_case_is_read_as_it_was_written(scenario in scenario(), seed: u64) {
        let faults = (1..).zip(&scenario.faults);
        let faults: Vec<_> =
            faults.map(|(n, fault)| ScriptedFault { id: format!("f{n}"), ..fault.clone() }).collect();
        let recorded = Recorded {
            squall: "0".to_owned(),
            system: "x 1".to_owned(),
            hash: "0123456789ab".to_owned(),
            events: seed >> 1,
        };
        let expect = CaseExpect::Pass { was: Some("a/b".to_owned()) };
        let case = Case::of_run("A \"case\".".to_owned(), expect, &scenario, (seed, &faults), recorded);
        match parse_case("other.case.toml", &case.to_text(), &[], &mut |_| Err(String::new())) {
            Ok(read) => prop_assert_eq!(read, case),
            Err(problems) => prop_assert!(false, "{}", problems.render(false)),
        }
    }

    #[test]
    fn a_fault_of_a_plan_is_read_as_it_was_written(fault in fault()) {
        let fault = ScriptedFault { id: "f7".to_owned(), ..fault };
        prop_assert_eq!(parse_fault(&fault_document(&fault)), Ok(fault));
    }
}
