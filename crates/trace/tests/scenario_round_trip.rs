//! Whatever scenario there is: written and read again, it is the same one.

use bytes::Bytes;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use system::{Admin, ConfChange, NodeSet, Op, ReadMode, Transition};
use trace::{
    Budget, Case, CaseExpect, ClusterOptions, CrashHow, CrashPoint, Delay, Direction, DiskOptions,
    DiskStrike, DiskWhat, EffectClass, Expect, Fault, Heal, KeyDistribution, Limits, LinkFault,
    LinkRange, MemberDraw, MemberKind, MemberSwarm, Mix, NetOptions, NodeOptions, Pace, Place,
    Profile, Recorded, Scenario, ScriptedFault, ScriptedOp, SetupChoices, Shape, Situation, Swarm,
    SwarmFault, Target, VoterBounds, Workload, fault_document, parse_case, parse_fault,
    parse_scenario,
};

const NODES: u64 = 9;
const INT_MAX: u64 = i64::MAX as u64;

fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![0..1_000_000_000_u64, (1..600_u64).prop_map(|s| s * 1_000_000_000), 1..1u64 << 50]
}

fn positive() -> impl Strategy<Value = u64> {
    nanos().prop_map(|nanos| nanos.max(1_000_000))
}

fn ppm() -> impl Strategy<Value = u32> {
    0..=1_000_000_u32
}

fn delay() -> impl Strategy<Value = Delay> {
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

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        (1..=NODES).prop_map(Target::Node),
        Just(Target::Leader),
        Just(Target::Follower),
        Just(Target::Any),
        Just(Target::All),
    ]
}

