//! What reports have in common: situations over all scenarios, failures beside what was drawn.
//!
//! Shares are parts per million; there are no floats here.

use std::collections::{BTreeMap, BTreeSet};

use trace::Situation;

use crate::summary::{Place, Summary};

/// Failing seeds of a signature below which nothing is said of what was drawn beside them.
pub const ASSOCIATION_MIN: u64 = 20;

/// A situation over all scenarios of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Runs that reached it.
    pub seeds: u64,
    /// How often they did.
    pub hits: u64,
    /// The lowest seed that did.
    pub first: Option<Place>,
    /// The scenarios that require it.
    pub required_by: Vec<String>,
    /// Those of them in which it was not reached.
    pub missing_in: Vec<String>,
    /// What it needs, if no scenario has it.
    pub needs: Option<String>,
}

/// The checks that had nothing to judge in any run: those without an excuse, and those with one.
#[must_use]
pub fn not_exercised(summary: &Summary) -> (Vec<&str>, Vec<(&str, &str)>) {
    let scenarios = || summary.scenarios.iter().filter(|scenario| scenario.run > 0);
    let checks: BTreeSet<&str> =
        scenarios().flat_map(|scenario| scenario.checks.keys()).map(String::as_str).collect();
    let idle = checks.into_iter().filter(|check| {
        scenarios().all(|scenario| scenario.checks.get(*check).is_none_or(|runs| *runs == 0))
    });
    let (mut bare, mut excused) = (Vec::new(), Vec::new());
    for check in idle {
        match scenarios().find_map(|scenario| scenario.excuse.get(check)) {
            Some(reason) => excused.push((check, &**reason)),
            None => bare.push(check),
        }
    }
    (bare, excused)
}

/// The situations: first those that are required and were not reached, then the others that are
/// required, then the others that were reached, then those that were not; each in the order of
/// the catalogue.
#[must_use]
pub fn situations(summary: &Summary) -> Vec<Row> {
    let known = Situation::ALL.iter().map(|situation| situation.name().to_owned());
    let scenarios = || summary.scenarios.iter();
    let mut names: Vec<String> = known.collect();
    // A newer program may have counted situations that this one does not know.
    let counted: BTreeSet<&String> = scenarios().flat_map(|s| s.situations.keys()).collect();
    names.extend(counted.into_iter().filter(|name| Situation::named(name).is_none()).cloned());
    let mut rows: Vec<Row> = names.into_iter().map(|name| row(summary, name)).collect();
    rows.sort_by_key(|row| (row.missing_in.is_empty(), row.required_by.is_empty(), row.seeds == 0));
    rows
}

fn row(summary: &Summary, name: String) -> Row {
    let mut row = Row {
        seeds: 0,
        hits: 0,
        first: None,
        required_by: Vec::new(),
        missing_in: Vec::new(),
        needs: None,
        name,
    };
    for scenario in &summary.scenarios {
        let requires = scenario.require.contains(&row.name);
        if requires {
            row.required_by.push(scenario.name.clone());
        }
        if let Some(seen) = scenario.situations.get(&row.name) {
            row.seeds += seen.seeds;
            row.hits += seen.hits;
            let place = Place { seed: seen.first, scenario: scenario.name.clone() };
            row.first = Some(row.first.take().map_or(place.clone(), |first| first.min(place)));
        } else if requires {
            row.missing_in.push(scenario.name.clone());
        }
    }
    let impossible =
        |scenario: &crate::summary::ScenarioSummary| scenario.impossible.get(&row.name).cloned();
    let needs: Option<Vec<String>> = summary.scenarios.iter().map(impossible).collect();
    row.needs = needs.and_then(|needs| needs.into_iter().next());
    row
}

/// Who requires a situation: `all`, or the names of the scenarios.
#[must_use]
pub fn required_by(summary: &Summary, row: &Row) -> String {
    match row.required_by.len() {
        0 => String::new(),
        n if n == summary.scenarios.len() && n > 1 => "all".to_owned(),
        _ => row.required_by.join(", "),
    }
}

/// Seeds in which a situation was reached while a fault was on, over all scenarios.
#[must_use]
pub fn matrix(summary: &Summary) -> BTreeMap<&str, BTreeMap<&str, u64>> {
    let mut matrix: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for scenario in &summary.scenarios {
        for (situation, row) in &scenario.matrix {
            let sums = matrix.entry(situation).or_default();
            for (fault, seeds) in row {
                *sums.entry(fault).or_default() += seeds;
            }
        }
    }
    matrix
}

/// How often seeds failed that drew a random fault, beside those that did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// The scenario.
    pub scenario: String,
    /// `check/kind`.
    pub sig: String,
    /// What was drawn; see [`crate::knobs`].
    pub knob: String,
    /// Failing seeds that drew it, of all that did.
    pub with: (u64, u64),
    /// Failing seeds that did not draw it, of all that did not.
    pub without: (u64, u64),
}

/// What failures go together with, or without, the greatest difference of shares first. A signature with
/// fewer than [`ASSOCIATION_MIN`] failing seeds in a scenario says nothing.
#[must_use]
pub fn associations(summary: &Summary) -> Vec<Association> {
    let mut found = Vec::new();
    for signature in &summary.signatures {
        for scenario in &summary.scenarios {
            let fails = signature.scenarios.get(&scenario.name).copied().unwrap_or(0);
            if fails < ASSOCIATION_MIN {
                continue;
            }
            for (name, knob) in &scenario.knobs {
                let failing = knob.failing.get(&signature.sig).copied().unwrap_or(0);
                let others = scenario.run.saturating_sub(knob.seeds);
                if knob.seeds == 0 || others == 0 {
                    continue;
                }
                found.push(Association {
                    scenario: scenario.name.clone(),
                    sig: signature.sig.clone(),
                    knob: name.clone(),
                    with: (failing, knob.seeds),
                    without: (fails.saturating_sub(failing), others),
                });
            }
        }
    }
    let gain = |a: &Association| ppm(a.with).abs_diff(ppm(a.without));
    found.retain(|one| gain(one) > 0);
    found.sort_by_key(|one| std::cmp::Reverse(gain(one)));
    found
}

/// A share in parts per million.
#[must_use]
pub fn ppm((part, whole): (u64, u64)) -> u64 {
    part.saturating_mul(1_000_000).checked_div(whole).unwrap_or(0)
}

/// A share as people read it: `4.1 %`.
#[must_use]
pub fn percent(share: (u64, u64)) -> String {
    let tenths = (ppm(share) + 500) / 1_000;
    match (tenths, share.0) {
        (0, 1..) => "<0.1 %".to_owned(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// A bar of at most `width` signs for a part of a whole; at least one for what is not nothing.
#[must_use]
pub fn bar(part: u64, whole: u64, width: u64) -> String {
    let signs = part.saturating_mul(width).checked_div(whole).unwrap_or(0);
    let signs = if part > 0 { signs.max(1) } else { 0 };
    "#".repeat(usize::try_from(signs.min(width)).expect("a bar is short"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_well() {
        assert_eq!(percent((41, 1_000)), "4.1 %");
        assert_eq!(percent((1, 100_000)), "<0.1 %");
        assert_eq!(percent((0, 5)), "0.0 %");
        assert_eq!(percent((5, 5)), "100.0 %");
        assert_eq!(bar(1, 1_000_000, 10), "#");
        assert_eq!(bar(5, 10, 10), "#####");
        assert_eq!(bar(0, 0, 10), "");
    }
}
