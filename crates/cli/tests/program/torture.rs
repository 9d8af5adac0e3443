//! `squall torture`: the plan, what is wrong with the flags, and short storms on real processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::place::{Place, Ran};

/// `raftkv` of the same build as `squall`.
fn raftkv() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let squall = Path::new(env!("CARGO_BIN_EXE_squall"));
        let directory = squall.parent().and_then(Path::file_name).expect("a directory");
        let profile = if directory == "debug" { "dev".as_ref() } else { directory };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "server", "--bin", "raftkv", "--profile"])
            .arg(profile)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo starts");
        assert!(built.success(), "raftkv does not build");
        let name = format!("raftkv{}", std::env::consts::EXE_SUFFIX);
        squall.with_file_name(name).to_str().expect("a plain path").to_owned()
    })
}

/// Processes whose command line names a path.
fn processes(path: &Path) -> Vec<PathBuf> {
    let path = path.to_str().expect("a plain path");
    let entries = fs::read_dir("/proc").expect("Linux").flatten().map(|entry| entry.path());
    let names = |entry: &PathBuf| {
        let line = fs::read(entry.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.starts_with(raftkv()) && line.contains(path)
    };
    entries.filter(names).collect()
}

fn torture(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["torture", "--raftkv", raftkv()], arguments].concat())
}

#[test]
fn the_plan_follows_from_the_seed_and_is_the_simulators() {
    let place = Place::with_scenarios("torture-plan");
    let plan = |seed, command: &[&str]| {
        let ran = place.run(&[command, &["--seed", seed, "--dry-run"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    let one = plan("3", &["torture", "processes", "--time", "10s"]);
    assert_eq!(one, plan("3", &["torture", "processes", "--time", "10s"]));
    assert_eq!(one, plan("3", &["torture", "--time", "10s"]), "the scenario if none is named");
    assert_eq!(one, plan("3", &["run", "processes"]));
    assert_ne!(one, plan("4", &["torture", "processes", "--time", "10s"]));
    assert!(one.contains("crash") && one.contains("partition"), "{one}");
}

#[test]
fn what_is_wrong_is_said_before_anything_starts() {
    let place = Place::empty("torture-wrong");
    fs::create_dir(place.path("kept")).expect("a directory");
    place.write("kept/file", "");
    for (arguments, words) in [
        (&["--raftkv", "nowhere"][..], "--raftkv nowhere: there is no such program"),
        (&["--raftkv", raftkv(), "--keep", "kept"], "it is not empty"),
        (&["nothing"], "no scenario file `nothing`"),
        (&["--time", "2"], "a whole number and a unit"),
        (&["--nodes", "64"], "64"),
    ] {
        let ran = place.run(&[&["torture"], arguments].concat());
        assert!(ran.code == 2 && ran.stderr.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn real_processes_bear_kills_cuts_and_stops() {
    let place = Place::empty("torture-passes");
    // Members come and go in longer runs; here each fault falls several times.
    let ran =
        torture(&place, &["--seed", "2", "--time", "6s", "--keep", "kept", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = ran.json();
    let count = |name: &str| told[name].as_u64().unwrap_or(0);
    assert!(count("ok") > 100 && count("kills") > 3, "{told}");
    assert_eq!(count("starts") - count("kills"), 3, "all were started again: {told}");
    assert!(ran.stderr.contains("does not, and nothing replays"), "{ran:?}");
    let checked = place.run(&["check", "kept/history.jsonl", "--format", "json"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert_eq!(checked.json()["operations"], told["check"]["operations"]);
    assert_eq!(processes(&place.path("kept")), Vec::<PathBuf>::new());
}

#[test]
fn the_semantics_of_raftexample_are_found_wanting() {
    let place = Place::empty("torture-compat");
    let seeds = ["1", "2", "3", "4"];
    let flags = ["--compat", "raftexample", "--time", "2s", "--format", "json", "--seed"];
    let ran = seeds.iter().map(|seed| torture(&place, &[&flags[..], &[*seed]].concat()));
    let failed = ran.into_iter().find(|ran| ran.code == 100).expect("a seed fails");
    let told = failed.json();
    assert!(told["sig"].as_str().is_some_and(|sig| sig.starts_with("linearizable/")), "{told}");
    let history = told["history"].as_str().expect("it is kept");
    assert_eq!(place.run(&["check", history]).code, 100);
}

#[test]
fn an_interrupted_torture_leaves_nothing_behind() {
    let place = Place::empty("torture-interrupted");
    let mut command = place.squall(&["torture", "--raftkv", raftkv(), "--time", "5m"]);
    command.env("TMPDIR", place.path("")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut squall = command.spawn().expect("squall starts");
    let until = Instant::now() + Duration::from_secs(30);
    while processes(&place.path("")).len() < 3 {
        assert!(Instant::now() < until, "three processes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = squall.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().expect("kill starts");
    assert!(sent.success());
    let status = squall.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(processes(&place.path("")), Vec::<PathBuf>::new());
    assert_eq!(place.entries(), Vec::<String>::new());
}
