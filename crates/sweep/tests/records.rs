//! Records and their sum: the same whatever the cut, whoever ran what, in whatever order it came;
//! and what is not a record is not taken for one.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sweep::record::Run;
use sweep::set::Flaw;
use sweep::summary::Conclusion;
use sweep::{
    Finding, Plan, Planned, Program, Record, Seeds, Set, Shard, Sighting, Summary, Verdict, Verify,
    Work,
};
use trace::{Build, Expect, Histogram, Scenario};

fn planned(name: &str, expect: Expect) -> Planned {
    let name = name.to_owned();
    let scenario =
        Scenario { name: name.clone(), about: "A test.".to_owned(), expect, ..Scenario::default() };
    Planned::new(&name, &scenario)
}

fn plan(scenarios: &[&str], seeds: Seeds, chunk: u64) -> Plan {
    let program = Program {
        command: "squall".to_owned(),
        version: Build { squall: "1.2.3".to_owned(), ..Build::default() },
        build: "0123456789abcdef".to_owned(),
    };
    let scenarios = scenarios.iter().map(|name| planned(name, Expect::Pass)).collect();
    let signatures = vec!["linearizable/*".to_owned()];
    let canary = planned("canary", Expect::Fail { signatures, within: 9 });
    Plan::new(&program, scenarios, &[], seeds, Some(chunk), Verify::Sample, canary).expect("a plan")
}

/// What a run of the seed comes to: a function of scenario and seed, as the real one is.
fn run(plan: &Plan, chunk: u64, scenario: &str, seed: u64) -> Run {
    let found = |verdict, sig: &str| Finding {
        sig: sig.to_owned(),
        t: Some(seed % 7 * 400_000_000),
        knobs: BTreeSet::from(["crash".to_owned()]),
        ..Finding::new(chunk, scenario, seed, verdict, &format!("seed {seed} broke it"))
    };
    let finding = match seed % 11 {
        3 => Some(found(Verdict::Fail, "linearizable/stale-read")),
        7 if scenario == "b" => Some(found(Verdict::Fail, "sut/halted")),
        9 => Some(Finding { message: "nothing to judge".into(), ..found(Verdict::Unknown, "") }),
        _ => None,
    };
    let mut recoveries = Histogram::default();
    (0..seed % 3).for_each(|outage| recoveries.add((seed + outage) * 1_000_000));
    let sighting = |name: &str, hits| Sighting {
        name: name.to_owned(),
        hits,
        faults: BTreeSet::from(["crash".to_owned()]),
    };
    Run {
        seed,
        hash: Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        twice: plan.verify.wants(seed),
        counters: vec![("elections", seed % 5), ("events", seed)],
        situations: if seed.is_multiple_of(3) {
            vec![sighting("two-leaders", seed)]
        } else {
            Vec::new()
        },
        exercised: vec![("linearizable", true), ("lease", seed == 2)],
        knobs: BTreeSet::from(["crash".to_owned()]),
        recoveries,
        finding,
    }
}

/// Runs a chunk, its seeds cut at these places.
fn record_cut(plan: &Plan, chunk: u64, cut: u64) -> Record {
    let work = plan.work(chunk).expect("a chunk");
    let name = plan.scenario_of(work).0.name.clone();
    let (from, to) = plan.places(work);
    let part = |from: u64, to: u64| {
        let mut record = Record::new(&plan.plan, chunk, &name, plan.seed(work, from));
        for place in from..to {
            record.push(run(plan, chunk, &name, plan.seed(work, place)));
            if work == Work::Canary && place == 3 {
                break;
            }
        }
        record
    };
    if work == Work::Canary || cut == 0 {
        return part(from, to);
    }
    let mut whole = part(from, to.min(from + cut));
    whole.append(part(to.min(from + cut), to));
    whole
}

fn record(plan: &Plan, chunk: u64) -> Record {
    record_cut(plan, chunk, 0)
}

/// The sum over texts of records.
fn sum(plan: &Plan, texts: &[String]) -> Summary {
    let mut set = Set::new(plan);
    for (number, text) in texts.iter().enumerate() {
        set.read(&format!("file {number}"), text.as_bytes()).expect("it is in memory");
    }
    assert_eq!(set.refused(), []);
    sweep::merge(&set, &Shard::WHOLE.order(plan), "finish it")
}

