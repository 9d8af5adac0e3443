//! What there is: scenarios, checks, faults, file formats, error codes.

use std::path::Path;

use crate::args::{Listing, SchemaOf};
use crate::output::{self, Color, Stop};
use crate::{exit, find, words};

/// What a run is judged by, each with its source.
const CHECKS: [(&str, &str); 14] = [
    ("linearizable", "clients saw one store, each operation at one moment (Herlihy and Wing 1990)"),
    ("election-safety", "at most one leader in a term (Raft, section 5.2)"),
    ("leader-append-only", "a leader never takes back what is in its log (section 5.3)"),
    ("log-matching", "equal index and term: equal logs up to there (section 5.3)"),
    ("leader-completeness", "what is committed is in the log of every later leader (section 5.4)"),
    ("state-machine-safety", "no two nodes apply different entries at one index (section 5.4)"),
    ("commit-monotonic", "no commit index goes back, nothing committed is truncated"),
    ("term-monotonic", "no term goes back, not by a restart either (section 5.1)"),
    ("vote-kept", "one vote in a term, kept over restarts (section 5.2)"),
    ("durability", "what was acknowledged is on the disks at the end"),
    ("convergence", "once all is healed, all replicas hold the same"),
    ("liveness", "once all is healed, the cluster elects and commits"),
    ("sut", "no node panics, refuses to start or ends itself"),
    ("determinism", "a failure is the same in a fresh process"),
];

/// What can befall a cluster, as scenarios name it.
const FAULTS: [(&str, &str); 6] = [
    (
        "partition",
        "cuts links: groups, halves, bridge, majority-ring, pair, isolate-, mute-, deaf-",
    ),
    ("crash", "power loss or kill, when idle or before, inside or after an effect; then a restart"),
    ("links", "all links get another delay, loss, duplication or reordering"),
    ("reconfigure", "adds, promotes, demotes or removes nodes; jointly if asked (scripted only)"),
    ("transfer", "hands leadership over (scripted only)"),
    ("membership", "a change of the cluster that makes sense at the moment, drawn"),
];

/// Prints a list, one thing per line.
pub(crate) fn list(what: Listing, color: Color) -> Result<u8, Stop> {
    let mut text = String::new();
    match what {
        Listing::Scenarios => {
            for directory in find::DIRECTORIES {
                for file in find::files(Path::new(directory)) {
                    let name = find::stem(&file);
                    let about = match find::scenario(&file.display().to_string(), &[], color) {
                        Ok(scenario) => words::one_line(&scenario.about),
                        Err(_) => format!("cannot be read: squall run {}", file.display()),
                    };
                    text.push_str(&format!("{name:<32} {about}\n"));
                }
            }
            if text.is_empty() {
                return Err(Stop::bad_input("there is no scenarios/ here"));
            }
        }
        Listing::Checks => {
            for (name, about) in CHECKS {
                text.push_str(&format!("{name:<32} {about}\n"));
            }
        }
        Listing::Faults => {
            for (name, about) in FAULTS {
                text.push_str(&format!("{name:<32} {about}\n"));
            }
        }
    }
    output::result(&text)?;
    Ok(exit::PASS)
}

/// Prints a JSON schema.
pub(crate) fn schema(what: SchemaOf) -> Result<u8, Stop> {
    let schema = match what {
        SchemaOf::Scenario => trace::scenario_schema(),
        SchemaOf::Case => trace::case_schema(),
        SchemaOf::Trace => trace::trace_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a schema has no odd keys");
    output::result(&format!("{text}\n"))?;
    Ok(exit::PASS)
}

/// Prints what an error code means.
pub(crate) fn explain(code: &str) -> Result<u8, Stop> {
    let found = trace::problem::CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    let Some((code, meaning)) = found else {
        let codes: Vec<&str> = trace::problem::CODES.iter().map(|(code, _)| *code).collect();
        return Err(Stop::bad_input(format!("no code `{code}`; there are {}", codes.join(" "))));
    };
    output::result(&format!("{code}: {meaning}\n"))?;
    Ok(exit::PASS)
}
