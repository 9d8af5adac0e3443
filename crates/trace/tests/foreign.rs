//! Histories of others: read as they are meant, refused with a line and a reason, and written so
//! that they are read back.

use system::{Op, Output};
use trace::foreign::{
    self, Foreign, Format, Known, Model, write_history_lines, write_jepsen_edn,
    write_porcupine_json,
};
use trace::{Operation, Outcome};

const LINES: &str = r#"{"squall":"history","v":"1.0","initial":"0"}
{"t":1000,"k":"op.invoke","op":"c1.1","f":"put","key":"x","in":"7"}
{"t":1500,"k":"op.invoke","op":"c2.1","f":"get","key":"x"}
{"t":2000,"k":"op.ok","op":"c1.1"}
{"t":2500,"k":"op.ok","op":"c2.1","out":"7"}
{"t":3000,"k":"op.invoke","op":"c1.2","f":"cas","key":"x","expect":"7","in":"8"}
{"t":3500,"k":"op.info","op":"c1.2","err":"timeout"}
{"t":4000,"k":"op.invoke","op":"c2.2","f":"append","key":"y","in":"a"}
{"t":4500,"k":"op.fail","op":"c2.2","err":"refused"}
"#;

const EDN: &str = r#"; a register with a nemesis
[{:process 0, :type :invoke, :f :write, :value 3}
 {:process :nemesis, :type :info, :f :start, :value "cut off"}
 {:process 1, :type :invoke, :f :read, :value nil}
 #_ {:process 9 :type :nonsense}
 {:process 0, :type :ok, :f :write, :value 3}
 {:process 1, :type :ok, :f :read, :value 3}
 {:process 2, :type :invoke, :f :cas, :value [3 4]}
 {:process 2, :type :fail, :f :cas, :value [3 4]}]
"#;

const INDEPENDENT: &str = r#"{:process 0 :type :invoke :f :write :value ["a" 1] :time 10}
{:process 1 :type :invoke :f :read :value ["b" nil] :time 20}
{:process 0 :type :ok :f :write :value ["a" 1] :time 30}
{:process 1 :type :ok :f :read :value ["b" 2] :time 40}
"#;

const MUTEX: &str = "{:process 3 :type :invoke :f :acquire}\n{:process 3 :type :ok :f :acquire}\n";

const LOG: &str = "INFO  jepsen.util - 4\t:invoke\t:read\tnil
INFO  jepsen.util - 4\t:ok\t:read\tnil
INFO  jepsen.util - 1   :invoke :cas    [2 4]
INFO  jepsen.util - 1   :fail   :cas    [2 4]
INFO  jepsen.util - 2\t:invoke\t:write\t1
INFO  jepsen.util - 2\t:info\t:write\t:timed-out
";

const KV: &str = r#"{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
{:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}
{:process 0, :type :invoke, :f :get, :key "7", :value nil}
{:process 0, :type :ok, :f :get, :key "7", :value ""}
"#;

const JSON: &str = r#"[
 {"ClientId":1,"Input":{"Op":"put","Key":"x","Value":"7"},"Call":10,"Output":{},"Return":20},
 {"ClientId":2,"Input":{"Op":"get","Key":"x"},"Call":5,"Output":{"Value":null},"Return":10},
 {"ClientId":3,"Input":{"Op":"delete","Key":"x"},"Call":12,"Output":null,"Return":99}
]"#;

#[track_caller]
fn read(text: &str) -> Foreign {
    foreign::read(text.as_bytes(), &Known::default()).unwrap_or_else(|problem| panic!("{problem}"))
}

fn outcomes(found: &Foreign) -> Vec<String> {
    let say = |operation: &Operation| match &operation.outcome {
        Outcome::Ok { output: Output::Value(Some(value)), .. } => {
            format!("{} {}", operation.op.name(), String::from_utf8_lossy(value))
        }
        Outcome::Ok { output: Output::Value(None), .. } => format!("{} -", operation.op.name()),
        Outcome::Ok { output: Output::Swapped(swapped), .. } => format!("cas {swapped}"),
        Outcome::Ok { output: Output::Done, .. } => format!("{} done", operation.op.name()),
        Outcome::Failed(_) => format!("{} failed", operation.op.name()),
        Outcome::Unknown(_) => format!("{} unknown", operation.op.name()),
    };
    found.history.operations.iter().map(say).collect()
}

