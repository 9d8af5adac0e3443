//! The same scenario and the same seed are the same run: in this process after many others, in a
//! fresh process, and in a build without optimisations.

use std::path::Path;
use std::process::Command;

use crate::{process, soak};

/// Seeds that one process of the third kind runs; the fresh ones run one each.
const FRESH_MAX: u64 = 4;

/// Reads `--seeds N`.
pub(crate) fn seeds(flags: &[&str]) -> Result<u64, String> {
    match flags {
        [] => Ok(200),
        ["--seeds", count] => soak::number(count),
        _ => Err("determinism: the only flag is --seeds N".to_owned()),
    }
}

/// Compares the hashes of `seeds` seeds of every scenario.
///
/// # Errors
///
/// At the first seed whose hashes differ.
pub(crate) fn compare(seeds: u64) -> Result<String, String> {
    let release = process::squall("release")?;
    let debug = process::squall("dev")?;
    let files = soak::files();
    for path in &files {
        let scenario = soak::load(path)?;
        let here: Vec<String> = (0..seeds)
            .map(|seed| {
                let report = testbed::run(&testbed::plan(&scenario, seed), &mut |_| {});
                format!("{seed} {:016x}", report.hash)
            })
            .collect();
        same(&scenario.name, "another process", &here, &hashes(&release, path, 0, seeds)?)?;
        for seed in (0..seeds).rev().take(FRESH_MAX as usize) {
            let fresh = hashes(&release, path, seed, seed + 1)?;
            let place = seed as usize;
            same(&scenario.name, "a fresh process", &here[place..=place], &fresh)?;
        }
        same(&scenario.name, "a debug build", &here, &hashes(&debug, path, 0, seeds)?)?;
        println!("{:<28} {seeds} seeds: the same hashes", scenario.name);
    }
    Ok(format!("determinism: {} scenarios, {seeds} seeds each: the same hashes", files.len()))
}

/// `seed hash` for each seed, as `squall` says it.
fn hashes(squall: &Path, scenario: &Path, first: u64, end: u64) -> Result<Vec<String>, String> {
    let mut command = Command::new(squall);
    command.arg("__hash").arg(scenario).args(["--seeds", &format!("{first}..{end}")]);
    let (code, stdout, stderr) = process::output(&mut command)?;
    if code != 0 {
        return Err(format!("determinism: {command:?} ended with {code}\n{stderr}"));
    }
    Ok(stdout.lines().map(str::to_owned).collect())
}

fn same(name: &str, where_else: &str, here: &[String], there: &[String]) -> Result<(), String> {
    if here == there {
        return Ok(());
    }
    let mut pairs = here.iter().zip(there);
    let first = pairs.find(|(a, b)| a != b);
    Err(match first {
        Some((a, b)) => format!("determinism: {name}: seed and hash {a}, but in {where_else} {b}"),
        None => format!("determinism: {name}: {where_else} ran another number of seeds"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_named() {
        let lines = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let here = lines(&["0 aa", "1 bb"]);
        assert!(same("s", "x", &here, &here.clone()).is_ok());
        let error = same("s", "x", &here, &lines(&["0 aa", "1 cc"]));
        assert!(error.is_err_and(|e| e.contains("1 bb") && e.contains("1 cc")));
        assert!(same("s", "x", &here, &here[..1]).is_err());
    }
}
