//! A sweep as Markdown, for the summary of a CI job: what failed and how to do it again, what the
//! sweep has seen, and what failures go together with.

mod tables;

use std::fmt::Write as _;

use crate::seeds::Seeds;
use crate::summary::{BAR_MILLIS, Conclusion, Signature, Summary};
use crate::text::{grouped, reproduce_lines};
use crate::view::{self, percent};
use tables::cell;

/// Bytes at most: GitHub takes a megabyte, and refuses the whole if there is more.
const BYTES_MAX: usize = 900 << 10;

/// Signatures that are told in full.
const TOLD_MAX: usize = 10;

/// Signs of a bar.
const BAR: u64 = 40;

/// The whole report.
#[must_use]
pub fn markdown(summary: &Summary) -> String {
    let mut text = String::new();
    verdict(&mut text, summary);
    signatures(&mut text, summary);
    nondeterminism(&mut text, summary);
    tables::situations(&mut text, summary);
    unexercised(&mut text, summary);
    tables::matrix(&mut text, summary);
    tables::associations(&mut text, summary);
    times(&mut text, summary);
    unknowns(&mut text, summary);
    tables::recoveries(&mut text, summary);
    tables::counters(&mut text, summary);
    again(&mut text, summary);
    environment(&mut text, summary);
    cut(text)
}

/// The checks that had nothing to judge in any run.
fn unexercised(text: &mut String, summary: &Summary) {
    let (bare, excused) = view::not_exercised(summary);
    if !bare.is_empty() {
        writeln!(text, "\nNot exercised: {}.", bare.join(", ")).expect("a String");
    }
    for (check, reason) in excused {
        writeln!(text, "\nExcused: {check}: {}", cell(reason)).expect("a String");
    }
}

/// The bounds of recovery that are broken.
fn slow(text: &mut String, summary: &Summary) {
    for scenario in &summary.scenarios {
        let rerun = scenario.rerun.as_deref().unwrap_or_default();
        for sentence in &scenario.slow {
            writeln!(text, "\n**{}: recovery: {sentence}**; the slowest: `{rerun}`", scenario.name)
                .expect("a String");
        }
    }
}

fn verdict(text: &mut String, summary: &Summary) {
    let word = match summary.conclusion {
        Conclusion::Nondeterminism => "NONDETERMINISTIC",
        Conclusion::Failure => "FAIL",
        Conclusion::Incomplete => "INCOMPLETE",
        Conclusion::Unknown => "UNKNOWN",
        Conclusion::Blind => "BLIND",
        Conclusion::Nothing => "NOTHING RUN",
        Conclusion::Pass => "PASS",
    };
    let signatures = match summary.failures().count() {
        0 => String::new(),
        1 => " 1 signature ·".to_owned(),
        n => format!(" {n} signatures ·"),
    };
    let scenarios = match &summary.scenarios[..] {
        [one] => one.name.clone(),
        many => format!("{} scenarios", many.len()),
    };
    let Summary { squall, build, system, system_version, .. } = summary;
    let missing = summary.not_reached().len();
    let missing = match missing {
        0 => String::new(),
        n => format!(" **{n} required not reached** ·"),
    };
    writeln!(
        text,
        "## squall sweep: {word}\n\n**{word}** ·{signatures}{missing} {} of {} runs: {} pass, \
         {} fail{}, {} unknown · {scenarios} · squall {squall} ({build}) · {system} \
         {system_version}\n",
        grouped(summary.run),
        grouped(summary.planned),
        grouped(summary.pass),
        grouped(summary.fail),
        crate::text::expected(summary),
        grouped(summary.unknown),
    )
    .expect("a String");
    match &summary.canary {
        Some(canary) if canary.caught => {
            write!(text, "Canary caught: `{}` in {}. ", canary.sig, canary.scenario)
        }
        Some(canary) => write!(
            text,
            "**Canary not caught**: {} must fail and did not, in {} seeds. ",
            canary.scenario, canary.seeds
        ),
        None => write!(text, "No canary was run. "),
    }
    .expect("a String");
    let twice = match summary.differed {
        0 => "all identical".to_owned(),
        n => format!("**{} differed**", grouped(n)),
    };
    writeln!(text, "{} runs were done twice, {twice}.", grouped(summary.twice)).expect("a String");
    slow(text, summary);
    for (_, sentence) in summary.missed() {
        writeln!(text, "\n**Missed**: {}.", cell(sentence)).expect("a String");
    }
    if let Some(stopped) = &summary.stopped {
        writeln!(text, "\nStopped early: {}.", cell(stopped)).expect("a String");
    }
    if let Some(finish) = &summary.chunks.finish {
        let missing = summary.chunks.planned - summary.chunks.found;
        let planned = summary.chunks.planned;
        writeln!(text, "\n{missing} of {planned} chunks are missing:\n").expect("a String");
        block(text, "sh", finish);
    }
}

