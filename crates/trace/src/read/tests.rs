//! Traces that are whole, cut, damaged, foreign, or none: each is told for what it is.

use proptest::prelude::*;

use super::{Reader, TraceProblem, reader};
use crate::event::{Event, Kind};
use crate::hash::RunHash;
use crate::header::{Build, Header};
use crate::line::arbitrary;
use crate::parse::parse_scenario;
use crate::write::{Footer, Writer, compressed, count};

const SCENARIO: &str = "about = \"what the tests read\"\nflaw = \"skip-sync\"\n\
    [[fault]]\npartition = { at = \"1s\", for = \"800ms\", groups = [[\"n1\"], [\"n2\", \"n3\"]] }\n";

fn header() -> Header {
    let scenario = parse_scenario("test.toml", SCENARIO, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Header {
        faults: scenario.faults.clone(),
        scenario,
        knobs: vec![("clog".into(), 1), ("clog.every".into(), 7)],
        seed: u64::MAX,
        overrides: vec![("workload.keys".into(), "3".into())],
        build: Build {
            squall: "0.1.0".into(),
            system: "raft-rs".into(),
            system_version: "0.7.0".into(),
            profile: "release".into(),
        },
    }
}

fn ticks(number: u64) -> Vec<Event> {
    let kind = Kind::Timer { node: 1, timer: "tick" };
    (0..number).map(|seq| Event { seq, at: seq * 7, cause: 5, kind: kind.clone() }).collect()
}

fn footer(events: &[Event]) -> Footer {
    let mut hash = RunHash::new();
    let mut footer = Footer {
        events: events.len() as u64,
        hash: 0,
        verdict: "fail".into(),
        reason: "a promise was broken".into(),
        signature: Some("linearizable/stale-read".into()),
        counts: [].into(),
    };
    for event in events {
        hash.event(event);
        count(&mut footer.counts, event);
    }
    footer.hash = hash.value();
    footer
}

fn written(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), &header()).expect("memory takes everything");
    for event in events {
        writer.event(event).expect("memory takes everything");
    }
    writer.finish(&footer(events)).expect("memory takes everything")
}

/// All problems of a file, and how many events could be read.
fn problems(bytes: &[u8]) -> (Vec<TraceProblem>, usize) {
    let reader = match reader(bytes) {
        Ok(reader) => reader,
        Err(problem) => return (vec![problem], 0),
    };
    let (mut problems, mut events) = (Vec::new(), 0);
    for line in reader {
        match line {
            Ok(line) => events += usize::from(line.event.is_some()),
            Err(problem) => problems.push(problem),
        }
    }
    (problems, events)
}

