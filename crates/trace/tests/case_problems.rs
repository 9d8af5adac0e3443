//! What is said of case files that are wrong, and what goes over what in those that are right.

use trace::{Case, CaseExpect, Fault, Problems, Target, is_case, parse_case};

const HEAD: &str = "squall-case = \"1.0\"\ntitle = \"A test.\"\nseed = 3\n";
const PASS: &str = "expect = { verdict = \"pass\" }\n";

/// A scenario that cases of these tests may name.
const BASE: &str = r#"
about = "A base."
cluster = { nodes = 3, clients = 2 }
net = { loss = 0.25, delay = { dist = "uniform", min = "1ms", max = "2ms" } }
fault = [{ crash = { at = "1s", for = "1s", node = "n3" } }]
swarm = [{ crash = { every = "1s", for = "1s" } }]
expect = { verdict = "fail", signatures = ["durability/*"] }
"#;

fn read(text: &str, flags: &[(&str, &str)]) -> Result<Case, Problems> {
    let flags: Vec<_> = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    parse_case("t.case.toml", text, &flags, &mut |name| match name {
        "base" => Ok(("scenarios/base.toml".to_owned(), BASE.as_bytes().to_vec())),
        "bad" => Ok(("scenarios/bad.toml".to_owned(), b"about = 3".to_vec())),
        _ => Err(format!("no scenario file `{name}`")),
    })
}

/// Asserts that the text has exactly one problem, with this code at this spot, and that all of
/// `pieces` are said.
#[track_caller]
fn one(text: &str, code: &str, spot: &str, pieces: &[&str]) {
    let problems = read(text, &[]).expect_err("this case is bad");
    let shown = problems.render(false);
    let [problem] = &problems.list[..] else { panic!("not one problem:\n{shown}") };
    assert_eq!(problem.code, code, "{shown}");
    assert_eq!(&text[problem.span.clone()], spot, "{shown}");
    for piece in pieces.iter().chain(&["t.case.toml"]) {
        assert!(shown.contains(piece), "{piece:?} is not in\n{shown}");
    }
}

#[test]
fn a_case_is_a_scenario_with_a_seed() {
    let text = format!("{HEAD}{PASS}cluster = {{ nodes = 3 }}\nfault = []\n");
    let case = read(&text, &[]).expect("a case");
    assert_eq!((case.seed, case.scenario.cluster.nodes), (3, 3));
    assert_eq!(case.scenario.name, "t");
    assert_eq!(case.scenario.about, case.title);
    assert_eq!(case.expect, CaseExpect::Pass { was: None });
}

#[test]
fn a_case_goes_over_the_scenario_that_it_names() {
    let text = format!("{HEAD}{PASS}scenario = \"base\"\n[net]\ndelay = \"5ms\"\n");
    let case = read(&text, &[("cluster.clients", "4")]).expect("a case");
    let scenario = &case.scenario;
    assert_eq!((scenario.name.as_str(), scenario.about.as_str()), ("base", "A base."));
    assert_eq!((scenario.net.loss, scenario.net.delay), (250_000, trace::Delay::Fixed(5_000_000)));
    assert_eq!((scenario.cluster.nodes, scenario.cluster.clients), (3, 4));
    assert_eq!((scenario.swarm.len(), scenario.faults.len()), (1, 1), "nothing is pinned");
    assert_eq!(scenario.expect, trace::Expect::Pass, "the case's word counts");
}

#[test]
fn faults_of_a_case_are_all_there_are() {
    let fault = "[[fault]]\ncrash = { at = \"2s\", for = \"1s\", target = \"leader\" }\n";
    let case = read(&format!("{HEAD}{PASS}scenario = \"base\"\n{fault}"), &[]).expect("a case");
    let [only] = &case.scenario.faults[..] else { panic!("{case:?}") };
    assert!(matches!(only.fault, Fault::Crash { target: Target::Leader, .. }), "{only:?}");
    assert!(case.scenario.swarm.is_empty(), "what is pinned is not drawn as well");
}

#[test]
fn mistakes_are_shown_with_their_place() {
    let with = |lines: &str| format!("{HEAD}{PASS}{lines}\n");
    one(&with("sead = 4"), "S010", "sead", &["unknown key `sead` in the case", "named `seed`"]);
    one(&with("[net]\nlos = 1"), "S010", "los", &["named `loss`"]);
    one(&with("scenario = \"bse\""), "S040", "scenario", &["no scenario file `bse`"]);
    one(&with("scenario = \"bad\""), "S040", "scenario", &["scenarios/bad.toml is itself wrong"]);
    one(
        &with("scenario = \"base\"\ncluster = { nodes = 2 }"),
        "S021",
        "scenario",
        &["node `n3` does not exist", "in the scenario that this names"],
    );
    one(
        &with("[[fault]]\ncrash = { at = \"1s\", for = \"1s\", node = \"n9\" }"),
        "S021",
        "\"n9\"",
        &["node `n9` does not exist"],
    );
    let recorded = "recorded = { squall = \"0\", system = \"x\", hash = \"12xy\", events = 1 }";
    one(&with(recorded), "S042", "\"12xy\"", &["12 hex digits"]);
    one(
        &format!("{HEAD}expect = {{ verdict = \"fail\" }}"),
        "S011",
        "{ verdict = \"fail\" }",
        &["needs `sig`"],
    );
    let bad = "expect = { verdict = \"fail\", sig = \"stale\" }";
    one(&format!("{HEAD}{bad}"), "S028", "\"stale\"", &["check/kind"]);
    let later = with("").replace("1.0", "2.0");
    one(&later, "S041", "\"2.0\"", &["this program reads 1.x"]);
}

#[test]
fn a_wrong_flag_is_told_as_one() {
    let text = format!("{HEAD}{PASS}scenario = \"base\"\n");
    let shown = read(&text, &[("net.lost", "1")]).expect_err("bad").render(false);
    assert!(shown.contains("--set") && shown.contains("lost"), "{shown}");
}

#[test]
fn cases_are_told_from_scenarios() {
    assert!(is_case("x.case.toml", b""));
    assert!(is_case("x.toml", b"# hello\nsquall-case = \"1.0\"\n"));
    assert!(is_case("x.json", b"{ \"squall-case\": \"1.0\" }"));
    assert!(!is_case("x.toml", b"about = \"no squall-case\"\n"));
    assert!(!is_case("x.toml", b"squall-cases = 3\n"));
}
