//! Records as lines of JSON, and back. A record is whole or it is none: the footer bears a
//! checksum over itself and the lines before it.

use std::collections::BTreeMap;

use serde_json::Value;
use system::Digest;

use super::{Finding, Footer, Record, digits};

impl Record {
    /// The lines of the record; the last one is the footer.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            text.push_str(&json(finding));
        }
        let check = checksum(&text, &self.footer);
        text.push_str(&json(&Footer { check, ..self.footer.clone() }));
        text
    }
}

fn json(line: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string(line).expect("records are plain data");
    text.push('\n');
    text
}

fn checksum(lines: &str, footer: &Footer) -> String {
    let bare = Footer { check: String::new(), ..footer.clone() };
    digits(Digest::new().bytes(lines.as_bytes()).bytes(json(&bare).as_bytes()).finish())
}

/// What a line of a stream of records was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Part of a record that is not whole yet.
    Part,
    /// The last line of a record, which is whole.
    Whole(Box<Record>),
    /// The last line of a record that is damaged: its chunk, and what is wrong with it.
    Damaged(u64, String),
    /// Nothing that belongs to a record.
    Foreign,
}

/// Puts records together from lines. Lines of different chunks may be mixed, as when the output
/// of several workers is one stream.
#[derive(Debug, Default)]
pub struct Assembler {
    /// Findings whose footer has not come, by chunk, each with its line.
    open: BTreeMap<u64, Vec<(Finding, String)>>,
}

impl Assembler {
    /// Takes the next line, without its line feed.
    pub fn line(&mut self, line: &str) -> Piece {
        if !line.starts_with('{') {
            return Piece::Foreign;
        }
        let Ok(value) = serde_json::from_str::<Value>(line) else { return Piece::Foreign };
        match value.get("type").and_then(Value::as_str) {
            Some("finding") => match serde_json::from_value::<Finding>(value) {
                Ok(finding) => {
                    let text = format!("{line}\n");
                    self.open.entry(finding.chunk).or_default().push((finding, text));
                    Piece::Part
                }
                Err(_) => Piece::Foreign,
            },
            Some("chunk") => match serde_json::from_value::<Footer>(value) {
                Ok(footer) => self.finish(footer, line),
                Err(_) => Piece::Foreign,
            },
            _ => Piece::Foreign,
        }
    }

    /// Chunks of which there are lines but no footer.
    #[must_use]
    pub fn torn(&self) -> Vec<u64> {
        self.open.keys().copied().collect()
    }

    fn finish(&mut self, footer: Footer, line: &str) -> Piece {
        let chunk = footer.chunk;
        let lines = self.open.remove(&chunk).unwrap_or_default();
        let text: String = lines.iter().map(|(_, text)| text.as_str()).collect();
        let unlike = format!("{line}\n") != json(&footer);
        if unlike || checksum(&text, &footer) != footer.check {
            return Piece::Damaged(chunk, "its checksum does not fit".to_owned());
        }
        let findings = lines.into_iter().map(|(finding, _)| finding).collect();
        let footer = Footer { check: String::new(), ..footer };
        Piece::Whole(Box::new(Record { findings, footer }))
    }
}
