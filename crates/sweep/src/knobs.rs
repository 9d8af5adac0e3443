//! What did a seed draw? The kinds of random fault that it has, how strong each is, and the words
//! that describe what struck: `crash`, `links loss=upper-half`, `crash target=leader`.
//!
//! No two seeds would have a number in common; so of a range it is told in which half a seed is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trace::{Plan, fault_document};

/// Keys whose words name a node, which means nothing beyond one run.
const NODES: [&str; 2] = ["node", "to"];

/// The knobs of a plan.
#[must_use]
pub fn knobs(plan: &Plan) -> BTreeSet<String> {
    let mut knobs = strengths(plan);
    for fault in &plan.faults {
        let Value::Object(document) = fault_document(fault) else { continue };
        for (kind, fields) in document.iter().filter(|(key, _)| *key != "id") {
            for (key, value) in fields.as_object().into_iter().flatten() {
                let word = value.as_str().filter(|word| is_word(word));
                if let Some(word) = word.filter(|_| !NODES.contains(&key.as_str())) {
                    knobs.insert(format!("{kind} {key}={word}"));
                }
            }
        }
    }
    knobs
}

/// What the seed drew of the scenario, the entries of `[[swarm]]` that are on, and of each range the
/// half in which the seed is.
fn strengths(plan: &Plan) -> BTreeSet<String> {
    let drawn: BTreeMap<&str, u64> =
        plan.knobs.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let settled = plan.knobs.iter().filter(|(name, _)| name.contains('='));
    let mut knobs: BTreeSet<String> = settled.map(|(name, _)| name.clone()).collect();
    for (entry, swarm) in plan.scenario.swarm.iter().enumerate() {
        let name = plan.scenario.knob(entry);
        if drawn.get(&*name) != Some(&1) {
            continue;
        }
        for (strength, (least, most)) in swarm.strengths() {
            let value = drawn.get(&*format!("{name}.{strength}"));
            let Some(value) = value.filter(|_| least < most) else { continue };
            let half = match *value < least + (most - least).div_ceil(2) {
                true => "lower-half",
                false => "upper-half",
            };
            knobs.insert(format!("{name} {strength}={half}"));
        }
        knobs.insert(name);
    }
    knobs
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plan of the scenario whose seed drew these strengths.
    fn plan(drawn: &[(&str, u64)]) -> Plan {
        let text = "about = 'A test.'\n[[swarm]]\nlinks = { on = 0.5, every = ['1s', '3s'], \
                    for = '100ms', loss = [0.1, 0.3] }\n[[swarm]]\nlinks = { every = '1s', \
                    for = '100ms', reorder = [0, '1ppm'] }\n[[fault]]\n\
                    crash = { at = '1s', for = '1s', target = 'leader', how = 'power' }\n";
        let scenario = trace::parse_scenario("storm", text, &[]).expect("a scenario");
        let knobs = drawn.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Plan { seed: 1, faults: scenario.faults.clone(), scenario, knobs }
    }

    fn told(drawn: &[(&str, u64)]) -> Vec<String> {
        let all = knobs(&plan(drawn));
        all.into_iter().filter(|knob| knob.starts_with("links")).collect()
    }

    #[test]
    fn of_a_range_the_half_is_told() {
        let drawn = [("links", 1), ("links.every", 1_999_999_999), ("links.loss", 200_000)];
        assert_eq!(told(&drawn), ["links", "links every=lower-half", "links loss=upper-half"]);
        // What is no range is no draw, and the smallest one has two halves.
        for (value, half) in [(0, "lower-half"), (1, "upper-half")] {
            let drawn =
                [("links-2", 1), ("links-2.every", 1_000_000_000), ("links-2.reorder", value)];
            assert_eq!(told(&drawn), ["links-2".to_owned(), format!("links-2 reorder={half}")]);
        }
    }

    #[test]
    fn what_was_drawn_of_the_scenario_is_told() {
        let all = knobs(&plan(&[("cluster.nodes=3", 1), ("links", 0)]));
        assert!(all.contains("cluster.nodes=3") && !all.contains("links"), "{all:?}");
    }

    #[test]
    fn what_is_off_is_not_told() {
        assert_eq!(told(&[("links", 0), ("links-2", 0)]), [""; 0]);
    }

    #[test]
    fn what_struck_is_told_in_its_words() {
        let all = knobs(&plan(&[]));
        assert!(all.contains("crash target=leader") && all.contains("crash how=power"), "{all:?}");
    }
}
