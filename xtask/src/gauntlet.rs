//! How good is the testbed? The long form of `squall gauntlet`, the table that is kept, and what
//! each way of hunting is worth.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use sweep::gauntlet::table::seconds;
use sweep::gauntlet::{Row, Strategy, Table};

use crate::process;

/// The table that is kept: what later ones are compared with.
const KEPT: &str = "crates/testbed/gauntlet.json";

/// Between these lines of the README stands the table.
const MARKS: [&str; 2] = ["<!-- gauntlet -->\n", "<!-- /gauntlet -->\n"];

/// Seeds after which a hunt that compares strategies is given up.
const STRATEGY_SEEDS: &str = "100";

/// What is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Hunts of each flaw.
    bases: Option<u64>,
    /// Keep the table, and show it in the README.
    record: bool,
    /// Compare strategies instead.
    strategies: bool,
    /// Only these flaws.
    flaws: Vec<String>,
}

impl Options {
    /// Reads the flags.
    pub(crate) fn parse(flags: &[&str]) -> Result<Self, String> {
        let mut options = Options::default();
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            match *flag {
                "--record" => options.record = true,
                "--strategies" => options.strategies = true,
                "--bases" => {
                    let bases = flags.next().and_then(|text| text.parse().ok());
                    options.bases = Some(bases.ok_or("gauntlet: --bases N")?);
                }
                flaw if !flaw.starts_with('-') => options.flaws.push(flaw.to_owned()),
                _ => return Err("gauntlet: [--bases N] [--record] [--strategies] [FLAW]...".into()),
            }
        }
        Ok(options)
    }
}

/// Runs it.
///
/// # Errors
///
/// If a flaw is not found, or one is harder to find than it was.
pub(crate) fn gauntlet(options: &Options) -> Result<String, String> {
    if options.strategies {
        return strategies(options);
    }
    let bases = options.bases.unwrap_or(20).to_string();
    let file = process::target().join("gauntlet.json");
    let markdown = process::target().join("gauntlet.md");
    let kept = process::root().join(KEPT);
    let mut hunt = squall(options)?;
    hunt.args(["--both", "--bases", &bases]);
    hunt.arg("--json").arg(&file).arg("--summary-md").arg(&markdown);
    if kept.is_file() && !options.record {
        hunt.arg("--against").arg(&kept);
    }
    process::run(&mut hunt)?;
    if options.record {
        if !options.flaws.is_empty() {
            return Err("gauntlet: a table of some flaws is not kept".into());
        }
        std::fs::copy(&file, &kept).map_err(|error| format!("{KEPT}: {error}"))?;
        show(&markdown)?;
    }
    Ok(format!("gauntlet: {bases} hunts of each flaw, table in {}", file.display()))
}

/// The short form: every flaw is found within its ceiling, once.
///
/// # Errors
///
/// If one is not.
pub(crate) fn short() -> Result<String, String> {
    let (code, stdout, stderr) = process::output(squall(&Options::default())?.arg("--quiet"))?;
    match code {
        0 => {
            Ok(stdout.lines().find(|line| line.contains("found  ")).unwrap_or_default().to_owned())
        }
        _ => Err(format!("{stdout}{stderr}gauntlet ended with {code}")),
    }
}

fn squall(options: &Options) -> Result<Command, String> {
    let mut command = Command::new(process::squall("release")?);
    command.arg("gauntlet").args(&options.flaws).current_dir(process::root());
    Ok(command)
}

/// Puts the table into the README.
fn show(markdown: &Path) -> Result<(), String> {
    let path = process::root().join("README.md");
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (readme, table) = (read(&path)?, read(markdown)?);
    let readme = between(&readme, &table).ok_or("README.md has no place for the table")?;
    std::fs::write(&path, readme).map_err(|error| format!("README.md: {error}"))
}

fn between(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]))
}

/// Hunts every flaw in `swarm` by every strategy.
fn strategies(options: &Options) -> Result<String, String> {
    let bases = options.bases.unwrap_or(3).to_string();
    let mut tables = Vec::new();
    for strategy in Strategy::ALL {
        let name = strategy.name();
        let file: PathBuf = process::target().join(format!("gauntlet-{name}.json"));
        let mut hunt = squall(options)?;
        hunt.args(["--scenario", "swarm", "--strategy", name, "--bases", &bases]);
        hunt.args(["--seeds", STRATEGY_SEEDS, "--format", "json", "--quiet"]);
        // A flaw that a strategy does not find is a result.
        let (code, stdout, stderr) = process::output(&mut hunt)?;
        let table = Table::read(&stdout)
            .map_err(|error| format!("{name} ended with {code}: {error}\n{stderr}"))?;
        std::fs::write(&file, table.write()).map_err(|error| format!("{error}"))?;
        eprintln!("gauntlet: {name} done");
        tables.push(table);
    }
    Ok(compared(&tables))
}

/// A row for each flaw: CPU time of the first strategy, and how many times as much the others take.
/// A hunt in vain counts with what it has used.
fn compared(tables: &[Table]) -> String {
    let mut text = String::from("| flaw |");
    for table in tables {
        write!(text, " {} |", table.strategy).expect("a String");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(tables.len()));
    text.push('\n');
    let flaws = tables[0].rows.iter().map(|row| Some(row.flaw.as_str()));
    for flaw in flaws.chain([None]) {
        write!(text, "| {} |", flaw.unwrap_or("**geometric mean**")).expect("a String");
        let mean = |table: &Table| {
            let rows = table.rows.iter().filter(|row| flaw.is_none_or(|flaw| row.flaw == flaw));
            Table::geometric_mean_us(rows)
        };
        let stock = mean(&tables[0]);
        for (place, table) in tables.iter().enumerate() {
            let found = |row: &Row| row.found() * 2 > row.hunts.len();
            let vain = table.rows.iter().any(|row| Some(row.flaw.as_str()) == flaw && !found(row));
            let mark = if vain { "*" } else { "" };
            let words = match place {
                0 => seconds(stock),
                _ => format!("{:.2}", mean(table) as f64 / stock.max(1) as f64),
            };
            write!(text, " {words}{mark} |").expect("a String");
        }
        text.push('\n');
    }
    text.push_str("\n* not found in most hunts: counts with what they used\n");
    for table in tables {
        let found: usize = table.rows.iter().map(Row::found).sum();
        let hunts: usize = table.rows.iter().map(|row| row.hunts.len()).sum();
        writeln!(text, "{:<20} {found} of {hunts} hunts", table.strategy).expect("a String");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read() {
        let options = Options::parse(&["--bases", "3", "no-fsync", "--record"]).unwrap();
        assert_eq!((options.bases, options.record, options.strategies), (Some(3), true, false));
        assert_eq!(options.flaws, ["no-fsync"]);
        assert!(Options::parse(&["--bases"]).is_err());
        assert!(Options::parse(&["--what"]).is_err());
    }

    #[test]
    fn the_table_takes_the_place_of_the_old_one() {
        let readme = format!("a\n{}old\n{}b\n", MARKS[0], MARKS[1]);
        let expected = format!("a\n{}new\n{}b\n", MARKS[0], MARKS[1]);
        assert_eq!(between(&readme, "new\n"), Some(expected));
        assert_eq!(between("a\n", "new\n"), None);
    }
}
