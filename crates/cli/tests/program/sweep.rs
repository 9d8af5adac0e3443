//! `squall sweep`: the same result however it is cut, shared out, interrupted and resumed; and
//! what becomes of seeds that end their process.

use std::fs;

use serde_json::Value;

use crate::place::{Place, Ran};

/// A scenario of a few milliseconds, so that a sweep of it is one of tests.
pub(crate) const SHORT: &str = "about = 'short'
[cluster]
nodes = 3
clients = 2
[workload]
pace = { closed = { think = '20ms' } }
[limits]
storm = '500ms'
";

/// The same without what makes it right: it fails in some seeds.
pub(crate) const WRONG: &str = "about = 'wrong'
profile = 'raftexample'
[workload]
keys = 3
mix = { get = 50, put = 50 }
read = 'local'
sessions = false
[[swarm]]
crash = { on = 1, every = '400ms', for = ['100ms', '500ms'], target = 'leader', how = 'power' }
[[swarm]]
partition = { on = 0.6, every = '500ms', for = ['200ms', '600ms'], shape = ['isolate-leader', 'halves'] }
[limits]
storm = '1s'
";

/// A directory with both.
pub(crate) fn place(name: &str) -> Place {
    let place = Place::empty(&format!("sweep-{name}"));
    place.write("short.toml", SHORT);
    place.write("wrong.toml", WRONG);
    place
}

/// Runs a command line, given as one text.
pub(crate) fn run(place: &Place, line: &str) -> Ran {
    place.run(&line.split_whitespace().collect::<Vec<_>>())
}

/// The summary: the last line of JSON.
pub(crate) fn summary(ran: &Ran) -> Value {
    let line = ran.stdout.lines().last().unwrap_or_else(|| panic!("nothing was said: {ran:?}"));
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {ran:?}"))
}

/// Every chunk of a directory, by name.
pub(crate) fn chunks(place: &Place, directory: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(place.path(directory)).expect("a directory").flatten();
    let named = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry));
    let mut found: Vec<(String, Vec<u8>)> = named
        .filter(|(name, _)| name.starts_with("chunk-"))
        .map(|(name, entry)| (name, fs::read(entry.path()).expect("a file")))
        .collect();
    found.sort();
    found
}

#[test]
fn a_sweep_of_what_fails_as_it_expects_is_green() {
    let place = place("expected");
    let expect = |signature: &str, within: u64| {
        format!(
            "{WRONG}[expect]\nverdict = 'fail'\nsignatures = ['{signature}']\nwithin = {within}\n"
        )
    };
    place.write("known.toml", expect("linearizable/*", 20));
    place.write("other.toml", expect("election-safety/*", 20));
    let line = "sweep short.toml known.toml -n 20 --seed 1 --junit j.xml --progress none";
    let ran = run(&place, line);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("0 fail, ") && ran.stdout.contains(" fail as expected"), "{ran:?}");
    assert!(!ran.stdout.contains("reproduce"), "{ran:?}");
    let junit = fs::read_to_string(place.path("j.xml")).expect("it was written");
    assert!(!junit.contains("<failure"), "{junit}");
    let ran = run(&place, "sweep other.toml -n 20 --seed 1 --progress none");
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stdout.contains("! missed  other must fail with election-safety/*"), "{ran:?}");
}

