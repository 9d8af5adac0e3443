//! A sweep that is interrupted: killed at any moment, asked to stop, or out of room. What is
//! stored is whole, and the same command goes on where it was.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::place::{Place, Ran};
use crate::sweep::{chunks, place, run, summary};

/// How often the sweep is killed; `SQUALL_KILLS` says otherwise.
const KILLS: u64 = 5;

const WHAT: &str = "wrong.toml short.toml --seeds 0..40 --chunk 3 --max-fail 0 -j 2";

/// Seeds of each scenario for each time that a sweep is killed, so that it is not over before.
const SEEDS_PER_KILL: u64 = 20;

fn start(place: &Place, line: &str) -> Child {
    let mut command = place.squall(&line.split_whitespace().collect::<Vec<_>>());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("squall starts")
}

/// Sends a signal to a process.
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

/// Waits until some chunks are stored.
fn until_chunks(place: &Place, directory: &str, count: usize) {
    for _ in 0..2000 {
        if place.path(directory).is_dir() && chunks(place, directory).len() >= count {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("{count} chunks did not appear in {directory}");
}

#[test]
fn a_sweep_that_is_killed_again_and_again_comes_to_the_same_result() {
    let place = place("killed");
    let kills = std::env::var("SQUALL_KILLS").ok().and_then(|text| text.parse().ok());
    let kills: u64 = kills.unwrap_or(KILLS);
    let seeds = kills * SEEDS_PER_KILL;
    let what = format!("wrong.toml short.toml --seeds 0..{seeds} --chunk 3 --max-fail 0 -j 2");
    let whole = run(&place, &format!("sweep {what} --out whole"));
    assert_eq!(whole.code, 100, "{whole:?}");
    let (mut resumed, mut early) = (0, 0);
    // Moments that no sweep is in step with, and not the same in each round of tests.
    let mut luck = u64::from(std::process::id());
    for _ in 0..kills {
        luck = luck.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut child = start(&place, &format!("sweep {what} --out out"));
        sleep(Duration::from_millis(20 + (luck >> 33) % 400));
        early += u64::from(child.try_wait().expect("it was started").is_none());
        let _ = child.kill();
        let _ = child.wait();
        let stored = if place.path("out").is_dir() { chunks(&place, "out").len() } else { 0 };
        assert!(stored >= resumed, "a chunk was lost: {stored} of {resumed}");
        resumed = stored;
    }
    assert!(early > kills / 2, "only {early} of {kills} sweeps were killed before their end");
    let last = run(&place, &format!("sweep {what} --out out"));
    assert_eq!((last.code, &last.stdout), (100, &whole.stdout), "{last:?}");
    assert_eq!(chunks(&place, "out"), chunks(&place, "whole"));
}

#[test]
fn a_chunk_that_ends_everything_is_run_one_seed_at_a_time_and_a_seed_that_does_is_left_open() {
    let place = place("inflight");
    let whole = run(&place, &format!("sweep {WHAT} --out whole"));
    // What three incarnations leave that died, each with chunk 2 under way, and then with seed 7.
    let line = format!("sweep {WHAT} --out out");
    let plan = run(
        &place,
        &format!("plan {} --out plan.json", WHAT.split(" --max").next().expect("a part")),
    );
    assert_eq!(plan.code, 0, "{plan:?}");
    fs::create_dir(place.path("out")).expect("a directory");
    place.write("out/inflight-0-1", "{\"2\":2}");
    let alone = run(&place, &line);
    assert!(alone.stderr.contains("a worker died in chunk 2"), "{alone:?}");
    assert_eq!((alone.code, &alone.stdout), (100, &whole.stdout));
    assert_eq!(chunks(&place, "out"), chunks(&place, "whole"));
    fs::remove_file(place.path("out/chunk-000002.jsonl")).expect("it was stored");
    place.write("out/inflight-0-1", "{\"2\":5,\"2/7\":3}");
    let named = run(&place, &format!("{line} --format json"));
    let found = summary(&named);
    // Somebody ended all of it: that is no finding against the seed.
    assert!(!named.stdout.contains("sut/aborted"), "{named:?}");
    let open = &found["unknowns"][0];
    assert_eq!((&open["seeds"], &open["examples"][0]["seed"]), (&1.into(), &7.into()));
    let reason = open["reason"].as_str().expect("a sentence");
    assert!(reason.contains("ended from outside each time"), "{reason}");
    assert!(!place.path("out/inflight-0-1").exists(), "it is struck out when it is done");
}

#[test]
fn a_signal_ends_a_sweep_in_good_order() {
    for name in ["-TERM", "-INT"] {
        let place = place(&format!("signal{name}"));
        let child = start(&place, "sweep short.toml --seeds 0..100000 --chunk 5 --out out");
        until_chunks(&place, "out", 2);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        assert_eq!(ran.code, 75, "{ran:?}");
        assert!(ran.stdout.contains("missing") && ran.stdout.contains("finish"), "{ran:?}");
        let partial: Vec<String> = fs::read_dir(place.path("out"))
            .expect("a directory")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with("chunk-") && name != "plan.json")
            .collect();
        assert_eq!(partial, Vec::<String>::new(), "nothing half done is left");
        let merged = run(&place, "merge out --allow-partial --format json");
        assert_eq!(merged.code, 0, "{merged:?}");
        assert_eq!(summary(&merged)["conclusion"], "pass");
        assert_eq!(run(&place, "merge out").code, 75);
        assert_eq!(run(&place, "status out").code, 75);
    }
}

#[test]
fn a_worker_that_somebody_kills_is_no_finding() {
    let place = place("worker");
    let child = start(&place, "sweep short.toml --seeds 0..300 --chunk 50 --out out -j 1");
    let parent = child.id().to_string();
    let mut killed = false;
    for _ in 0..1000 {
        let pids = Command::new("pgrep").args(["-P", &parent]).output().expect("pgrep is there");
        if let Some(pid) = String::from_utf8_lossy(&pids.stdout).lines().next() {
            sleep(Duration::from_millis(30));
            killed = Command::new("kill").args(["-KILL", pid]).status().is_ok_and(|s| s.success());
            break;
        }
        sleep(Duration::from_millis(5));
    }
    assert!(killed, "there was no worker to kill");
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("300 of 300 runs: 300 pass"), "{ran:?}");
    assert!(ran.stderr.contains("a worker died"), "{ran:?}");
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_torn() {
    let place = place("full");
    let whole = run(&place, "sweep wrong.toml --seeds 0..40 --chunk 20 --max-fail 0 --out whole");
    let largest = chunks(&place, "whole").iter().map(|(_, bytes)| bytes.len()).max();
    // Room for a small file and not for a large one, in blocks of 1024 or 512 bytes.
    let blocks = largest.expect("there are chunks") / 1024 - 1;
    let line = "sweep wrong.toml --seeds 0..40 --chunk 20 --max-fail 0 --out out";
    let mut limited = Command::new("bash");
    limited.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" {line}")]);
    limited.arg(env!("CARGO_BIN_EXE_squall")).current_dir(place.path(""));
    let ran = Ran::of(limited.output().expect("bash starts"));
    assert_eq!(ran.code, 75, "{ran:?}");
    assert!(ran.stderr.contains("no room to write out/chunk-"), "{ran:?}");
    assert!(ran.stderr.contains("start again with the same --out"), "{ran:?}");
    let whole_chunks = chunks(&place, "whole");
    for (name, bytes) in chunks(&place, "out") {
        assert!(whole_chunks.contains(&(name.clone(), bytes)), "{name} is torn");
    }
    assert!(chunks(&place, "out").len() < whole_chunks.len());
    let again = run(&place, line);
    assert_eq!((again.code, &again.stdout), (100, &whole.stdout));
    assert_eq!(chunks(&place, "out"), whole_chunks);
}