fn only_problem(bytes: &[u8]) -> String {
    let (problems, _) = problems(bytes);
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

fn change(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("a trace is text");
    assert!(text.contains(from), "{from} is not in the trace");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn what_is_written_is_read() {
    let events = ticks(2500);
    let bytes = written(&events);
    let recording = reader(&bytes[..]).expect("a trace").read_all().expect("nothing is wrong");
    assert_eq!(recording.header, header());
    assert_eq!(recording.events, events);
    assert_eq!(recording.footer, Some(footer(&events)));
    let text = String::from_utf8(bytes).expect("a trace is text");
    assert_eq!(text.lines().count(), 1 + 2500 + 2 + 1);
    assert!(text.starts_with(r#"{"squall":"trace","v":"1.0","run":""#));
}

#[test]
fn a_compressed_trace_is_recognized() {
    let events = ticks(1500);
    let mut writer = Writer::new(compressed(Vec::new()).expect("zstd"), &header()).expect("memory");
    for event in &events {
        writer.event(event).expect("memory takes everything");
    }
    let bytes = writer.finish(&footer(&events)).expect("memory").finish().expect("memory");
    assert!(bytes.len() * 5 < written(&events).len());
    let recording = reader(&bytes[..]).expect("a trace").read_all().expect("nothing is wrong");
    assert_eq!(recording.events, events);
    // Cut, it is readable to the last whole block, and known to be cut.
    let mut cut = reader(&bytes[..bytes.len() - 9]).expect("the header is there");
    assert!(cut.by_ref().all(|line| line.is_ok()));
    assert!(cut.truncated());
}

#[test]
fn a_cut_trace_is_readable_up_to_the_cut() {
    let bytes = written(&ticks(20));
    let header_len = bytes.iter().position(|byte| *byte == b'\n').expect("lines") + 1;
    let mut last = 0;
    for len in header_len..bytes.len() - 1 {
        let mut cut = reader(&bytes[..len]).expect("the header is there");
        let events =
            cut.by_ref().inspect(|line| assert!(line.is_ok(), "a cut is no damage")).count();
        assert!(events >= last && cut.truncated(), "cut at byte {len}");
        last = events;
    }
    assert_eq!(last, 20);
    let message = only_problem(&bytes[..header_len / 2]);
    assert!(message.contains("ends within the first line"), "{message}");
}

#[test]
fn a_flipped_digit_is_found_between_two_marks() {
    let bytes = change(&written(&ticks(2500)), r#""seq":1200,"t":8400"#, r#""seq":1200,"t":8401"#);
    let message = only_problem(&bytes);
    assert!(
        message.starts_with("line 2003: hash mismatch between line 1002 and line 2003"),
        "{message}"
    );
}

#[test]
fn a_flipped_letter_is_found_where_it_is() {
    let bytes = written(&ticks(30));
    for (to, part) in [
        (r#""seq":5,"t":35,"k":"timer.firf""#, "no lines of kind `timer.firf`"),
        (r#""seq":5,"t":35 "k":"timer.fire""#, "column 17: this is not a JSON object"),
        (r#""seq":5, "t":35,"k":"timer.fire""#, "damaged at byte 10"),
    ] {
        let message = only_problem(&change(&bytes, r#""seq":5,"t":35,"k":"timer.fire""#, to));
        assert!(message.starts_with("line 7"), "{message}");
        assert!(message.contains(part), "{message}");
    }
    let mut bytes = bytes;
    let end = bytes.len() - 5;
    bytes[end] = 0xff;
    assert!(only_problem(&bytes).contains("not UTF-8"));
}

#[test]
fn a_changed_header_is_found() {
    let bytes = change(&written(&ticks(1)), "\"seed\":18446744073709551615", "\"seed\":7");
    assert!(only_problem(&bytes).contains("the header is damaged"));
}

#[test]
fn other_files_are_told_apart() {
    let bytes = written(&ticks(1));
    let other = change(&bytes, r#""v":"1.0""#, r#""v":"2.0""#);
    assert_eq!(only_problem(&other), "line 1: this build reads squall.trace 1.x; this file is 2.0");
    let cases: [(&[u8], &str); 7] = [
        (b"", "the file is empty"),
        (b"\x7fELF\x02\x01\0\0\xff", "binary"),
        (b"{\"a\":\0}\n", "binary"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"about = \"a scenario\"\n", "not a trace"),
        (b"{\"squall\":\"case\"}\n", "not a trace"),
        (b"\x28\xb5\x2f\xfd but nothing that zstd wrote", "cannot be read"),
    ];
    for (bytes, part) in cases {
        let message = only_problem(bytes);
        assert!(message.contains(part), "{message}");
    }
    let more = [&bytes[..], b"{}\n"].concat();
    assert!(only_problem(&more).contains("nothing should stand behind"));
}

#[test]
fn a_newer_minor_version_may_say_more() {
    let newer = change(&written(&ticks(3)), r#""v":"1.0""#, r#""v":"1.9""#);
    let newer = change(&newer, r#""timer":"tick""#, r#""timer":"tick","after":7"#);
    assert_eq!(problems(&newer), (vec![], 3), "an unknown field");
    let newer = change(&newer, "timer.fire", "timer.stop");
    assert_eq!(problems(&newer), (vec![], 2), "an unknown kind");
}

#[test]
fn a_line_without_end_is_refused() {
    struct Endless;
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'{');
            Ok(buffer.len())
        }
    }
    let problem = reader(Endless).err().expect("no end, no trace");
    assert_eq!(problem.to_string(), "line 1: cannot be read: the line is longer than 16 MiB");
}

fn drain<R: std::io::BufRead>(reader: Reader<R>) {
    for line in reader.take(10_000) {
        let _ = line;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_events_survive_the_file(events in proptest::collection::vec(arbitrary::event(), 0..8)) {
        let bytes = written(&events);
        let recording = reader(&bytes[..]).expect("a trace").read_all();
        prop_assert_eq!(recording.expect("nothing is wrong").events, events);
    }

    /// Every change of a byte behind the header is found, and none makes the reader panic.
    #[test]
    fn no_flipped_byte_goes_unnoticed(
        events in proptest::collection::vec(arbitrary::event(), 1..6),
        place: usize,
        flip in 1..=255_u8,
    ) {
        let mut bytes = written(&events);
        let first = bytes.iter().position(|byte| *byte == b'\n').expect("lines") + 1;
        let body = first + place % (bytes.len() - 1 - first);
        bytes[body] ^= flip;
        let mut damaged = reader(&bytes[..]).expect("the header is good");
        let found = damaged.by_ref().any(|line| line.is_err());
        let footer_kept = damaged.footer() == Some(&footer(&events));
        prop_assert!(found || damaged.truncated() || !footer_kept, "byte {}", body);
    }

    #[test]
    fn no_file_makes_the_reader_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..64),
        events in proptest::collection::vec(arbitrary::event(), 0..3),
        at: usize,
    ) {
        if let Ok(reader) = reader(&bytes[..]) {
            drain(reader);
        }
        let mut file = written(&events);
        let at = at % file.len();
        file.splice(at..at, bytes);
        if let Ok(reader) = reader(&file[..]) {
            drain(reader);
        }
    }
}