fn signatures(text: &mut String, summary: &Summary) {
    if summary.signatures.is_empty() {
        return;
    }
    text.push_str("\n### Failures\n\n");
    text.push_str("| signature | seeds | share | scenarios | earliest | best seed |\n");
    text.push_str("|---|---:|---:|---|---:|---:|\n");
    for signature in &summary.signatures {
        let scenarios: Vec<&str> = signature.scenarios.keys().map(String::as_str).collect();
        let expected = if signature.expected { " (expected)" } else { "" };
        writeln!(
            text,
            "| `{}`{expected} | {} | {} | {} | {} | {} |",
            signature.sig,
            grouped(signature.seeds),
            percent((signature.seeds, summary.run)),
            scenarios.join(", "),
            signature.t.map_or("?".to_owned(), |t| format!("sim {}", trace::text::time(t))),
            signature.best.seed,
        )
        .expect("a String");
    }
    for signature in summary.signatures.iter().take(TOLD_MAX) {
        told(text, signature);
    }
}

/// What happened in the best run of a signature.
fn told(text: &mut String, signature: &Signature) {
    let mut lines = vec![signature.message.clone()];
    if !signature.story.is_empty() {
        lines.push(String::new());
        lines.extend(signature.story.iter().map(|line| format!("  {line}")));
    }
    lines.push(String::new());
    lines.push(signature.reproduce.clone());
    writeln!(
        text,
        "\n<details open><summary><code>{}</code> · {} · seed {}</summary>\n",
        signature.sig, signature.best.scenario, signature.best.seed
    )
    .expect("a String");
    block(text, "text", &lines.join("\n"));
    text.push_str("\n</details>\n");
}

fn nondeterminism(text: &mut String, summary: &Summary) {
    if summary.nondeterminism.is_empty() {
        return;
    }
    text.push_str("\n### Non-determinism\n\n");
    for one in &summary.nondeterminism {
        let place = &one.place;
        let message = cell(&one.message);
        writeln!(text, "- {} seed {}: {message}", place.scenario, place.seed).expect("a String");
        if let Some(diverged) = &one.diverged {
            let line = |line: &Option<String>| line.clone().unwrap_or("nothing, it is over".into());
            let at = trace::text::time(diverged.t);
            let lines = format!(
                "event {} (sim {at})\nfirst   {}\nsecond  {}",
                diverged.seq,
                line(&diverged.first),
                line(&diverged.second)
            );
            text.push('\n');
            block(text, "text", &lines);
        }
    }
}

/// When runs failed, in virtual time.
fn times(text: &mut String, summary: &Summary) {
    let timed: Vec<&Signature> =
        summary.signatures.iter().filter(|signature| !signature.times.is_empty()).collect();
    if timed.is_empty() {
        return;
    }
    text.push_str("\n### Virtual time to failure\n");
    for signature in timed.into_iter().take(TOLD_MAX) {
        let most = signature.times.values().copied().max().unwrap_or(0);
        let mut lines = String::new();
        for (millis, seeds) in &signature.times {
            let from = trace::text::time(millis * 1_000_000);
            let to = trace::text::time((millis + BAR_MILLIS) * 1_000_000);
            let bar = view::bar(*seeds, most, BAR);
            writeln!(lines, "{from:>8}-{to:<8} {:>7}  {bar}", grouped(*seeds)).expect("a String");
        }
        writeln!(text, "\n`{}`\n", signature.sig).expect("a String");
        block(text, "text", lines.trim_end());
    }
}

fn unknowns(text: &mut String, summary: &Summary) {
    if summary.unknowns.is_empty() {
        return;
    }
    text.push_str("\n### Unknown\n\n| runs | why | first |\n|---:|---|---|\n");
    for unknown in &summary.unknowns {
        let (seeds, reason) = (grouped(unknown.seeds), cell(&unknown.reason));
        writeln!(text, "| {seeds} | {reason} | `{}` |", cell(&unknown.reproduce))
            .expect("a String");
    }
}

fn again(text: &mut String, summary: &Summary) {
    let commands = reproduce_lines(summary);
    if !commands.is_empty() {
        text.push_str("\n### Reproduce\n\n");
        block(text, "sh", &commands.join("\n"));
    }
}

fn environment(text: &mut String, summary: &Summary) {
    let seeds = match &summary.seeds {
        Seeds::Range { first, end } => format!("{first}..{end}"),
        Seeds::List(list) => format!("{} listed", list.len()),
    };
    let set: Vec<String> = summary
        .set
        .iter()
        .map(|(key, value)| format!(" · `--set {key}={}`", cell(value)))
        .collect();
    writeln!(
        text,
        "\nSeeds {seeds}{} · plan `{}` · digest `{}`",
        set.concat(),
        summary.plan,
        summary.digest
    )
    .expect("a String");
}

/// A block of text as it is; a fence in it ends nothing.
fn block(text: &mut String, language: &str, content: &str) {
    let content = content.replace("```", "'''");
    writeln!(text, "```{language}\n{content}\n```").expect("a String");
}

/// Keeps a report below [`BYTES_MAX`].
fn cut(mut text: String) -> String {
    if text.len() > BYTES_MAX {
        let end = (0..=BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str("\n```\n\nThe report is longer than GitHub takes; the rest is left out.\n");
    }
    text
}