proptest! {
    #[test]
    fn shards_share_out_every_chunk_once(
        first in 0..1000_u64, count in 1..400_u64, chunk in 1..50_u64, shards in 1..20_u64,
        scenarios in 1..4_usize,
    ) {
        let seeds = Seeds::Range { first, end: first + count };
        let plan = plan(&["a", "b", "c"][..scenarios], seeds, chunk);
        let mut owned: Vec<u64> = Vec::new();
        for index in 0..shards {
            owned.extend(Shard::new(index, shards).expect("a shard").order(&plan));
        }
        owned.sort_unstable();
        prop_assert_eq!(&owned, &(0..plan.chunks()).collect::<Vec<_>>());
        // And the chunks cover every seed of every scenario once, besides the canary.
        let mut runs: Vec<(usize, u64)> = Vec::new();
        for chunk in owned {
            match plan.work(chunk).expect("a chunk") {
                Work::Seeds { scenario, from, to } => {
                    runs.extend((from..to).map(|place| (scenario, plan.seeds.at(place))));
                }
                Work::Canary => {}
            }
        }
        runs.sort_unstable();
        let name = plan.scenarios[scenarios - 1].name.clone();
        let last = plan.chunk_of(&name, first + count - 1);
        prop_assert_eq!(last, plan.chunks().checked_sub(2));
        let all = (0..scenarios).flat_map(|s| (first..first + count).map(move |seed| (s, seed)));
        prop_assert_eq!(runs, all.collect::<Vec<_>>());
    }

    #[test]
    fn the_sum_is_that_of_one(
        count in 1..200_u64, chunk in 1..40_u64, shards in 1..7_u64, cut in 0..40_u64,
        twice in 0..50_u64, order in any::<u64>(),
    ) {
        let plan = plan(&["a", "b"], Seeds::Range { first: 5, end: 5 + count }, chunk);
        let one: String = plan.order().iter().map(|c| record(&plan, *c).write()).collect();
        let mut texts: Vec<String> = Vec::new();
        for index in 0..shards {
            let shard = Shard::new(index, shards).expect("a shard");
            for chunk in shard.order(&plan) {
                texts.push(record_cut(&plan, chunk, cut).write());
                // One that was thought dead and was not.
                if chunk % 50 == twice {
                    texts.push(record(&plan, chunk).write());
                }
            }
        }
        texts.sort_by_key(|text| system::Digest::new().u64(order).bytes(text.as_bytes()).finish());
        prop_assert_eq!(sum(&plan, &[one]), sum(&plan, &texts));
    }

    /// Whatever byte of a record is changed: it is no longer a record, or still the same one.
    #[test]
    fn an_altered_byte_is_seen(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let plan = plan(&["b"], Seeds::Range { first: 0, end: 20 }, 20);
        let whole = record(&plan, 0);
        let mut bytes = whole.write().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        let mut set = Set::new(&plan);
        set.read("altered", bytes.as_slice()).expect("it is in memory");
        prop_assert_eq!(set.get(0), None);
        prop_assert!(!set.refused().is_empty());
    }

    /// Wherever a record is cut off: nothing of it counts.
    #[test]
    fn a_torn_record_is_none(at in any::<prop::sample::Index>()) {
        let plan = plan(&["b"], Seeds::Range { first: 0, end: 20 }, 20);
        let text = record(&plan, 0).write();
        let torn = &text[..at.index(text.len())];
        let mut set = Set::new(&plan);
        set.read("torn", torn.as_bytes()).expect("it is in memory");
        prop_assert_eq!(set.get(0), None);
        prop_assert_eq!(set.refused().len(), 1);
    }
}

#[test]
fn sums_do_not_depend_on_the_size_of_chunks() {
    let seeds = Seeds::Range { first: 0, end: 100 };
    let [small, large] = [7, 100].map(|chunk| {
        let plan = plan(&["a", "b"], seeds.clone(), chunk);
        let texts: Vec<String> = plan.order().iter().map(|c| record(&plan, *c).write()).collect();
        sum(&plan, &texts)
    });
    assert_eq!(small.digest, large.digest);
    assert_eq!(small.signatures, large.signatures);
    assert_eq!(small.scenarios, large.scenarios);
    assert_ne!(small.plan, large.plan);
}

