//! The other side of [`super::hand`]: a process that runs seeds and says what came of them.
//!
//! The first line on stdin is the plan; each further line is a chunk and the places of the seeds
//! to run of it. On stdout each seed is announced before it is run, and the record ends the
//! answer. The parent owns files, words and the clock; nobody's death here is anybody else's.

use std::cell::RefCell;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use sweep::record::Run;
use sweep::{Divergence, Finding, Plan, Record, Sighting, Verdict, Work};
use testbed::Report;
use trace::{Scenario, Violation};

use super::poison::Poison;
use super::signals;
use crate::output::Stop;
use crate::record::Difference;
use crate::{exit, fresh, program, record, words};

/// Characters of a line of an event that are kept.
const LINE_MAX: usize = 300;

/// Answers until nobody asks any more.
pub(crate) fn worker() -> Result<u8, Stop> {
    signals::ignore().map_err(Stop::environment)?;
    prefer_as_victim();
    std::panic::set_hook(Box::new(note_panic));
    let mut lines = io::stdin().lock().lines().map_while(Result::ok);
    let text = lines.next().ok_or_else(|| Stop::bad_input("a plan is expected on stdin"))?;
    let plan = Plan::read(&text).map_err(Stop::bad_input)?;
    let scenario = |planned: &sweep::Planned| {
        let scenario = planned.parse().map_err(Stop::bad_input)?;
        program::check(&scenario)?;
        Ok::<Scenario, Stop>(scenario)
    };
    plan.scenarios.iter().try_for_each(super::has_its_options)?;
    let worker = Worker {
        scenarios: plan.scenarios.iter().map(scenario).collect::<Result<_, _>>()?,
        canary: scenario(&plan.canary)?,
        poison: Poison::read(plan.poison.as_deref()).map_err(Stop::bad_input)?,
        plan: &plan,
    };
    for line in lines {
        let numbers: Vec<u64> = line.split(' ').map_while(|word| word.parse().ok()).collect();
        let [chunk, from, to] = numbers[..] else {
            return Err(Stop::bad_input(format!("`{line}` is not CHUNK FROM TO")));
        };
        match worker.answer(chunk, from, to) {
            Ok(record) => say(&record.write()),
            Err(stop) => say(&format!("stop {}\n", words::one_line(&stop.message))),
        }
    }
    Ok(exit::PASS)
}

/// Writes to the parent. Without one there is nothing left to do.
fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
        std::process::exit(i32::from(exit::ENVIRONMENT));
    }
}

/// When memory runs out, the one to end is a worker and not who keeps the records. Linux only;
/// elsewhere there is no such file, and nothing is lost.
fn prefer_as_victim() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
}

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the words of a panic of our own; those of the program under test are caught below.
fn note_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().map(ToString::to_string);
    let message = message.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
    PANIC.set(format!("{} at {}", words::one_line(&message), place.unwrap_or_default()));
}

struct Worker<'a> {
    plan: &'a Plan,
    scenarios: Vec<Scenario>,
    canary: Scenario,
    poison: Poison,
}