#[test]
fn each_format_is_told_by_its_content_and_read() {
    type Case = (&'static str, Format, Model, Option<&'static str>, &'static [&'static str]);
    let cases: [Case; 7] = [
        (
            LINES,
            Format::History,
            Model::Kv,
            Some("0"),
            &["put done", "get 7", "cas unknown", "append failed"],
        ),
        (EDN, Format::JepsenEdn, Model::CasRegister, None, &["put done", "get 3", "cas failed"]),
        (INDEPENDENT, Format::JepsenEdn, Model::Kv, None, &["put done", "get 2"]),
        (MUTEX, Format::JepsenEdn, Model::Mutex, Some("free"), &["cas true"]),
        (LOG, Format::JepsenLog, Model::CasRegister, None, &["get -", "cas false", "put unknown"]),
        (KV, Format::PorcupineKv, Model::Kv, Some(""), &["append done", "get "]),
        (JSON, Format::PorcupineJson, Model::Kv, None, &["get -", "put done", "delete unknown"]),
    ];
    for (text, format, model, initial, expected) in cases {
        let found = read(text);
        assert_eq!((found.format, found.model), (format, model), "{text}");
        assert_eq!(found.history.initial.as_deref(), initial.map(str::as_bytes), "{text}");
        assert_eq!(outcomes(&found), expected, "{text}");
    }
}

#[test]
fn keys_stand_in_front_of_independent_values() {
    let found = read(INDEPENDENT);
    let keys: Vec<&[u8]> = found.history.operations.iter().map(|o| o.op.key().as_ref()).collect();
    assert_eq!(keys, [b"a", b"b"]);
    assert!(matches!(&found.history.operations[0].op, Op::Put { value, .. } if value == "1"));
    assert!(found.timed && !read(EDN).timed);
}

/// Two keys, and one read that timed out.
const TIMED_OUT: &str = "{:process 0, :type :invoke, :f :write, :value [0 1]}
{:process 0, :type :ok, :f :write, :value [0 1]}
{:process 1, :type :invoke, :f :write, :value [1 5]}
{:process 1, :type :ok, :f :write, :value [1 5]}
{:process 0, :type :invoke, :f :read, :value [0 nil]}
{:process 0, :type :ok, :f :read, :value [0 1]}
{:process 1, :type :invoke, :f :read, :value [1 nil]}
{:process 1, :type :info, :f :read, :value nil, :error :timeout}\n";

