//! From records to the sum: a function of the plan, the set of records, and which chunks were
//! asked for. The order in which records came, and who made them, is not seen.

use std::collections::{BTreeMap, BTreeSet};

use trace::{Expect, Histogram, RecoveryBounds, Scenario, Situation};

use crate::plan::{Plan, Planned, VERSION, Work};
use crate::record::{
    Finding, Record, Seen, Spread, Verdict, add_all, add_counts, add_digits, digits,
};
use crate::recovery::{self, Recovery, Slowest};
use crate::set::Set;
use crate::summary::{
    Canary, Chunks, Conclusion, Knob, Nondeterminism, Place, ScenarioSummary, Summary,
};
use crate::text::{grouped, reproduce};

mod groups;

/// Sums up the records of the chunks that were asked for. `finish` is the command that runs what
/// is missing.
///
/// # Panics
///
/// If a chunk that was asked for is not in the plan, or a scenario of the plan cannot be read.
#[must_use]
pub fn merge(set: &Set<'_>, asked: &[u64], finish: &str) -> Summary {
    let plan = set.plan();
    let asked: BTreeSet<u64> = asked.iter().copied().collect();
    let missing: Vec<u64> = asked.iter().copied().filter(|chunk| !set.contains(*chunk)).collect();
    let mut scenarios: Vec<ScenarioSummary> = plan.scenarios.iter().map(empty).collect();
    let expectations = plan.expectations();
    let mut summary = blank(plan);
    let mut findings: Vec<Finding> = Vec::new();
    for chunk in &asked {
        let Some(record) = set.get(*chunk) else { continue };
        match plan.work(*chunk).expect("the chunk is in the plan") {
            Work::Canary => summary.canary = Some(canary(&record)),
            Work::Seeds { scenario, .. } => {
                let scenario = &mut scenarios[scenario];
                let expect = &expectations[&scenario.name];
                add(scenario, &record, expect);
                summary.twice += record.footer.twice;
                summary.differed += record.footer.differed;
                findings.extend(record.findings);
            }
        }
    }
    let findings: Vec<&Finding> = findings.iter().collect();
    for scenario in &mut scenarios {
        scenario.missed = missed(scenario, &expectations[&scenario.name]);
    }
    for (scenario, planned) in scenarios.iter_mut().zip(&plan.scenarios) {
        let parsed = planned.parse().expect("the scenarios of a plan are read before it is run");
        judge_recovery(plan, scenario, parsed.recovery);
    }
    for scenario in &scenarios {
        summary.run += scenario.run;
        summary.pass += scenario.pass;
        summary.fail += scenario.fail;
        summary.expected += scenario.expected;
        summary.unknown += scenario.unknown;
        summary.digest = add_digits(&summary.digest, &scenario.digest);
    }
    summary.scenarios = scenarios;
    summary.signatures = groups::signatures(plan, &findings);
    summary.unknowns = groups::unknowns(plan, &findings);
    summary.nondeterminism = nondeterminism(set, &asked, &findings);
    summary.chunks = Chunks {
        planned: asked.len() as u64,
        found: (asked.len() - missing.len()) as u64,
        finish: (!missing.is_empty()).then(|| finish.to_owned()),
        missing: rows(&missing),
    };
    summary.conclusion = summary.conclude();
    summary
}

/// The plan's part of a summary.
fn blank(plan: &Plan) -> Summary {
    Summary {
        kind: "summary".to_owned(),
        v: VERSION.to_owned(),
        plan: plan.plan.clone(),
        squall: plan.squall.clone(),
        build: plan.build.clone(),
        system: plan.system.clone(),
        system_version: plan.system_version.clone(),
        set: plan.set.clone(),
        seeds: plan.seeds.clone(),
        conclusion: Conclusion::Nothing,
        stopped: None,
        chunks: Chunks { planned: 0, found: 0, missing: Vec::new(), finish: None },
        planned: plan.runs(),
        run: 0,
        pass: 0,
        fail: 0,
        expected: 0,
        unknown: 0,
        twice: 0,
        differed: 0,
        digest: digits(0),
        canary: None,
        signatures: Vec::new(),
        unknowns: Vec::new(),
        nondeterminism: Vec::new(),
        scenarios: Vec::new(),
    }
}

impl Summary {
    /// What it all comes to.
    pub(crate) fn conclude(&self) -> Conclusion {
        let alive = self.canary.as_ref().is_some_and(|canary| !canary.caught);
        if !self.nondeterminism.is_empty() {
            Conclusion::Nondeterminism
        } else if self.fail > 0 || self.scenarios.iter().any(ScenarioSummary::is_broken) {
            Conclusion::Failure
        } else if !self.chunks.missing.is_empty() {
            Conclusion::Incomplete
        } else if self.unknown > 0 {
            Conclusion::Unknown
        } else if alive {
            Conclusion::Blind
        } else if self.run == 0 {
            Conclusion::Nothing
        } else if !self.not_reached().is_empty() {
            Conclusion::Blind
        } else {
            Conclusion::Pass
        }
    }
}

fn empty(planned: &Planned) -> ScenarioSummary {
    let scenario = planned.parse().expect("the scenarios of a plan are read before it is run");
    ScenarioSummary {
        name: planned.name.clone(),
        argument: planned.argument.clone(),
        fails: scenario.expect != trace::Expect::Pass,
        run: 0,
        pass: 0,
        fail: 0,
        expected: 0,
        missed: None,
        unknown: 0,
        digest: digits(0),
        counters: BTreeMap::new(),
        require: scenario.require.iter().map(|known| known.name().to_owned()).collect(),
        impossible: impossible(&scenario),
        situations: BTreeMap::new(),
        checks: BTreeMap::new(),
        excuse: scenario.excuse,
        matrix: BTreeMap::new(),
        knobs: BTreeMap::new(),
        recovery: None,
        slowest: None,
        bounded: scenario.recovery != RecoveryBounds::default(),
        slow: Vec::new(),
        unjudged: Vec::new(),
        rerun: None,
    }
}

