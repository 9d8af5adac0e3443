//! The summary for people. The most important line is the last one.

use std::fmt::Write as _;

use trace::text::time;

use crate::plan::Plan;
use crate::recovery::Recovery;
use crate::summary::{Conclusion, Summary};
use crate::view::{self, Row};

/// Commands that are shown at most.
const COMMANDS_MAX: usize = 10;

/// Situations that are named as never reached, at most.
const NEVER_MAX: usize = 5;

/// The command that runs a seed of a plan again.
#[must_use]
pub fn reproduce(plan: &Plan, scenario: &str, seed: u64) -> String {
    let planned = plan.scenarios.iter().find(|planned| planned.name == scenario);
    let argument = planned.map_or(scenario, |planned| &planned.argument);
    let mut command = format!("{} run {} --seed {seed}", plan.program, quoted(argument));
    for (key, value) in &plan.set {
        let (flag, text) = match key.as_str() {
            "flaw" => ("flaw", value.clone()),
            _ => ("set", format!("{key}={value}")),
        };
        write!(command, " --{flag} {}", quoted(&text)).expect("a String");
    }
    command
}

/// Quotes an argument for a POSIX shell, if it needs it.
#[must_use]
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

/// A number in groups of three: `41,377`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The summary for people.
#[must_use]
pub fn human(summary: &Summary) -> String {
    let mut text = format!(
        "   sweep  {} of {} runs: {} pass, {} fail{}, {} unknown; {} run twice, {}\n",
        grouped(summary.run),
        grouped(summary.planned),
        grouped(summary.pass),
        grouped(summary.fail),
        expected(summary),
        grouped(summary.unknown),
        grouped(summary.twice),
        match summary.differed {
            0 => "all identical".to_owned(),
            differed => format!("{} DIFFERED", grouped(differed)),
        },
    );
    write_canary(&mut text, summary);
    if let Some(stopped) = &summary.stopped {
        writeln!(text, " stopped  {stopped}").expect("a String");
    }
    write_recovery(&mut text, summary);
    write_signatures(&mut text, summary);
    for (_, sentence) in summary.missed() {
        writeln!(text, "! missed  {sentence}").expect("a String");
    }
    write_situations(&mut text, summary);
    write_unexercised(&mut text, summary);
    write_unknowns(&mut text, summary);
    write_nondeterminism(&mut text, summary);
    write_missing(&mut text, summary);
    write_commands(&mut text, summary);
    text
}

/// How many runs failed as their scenario expects, in words; nothing if none did.
pub(crate) fn expected(summary: &Summary) -> String {
    match summary.expected {
        0 => String::new(),
        runs => format!(", {} fail as expected", grouped(runs)),
    }
}

fn write_canary(text: &mut String, summary: &Summary) {
    let Some(canary) = &summary.canary else { return };
    let seeds = canary.seeds;
    match canary.seed {
        Some(seed) => {
            writeln!(text, "  canary  {} caught: {}, seed {seed}", canary.scenario, canary.sig)
        }
        None => writeln!(
            text,
            "! canary  {} must fail and did not, in {seeds} seeds: this sweep finds nothing",
            canary.scenario
        ),
    }
    .expect("a String");
}

fn write_recovery(text: &mut String, summary: &Summary) {
    let Some(all) = Recovery::of_all(summary) else { return };
    let (p50, p99, max) = (time(all.p50), time(all.p99), time(all.max));
    let count = grouped(all.count);
    writeln!(text, "recovery  p50 {p50}  p99 {p99}  max {max}  (of {count})").expect("a String");
    for scenario in &summary.scenarios {
        for sentence in &scenario.unjudged {
            writeln!(text, "          {}: {sentence}", scenario.name).expect("a String");
        }
        for sentence in &scenario.slow {
            writeln!(text, "!   slow  {}: {sentence}", scenario.name).expect("a String");
        }
        if let (Some(slowest), Some(rerun)) = (scenario.slowest, &scenario.rerun) {
            writeln!(text, "          the slowest takes {}: {rerun}", time(slowest.t))
                .expect("a String");
        }
    }
}

fn write_signatures(text: &mut String, summary: &Summary) {
    if summary.signatures.is_empty() {
        return;
    }
    let count = summary.failures().count();
    let noun = if count == 1 { "signature" } else { "signatures" };
    let expected = match summary.signatures.len() - count {
        0 => String::new(),
        expected => format!(", {expected} expected"),
    };
    writeln!(text, "\n  {count} failure {noun}{expected}").expect("a String");
    for signature in &summary.signatures {
        let scenarios: Vec<&str> = signature.scenarios.keys().map(String::as_str).collect();
        let earliest = signature.t.map_or(String::new(), |t| {
            format!("  earliest sim {} (seed {})", time(t), signature.best.seed)
        });
        let expected = if signature.expected { "  (expected)" } else { "" };
        writeln!(
            text,
            "    {:<32} {:>7} seeds  {}  first {}{earliest}{expected}",
            signature.sig,
            grouped(signature.seeds),
            scenarios.join(", "),
            signature.first.seed,
        )
        .expect("a String");
    }
}

