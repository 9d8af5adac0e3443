//! A directory for one test, and the program in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository's scenarios.
pub(crate) fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// A directory that is removed at the end.
pub(crate) struct Place(PathBuf);

impl Place {
    /// An empty directory.
    pub(crate) fn empty(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("squall-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        Place(path)
    }

    /// A directory with a copy of the scenarios that are shipped.
    pub(crate) fn with_scenarios(name: &str) -> Self {
        let place = Place::empty(name);
        fs::create_dir(place.path("scenarios")).expect("a directory");
        for entry in fs::read_dir(scenarios()).expect("scenarios").flatten() {
            if entry.path().is_file() {
                let to = place.path("scenarios").join(entry.file_name());
                fs::copy(entry.path(), to).expect("copied");
            }
        }
        place
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into the directory.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("written");
    }

    /// What lies in the directory, by name.
    pub(crate) fn entries(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the directory").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// `squall`, to be started in the directory, without a trace of our own environment.
    pub(crate) fn squall(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_squall"));
        command.args(arguments).current_dir(&self.0);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if [
                "NO_COLOR",
                "CLICOLOR_",
                "SQUALL_",
                "CI_",
                "GITLAB_",
                "SLURM_",
                "JOB_COMPLETION_",
                "GITHUB_",
            ]
            .iter()
            .any(|beginning| text.starts_with(beginning))
            {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Runs `squall` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.squall(arguments).output().expect("squall starts"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Its result.
    pub(crate) stdout: String,
    /// Everything else it said.
    pub(crate) stderr: String,
}

impl Ran {
    /// Reads what a process left.
    pub(crate) fn of(output: Output) -> Self {
        Ran {
            code: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The result as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}
