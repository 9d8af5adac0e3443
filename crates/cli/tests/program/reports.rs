//! Reports of a sweep, and what it must have seen.

use std::fs;

use crate::place::{Place, Ran};
use crate::sweep::{place, run, summary};

/// Requires what its seeds come into, and one thing that none does.
const PICKY: &str = "about = 'picky'
[cluster]
nodes = 3
clients = 2
[workload]
pace = { closed = { think = '20ms' } }
[limits]
storm = '500ms'
[[fault]]
crash = { at = '200ms', for = '50ms', target = 'leader' }
[require]
situations = ['follower-read', 'all-down']
";

fn picky(name: &str) -> Place {
    let place = Place::empty(&format!("reports-{name}"));
    place.write("picky.toml", PICKY);
    place
}

#[test]
fn what_must_be_seen_and_was_not_is_exit_6() {
    let place = picky("require");
    let sweep = "sweep picky.toml --seeds 0..10 --out s";
    let ran = run(&place, &format!("{sweep} --junit ci/junit.xml --summary-md s.md"));
    assert_eq!(ran.code, 6, "{ran:?}");
    let line =
        "  ! all-down                                 0 /         0        picky   NOT REACHED";
    assert!(ran.stdout.contains(line), "{ran:?}");
    assert!(ran.stdout.contains("    follower-read  "), "{ran:?}");
    let junit = fs::read_to_string(place.path("ci/junit.xml")).expect("it is written");
    assert!(junit.contains("<testcase name=\"situation follower-read\" classname=\"picky\"/>"));
    assert!(junit.contains("<failure message=\"all-down was not reached in 10 runs\""), "{junit}");
    let markdown = fs::read_to_string(place.path("s.md")).expect("it is written");
    assert!(
        markdown.contains("| **NOT REACHED** in picky: `all-down` | picky | 0 |"),
        "{markdown}"
    );
    // Nothing is required, or something else too; what was stored is enough to tell.
    assert_eq!(run(&place, &format!("{sweep} --no-require")).code, 0);
    assert_eq!(run(&place, "merge s --no-require").code, 0);
    assert_eq!(run(&place, "merge s").code, 6);
    let more = run(&place, "merge s --require quorum-down --format json");
    let require = &summary(&more)["scenarios"][0]["require"];
    assert_eq!(require.as_array().map(Vec::len), Some(3), "{require}");
    // One of many leaves it to the merge.
    assert_eq!(run(&place, &format!("{sweep} --worker")).code, 0);
}

#[test]
fn what_cannot_be_seen_is_refused_before_anything_is_run() {
    let place = picky("impossible");
    for (situation, help) in [
        ("all-dwon", "there is one named `all-down`"),
        ("on-fire", "see `squall list situations`"),
        ("elected-in-pause", "it needs pauses"),
    ] {
        let ran = run(&place, &format!("sweep picky.toml -n 5 --require {situation}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(help), "{ran:?}");
    }
    assert_eq!(place.entries(), ["picky.toml"]);
}

#[test]
fn github_is_told_where_it_reads_along() {
    let place = place("github");
    let sweep = |name: &str, value: &str, line: &str| {
        let summary = place.path("step.md");
        let mut command = place.squall(&line.split_whitespace().collect::<Vec<_>>());
        command.env("GITHUB_STEP_SUMMARY", &summary).env(name, value);
        let ran = Ran::of(command.output().expect("squall starts"));
        let text = fs::read_to_string(&summary).unwrap_or_default();
        let _ = fs::remove_file(&summary);
        (ran, text)
    };
    let line = "sweep wrong.toml --seeds 0..20 --out s";
    let (ran, text) = sweep("GITHUB_ACTIONS", "true", line);
    assert_eq!(ran.code, 100, "{ran:?}");
    let errors: Vec<&str> = ran.stderr.lines().filter(|l| l.starts_with("::error")).collect();
    assert!(!errors.is_empty() && errors.len() <= 10, "{ran:?}");
    assert!(errors[0].starts_with("::error title=wrong%3A linearizable/"), "{errors:?}");
    assert!(errors[0].contains(",file=wrong.toml,line=1::"), "{errors:?}");
    assert!(text.starts_with("## squall sweep: FAIL\n"), "{text}");
    for (name, value, more) in
        [("GITHUB_ACTIONS", "false", ""), ("GITHUB_ACTIONS", "true", " --github off")]
    {
        let (ran, text) = sweep(name, value, &format!("{line}{more}"));
        assert!(!ran.stderr.contains("::error") && text.is_empty(), "{ran:?}");
    }
    // A summary that cannot be written changes nothing.
    let ran = run(&place, &format!("{line} --summary-md wrong.toml/no/file.md"));
    assert_eq!(ran.code, 100, "{ran:?}");
    assert!(ran.stderr.contains("warning: cannot write"), "{ran:?}");
}
