//! Which shard am I? What the engines that start many copies of a program say in its environment.
//!
//! Nothing here is guessed: where an engine does not say how many there are, or says it in a way
//! that does not add up, the number must be given. One who believes to be the only one does too
//! much; one who wrongly believes to be one of many does too little, and nobody sees it.

use std::fmt;

use crate::shard::Shard;

/// Looks up a variable of the environment.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A shard, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The engine.
    pub engine: &'static str,
    /// The variable that holds the index.
    pub variable: &'static str,
    /// Which shard this is.
    pub shard: Shard,
}

impl fmt::Display for Detected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, variable, shard) = (self.engine, self.variable, self.shard);
        write!(out, "shard {shard} ({engine}, from {variable})")
    }
}

/// An engine that says index and count in two variables.
struct Engine {
    name: &'static str,
    index: &'static str,
    /// The first index.
    base: u64,
    /// `None` if the engine does not say how many there are.
    count: Option<&'static str>,
    /// A variable without which the others may be somebody else's.
    witness: Option<&'static str>,
}

const fn engine(name: &'static str, index: &'static str, count: &'static str) -> Engine {
    Engine { name, index, base: 0, count: Some(count), witness: None }
}

/// Every engine but Slurm, in the order in which they are asked.
const ENGINES: [Engine; 7] = [
    Engine {
        name: "Kubernetes Indexed Job",
        index: "JOB_COMPLETION_INDEX",
        base: 0,
        count: None,
        witness: None,
    },
    engine("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"),
    engine("Google Cloud Batch", "BATCH_TASK_INDEX", "BATCH_TASK_COUNT"),
    engine("Google Cloud Run", "CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT"),
    Engine {
        name: "GitLab",
        index: "CI_NODE_INDEX",
        base: 1,
        count: Some("CI_NODE_TOTAL"),
        witness: Some("GITLAB_CI"),
    },
    engine("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"),
    engine("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"),
];

/// What the environment says. `shards` is the number of shards if the command line gives one.
///
/// # Errors
///
/// If an engine is there and what it says is not enough, or contradicts itself or `shards`.
pub fn detect(env: Lookup<'_>, shards: Option<u64>) -> Result<Option<Detected>, String> {
    if let Some(task) = number(env, "SLURM_ARRAY_TASK_ID")? {
        return slurm(env, task, shards).map(Some);
    }
    for engine in &ENGINES {
        if engine.witness.is_some_and(|witness| env(witness).is_none()) {
            continue;
        }
        if let Some(index) = number(env, engine.index)? {
            return plain(engine, env, index, shards).map(Some);
        }
    }
    Ok(None)
}

fn plain(
    engine: &Engine,
    env: Lookup<'_>,
    index: u64,
    shards: Option<u64>,
) -> Result<Detected, String> {
    let (name, variable) = (engine.name, engine.index);
    let said = match engine.count {
        Some(count) => number(env, count)?,
        None => None,
    };
    let count = match (said, shards) {
        (Some(said), Some(shards)) if said != shards => {
            let count = engine.count.unwrap_or_default();
            return Err(format!("--shards is {shards}, but {count} is {said} ({name})"));
        }
        (Some(count), _) | (None, Some(count)) => count,
        (None, None) => {
            return Err(format!(
                "{variable} is set ({name}), but not how many there are: --shards N"
            ));
        }
    };
    let base = engine.base;
    let index = index
        .checked_sub(base)
        .ok_or_else(|| format!("{variable} is {index}, and {name} counts from {base}"))?;
    let shard = Shard::new(index, count).map_err(|why| format!("{variable}: {why}"))?;
    Ok(Detected { engine: name, variable, shard })
}

