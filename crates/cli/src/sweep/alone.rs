//! A chunk in which a worker died: each of its seeds in a process of its own.
//!
//! A seed whose process ends itself twice (an abort, a fault of memory) is a finding. One that lives
//! the second time was not to blame: the seeds before it were.
//!
//! An end that comes from outside is never a finding: a process that is killed says nothing about
//! the seed that it ran. If that happens each time, nobody can tell, and the run is inconclusive. The
//! kernel kills what takes too much memory like anybody else does, so that is inconclusive, too.

use std::process::ExitStatus;

use sweep::record::Run;
use sweep::{Finding, Plan, Record, Verdict, Work};

use super::hand::{Answer, Hand, Leash};
use super::journal::Journal;
use crate::output::Stop;

/// How often a process must die of a seed.
const DEATHS: usize = 2;

/// What is minded while seeds are run alone.
pub(crate) struct Care<'a> {
    /// Where each is noted.
    pub(crate) journal: &'a Journal,
    /// Whether all is given up.
    pub(crate) stopped: &'a dyn Fn() -> bool,
    /// Whether a seed took too long and was ended for it.
    pub(crate) hung: &'a dyn Fn(u64) -> bool,
}

/// Runs the seeds of a chunk one by one. `None` if all is given up on the way.
///
/// # Errors
///
/// If no process can be started.
pub(crate) fn run(
    plan: &Plan,
    chunk: u64,
    care: &Care<'_>,
    begun: &mut dyn FnMut(u64, Leash),
) -> Result<Option<Record>, Stop> {
    let work = plan.work(chunk).expect("the chunk is in the plan");
    let (from, to) = plan.places(work);
    let (planned, _) = plan.scenario_of(work);
    let first = plan.seed(work, from);
    let mut record = Record::new(&plan.plan, chunk, &planned.name, first);
    for place in from..to {
        let seed = plan.seed(work, place);
        if care.journal.begin_alone(chunk, place) {
            let cause = "the whole sweep was ended from outside each time it ran";
            record.push(ended(plan, chunk, seed, None, cause));
        } else {
            match once(plan, chunk, place, care, begun)? {
                Outcome::Record(part) => record.append(*part),
                Outcome::Died(status) if is_from_outside(status) => {
                    let cause = format!(
                        "the process that ran it was ended from outside each time: {}",
                        cause(status)
                    );
                    record.push(ended(plan, chunk, seed, None, &cause));
                }
                Outcome::Died(status) => {
                    let cause = format!("the process that ran it died: {}", cause(status));
                    record.push(ended(plan, chunk, seed, Some("sut/aborted"), &cause));
                }
                Outcome::Hung => {
                    let cause = "it did not come to an end (see --wall-limit)";
                    record.push(ended(plan, chunk, seed, Some("sut/hung"), cause));
                }
                Outcome::Stopped => return Ok(None),
            }
        }
        care.journal.end_alone(chunk, place);
        let caught = record.findings.iter().any(|finding| finding.verdict == Verdict::Fail);
        if work == Work::Canary && caught {
            break;
        }
    }
    Ok(Some(record))
}

enum Outcome {
    Record(Box<Record>),
    Died(ExitStatus),
    Hung,
    Stopped,
}

fn once(
    plan: &Plan,
    chunk: u64,
    place: u64,
    care: &Care<'_>,
    begun: &mut dyn FnMut(u64, Leash),
) -> Result<Outcome, Stop> {
    let seed = plan.seed(plan.work(chunk).expect("the chunk is in the plan"), place);
    let mut deaths = 0;
    loop {
        if (care.stopped)() {
            return Ok(Outcome::Stopped);
        }
        let mut hand = Hand::hire(plan)?;
        let leash = hand.leash();
        let answer = hand.ask(chunk, (place, place + 1), &mut |seed| begun(seed, leash.clone()))?;
        match answer {
            Answer::Record(part) => return Ok(Outcome::Record(part)),
            Answer::Died(_) if (care.stopped)() => return Ok(Outcome::Stopped),
            Answer::Died(_) if (care.hung)(seed) => return Ok(Outcome::Hung),
            Answer::Died(status) => {
                deaths += 1;
                if deaths == DEATHS {
                    return Ok(Outcome::Died(status));
                }
            }
        }
    }
}

/// A run that ended its process: a failure with this signature, or one of which nobody can tell.
fn ended(plan: &Plan, chunk: u64, seed: u64, sig: Option<&str>, cause: &str) -> Run {
    let work = plan.work(chunk).expect("the chunk is in the plan");
    let (planned, _) = plan.scenario_of(work);
    let scenario = planned.parse().expect("the plan was checked");
    let knobs = sweep::knobs(&testbed::plan(&scenario, seed));
    let verdict = if sig.is_some() { Verdict::Fail } else { Verdict::Unknown };
    let mut finding = Finding::new(chunk, &planned.name, seed, verdict, cause);
    sig.unwrap_or_default().clone_into(&mut finding.sig);
    finding.knobs.clone_from(&knobs);
    Run {
        seed,
        hash: None,
        twice: false,
        counters: Vec::new(),
        situations: Vec::new(),
        exercised: Vec::new(),
        knobs,
        recoveries: trace::Histogram::default(),
        finding: Some(finding),
    }
}

/// Whether a process was ended by somebody else: by a signal that nothing raises by a mistake of its
/// own (SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM).
fn is_from_outside(status: ExitStatus) -> bool {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return matches!(signal, 1 | 2 | 3 | 9 | 15);
    }
    false
}

/// How a process died, in words.
fn cause(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            4 => "SIGILL".to_owned(),
            6 => "SIGABRT".to_owned(),
            7 | 10 => "SIGBUS".to_owned(),
            8 => "SIGFPE".to_owned(),
            9 => "SIGKILL, perhaps because memory ran out".to_owned(),
            11 => "SIGSEGV".to_owned(),
            24 => "SIGXCPU".to_owned(),
            31 => "SIGSYS".to_owned(),
            other => format!("signal {other}"),
        };
    }
    format!("{status}")
}
