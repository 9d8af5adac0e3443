//! The copy of the workspace that has the mutants in it.

use std::fs;
use std::path::{Path, PathBuf};

use super::SWITCH;
use super::list::Mutant;
use crate::process;

/// Builds a `squall` with all mutants in it, none of them on, and says where it lies.
///
/// # Errors
///
/// If a place is not found, or the whole does not build.
pub(super) fn build(mutants: &[Mutant]) -> Result<PathBuf, String> {
    let place = process::target().join("mutants");
    let (work, library) = (place.join("work"), place.join("raft"));
    // Both become workspaces of their own.
    let manifest = |text: &str| {
        let text = text.replace("\"crates/*\", \"xtask\"", "\"crates/*\"");
        format!("{text}\n[patch.crates-io]\nraft = {{ path = {:?} }}\n", library.display())
    };
    let root = process::root();
    copy(&root.join("Cargo.toml"), &work.join("Cargo.toml"), &|text| Ok(manifest(text)))?;
    copy(&root.join("Cargo.lock"), &work.join("Cargo.lock"), &as_it_is)?;
    copy_package(&source_of_raft()?, &library, &of(mutants, "raft"), "\n[workspace]\n")?;
    let packages = children(&root.join("crates"))?;
    for package in packages.iter().filter(|path| path.join("Cargo.toml").is_file()) {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        copy_package(package, &work.join("crates").join(&name), &of(mutants, &name), "")?;
    }
    copy_all(&root.join("scenarios"), Path::new(""), &work.join("scenarios"), &|_, text| {
        as_it_is(text)
    })?;
    let mut cargo = process::cargo(&["build", "--quiet", "--profile", "quick", "--bin", "squall"]);
    cargo.current_dir(&work).env("CARGO_TARGET_DIR", place.join("build"));
    // The library's own warnings are its authors' affair.
    cargo.env("RUSTFLAGS", "--cap-lints=allow");
    process::run(&mut cargo)?;
    Ok(place.join("build/quick").join(format!("squall{}", std::env::consts::EXE_SUFFIX)))
}

fn of<'a>(mutants: &'a [Mutant], package: &str) -> Vec<&'a Mutant> {
    mutants.iter().filter(|mutant| mutant.package == package).collect()
}

/// Copies a package and puts its mutants into it, and some text behind its manifest.
fn copy_package(from: &Path, to: &Path, mutants: &[&Mutant], manifest: &str) -> Result<(), String> {
    if let Some(nowhere) = mutants.iter().find(|mutant| !from.join(&mutant.file).is_file()) {
        return Err(format!("{}: there is no {}", nowhere.id, nowhere.file));
    }
    copy_all(from, Path::new(""), to, &|file, text| {
        let here: Vec<&Mutant> =
            mutants.iter().copied().filter(|mutant| Path::new(&mutant.file) == file).collect();
        let mut text = with_mutants(text, &here)?;
        if !mutants.is_empty() && file == Path::new("src/lib.rs") {
            text.push_str(&switch());
        }
        if file == Path::new("Cargo.toml") {
            text.push_str(manifest);
        }
        Ok(text)
    })
}

/// Where cargo keeps the library that the node is built on.
fn source_of_raft() -> Result<PathBuf, String> {
    let mut cargo = process::cargo(&["metadata", "--format-version", "1"]);
    let (_, stdout, stderr) = process::output(&mut cargo)?;
    let metadata: serde_json::Value = serde_json::from_str(&stdout)
        .map_err(|error| format!("cargo metadata: {error}\n{stderr}"))?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let raft = packages.find(|package| package["name"] == "raft");
    let manifest = raft.and_then(|package| package["manifest_path"].as_str());
    let directory = manifest.and_then(|path| Path::new(path).parent());
    Ok(directory.ok_or("cargo metadata knows no raft")?.to_owned())
}

