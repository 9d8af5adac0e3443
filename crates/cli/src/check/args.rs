//! The flags of `squall check` and `squall export`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use trace::foreign::{Format as FileFormat, Known, Model};

use crate::output::Format;

/// How much an answer may cost before it is "unknown".
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Effort {
    /// How long to look for an answer before it is "unknown": 500ms, 60s, 5m.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration)]
    pub(crate) check_limit: Duration,
    /// How much memory the search for an answer may take before it is "unknown": 512MiB, 2GiB.
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = bytes)]
    pub(crate) check_memory: u64,
}

/// A history to be judged.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A history, a trace, a run directory, the beginning of a run id, `latest`, or `-` for stdin.
    #[arg(value_name = "FILE")]
    pub(crate) target: String,
    /// The format of the file: trace, history, jepsen-edn, jepsen-txt, jepsen-log, porcupine-kv or
    /// porcupine; found out by the content if not given.
    #[arg(long, value_name = "FORMAT", value_parser = format_of)]
    pub(crate) from: Option<FileFormat>,
    /// What the operations are about: register, cas-register, kv or mutex; found out if not given.
    #[arg(long, value_name = "MODEL", value_parser = model_of)]
    pub(crate) model: Option<Model>,
    /// What every key holds at first, such as 0; absent if not given.
    #[arg(long, value_name = "VALUE")]
    pub(crate) initial: Option<String>,
    /// Each value has its key in front: [key value]. Found out for the whole file if not given.
    #[arg(long, conflicts_with = "plain")]
    pub(crate) keyed: bool,
    /// All operations are of one object; a pair is a value.
    #[arg(long)]
    pub(crate) plain: bool,
    #[command(flatten)]
    pub(crate) effort: Effort,
    /// How the result is written.
    #[arg(long, default_value = "human", env = "SQUALL_FORMAT", hide_env_values = true)]
    pub(crate) format: Format,
    /// Print nothing but the result.
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

impl CheckArgs {
    /// What is known of the file.
    pub(crate) fn known(&self) -> Known {
        let keyed = (self.keyed || self.plain).then_some(self.keyed);
        Known { format: self.from, model: self.model, initial: self.initial.clone(), keyed }
    }
}

/// A history for others.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A trace, a history, a run directory, the beginning of a run id, `latest`, or `-` for stdin.
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// In which format.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: ExportFormat,
    /// The format of the target; found out by the content if not given.
    #[arg(long, value_name = "FORMAT", value_parser = format_of)]
    pub(crate) from: Option<FileFormat>,
    /// Where to; stdout if not given.
    #[arg(short, long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

/// What `squall export` writes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Jepsen's EDN, for Knossos and Elle.
    JepsenEdn,
    /// Porcupine's operations in JSON.
    Porcupine,
    /// The operations alone, as lines of JSON.
    History,
}

fn format_of(text: &str) -> Result<FileFormat, String> {
    named(text, &FileFormat::ALL, FileFormat::name)
}

fn model_of(text: &str) -> Result<Model, String> {
    named(text, &Model::ALL, Model::name).map_err(|expected| match Model::of_others(text) {
        Some(others) => format!("{others}; {expected}"),
        None => expected,
    })
}

fn named<T: Copy>(text: &str, all: &[T], name: fn(T) -> &'static str) -> Result<T, String> {
    all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| name(*one)).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// Reads `500ms`, `60s`, `5m`, `1h`.
///
/// # Errors
///
/// If it is something else; says what was expected.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = (digits.parse::<u64>(), &text[digits.len()..]);
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    match number {
        Ok(number) if millis > 0 => Ok(Duration::from_millis(number.saturating_mul(millis))),
        _ => Err("expected a whole number and a unit: 500ms, 60s, 5m, 1h".to_owned()),
    }
}

/// Reads `512MiB`, `2GiB`, `64KiB`.
///
/// # Errors
///
/// If it is something else; says what was expected.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => 0,
    };
    let number = digits.parse::<u64>().ok().filter(|_| unit > 0);
    number
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "expected a whole number and a unit: 64KiB, 512MiB, 2GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(bytes("512MiB"), Ok(512 << 20));
        assert_eq!(bytes("2GiB"), Ok(2 << 30));
        for wrong in ["2", "GiB", "1.5GiB", "2GB", "-1MiB", "99999999999999GiB", ""] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["5", "m", "1.5s", "-1s", "5 parsecs", ""] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
