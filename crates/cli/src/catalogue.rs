//! What there is: scenarios, checks, faults, file formats, error codes.

use checker::linearizability::Kind;
use testbed::Flaw;
use trace::Situation;

use crate::args::{Listing, SchemaOf};
use crate::output::{self, Color, Stop};
use crate::{exit, find, program, stock, words};

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

/// Prints what an error code, a check, a situation or a flaw means.
pub(crate) fn explain(code: &str) -> Result<u8, Stop> {
    let text = match code.split_once('/') {
        Some(("situation", name)) => situation(name)?,
        Some(("check", name)) => check(name)?,
        Some(("linearizable", name)) => anomaly(name)?,
        Some(("flaw", id)) => flaw(testbed::flaw_named(id).map_err(Stop::bad_input)?),
        _ => problem(code)?,
    };
    output::result(&text)?;
    Ok(exit::PASS)
}

fn problem(code: &str) -> Result<String, Stop> {
    let found = trace::problem::CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    let Some((code, meaning)) = found else {
        let codes: Vec<&str> = trace::problem::CODES.iter().map(|(code, _)| *code).collect();
        let codes = codes.join(" ");
        let message =
            format!("no code `{code}`; there are {codes}, check/NAME, situation/NAME and flaw/ID");
        return Err(Stop::bad_input(message));
    };
    Ok(format!("{code}: {meaning}\n"))
}

fn check(name: &str) -> Result<String, Stop> {
    match testbed::checks().find(|(known, _)| *known == name) {
        Some((name, about)) => Ok(format!("check/{name}: {about}\n")),
        None => Err(Stop::bad_input(format!("no check `{name}`; see `squall list checks`"))),
    }
}

/// An anomaly, by the second half of its signature.
fn anomaly(name: &str) -> Result<String, Stop> {
    match Kind::ALL.iter().find(|kind| kind.name() == name) {
        Some(kind) => Ok(format!("linearizable/{name}: {}\n", kind.about())),
        None => {
            let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
            let message = format!("no anomaly `{name}`; there are {}", names.join(", "));
            Err(Stop::bad_input(message))
        }
    }
}

fn flaw(flaw: &Flaw) -> String {
    let Flaw { id, about, origin, trigger, scenario, .. } = flaw;
    let expected: Vec<String> =
        flaw.expected.iter().map(|check| format!("check/{check}")).collect();
    format!(
        "flaw/{id}: {about}\n  made by   {origin}\n  does harm when {trigger}\n  found by  {}, \
         within {} seeds\nTo plant it:\n\n{} run swarm --flaw {id}\n{} sweep {scenario} --flaw {id}\n",
        expected.join(", "),
        flaw.ceiling,
        program::command(),
        program::command(),
    )
}

fn situation(name: &str) -> Result<String, Stop> {
    let Some(situation) = Situation::named(name) else {
        let names: Vec<&str> = Situation::ALL.iter().map(|known| known.name()).collect();
        let help = match trace::nearest(name, &names) {
            Some(near) => format!("there is one named `{near}`"),
            None => "see `squall list situations`".to_owned(),
        };
        return Err(Stop::bad_input(format!("no situation `{name}`; {help}")));
    };
    let mut text = format!("situation/{name}: {}\n", situation.about());
    for need in situation.needs() {
        text.push_str(&format!("  needs {need}\n"));
    }
    text.push_str(&format!("A scenario requires it by:\n\n[require]\nsituations = [\"{name}\"]\n"));
    Ok(text)
}
