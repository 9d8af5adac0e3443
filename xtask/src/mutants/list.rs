//! The lists: which mutants there are.

use serde::Deserialize;

use crate::process;

/// The packages that are changed. The list of each lies beside this file.
const PACKAGES: [&str; 2] = ["raft", "node"];

/// A small change of a program.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Mutant {
    /// Its name among those of its package.
    pub(super) id: String,
    /// What is wrong then, in words.
    pub(super) breaks: String,
    /// The file of the package that is changed.
    pub(super) file: String,
    /// What stands there; only once in the file.
    pub(super) from: String,
    /// What stands there instead. `MUTANT` is an expression that is true if the mutant is on;
    /// without it this must be what `from` is.
    pub(super) to: String,
    /// Why nobody can see the mutant, if nobody can.
    #[serde(default)]
    pub(super) survives: Option<String>,
    /// The package.
    #[serde(skip)]
    pub(super) package: String,
    /// The number that turns it on.
    #[serde(skip)]
    pub(super) number: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    mutant: Vec<Mutant>,
}

/// All mutants, numbered from 1.
///
/// # Errors
///
/// If a list is not one.
pub(super) fn read() -> Result<Vec<Mutant>, String> {
    let mut all = Vec::new();
    for package in PACKAGES {
        let path = process::root().join(format!("xtask/src/mutants/{package}.toml"));
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| said(&error))?;
        let list: List = toml::from_str(&text).map_err(|error| said(&error))?;
        for mut mutant in list.mutant {
            mutant.package = package.to_owned();
            mutant.number = all.len() as u64 + 1;
            all.push(mutant);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_switch_and_a_name_of_its_own() {
        let all = read().unwrap();
        for (place, mutant) in all.iter().enumerate() {
            assert!(mutant.to.contains("MUTANT"), "{}", mutant.id);
            let same =
                |other: &Mutant| (&other.package, &other.id) == (&mutant.package, &mutant.id);
            assert_eq!(all.iter().position(same), Some(place), "{} is there twice", mutant.id);
        }
    }
}
