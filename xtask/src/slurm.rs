//! The proof that a sweep survives a real cluster: a job array on a real Slurm loses a worker and a
//! node, and the merged result is, byte for byte, that of one process.
//!
//! The batch script is the one that is shipped. A second job shows that a job which is cancelled
//! stays so, although the script puts killed workers back into the queue.

mod cluster;
mod job;
mod processes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process;
use cluster::Cluster;
use job::Job;

/// Node daemons, each with one processor.
const NODES: usize = 3;

/// Tasks of the array: twice as many as nodes, so that some wait.
const TASKS: usize = 6;

/// What is swept. One scenario passes; of the other many seeds fail, so that there is something
/// to merge.
const SCENARIOS: [&str; 2] = ["chaos", "raftexample"];
const SEEDS: &str = "0..200";
const CHUNK: &str = "5";

/// A requeued task must not be let go in the second in which it was killed: Slurm would take it for
/// the old one and end it.
const BEFORE_RELEASE: Duration = Duration::from_secs(4);

/// What to do.
pub(crate) struct Options {
    repeat: u32,
    /// The program; `None` to build it.
    squall: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { repeat: 1, squall: None }
    }
}

impl Options {
    /// Reads the flags.
    pub(crate) fn parse(flags: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        for pair in flags.chunks(2) {
            match *pair {
                ["--repeat", count] => {
                    options.repeat = count.parse().map_err(|_| format!("--repeat {count}"))?;
                }
                ["--squall", path] => options.squall = Some(PathBuf::from(path)),
                _ => return Err("slurm: the flags are --repeat N and --squall PATH".to_owned()),
            }
        }
        Ok(options)
    }
}

/// Runs the proof as often as asked.
///
/// # Errors
///
/// If a promise is broken; if Slurm is not installed and `SQUALL_REQUIRE_SLURM` is 1.
pub(crate) fn slurm(options: &Options) -> Result<String, String> {
    let missing = Cluster::missing();
    if !missing.is_empty() {
        let message = format!("slurm: not installed: {}", missing.join(" "));
        if std::env::var("SQUALL_REQUIRE_SLURM").is_ok_and(|value| value == "1") {
            return Err(message);
        }
        return Ok(format!("SKIP {message}"));
    }
    let squall = match &options.squall {
        Some(path) => path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?,
        None => process::squall("release")?,
    };
    cluster::end_orphans();
    let mut last = String::new();
    for _ in 0..options.repeat.max(1) {
        let started = Instant::now();
        let cluster = Cluster::start(NODES)?;
        let up = started.elapsed();
        let said = prove(&cluster, &squall).map_err(|error| format!("slurm: {error}"));
        let said = said.map_err(|error| format!("{error}\n{}", cluster.logs()))?;
        let directory = cluster.directory().to_owned();
        drop(cluster);
        if directory.exists() {
            return Err(format!("slurm: {} is still there", directory.display()));
        }
        if !last.is_empty() {
            println!("{last}");
        }
        last = format!(
            "PASS slurm: {said}; cluster up in {:.1}s, all in {:.1}s",
            up.as_secs_f64(),
            started.elapsed().as_secs_f64()
        );
    }
    Ok(last)
}

