//! What is said of scenario files that are wrong: each problem with its line, all at once.

use trace::{Pace, Problems, SCENARIO_BYTES_MAX, Target, parse_scenario, parse_scenario_bytes};

fn problems(text: &str) -> Problems {
    problems_with(text, &[])
}

fn problems_with(text: &str, flags: &[(&str, &str)]) -> Problems {
    let flags: Vec<_> = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    parse_scenario("bad.toml", text, &flags).expect_err("this scenario is bad")
}

/// Asserts that the text, with an `about`, has exactly one problem, that it has this code, that
/// its span covers `spot`, and that the rendering holds each of these pieces.
#[track_caller]
fn one(text: &str, code: &str, spot: &str, pieces: &[&str]) {
    let text = format!("about = \"A test.\"\n{text}");
    let problems = problems(&text);
    let shown = problems.render(false);
    let [problem] = &problems.list[..] else { panic!("not one problem:\n{shown}") };
    assert_eq!(problem.code, code, "{shown}");
    assert_eq!(&text[problem.span.clone()], spot, "{shown}");
    assert!(shown.contains(&format!("error[{code}]")), "{shown}");
    for piece in pieces {
        assert!(shown.contains(piece), "{piece:?} is not in\n{shown}");
    }
}

#[test]
fn two_mistakes_are_shown_as_the_compiler_shows_them() {
    let text = r#"about = "Two mistakes."

[cluster]
nodes = 5

[[fault]]
partiton = { at = "1s", for = "800ms", groups = [["n1", "n2"], ["n3", "n4", "n5"]] }

[[fault]]
crash = { at = "2s", for = "1s", node = "n9" }
"#;
    let shown = problems(text).render(false);
    assert_eq!(
        shown,
        r#"error[S012]: unknown fault `partiton` in [[fault]]
 --> bad.toml:7:1
  |
7 | partiton = { at = "1s", for = "800ms", groups = [["n1", "n2"], ["n3", "n4", "n5"]] }
  | ^^^^^^^^ help: there is a fault named `partition`
error[S021]: node `n9` does not exist
  --> bad.toml:10:41
   |
 4 | nodes = 5
   |         - the cluster has n1..n5
...
10 | crash = { at = "2s", for = "1s", node = "n9" }
   |                                         ^^^^ unknown node
error: 2 errors in bad.toml; see `squall explain S021`"#
    );
    assert!(problems(text).render(true).contains("\u{1b}["), "colours, when asked for");
}

#[test]
fn unknown_keys_are_told_with_their_neighbour() {
    one("[net]\nlos = 0.1", "S010", "los", &["unknown key `los` in [net]", "named `loss`"]);
    one("[nett]\n", "S010", "nett", &["help: there is a key named `net`"]);
    one("[disk]\nfsync-lies = 1", "S010", "fsync-lies", &["the keys are `write`, `sync`"]);
    one("[workload]\nmix = { gets = 1 }", "S010", "gets", &["there is an operation named `get`"]);
    one("[[swarm]]\nclock = { on = 1 }", "S012", "clock", &["unknown fault `clock`"]);
    one("[budget]\nunavailabel = 1", "S010", "unavailabel", &["named `unavailable`"]);
    let delay = "[net]\ndelay = { dist = \"fixed\", value = \"1ms\", max = \"2ms\" }";
    one(delay, "S010", "max", &["does not belong to this distribution"]);
}

#[test]
fn missing_keys_are_told() {
    let shown = problems("[cluster]\nnodes = 3\n").render(false);
    assert!(shown.contains("error[S011]: the scenario needs `about`"), "{shown}");
    let shown = problems("").render(false);
    assert!(shown.contains("the scenario needs `about`"), "{shown}");
    let table = "{ at = \"1s\", target = \"any\" }";
    one(&format!("[[fault]]\ncrash = {table}"), "S011", table, &["this fault needs `for`"]);
    one("[[fault]]\nid = \"a\"", "S014", "[[fault]]", &["needs one of `partition`, `crash`"]);
}