/// A Slurm array may begin anywhere and leave steps or gaps. Without gaps the place in the array is
/// the index; with gaps only the task's own number is, and the count must be given.
fn slurm(env: Lookup<'_>, task: u64, shards: Option<u64>) -> Result<Detected, String> {
    let need = |name| {
        number(env, name)?
            .ok_or_else(|| format!("SLURM_ARRAY_TASK_ID is set, {name} is not: use --shard M/N"))
    };
    let (least, most) = (need("SLURM_ARRAY_TASK_MIN")?, need("SLURM_ARRAY_TASK_MAX")?);
    let count = need("SLURM_ARRAY_TASK_COUNT")?;
    let step = number(env, "SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
    let within = least <= task && task <= most && (task - least).is_multiple_of(step);
    let regular = within && count == (most - least) / step + 1;
    let (index, of) = match shards {
        None if regular => ((task - least) / step, count),
        None => {
            return Err(format!(
                "this Slurm array has gaps ({count} tasks from {least} to {most}): give the \
                 number of shards with --shards N; the index is then SLURM_ARRAY_TASK_ID, from 0"
            ));
        }
        Some(shards) if regular && shards == count => ((task - least) / step, count),
        Some(shards) => (task, shards),
    };
    let shard = Shard::new(index, of).map_err(|why| format!("SLURM_ARRAY_TASK_ID: {why}"))?;
    Ok(Detected { engine: "Slurm", variable: "SLURM_ARRAY_TASK_ID", shard })
}

/// How many processors the environment says are ours, if it does.
#[must_use]
pub fn jobs(env: Lookup<'_>) -> Option<usize> {
    ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"]
        .iter()
        .find_map(|name| env(name)?.trim().parse().ok().filter(|jobs| *jobs > 0))
}

fn number(env: Lookup<'_>, name: &str) -> Result<Option<u64>, String> {
    let Some(text) = env(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| format!("{name} is `{text}`, not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(env: &[(&str, &str)], shards: Option<u64>) -> Result<Option<(u64, u64)>, String> {
        let lookup = |name: &str| {
            env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let detected = detect(&lookup, shards)?;
        Ok(detected.map(|found| (found.shard.index(), found.shard.count())))
    }

    fn slurm_array(
        task: &str,
        least: &str,
        most: &str,
        step: &str,
        count: &str,
    ) -> Vec<[String; 2]> {
        [("ID", task), ("MIN", least), ("MAX", most), ("STEP", step), ("COUNT", count)]
            .map(|(name, value)| [format!("SLURM_ARRAY_TASK_{name}"), value.to_owned()])
            .to_vec()
    }

    fn ask_slurm(array: &[[String; 2]], shards: Option<u64>) -> Result<Option<(u64, u64)>, String> {
        let env: Vec<(&str, &str)> =
            array.iter().map(|[name, value]| (name.as_str(), value.as_str())).collect();
        ask(&env, shards)
    }

    #[test]
    fn each_engine_is_understood() {
        let rows: [(&str, &str, &str, &str, u64); 6] = [
            ("AWS_BATCH_JOB_ARRAY_INDEX", "0", "AWS_BATCH_JOB_ARRAY_SIZE", "4", 0),
            ("BATCH_TASK_INDEX", "3", "BATCH_TASK_COUNT", "4", 3),
            ("CLOUD_RUN_TASK_INDEX", "2", "CLOUD_RUN_TASK_COUNT", "4", 2),
            ("BUILDKITE_PARALLEL_JOB", "1", "BUILDKITE_PARALLEL_JOB_COUNT", "4", 1),
            ("CIRCLE_NODE_INDEX", "3", "CIRCLE_NODE_TOTAL", "4", 3),
            ("JOB_COMPLETION_INDEX", "2", "", "", 2),
        ];
        for (index, value, count, of, expected) in rows {
            let shards = count.is_empty().then_some(4);
            let found = ask(&[(index, value), (count, of)], shards);
            assert_eq!(found, Ok(Some((expected, 4))), "{index}");
        }
    }

    #[test]
    fn nobody_says_anything() {
        assert_eq!(ask(&[("SLURM_PROCID", "3"), ("HOME", "here")], None), Ok(None));
        assert_eq!(ask(&[("JOB_COMPLETION_INDEX", "")], None), Ok(None));
    }

    #[test]
    fn kubernetes_does_not_say_how_many_there_are() {
        let problem = ask(&[("JOB_COMPLETION_INDEX", "2")], None).unwrap_err();
        assert!(problem.contains("--shards"), "{problem}");
    }

    #[test]
    fn gitlab_counts_from_one_and_must_be_gitlab() {
        let node = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "5"), ("GITLAB_CI", "true")];
        assert_eq!(ask(&node, None), Ok(Some((0, 5))));
        assert_eq!(ask(&node[..2], None), Ok(None), "others set these two as well");
        let zero = [("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "5"), ("GITLAB_CI", "true")];
        assert!(ask(&zero, None).unwrap_err().contains("counts from 1"));
        let last = [("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "5"), ("GITLAB_CI", "true")];
        assert_eq!(ask(&last, None), Ok(Some((4, 5))));
        let six = [("CI_NODE_INDEX", "6"), ("CI_NODE_TOTAL", "5"), ("GITLAB_CI", "true")];
        assert!(ask(&six, None).is_err());
    }

    #[test]
    fn slurm_arrays_begin_and_step_as_they_like() {
        assert_eq!(ask_slurm(&slurm_array("4", "0", "5", "1", "6"), None), Ok(Some((4, 6))));
        assert_eq!(ask_slurm(&slurm_array("6", "1", "6", "1", "6"), None), Ok(Some((5, 6))));
        assert_eq!(ask_slurm(&slurm_array("14", "10", "18", "4", "3"), None), Ok(Some((1, 3))));
        assert_eq!(ask_slurm(&slurm_array("6", "1", "6", "1", "6"), Some(6)), Ok(Some((5, 6))));
        // `--array=5`: shard 1 of 1, which finishes whatever is missing.
        assert_eq!(ask_slurm(&slurm_array("5", "5", "5", "1", "1"), None), Ok(Some((0, 1))));
    }

    #[test]
    fn a_slurm_array_with_gaps_needs_a_count() {
        let sparse = slurm_array("7", "3", "7", "1", "2");
        assert!(ask_slurm(&sparse, None).unwrap_err().contains("--shards N"));
        assert_eq!(ask_slurm(&sparse, Some(8)), Ok(Some((7, 8))));
        assert!(ask_slurm(&sparse, Some(2)).unwrap_err().contains("not below"));
        let unsaid = [("SLURM_ARRAY_TASK_ID", "3"), ("SLURM_ARRAY_TASK_MIN", "0")];
        assert!(ask(&unsaid, None).unwrap_err().contains("SLURM_ARRAY_TASK_MAX"));
    }

    #[test]
    fn contradictions_are_refused() {
        let aws = [("AWS_BATCH_JOB_ARRAY_INDEX", "1"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")];
        assert!(ask(&aws, Some(5)).unwrap_err().contains("--shards is 5"));
        assert_eq!(ask(&aws, Some(4)), Ok(Some((1, 4))));
        let beyond = [("AWS_BATCH_JOB_ARRAY_INDEX", "4"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")];
        assert!(ask(&beyond, None).unwrap_err().contains("not below"));
        assert!(ask(&[("JOB_COMPLETION_INDEX", "4")], Some(4)).is_err());
        let words = [("BATCH_TASK_INDEX", "first"), ("BATCH_TASK_COUNT", "4")];
        assert!(ask(&words, None).unwrap_err().contains("not a number"));
        let uncounted = [("CIRCLE_NODE_INDEX", "1")];
        assert!(ask(&uncounted, None).unwrap_err().contains("--shards N"));
    }

    #[test]
    fn processors_are_those_that_slurm_gave() {
        let env = |name: &str| (name == "SLURM_CPUS_ON_NODE").then(|| "12".to_owned());
        assert_eq!(jobs(&env), Some(12));
        assert_eq!(jobs(&|_| None), None);
    }
}
