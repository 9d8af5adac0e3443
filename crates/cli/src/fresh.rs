//! The same plan in a fresh process: with another heap, another order of everything that has no
//! order. What differs there is non-determinism.
//!
//! The child is this program again (`squall __hash`). It reads the header of a trace on stdin,
//! which says all that a run depends on, and answers with a hash or with the lines of the events.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use trace::{Header, Plan};

use crate::output::Stop;
use crate::record::{self, Difference};

/// The hash of the run in a fresh process.
///
/// # Errors
///
/// If the process cannot be started or does not answer.
pub(crate) fn hash(header: &Header) -> Result<u64, Stop> {
    let child = start(header, &[])?;
    let output = child.wait_with_output().map_err(unusable)?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(Stop::environment(format!("the fresh process ended with {}", output.status)));
    }
    u64::from_str_radix(text.trim(), 16).map_err(unusable)
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
    let program = std::env::current_exe().map_err(unusable)?;
    let mut child = Command::new(program)
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