#[test]
fn one_entry_is_one_fault() {
    let text = r#"[[fault]]
crash = { at = "1s", for = "1s", target = "any" }
transfer = { at = "1s", to = "n1" }"#;
    one(text, "S014", "transfer", &["`crash` and `transfer` exclude each other", "the first"]);
    let text = r#"[[fault]]
crash = { at = "1s", for = "1s", target = "any", node = "n1" }"#;
    one(text, "S014", "target", &["`node` and `target` exclude each other"]);
    let text = r#"[[fault]]
crash = { at = "1s", for = "1s", node = "n1", place = "after" }"#;
    one(text, "S014", "place", &["needs `effect`, too"]);
    let text = r#"[[fault]]
crash = { at = "1s", for = "1s", node = "n1", how = "stop", effect = 3 }"#;
    one(text, "S014", "effect", &["a stop does not wait for an effect"]);
    one("[expect]\nverdict = \"pass\"\nwithin = 3", "S014", "within", &["belongs to the verdict"]);
}

#[test]
fn types_are_checked() {
    one(
        "[cluster]\nnodes = \"five\"",
        "S013",
        "\"five\"",
        &["expected an integer, found a string"],
    );
    one("net = 3", "S013", "3", &["expected a table, found an integer"]);
    one("fault = 3", "S013", "3", &["a list of tables, [[fault]]"]);
    one("[node]\npre-vote = 1", "S013", "1", &["expected true or false"]);
    one("profile = 1979-05-27", "S013", "1979-05-27", &["found a date"]);
}

#[test]
fn durations_have_units() {
    let pieces =
        ["`5 parsecs` is not a duration", "\"100ns\", \"5us\", \"10ms\", \"1.5s\", \"2m\""];
    one("[limits]\nstorm = \"5 parsecs\"", "S015", "\"5 parsecs\"", &pieces);
    one("[limits]\nstorm = 5", "S015", "5", &["`5` is not a duration"]);
    one("[limits]\nstorm = \"-5s\"", "S015", "\"-5s\"", &[]);
    one("[limits]\nstorm = \"0s\"", "S018", "\"0s\"", &["at least 1ms"]);
}

#[test]
fn probabilities_are_between_never_and_always() {
    let pieces = ["`-0.1` is not a probability", "0.02, \"2%\" or \"20000ppm\""];
    one("[net]\nloss = -0.1", "S016", "-0.1", &pieces);
    for bad in ["1.5", "2", "-1", "\"120%\"", "\"often\"", "0.00000001", "nan", "inf"] {
        one(&format!("[net]\nloss = {bad}"), "S016", bad, &["is not a probability"]);
    }
}

#[test]
fn nodes_targets_and_clients_exist() {
    let fault =
        |inner: &str| format!("[[fault]]\ncrash = {{ at = \"1s\", for = \"1s\", {inner} }}");
    one(&fault("node = \"n9\""), "S021", "\"n9\"", &["help: the cluster has n1..n5"]);
    one(&fault("node = \"n0\""), "S021", "\"n0\"", &["node `n0` does not exist"]);
    one(&fault("node = \"five\""), "S021", "\"five\"", &["is not the name of a node"]);
    one(&fault("target = \"boss\""), "S023", "\"boss\"", &["`boss` is not a target", "leader"]);
    one(&fault("target = \"n6\""), "S021", "\"n6\"", &[]);
    let op = "[[op]]\nclient = 6\nat = \"1s\"\nget = { key = \"x\" }";
    one(op, "S025", "6", &["clients are 1 to 5"]);
    let groups =
        "[[fault]]\npartition = { at = \"1s\", for = \"1s\", groups = [[\"n1\"], [\"n1\"]] }";
    one(groups, "S027", "\"n1\"", &["stands in the groups twice"]);
}

/// One scripted fault that the file itself rules out.
fn ruled_out(faults: &str, more: &str, at: &str, pieces: &[&str]) {
    let text = format!("{more}\n{faults}");
    one(&text, "S032", at, pieces);
    // Each is read if it may do nothing.
    let optional = text.replace("[[fault]]", "[[fault]]\noptional = true");
    let read = parse_scenario("test.toml", &format!("about = \"A test.\"\n{optional}"), &[]);
    assert!(read.is_ok_and(|scenario| scenario.faults.iter().all(|fault| fault.optional)));
}