/// A file with mutants in it. Each is looked for in the file as it was.
fn with_mutants(text: &str, mutants: &[&Mutant]) -> Result<String, String> {
    let mut places = Vec::new();
    for mutant in mutants {
        let mut found = text.match_indices(mutant.from.as_str());
        let at = match (found.next(), found.next()) {
            (Some((at, _)), None) => at,
            (None, _) => return Err(format!("{}: not in {}", mutant.id, mutant.file)),
            _ => return Err(format!("{}: more than once in {}", mutant.id, mutant.file)),
        };
        places.push((at, mutant));
    }
    places.sort_by_key(|&(at, _)| at);
    let (mut mutated, mut done) = (String::with_capacity(text.len()), 0);
    for (at, mutant) in places {
        if at < done {
            return Err(format!("{}: overlaps with the one before it", mutant.id));
        }
        mutated.push_str(&text[done..at]);
        let on = format!("crate::mutant::on({})", mutant.number);
        mutated.push_str(&mutant.to.replace("MUTANT", &on));
        done = at + mutant.from.len();
    }
    mutated.push_str(&text[done..]);
    Ok(mutated)
}

/// The module that knows which mutant is on.
fn switch() -> String {
    format!(
        "\n/// Which mutant is on.\n\
         #[allow(clippy::all)]\n\
         pub mod mutant {{\n\
         static ON: std::sync::OnceLock<u64> = std::sync::OnceLock::new();\n\
         /// Whether this one is.\n\
         pub fn on(number: u64) -> bool {{\n\
         *ON.get_or_init(|| {{\n\
         std::env::var(\"{SWITCH}\").ok().and_then(|text| text.parse().ok()).unwrap_or(0)\n\
         }}) == number\n\
         }}\n\
         }}\n"
    )
}

/// Copies a directory, each text of which may be changed.
fn copy_all(
    from: &Path,
    inside: &Path,
    to: &Path,
    change: &dyn Fn(&Path, &str) -> Result<String, String>,
) -> Result<(), String> {
    for child in children(&from.join(inside))? {
        let inside = inside.join(child.file_name().unwrap_or_default());
        if child.is_dir() {
            copy_all(from, &inside, to, change)?;
        } else {
            copy(&child, &to.join(&inside), &|text| change(&inside, text))?;
        }
    }
    Ok(())
}

/// Copies a file, which may be changed if it is a text. A copy that would not differ is left
/// alone, so that cargo builds no more than it must.
fn copy(
    from: &Path,
    to: &Path,
    change: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    let said = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = fs::read(from).map_err(|error| said(from, error))?;
    if let Ok(text) = std::str::from_utf8(&bytes) {
        bytes = change(text)?.into_bytes();
    }
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| said(parent, error))?;
    fs::write(to, bytes).map_err(|error| said(to, error))
}

fn as_it_is(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn children(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(said)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(said)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(id: &str, from: &str, to: &str, number: u64) -> Mutant {
        Mutant {
            id: id.into(),
            breaks: String::new(),
            file: "a.rs".into(),
            from: from.into(),
            to: to.into(),
            survives: None,
            package: "node".into(),
            number,
        }
    }

    #[test]
    fn places_are_changed_in_any_order_and_found_only_once() {
        let (a, b) =
            (mutant("a", "x > 1", "(MUTANT || x > 1)", 1), mutant("b", "y", "z(MUTANT)", 2));
        let on = |number| format!("crate::mutant::on({number})");
        let changed = with_mutants("y if x > 1", &[&a, &b]).unwrap();
        assert_eq!(changed, format!("z({}) if ({} || x > 1)", on(2), on(1)));
        assert!(with_mutants("y", &[&a]).unwrap_err().contains("not in"));
        assert!(with_mutants("yy", &[&b]).unwrap_err().contains("more than once"));
        let c = mutant("c", "if x", "if MUTANT", 3);
        assert!(with_mutants("y if x > 1", &[&a, &c]).unwrap_err().contains("overlaps"));
    }
}
