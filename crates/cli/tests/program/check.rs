//! `squall check` and `squall export`: histories from anywhere, judged without running anything.

use std::fs;

use crate::place::Place;

/// A write that is over before a read of the old value begins.
const STALE: &str = r#"{"squall":"history","v":"1.0","initial":null}
{"t":1,"k":"op.invoke","op":"c1.1","f":"put","key":"x","in":"1"}
{"t":2,"k":"op.ok","op":"c1.1"}
{"t":3,"k":"op.invoke","op":"c1.2","f":"put","key":"x","in":"2"}
{"t":4,"k":"op.ok","op":"c1.2"}
{"t":5,"k":"op.invoke","op":"c2.1","f":"get","key":"x"}
{"t":6,"k":"op.ok","op":"c2.1","out":"1"}
"#;

/// The traces of a run that passes and of one that fails.
fn two_traces(name: &str) -> Place {
    let place = Place::with_scenarios(name);
    for (scenario, trace, code) in [("steady", "good", 0), ("raftexample", "bad", 100)] {
        let trace = format!("{trace}.jsonl");
        let ran = place.run(&["run", scenario, "--seed", "3", "--trace", &trace]);
        assert_eq!(ran.code, code, "{ran:?}");
    }
    place
}

#[test]
fn a_trace_that_passed_passes_and_one_that_failed_fails_with_the_anomaly_named() {
    let place = two_traces("check-traces");
    let good = place.run(&["check", "good.jsonl"]);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.starts_with("    PASS  linearizable: "), "{good:?}");
    let bad = place.run(&["check", "bad.jsonl"]);
    assert_eq!(bad.code, 100, "{bad:?}");
    assert!(bad.stdout.starts_with("    FAIL  linearizable/"), "{bad:?}");
}

