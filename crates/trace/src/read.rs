//! How is a trace read that may be cut, damaged, from another version, or no trace at all?
//!
//! * Lines are read one by one: a trace of any length needs the memory of its longest line, and
//!   no line may be longer than [`LINE_BYTES_MAX`].
//! * Damage is found where it is: a line of our own version must be exactly what the writer would
//!   write, and the hash of the run must agree with every mark and with the footer.
//! * A trace that is cut is still readable up to the cut, see [`Reader::truncated`].

mod first;

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use serde_json::{Map, Value};

use crate::event::Event;
use crate::hash::{RunHash, hash_text};
use crate::header::{Header, TRACE_VERSION};
use crate::line::{Fields, kind_name, parse_fields, write_line};
use crate::write::{Footer, Mark};
use first::{CUT_HEADER, at, header, plain, unreadable};

/// The longest line that is read, in bytes.
pub const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What is wrong with a trace, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceProblem {
    /// The line, from 1.
    pub line: u64,
    /// The byte in the line, from 1, if it is known.
    pub column: Option<u64>,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for TraceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, column {column}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for TraceProblem {}

/// A line behind the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1; the header is line 1.
    pub number: u64,
    /// Its text, without the line feed.
    pub text: String,
    /// The event; `None` for marks, for the footer, and for kinds that this build does not know.
    pub event: Option<Event>,
}

/// A whole trace in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The first line.
    pub header: Header,
    /// The events that this build knows.
    pub events: Vec<Event>,
    /// The last line; `None` if the trace is cut.
    pub footer: Option<Footer>,
}

/// Reads a trace: an iterator over its lines.
///
/// After a problem in one line the next line can be read all the same; after a problem of the
/// file itself the iterator ends.
pub struct Reader<R> {
    input: R,
    header: Header,
    /// Whether a newer minor version wrote it: then there may be things that we do not know.
    newer: bool,
    number: u64,
    events: u64,
    /// `None` once a line was not understood: nothing behind it can be verified.
    hash: Option<RunHash>,
    verified: u64,
    footer: Option<Footer>,
    truncated: bool,
    done: bool,
}

/// Reads a trace, compressed or not: the first bytes tell.
///
/// # Errors
///
/// A file that is not a trace, or whose header cannot be read.
pub fn reader<'a, R: Read + 'a>(
    mut input: R,
) -> Result<Reader<Box<dyn BufRead + 'a>>, TraceProblem> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let mut first = Vec::with_capacity(4);
    input.by_ref().take(4).read_to_end(&mut first).map_err(|error| unreadable(1, &error))?;
    let compressed = first == ZSTD;
    open_reader(Cursor::new(first).chain(input), compressed)
}

/// Reads a trace of which it is known whether it is compressed.
///
/// # Errors
///
/// A file that is not a trace, or whose header cannot be read.
pub fn open_reader<'a, R: Read + 'a>(
    input: R,
    compressed: bool,
) -> Result<Reader<Box<dyn BufRead + 'a>>, TraceProblem> {
    let input: Box<dyn BufRead + 'a> = if compressed {
        let decoder = zstd::Decoder::new(input).map_err(|error| unreadable(1, &error))?;
        Box::new(BufReader::new(decoder))
    } else {
        Box::new(BufReader::new(input))
    };
    Reader::new(input)
}

impl<R: BufRead> Reader<R> {
    /// Reads the header of a trace that is not compressed.
    ///
    /// # Errors
    ///
    /// A file that is not a trace, or whose header cannot be read.
    pub fn new(mut input: R) -> Result<Self, TraceProblem> {
        let mut line = Vec::new();
        if let Err(error) = take_line(&mut input, &mut line) {
            let cut = error.kind() == io::ErrorKind::UnexpectedEof;
            return Err(if cut { at(1, CUT_HEADER) } else { unreadable(1, &error) });
        }
        let (header, newer) = header(&line)?;
        Ok(Reader {
            input,
            header,
            newer,
            number: 1,
            events: 0,
            hash: Some(RunHash::new()),
            verified: 1,
            footer: None,
            truncated: false,
            done: false,
        })
    }

    /// The first line.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The last line, once it was read.
    #[must_use]
    pub fn footer(&self) -> Option<&Footer> {
        self.footer.as_ref()
    }

    /// Whether the trace ended without a footer: it was cut. Known once the iterator has ended.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// Reads all that is left.
    ///
    /// # Errors
    ///
    /// The first problem. A cut is none.
    pub fn read_all(mut self) -> Result<Recording, TraceProblem> {
        let mut events = Vec::new();
        for line in &mut self {
            events.extend(line?.event);
        }
        Ok(Recording { header: self.header, events, footer: self.footer })
    }

