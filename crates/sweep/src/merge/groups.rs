//! Findings by what they have in common.

use std::collections::BTreeMap;

use trace::Expect;

use crate::plan::Plan;
use crate::record::{Finding, Verdict};
use crate::summary::{BAR_MILLIS, EXAMPLES_MAX, Place, Signature, Unknown};
use crate::text::reproduce;

const NANOS_PER_BAR: u64 = BAR_MILLIS * 1_000_000;

/// Failures by signature; the most frequent first.
pub(super) fn signatures(plan: &Plan, findings: &[&Finding]) -> Vec<Signature> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
        groups.entry(&finding.sig).or_default().push(finding);
    }
    let mut signatures: Vec<Signature> =
        groups.into_iter().map(|(sig, group)| signature(plan, sig, group)).collect();
    signatures.sort_by(|a, b| b.seeds.cmp(&a.seeds).then_with(|| a.sig.cmp(&b.sig)));
    signatures
}

fn signature(plan: &Plan, sig: &str, mut group: Vec<&Finding>) -> Signature {
    group.sort_by_key(|finding| place(finding));
    let mut scenarios: BTreeMap<String, u64> = BTreeMap::new();
    let mut times: BTreeMap<u64, u64> = BTreeMap::new();
    for finding in &group {
        *scenarios.entry(finding.scenario.clone()).or_default() += 1;
        if let Some(t) = finding.t {
            *times.entry(t / NANOS_PER_BAR * BAR_MILLIS).or_default() += 1;
        }
    }
    let timed = group.iter().filter_map(|finding| Some((finding.t?, finding)));
    let best = timed.min_by_key(|(t, finding)| (*t, place(finding))).map(|(_, finding)| *finding);
    let best = best.unwrap_or(group[0]);
    Signature {
        sig: sig.to_owned(),
        seeds: group.len() as u64,
        expected: scenarios.keys().all(|scenario| expected(plan, scenario, sig)),
        scenarios,
        first: place(group[0]),
        best: place(best),
        t: best.t,
        examples: group.iter().take(EXAMPLES_MAX).map(|finding| place(finding)).collect(),
        message: best.message.clone(),
        story: best.story.clone(),
        times,
        reproduce: reproduce(plan, &best.scenario, best.seed),
    }
}

/// Whether a scenario says that seeds of it fail like this.
fn expected(plan: &Plan, scenario: &str, sig: &str) -> bool {
    let planned = plan.scenarios.iter().find(|planned| planned.name == scenario);
    let Some(Ok(scenario)) = planned.map(crate::plan::Planned::parse) else { return false };
    let Expect::Fail { signatures, .. } = scenario.expect else { return false };
    signatures.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(check) => sig.starts_with(check),
        None => pattern == sig,
    })
}

/// Runs of which nobody can tell, by reason; the most frequent first.
pub(super) fn unknowns(plan: &Plan, findings: &[&Finding]) -> Vec<Unknown> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Unknown) {
        groups.entry(&finding.message).or_default().push(finding);
    }
    let mut unknowns: Vec<Unknown> = groups
        .into_iter()
        .map(|(reason, mut group)| {
            group.sort_by_key(|finding| place(finding));
            Unknown {
                reason: reason.to_owned(),
                seeds: group.len() as u64,
                examples: group.iter().take(EXAMPLES_MAX).map(|finding| place(finding)).collect(),
                reproduce: reproduce(plan, &group[0].scenario, group[0].seed),
            }
        })
        .collect();
    unknowns.sort_by(|a, b| b.seeds.cmp(&a.seeds).then_with(|| a.reason.cmp(&b.reason)));
    unknowns
}

fn place(finding: &Finding) -> Place {
    Place { seed: finding.seed, scenario: finding.scenario.clone() }
}
