//! How does a trace get into a file? Header, events with marks between them, footer: line by line.
//!
//! * Every [`MARK_EVERY`] events a mark says how the run hashes so far, so that damage has a
//!   place.
//! * Only a file with a footer is whole.

use std::collections::BTreeMap;
use std::io::{self, Write};

use system::MessageKind;

use crate::event::{Event, Kind};
use crate::hash::RunHash;
use crate::header::Header;
use crate::line::{Fields, Object, hash_digits, kind_name, write_line};

/// How many events lie between two marks.
pub const MARK_EVERY: u64 = 1000;

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// The last line: what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// How many events there are.
    pub events: u64,
    /// The hash of the run, as [`RunHash::value`] has it.
    pub hash: u64,
    /// `pass`, `fail` or `unknown`.
    pub verdict: String,
    /// Why, in a sentence; may be empty.
    pub reason: String,
    /// `check/kind` of the first violation of a failure.
    pub signature: Option<String>,
    /// Numbers worth keeping, by name; see [`count`].
    pub counts: BTreeMap<String, u64>,
}

/// Counts an event under its kind, and a message under its type too (`msg.send:Append`).
pub fn count(counts: &mut BTreeMap<String, u64>, event: &Event) {
    let name = kind_name(&event.kind);
    add(counts, name);
    if let Kind::Send { summary, .. } = &event.kind
        && summary.kind != MessageKind::Other
    {
        add(counts, &format!("{name}:{}", summary.kind.name()));
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(number) => *number += 1,
        None => {
            counts.insert(name.into(), 1);
        }
    }
}

impl Footer {
    /// Writes the line, without a line feed.
    pub fn write(&self, out: &mut String) {
        let mut line = Object::open(out);
        line.text("k", "end");
        line.number("events", self.events);
        line.hex("hash", self.hash);
        line.text("verdict", &self.verdict);
        if !self.reason.is_empty() {
            line.text("reason", &self.reason);
        }
        if let Some(signature) = &self.signature {
            line.text("sig", signature);
        }
        let mut counts = Object::open(line.key("counts"));
        for (name, number) in &self.counts {
            counts.number(name, *number);
        }
        counts.close();
        line.close();
    }

    /// Reads the line.
    pub(crate) fn parse(line: Fields<'_>) -> Result<Footer, String> {
        let optional = |key| match line.get(key) {
            Some(_) => line.text(key).map(|text| Some(text.to_string())),
            None => Ok(None),
        };
        let mut counts = BTreeMap::new();
        if let Some(value) = line.get("counts") {
            let fields = value.as_object().ok_or("field `counts` should be an object")?;
            for name in fields.keys() {
                counts.insert(name.clone(), Fields(fields).number(name)?);
            }
        }
        Ok(Footer {
            events: line.number("events")?,
            hash: line.hex("hash")?,
            verdict: line.parsed("verdict", "pass, fail or unknown", |text| {
                matches!(text, "pass" | "fail" | "unknown").then(|| text.to_string())
            })?,
            reason: optional("reason")?.unwrap_or_default(),
            signature: optional("sig")?,
            counts,
        })
    }
}

/// A line between events: how the run hashes up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// How many events came before.
    pub(crate) events: u64,
    /// Their hash.
    pub(crate) hash: u64,
}

impl Mark {
    /// Writes the line, without a line feed.
    pub(crate) fn write(self, out: &mut String) {
        let mut line = Object::open(out);
        line.text("k", "mark");
        line.number("events", self.events);
        line.hex("hash", self.hash);
        line.close();
    }

    /// Reads the line.
    pub(crate) fn parse(line: Fields<'_>) -> Result<Mark, String> {
        let hash = line.parsed("hash", "16 hex digits", |text| hash_digits(text, 16))?;
        Ok(Mark { events: line.number("events")?, hash })
    }
}

/// Writes a trace.
///
/// # Invariants
///
/// * A line is written whole or, if the process ends before, not at all or cut: never mixed.
/// * What is written depends on header, events and footer alone.
pub struct Writer<W: Write> {
    out: W,
    buffer: String,
    hash: RunHash,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a trace.
    ///
    /// # Errors
    ///
    /// What `out` errs with.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Writer {
            out,
            buffer: String::with_capacity(BUFFER_BYTES + 4096),
            hash: RunHash::new(),
            events: 0,
        };
        header.write(&mut writer.buffer);
        writer.buffer.push('\n');
        Ok(writer)
    }

    /// Writes the next event.
    ///
    /// # Errors
    ///
    /// What the file errs with.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.hash.event(event);
        self.events += 1;
        write_line(event, &mut self.buffer);
        self.buffer.push('\n');
        if self.events.is_multiple_of(MARK_EVERY) {
            Mark { events: self.events, hash: self.hash.value() }.write(&mut self.buffer);
            self.buffer.push('\n');
        }
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// How many events were written.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The hash of the events written so far.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.hash.value()
    }

    /// Hands everything so far to the file.
    ///
    /// # Errors
    ///
    /// What the file errs with.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        self.out.flush()
    }

    /// Ends the trace and gives the file back.
    ///
    /// # Errors
    ///
    /// What the file errs with.
    ///
    /// # Panics
    ///
    /// If the footer speaks of other events than those that were written.
    pub fn finish(mut self, footer: &Footer) -> io::Result<W> {
        assert_eq!(footer.events, self.events, "the footer counts other events than were written");
        assert_eq!(footer.hash, self.hash(), "the footer has the hash of another run");
        footer.write(&mut self.buffer);
        self.buffer.push('\n');
        self.flush()?;
        Ok(self.out)
    }
}

/// A file for [`Writer`] that compresses what goes into it (`.jsonl.zst`). When the writer gives
/// it back, its own `finish` must be called.
///
/// # Errors
///
/// What the compressor errs with.
pub fn compressed<W: Write>(out: W) -> io::Result<zstd::Encoder<'static, W>> {
    let mut encoder = zstd::Encoder::new(out, 3)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}
