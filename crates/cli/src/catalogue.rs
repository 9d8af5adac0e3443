//! What there is: scenarios, checks, faults, file formats, error codes.

use trace::Situation;

use crate::args::{Listing, SchemaOf};
use crate::output::{self, Color, Stop};
use crate::{exit, find, stock, words};

/// Prints a list, one thing per line.
pub(crate) fn list(what: Listing, color: Color) -> Result<u8, Stop> {
    let mut text = String::new();
    match what {
        Listing::Scenarios => text = scenarios(color),
        Listing::Checks => {
            for (name, about) in testbed::checks() {
                text.push_str(&format!("{name:<32} {about}\n"));
            }
        }
        Listing::Faults => {
            for word in trace::FAULTS {
                let only = match (word.is_drawn, word.is_scripted) {
                    (true, true) => "",
                    (true, false) => " (swarm only)",
                    _ => " (scripted only)",
                };
                text.push_str(&format!("{:<32} {}{only}\n", word.name, word.about));
                if word.name == "disk" {
                    for what in trace::DiskWhat::ALL {
                        text.push_str(&format!("  {:<30} {}\n", what.name(), what.about()));
                    }
                }
            }
        }
        Listing::Situations => {
            for situation in Situation::ALL {
                text.push_str(&format!("{:<32} {}\n", situation.name(), situation.about()));
            }
        }
        Listing::Flaws => {
            for flaw in testbed::flaws() {
                let expected = flaw.expected.join(", ");
                text.push_str(&format!("{:<32} {}\n", flaw.id, flaw.about));
                text.push_str(&format!("{:<32} as in {}; {expected}\n", "", flaw.origin));
            }
        }
    }
    output::result(&text)?;
    Ok(exit::PASS)
}

/// The scenarios here, then those that the program carries. A stock scenario is left out if the file
/// here that goes first has the same text, as in a checkout of this repository.
fn scenarios(color: Color) -> String {
    let mut text = String::new();
    let local = find::local();
    for file in &local {
        let about = match find::scenario(&file.display().to_string(), &[], color) {
            Ok(scenario) => words::one_line(&scenario.about),
            Err(_) => format!("cannot be read: squall run {}", file.display()),
        };
        text.push_str(&format!("{:<32} {about}\n", find::stem(file)));
    }
    for (name, stock) in stock::ALL {
        let first = local.iter().find(|file| find::stem(file) == *name);
        let place = match first {
            Some(file) if find::read(file).is_ok_and(|here| here == stock.as_bytes()) => continue,
            Some(file) => format!("built in, not used: {} goes first", file.display()),
            None => "built in".to_owned(),
        };
        let about = match find::stock(name, &[], color) {
            Ok(scenario) => words::one_line(&scenario.about),
            Err(_) => "not for this program".to_owned(),
        };
        text.push_str(&format!("{name:<32} ({place}) {about}\n"));
    }
    text
}

/// Prints a JSON schema.
pub(crate) fn schema(what: SchemaOf) -> Result<u8, Stop> {
    let schema = match what {
        SchemaOf::Scenario => trace::scenario_schema(),
        SchemaOf::Case => trace::case_schema(),
        SchemaOf::Trace => trace::trace_schema(),
        SchemaOf::Summary => sweep::summary_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).expect("a schema has no odd keys");
    output::result(&format!("{text}\n"))?;
    Ok(exit::PASS)
}
