//! The files for clusters and CI systems do what they say: their own commands are run here, once
//! for each shard, and what they leave is merged. The Slurm script has a proof of its own,
//! `cargo xtask slurm`.

use std::fs;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::place::{Place, Ran};

/// Seeds of a night: a few for each of eight shards.
const SEEDS: u64 = 24;

fn file(name: &str) -> Yaml {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines").join(name);
    let text = fs::read_to_string(&path).expect("a file");
    YamlLoader::load_from_str(&text).expect("YAML").remove(0)
}

fn texts(list: &Yaml) -> Vec<String> {
    let list = list.as_vec().expect("a list");
    list.iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
}

/// The value behind a flag.
fn behind<'a>(command: &'a [String], flag: &str) -> &'a str {
    let at = command.iter().position(|word| word == flag).expect(flag);
    &command[at + 1]
}

/// A place with a plan, and what one process makes of it.
fn planned(name: &str, seeds: &str, chunk: &str) -> (Place, String) {
    let place = Place::with_scenarios(name);
    let plan = ["plan", "steady", "--seeds", seeds, "--chunk", chunk, "--out", "plan.json"];
    let ran = place.run(&plan);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = place.run(&["sweep", "--plan", "plan.json", "--out", "alone", "--worker"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let alone = merged(&place, "plan.json", &["alone"]);
    (place, alone)
}

/// What the records of some directories merge to.
fn merged(place: &Place, plan: &str, directories: &[&str]) -> String {
    let arguments = [&["merge", "--plan", plan, "--format", "json"], directories].concat();
    let ran = place.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.is_empty(), "{ran:?}");
    ran.stdout
}

#[test]
fn the_manifest_means_what_the_worker_needs() {
    let job = file("kubernetes.yaml");
    assert_eq!((job["apiVersion"].as_str(), job["kind"].as_str()), (Some("batch/v1"), Some("Job")));
    let spec = &job["spec"];
    assert_eq!(spec["completionMode"].as_str(), Some("Indexed"));
    assert_eq!(spec["podReplacementPolicy"].as_str(), Some("Failed"));
    let completions = spec["completions"].as_i64().expect("a number");
    for key in ["parallelism", "maxFailedIndexes"] {
        assert!((1..=completions).contains(&spec[key].as_i64().expect(key)), "{key}");
    }
    assert!(spec["backoffLimitPerIndex"].as_i64() > Some(0), "an index is tried again");

    let pod = &spec["template"]["spec"];
    assert_eq!(pod["restartPolicy"].as_str(), Some("Never"), "else no rule looks at exit codes");
    let [container] = &pod["containers"].as_vec().expect("a list")[..] else { panic!("{pod:?}") };
    let command = texts(&container["command"]);
    assert_eq!(command[..2], ["squall", "sweep"]);
    assert_eq!(behind(&command, "--shards"), completions.to_string(), "as many as indices");
    assert_eq!(behind(&command, "--shard"), "auto");
    assert!(command.iter().any(|word| word == "--worker"), "a finding is no reason to try again");

    let [mount] = &container["volumeMounts"].as_vec().expect("a list")[..] else { panic!() };
    assert_eq!(mount["name"], pod["volumes"][0]["name"]);
    let root = mount["mountPath"].as_str().expect("a path");
    for flag in ["--plan", "--out"] {
        assert!(behind(&command, flag).starts_with(&format!("{root}/")), "{flag} on the volume");
    }

    let rules = spec["podFailurePolicy"]["rules"].as_vec().expect("rules");
    let [ignored, failed] = &rules[..] else { panic!("{rules:?}") };
    assert_eq!(ignored["action"].as_str(), Some("Ignore"));
    assert_eq!(ignored["onPodConditions"][0]["type"].as_str(), Some("DisruptionTarget"));
    assert_eq!(failed["action"].as_str(), Some("FailJob"));
    let codes = &failed["onExitCodes"];
    assert_eq!(codes["containerName"], container["name"]);
    assert_eq!(codes["operator"].as_str(), Some("In"));
    let codes: Vec<i64> =
        codes["values"].as_vec().expect("codes").iter().filter_map(Yaml::as_i64).collect();
    assert_eq!(codes, [2, 8], "not 75, which is to be tried again");
}

#[test]
fn the_command_of_the_manifest_shares_the_sweep() {
    let (place, alone) = planned("kubernetes", "0..24", "2");
    let job = file("kubernetes.yaml");
    let command = texts(&job["spec"]["template"]["spec"]["containers"][0]["command"]);
    let volume = place.path("volume");
    fs::create_dir(&volume).expect("a directory");
    fs::copy(place.path("plan.json"), volume.join("plan.json")).expect("copied");
    let command: Vec<String> = command[1..]
        .iter()
        .map(|word| match word.strip_prefix("/sweep/") {
            Some(rest) => volume.join(rest).display().to_string(),
            None => word.clone(),
        })
        .collect();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let run = |index: i64| {
        let index = index.to_string();
        let mut pod = place.squall(&command);
        Ran::of(pod.env("JOB_COMPLETION_INDEX", index).output().expect("squall starts"))
    };
    let completions = job["spec"]["completions"].as_i64().expect("a number");
    for index in 0..completions {
        let ran = run(index);
        assert_eq!(ran.code, 0, "{ran:?}");
        let chunks = fs::read_dir(volume.join("chunks")).expect("a directory").flatten();
        let chunks =
            chunks.filter(|entry| entry.file_name().to_string_lossy().starts_with("chunk-"));
        assert!(chunks.count() > index as usize, "each index adds some");
    }
    assert_eq!(merged(&place, "volume/plan.json", &["volume/chunks"]), alone);
    assert_eq!(run(completions).code, 2, "there is no such index");
}

/// Runs lines of a workflow as its runner does, with `squall` in place of what cargo would build.
fn script(place: &Place, lines: &str, environment: &[(&str, &str)]) -> Ran {
    let path = format!("{}:{}", place.path("bin").display(), std::env::var("PATH").expect("PATH"));
    let mut bash = Command::new("bash");
    bash.args(["-e", "-o", "pipefail", "-c", lines]).current_dir(place.path("."));
    bash.env("PATH", path).env("SCENARIOS", "steady").env("SEEDS_EACH_NIGHT", SEEDS.to_string());
    bash.envs(environment.iter().copied());
    Ran::of(bash.output().expect("bash starts"))
}

/// A place with scenarios, a cargo that has built already, and an agent that has all files.
fn runner(name: &str) -> Place {
    let place = Place::with_scenarios(name);
    fs::create_dir_all(place.path("target/release")).expect("a directory");
    fs::copy(env!("CARGO_BIN_EXE_squall"), place.path("target/release/squall")).expect("copied");
    fs::create_dir(place.path("bin")).expect("a directory");
    for tool in ["cargo", "buildkite-agent"] {
        place.write(&format!("bin/{tool}"), "#!/bin/sh\nexit 0\n");
        let made = Command::new("chmod").arg("+x").arg(place.path("bin").join(tool)).status();
        assert!(made.expect("chmod starts").success());
    }
    place
}

/// Plans, sweeps each of eight shards, and merges; then compares with a single process.
fn night(place: &Place, plan: &Ran, sweep: &dyn Fn(u64) -> Ran, merge: &dyn Fn() -> Ran) {
    assert_eq!(plan.code, 0, "{plan:?}");
    let text = fs::read_to_string(place.path("plan.json")).expect("a plan");
    let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let (first, end) = (&plan["seeds"]["first"], &plan["seeds"]["end"]);
    assert_eq!((first.as_u64(), end.as_u64()), (Some(7 * SEEDS), Some(8 * SEEDS)));
    for shard in 0..8 {
        let ran = sweep(shard);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let ran = merge();
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = place.run(&["sweep", "--plan", "plan.json", "--out", "alone", "--worker"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut directories = vec!["chunks".to_owned()];
    let nested = fs::read_dir(place.path("chunks")).expect("a directory").flatten();
    directories.extend(
        nested
            .filter(|entry| entry.path().is_dir())
            .map(|entry| format!("chunks/{}", entry.file_name().to_string_lossy())),
    );
    let directories: Vec<&str> = directories.iter().map(String::as_str).collect();
    let many = merged(place, "plan.json", &directories);
    assert_eq!(many, merged(place, "plan.json", &["alone"]));
}

#[test]
fn the_github_workflow_runs() {
    let workflow = file("github.yml");
    let jobs = &workflow["jobs"];
    let strategy = &jobs["sweep"]["strategy"];
    assert_eq!(strategy["fail-fast"].as_bool(), Some(false));
    let shards: Vec<i64> = strategy["matrix"]["shard"]
        .as_vec()
        .expect("a list")
        .iter()
        .filter_map(Yaml::as_i64)
        .collect();
    assert_eq!(shards, (1..=8).collect::<Vec<_>>());
    let steps = |job: &str| -> String {
        let steps = jobs[job]["steps"].as_vec().expect("steps");
        steps.iter().filter_map(|step| step["run"].as_str()).map(|run| format!("{run}\n")).collect()
    };
    let place = runner("github");
    let plan = script(&place, &steps("plan"), &[("GITHUB_RUN_NUMBER", "7")]);
    let sweep = |shard: u64| {
        let lines = steps("sweep")
            .replace("${{ matrix.shard }}", &(shard + 1).to_string())
            .replace("${{ strategy.job-total }}", "8");
        assert!(!lines.contains("${{"), "{lines}");
        script(&place, &lines, &[("GITHUB_ACTIONS", "true")])
    };
    night(&place, &plan, &sweep, &|| script(&place, &steps("merge"), &[]));
}

#[test]
fn the_gitlab_pipeline_runs() {
    let pipeline = file("gitlab.yml");
    assert_eq!(pipeline["squall-sweep"]["parallel"].as_i64(), Some(8));
    let lines = |job: &str| texts(&pipeline[job]["script"]).join("\n");
    let place = runner("gitlab");
    let plan = script(&place, &lines("squall-plan"), &[("CI_PIPELINE_IID", "7")]);
    let sweep = |shard: u64| {
        let index = (shard + 1).to_string();
        let node = [("GITLAB_CI", "true"), ("CI_NODE_INDEX", &*index), ("CI_NODE_TOTAL", "8")];
        script(&place, &lines("squall-sweep"), &node)
    };
    night(&place, &plan, &sweep, &|| script(&place, &lines("squall-merge"), &[]));
}

#[test]
fn the_buildkite_pipeline_runs() {
    let pipeline = file("buildkite.yml");
    let steps = pipeline["steps"].as_vec().expect("steps");
    let step = |label: &str| {
        let found = steps.iter().find(|step| step["label"].as_str() == Some(label));
        found.expect("a step")
    };
    assert_eq!(step("sweep")["parallelism"].as_i64(), Some(8));
    // The agent makes one dollar of two when it uploads the pipeline.
    let lines = |label: &str| texts(&step(label)["command"]).join("\n").replace("$$", "$");
    let place = runner("buildkite");
    let plan = script(&place, &lines("plan"), &[("BUILDKITE_BUILD_NUMBER", "7")]);
    let sweep = |shard: u64| {
        let index = shard.to_string();
        let job = [("BUILDKITE_PARALLEL_JOB", &*index), ("BUILDKITE_PARALLEL_JOB_COUNT", "8")];
        script(&place, &lines("sweep"), &job)
    };
    night(&place, &plan, &sweep, &|| script(&place, &lines("merge"), &[]));
}
