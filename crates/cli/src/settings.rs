//! Which environment variables are settings: those that flags name (`[env: ...]` in their help).
//! What looks like a setting and is none is named on stderr, because it would silently do nothing.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Command, CommandFactory};

use crate::args::Args;
use crate::output;

/// The beginning of the name of every setting.
const BEGINNING: &str = "SQUALL_";

/// Variables that others read: the workflow of `squall init`, and the tests of this project.
const OF_OTHERS: [&str; 7] = [
    "SQUALL_BENCH_SEEDS",
    "SQUALL_GIT",
    "SQUALL_KILLS",
    "SQUALL_MUTANT",
    "SQUALL_RECORD",
    "SQUALL_REQUIRE_ENGINES",
    "SQUALL_REQUIRE_SLURM",
];

/// The file that people expect settings in.
const FILE: &str = "squall.toml";

/// Names what looks like a setting and is none.
pub(crate) fn warn() {
    let known = known();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with(BEGINNING) && !OF_OTHERS.contains(&&*name) && !known.contains(&*name) {
            output::note(&unknown(&name, &known));
        }
    }
    let is_named = std::env::args_os().any(|argument| Path::new(&argument).ends_with(FILE));
    if !is_named && Path::new(FILE).is_file() {
        output::note(&format!(
            "warning: {FILE} is not read: there are no files of settings; use flags or {BEGINNING}* \
             variables"
        ));
    }
}

fn unknown(name: &str, known: &BTreeSet<String>) -> String {
    let names: Vec<&str> = known.iter().map(String::as_str).collect();
    let hint = match trace::nearest(name, &names) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", names.join(", ")),
    };
    format!("warning: {name} is not a setting, and is not read; {hint}")
}

/// The variables that are read, by name.
fn known() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    gather(&Args::command(), &mut names);
    names
}

fn gather(command: &Command, names: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    names.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    for command in command.get_subcommands() {
        gather(command, names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_variable() {
        let help = Args::command().render_long_help().to_string();
        for name in known() {
            let short = name.strip_prefix(BEGINNING).expect("all begin alike");
            assert!(help.contains(short), "{name} is not in {help}");
        }
    }
}
