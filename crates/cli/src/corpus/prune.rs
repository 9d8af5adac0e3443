//! `squall corpus prune`: which cases say what others say already?
//!
//! Cases of the same scenario with the same expectation and signature are alike. Of those, the few
//! shortest are kept: they are the quickest to run and the easiest to read. More than one, because
//! one signature may have two causes. Golden traces are never touched, and nothing is removed
//! without `--yes`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use trace::Case;

use super::cases;
use crate::args::CorpusPruneArgs;
use crate::output::{self, Color, Stop, Style};
use crate::{exit, words};

/// Names what would be removed; removes it if told so.
pub(crate) fn prune(args: &CorpusPruneArgs, directory: &Path, color: Color) -> Result<u8, Stop> {
    let cases = cases(directory, color)?;
    let drop = superfluous(&cases, args.keep);
    let word = if args.yes { "removed" } else { "would go" };
    let label = output::label(word, Style::Open, color.on_stdout());
    for path in &drop {
        if args.yes {
            fs::remove_file(path).map_err(|error| {
                Stop::environment(format!("cannot remove {}: {error}", path.display()))
            })?;
        }
        output::result(&format!("{label}  {}\n", path.display()))?;
    }
    let kept = words::count((cases.len() - drop.len()) as u64, "case", "cases");
    let hint = if drop.is_empty() || args.yes { "" } else { "; nothing was removed (--yes)" };
    output::result(&format!(
        "{}  {kept} to keep, {} too many{hint}\n",
        output::label("corpus", Style::Plain, color.on_stdout()),
        drop.len(),
    ))?;
    Ok(exit::PASS)
}

/// The cases beyond the first `keep` of each kind, the shortest first.
fn superfluous(cases: &[(PathBuf, Case)], keep: usize) -> Vec<&PathBuf> {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (path, case) in cases {
        let expect = &case.expect;
        let kind = (&case.scenario.name, expect.name(), expect.signature());
        // What was never recorded was written by hand: it stands before all others.
        let events = case.recorded.as_ref().map_or(0, |recorded| recorded.events);
        kinds.entry(kind).or_default().push((events, path));
    }
    let mut drop = Vec::new();
    for alike in kinds.values_mut() {
        alike.sort_unstable();
        drop.extend(alike.iter().skip(keep).map(|(_, path)| *path));
    }
    drop.sort_unstable();
    drop
}