#[test]
fn failures_are_grouped() {
    let plan = plan(&["a", "b"], Seeds::Range { first: 0, end: 110 }, 10);
    let texts: Vec<String> = plan.order().iter().map(|c| record(&plan, *c).write()).collect();
    let summary = sum(&plan, &texts);
    assert_eq!(summary.conclusion, Conclusion::Failure);
    let counts = (summary.run, summary.pass, summary.fail, summary.unknown);
    assert_eq!(counts, (220, 220 - 30 - 20, 30, 20));
    let [stale, halted] = &summary.signatures[..] else { panic!("{:?}", summary.signatures) };
    assert_eq!((stale.sig.as_str(), stale.seeds), ("linearizable/stale-read", 20));
    assert_eq!((stale.first.seed, stale.first.scenario.as_str()), (3, "a"));
    // 14 = 3 + 11 is the first seed that fails at time 0 (14 % 7 == 0).
    assert_eq!((stale.best.seed, stale.t), (14, Some(0)));
    assert_eq!(stale.reproduce, "squall run a --seed 14");
    let examples: Vec<u64> = stale.examples.iter().map(|place| place.seed).collect();
    assert_eq!(examples, [3, 3, 14, 14]);
    assert_eq!(stale.times.values().sum::<u64>(), 20);
    assert_eq!((halted.seeds, halted.scenarios.len()), (10, 1));
    assert_eq!((summary.unknowns.len(), summary.unknowns[0].seeds), (1, 20));
    let crash = &summary.scenarios[1].knobs["crash"];
    assert_eq!((crash.seeds, crash.failing["sut/halted"]), (110, 10));
    // Seed 1 recovers once, 2 twice, 4 once, and so on: there is one of each length to 109 ms.
    let recovery = summary.scenarios[0].recovery.as_ref().expect("there were outages");
    assert_eq!(recovery.count, 109);
    let within =
        |told: u64, millis: u64| (millis..=millis + millis / 8).contains(&(told / 1_000_000));
    assert!(within(recovery.p50, 55) && within(recovery.p99, 108), "{recovery:?}");
    assert!(within(recovery.max, 109), "{recovery:?}");
    let seen = summary.scenarios[0].situations["two-leaders"];
    assert_eq!((seen.seeds, seen.first), (37, 0));
    let canary = summary.canary.as_ref().expect("it was run");
    assert_eq!((canary.caught, canary.seed, canary.seeds), (true, Some(3), 4));
    let text = sweep::text::human(&summary);
    assert!(text.lines().last().is_some_and(|l| l.ends_with("squall run b --seed 7")), "{text}");
}

/// A sweep of one scenario that must fail like this within so many seeds.
fn sum_of(expected: &str, within: u64) -> Summary {
    let whole = plan(&["b"], Seeds::Range { first: 0, end: 22 }, 5);
    let signatures = vec![expected.to_owned()];
    let scenario = planned("b", Expect::Fail { signatures, within });
    let program = Program {
        command: "squall".to_owned(),
        version: Build { squall: "1.2.3".to_owned(), ..Build::default() },
        build: "0123456789abcdef".to_owned(),
    };
    let plan = Plan::new(
        &program,
        vec![scenario],
        &[],
        whole.seeds.clone(),
        Some(5),
        Verify::Sample,
        whole.canary.clone(),
    );
    let plan = plan.expect("a plan");
    let texts: Vec<String> = (0..plan.chunks()).map(|chunk| record(&plan, chunk).write()).collect();
    sum(&plan, &texts)
}

#[test]
fn what_a_scenario_expects_is_no_failure() {
    // Seeds 3 and 14 fail with a stale read, 7 and 18 with a halt.
    let one = sum_of("linearizable/*", 10);
    assert_eq!((one.fail, one.expected, one.conclusion), (2, 2, Conclusion::Failure));
    assert_eq!(one.failures().map(|s| s.sig.as_str()).collect::<Vec<_>>(), ["sut/halted"]);
    let halts = sum_of("sut/halted", 10);
    assert_eq!((halts.fail, halts.expected), (2, 2));
    assert!(halts.missed().next().is_none());
}

#[test]
fn an_expected_failure_that_never_comes_is_one() {
    let missed = sum_of("durability/acked-write-lost", 22);
    let sentence = missed.missed().next().expect("it is missed").1.to_owned();
    assert!(
        sentence.contains("must fail with durability/acked-write-lost within 22"),
        "{sentence}"
    );
    assert_eq!(missed.conclusion, Conclusion::Failure);
    assert!(sweep::text::human(&missed).contains("! missed  b must fail"), "{missed:?}");
    assert!(sweep::junit(&missed, &["sut"]).contains("expected/missed"));
    // Too few seeds to say so.
    assert!(sum_of("durability/acked-write-lost", 23).missed().next().is_none());
}

#[test]
fn what_is_missing_is_named_with_the_command_that_runs_it() {
    let plan = plan(&["a"], Seeds::Range { first: 0, end: 3 }, 1);
    let texts = [record(&plan, 1).write(), record(&plan, 3).write()];
    let summary = sum(&plan, &texts);
    assert_eq!(summary.conclusion, Conclusion::Incomplete);
    assert_eq!(summary.chunks.missing, [(0, 0), (2, 2)]);
    assert_eq!(summary.chunks.finish.as_deref(), Some("finish it"));
    let text = sweep::text::human(&summary);
    assert!(text.contains("missing  2 of 4 chunks: 0 2\n  finish  finish it"), "{text}");
}

