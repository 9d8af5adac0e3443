//! Manifests and workflows that are shipped, against the schemas of those who read them. Nothing
//! is started, and after the validators are installed nothing is fetched: they carry the schemas.
//!
//! Each validator is shown a file with a mistake as well: one that lets it through checks nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// The validators, from PyPI.
const VALIDATORS: [&str; 2] = ["kubernetes-validate==1.37.0", "check-jsonschema==0.39.0"];

/// A file, who checks it and how, and a mistake that must be found: a word and what it becomes.
struct Check {
    file: &'static str,
    validator: &'static str,
    arguments: &'static [&'static str],
    mistake: (&'static str, &'static str),
}

const CHECKS: [Check; 5] = [
    Check {
        file: "crates/cli/engines/kubernetes.yaml",
        validator: "kubernetes-validate",
        arguments: &["-k", "1.33", "--strict"],
        mistake: ("backoffLimitPerIndex", "backoffLimitPerIndx"),
    },
    Check {
        file: "crates/cli/engines/github.yml",
        validator: "check-jsonschema",
        arguments: &["--builtin-schema", "vendor.github-workflows"],
        mistake: ("fail-fast", "fail-fst"),
    },
    Check {
        file: "crates/cli/engines/gitlab.yml",
        validator: "check-jsonschema",
        arguments: &["--builtin-schema", "vendor.gitlab-ci"],
        mistake: ("parallel: 8", "parallel: many"),
    },
    Check {
        file: "crates/cli/engines/buildkite.yml",
        validator: "check-jsonschema",
        arguments: &["--builtin-schema", "vendor.buildkite"],
        mistake: ("parallelism: 8", "parallelism: many"),
    },
    Check {
        file: "crates/cli/src/init/workflow.yml",
        validator: "check-jsonschema",
        arguments: &["--builtin-schema", "vendor.github-workflows"],
        mistake: ("runs-on", "runs-at"),
    },
];

/// Checks every file.
///
/// # Errors
///
/// If one is refused, or a mistake in one is not; if the validators cannot be had and
/// `SQUALL_REQUIRE_ENGINES` is 1.
pub(crate) fn engines() -> Result<String, String> {
    let validators = match validators() {
        Ok(directory) => directory,
        Err(why) if std::env::var("SQUALL_REQUIRE_ENGINES").is_ok_and(|value| value == "1") => {
            return Err(format!("engines: {why}"));
        }
        Err(why) => {
            let line = why.lines().last().unwrap_or_default();
            return Ok(format!("SKIP engines: the validators cannot be installed: {line}"));
        }
    };
    for check in &CHECKS {
        let path = process::root().join(check.file);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", check.file))?;
        let (accepted, said) = accepts(&validators, check, &path)?;
        if !accepted {
            return Err(format!("engines: {}: {said}", check.file));
        }
        let (word, mistake) = check.mistake;
        let bad = text.replace(word, mistake);
        if bad == text {
            return Err(format!("engines: there is no `{word}` in {}", check.file));
        }
        let scratch = validators.join(format!("mistake-{}", check.file.replace('/', "-")));
        fs::write(&scratch, bad).map_err(|error| error.to_string())?;
        if accepts(&validators, check, &scratch)?.0 {
            return Err(format!("engines: `{mistake}` in {} is not seen", check.file));
        }
    }
    let count = CHECKS.len();
    Ok(format!("engines: {count} files as their schemas want them, {count} mistakes found"))
}

fn accepts(validators: &Path, check: &Check, file: &Path) -> Result<(bool, String), String> {
    let mut command = Command::new(validators.join("bin").join(check.validator));
    command.args(check.arguments).arg(file);
    let (code, stdout, stderr) = process::output(&mut command)?;
    Ok((code == 0, format!("{stdout}{stderr}")))
}

/// An environment of their own for the validators, made once for each set of versions.
fn validators() -> Result<PathBuf, String> {
    let directory = process::target().join("engines");
    let stamp = directory.join("installed");
    let wanted = VALIDATORS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(directory);
    }
    quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
    let mut pip = Command::new(directory.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(VALIDATORS);
    quietly(&mut pip)?;
    fs::write(stamp, wanted).map_err(|error| error.to_string())?;
    Ok(directory)
}

fn quietly(command: &mut Command) -> Result<(), String> {
    match process::output(command)? {
        (0, _, _) => Ok(()),
        (code, stdout, stderr) => Err(format!("{command:?} ended with {code}\n{stdout}{stderr}")),
    }
}
