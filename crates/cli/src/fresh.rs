//! The same plan in a fresh process: with another heap, another order of everything that has no
//! order. What differs there is non-determinism.
//!
//! The child is this program again (`squall __hash`). It reads the header of a trace on stdin,
//! which says all that a run depends on, and answers with a hash or with the lines of the events.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use system::Nanos;
use trace::{Header, Plan, Verdict};

use crate::output::Stop;
use crate::program;
use crate::record::{self, Difference};
use crate::story::Story;

/// The hash of the run in a fresh process.
///
/// # Errors
///
/// If the process cannot be started or does not answer.
pub(crate) fn hash(header: &Header) -> Result<u64, Stop> {
    let text = answer(start(header, &[])?)?;
    u64::from_str_radix(text.trim(), 16).map_err(unusable)
}

fn answer(child: Child) -> Result<String, Stop> {
    let output = child.wait_with_output().map_err(unusable)?;
    if !output.status.success() {
        return Err(Stop::environment(format!("the fresh process ended with {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A failure as a fresh process tells it.
#[derive(Debug)]
pub(crate) struct Told {
    /// The hash over all events.
    pub(crate) hash: u64,
    /// When it failed.
    pub(crate) at: Nanos,
    /// The operations and faults around it, a line each.
    pub(crate) story: Vec<String>,
}

impl Told {
    /// Runs the plan.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut story = Story::default();
        let report = program::run(plan, &mut |event| story.observe(event));
        let mut told = Told { hash: report.hash, at: report.at, story: Vec::new() };
        if let Verdict::Fail(violations) = &report.verdict {
            let first = &violations[0];
            told.at = story.moment(first, report.at);
            told.story = story.ops(first);
            told.story.extend(story.faults(told.at));
        }
        told
    }

    /// As one line of JSON.
    pub(crate) fn write(&self) -> String {
        json!({ "hash": format!("{:016x}", self.hash), "at": self.at, "story": self.story })
            .to_string()
    }

    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let lines = value["story"].as_array()?.iter().filter_map(Value::as_str);
        Some(Told {
            hash: u64::from_str_radix(value["hash"].as_str()?, 16).ok()?,
            at: value["at"].as_u64()?,
            story: lines.map(str::to_owned).collect(),
        })
    }
}

/// The failure of a run as a fresh process tells it.
///
/// # Errors
///
/// If the process cannot be started or does not answer.
pub(crate) fn told(header: &Header) -> Result<Told, Stop> {
    let text = answer(start(header, &["--story"])?)?;
    Told::read(&text).ok_or_else(|| unusable("it does not say what it found"))
}

/// Where a run in this process and one in a fresh process differ first, if they do.
///
/// # Errors
///
/// If the process cannot be started.
pub(crate) fn difference(plan: &Plan, header: &Header) -> Result<Option<Difference>, Stop> {
    let mut child = start(header, &["--trace"])?;
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let (_, difference) = record::compared(plan, &mut lines, &mut |_| {});
    // It may be in the middle of a line that nobody wants any more.
    drop(lines);
    let _ = child.kill();
    child.wait().map_err(unusable)?;
    Ok(difference)
}

fn start(header: &Header, flags: &[&str]) -> Result<Child, Stop> {
    let mut child = program::again()
        .map_err(unusable)?
        .arg("__hash")
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(unusable)?;
    let mut line = String::new();
    header.write(&mut line);
    line.push('\n');
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(line.as_bytes()).map_err(unusable)?;
    Ok(child)
}

fn unusable(error: impl std::fmt::Display) -> Stop {
    Stop::environment(format!("cannot verify in a fresh process: {error} (see --no-verify)"))
}
