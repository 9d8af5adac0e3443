//! `cargo xtask bench check`: how long the judge takes, on histories made to order.
//!
//! CPU time of one thread, medians; making the history is not counted. Each rung is measured on a
//! linearizable history and on the same one with a lie in it, and must get both verdicts.

use checker::linearizability::{Limits, Verdict, decide};
use checker::synthetic::{Lie, Mix, Shape, history, tell};
use trace::History;

/// Configurations that are tried: some 5 seconds.
const CONFIGURATIONS_MAX: u64 = 100_000_000;

/// The least CPU time of a measurement: a short check is repeated until it takes as long, because
/// the clock moves in steps.
const MEASURED_MIN: u64 = 100_000_000;

/// A rung of the ladder.
struct Rung {
    name: &'static str,
    shape: Shape,
    /// What it may take, in microseconds; 0 if nothing is demanded.
    target: u64,
}

/// Measures the ladder and prints it.
///
/// # Errors
///
/// If a history gets the wrong verdict.
pub(crate) fn check(rounds: usize) -> Result<String, String> {
    println!("medians of {rounds} rounds, CPU time of one thread, making the history not counted");
    println!(
        "{:<26} {:>9} {:>7} {:>6} {:>8} {:>10} {:>10} {:>10} {:>9}",
        "history", "ops", "clients", "keys", "unknown", "true ms", "lie ms", "target ms", ""
    );
    let mut missed = 0;
    for rung in ladder() {
        let (truth, lie) = measure(&rung, rounds)?;
        let measured = || [truth, lie].into_iter().flatten();
        let is_in_time = |nanos: Option<u64>| nanos.is_some_and(|n| n <= rung.target * 1000);
        let verdict = match rung.target {
            0 => "",
            _ if measured().all(is_in_time) => "ok",
            _ => "missed",
        };
        missed += u64::from(verdict == "missed");
        let shape = &rung.shape;
        println!(
            "{:<26} {:>9} {:>7} {:>6} {:>7}% {:>10} {:>10} {:>10} {:>9}",
            rung.name,
            shape.operations,
            shape.clients,
            shape.keys,
            shape.unknown / 10_000,
            cell(truth),
            cell(lie),
            if rung.target > 0 { millis(rung.target * 1000) } else { "-".to_owned() },
            verdict,
        );
    }
    let memory = peak_memory().map_or(String::new(), |kib| {
        format!("; peak memory {} MB, the largest histories included", kib / 1000)
    });
    Ok(format!("bench check: {missed} rungs above their target{memory}"))
}

/// A median, or why there is none: nobody could tell, or no lie is certain to be one, because
/// among so few values and so many writers nearly any answer can be right.
fn cell(median: Median) -> String {
    match median {
        Some(Some(nanos)) => millis(nanos),
        Some(None) => "unknown".to_owned(),
        None => "no lie".to_owned(),
    }
}

fn millis(nanos: u64) -> String {
    format!("{}.{:03}", nanos / 1_000_000, nanos / 1000 % 1000)
}

/// A median of CPU times in nanoseconds: `None` if nothing was measured, and in it if the answer
/// stayed unknown.
type Median = Option<Option<u64>>;

/// CPU time for a true history and for one with a lie.
fn measure(rung: &Rung, rounds: usize) -> Result<(Median, Median), String> {
    let (mut truths, mut lies) = (Vec::new(), Vec::new());
    for round in 0..rounds as u64 {
        let shape = Shape { seed: round + 1, ..rung.shape };
        let mut history = history(&shape);
        truths.push(timed(&history, true, rung.name)?);
        let lie = if round % 2 == 0 { Lie::StaleRead } else { Lie::LostWrite };
        if tell(&mut history, lie) {
            lies.push(timed(&history, false, rung.name)?);
        }
    }
    Ok((median(truths), median(lies)))
}

fn timed(history: &History, expected: bool, name: &str) -> Result<Option<u64>, String> {
    let limits = Limits::new(CONFIGURATIONS_MAX);
    let before = cpu();
    let mut times = 0;
    let mut spent = 0;
    while spent < MEASURED_MIN {
        let answer = decide(history, limits);
        times += 1;
        spent = cpu() - before;
        match answer {
            Verdict::Unknown(_) => return Ok(None),
            answer if (answer == Verdict::Yes) == expected => {}
            answer => return Err(format!("{name}: {answer:?}, and it is {expected}")),
        }
    }
    Ok(Some(spent / times))
}

/// `None`, an answer that stayed unknown, counts as the slowest.
fn median(mut values: Vec<Option<u64>>) -> Median {
    values.sort_by_key(|value| value.unwrap_or(u64::MAX));
    values.get(values.len() / 2).copied()
}

/// CPU time of this thread in nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn ladder() -> Vec<Rung> {
    let rung = |name, mix, values, operations, clients, keys, unknown, target| Rung {
        name,
        shape: Shape { operations, clients, keys, values, unknown, mix, seed: 0 },
        target,
    };
    let register = Mix::REGISTER;
    let mut rungs = Vec::new();
    for clients in [10, 50] {
        for unknown in [0, 10_000, 100_000] {
            for (operations, target) in [(10_000, 1000), (100_000, 10_000), (1_000_000, 150_000)] {
                let name = "distinct writes";
                rungs.push(rung(name, register, 0, operations, clients, 1, unknown, target));
            }
        }
        let name = "distinct writes";
        rungs.push(rung(name, register, 0, 1_000_000, clients, 10_000, 0, 200_000));
    }
    let store = "append, cas, delete";
    for (operations, clients, unknown, target) in [
        (10_000, 10, 0, 20_000),
        (100_000, 10, 0, 150_000),
        (10_000, 50, 0, 350_000),
        (10_000, 10, 10_000, 0),
        (100_000, 10, 10_000, 0),
        (10_000, 50, 10_000, 0),
        (100_000, 50, 10_000, 0),
    ] {
        rungs.push(rung(store, Mix::STORE, 0, operations, clients, 1, unknown, target));
    }
    rungs.push(rung(store, Mix::STORE, 0, 100_000, 10, 1000, 0, 0));
    for (operations, clients, unknown, target) in [
        (10_000, 10, 0, 15_000),
        (100_000, 10, 0, 0),
        (10_000, 10, 10_000, 70_000),
        (10_000, 50, 0, 200_000),
        (10_000, 50, 10_000, 0),
    ] {
        rungs.push(rung("5 values", register, 5, operations, clients, 1, unknown, target));
    }
    rungs
}