    fn problem(&mut self, column: Option<u64>, message: impl Into<String>) -> TraceProblem {
        self.hash = None;
        TraceProblem { line: self.number, column, message: message.into() }
    }

    fn understand(&mut self, text: String) -> Result<Line, TraceProblem> {
        let fields: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
            let message = format!("this is not a JSON object: {}", plain(&error));
            self.problem(Some(error.column() as u64), message)
        })?;
        let line = Fields(&fields);
        let event = match fields.get("k").and_then(Value::as_str) {
            Some("mark") => self.mark(line, &text).map(|()| None),
            Some("end") => self.end(line, &text).map(|()| None),
            _ => self.event(line, &text),
        };
        match event {
            Ok(event) => Ok(Line { number: self.number, text, event }),
            Err(message) => Err(self.problem(None, message)),
        }
    }

    fn event(&mut self, line: Fields<'_>, text: &str) -> Result<Option<Event>, String> {
        self.events += 1;
        let Some(event) = parse_fields(line)? else {
            self.hash = None;
            if self.newer {
                return Ok(None);
            }
            let name = line.text("k").unwrap_or_default();
            return Err(format!("squall.trace {TRACE_VERSION} has no lines of kind `{name}`"));
        };
        if !self.newer {
            let mut expected = String::with_capacity(text.len());
            write_line(&event, &mut expected);
            differs(text, &expected, kind_name(&event.kind))?;
        }
        if let Some(hash) = &mut self.hash {
            hash.event(&event);
        }
        Ok(Some(event))
    }

    fn mark(&mut self, line: Fields<'_>, text: &str) -> Result<(), String> {
        let mark = Mark::parse(line)?;
        if !self.newer {
            let mut expected = String::new();
            mark.write(&mut expected);
            differs(text, &expected, "mark")?;
        }
        self.verify(mark.events, mark.hash)
    }

    fn end(&mut self, line: Fields<'_>, text: &str) -> Result<(), String> {
        let footer = Footer::parse(line)?;
        if !self.newer {
            let mut expected = String::new();
            footer.write(&mut expected);
            differs(text, &expected, "end")?;
        }
        let verified = self.verify(footer.events, footer.hash);
        self.footer = Some(footer);
        verified
    }

    fn verify(&mut self, events: u64, hash: u64) -> Result<(), String> {
        let Some(found) = self.hash else { return Ok(()) };
        let from = std::mem::replace(&mut self.verified, self.number);
        if events != self.events {
            return Err(format!(
                "{events} events should stand before this line, found {}",
                self.events
            ));
        }
        if hash != found.value() {
            let (number, hash, found) = (self.number, hash_text(hash), hash_text(found.value()));
            return Err(format!(
                "hash mismatch between line {from} and line {number}: the trace says {hash}, its \
                 events give {found}"
            ));
        }
        Ok(())
    }

    /// Ends the reading because the file is cut here.
    fn cut(&mut self) -> Option<Result<Line, TraceProblem>> {
        self.truncated = self.footer.is_none();
        self.done = true;
        None
    }

    fn stop(&mut self, column: Option<u64>, message: impl Into<String>) -> TraceProblem {
        self.done = true;
        self.problem(column, message)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Line, TraceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let mut bytes = Vec::new();
        self.number += 1;
        match take_line(&mut self.input, &mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return self.cut(),
            Err(error) => return Some(Err(self.stop(None, format!("cannot be read: {error}")))),
        }
        if bytes.is_empty() {
            return self.cut();
        }
        if self.footer.is_some() {
            return Some(Err(self.stop(None, "nothing should stand behind the line of the end")));
        }
        let whole = bytes.pop_if(|last| *last == b'\n').is_some();
        if !whole && serde_json::from_slice::<Value>(&bytes).is_err() {
            return self.cut();
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(self.understand(text)),
            Err(error) => {
                let column = error.utf8_error().valid_up_to() as u64 + 1;
                Some(Err(self.problem(Some(column), "a byte here is not UTF-8 text")))
            }
        }
    }
}

/// Reads a line with its line feed; nothing at the end of the file.
fn take_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    input.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', line)?;
    if line.len() as u64 > LINE_BYTES_MAX {
        let text = format!("the line is longer than {} MiB", LINE_BYTES_MAX >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    Ok(())
}

/// Compares a line with what the writer makes of its content.
fn differs(text: &str, expected: &str, name: &str) -> Result<(), String> {
    if text == expected {
        return Ok(());
    }
    let same = text.bytes().zip(expected.bytes()).take_while(|(a, b)| a == b).count();
    Err(format!(
        "{name}: the line is damaged at byte {}: it is not what squall.trace {TRACE_VERSION} writes",
        same + 1
    ))
}

#[cfg(test)]
mod tests;
