//! The table for people.

use std::fmt::Write as _;

use super::{Change, Harder, Row, Spread, Table};

/// The table in a terminal: a line for each row, the cheapest scenario of a flaw first.
#[must_use]
pub fn human(table: &Table) -> String {
    let cells: Vec<[String; 7]> = table.rows.iter().map(cells).collect();
    let head = ["flaw", "scenario", "found", "seeds", "cpu", "signature", "as expected"];
    let mut widths = head.map(str::len);
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    write_line(&mut text, &head.map(str::to_owned), &widths);
    for row in &cells {
        write_line(&mut text, row, &widths);
    }
    text
}

fn write_line(text: &mut String, cells: &[String; 7], widths: &[usize; 7]) {
    let mut line = String::from("  ");
    for (cell, width) in cells.iter().zip(widths) {
        write!(line, "{cell:<width$}  ").expect("a String");
    }
    writeln!(text, "{}", line.trim_end()).expect("a String");
}

fn cells(row: &Row) -> [String; 7] {
    let hunts = row.hunts.len();
    let share = |count: usize| if hunts == 1 { yes(count) } else { format!("{count}/{hunts}") };
    [
        row.flaw.clone(),
        row.scenario.clone(),
        share(row.found()),
        spread(row.seeds(), hunts, |seeds| seeds.to_string()),
        spread(row.cpu_us(), hunts, seconds),
        signature(row),
        if row.found() == 0 { String::new() } else { share(row.as_expected()) },
    ]
}

fn yes(count: usize) -> String {
    if count > 0 { "yes" } else { "no" }.to_owned()
}

/// The most frequent signature; how many others there are.
fn signature(row: &Row) -> String {
    match row.signatures()[..] {
        [] => String::new(),
        [(sig, _)] => sig.to_owned(),
        [(sig, count), .., _] => format!("{sig} {count}/{}", row.found()),
    }
}

/// `3 (1-9)`: the median and the range; `never` for what has no end.
fn spread(spread: Spread, hunts: usize, words: impl Fn(u64) -> String) -> String {
    let word = |value: Option<u64>| value.map_or_else(|| "never".to_owned(), &words);
    if hunts == 1 {
        return word(spread.median);
    }
    format!("{} ({}-{})", word(spread.median), word(spread.least), word(spread.most))
}

/// Microseconds as seconds with two places that count: `0.034s`, `1.2s`, `61s`.
#[must_use]
pub fn seconds(us: u64) -> String {
    match us {
        0..1_000_000 => format!("0.{:03}s", us / 1_000),
        1_000_000..10_000_000 => format!("{}.{}s", us / 1_000_000, us / 100_000 % 10),
        _ => format!("{}s", us / 1_000_000),
    }
}

/// The table in Markdown: a row for each flaw, in the scenario that finds it for the least CPU
/// time. `about` says what is wrong with a flaw, and where it is from.
#[must_use]
pub fn markdown(table: &Table, about: impl Fn(&str) -> (String, String)) -> String {
    let mut text = String::from(
        "| flaw | what is wrong | from | scenario | seeds | CPU | first signature |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let best = table.best();
    for row in &best {
        let (what, origin) = about(&row.flaw);
        let hunts = row.hunts.len();
        writeln!(
            text,
            "| `{}` | {what} | {origin} | `{}` | {} | {} | `{}` |",
            row.flaw,
            row.scenario,
            spread(row.seeds(), hunts, |seeds| seeds.to_string()),
            spread(row.cpu_us(), hunts, seconds),
            row.signatures().first().map_or("", |(sig, _)| sig),
        )
        .expect("a String");
    }
    for flaw in table.never_found() {
        let (what, origin) = about(flaw);
        writeln!(text, "| `{flaw}` | {what} | {origin} | - | - | - | not found |")
            .expect("a String");
    }
    text
}

/// A line for each row that has changed.
#[must_use]
pub fn changes(changes: &[Harder]) -> String {
    let word = |median: Option<u64>| median.map_or_else(|| "never".to_owned(), |m| m.to_string());
    let mut text = String::new();
    for changed in changes {
        let Harder { flaw, scenario, before, now, .. } = changed;
        let (before, now) = (word(*before), word(*now));
        let what = match changed.change {
            Change::Harder => "harder to find",
            Change::Easier => "easier to find",
            Change::Lost => "not found any more",
            Change::Gone => "not in this table",
        };
        writeln!(text, "  {flaw} in {scenario}: {what}, seeds in the median {before} -> {now}")
            .expect("a String");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{row, table};
    use super::*;

    #[test]
    fn a_line_tells_median_range_and_signature() {
        let text = human(&table(vec![row("no-fsync", &[3, 1, 7]), row("odd", &[0, 0, 2])]));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("  flaw      scenario  found  seeds"), "{text}");
        assert!(lines[1].contains("no-fsync  swarm     3/3    3 (1-7)"), "{text}");
        assert!(lines[1].contains("0.003s (0.001s-0.007s)  durability/acked-write-lost"), "{text}");
        assert!(lines[2].contains("1/3    never (2-never)"), "{text}");
    }

    #[test]
    fn a_single_hunt_has_no_range() {
        let text = human(&table(vec![row("a", &[4]), row("b", &[0])]));
        assert!(text.lines().nth(1).unwrap().contains("yes    4      0.004s"), "{text}");
        assert!(text.lines().nth(2).unwrap().ends_with("no     never  never"), "{text}");
    }

    #[test]
    fn markdown_names_what_was_not_found_too() {
        let text = markdown(&table(vec![row("a", &[4]), row("b", &[0])]), |flaw| {
            (format!("what {flaw} does"), "somebody".to_owned())
        });
        assert!(text.contains("| `a` | what a does | somebody | `swarm` | 4 | 0.004s |"), "{text}");
        assert!(
            text.contains("| `b` | what b does | somebody | - | - | - | not found |"),
            "{text}"
        );
    }

    #[test]
    fn seconds_have_two_places_that_count() {
        assert_eq!(
            [0, 34_567, 1_234_567, 61_999_999].map(seconds),
            ["0.000s", "0.034s", "1.2s", "61s"]
        );
    }
}
