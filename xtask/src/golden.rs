//! `cargo xtask golden`: records the traces of `traces/golden` again, after a change that is meant to change what
//! they hold. A trace that would end otherwise than before is an error.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use trace::{Footer, Header};

use crate::{process, tidy};

/// Runs scenario and seed of each kept trace again, and writes what comes of it now.
///
/// # Errors
///
/// If a trace cannot be read or written, or ends with another verdict than it did.
pub(crate) fn record() -> Result<String, String> {
    let squall = process::squall("release")?;
    let mut said = String::new();
    for path in traces(&process::root().join("traces/golden")) {
        let (header, before) = read(&path)?;
        run(&squall, &path, &header)?;
        let (_, after) = read(&path)?;
        let name = path.display();
        if (&before.verdict, &before.signature) != (&after.verdict, &after.signature) {
            return Err(format!("{name}: was {}, is {}", verdict(&before), verdict(&after)));
        }
        let [old, new] = [before.hash, after.hash].map(trace::hash_text);
        said.push_str(&format!("{name}: {old} -> {new}\n"));
    }
    Ok(said)
}

/// The traces in a directory, in order.
fn traces(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in tidy::children(directory) {
        let name = path.to_string_lossy();
        if name.ends_with(".jsonl") || name.ends_with(".jsonl.zst") {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> Result<(Header, Footer), String> {
    let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| problem(&error))?;
    let mut reader = trace::reader(file).map_err(|error| problem(&error))?;
    // Lines of an older build need not be what this one would write.
    reader.by_ref().for_each(drop);
    let footer = reader.footer().cloned().ok_or_else(|| problem(&"it is cut"))?;
    Ok((reader.header().clone(), footer))
}

fn run(squall: &Path, path: &Path, header: &Header) -> Result<(), String> {
    let mut run = Command::new(squall);
    run.current_dir(process::root()).args(["run", &header.scenario.name, "--quiet", "--seed"]);
    run.arg(header.seed.to_string()).arg("--trace").arg(path);
    for (key, value) in &header.overrides {
        run.arg("--set").arg(format!("{key}={value}"));
    }
    let (code, stdout, stderr) = process::output(&mut run)?;
    if code == 0 || code == 100 { Ok(()) } else { Err(format!("{stdout}{stderr}{run:?}: {code}")) }
}

fn verdict(footer: &Footer) -> &str {
    footer.signature.as_deref().unwrap_or(&footer.verdict)
}