#[test]
fn two_records_of_a_chunk_that_differ_are_nondeterminism_in_any_order() {
    let plan = plan(&["a"], Seeds::Range { first: 0, end: 2 }, 2);
    let mut other = Record::new(&plan.plan, 0, "a", 0);
    for seed in 0..2 {
        let hash = Some(seed + 1);
        other.push(Run { hash, ..run(&plan, 0, "a", seed) });
    }
    let (one, other, canary) = (record(&plan, 0).write(), other.write(), record(&plan, 1).write());
    let there = sum(&plan, &[one.clone(), other.clone(), canary.clone()]);
    let back = sum(&plan, &[canary, other, one.clone(), one]);
    assert_eq!(there, back);
    assert_eq!(there.conclusion, Conclusion::Nondeterminism);
    assert_eq!(there.nondeterminism.len(), 1);
    assert!(there.nondeterminism[0].message.contains("2 different records of chunk 0"));
}

#[test]
fn a_canary_that_lives_makes_a_sweep_blind() {
    let plan = plan(&["a"], Seeds::Range { first: 0, end: 2 }, 2);
    let mut alive = Record::new(&plan.plan, 1, "canary", 0);
    for seed in 0..9 {
        alive.push(Run { finding: None, ..run(&plan, 1, "canary", seed) });
    }
    let summary = sum(&plan, &[record(&plan, 0).write(), alive.write()]);
    assert_eq!(summary.conclusion, Conclusion::Blind);
    assert!(summary.canary.is_some_and(|canary| !canary.caught && canary.seeds == 9));
}

#[test]
fn records_of_another_plan_and_ones_that_do_not_fit_are_refused() {
    let seeds = || Seeds::Range { first: 0, end: 4 };
    let ours = plan(&["a"], seeds(), 2);
    let theirs = plan(&["b"], seeds(), 2);
    let mut set = Set::new(&ours);
    set.read("theirs", record(&theirs, 0).write().as_bytes()).expect("it is in memory");
    assert_eq!(set.refused()[0].why, Flaw::OtherPlan(theirs.plan.clone()));
    // A chunk with a seed too few, under our name.
    let mut short = Record::new(&ours.plan, 0, "a", 0);
    short.push(run(&ours, 0, "a", 0));
    set.read("short", short.write().as_bytes()).expect("it is in memory");
    assert!(matches!(&set.refused()[1].why, Flaw::Damaged(how) if how.contains("2 seeds of a")));
    assert!(!set.contains(0));
}

#[test]
fn records_are_found_among_other_lines_and_mixed_with_each_other() {
    let plan = plan(&["b"], Seeds::Range { first: 0, end: 40 }, 20);
    let [one, two] = [0, 1].map(|chunk| record(&plan, chunk).write());
    let (mut left, mut right) = (one.lines(), two.lines());
    let mut mixed = String::from("starting up\n{\"type\":\"else\"}\n");
    loop {
        match (left.next(), right.next()) {
            (None, None) => break,
            (a, b) => a.into_iter().chain(b).for_each(|line| {
                mixed.push_str(line);
                mixed.push_str("\nnoise\n");
            }),
        }
    }
    let mut set = Set::new(&plan);
    set.read("stream", mixed.as_bytes()).expect("it is in memory");
    assert_eq!(set.refused(), []);
    assert!(set.contains(0) && set.contains(1));
}

#[test]
fn a_plan_that_was_changed_is_refused() {
    let plan = plan(&["a"], Seeds::List(vec![4, 9, 2]), 2);
    let text = plan.write();
    assert_eq!(Plan::read(&text), Ok(plan.clone()));
    let changed = text.replace("[4,9,2]", "[4,9,3]");
    assert!(Plan::read(&changed).is_err_and(|p| p.0.contains("was changed")));
    assert!(Plan::read("{}").is_err_and(|p| p.0.contains("no plan")));
    let backwards = Seeds::Range { first: 9, end: 3 };
    for (seeds, chunk, problem) in [
        (backwards, 2, "backwards"),
        (Seeds::List(vec![1, 1]), 2, "twice"),
        (Seeds::Range { first: 0, end: 9 }, 0, "at least 1"),
        (Seeds::Range { first: 0, end: u64::MAX }, 1, "chunks"),
    ] {
        let program = Program {
            command: "squall".to_owned(),
            version: Build::default(),
            build: String::new(),
        };
        let (a, canary) = (planned("a", Expect::Pass), planned("c", Expect::Pass));
        let made = Plan::new(&program, vec![a], &[], seeds, Some(chunk), Verify::All, canary);
        assert!(made.as_ref().is_err_and(|found| found.0.contains(problem)), "{made:?}");
    }
}
