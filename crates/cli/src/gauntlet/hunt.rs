//! One hunt: seeds one after the other, until one fails.

use std::time::{Duration, Instant};

use sweep::gauntlet::{BASE_DISTANCE, Found, Hunt};
use trace::{Scenario, Verdict};

use crate::output::Stop;
use crate::sweep::Signals;

/// Runs the seeds of a base until one fails, at most so many. `None` if a signal asks for an end.
///
/// # Errors
///
/// If the seed that fails does so without the flaw too: then it is no detection, but a finding of
/// its own.
pub(super) fn hunt(
    flawed: &Scenario,
    base: u64,
    seeds_max: u64,
    signals: &Signals,
) -> Result<Option<Hunt>, Stop> {
    let first = base * BASE_DISTANCE;
    let before = cpu();
    for place in 0..seeds_max {
        if signals.came() {
            return Ok(None);
        }
        let seed = first + place;
        let plan = testbed::plan(flawed, seed);
        let report = testbed::run(&plan, &mut |_| {});
        if let Verdict::Fail(violations) = report.verdict {
            let cpu_us = micros(cpu().saturating_sub(before));
            passes_without(flawed, seed)?;
            let found = Found { seed, sig: violations[0].signature() };
            return Ok(Some(Hunt { base, seeds: place + 1, cpu_us, found: Some(found) }));
        }
    }
    let cpu_us = micros(cpu().saturating_sub(before));
    Ok(Some(Hunt { base, seeds: seeds_max, cpu_us, found: None }))
}

/// The same seed passes when the flaw is taken out.
fn passes_without(flawed: &Scenario, seed: u64) -> Result<(), Stop> {
    let mut clean = flawed.clone();
    clean.flaw = None;
    match testbed::run(&testbed::plan(&clean, seed), &mut |_| {}).verdict {
        Verdict::Fail(violations) => Err(Stop {
            code: crate::exit::FAIL,
            message: format!(
                "error: {} seed {seed} fails without a flaw too: {}; squall run {} --seed {seed}",
                clean.name,
                violations[0].signature(),
                clean.name
            ),
        }),
        _ => Ok(()),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// CPU time of this thread. Where nobody tells, time that has passed.
fn cpu() -> Duration {
    thread_local! {
        static START: Instant = Instant::now();
    }
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.as_deref().and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.with(Instant::elapsed), Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_of_a_thread_is_that_of_its_work() {
        let before = cpu();
        std::thread::sleep(Duration::from_millis(30));
        let slept = cpu() - before;
        let mut sum = 0u64;
        while cpu() - before < Duration::from_millis(5) + slept {
            sum = (0..10_000).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        }
        std::hint::black_box(sum);
        if std::path::Path::new("/proc/thread-self/schedstat").exists() {
            assert!(slept < Duration::from_millis(20), "sleeping took {slept:?} of CPU time");
        }
    }
}
