//! Reports of a sweep for CI, and what it must have seen.
//!
//! A report that cannot be written is a warning: the verdict and the exit code stand.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, ValueEnum};
use sweep::{Plan, Summary};
use trace::Situation;

use crate::find;
use crate::output::{self, Stop};

/// What else is written, and what is required.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReportArgs {
    /// Write the result as JUnit XML: a test for each check and required situation.
    #[arg(long, value_name = "FILE", env = "SQUALL_JUNIT", hide_env_values = true)]
    pub(crate) junit: Option<PathBuf>,
    /// Write the result as Markdown.
    #[arg(long, value_name = "FILE", env = "SQUALL_SUMMARY_MD", hide_env_values = true)]
    pub(crate) summary_md: Option<PathBuf>,
    /// Annotations and a job summary for GitHub: auto, on or off.
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(env = "SQUALL_GITHUB", hide_env_values = true)]
    pub(crate) github: GitHub,
    /// A situation that must be reached, beside those of the scenarios; may be repeated.
    #[arg(long, value_name = "SITUATION", value_parser = situation)]
    pub(crate) require: Vec<Situation>,
    /// Require no situations, whatever the scenarios say.
    #[arg(long, conflicts_with = "require")]
    pub(crate) no_require: bool,
}

/// Whether GitHub reads along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GitHub {
    /// If the environment says so.
    Auto,
    /// Yes.
    On,
    /// No.
    Off,
}

fn situation(name: &str) -> Result<Situation, String> {
    Situation::named(name).ok_or_else(|| {
        let names: Vec<&str> = Situation::ALL.iter().map(|known| known.name()).collect();
        match trace::nearest(name, &names) {
            Some(near) => format!("there is one named `{near}`"),
            None => "see `squall list situations`".to_owned(),
        }
    })
}

impl ReportArgs {
    /// Whether what is required can come about, before anything is run.
    ///
    /// # Errors
    ///
    /// If it cannot.
    pub(crate) fn check(&self, plan: &Plan) -> Result<(), Stop> {
        for situation in &self.require {
            let scenarios = plan.scenarios.iter().map(|planned| planned.parse());
            let mut needs = Vec::new();
            for scenario in scenarios {
                needs.push(situation.unmet(&scenario.map_err(Stop::bad_input)?));
            }
            if let (Some(Some(need)), true) = (needs.first(), needs.iter().all(Option::is_some)) {
                return Err(Stop::bad_input(format!(
                    "--require {}: no scenario here can come into it, it needs {need}",
                    situation.name()
                )));
            }
        }
        Ok(())
    }

    /// Makes the summary require what is required.
    ///
    /// # Errors
    ///
    /// As [`ReportArgs::check`].
    pub(crate) fn require(&self, summary: &mut Summary) -> Result<(), Stop> {
        if self.no_require {
            summary.require_nothing();
        }
        summary.require(&self.require).map_err(Stop::bad_input)
    }

    /// Writes what was asked for; GitHub is told only if `github` says so, too.
    pub(crate) fn write(&self, summary: &Summary, github: bool) {
        if let Some(path) = &self.junit {
            let checks: Vec<&str> = testbed::checks().map(|(name, _)| name).collect();
            put(path, &sweep::junit(summary, &checks), false);
        }
        if let Some(path) = &self.summary_md {
            put(path, &sweep::markdown(summary), false);
        }
        if github && self.is_github() {
            for line in sweep::github::annotations(summary, &file_of) {
                output::note(&line);
            }
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                put(Path::new(&path), &sweep::markdown(summary), true);
            }
        }
    }

    fn is_github(&self) -> bool {
        match self.github {
            GitHub::On => true,
            GitHub::Off => false,
            GitHub::Auto => std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }
}

/// The file of a scenario, from its name or path on the command line; a stock one has none.
fn file_of(argument: &str) -> Option<String> {
    find::path_of(argument).map(|path| path.display().to_string())
}

fn put(path: &Path, text: &str, append: bool) {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        // If this fails, so does what follows, and says why.
        let _ = std::fs::create_dir_all(directory);
    }
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        output::note(&format!("warning: cannot write {}: {error}", path.display()));
    }
}