#[test]
fn a_sweep_that_passes_caught_its_canary_and_is_resumed_for_nothing() {
    let place = place("pass");
    let ran = run(&place, "sweep short.toml --seeds 0..20 --chunk 5 --format json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let first = summary(&ran);
    assert_eq!(first["run"], 20);
    assert_eq!(first["conclusion"], "pass");
    assert_eq!(first["canary"]["caught"], true);
    assert_eq!(first["twice"], 1, "one of a hundred, and at least one");
    let kept = fs::read_dir(place.path(".squall/sweeps")).expect("it is kept").count();
    assert_eq!(kept, 1);
    let again = run(&place, "sweep short.toml --seeds 0..20 --chunk 5 --format json");
    assert_eq!(summary(&again), first);
    assert!(again.stderr.contains("20 of 20 runs were done before"), "{again:?}");
    let status = run(&place, "status");
    assert_eq!(status.code, 0, "{status:?}");
    assert!(status.stdout.contains("5 of 5 chunks, 20 of 20 runs"), "{status:?}");
}

#[test]
fn jobs_and_shards_change_no_byte() {
    let place = place("same");
    let what = "wrong.toml short.toml --seeds 100..130 --chunk 4";
    let mut results = Vec::new();
    for jobs in [1, 2, 4] {
        let ran = run(&place, &format!("sweep {what} --max-fail 0 -j {jobs} --out j{jobs}"));
        assert_eq!(ran.code, 100, "{ran:?}");
        results.push((ran.stdout, chunks(&place, &format!("j{jobs}"))));
    }
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "results depend on -j");
    let plan = run(&place, &format!("plan {what} --out plan.json"));
    assert_eq!(plan.code, 0, "{plan:?}");
    // Three shards, then a fourth attempt with another number of them and one after the end.
    for line in [
        "--out s1 --shard 1/3",
        "--out s2 --shard-index 1 --shards 3",
        "--out s3 --shard 3/3",
        "--out s3 --shard 2/5",
        "--out s3 --shard 17/18",
    ] {
        let ran = run(&place, &format!("sweep --plan plan.json --worker {line}"));
        assert_eq!(ran.code, 0, "a finding is no failure of a worker: {ran:?}");
    }
    let all = run(&place, "merge --plan plan.json s1 s2 s3");
    assert_eq!(all.code, 100, "{all:?}");
    assert_eq!(all.stdout, results[0].0);
    let whole = results[0].1.len();
    let mut shared: Vec<(String, Vec<u8>)> =
        ["s1", "s2", "s3"].iter().flat_map(|dir| chunks(&place, dir)).collect();
    shared.sort();
    shared.dedup();
    assert_eq!(shared, results[0].1);
    assert_eq!(whole, 17);
    let partial = run(&place, "merge --plan plan.json s1 s2 --format json");
    assert_eq!(partial.code, 100, "a failure is one whatever is missing: {partial:?}");
    assert!(summary(&partial)["chunks"]["missing"][0].is_array(), "{partial:?}");
}

#[test]
fn records_may_come_from_a_pipe() {
    let place = place("pipe");
    let plan = run(&place, "plan short.toml --seeds 0..6 --chunk 2 --out plan.json");
    assert_eq!(plan.code, 0, "{plan:?}");
    let printed = run(&place, "sweep --plan plan.json --out - --worker");
    assert_eq!(printed.code, 0, "{printed:?}");
    place.write("log", format!("pod started\n{}pod ended\n", printed.stdout));
    let merged = run(&place, "merge --plan plan.json log");
    assert_eq!(
        (merged.code, merged.stdout.contains("6 of 6 runs: 6 pass")),
        (0, true),
        "{merged:?}"
    );
    let mut command = place.squall(&["merge", "--plan", "plan.json", "-"]);
    command.stdin(fs::File::open(place.path("log")).expect("a file"));
    let piped = Ran::of(command.output().expect("squall starts"));
    assert_eq!((piped.code, piped.stdout), (0, merged.stdout));
}

#[test]
fn torn_and_altered_records_are_run_again_and_foreign_ones_refused() {
    let place = place("torn");
    let line = "sweep wrong.toml --seeds 0..12 --chunk 3 --out out";
    let first = run(&place, line);
    assert_eq!(first.code, 100, "{first:?}");
    let before = chunks(&place, "out");
    let torn = place.path("out/chunk-000001.jsonl");
    let bytes = fs::read(&torn).expect("a chunk");
    fs::write(&torn, &bytes[..bytes.len() / 2]).expect("written");
    let altered = place.path("out/chunk-000002.jsonl");
    let mut bytes = fs::read(&altered).expect("a chunk");
    let at = bytes.windows(7).position(|text| text == b"\"pass\":").expect("a count") + 7;
    bytes[at] ^= 1;
    fs::write(&altered, &bytes).expect("written");
    let merged = run(&place, "merge out --format json");
    assert_eq!(summary(&merged)["chunks"]["missing"], serde_json::json!([[1, 2]]));
    assert!(merged.stderr.contains("torn, it has no footer"), "{merged:?}");
    assert!(merged.stderr.contains("its checksum does not fit"), "{merged:?}");
    let again = run(&place, line);
    assert_eq!((again.code, &again.stdout), (100, &first.stdout));
    assert_eq!(chunks(&place, "out"), before);
    // Another plan in the same directory, and a record of it among ours.
    let other = run(&place, "sweep wrong.toml --seeds 0..13 --chunk 3 --out out");
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.stderr.contains("holds records of another plan"), "{other:?}");
    assert_eq!(run(&place, "sweep short.toml --seeds 0..3 --chunk 3 --out b").code, 0);
    fs::copy(place.path("b/chunk-000000.jsonl"), place.path("out/chunk-000000.jsonl"))
        .expect("copied");
    for line in [line, "merge out"] {
        let mixed = run(&place, line);
        assert_eq!(mixed.code, 2, "{mixed:?}");
        assert!(mixed.stderr.contains("belongs to another plan"), "{mixed:?}");
    }
}

