//! `squall explain`: what a word means that the program prints: an error code, a check, a
//! signature, a verdict, an exit code, a situation or a flaw.

use testbed::Flaw;
use trace::Situation;

use crate::output::{self, Stop};
use crate::{exit, program};

/// The signatures of a seed whose worker did not survive it.
const OF_WORKERS: &[(&str, &str)] = &[
    ("sut/aborted", "the process that ran the seed died of it, twice"),
    ("sut/hung", "the seed took more real time than --wall-limit allows"),
];

/// Prints what a word means.
pub(crate) fn explain(word: &str) -> Result<u8, Stop> {
    let text = meaning(word)?;
    output::result(&text)?;
    Ok(exit::PASS)
}

fn meaning(word: &str) -> Result<String, Stop> {
    match word.split_once('/') {
        Some(("situation", name)) => return situation(name),
        Some(("flaw", id)) => {
            return testbed::flaw_named(id).map(flaw).map_err(Stop::bad_input);
        }
        _ => {}
    }
    let text = problem(word).or_else(|| exit_code(word)).or_else(|| check(word));
    text.or_else(|| signature(word)).ok_or_else(|| unknown(word))
}

/// Every signature that this program can print, with its meaning.
pub(crate) fn signatures() -> Vec<(String, &'static str)> {
    let others = torture::SIGNATURES.iter().chain(OF_WORKERS);
    let others = others.map(|(signature, about)| ((*signature).to_owned(), *about));
    testbed::signatures().chain(others).collect()
}

/// Whether a signature, or a family of them such as `sut/*`, can be printed.
pub(crate) fn is_signature(text: &str) -> bool {
    let text = checker::without_place(text);
    signatures().iter().any(|(known, _)| match text.strip_suffix('*') {
        Some(beginning) => known.starts_with(beginning),
        None => known == text,
    })
}

/// What is meant by a word that nothing is named by, as the end of a sentence.
pub(crate) fn hint(word: &str) -> String {
    let known: Vec<String> = signatures().into_iter().map(|(signature, _)| signature).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    if let Some(near) = trace::nearest(checker::without_place(word), &known) {
        return format!("; there is `{near}`");
    }
    let check = word.split('/').next().unwrap_or(word);
    let checks: Vec<&str> = testbed::checks().map(|(name, _)| name).collect();
    if let Some(near) = trace::nearest(check, &checks).filter(|near| *near != check) {
        return format!("; there is a check named `{near}`");
    }
    let beginning = format!("{check}/");
    let kinds: Vec<&str> =
        known.into_iter().filter(|signature| signature.starts_with(&beginning)).collect();
    match kinds.is_empty() {
        true => String::new(),
        false => format!("; there are {}", kinds.join(", ")),
    }
}

fn problem(word: &str) -> Option<String> {
    let mut codes = trace::problem::CODES.iter();
    let (code, meaning) = codes.find(|(known, _)| known.eq_ignore_ascii_case(word))?;
    Some(format!("{code}: {meaning}\n"))
}

/// An exit code, or a verdict that leads to one.
fn exit_code(word: &str) -> Option<String> {
    let number = word.strip_prefix("exit/").unwrap_or(word);
    let mut codes = exit::CODES.iter();
    let exit::Code { code, verdicts, about } = codes.find(|code| {
        code.code.to_string() == number
            || code.verdicts.iter().any(|verdict| verdict.eq_ignore_ascii_case(word))
    })?;
    let verdicts = match verdicts.is_empty() {
        true => String::new(),
        false => format!(" ({})", verdicts.join(", ")),
    };
    Some(format!("exit code {code}{verdicts}: {about}\n"))
}

/// A check, with the signatures that it reports.
fn check(word: &str) -> Option<String> {
    let name = word.strip_prefix("check/").unwrap_or(word);
    let (name, about) = testbed::checks().find(|(known, _)| *known == name)?;
    let mut text = format!("check/{name}: {about}\n");
    let beginning = format!("{name}/");
    for (signature, about) in signatures() {
        if signature.starts_with(&beginning) {
            text.push_str(&format!("  {signature}: {about}\n"));
        }
    }
    Some(text)
}

fn signature(word: &str) -> Option<String> {
    let plain = checker::without_place(word);
    let (signature, about) = signatures().into_iter().find(|(known, _)| known == plain)?;
    let check = signature.split('/').next().unwrap_or(&signature);
    let (_, promise) = testbed::checks().find(|(known, _)| *known == check)?;
    let program = program::command();
    Some(format!(
        "{signature}: {about}\n  check  {check}: {promise}\n  next   `{program} inspect TRACE --why \
         OP` shows what led to an operation\n"
    ))
}

fn unknown(word: &str) -> Stop {
    let hint = match hint(word) {
        hint if hint.is_empty() => {
            let codes: Vec<&str> = trace::problem::CODES.iter().map(|(code, _)| *code).collect();
            let codes = codes.join(" ");
            format!(
                "; there are {codes}, check/NAME, CHECK/KIND, exit/CODE, situation/NAME and flaw/ID"
            )
        }
        hint => hint,
    };
    Stop::bad_input(format!("no code `{word}`{hint}"))
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