/// One array with all that can befall it, and what is said of it.
fn prove(cluster: &Cluster, squall: &Path) -> Result<String, String> {
    let directory = cluster.directory();
    let (plan, alone) = (directory.join("plan.json"), directory.join("alone"));
    let (chunks, cancelled) = (directory.join("chunks"), directory.join("cancelled"));
    let run = |arguments: &[&str], paths: &[&Path]| {
        let mut command = Command::new(squall);
        command.args(arguments).args(paths).current_dir(process::root());
        process::output(&mut command).map(|output| (command, output))
    };
    let planning = [&["plan"][..], &SCENARIOS, &["--seeds", SEEDS, "--chunk", CHUNK, "--out"]];
    expect_success(run(&planning.concat(), &[&plan])?)?;

    let started = Instant::now();
    let job = Job::submit(cluster, squall, TASKS, &plan, &chunks)?;
    let lost = trouble(cluster, &job)?;
    job.finish(Duration::from_secs(180))?;
    let array = started.elapsed();

    // The reference comes second, so that it does not warm anything up for the array.
    let mut reference = Command::new(squall);
    reference.arg("sweep").arg("--plan").arg(&plan).arg("--out").arg(&alone).arg("--worker");
    expect_success((command_name(&reference), process::output(&mut reference)?))?;
    let restarts = job.completed()?;
    for task in lost {
        if restarts[task] == 0 {
            return Err(format!("task {task} was in trouble and was not restarted"));
        }
    }
    same_files(&alone, &chunks)?;
    let merge = |from: &Path| -> Result<(i32, String), String> {
        let mut command = Command::new(squall);
        command.args(["merge", "--format", "json", "--plan"]).arg(&plan).arg(from);
        let (code, stdout, stderr) = process::output(&mut command)?;
        if code != 0 && code != 100 {
            return Err(format!("{command:?} ended with {code}: {stdout}{stderr}"));
        }
        Ok((code, stdout))
    };
    let (one, many) = (merge(&alone)?, merge(&chunks)?);
    if one != many || one.1.is_empty() {
        return Err(format!("merged otherwise:\n{}\nand not\n{}", many.1, one.1));
    }
    cancelled_stays_cancelled(cluster, squall, &plan, &cancelled)?;
    Ok(format!(
        "{TASKS} tasks on {NODES} nodes, a worker killed, a node lost, {} restarts, array in \
         {:.1}s; {} bytes merged as by one process; a cancelled task stays so",
        restarts.iter().sum::<u32>(),
        array.as_secs_f64(),
        many.1.len(),
    ))
}

/// Kills the worker of one task and takes the node of another one away. Returns the tasks.
fn trouble(cluster: &Cluster, job: &Job<'_>) -> Result<[usize; 2], String> {
    let (killed, lost) = (1, 2);
    let worker = job.worker(killed)?;
    let node = job.node(lost)?;
    processes::signal(worker, "KILL");
    let node_name = format!("NodeName={node}");
    cluster.ask("scontrol", &["update", &node_name, "State=DOWN", "Reason=test"])?;
    let at = Instant::now();
    for task in [killed, lost] {
        job.requeued(task)?;
    }
    sleep(BEFORE_RELEASE.saturating_sub(at.elapsed()));
    // The node may be back by itself, for its daemon lives.
    let _ = cluster.ask("scontrol", &["update", &node_name, "State=RESUME"]);
    for task in [killed, lost] {
        job.release(task)?;
    }
    Ok([killed, lost])
}

/// A task that is cancelled does not come back.
fn cancelled_stays_cancelled(
    cluster: &Cluster,
    squall: &Path,
    plan: &Path,
    chunks: &Path,
) -> Result<(), String> {
    let job = Job::submit(cluster, squall, 1, plan, chunks)?;
    job.worker(0)?;
    job.cancel()?;
    job.finish(Duration::from_secs(30))?;
    let (state, restarts) = job.state(0)?;
    if (state.as_str(), restarts) != ("CANCELLED", 0) {
        return Err(format!("the cancelled task is {state} after {restarts} restarts"));
    }
    Ok(())
}

fn command_name(command: &Command) -> Command {
    let mut named = Command::new(command.get_program());
    named.args(command.get_args());
    named
}

fn expect_success((command, output): (Command, (i32, String, String))) -> Result<(), String> {
    match output {
        (0, _, _) => Ok(()),
        (code, stdout, stderr) => Err(format!("{command:?} ended with {code}: {stdout}{stderr}")),
    }
}

/// The records of two directories are the same files with the same bytes.
fn same_files(one: &Path, other: &Path) -> Result<(), String> {
    let read = |directory: &Path| {
        let records = crate::tidy::children(directory).into_iter().filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("chunk-")
        });
        records
            .map(|path| {
                let bytes =
                    fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                Ok((path.file_name().unwrap_or_default().to_owned(), bytes))
            })
            .collect::<Result<Vec<_>, String>>()
    };
    let (one, other) = (read(one)?, read(other)?);
    if one.is_empty() {
        return Err("no records were written".to_owned());
    }
    if one.len() != other.len() {
        return Err(format!("{} records, and {} by one process", other.len(), one.len()));
    }
    match one.iter().zip(&other).find(|(a, b)| a != b) {
        Some((a, _)) => Err(format!("{} has other bytes", a.0.display())),
        None => Ok(()),
    }
}