/// Those that are required, and how many others there were; the bad ones last.
fn write_situations(text: &mut String, summary: &Summary) {
    let rows = view::situations(summary);
    let (required, others): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| !row.required_by.is_empty());
    let reached = others.iter().filter(|row| row.seeds > 0).count();
    if summary.run == 0 || required.is_empty() && reached == 0 {
        return;
    }
    let head = "situations (seeds that reached it / times)";
    writeln!(text, "\n  {head:<62}  required by").expect("a String");
    let (missing, there): (Vec<&Row>, Vec<&Row>) =
        required.iter().partition(|row| !row.missing_in.is_empty());
    for row in there.into_iter().chain(missing) {
        let counts = format!("{:>9} / {:>9}", grouped(row.seeds), grouped(row.hits));
        let by = view::required_by(summary, row);
        let (mark, end) = match row.missing_in.is_empty() {
            true => (' ', String::new()),
            false => ('!', format!("   NOT REACHED in {}", row.missing_in.join(", "))),
        };
        writeln!(text, "  {mark} {:<32} {counts}        {by}{end}", row.name).expect("a String");
    }
    let never: Vec<&str> = others
        .iter()
        .filter(|row| row.seeds == 0 && row.needs.is_none())
        .map(|row| &*row.name)
        .collect();
    let impossible = others.len() - reached - never.len();
    writeln!(text, "    others: {reached} reached, {impossible} impossible here")
        .expect("a String");
    if !never.is_empty() {
        let names = never.iter().take(NEVER_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = never.len().saturating_sub(NEVER_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(text, "    never reached: {names}{more}").expect("a String");
    }
}

/// The checks that had nothing to judge in any run.
fn write_unexercised(text: &mut String, summary: &Summary) {
    let (bare, excused) = view::not_exercised(summary);
    if !bare.is_empty() {
        writeln!(text, "\n  not exercised: {}", bare.join(", ")).expect("a String");
    }
    for (check, reason) in excused {
        writeln!(text, "  excused: {check}: {reason}").expect("a String");
    }
}

fn write_unknowns(text: &mut String, summary: &Summary) {
    for unknown in &summary.unknowns {
        writeln!(text, "\n unknown  {}: {}", grouped(unknown.seeds), unknown.reason)
            .expect("a String");
        writeln!(text, "          {}", unknown.reproduce).expect("a String");
    }
}

fn write_nondeterminism(text: &mut String, summary: &Summary) {
    for found in &summary.nondeterminism {
        let (scenario, seed) = (&found.place.scenario, found.place.seed);
        writeln!(text, "\n  NONDET  {scenario} seed {seed}: {}", found.message).expect("a String");
        if let Some(diverged) = &found.diverged {
            let line = |line: &Option<String>| line.clone().unwrap_or("nothing, it is over".into());
            let at = time(diverged.t);
            writeln!(text, "          diverged at event {} (sim {at})", diverged.seq)
                .expect("a String");
            writeln!(text, "          first   {}", line(&diverged.first)).expect("a String");
            writeln!(text, "          second  {}", line(&diverged.second)).expect("a String");
        }
    }
}

fn write_missing(text: &mut String, summary: &Summary) {
    let chunks = &summary.chunks;
    let Some(finish) = &chunks.finish else { return };
    let rows: Vec<String> = chunks
        .missing
        .iter()
        .map(|(first, last)| match first == last {
            true => format!("{first}"),
            false => format!("{first}-{last}"),
        })
        .collect();
    let missing = chunks.planned - chunks.found;
    writeln!(text, "\n missing  {missing} of {} chunks: {}", chunks.planned, rows.join(" "))
        .expect("a String");
    writeln!(text, "  finish  {finish}").expect("a String");
}

fn write_commands(text: &mut String, summary: &Summary) {
    for (position, command) in reproduce_lines(summary).into_iter().enumerate() {
        let head = if position == 0 { "\n  reproduce" } else { "           " };
        writeln!(text, "{head}  {command}").expect("a String");
    }
}

/// The commands that run again what is bad, one for each signature.
pub(crate) fn reproduce_lines(summary: &Summary) -> Vec<&str> {
    let bad = matches!(summary.conclusion, Conclusion::Nondeterminism | Conclusion::Failure);
    if !bad {
        return Vec::new();
    }
    let signatures = summary.failures().map(|signature| &signature.reproduce);
    let others = summary.nondeterminism.iter().map(|found| &found.reproduce);
    signatures.chain(others).take(COMMANDS_MAX).map(String::as_str).collect()
}