#[test]
fn scripted_faults_can_happen() {
    let fault = |inner: &str| format!("[[fault]]\n{inner}");
    let late = fault("pause = { at = \"5s\", for = \"1s\", node = \"n1\" }");
    let storm = "[limits]\nstorm = \"5s\"";
    ruled_out(&late, storm, "\"5s\"", &["begins at 5s, and the storm ends at 5s", "`optional"]);
    let brief = fault("flap = { at = \"1s\", for = \"0s\", shape = \"pair\", period = \"9ms\" }");
    ruled_out(&brief, "", "\"0s\"", &["ends when it begins", "more than 0"]);
    for what in ["bit-rot", "unreadable", "wipe", "lying-sync", "misdirect"] {
        let lost =
            format!("disk = {{ at = \"1s\", for = \"1s\", node = \"n2\", what = \"{what}\" }}");
        let pieces = ["data-loss is 0", &format!("{what} loses data")];
        ruled_out(&fault(&lost), "", &format!("\"{what}\""), &pieces);
    }
    let crash = fault("crash = { at = \"1s\", for = \"1s\", target = \"any\" }");
    ruled_out(&crash, "[budget]\nunavailable = 0", "\"1s\"", &["unavailable is 0"]);
    let links = fault("links = { at = \"1s\", for = \"2s\" }");
    ruled_out(&links, "", "\"1s\"", &["changes nothing of the links"]);
    let all = "[[\"n1\", \"n2\"]]";
    let cut = fault(&format!("clog = {{ at = \"1s\", for = \"1s\", groups = {all} }}"));
    ruled_out(&cut, "[cluster]\nnodes = 2", all, &["cuts no link", "in one group"]);
}

#[test]
fn a_scripted_fault_does_not_strike_a_node_that_another_keeps_down() {
    let down = "[[fault]]\ncrash = { at = \"1s\", for = \"2s\", node = \"n1\" }\n[[fault]]\n";
    for fault in [
        "crash = { at = \"1500ms\", for = \"9s\", node = \"n1\" }",
        "pause = { at = \"1500ms\", for = \"1s\", node = \"n1\" }",
        "tick-stall = { at = \"1500ms\", for = \"1s\", node = \"n1\" }",
        "jump = { at = \"1500ms\", node = \"n1\", by = \"1s\" }",
        "disk = { at = \"1500ms\", for = \"1s\", node = \"n1\", what = \"stall\" }",
    ] {
        let pieces = ["n1 is down then: f1 keeps it down from 1s to 3s"];
        ruled_out(&format!("{down}{fault}"), "", "\"1500ms\"", &pieces);
        // Another node, a later time, or a budget that may save the node.
        for (old, new) in [("at = \"1500ms\"", "at = \"3s\""), ("node = \"n1\"", "node = \"n2\"")] {
            let text = format!("about = \"A test.\"\n{down}{}", fault.replace(old, new));
            assert!(parse_scenario("test.toml", &text, &[]).is_ok(), "{text}");
        }
        let text = format!("about = \"A test.\"\n[budget]\nunavailable = 1\n{down}{fault}");
        assert!(parse_scenario("test.toml", &text, &[]).is_ok(), "{text}");
    }
}

#[test]
fn bounds_of_recovery_bound_something() {
    one("[expect]\nrecovery = {}", "S024", "{}", &["bound nothing", "p99"]);
    one("[expect]\nrecovery = { p99 = \"fast\" }", "S015", "\"fast\"", &[]);
    let read = |text: &str| parse_scenario("test.toml", text, &[]).expect("it is right");
    let text = "about = \"A test.\"\n[expect]\nrecovery = { p99 = \"600ms\" }";
    assert_eq!(read(text).recovery.each().collect::<Vec<_>>(), [("p99", 990, 600_000_000)]);
}

