//! A job array that runs the batch script which is shipped.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::cluster::Cluster;
use super::processes;
use crate::process;

/// How long a task may take to be where it is waited for.
const STEP_MAX: Duration = Duration::from_secs(60);

/// A job array.
pub(super) struct Job<'a> {
    cluster: &'a Cluster,
    id: String,
}

impl<'a> Job<'a> {
    /// Submits an array of the tasks 0 to below `tasks`.
    ///
    /// # Errors
    ///
    /// If Slurm does not take it.
    pub(super) fn submit(
        cluster: &'a Cluster,
        squall: &Path,
        tasks: usize,
        plan: &Path,
        chunks: &Path,
    ) -> Result<Job<'a>, String> {
        let script = process::root().join("crates/cli/engines/slurm.sbatch");
        let log = cluster.directory().join("log");
        let mut sbatch = cluster.command("sbatch");
        sbatch.args(["--parsable", &format!("--array=0-{}", tasks - 1)]);
        sbatch.arg(format!("--output={}/job-%A-%a.log", log.display()));
        sbatch.arg(script).arg(plan).arg(chunks).env("SQUALL", squall);
        match process::output(&mut sbatch)? {
            (0, stdout, _) => Ok(Job { cluster, id: stdout.trim().to_owned() }),
            (code, stdout, stderr) => Err(format!("sbatch ended with {code}: {stdout}{stderr}")),
        }
    }

    fn task(&self, task: usize) -> String {
        format!("{}_{task}", self.id)
    }

    /// Waits until a task's worker is at work, which is when it has been seen twice. Returns its
    /// process.
    ///
    /// # Errors
    ///
    /// If there is none in time.
    pub(super) fn worker(&self, task: usize) -> Result<u32, String> {
        let line = format!("SLURM_ARRAY_JOB_ID={}", self.id);
        let its = format!("SLURM_ARRAY_TASK_ID={task}");
        let find = || {
            let all = processes::with_environment(&line).into_iter();
            all.filter(|pid| processes::has(*pid, &its))
                .find(|pid| processes::program(*pid).starts_with("squall"))
        };
        self.wait(&format!("no worker of task {task}"), || {
            let before = find()?;
            sleep(Duration::from_millis(100));
            (find()? == before).then_some(before)
        })
    }

    /// The node of a running task.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub(super) fn node(&self, task: usize) -> Result<String, String> {
        self.wait(&format!("task {task} runs nowhere"), || {
            let asked = ["-h", "-j", &self.task(task), "-t", "R", "-o", "%N"];
            self.cluster.ask("squeue", &asked).ok().filter(|node| !node.is_empty())
        })
    }

    /// Waits until a task is in the queue again.
    ///
    /// # Errors
    ///
    /// If it does not come back in time.
    pub(super) fn requeued(&self, task: usize) -> Result<(), String> {
        self.wait(&format!("task {task} is not requeued"), || {
            let (_, restarts) = self.state(task).ok()?;
            (restarts > 0).then_some(())
        })
    }

    /// Lets a task that was requeued start now: Slurm would wait for two minutes.
    ///
    /// # Errors
    ///
    /// If Slurm refuses.
    pub(super) fn release(&self, task: usize) -> Result<(), String> {
        let id = format!("JobId={}", self.task(task));
        self.cluster.ask("scontrol", &["update", &id, "StartTime=now"]).map(|_| ())
    }

    /// Cancels all tasks.
    ///
    /// # Errors
    ///
    /// If Slurm refuses.
    pub(super) fn cancel(&self) -> Result<(), String> {
        self.cluster.ask("scancel", &[&self.id]).map(|_| ())
    }

    /// Waits until no task is in the queue. `sbatch --wait` would look too rarely.
    ///
    /// # Errors
    ///
    /// If that takes longer than `max`.
    pub(super) fn finish(&self, max: Duration) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let left = self.cluster.ask("squeue", &["-h", "-j", &self.id])?;
            if left.is_empty() {
                return Ok(());
            }
            if started.elapsed() > max {
                return Err(format!("job {} does not end:\n{left}", self.id));
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// State and number of restarts of a task.
    ///
    /// # Errors
    ///
    /// If Slurm does not know it.
    pub(super) fn state(&self, task: usize) -> Result<(String, u32), String> {
        let text = self.cluster.ask("scontrol", &["-o", "show", "job", &self.task(task)])?;
        let value = |key: &str| {
            let found = text.split_whitespace().find_map(|word| word.strip_prefix(key));
            found.ok_or_else(|| format!("no {key} in {text}"))
        };
        let restarts = value("Restarts=")?;
        let restarts = restarts.parse().map_err(|_| format!("{restarts} restarts"))?;
        Ok((value("JobState=")?.to_owned(), restarts))
    }

    /// The restarts of each task, all of which must have completed.
    ///
    /// # Errors
    ///
    /// If one has not; its log is in the message.
    pub(super) fn completed(&self) -> Result<Vec<u32>, String> {
        let mut restarts = Vec::new();
        while let Ok((state, count)) = self.state(restarts.len()) {
            if state != "COMPLETED" {
                let task = restarts.len();
                let log = format!("log/job-{}-{task}.log", self.id);
                let log = fs::read_to_string(self.cluster.directory().join(log));
                return Err(format!("task {task} is {state}\n{}", log.unwrap_or_default()));
            }
            restarts.push(count);
        }
        if restarts.len() == super::TASKS {
            return Ok(restarts);
        }
        Err(format!("{} tasks of {}", restarts.len(), super::TASKS))
    }

    fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
        let started = Instant::now();
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            if started.elapsed() > STEP_MAX {
                let queue = self.cluster.ask("squeue", &[]).unwrap_or_default();
                return Err(format!("{what} after {}s\n{queue}", STEP_MAX.as_secs()));
            }
            sleep(Duration::from_millis(50));
        }
    }
}