/// Holds the recoveries of a scenario against the bounds that it sets.
fn judge_recovery(plan: &Plan, scenario: &mut ScenarioSummary, bounds: RecoveryBounds) {
    if scenario.run == 0 {
        return;
    }
    let all = scenario.recovery.as_ref().map(Recovery::histogram).unwrap_or_default();
    (scenario.slow, scenario.unjudged) = recovery::judge(bounds, &all);
    if let (false, Some(slowest)) = (scenario.slow.is_empty(), scenario.slowest) {
        scenario.rerun = Some(reproduce(plan, &scenario.name, slowest.seed));
    }
}

/// What a scenario must fail with and did not, although it was run as often as that may take.
fn missed(scenario: &ScenarioSummary, expect: &Expect) -> Option<String> {
    let Expect::Fail { signatures, within } = expect else { return None };
    let is_due = scenario.expected == 0 && scenario.run >= *within;
    is_due.then(|| {
        let (run, names) = (grouped(scenario.run), signatures.join(" or "));
        format!(
            "{} must fail with {names} within {within} seeds and did not in {run}",
            scenario.name
        )
    })
}

/// The situations that cannot come about, and what each needs.
fn impossible(scenario: &Scenario) -> BTreeMap<String, String> {
    let all = Situation::ALL.iter();
    all.filter_map(|situation| {
        let need = situation.unmet(scenario)?;
        Some((situation.name().to_owned(), need.to_string()))
    })
    .collect()
}

/// Adds a record to its scenario.
fn add(scenario: &mut ScenarioSummary, record: &Record, expect: &Expect) {
    let footer = &record.footer;
    scenario.run += footer.run;
    scenario.pass += footer.pass;
    let expected = record.findings.iter().filter(|finding| finding.is_expected(expect));
    let expected = expected.count() as u64;
    scenario.fail += footer.fail - expected;
    scenario.expected += expected;
    scenario.unknown += footer.unknown;
    scenario.digest = add_digits(&scenario.digest, &footer.digest);
    add_all(&mut scenario.counters, &footer.counters, Spread::add);
    add_all(&mut scenario.situations, &footer.situations, Seen::add);
    add_counts(&mut scenario.checks, &footer.checks);
    for (situation, row) in &footer.matrix {
        add_counts(scenario.matrix.entry(situation.clone()).or_default(), row);
    }
    for (knob, seeds) in &footer.knobs {
        scenario.knobs.entry(knob.clone()).or_default().seeds += seeds;
    }
    let mut recoveries = Histogram::from_buckets(footer.recoveries.clone());
    if let Some(before) = &scenario.recovery {
        recoveries.join(&before.histogram());
    }
    scenario.recovery = Recovery::of(&recoveries);
    scenario.slowest = Slowest::of(scenario.slowest, footer.slowest);
    for finding in record.findings.iter().filter(|f| f.verdict == Verdict::Fail) {
        for knob in &finding.knobs {
            let knob: &mut Knob = scenario.knobs.entry(knob.clone()).or_default();
            *knob.failing.entry(finding.sig.clone()).or_default() += 1;
        }
    }
}

fn canary(record: &Record) -> Canary {
    let caught = record.findings.iter().find(|finding| finding.verdict == Verdict::Fail);
    Canary {
        scenario: record.footer.scenario.clone(),
        seeds: record.footer.run,
        caught: caught.is_some(),
        sig: caught.map(|finding| finding.sig.clone()).unwrap_or_default(),
        seed: caught.map(|finding| finding.seed),
    }
}

/// Runs that a fresh process did not repeat, and chunks of which there are two records.
fn nondeterminism(
    set: &Set<'_>,
    asked: &BTreeSet<u64>,
    findings: &[&Finding],
) -> Vec<Nondeterminism> {
    let plan = set.plan();
    let unrepeated = findings.iter().filter(|f| f.verdict == Verdict::Nondeterministic).map(|f| {
        Nondeterminism {
            chunk: f.chunk,
            place: Place { seed: f.seed, scenario: f.scenario.clone() },
            message: "a fresh process went another way".to_owned(),
            diverged: f.diverged.clone(),
            reproduce: reproduce(plan, &f.scenario, f.seed),
        }
    });
    let twofold =
        set.differing().filter(|(chunk, _)| asked.contains(chunk)).map(|(chunk, texts)| {
            let footer = set.get(chunk).expect("one of them is counted").footer;
            let place = Place { seed: footer.first, scenario: footer.scenario.clone() };
            Nondeterminism {
                chunk,
                message: format!(
                    "there are {} different records of chunk {chunk} ({} seeds from {})",
                    texts.len(),
                    footer.run,
                    footer.first
                ),
                diverged: None,
                reproduce: reproduce(plan, &place.scenario, place.seed),
                place,
            }
        });
    let mut all: Vec<Nondeterminism> = unrepeated.chain(twofold).collect();
    all.sort_by(|a, b| (a.chunk, &a.place).cmp(&(b.chunk, &b.place)));
    all
}

/// Numbers that follow each other as first and last.
fn rows(numbers: &[u64]) -> Vec<(u64, u64)> {
    let mut rows: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match rows.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => rows.push((*number, *number)),
        }
    }
    rows
}