#[test]
fn clusters_have_1_to_63_nodes() {
    one("[cluster]\nnodes = 0", "S022", "0", &["a cluster of 0 nodes", "expected 1 to 63"]);
    one("[cluster]\nnodes = 64", "S022", "64", &["a cluster of 64 nodes"]);
    one("[cluster]\nnodes = 60\nspares = 4", "S022", "60", &["learners and spares included"]);
    one("[cluster]\nnodes = -1", "S018", "-1", &["-1 is out of range"]);
}

#[test]
fn ranges_run_forward() {
    let delay = "{ dist = \"uniform\", min = \"9ms\", max = \"1ms\" }";
    one(&format!("[net]\ndelay = {delay}"), "S019", delay, &["9ms > 1ms", "min <= max"]);
    let swarm = "[[swarm]]\npartition = { every = \"2s\", for = [\"3s\", \"200ms\"] }";
    one(swarm, "S019", "[\"3s\", \"200ms\"]", &["the shorter duration stands first"]);
    one("[node]\nelection-ticks = 3", "S018", "3", &["longer than heartbeats"]);
}

#[test]
fn words_are_known() {
    one("profile = \"corect\"", "S017", "\"corect\"", &["there is a profile named `correct`"]);
    one("[workload]\nread = \"psychic\"", "S017", "\"psychic\"", &["expected one of `read-index`"]);
    let swarm = "[[swarm]]\npartition = { every = \"2s\", for = \"1s\", shape = [\"halfs\"] }";
    one(swarm, "S017", "\"halfs\"", &["there is a shape named `halves`"]);
    let fails = "[expect]\nverdict = \"fail\"\nsignatures = [\"linearizable\"]";
    one(fails, "S028", "\"linearizable\"", &["check/*"]);
}

#[test]
fn texts_and_lists_say_something() {
    one("name = \" \"", "S020", "\" \"", &["this text is empty"]);
    one("[workload]\nmix = {}", "S024", "{}", &["no operation has a share"]);
    one("[expect]\nverdict = \"fail\"\nsignatures = []", "S024", "[]", &["names nothing"]);
    let nameless = parse_scenario(".toml", "about = \"A test.\"", &[]).unwrap_err();
    assert_eq!(nameless.list[0].code, "S020");
}

#[test]
fn two_faults_have_two_ids() {
    let transfer = "transfer = { at = \"1s\", to = \"n1\" }";
    let text = format!("[[fault]]\n{transfer}\n[[fault]]\nid = \"f1\"\n{transfer}");
    one(&text, "S029", "\"f1\"", &["two faults bear the id `f1`"]);
}

#[test]
fn syntax_stops_at_the_first_mistake() {
    let shown = problems("about = \"x\"\n[net\nloss = 2\n").render(false);
    assert!(shown.contains("error[S003]: this is not TOML"), "{shown}");
    assert!(shown.contains("--> bad.toml:2:"), "{shown}");
    assert!(shown.ends_with("error: 1 error in bad.toml; see `squall explain S003`"), "{shown}");
    let shown = problems("{\n  \"about\": \"x\",\n  \"net\": { \"loss\" 2 }\n}").render(false);
    assert!(shown.contains("error[S004]: this is not JSON"), "{shown}");
    assert!(shown.contains("--> bad.toml:3:"), "{shown}");
    assert!(shown.contains("line 3 column"), "{shown}");
    let twice = problems("about = \"x\"\nabout = \"y\"\n");
    assert_eq!(twice.list[0].code, "S003");
}

#[test]
fn json_is_judged_like_toml() {
    let text = "{ \"about\": \"x\", \"net\": { \"los\": 0.1, \"delay\": null, \"loss\": 7 } }";
    let problems = problems(text);
    let spots: Vec<_> = problems.list.iter().map(|p| (p.code, &text[p.span.clone()])).collect();
    assert_eq!(spots, [("S010", "\"los\""), ("S016", "7")]);
    let twice = parse_scenario("x", "{\"about\": \"x\", \"about\": \"y\"}", &[]).unwrap_err();
    assert_eq!(twice.list[0].code, "S013");
}