#[test]
fn a_reader_that_goes_away_is_no_error_of_a_sweep() {
    let place = place("reader");
    let mut child = start(&place, "sweep short.toml --seeds 0..20 --format json");
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

/// Runs a sweep on a file system of this many bytes, then once more when it has grown.
#[cfg(target_os = "linux")]
const SMALL_DISK: &str = r#"
mkdir out && mount -t tmpfs -o size="$1" tmpfs out && touch mounted || exit 1
shift
"$0" "$@" >first.out 2>first.err
echo $? >first.code
cp -r out first && mount -o remount,size=64m out || exit 1
"$0" "$@"
code=$?
cp -r out second || exit 1
exit $code
"#;

#[test]
#[cfg(target_os = "linux")]
fn a_file_system_without_room_is_said_and_the_sweep_goes_on_when_there_is_room() {
    const PAGE: u64 = 4096;
    let place = place("enospc");
    let line = "sweep wrong.toml --seeds 0..40 --chunk 5 --max-fail 0";
    let whole = run(&place, &format!("{line} --out whole"));
    let files = fs::read_dir(place.path("whole")).expect("a directory").flatten();
    let sizes = files.map(|file| file.metadata().expect("a file").len().next_multiple_of(PAGE));
    let room = sizes.sum::<u64>() - PAGE;
    let mut small = Command::new("unshare");
    small.args(["--user", "--map-root-user", "--mount", "bash", "-c", SMALL_DISK]);
    small.args([env!("CARGO_BIN_EXE_squall"), &room.to_string()]);
    small.args(format!("{line} --out out").split_whitespace());
    let ran = match small.current_dir(place.path("")).output() {
        Ok(output) if place.path("mounted").exists() => Ran::of(output),
        refused => {
            println!("skipped: no file system of our own can be mounted here: {refused:?}");
            return;
        }
    };
    let read = |name: &str| fs::read_to_string(place.path(name)).expect("it was written");
    let said = read("first.err");
    assert_eq!(read("first.code").trim(), "75", "{said}");
    assert!(said.contains("no room to write out/chunk-"), "{said}");
    let whole_chunks = chunks(&place, "whole");
    let first = chunks(&place, "first");
    assert!(!first.is_empty() && first.len() < whole_chunks.len(), "{} chunks", first.len());
    assert!(first.iter().all(|chunk| whole_chunks.contains(chunk)), "one is torn");
    assert_eq!((ran.code, &ran.stdout), (100, &whole.stdout), "{ran:?}");
    assert_eq!(chunks(&place, "second"), whole_chunks);
}

#[test]
#[cfg(unix)]
fn two_that_write_the_same_chunk_at_once_do_no_harm() {
    use std::os::unix::fs::MetadataExt;
    let place = place("twins");
    // All seeds are in one chunk, so two that are at work are at work on the same.
    let line = "sweep wrong.toml --seeds 0..60 --chunk 60 --max-fail 0 --shard 1/1";
    let whole = run(&place, &format!("{line} --out whole"));
    let number_of = |path: &str| fs::metadata(place.path(path)).ok().map(|file| file.ino());
    // It takes luck to see one file and then the other; five times none is not luck.
    let twice = (0..5).any(|attempt| {
        let out = format!("out-{attempt}");
        let twins = [0, 1].map(|_| start(&place, &format!("{line} --out {out}")));
        let chunk = format!("{out}/chunk-000000.jsonl");
        let mut first = None;
        for _ in 0..20_000 {
            first = number_of(&chunk);
            if first.is_some() {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        for twin in twins {
            let ran = Ran::of(twin.wait_with_output().expect("it ends"));
            assert_eq!((ran.code, &ran.stdout), (100, &whole.stdout), "{ran:?}");
        }
        assert_eq!(chunks(&place, &out), chunks(&place, "whole"));
        first != number_of(&chunk)
    });
    assert!(twice, "the chunk was never written twice");
}
