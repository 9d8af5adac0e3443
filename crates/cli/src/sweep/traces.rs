//! The trace of the best run of each signature, beside the records: the failure as it can be
//! looked at. It is written in this process, which is not the one that found it, and must come to
//! the same hash.

use std::path::PathBuf;

use sweep::{Plan, Set, Summary};

use super::store::Store;
use crate::output::{self, Stop};
use crate::{record, words};

/// Signatures of which a trace is kept.
const TRACES_MAX: usize = 10;

/// Writes the traces that are not there yet. Returns the runs that did not repeat, of which there
/// should be none.
///
/// # Errors
///
/// If one cannot be written.
pub(crate) fn keep(store: &Store, set: &Set<'_>, summary: &Summary) -> Result<u64, Stop> {
    let mut differed = 0;
    for signature in summary.failures().take(TRACES_MAX) {
        let (name, seed) = (&signature.best.scenario, signature.best.seed);
        let Some(hash) = hash(set, name, seed) else { continue };
        let path = path(store, name, seed);
        if !path.is_file() {
            let plan = plan(set.plan(), name, seed);
            let header = record::header(&plan, &set.plan().set);
            let report = record::traced_to(&path, &plan, &header, &mut |_| {})?;
            if hash != format!("{:016x}", report.hash) {
                let _ = std::fs::remove_file(&path);
                output::note(&format!(
                    "  NONDET  {name} seed {seed} came to another hash when its trace was written"
                ));
                differed += 1;
                continue;
            }
        }
        let path = words::quoted(&path.display().to_string());
        output::note(&format!("   trace  {path}  {}", signature.sig));
    }
    Ok(differed)
}

fn path(store: &Store, scenario: &str, seed: u64) -> PathBuf {
    store.directory().join("traces").join(format!("{scenario}-{seed}.jsonl.zst"))
}

/// The hash of a run that failed; `None` if it ended its process, and would end this one.
fn hash(set: &Set<'_>, scenario: &str, seed: u64) -> Option<String> {
    let record = set.get(set.plan().chunk_of(scenario, seed)?)?;
    let found = record.findings.into_iter().find(|found| found.seed == seed)?;
    Some(found.hash).filter(|hash| !hash.is_empty())
}

fn plan(plan: &Plan, scenario: &str, seed: u64) -> trace::Plan {
    let planned = plan.scenarios.iter().find(|planned| planned.name == scenario);
    let scenario = planned.expect("it failed, so it is in the plan").parse();
    testbed::plan(&scenario.expect("the plan was checked"), seed)
}