#[test]
fn files_are_small_and_text() {
    let shown =
        |bytes: &[u8]| parse_scenario_bytes("bad.toml", bytes, &[]).unwrap_err().render(false);
    let large = shown(&vec![b'#'; SCENARIO_BYTES_MAX + 1]);
    assert!(large.contains("error[S002]: this file is too large: 1048577 bytes"), "{large}");
    let latin = shown(b"about = \"caf\xe9\"");
    assert!(latin.contains("error[S001]: this file is not UTF-8: byte 12 is 0xe9"), "{latin}");
    assert!(parse_scenario_bytes("x", &vec![b'\n'; SCENARIO_BYTES_MAX], &[]).is_err());
}

#[test]
fn flags_are_judged_where_they_stand() {
    let base =
        "about = \"A test.\"\n[[fault]]\ncrash = { at = \"1s\", for = \"1s\", node = \"n1\" }\n";
    let shown = |key, value| problems_with(base, &[(key, value)]).render(false);
    let text = shown("net.los", "0.1");
    assert!(text.contains("error[S010]: unknown key `los` in [net]"), "{text}");
    assert!(text.contains("--> --set:1:5") && text.contains("net.los=0.1"), "{text}");
    let text = shown("worlkoad.keys", "3");
    assert!(text.contains("help: there is a key named `workload`"), "{text}");
    let text = shown("limits.storm", "5 parsecs");
    assert!(text.contains("`5 parsecs` is not a duration"), "{text}");
    assert!(text.contains("limits.storm=5 parsecs"), "{text}");
    let text = shown("fault.1.crash.at", "2s");
    assert!(text.contains("error[S026]") && text.contains("not one of the items 0 to 0"), "{text}");
    let text = shown("about.x", "2s");
    assert!(text.contains("`x` cannot be set within a string"), "{text}");
    let text = shown("net..loss", "1");
    assert!(text.contains("is not a path of keys"), "{text}");
}

#[test]
fn flags_change_what_the_file_says() {
    let base =
        "about = \"A test.\"\n[[fault]]\ncrash = { at = \"1s\", for = \"1s\", node = \"n1\" }\n";
    let flags = [
        ("name", "other"),
        ("workload.pace", "{ open = { every = \"20ms\" } }"),
        ("fault.0.crash.at", "2s"),
        ("net.loss", "2%"),
        ("cluster.nodes", "3"),
        ("node.pre-vote", "false"),
    ];
    let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let scenario = parse_scenario("dir/base.toml", base, &flags).unwrap();
    assert_eq!(scenario.name, "other");
    assert_eq!(scenario.workload.pace, Pace::Open { every: 20_000_000 });
    assert_eq!((scenario.faults[0].at, scenario.net.loss), (2_000_000_000, 20_000));
    assert_eq!((scenario.cluster.nodes, scenario.node.pre_vote), (3, false));
    assert_eq!(parse_scenario("dir/base.toml", base, &[]).unwrap().name, "base");
    let target = trace::Fault::Crash {
        target: Target::Node(1),
        how: trace::CrashHow::Power,
        point: trace::CrashPoint::Now,
    };
    assert_eq!(scenario.faults[0].fault, target);
}

#[test]
fn only_known_situations_are_required() {
    let text = |name: &str| {
        format!("about = \"A test.\"\n[require]\nsituations = [\"all-down\", \"{name}\"]\n")
    };
    let scenario = parse_scenario("t.toml", &text("lease-read"), &[]).unwrap();
    assert_eq!(scenario.require, [trace::Situation::AllDown, trace::Situation::LeaseRead]);
    for (name, help) in [
        ("snapshot-instaled", "there is a situation named `snapshot-installed`"),
        ("cluster-on-fire", "`squall list situations` names them all"),
    ] {
        let problems = parse_scenario("t.toml", &text(name), &[]).unwrap_err().render(false);
        assert!(
            problems.contains(&format!("error[S030]: unknown situation `{name}`")),
            "{problems}"
        );
        assert!(problems.contains("t.toml:3:27") && problems.contains(help), "{problems}");
    }
}

#[test]
fn every_code_is_explained() {
    let codes: Vec<&str> = trace::problem::CODES.iter().map(|(code, _)| *code).collect();
    assert!(codes.is_sorted() && codes.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(trace::problem::CODES.iter().all(|(_, text)| text.ends_with('.')));
}
