//! `cargo xtask bench server`: what `raftkv` does in a second, and what its disk could.
//!
//! One and three nodes on this machine, fsync on, 16-byte values on 1000 keys; 1, 16 and 64
//! connections, each with one request outstanding, all to the leader; PUT (one commit each) and
//! GET (linearizable, by a round of heartbeats). CPU is that of all nodes, from the system's
//! books; syncs are the leader's, from `/metrics`. The disk's own rate is taken in the same run,
//! in the same directory, right before and after.

mod disk;
mod load;
mod nodes;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process;
use load::Load;
use nodes::Nodes;

/// Connections of the loads.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What is measured, and with what.
pub(crate) struct Options {
    /// How long each load lasts.
    time: Duration,
    /// The profile of the programs.
    profile: String,
}

impl Options {
    /// Reads the flags.
    ///
    /// # Errors
    ///
    /// If one is not known.
    pub(crate) fn parse(mut flags: &[&str]) -> Result<Options, String> {
        let mut options = Options { time: Duration::from_secs(3), profile: "release".to_owned() };
        while let [flag, value, rest @ ..] = flags {
            match *flag {
                "--seconds" => {
                    let seconds = value.parse().map_err(|_| format!("--seconds {value}: a number"));
                    options.time = Duration::from_secs(seconds?);
                }
                "--profile" => options.profile = (*value).to_owned(),
                other => return Err(format!("{other}: expected --seconds N or --profile NAME")),
            }
            flags = rest;
        }
        match flags {
            [] => Ok(options),
            [flag, ..] => Err(format!("{flag}: a value is missing")),
        }
    }
}

/// A directory that is gone at the end.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Measures, and returns the table.
///
/// # Errors
///
/// If the program does not build or a node does not answer.
pub(crate) fn bench(options: &Options) -> Result<String, String> {
    let raftkv = raftkv(&options.profile)?;
    // Beside the build: a temporary directory is often no disk at all.
    let place = Place(process::target().join(format!("bench-server-{}", std::process::id())));
    std::fs::create_dir_all(&place.0).map_err(|error| format!("{}: {error}", place.0.display()))?;
    let before = disk::syncs(&place.0, options.time)?;
    let mut text = String::from(
        "| nodes | load | connections | operations/s | p50 | p99 | CPU/operation | fsyncs/operation |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for count in [1, 3] {
        let nodes = Nodes::start(&raftkv, &place.0.join(format!("of-{count}")), count)?;
        for load in [Load::Put, Load::Get] {
            for connections in CONNECTIONS {
                text.push_str(&line(&nodes, count, load, connections, options.time)?);
            }
        }
    }
    let after = disk::syncs(&place.0, options.time)?;
    text.push_str(&format!(
        "\nThe disk itself, one writer that appends 128 bytes and syncs: {before}; after the \
         loads: {after}.\n"
    ));
    Ok(text)
}

fn raftkv(profile: &str) -> Result<PathBuf, String> {
    process::run(&mut process::cargo(&[
        "build",
        "--quiet",
        "--package",
        "server",
        "--bin",
        "raftkv",
        "--profile",
        profile,
    ]))?;
    let directory = if profile == "dev" { "debug" } else { profile };
    let name = format!("raftkv{}", std::env::consts::EXE_SUFFIX);
    Ok(process::target().join(directory).join(name))
}

/// One row of the table.
fn line(
    nodes: &Nodes,
    count: u64,
    load: Load,
    connections: usize,
    time: Duration,
) -> Result<String, String> {
    let leader = nodes.leader()?;
    let warm = Duration::from_millis(300);
    load::run(leader, load, connections, warm)?;
    let (cpu, syncs) = (nodes.cpu(), nodes::syncs(leader)?);
    let mut measured = load::run(leader, load, connections, time)?;
    let cpu = nodes.cpu().saturating_sub(cpu);
    let syncs = nodes::syncs(leader)? - syncs;
    measured.sort_unstable();
    let operations = measured.len();
    if operations == 0 {
        return Err(format!("no {} was answered", load.name()));
    }
    let at = |percent: usize| measured[(operations - 1) * percent / 100];
    Ok(format!(
        "| {count} | {} | {connections} | {:.0} | {} | {} | {} | {:.3} |\n",
        load.name(),
        operations as f64 / time.as_secs_f64(),
        micros(at(50)),
        micros(at(99)),
        micros(cpu / u32::try_from(operations).map_err(|_| "too many operations")?),
        syncs as f64 / operations as f64,
    ))
}

/// A short duration for people.
fn micros(time: Duration) -> String {
    let micros = time.as_micros();
    if micros < 10_000 { format!("{micros} µs") } else { format!("{} ms", micros / 1000) }
}

/// A directory as text.
fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}
