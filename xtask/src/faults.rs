//! Does every fault happen? Counts each over many seeds of `swarm`, and where that does not have
//! it, in the first other scenario that does; names the test that shows what it does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use testbed::{ROWS, Row, rows_of};
use trace::{Fault, Kind, Plan, Scenario};

use crate::{process, soak};

/// Seeds of a scenario other than `swarm` that are tried for a fault.
const OTHER_SEEDS: u64 = 10;

/// How often each fault struck, by the name of its row.
type Fired = BTreeMap<&'static str, u64>;

/// Reads `--seeds N`.
pub(crate) fn seeds(flags: &[&str]) -> Result<u64, String> {
    match flags {
        [] => Ok(200),
        ["--seeds", count] => soak::number(count),
        _ => Err("faults: the only flag is --seeds N".to_owned()),
    }
}

/// Prints the table.
///
/// # Errors
///
/// If a fault never happens, or its test is not there.
pub(crate) fn table(seeds: u64) -> Result<String, String> {
    let mut scenarios = Vec::new();
    for path in soak::files() {
        scenarios.push(soak::load(&path)?);
    }
    // `swarm` first; the others are asked only for what it lacks.
    scenarios.sort_by_key(|scenario| (scenario.name != "swarm", scenario.name.clone()));
    let mut found: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    for scenario in &scenarios {
        let missing = ROWS.iter().any(|row| !found.contains_key(row.name));
        if !missing {
            break;
        }
        let seeds = if scenario.name == "swarm" { seeds } else { OTHER_SEEDS };
        for (name, count) in fired(scenario, seeds) {
            found.entry(name).or_insert((scenario.name.clone(), count));
        }
    }
    let mut text = String::new();
    let mut bad = Vec::new();
    for row in ROWS {
        let (scenario, count) = found.get(row.name).cloned().unwrap_or_default();
        let (file, test) = row.test;
        writeln!(
            text,
            "{:<24} {count:>9}  {scenario:<16} {:<28} {file}: {test}",
            row.name, row.range
        )
        .expect("a String takes everything");
        if count == 0 {
            bad.push(format!("{} never happens", row.name));
        }
        if !has_test(row) {
            bad.push(format!("{}: {file} has no test {test}", row.name));
        }
    }
    println!("{:<24} {:>9}  {:<16} {:<28} shown by", "fault", "times", "scenario", "range");
    print!("{text}");
    if bad.is_empty() {
        Ok(format!("faults: all {} happen, {seeds} seeds of swarm", ROWS.len()))
    } else {
        Err(format!("faults: {}", bad.join("\n        ")))
    }
}

fn has_test(row: &Row) -> bool {
    let (file, test) = row.test;
    let text = std::fs::read_to_string(process::root().join(file)).unwrap_or_default();
    text.contains(&format!("fn {test}("))
}

/// What struck in the seeds from 0.
fn fired(scenario: &Scenario, seeds: u64) -> Fired {
    let mut fired = Fired::new();
    for seed in 0..seeds {
        let plan = testbed::plan(scenario, seed);
        let report = testbed::run(&plan, &mut |event| strike(&plan, &event.kind, &mut fired));
        for (counter, count) in report.counters.each() {
            for row in ROWS.iter().filter(|row| row.counter == counter && count > 0) {
                *fired.entry(row.name).or_default() += count;
            }
        }
    }
    fired
}

/// A crash counts when the node is down, anything else when the nemesis says so.
fn strike(plan: &Plan, kind: &Kind, fired: &mut Fired) {
    let (number, crash) = match kind {
        Kind::FaultStart { fault, .. } => (*fault, false),
        Kind::Crash { fault, .. } => (*fault, true),
        _ => return,
    };
    let Some(fault) = plan.faults.get((number as usize).wrapping_sub(1)) else { return };
    let ends_nodes = matches!(
        fault.fault,
        Fault::Crash { .. } | Fault::CrashLoop { .. } | Fault::Restart { .. }
    );
    if crash == ends_nodes {
        for row in rows_of(&fault.fault) {
            *fired.entry(row).or_default() += 1;
        }
    }
}
