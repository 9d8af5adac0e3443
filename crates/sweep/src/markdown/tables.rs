//! The tables of the report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trace::text::time;

use crate::record::Spread;
use crate::summary::Summary;
use crate::text::grouped;
use crate::view::{self, Row, percent};

/// What drew failures, at most.
const ASSOCIATIONS_MAX: usize = 20;

/// Signs of a bar.
const BAR: u64 = 10;

/// A text in a cell: it neither ends the cell nor becomes HTML.
pub(super) fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace('`', "'")
}

/// Situations: those that are required and were not reached come first.
pub(super) fn situations(text: &mut String, summary: &Summary) {
    let rows = view::situations(summary);
    let (shown, never): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.seeds > 0 || !row.required_by.is_empty());
    if shown.is_empty() {
        return;
    }
    text.push_str("\n### Situations\n\n");
    text.push_str("| situation | required by | seeds | share | | times | first |\n");
    text.push_str("|---|---|---:|---:|---|---:|---|\n");
    for row in &shown {
        let name = match row.missing_in.is_empty() {
            true => format!("`{}`", row.name),
            false => {
                format!("**NOT REACHED** in {}: `{}`", row.missing_in.join(", "), row.name)
            }
        };
        let first = row.first.as_ref();
        let first = first.map_or(String::new(), |at| format!("{} seed {}", at.scenario, at.seed));
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {first} |",
            view::required_by(summary, row),
            grouped(row.seeds),
            percent((row.seeds, summary.run)),
            view::bar(row.seeds, summary.run, BAR),
            grouped(row.hits),
        )
        .expect("a String");
    }
    let name = |row: &Row| format!("`{}`", row.name);
    let possible: Vec<String> = never.iter().filter(|r| r.needs.is_none()).map(name).collect();
    if !possible.is_empty() {
        writeln!(text, "\nNever reached: {}.", possible.join(", ")).expect("a String");
    }
    let needs: Vec<String> = never
        .iter()
        .filter_map(|row| Some(format!("`{}` ({})", row.name, cell(row.needs.as_ref()?))))
        .collect();
    if !needs.is_empty() {
        writeln!(text, "\nImpossible in these scenarios: {}.", needs.join(", ")).expect("a String");
    }
}

/// Which situations came about under which faults.
pub(super) fn matrix(text: &mut String, summary: &Summary) {
    let matrix = view::matrix(summary);
    let faults: BTreeSet<&str> = matrix.values().flat_map(|row| row.keys().copied()).collect();
    if faults.is_empty() {
        return;
    }
    text.push_str("\n### Situations by fault\n\n");
    text.push_str("Seeds that came into a situation while a fault of this kind was on.\n\n| |");
    for fault in &faults {
        write!(text, " {fault} |").expect("a String");
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(faults.len()));
    text.push('\n');
    let order = view::situations(summary);
    for row in order.iter().filter_map(|row| matrix.get_key_value(&*row.name)) {
        let (situation, seeds) = row;
        write!(text, "| `{situation}` |").expect("a String");
        for fault in &faults {
            match seeds.get(fault) {
                Some(seeds) => write!(text, " {} |", grouped(*seeds)),
                None => write!(text, " · |"),
            }
            .expect("a String");
        }
        text.push('\n');
    }
}

/// What failures go together with.
pub(super) fn associations(text: &mut String, summary: &Summary) {
    let found = view::associations(summary);
    if found.is_empty() {
        return;
    }
    text.push_str("\n### What failures go together with\n\n");
    text.push_str("| signature | scenario | drawn | P(fail, if drawn) | P(fail, if not) |\n");
    text.push_str("|---|---|---|---:|---:|\n");
    for one in found.iter().take(ASSOCIATIONS_MAX) {
        let share = |(part, whole): (u64, u64)| {
            format!("{} ({}/{})", percent((part, whole)), grouped(part), grouped(whole))
        };
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            one.sig,
            one.scenario,
            cell(&one.knob),
            share(one.with),
            share(one.without),
        )
        .expect("a String");
    }
}

/// How long it took until the cluster answered again.
pub(super) fn recoveries(text: &mut String, summary: &Summary) {
    let each = summary.scenarios.iter();
    let rows: Vec<_> = each.filter_map(|one| Some((&one.name, one.recovery.as_ref()?))).collect();
    if rows.is_empty() {
        return;
    }
    text.push_str("\n### Virtual time to recover\n\n");
    text.push_str(
        "From the moment at which all that is needed works again to the first answer.\n\n",
    );
    text.push_str("| scenario | times | p50 | p99 | max |\n|---|---:|---:|---:|---:|\n");
    for (name, found) in rows {
        let (p50, p99, max) = (time(found.p50), time(found.p99), time(found.max));
        let count = grouped(found.count);
        writeln!(text, "| {name} | {count} | {p50} | {p99} | {max} |").expect("a String");
    }
}

/// How much happened in a run.
pub(super) fn counters(text: &mut String, summary: &Summary) {
    let mut sums: BTreeMap<&str, Spread> = BTreeMap::new();
    for (name, spread) in summary.scenarios.iter().flat_map(|scenario| &scenario.counters) {
        sums.entry(name).and_modify(|sum| sum.add(spread)).or_insert_with(|| spread.clone());
    }
    if sums.is_empty() {
        return;
    }
    text.push_str("\n<details><summary>How much happened in a run</summary>\n\n");
    text.push_str("| | least | mean | most |\n|---|---:|---:|---:|\n");
    for (name, spread) in sums {
        let mean = spread.sum / summary.run.max(1);
        let (least, mean, most) = (grouped(spread.least), grouped(mean), grouped(spread.most));
        writeln!(text, "| {name} | {least} | {mean} | {most} |").expect("a String");
    }
    text.push_str("\n</details>\n");
}