#[test]
fn a_seed_that_ends_its_process_is_a_finding_and_the_sweep_goes_on() {
    let place = place("poison");
    for (poison, sig, words) in [
        ("abort", "sut/aborted", "SIGABRT"),
        ("hang", "sut/hung", "--wall-limit"),
        ("panic", "testbed/panicked", "poisoned at seed 7"),
    ] {
        let line = format!(
            "sweep short.toml --seeds 0..12 --chunk 6 --poison {poison}:7 --format json --out {poison} \
             --wall-limit 2s"
        );
        let ran = run(&place, &line);
        assert_eq!(ran.code, 100, "{ran:?}");
        let summary = summary(&ran);
        let counts = (&summary["run"], &summary["pass"], &summary["fail"]);
        assert_eq!(counts, (&12.into(), &11.into(), &1.into()), "{poison}");
        let found = &summary["signatures"][0];
        assert_eq!((&found["sig"], &found["first"]["seed"]), (&sig.into(), &7.into()), "{poison}");
        let message = found["message"].as_str().expect("a sentence");
        assert!(message.contains(words), "{message}");
        assert!(!place.path(&format!("{poison}/inflight-0-1")).exists());
    }
}

/// Who kills a process says nothing about the seed that it ran.
#[test]
fn a_seed_whose_process_is_killed_each_time_is_no_finding() {
    let place = place("outside");
    let line = "sweep short.toml --seeds 0..12 --chunk 6 --poison kill:7 --format json --out out";
    let ran = run(&place, line);
    assert_eq!(ran.code, 5, "{ran:?}");
    let summary = summary(&ran);
    let counts = (&summary["pass"], &summary["fail"], &summary["unknown"]);
    assert_eq!(counts, (&11.into(), &0.into(), &1.into()), "{summary}");
    let reason = summary["unknowns"][0]["reason"].as_str().expect("a sentence");
    assert!(reason.contains("ended from outside each time: SIGKILL"), "{reason}");
    assert_eq!(summary["unknowns"][0]["examples"][0]["seed"], 7);
}

#[test]
fn recoveries_are_held_to_their_bounds() {
    let place = place("slow");
    let short = fs::read_to_string(place.path("short.toml")).expect("it is there");
    let bounded = |bounds: &str| {
        let text = format!("{short}\n[expect]\nrecovery = {{ {bounds} }}\n");
        place.write("bounded.toml", &text);
        run(&place, "sweep bounded.toml -n 30 --seed 1 --junit j.xml")
    };
    let ran = bounded("p50 = \"1ms\", max = \"1ms\"");
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stdout.contains("!   slow  bounded: p50 of "), "{ran:?}");
    assert!(ran.stdout.contains("more than 0.001s"), "{ran:?}");
    assert!(ran.stdout.contains(": squall run bounded.toml --seed "), "{ran:?}");
    let junit = fs::read_to_string(place.path("j.xml")).expect("it was written");
    assert!(junit.contains("type=\"recovery/slow\""), "{junit}");
    let ran = bounded("max = \"30s\"");
    assert_eq!(ran.code, 0, "{ran:?}");
    let junit = fs::read_to_string(place.path("j.xml")).expect("it was written");
    assert!(junit.contains("<testcase name=\"recovery\" classname=\"bounded\"/>"), "{junit}");
    place.write("few.toml", format!("{short}\n[expect]\nrecovery = {{ p99 = \"1ms\" }}\n"));
    let ran = run(&place, "sweep few.toml -n 2 --seed 1");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("few: p99 is not judged: "), "{ran:?}");
}