fn groups() -> impl Strategy<Value = Shape> {
    (btree_set(1..=NODES, 2..6), 1..2_usize).prop_map(|(nodes, cut)| {
        let nodes: Vec<u64> = nodes.into_iter().collect();
        let (left, right) = nodes.split_at(cut);
        let set = |ids: &[u64]| ids.iter().copied().collect::<NodeSet>();
        Shape::Groups(vec![set(left), set(right)])
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        groups(),
        Just(Shape::Halves),
        Just(Shape::MajorityRing),
        Just(Shape::Bridge),
        Just(Shape::Pair),
        Just(Shape::OneWay),
        target().prop_map(Shape::Isolate),
        target().prop_map(Shape::Mute),
        target().prop_map(Shape::Deaf),
    ]
}

fn crash_how() -> impl Strategy<Value = CrashHow> {
    prop_oneof![Just(CrashHow::Power), Just(CrashHow::Kill)]
}

fn links() -> impl Strategy<Value = LinkFault> {
    let rest = (option::of(ppm()), option::of(1..1_u64 << 40), option::of(any::<bool>()));
    (option::of(delay()), option::of(ppm()), option::of(ppm()), option::of(ppm()), rest).prop_map(
        |(delay, loss, duplicate, reorder, (corrupt, bandwidth, in_order))| LinkFault {
            delay,
            loss,
            duplicate,
            reorder,
            corrupt,
            bandwidth,
            in_order,
        },
    )
}

fn range<T: Ord + Copy + std::fmt::Debug>(
    of: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = (T, T)> {
    (of.clone(), of).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn link_ranges() -> impl Strategy<Value = LinkRange> {
    (links(), option::of(range(0..=1_000_000_u32)), option::of(range(1..1_u64 << 40)))
        .prop_map(|(links, loss, bandwidth)| LinkRange { loss, bandwidth, ..links.into() })
}

fn directions() -> impl Strategy<Value = Vec<Direction>> {
    vec(prop_oneof![Just(Direction::Ahead), Just(Direction::Behind)], 1..3)
}

fn setup() -> impl Strategy<Value = SetupChoices> {
    let ints = || vec(512..=INT_MAX, 0..3);
    let flags = || vec(any::<bool>(), 0..3);
    (ints(), ints(), ints(), flags(), flags()).prop_map(|(a, b, c, pre_vote, forward)| {
        SetupChoices { snapshot_every: a, catch_up_entries: b, segment_bytes: c, pre_vote, forward }
    })
}

fn up() -> impl Strategy<Value = (u64, u64)> {
    range(1_000_000..10_000_000_000_u64)
}

fn drawn_storm() -> impl Strategy<Value = SwarmFault> {
    let targets = || vec(target(), 1..3);
    let how = || vec(crash_how(), 1..3);
    prop_oneof![
        vec(shape(), 1..4).prop_map(SwarmFault::Clog),
        (vec(shape(), 1..4), up()).prop_map(|(shapes, period)| SwarmFault::Flap { shapes, period }),
        targets().prop_map(SwarmFault::Pause),
        targets().prop_map(SwarmFault::TickStall),
        (targets(), how(), up()).prop_map(|(targets, how, up)| SwarmFault::CrashLoop {
            targets,
            how,
            up
        }),
        (targets(), how(), setup()).prop_map(|(targets, how, setup)| SwarmFault::Restart {
            targets,
            how,
            setup
        }),
        (targets(), range(0..=900_000_u32), directions()).prop_map(
            |(targets, rate, directions)| SwarmFault::Drift { targets, rate, directions }
        ),
        (targets(), range(0..3_600_000_000_000_u64), directions())
            .prop_map(|(targets, by, directions)| SwarmFault::Jump { targets, by, directions }),
    ]
}

fn scripted_storm() -> impl Strategy<Value = Fault> {
    prop_oneof![
        shape().prop_map(Fault::Clog),
        (shape(), positive()).prop_map(|(shape, period)| Fault::Flap { shape, period }),
        target().prop_map(Fault::Pause),
        target().prop_map(Fault::TickStall),
        (target(), crash_how(), up()).prop_map(|(target, how, up)| Fault::CrashLoop {
            target,
            how,
            up
        }),
        (target(), crash_how(), setup()).prop_map(|(target, how, setup)| Fault::Restart {
            target,
            how,
            setup: setup.choose(|_| 0)
        }),
        (target(), range(0..=900_000_u32), directions())
            .prop_map(|(target, rate, directions)| Fault::Drift { target, rate, directions }),
        (target(), range(0..3_600_000_000_000_u64), directions())
            .prop_map(|(target, by, directions)| Fault::Jump { target, by, directions }),
    ]
}

fn effect_class() -> impl Strategy<Value = EffectClass> {
    use EffectClass::{Any, Name, Send, Sync, Write};
    select(vec![Any, Write, Sync, Name, Send])
}

/// Options of strikes, of which each kind takes those that belong to it.
fn strike() -> impl Strategy<Value = DiskStrike> {
    (select(DiskWhat::ALL.to_vec()), ppm(), 0..1_u64 << 40, 1..=1_000_u32, any::<bool>()).prop_map(
        |(what, chance, room, count, unnoticed)| DiskStrike {
            what,
            chance,
            room,
            count,
            unnoticed,
        },
    )
}

fn one(what: DiskWhat, like: DiskStrike) -> DiskStrike {
    use DiskWhat::{
        BitRot, Full, IoError, LyingSync, Misdirect, SyncDrops, SyncKeeps, Unreadable, Wipe,
    };
    let usual = DiskStrike::of(what);
    match what {
        IoError | SyncDrops | SyncKeeps | LyingSync | Misdirect => {
            DiskStrike { chance: like.chance, ..usual }
        }
        Full => DiskStrike { room: like.room, ..usual },
        BitRot | Unreadable => DiskStrike { count: like.count, ..usual },
        Wipe => DiskStrike { unnoticed: like.unnoticed, ..usual },
        DiskWhat::Stall => usual,
    }
}

fn swarm() -> impl Strategy<Value = Swarm> {
    let fault = prop_oneof![
        vec(shape(), 1..4).prop_map(SwarmFault::Partition),
        ((vec(target(), 1..3), vec(crash_how(), 1..3), ppm()), vec(effect_class(), 0..3)).prop_map(
            |((targets, how, at_effect), of)| SwarmFault::Crash { targets, how, at_effect, of }
        ),
        (vec(target(), 1..3), subsequence(DiskWhat::ALL.to_vec(), 1..5), strike()).prop_map(
            |(targets, whats, like)| SwarmFault::Disk {
                targets,
                strikes: whats.into_iter().map(|what| one(what, like)).collect(),
            }
        ),
        link_ranges().prop_map(SwarmFault::Links),
        (vec(member_kind(), 1..4), ppm(), voters()).prop_map(|(kinds, joint, voters)| {
            SwarmFault::Membership(MemberSwarm { kinds, joint, voters })
        }),
        drawn_storm(),
    ];
    let every = (positive(), positive()).prop_map(|(a, b)| (a.min(b), a.max(b)));
    (ppm(), every, nanos(), nanos(), fault).prop_map(|(on, every, a, b, fault)| Swarm {
        on,
        every,
        lasts: (a.min(b), a.max(b)),
        fault,
    })
}

fn member_kind() -> impl Strategy<Value = MemberKind> {
    (0..MemberKind::ALL.len()).prop_map(|place| MemberKind::ALL[place].1)
}

fn voters() -> impl Strategy<Value = VoterBounds> {
    (1..=63_u64, 1..=63_u64).prop_map(|(a, b)| VoterBounds { least: a.min(b), most: a.max(b) })
}

fn admin() -> impl Strategy<Value = Admin> {
    let change = (0..3, 1..=NODES).prop_map(|(kind, id)| match kind {
        0 => ConfChange::AddVoter(id),
        1 => ConfChange::AddLearner(id),
        _ => ConfChange::Remove(id),
    });
    prop_oneof![
        (1..=NODES).prop_map(|to| Admin::Transfer { to }),
        (vec(change, 1..5), any::<bool>()).prop_map(|(changes, joint)| Admin::Reconfigure {
            changes,
            transition: if joint { Transition::Joint } else { Transition::Auto },
        }),
    ]
}

fn fault() -> impl Strategy<Value = ScriptedFault> {
    let place = prop_oneof![Just(Place::Before), Just(Place::Inside), Just(Place::After)];
    let point = prop_oneof![
        Just(CrashPoint::Now),
        (1..=u32::MAX, effect_class(), place).prop_map(|(n, of, place)| CrashPoint::Effect {
            n,
            of,
            place
        }),
    ];
    let fault = prop_oneof![
        shape().prop_map(Fault::Partition),
        (target(), crash_how(), point).prop_map(|(target, how, point)| Fault::Crash {
            target,
            how,
            point
        }),
        links().prop_map(Fault::Links),
        (target(), strike())
            .prop_map(|(target, like)| Fault::Disk { target, strike: one(like.what, like) }),
        admin().prop_map(Fault::Admin),
        (member_kind(), any::<u64>(), any::<bool>(), voters()).prop_map(
            |(kind, draw, joint, voters)| {
                Fault::Membership(MemberDraw { kind, draw, joint, voters })
            }
        ),
        scripted_storm(),
    ];
    (nanos(), nanos(), fault).prop_map(|(at, lasts, fault)| ScriptedFault {
        id: String::new(),
        at,
        lasts,
        fault,
    })
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
    let first = (pace, 1..100_u64, distribution, mix, 1..100_u32);
    let second = (read, any::<bool>(), positive(), positive(), vec(scripted_op(), 0..4));
    (first, second).prop_map(|((pace, keys, distribution, mix, value_bytes), second)| {
        let (read, sessions, attempt_timeout, op_timeout, script) = second;
        Workload {
            pace,
            keys,
            distribution,
            mix,
            value_bytes,
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

fn scenario() -> impl Strategy<Value = Scenario> {
    let words =
        ("[a-z]\\PC{0,12}", "[A-Z]\\PC{0,40}", any::<bool>(), vec(select(Situation::ALL), 0..3));
    let faults = (vec(swarm(), 0..4), vec(fault(), 0..6));
    let budget = (option::of(0..=63_u64), 0..=63_u64, 0..=63_u64).prop_map(
        |(unavailable, data_loss, silent_loss)| Budget { unavailable, data_loss, silent_loss },
    );
    let end = (end(), budget);
    (words, node(), workload(), world(), faults, end).prop_map(
        |((name, about, correct, require), node, workload, (net, disk), (swarm, faults), end)| {
            let (end, budget) = end;
            let faults = faults
                .into_iter()
                .zip(1..)
                .map(|(fault, number)| ScriptedFault { id: format!("x{number}"), ..fault });
            Scenario {
                name,
                about,
                profile: if correct { Profile::Correct } else { Profile::Raftexample },
                cluster: ClusterOptions { nodes: NODES - 3, learners: 1, spares: 2, clients: 3 },
                node,
                workload,
                net,
                disk,
                budget,
                swarm,
                faults: faults.collect(),
                require,
                limits: end.0,
                expect: end.1,
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
