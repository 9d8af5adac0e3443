//! Help, lists, schemas and colours.

use checker::linearizability::Kind;

use crate::place::{Place, Ran};

#[test]
fn help_is_short_and_says_the_exit_codes() {
    let place = Place::empty("help");
    let ran = place.run(&["--help"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.lines().count() <= 45, "{}", ran.stdout);
    for word in ["Exit codes", "100  a failure was found", "  8  non-determinism", "run", "replay"]
    {
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("__hash"));
    let run = place.run(&["run", "--help"]);
    assert!(run.stdout.lines().count() <= 60, "{}", run.stdout);
    assert!(!run.stdout.contains("timeout"));
}

#[test]
fn colour_is_used_only_where_it_is_wanted() {
    let place = Place::with_scenarios("colour");
    let arguments = ["run", "steady", "--seed", "3"];
    let with = |name: &str, value: &str| {
        Ran::of(place.squall(&arguments).env(name, value).output().expect("squall starts"))
    };
    let plain = place.run(&arguments);
    assert!(!plain.stdout.contains('\x1b') && !plain.stderr.contains('\x1b'), "a pipe: {plain:?}");
    let forced = with("CLICOLOR_FORCE", "1");
    assert!(forced.stdout.contains('\x1b'), "{forced:?}");
    let never = Ran::of(
        place
            .squall(&arguments)
            .env("CLICOLOR_FORCE", "1")
            .env("NO_COLOR", "1")
            .output()
            .expect("squall starts"),
    );
    assert!(!never.stdout.contains('\x1b'), "{never:?}");
    let always = place.run(&["run", "steady", "--seed", "3", "--color", "always"]);
    assert!(always.stdout.contains('\x1b'), "{always:?}");
}

#[test]
fn what_there_is_can_be_listed() {
    let place = Place::with_scenarios("lists");
    let scenarios = place.run(&["list", "scenarios"]);
    assert!(scenarios.stdout.contains("steady ") && scenarios.code == 0, "{scenarios:?}");
    assert!(!scenarios.stdout.contains("cannot be read"), "{scenarios:?}");
    let checks = place.run(&["list", "checks"]).stdout;
    assert!(checks.contains("election-safety ") && checks.contains("determinism "), "{checks}");
    let faults = place.run(&["list", "faults"]).stdout;
    assert!(faults.contains("partition ") && faults.contains("over (scripted only)"), "{faults}");
    let situations = place.run(&["list", "situations"]).stdout;
    assert!(situations.lines().count() >= 40, "{situations}");
    for what in ["scenario", "trace", "summary"] {
        let schema = place.run(&["schema", what]);
        assert!(schema.json().is_object(), "{schema:?}");
    }
    let explained = place.run(&["explain", "s021"]);
    assert!(explained.stdout.contains("no such node"), "{explained:?}");
    assert_eq!(place.run(&["explain", "S999"]).code, 2);
    let explained = place.run(&["explain", "situation/snapshot-installed"]).stdout;
    assert!(explained.contains("needs node.snapshot-every above 0"), "{explained}");
    let unknown = place.run(&["explain", "situation/snapshot-instaled"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("`snapshot-installed`"), "{unknown:?}");
    assert!(place.run(&["explain", "check/durability"]).stdout.contains("acknowledged"));
    assert_eq!(place.run(&["explain", "check/taste"]).code, 2);
    for kind in Kind::ALL {
        let signature = format!("linearizable/{}", kind.name());
        let explained = place.run(&["explain", &signature]);
        let beginning = format!("{signature}: {}\n", kind.about());
        assert!(explained.stdout.starts_with(&beginning), "{explained:?}");
    }
    assert_eq!(place.run(&["explain", "linearizable/taste"]).code, 2);
}

#[test]
fn json_is_one_object_with_all_that_is_known() {
    let place = Place::with_scenarios("json");
    let ran = place.run(&["run", "steady", "--seed", "3", "--format", "json"]);
    let told = ran.json();
    assert_eq!(told["verdict"], "pass");
    assert_eq!(told["exit"], 0);
    assert_eq!(told["seed"], 3);
    assert!(told["counters"]["ops-ok"].as_u64().is_some_and(|ok| ok > 0), "{told}");
    assert_eq!(ran.stdout.lines().count(), 1);
}

#[test]
fn every_word_that_is_printed_can_be_explained() {
    let place = Place::empty("explain");
    let signatures = testbed::signatures().map(|(signature, _)| signature);
    let others = ::torture::SIGNATURES.iter().map(|(signature, _)| (*signature).to_owned());
    let words = "sut/aborted sut/hung sut/panic#raft-0.7.0/src/raft_log.rs:292 sut/halt#corrupt \
                 PASS FAIL UNKNOWN NONDET BLIND INCOMPLETE GONE 0 100 exit/75 130 durability";
    let words = words.split(' ').map(str::to_owned);
    for word in signatures.chain(others).chain(words) {
        let ran = place.run(&["explain", &word]);
        assert_eq!(ran.code, 0, "{word}: {ran:?}");
        assert!(ran.stdout.contains(": "), "{word}: {ran:?}");
    }
    for (slip, words) in [
        ("vote-kept/chagned", "there is `vote-kept/changed`"),
        ("vote-kept/eaten", "there are vote-kept/changed, vote-kept/forgotten"),
        ("exit/77", "exit/CODE"),
    ] {
        let ran = place.run(&["explain", slip]);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{slip}: {ran:?}");
    }
}

#[test]
fn a_kind_that_no_check_reports_cannot_be_expected() {
    let place = Place::empty("expect-kind");
    for (signature, words) in [
        ("vote-kept/forgoten", "s.toml:4: `vote-kept/forgoten`"),
        ("vote-kept/forgoten", "there is `vote-kept/forgotten`"),
        ("vote-kpt/*", "there is a check named `vote-kept`"),
    ] {
        let text =
            format!("about = 'x'\n[expect]\nverdict = 'fail'\nsignatures = ['{signature}']\n");
        place.write("s.toml", text);
        let ran = place.run(&["run", "s.toml", "--dry-run"]);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{signature}: {ran:?}");
    }
    for signature in ["vote-kept/*", "sut/halt#corrupt", "liveness/no-write"] {
        let text =
            format!("about = 'x'\n[expect]\nverdict = 'fail'\nsignatures = ['{signature}']\n");
        place.write("s.toml", text);
        assert_eq!(place.run(&["run", "s.toml", "--dry-run"]).code, 0, "{signature}");
    }
}