#[test]
fn a_run_that_a_fresh_process_does_not_repeat_is_nondeterminism() {
    let place = place("differ");
    // Seed 0 is the one of a hundred; seed 3 passes and is not.
    let ran = run(&place, "sweep short.toml --seeds 0..5 --poison differ:0");
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.stdout.contains("NONDET  short seed 0"), "{ran:?}");
    assert_eq!(run(&place, "sweep short.toml --seeds 0..5 --poison differ:3").code, 0);
    let all = run(&place, "sweep short.toml --seeds 0..5 --poison differ:3 --verify all");
    assert_eq!(all.code, 8, "{all:?}");
    let none = run(&place, "sweep short.toml --seeds 0..5 --poison differ:0 --verify none");
    assert_eq!(none.code, 0, "{none:?}");
}

#[test]
fn two_records_of_one_chunk_that_differ_are_nondeterminism() {
    let place = place("twofold");
    let plan = "plan short.toml --seeds 0..4 --chunk 4 --poison differ:2 --out plan.json";
    assert_eq!(run(&place, plan).code, 0);
    assert_eq!(run(&place, "sweep --plan plan.json --out one --worker").code, 0);
    // What a machine with bad memory would have written: another hash, and a checksum that fits.
    let text = fs::read_to_string(place.path("one/chunk-000000.jsonl")).expect("a chunk");
    let plan = sweep::Plan::read(&fs::read_to_string(place.path("plan.json")).expect("a plan"));
    let plan = plan.expect("a plan");
    let mut set = sweep::Set::new(&plan);
    set.read("one", text.as_bytes()).expect("it is in memory");
    let mut record = set.get(0).expect("a record");
    record.footer.digest = "0123456789abcdef".to_owned();
    fs::create_dir(place.path("two")).expect("a directory");
    place.write("two/chunk-000000.jsonl", record.write());
    let merged = run(&place, "merge --plan plan.json one two");
    assert_eq!(merged.code, 8, "{merged:?}");
    assert!(merged.stdout.contains("2 different records of chunk 0"), "{merged:?}");
    assert_eq!(run(&place, "merge --plan plan.json one one").code, 0);
}

#[test]
fn a_sweep_whose_canary_lives_is_blind() {
    let place = place("canary");
    let ran = run(&place, "sweep short.toml --seeds 0..3 --canary short.toml");
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(ran.stdout.contains("! canary  short must fail and did not, in 50 seeds"), "{ran:?}");
}

#[test]
fn a_sweep_ends_after_so_many_signatures_at_the_same_chunk_whatever_j() {
    let place = place("max-fail");
    let results: Vec<String> = [1, 4]
        .iter()
        .map(|jobs| {
            let ran = run(
                &place,
                &format!("sweep wrong.toml --seeds 0..60 --chunk 1 -x -j {jobs} --out x{jobs}"),
            );
            assert_eq!(ran.code, 100, "{ran:?}");
            ran.stdout
        })
        .collect();
    assert_eq!(results[0], results[1]);
    assert!(results[0].contains("after 1 signature (--max-fail)"), "{results:?}");
    // The best run of each signature is there to be looked at; a chunk may hold several.
    let traces: Vec<_> = fs::read_dir(place.path("x1/traces")).expect("traces").flatten().collect();
    assert!(!traces.is_empty(), "no trace was kept");
    let replayed = run(&place, &format!("replay {}", traces[0].path().display()));
    assert_eq!(replayed.code, 100, "{replayed:?}");
}

