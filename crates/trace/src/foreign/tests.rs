//! Files that are no history of single objects: each is named in a sentence, none is judged.

use super::{Format, Known, Model, detect, read};

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    read(bytes, &Known::default()).expect_err("it is no history").to_string()
}

#[test]
fn what_is_no_history_is_named_with_who_takes_it() {
    let op = |f: &str, value: &str| {
        let read = "{:process 0 :type :invoke :f :read :value nil}\n";
        format!("{read}{{:process 1 :type :invoke :f :{f} :value {value}}}\n")
    };
    let cases: [(&str, &str, &str); 22] = [
        (&op("txn", "[[:r 1 nil] [:append 1 2]]"), "line 2: `:txn` is a transaction", "elle-cli"),
        (&op("write", "[[:w 1 2]]"), "line 2: `:write` is a transaction", "elle-cli"),
        (&op("read", "[[:r 1 nil] [:r 2 nil]]"), "line 2: `:read` is a transaction", "elle-cli"),
        (
            &op("transfer", "{:from 1 :to 2 :amount 3}"),
            "line 2: `:transfer` is of a bank",
            "elle-cli",
        ),
        (&op("add", "7"), "line 2: `:add` is of a set or a counter", "elle-cli"),
        (&op("enqueue", "7"), "line 2: `:enqueue` is of a queue", "Knossos"),
        (&op("drain", "nil"), "line 2: `:drain` is of a queue", "total-queue checker"),
        (&op("swap", "7"), "line 2: there is no operation `:swap`", "expected read, write, cas"),
        ("0\t:invoke\t:txn\t[[:r 1 nil]]\n", "line 1: `:txn` is a transaction", "elle-cli"),
        ("{:valid? false, :perf {:valid? true}}\n", "results.edn", "history.edn"),
        ("\n{:perf {:a 1}\n :valid? :unknown}", "line 2: this is Jepsen's results.edn", "history"),
        ("<?xml version=\"1.0\"?>\n<testsuites name=\"squall\">", "a JUnit report", "trace"),
        ("<!DOCTYPE html>\n<html lang=\"en\">", "this is HTML", "trace"),
        ("<svg>", "this is XML", "trace"),
        ("#:schema ./scenario.schema.json\nabout = \"x\"\n", "this is TOML", "squall run FILE"),
        ("\n[cluster]\nnodes = 3\n", "this is TOML", "squall run FILE"),
        ("[[fault]]\nat = \"1s\"\n", "this is TOML", "squall run FILE"),
        ("#:schema x\nsquall-case = \"1.0\"\nseed = 7\n", "this is a case file", "squall run FILE"),
        (
            "{\"type\":\"summary\",\"squall\":\"0.1.0\"}\n",
            "line 1: this is a `summary`",
            "check a trace",
        ),
        ("{\"counters\":{},\"type\":\"run\"}\n", "line 1: this is a `run`", "check a trace"),
        ("[{\"type\":\"invoke\",\"process\":0,\"f\":\"txn\"}]", "in JSON", "elle-cli"),
        ("{\"type\":\"invoke\",\"process\":0,\"f\":\"txn\"}\n", "in JSON", "elle-cli"),
    ];
    for (text, what, who) in cases {
        let said = refused(text.as_bytes());
        assert!(said.contains(what) && said.contains(who), "{text}: {said}");
        assert!(!said.contains('\n'), "one sentence: {said}");
    }
    let utf_16: Vec<u8> = "{:process 0}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 8] = [
        (&[0x1f, 0x8b, 8, 0], "gunzip -c FILE | squall check -"),
        (b"PK\x03\x04\x14\0", "unzip -p FILE NAME | squall check -"),
        (b"BZh91AY", "bunzip2 -c FILE | squall check -"),
        (b"\xfd7zXZ\0\0", "xz -dc FILE | squall check -"),
        (&[&[0xff, 0xfe], &utf_16[..]].concat(), "iconv -f UTF-16 -t UTF-8 FILE"),
        (&utf_16, "this is binary"),
        (b"JEPSEN\0\0\0\x01", "Jepsen's test.jepsen"),
        (b"\xc0\xe6\xca\xf7\xcdname", "test.fressian"),
    ];
    for (bytes, what) in cases {
        let said = refused(bytes);
        assert!(said.contains(what), "{bytes:?}: {said}");
        // A format that somebody names does not hide what the file is.
        let known = Known { format: Some(Format::JepsenEdn), ..Known::default() };
        assert!(read(bytes, &known).is_err(), "{bytes:?}");
    }
}

#[test]
fn a_file_of_nothing_says_so() {
    for text in ["", "\n", " \r\n\t\n", "\u{feff}", "\u{feff}\n"] {
        assert!(refused(text.as_bytes()).contains("the file is empty"), "{text:?}");
    }
    for text in ["[]", "[ ]\n", "()", "; a comment\n", "#_ {:process 0}"] {
        assert!(refused(text.as_bytes()).contains("no operation"), "{text:?}");
    }
}

#[test]
fn a_mark_of_utf_8_is_passed_over() {
    let maps = "{:process 0 :type :invoke :f :write :value 1}\n";
    let lines = "{\"k\":\"op.invoke\",\"op\":\"c1.1\",\"f\":\"get\",\"key\":\"x\"}\n";
    let txt = "0\t:invoke\t:write\t1\n";
    for text in [maps, lines, txt] {
        let marked = format!("\u{feff}{text}");
        assert_eq!(detect(marked.as_bytes()), detect(text.as_bytes()));
        let found = read(marked.as_bytes(), &Known::default()).expect(text);
        assert_eq!(Ok(found), read(text.as_bytes(), &Known::default()));
    }
}

#[test]
fn operations_that_a_model_does_not_have_are_refused_in_every_format() {
    let lines =
        "{\"k\":\"op.invoke\",\"op\":\"c1.1\",\"f\":\"append\",\"key\":\"x\",\"in\":\"a\"}\n";
    let log = "INFO  jepsen.util - 1\t:invoke\t:cas\t[1 2]\n";
    let json = "[{\"ClientId\":1,\"Input\":{\"Op\":\"delete\",\"Key\":\"x\"},\"Call\":1}]";
    let txt = "0\t:invoke\t:cas\t[1 2]\n";
    for text in [lines, log, json, txt] {
        let known = Known { model: Some(Model::Register), ..Known::default() };
        let problem = read(text.as_bytes(), &known).expect_err(text);
        assert!(problem.message.contains("model register has no operation"), "{text}: {problem}");
    }
    assert!(Model::of_others("set").is_some_and(|said| said.contains("elle-cli")));
    assert!(Model::ALL.iter().all(|model| Model::of_others(model.name()).is_none()));
}