#[test]
fn a_trace_that_is_cut_is_refused_wherever_it_is_cut() {
    let place = Place::with_scenarios("check-cut");
    for name in ["whole.jsonl", "whole.jsonl.zst"] {
        let set = ["--set", "limits.storm=100ms", "--set", "cluster.nodes=1"];
        let ran =
            place.run(&[&["run", "steady", "--seed", "3", "--trace", name], &set[..]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(place.run(&["check", name]).code, 0);
        let whole = std::fs::read(place.path(name)).expect("it was written");
        for part in 0..24 {
            let cut = &whole[..whole.len() * part / 24];
            let cut_name = format!("cut-{name}");
            std::fs::write(place.path(&cut_name), cut).expect("written");
            let ran = place.run(&["check", &cut_name]);
            assert_eq!(ran.code, 2, "{part} of {name}: {ran:?}");
            assert_eq!(ran.stdout, "", "{part} of {name}: {ran:?}");
        }
        // Without its last line it is cut, too.
        if name == "whole.jsonl" {
            let text = String::from_utf8(whole).expect("text");
            let end = text.trim_end().rfind('\n').expect("many lines");
            place.write("endless.jsonl", &text[..=end]);
            let ran = place.run(&["check", "endless.jsonl"]);
            assert_eq!(ran.code, 2, "{ran:?}");
            assert!(ran.stderr.contains("the trace is cut after this line"), "{ran:?}");
        }
    }
}

#[test]
fn a_stale_read_in_a_history_is_named_with_its_operations() {
    let place = Place::empty("check-stale");
    place.write("stale.jsonl", STALE);
    let ran = place.run(&["check", "stale.jsonl", "--format", "json"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    let told = ran.json();
    assert_eq!(told["verdict"], "fail");
    let violation = &told["violations"][0];
    assert_eq!(violation["sig"], "linearizable/stale-read");
    let names: Vec<&str> =
        violation["ops"].as_array().expect("a list").iter().filter_map(|n| n.as_str()).collect();
    assert!(names.contains(&"c1.2") && names.contains(&"c2.1"), "{told}");
    // The same history with the answer that is right.
    place.write("fresh.jsonl", STALE.replace(r#""out":"1""#, r#""out":"2""#));
    let ran = place.run(&["check", "fresh.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Twenty times a lock is acquired and released, each time by somebody else, and each time a little
/// before the last one is told that it was done; then it is acquired twice. Every release could be
/// a little later, up to the first: all of them are needed to see that there is one too few.
fn long_lock() -> String {
    let mut lines = Vec::new();
    let steps = (0..20).flat_map(|turn| [(turn, "acquire"), (turn, "release")]);
    let steps = steps.chain([(20, "acquire"), (21, "acquire")]);
    for (number, (client, f)) in (0..).zip(steps) {
        let process = 100 * (number % 2) + client;
        let line = |kind, time| {
            format!("{{:type :{kind}, :f :{f}, :process {process}, :time {time}, :value nil}}")
        };
        lines.push((number * 10, line("invoke", number * 10_000_000)));
        lines.push((number * 10 + 15, line("ok", number * 10_000_000 + 15_000_000)));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

#[test]
fn of_a_long_counterexample_the_wrong_answer_and_its_witnesses_are_listed() {
    let place = Place::empty("check-long");
    place.write("lock.edn", long_lock());
    let ran = place.run(&["check", "lock.edn"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    let rows = [
        "    FAIL  linearizable/two-holders ",
        "  c121.1 acquired the lock at 0.425s, while c20.1 held it since 0.415s.",
        "    c20.1  acquire              invoked 0.400s  ok 0.415s\n    \
         c121.1 acquire              invoked 0.410s  ok 0.425s\n",
        "    and 30 more\n",
    ];
    for row in rows {
        assert!(ran.stdout.contains(row), "{row}: {ran:?}");
    }
    assert!(!ran.stdout.contains("cas"), "{ran:?}");
    let told = place.run(&["check", "lock.edn", "--format", "json"]).json();
    let proof = &told["proof"];
    assert_eq!((&proof["next"], &proof["witnesses"][0]), (&"c121.1".into(), &"c20.1".into()));
    assert_eq!(proof["part"].as_array().map(Vec::len), Some(42));
    let ops = told["violations"][0]["ops"].as_array().expect("a list");
    assert!(ops.contains(&proof["next"]) && ops.contains(&proof["witnesses"][0]), "{told}");
}

#[test]
fn what_is_not_decided_in_time_is_unknown() {
    let place = two_traces("check-limit");
    let ran = place.run(&["check", "good.jsonl", "--check-limit", "0ms"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.starts_with(" UNKNOWN  "), "{ran:?}");
    assert!(ran.stdout.contains("not decided within the time limit"), "{ran:?}");
    assert!(ran.stdout.contains("hint       raise --check-limit"), "{ran:?}");
}

#[test]
fn the_banner_says_whether_there_are_keys_and_a_flag_decides() {
    let place = Place::empty("check-keys");
    let op = |kind, f, value| format!("{{:process 1 :type :{kind} :f :{f} :value {value}}}\n");
    let twice = |f, value| op("invoke", f, value) + &op("ok", f, value);
    let reads = op("invoke", "read", "[0 nil]") + &op("ok", "read", "[0 1]");
    place.write("h.edn", twice("write", "[0 1]") + &twice("write", "[1 5]") + &reads);
    let ran = place.run(&["check", "h.edn"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("jepsen-edn, kv, keyed, 3 operations on 2 keys"), "{ran:?}");
    assert_eq!(place.run(&["check", "h.edn", "--format", "json"]).json()["keyed"], true);
    let ran = place.run(&["check", "h.edn", "--plain"]);
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stderr.contains("jepsen-edn, register, plain, 3 operations on 1 key"), "{ran:?}");
    assert_eq!(place.run(&["check", "h.edn", "--plain", "--keyed"]).code, 2);
}

#[test]
fn a_model_that_others_have_is_named_with_those_that_there_are() {
    let place = Place::empty("check-models");
    place.write("stale.jsonl", STALE);
    let all = "expected one of register, cas-register, kv, mutex";
    for (model, who) in [("set", "elle-cli takes them"), ("queue", "Knossos takes them"), ("x", "")]
    {
        let ran = place.run(&["check", "stale.jsonl", "--model", model]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(all) && ran.stderr.contains(who), "{ran:?}");
    }
    let ran = place.run(&["check", "stale.jsonl", "--model", "mutex"]);
    assert_eq!((ran.code, ran.stderr.contains("model mutex has no operation put")), (2, true));
    place.write("marked.jsonl", format!("\u{feff}{STALE}"));
    assert_eq!(place.run(&["check", "marked.jsonl"]).code, 100);
}

/// Appends of unknown outcome, then a read that saw `seen` of them.
fn appends(place: &Place, name: &str, seen: usize) {
    let mut lines = "{\"squall\":\"history\",\"v\":\"1.0\",\"initial\":null}\n".to_owned();
    for t in 1..=5 {
        let op = format!(r#""op":"c{t}.1","f":"append","key":"k","in":"a""#);
        lines += &format!("{{\"t\":{t},\"k\":\"op.invoke\",{op}}}\n");
    }
    lines += "{\"t\":30,\"k\":\"op.invoke\",\"op\":\"c9.1\",\"f\":\"get\",\"key\":\"k\"}\n";
    let out = if seen == 0 { "null".to_owned() } else { format!("\"{}\"", "a".repeat(seen)) };
    lines += &format!("{{\"t\":31,\"k\":\"op.ok\",\"op\":\"c9.1\",\"out\":{out}}}\n");
    place.write(name, lines);
}

#[test]
fn equal_operations_of_unknown_outcome_are_all_counted() {
    let place = Place::empty("check-equal");
    for seen in 0..=6 {
        let name = format!("{seen}.jsonl");
        appends(&place, &name, seen);
        let ran = place.run(&["check", &name]);
        assert_eq!(ran.code, if seen <= 5 { 0 } else { 100 }, "{seen}: {ran:?}");
    }
}

#[test]
fn what_needs_more_memory_than_there_is_is_unknown() {
    let place = two_traces("check-memory");
    let ran = place.run(&["check", "good.jsonl", "--check-memory", "lots"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("expected a whole number and a unit"), "{ran:?}");
    place.write("hard.jsonl", REGISTER);
    let ran = place.run(&["check", "hard.jsonl", "--check-memory", "1KiB"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains("not decided within 0 MiB of memory"), "{ran:?}");
    let ran = place.run(&["check", "hard.jsonl"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Jepsen's standard register: 500 operations of ten clients, five values, a tenth of them of
/// unknown outcome.
const REGISTER: &str = include_str!("../histories/register-500.jsonl");

#[test]
fn what_is_no_history_is_refused_with_its_place() {
    let place = Place::empty("check-refused");
    let third = r#"{"t":2,"k":"op.ok","op":"c1.1"}"#;
    let rows = [
        ("{\"t\":2,\"k\"", "line 3"),
        (r#"{"t":2,"k":"op.ok","op":"c9.9"}"#, "line 3"),
        (r#"{"t":"soon","k":"op.ok","op":"c1.1"}"#, "line 3"),
    ];
    for (line, expected) in rows {
        place.write("broken.jsonl", STALE.replace(third, line));
        let ran = place.run(&["check", "broken.jsonl"]);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.stderr.contains("broken.jsonl: "), "{line}: {ran:?}");
        assert!(ran.stderr.contains(expected), "{line}: {ran:?}");
    }
    let ran = place.run(&["check", "nowhere.jsonl"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_export_is_judged_like_its_trace_and_exported_again_is_the_same() {
    let place = two_traces("export");
    for (trace, code) in [("good", 0), ("bad", 100)] {
        let from = format!("{trace}.jsonl");
        let own = place.run(&["check", &from, "--format", "json"]).json();
        let lines = format!("{trace}-lines.jsonl");
        let ran = place.run(&["export", &from, "--to", "history", "--out", &lines]);
        assert_eq!(ran.code, 0, "{ran:?}");
        for format in ["history", "jepsen-edn", "porcupine"] {
            let (once, twice) = (format!("{trace}.{format}"), format!("{trace}-2.{format}"));
            let ran = place.run(&["export", &lines, "--to", format, "--out", &once]);
            assert_eq!(ran.code, 0, "{ran:?}");
            let judged = place.run(&["check", &once, "--format", "json"]);
            assert_eq!(judged.code, code, "{judged:?}");
            let told = judged.json();
            assert_eq!(told["format"], format);
            for field in ["operations", "unknown", "keys", "verdict"] {
                assert_eq!(told[field], own[field], "{format}: {field}");
            }
            assert_eq!(told["violations"][0]["sig"], own["violations"][0]["sig"], "{format}");
            assert_eq!(told["violations"][0]["ops"], own["violations"][0]["ops"], "{format}");
            let ran = place.run(&["export", &once, "--to", format, "--out", &twice]);
            assert_eq!(ran.code, 0, "{ran:?}");
            let read = |name: &str| fs::read(place.path(name)).expect("it was written");
            assert!(read(&once) == read(&twice), "{once} changes when it is read and written");
        }
    }
}