/// Nobody reads.
const UNREAD: &str = "{:process 0, :type :invoke, :f :cas, :value [\"a\" [nil 1]]}
{:process 0, :type :ok, :f :cas, :value [\"a\" [nil 1]]}
{:process 0, :type :invoke, :f :cas, :value [\"b\" [1 2]]}
{:process 0, :type :ok, :f :cas, :value [\"b\" [1 2]]}\n";

#[test]
fn one_value_of_nil_and_no_reads_at_all_leave_a_file_keyed() {
    let keys = |found: &Foreign| -> Vec<String> {
        let operations = found.history.operations.iter();
        operations.map(|o| String::from_utf8_lossy(o.op.key()).into_owned()).collect()
    };
    for end in ["info", "fail", "ok"] {
        let found = read(&TIMED_OUT.replace("info", end));
        assert_eq!((found.model, found.keyed, keys(&found)), {
            (Model::Kv, true, ["0", "1", "0", "1"].map(str::to_owned).to_vec())
        });
        assert_eq!(outcomes(&found)[..3], ["put done", "put done", "get 1"]);
    }
    let found = read(UNREAD);
    assert_eq!((found.keyed, keys(&found)), (true, vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(outcomes(&found), ["cas true", "cas true"]);
}

#[test]
fn who_knows_whether_there_are_keys_says_so() {
    let known = |keyed| Known { keyed: Some(keyed), ..Known::default() };
    let found = foreign::read(TIMED_OUT.as_bytes(), &known(false)).expect("pairs are values");
    assert!(!found.keyed && found.history.operations.iter().all(|o| *o.op.key() == "x"));
    let problem = foreign::read(EDN.as_bytes(), &known(true)).expect_err("no pairs");
    assert_eq!((problem.line, problem.message.contains("no pair of key and value")), (2, true));
    for (text, keyed) in [(LINES, false), (JSON, false), (KV, false), (LOG, true)] {
        let problem = foreign::read(text.as_bytes(), &known(keyed)).expect_err(text);
        let flag = if keyed { "leave out --keyed" } else { "leave out --plain" };
        assert!(problem.message.contains(flag), "{text}: {problem}");
    }
}

#[test]
fn a_read_of_nil_says_nothing_unless_nil_is_absence() {
    let text = "{:process 1 :type :invoke :f :read :value nil}
{:process 1 :type :ok :f :read :value nil}\n";
    assert_eq!(outcomes(&read(text)), ["get unknown"]);
    assert_eq!(outcomes(&read(&format!("; squall: nil is absence\n{text}"))), ["get -"]);
}

/// The operations of three clients as fields; the nemesis and an error of two lines among them.
const FIELDS: [&str; 9] = [
    "0\t:invoke\t:write\t[1 3]",
    "1\t:invoke\t:read\t[1 nil]",
    ":nemesis\t:info\t:start-partition\t:majority",
    "0\t:ok\t:write\t[1 3]",
    "1\t:ok\t:read\t[1 3]",
    "2\t:invoke\t:cas\t[1 [3 4]]",
    "2\t:info\t:cas\t[1 [3 4]]\tindeterminate: timeout (\nat x.y.z)",
    "3\t:invoke\t:read\t[1 nil]",
    "3\t:fail\t:read\t[1 nil]\t[11 \"not a leader\"]",
];

/// The same operations in a log, each line with something in front.
fn log(front: &str) -> String {
    let lines = FIELDS.map(|fields| format!("{front}{fields}\n"));
    format!("{front}: something else\n{{:more 1}}\n{}", lines.concat())
}

#[test]
fn the_same_operations_in_history_txt_and_in_each_log_are_the_same_history() {
    let txt = read(&FIELDS.map(|fields| format!("{fields}\n")).concat());
    assert_eq!((txt.format, txt.model, txt.keyed), (Format::JepsenText, Model::Kv, true));
    assert_eq!(outcomes(&txt), ["put done", "get 3", "cas unknown", "get failed"]);
    for front in [
        "2024-05-01 12:00:00,000{GMT}\tINFO\t[jepsen worker 3] jepsen.util: ",
        "2024-05-01 12:00:00,000{GMT} INFO [jepsen worker 3] jepsen.util: ",
        "2026-09-27 12:00:00,000{GMT}\tINFO\t[jepsen worker 3] jepsen.print: ",
        "INFO [2017-07-14 07:00:58,463] jepsen worker 3 - jepsen.util ",
        "07:00:57.636 [jepsen worker 3] INFO  jepsen.util - ",
    ] {
        let found = read(&log(front));
        assert_eq!((found.format, found.model), (Format::JepsenLog, Model::Kv), "{front}");
        assert_eq!(found.history, txt.history, "{front}");
    }
    // What follows from the fields is the same too: one register, with or without a cas.
    for (values, model) in
        [(["3", "nil", "[3 4]"], Model::CasRegister), (["3", "nil", "3"], { Model::Register })]
    {
        let text = format!(
            "0\t:invoke\t:write\t{}\r\n1\t:invoke\t:read\t{}\r\n2\t:invoke\t:{}\t{}\r\n",
            values[0],
            values[1],
            if model == Model::Register { "write" } else { "cas" },
            values[2],
        );
        let found = read(&text);
        assert_eq!((found.model, found.keyed), (model, false), "{text}");
    }
}

#[test]
fn a_line_of_text_that_is_no_operation_is_refused_with_its_line() {
    let entry = "2024-05-01 12:00:00,000{GMT}\tINFO\t[jepsen worker 3] jepsen.util: ";
    let begin = "0\t:invoke\t:write\t3\n";
    let cases = [
        ("hello\n", "expected `PROCESS"),
        ("0\t:inv\n", "expected `PROCESS"),
        ("0\t:ok\n", "the f is missing"),
        ("0\t:ok\t:write\n", "the value is missing"),
        ("0\t:ok\t:write\t[3\n", "`]` is missing"),
        ("0\t:ok\t:write\t3 4\n", "expected the end of the line"),
        ("0\t:ok\t:write\t4\n", "not the one that was asked for"),
        ("0\t:invoke\t:write\t4\n", "while its operation of line 1 is open"),
        ("4\t:ok\t:write\t3\n", "did not invoke"),
        ("0\t:ok\twrite\t3\n", "`:f` is missing, or no keyword"),
    ];
    for (line, reason) in cases {
        for front in ["", entry] {
            let is_plain_word = !front.is_empty() && line == "hello\n";
            let text = format!("{front}{begin}{front}{line}");
            let found = foreign::read(text.as_bytes(), &Known::default());
            match found {
                // An entry of a log may be about something else.
                Ok(found) => assert!(is_plain_word && outcomes(&found) == ["put unknown"]),
                Err(problem) => {
                    assert!(problem.message.contains(reason), "{text}: {problem}");
                    assert_eq!(problem.line, 2, "{text}: {problem}");
                }
            }
        }
    }
    // Only what follows an error may be its next line, and no operation is.
    let failed = format!("{begin}0\t:info\t:write\t3");
    for (end, line) in [("\n", "hello"), ("\ttimeout\n", "1\t:inv"), ("\ttimeout\n", "1")] {
        let problem = foreign::read(format!("{failed}{end}{line}").as_bytes(), &Known::default());
        assert_eq!(problem.expect_err(line).line, 3, "{line}");
    }
    let nothing = "2024-05-01 12:00:00,000{GMT}\tINFO\t[main] jepsen.cli: Test options:\n{:a 1}\n";
    let problem = foreign::read(nothing.as_bytes(), &Known::default()).expect_err(nothing);
    assert!(problem.message.contains("no operation in this log"), "{problem}");
}

#[test]
fn text_that_is_cut_anywhere_never_panics() {
    let entry = "2024-05-01 12:00:00,000{GMT}\tINFO\t[jepsen worker 3] jepsen.util: ";
    for text in [log(entry), FIELDS.join("\n"), EDN.to_owned(), LOG.to_owned(), JSON.to_owned()] {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = foreign::read(&text.as_bytes()[..end], &Known::default());
        }
    }
}

#[test]
fn of_an_unknown_operation_the_return_means_nothing() {
    for end in [
        r#""Output":null,"Return":99"#,
        r#""Output":null,"Return":3"#,
        r#""Output":null,"Return":-1"#,
        r#""Output":null,"Return":null"#,
        r#""Output":null"#,
        r#""Return":null"#,
    ] {
        let text = JSON.replace(r#""Output":null,"Return":99"#, end);
        let found = read(&text);
        assert_eq!(outcomes(&found), ["get -", "put done", "delete unknown"], "{text}");
        assert_eq!(found.history, read(JSON).history, "{text}");
    }
    for (end, reason) in [
        (r#""Output":{}"#, "`Return` is missing"),
        (r#""Output":{},"Return":3"#, "before its call"),
        (r#""Return":99"#, "but no `Output`"),
    ] {
        let text = JSON.replace(r#""Output":null,"Return":99"#, end);
        let problem = foreign::read(text.as_bytes(), &Known::default()).expect_err(end);
        assert!(problem.line == 4 && problem.message.contains(reason), "{problem}");
    }
}

#[test]
fn operations_that_touch_overlap() {
    // The get of client 2 returns at 10, when the put of client 1 is called.
    let operations = read(JSON).history.operations;
    assert!(operations[1].invoked_seq < operations[0].returned_seq);
}

#[test]
fn what_is_wrong_is_refused_with_its_line() {
    let twice = format!("{MUTEX}{MUTEX}").replace(":ok", ":invoke");
    let cases: [(&str, u64, &str); 19] = [
        (&EDN.replace(":ok, :f :write, :value 3", ":ok, :f :write, :value 4"), 6, "asked for: 4"),
        (&UNREAD.replacen("[nil 1]", "[nil 2]", 1), 2, "asked for: [nil 1]"),
        (&UNREAD.replacen("[1 2]", "2", 1), 3, "--keyed or --plain"),
        (&INDEPENDENT.replacen(":value", ":key 0 :value", 1), 2, "`:key` is missing"),
        ("[{:process :nemesis :type :info :f :start}]", 0, "no operation of a client"),
        ("hello", 1, "this is no history"),
        ("{\"k\":\"op.ok\",\"op\":\"c1.1\"}", 1, "was not invoked"),
        ("{\"k\":\"op.invoke\",\"op\":\"c1.1\",\"f\":\"get\"}", 1, "`key` is missing"),
        ("{\"k\":\"msg.send\"}", 1, "expected `op.invoke`"),
        ("{\"k\":\"op.invoke\"", 1, "not a JSON object"),
        (&twice, 2, "invokes while its operation of line 1 is open"),
        ("[{:process 1 :type :invoke :f :read}", 1, "`]` is missing"),
        ("[\n{:process 1 :type :ok :f :read :value 1}]", 2, "did not invoke"),
        ("[\n{:process 1 :type :invoke :f :write}]", 2, "writes nothing"),
        ("[\n\n{:process 1 :type :sure :f :read}]", 3, "invoke, ok, fail or info"),
        ("[{:process 1 :f :read}]", 1, "`:type` is missing"),
        (&LOG.replace("[2 4]", "[2 four]"), 3, "`four` is no integer"),
        (&LOG.replace(":read\tnil", ":look\tnil"), 1, "there is no operation `:look`"),
        (&JSON.replace("\"Call\":12", "\"Call\":\"x\""), 4, "`Call` should be an unsigned integer"),
    ];
    for (text, line, reason) in cases {
        let problem = foreign::read(text.as_bytes(), &Known::default()).expect_err(text);
        assert!(problem.message.contains(reason), "{text}: {problem}");
        assert_eq!(problem.line, line, "{text}: {problem}");
    }
    let deep = format!("[{}", "[".repeat(10_000));
    let problem = foreign::read(deep.as_bytes(), &Known::default()).expect_err("too deep");
    assert!(problem.message.contains("deep"), "{problem}");
    let known = Known { model: Some(Model::Register), ..Known::default() };
    let problem = foreign::read(EDN.as_bytes(), &known).expect_err("a cas");
    assert_eq!((problem.line, problem.message.contains("has no operation")), (8, true));
}

#[test]
fn what_is_written_is_read_back() {
    let history = read(LINES).history;
    let mut text = Vec::new();
    write_history_lines(&history, &mut text).expect("memory");
    let again = foreign::read(&text, &Known::default()).expect("our own lines");
    assert_eq!(outcomes(&again), outcomes(&read(LINES)));
    assert_eq!(again.history.initial, history.initial);
    let times = |found: &Foreign| -> Vec<(u64, u64, u64)> {
        let operations = found.history.operations.iter();
        operations.map(|o| (o.invoked_at, o.returned_at, o.invoked_seq)).collect()
    };
    assert_eq!(times(&again), times(&read(LINES)));

    text.clear();
    write_jepsen_edn(&history, &mut text).expect("memory");
    let again = foreign::read(&text, &Known::default()).expect("our own EDN");
    assert_eq!(outcomes(&again), ["put done", "get 7", "cas unknown", "append failed"]);

    text.clear();
    write_porcupine_json(&history, &mut text).expect("memory");
    let again = foreign::read(&text, &Known::default()).expect("our own JSON");
    assert_eq!(outcomes(&again), ["put done", "get 7", "cas unknown"]);
}
