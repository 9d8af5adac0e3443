//! Findings by what they have in common.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::record::{Finding, Verdict};
use crate::summary::{BAR_MILLIS, EXAMPLES_MAX, Place, Signature, Unknown};
use crate::text::reproduce;

const NANOS_PER_BAR: u64 = BAR_MILLIS * 1_000_000;

/// Failures by signature; first those that no scenario expects, the most frequent first. A signature
/// that only some scenarios expect is there twice.
pub(super) fn signatures(plan: &Plan, findings: &[&Finding]) -> Vec<Signature> {
    let expectations = plan.expectations();
    let mut groups: BTreeMap<(bool, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.verdict == Verdict::Fail) {
        let is_expected = finding.is_expected(&expectations[&finding.scenario]);
        groups.entry((is_expected, &finding.sig)).or_default().push(finding);
    }
    let mut signatures: Vec<Signature> =
        groups.into_iter().map(|(key, group)| signature(plan, key, group)).collect();
    signatures.sort_by(|a, b| {
        let order = a.expected.cmp(&b.expected).then_with(|| b.seeds.cmp(&a.seeds));
        order.then_with(|| a.sig.cmp(&b.sig))
    });
    signatures
}

fn signature(plan: &Plan, (is_expected, sig): (bool, &str), mut group: Vec<&Finding>) -> Signature {
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
        expected: is_expected,
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