impl Worker<'_> {
    /// Runs the seeds at some places of a chunk; of the canary, until one fails.
    fn answer(&self, chunk: u64, from: u64, to: u64) -> Result<Record, Stop> {
        let work = self.plan.work(chunk).ok_or_else(|| Stop::bad_input("no such chunk"))?;
        let (planned, _) = self.plan.scenario_of(work);
        let name = &planned.name;
        let first = self.plan.seed(work, from);
        let mut record = Record::new(&self.plan.plan, chunk, name, first);
        for place in from..to {
            let seed = self.plan.seed(work, place);
            say(&format!("seed {seed}\n"));
            match work {
                Work::Seeds { scenario, .. } => {
                    let scenario = &self.scenarios[scenario];
                    record.push(self.run(chunk, scenario, place, seed)?);
                }
                Work::Canary => {
                    let run = self.run_canary(chunk, seed);
                    let caught = run.finding.as_ref().is_some_and(|f| f.verdict == Verdict::Fail);
                    record.push(run);
                    if caught {
                        break;
                    }
                }
            }
        }
        Ok(record)
    }

    /// Runs a seed; if it fails, or is one of the sample, in a fresh process too.
    fn run(&self, chunk: u64, scenario: &Scenario, place: u64, seed: u64) -> Result<Run, Stop> {
        let plan = testbed::plan(scenario, seed);
        let mut run = Run {
            seed,
            hash: None,
            twice: false,
            counters: Vec::new(),
            situations: Vec::new(),
            exercised: Vec::new(),
            knobs: sweep::knobs(&plan),
            recoveries: trace::Histogram::default(),
            finding: None,
        };
        let finding = |verdict, message: &str| Finding {
            knobs: sweep::knobs(&plan),
            ..Finding::new(chunk, &scenario.name, seed, verdict, message)
        };
        let done = catch_unwind(AssertUnwindSafe(|| {
            self.poison.strike(seed);
            program::run(&plan, &mut |_| {})
        }));
        let Ok(report) = done else {
            let mut found = finding(Verdict::Fail, &PANIC.take());
            "testbed/panicked".clone_into(&mut found.sig);
            run.finding = Some(found);
            return Ok(run);
        };
        let hash = self.poison.hash(seed, report.hash);
        let header = record::header(&plan, &self.plan.set);
        let mut again = None;
        run.finding = match &report.verdict {
            trace::Verdict::Pass => {
                if self.plan.verify.wants(place) {
                    again = Some(fresh::hash(&header)?);
                }
                None
            }
            trace::Verdict::Unknown(why) => {
                let found = finding(Verdict::Unknown, why);
                Some(Finding { t: Some(report.at), hash: hash_digits(hash), ..found })
            }
            trace::Verdict::Fail(violations) => {
                let told = fresh::told(&header)?;
                again = Some(told.hash);
                let found = finding(Verdict::Fail, &words::one_line(&violations[0].message));
                Some(Finding {
                    sig: violations[0].signature(),
                    also: others(violations),
                    t: Some(told.at),
                    hash: hash_digits(hash),
                    verified: Some(true),
                    story: told.story,
                    ..found
                })
            }
        };
        run.twice = again.is_some();
        if again.is_some_and(|again| again != hash) {
            let diverged = fresh::difference(&plan, &header)?.map(divergence);
            let found = finding(Verdict::Nondeterministic, "a fresh process went another way");
            run.finding =
                Some(Finding { hash: hash_digits(hash), verified: Some(false), diverged, ..found });
        }
        take_report(&mut run, hash, &report);
        Ok(run)
    }

    /// Runs a seed of the canary, with the node of this project: it is the testbed that is tried,
    /// whatever the program under test is.
    fn run_canary(&self, chunk: u64, seed: u64) -> Run {
        let plan = testbed::plan(&self.canary, seed);
        let report = testbed::run(&plan, &mut |_| {});
        let finding = |verdict, message: &str| {
            let found = Finding::new(chunk, &self.canary.name, seed, verdict, message);
            Finding { t: Some(report.at), hash: hash_digits(report.hash), ..found }
        };
        let finding = match &report.verdict {
            trace::Verdict::Pass => None,
            trace::Verdict::Unknown(why) => Some(finding(Verdict::Unknown, why)),
            trace::Verdict::Fail(violations) => {
                let found = finding(Verdict::Fail, &words::one_line(&violations[0].message));
                Some(Finding { sig: violations[0].signature(), ..found })
            }
        };
        let mut run = Run {
            seed,
            hash: None,
            twice: false,
            counters: Vec::new(),
            situations: Vec::new(),
            exercised: Vec::new(),
            knobs: std::collections::BTreeSet::new(),
            recoveries: trace::Histogram::default(),
            finding,
        };
        take_report(&mut run, report.hash, &report);
        run
    }
}

/// Takes over what a run was in numbers.
fn take_report(run: &mut Run, hash: u64, report: &Report) {
    run.hash = Some(hash);
    run.exercised.clone_from(&report.exercised);
    run.situations = report
        .situations
        .iter()
        .map(|reached| Sighting {
            name: reached.situation.name().to_owned(),
            hits: u64::from(reached.hits),
            faults: reached.faults.iter().map(|fault| (*fault).to_owned()).collect(),
        })
        .collect();
    run.counters = report.counters.each();
    run.counters.push(("events", report.events));
    run.recoveries = report.recoveries.clone();
}

/// The other signatures of a run.
fn others(violations: &[Violation]) -> Vec<String> {
    let first = violations[0].signature();
    let all: std::collections::BTreeSet<String> =
        violations.iter().map(Violation::signature).filter(|other| *other != first).collect();
    all.into_iter().collect()
}

fn divergence(difference: Difference) -> Divergence {
    let cut = |line: Option<String>| line.map(|line| words::cut(&line, LINE_MAX));
    Divergence {
        seq: difference.seq,
        t: difference.at,
        first: cut(difference.now),
        second: cut(difference.recorded),
    }
}

fn hash_digits(hash: u64) -> String {
    format!("{hash:016x}")
}