#[test]
fn a_budget_is_a_planned_stop_and_no_seed_is_none() {
    let place = place("budget");
    let ran = run(&place, "sweep short.toml --seeds 0..100000 --budget 300ms --format json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = summary(&ran);
    let run_count = summary["run"].as_u64().expect("a count");
    assert!((1..100_000).contains(&run_count), "{summary}");
    assert!(summary["stopped"].as_str().is_some_and(|why| why.contains("--budget")), "{summary}");
    let none = run(&place, "sweep short.toml --seeds 5..5");
    assert_eq!(none.code, 4, "{none:?}");
    assert_eq!(run(&place, "sweep short.toml --seeds 5..5 --no-seeds pass").code, 0);
    let warned = run(&place, "sweep short.toml --seeds 5..5 --no-seeds warn");
    assert_eq!((warned.code, warned.stderr.contains("nothing to run")), (0, true), "{warned:?}");
}

#[test]
fn seeds_of_a_file_are_run_in_its_order_and_reproduced_with_what_was_set() {
    let place = place("file");
    place.write("seeds", "# from last night\n17\n 4 # again\n\n23\n");
    let ran =
        run(&place, "sweep wrong.toml --seeds @seeds --set limits.storm=1200ms --format json");
    let summary = summary(&ran);
    assert_eq!(summary["seeds"], serde_json::json!([17, 4, 23]));
    let reproduce = summary["signatures"][0]["reproduce"].as_str().expect("a command");
    assert!(reproduce.ends_with("--set limits.storm=1200ms"), "{reproduce}");
    let again = run(&place, reproduce.strip_prefix("squall ").expect("our program"));
    assert_eq!(again.code, 100, "{again:?}");
    let sig = summary["signatures"][0]["sig"].as_str().expect("a signature");
    assert!(again.stdout.contains(sig), "{again:?}");
}

#[test]
fn shards_are_what_the_engine_says() {
    let place = place("auto");
    let auto = |env: &[(&str, &str)], line: &str| {
        let mut command = place.squall(&line.split(' ').collect::<Vec<_>>());
        command.envs(env.iter().copied());
        Ran::of(command.output().expect("squall starts"))
    };
    let line = "sweep short.toml --seeds 0..4 --chunk 1 --out auto --worker --shard auto";
    let kubernetes = [("JOB_COMPLETION_INDEX", "2")];
    assert_eq!(auto(&kubernetes, line).code, 2, "it does not say how many");
    let told = auto(&kubernetes, &format!("{line} --shards 3"));
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.stderr.contains("shard 3/3 (Kubernetes Indexed Job"), "{told:?}");
    // Chunks 2 of 0..=4; the canary is chunk 4, and somebody else's.
    let names: Vec<String> = chunks(&place, "auto").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["chunk-000002.jsonl"]);
    assert_eq!(auto(&[], line).code, 2, "nobody says anything");
    let gitlab = [("GITLAB_CI", "true"), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")];
    let unasked = auto(&gitlab, "sweep short.toml --seeds 0..4 --chunk 1 --out all");
    assert!(unasked.stderr.contains("warning: an engine"), "{unasked:?}");
    assert_eq!(chunks(&place, "all").len(), 5, "whoever is not asked does all");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let place = place("refused");
    place.write("bad", "17\nseventeen\n");
    for (line, words) in [
        ("sweep", "no scenario to sweep"),
        ("sweep short.toml --seeds 9", "`9` is not A..B"),
        ("sweep short.toml --seeds 9..3", "run backwards"),
        ("sweep short.toml --seeds @bad", "bad:2: `seventeen`"),
        ("sweep short.toml short.toml -n 3", "is there twice"),
        ("sweep short.toml --shard 0/3", "from 1/N to N/N"),
        ("sweep short.toml --shards 3", "--shard-index"),
        ("sweep short.toml --seed 18446744073709551615 -n 2", "beyond 2^64"),
        ("sweep short.toml --budget soon", "no duration"),
        ("sweep shrot.toml", "no scenario file"),
        ("sweep --plan nowhere.json", "cannot read plan"),
        ("merge nowhere", "name it with --plan"),
        ("status nowhere", "name it with --plan"),
    ] {
        let ran = run(&place, line);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.stderr.contains(words), "{line}: {ran:?}");
    }
    assert_eq!(place.entries(), ["bad", "short.toml", "wrong.toml"]);
}

#[test]
fn a_plan_of_another_build_is_refused() {
    let place = place("build");
    assert_eq!(run(&place, "plan short.toml --seeds 0..2 --out plan.json").code, 0);
    let text = fs::read_to_string(place.path("plan.json")).expect("a plan");
    let other = sweep::Plan::read(&text).expect("a plan").of_build("another one");
    place.write("plan.json", other.write());
    let ran = run(&place, "sweep --plan plan.json --out out");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("made by build another one"), "{ran:?}");
}
