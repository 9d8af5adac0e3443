//! The files of a store for people: every record of a segment in words, damage and all.
//!
//! Nothing is repaired and nothing is refused here: what stands behind a damaged place is read as
//! far as it can be. Whether a node would start on these files, [`super::Store::open`] tells.

use std::fmt::Write;

use raft::eraftpb::{ConfState, Entry, EntryType};
use system::Op;

use super::item::{self, Item};
use super::log::Place;
use super::snapshot::{self, SnapshotFile};
use super::{frame, wal};
use crate::command::{Action, Command};

/// Letters of a key or value that are shown.
const SHOWN: usize = 40;

/// The directories that hold segments and snapshots.
pub const DIRECTORIES: [&str; 2] = [wal::DIRECTORY, snapshot::DIRECTORY];

/// A stretch of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its first byte.
    pub offset: u64,
    /// Its length, in bytes.
    pub bytes: u64,
    /// What it is.
    pub what: What,
}

/// What a stretch of a segment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A whole record.
    Record {
        /// What it says, item by item.
        items: Vec<String>,
        /// Whether it follows the record before it.
        follows: bool,
    },
    /// Bytes that are no record, and what may explain them.
    Damage {
        /// In words.
        reason: String,
    },
}

/// Reads segments in their order.
#[derive(Debug, Default)]
pub struct Inspector {
    /// The crc of the last frame; `None` if it is not known.
    chain: Option<u32>,
}

impl Inspector {
    /// What the segment of this name holds; `None` if that is no name of a segment.
    pub fn segment(&mut self, path: &str, bytes: &[u8]) -> Option<Vec<Found>> {
        let sequence = wal::sequence_of(path)?;
        let mut found = Vec::new();
        let mut offset = 0;
        while offset < bytes.len() {
            let start = offset;
            let what = match frame::read(bytes, sequence, offset) {
                Some(frame) => {
                    offset = frame.end;
                    self.record(&frame, &bytes[frame.payload.clone()])
                }
                None => {
                    offset = next_frame(bytes, sequence, offset);
                    self.chain = None;
                    What::Damage { reason: explain(bytes, sequence, start) }
                }
            };
            found.push(Found { offset: start as u64, bytes: (offset - start) as u64, what });
        }
        Some(found)
    }

    fn record(&mut self, frame: &frame::Frame, payload: &[u8]) -> What {
        let follows = self.chain.is_none_or(|chain| chain == frame.chain);
        match item::read_items(payload) {
            Ok(items) => {
                // The record that tells of the next segment is not part of the chain.
                if !matches!(items[..], [Item::Next(_)]) {
                    self.chain = Some(frame.crc);
                }
                What::Record { items: items.iter().flat_map(words).collect(), follows }
            }
            Err(reason) => {
                self.chain = Some(frame.crc);
                What::Damage { reason: format!("a whole record that says nonsense: {reason}") }
            }
        }
    }
}

/// The snapshot in a file of this name.
///
/// # Errors
///
/// Why it holds none.
pub fn read_snapshot(path: &str, bytes: Vec<u8>) -> Result<SnapshotFile, &'static str> {
    let place = snapshot::place_of(path).ok_or("not the name of a snapshot")?;
    snapshot::decode(bytes, place).ok_or("damaged: the checksum or the place does not fit")
}

/// The configuration in words.
#[must_use]
pub fn conf_words(conf_state: &ConfState) -> String {
    let mut text = format!("voters {:?}", conf_state.voters);
    let others = [
        ("outgoing", &conf_state.voters_outgoing),
        ("learners", &conf_state.learners),
        ("learners next", &conf_state.learners_next),
    ];
    for (name, ids) in others.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        write!(text, ", {name} {ids:?}").expect("text grows in memory");
    }
    text
}

/// Where the next whole frame begins behind a bad place, or the end.
fn next_frame(bytes: &[u8], sequence: u64, bad: usize) -> usize {
    let places = (bad + frame::ALIGNMENT..bytes.len()).step_by(frame::ALIGNMENT);
    let mut whole = places.filter(|&place| frame::read(bytes, sequence, place).is_some());
    whole.next().unwrap_or(bytes.len())
}

fn explain(bytes: &[u8], sequence: u64, bad: usize) -> String {
    if let Some(later) = frame::durable_beyond(bytes, sequence, bad) {
        format!("damage to what was durable, as the record at {later} tells")
    } else if frame::explained_by_tear(bytes, sequence, bad) {
        "like the tail of a write that was not synced".to_owned()
    } else {
        "damage that no lost write explains".to_owned()
    }
}

fn words(item: &Item) -> Vec<String> {
    vec![match item {
        Item::Header { sequence, last } => {
            format!("header of segment {sequence}, behind {}", place(*last))
        }
        Item::HardState(state) => {
            format!("term {}, vote {}, commit {}", state.term, state.vote, state.commit)
        }
        Item::Entries(entries) => return entries.iter().map(entry_words).collect(),
        Item::Mark(at) => format!("snapshot {} taken", place(*at)),
        Item::Install(at) => format!("snapshot {} installed in place of the log", place(*at)),
        Item::Founding(conf_state) => format!("founded by {}", conf_words(conf_state)),
        Item::Next(sequence) => format!("segment {sequence} follows"),
    }]
}

fn place(place: Place) -> String {
    format!("{} of term {}", place.index, place.term)
}

fn entry_words(entry: &Entry) -> String {
    let what = match entry.get_entry_type() {
        EntryType::EntryNormal if entry.data.is_empty() => "empty".to_owned(),
        EntryType::EntryNormal => match Command::decode(&entry.data) {
            Some(command) => command_words(&command),
            None => format!("{} bytes that are no command", entry.data.len()),
        },
        EntryType::EntryConfChange | EntryType::EntryConfChangeV2 => {
            format!("change of the configuration, {} bytes", entry.data.len())
        }
    };
    format!("entry {} of term {}: {what}", entry.index, entry.term)
}

fn command_words(command: &Command) -> String {
    let mut text = match &command.action {
        Action::OpenSession => "open a session".to_owned(),
        Action::Op(op) => {
            let name = op.name();
            let key = shown(op.key());
            match op {
                Op::Get { .. } | Op::Delete { .. } => format!("{name} {key}"),
                Op::Put { value, .. } | Op::Append { value, .. } => {
                    format!("{name} {key} {}", shown(value))
                }
                Op::Cas { expect: Some(expect), value, .. } => {
                    format!("{name} {key} {} -> {}", shown(expect), shown(value))
                }
                Op::Cas { expect: None, value, .. } => {
                    format!("{name} {key} absent -> {}", shown(value))
                }
            }
        }
    };
    if let Some(place) = command.session {
        let (session, seq) = (place.session, place.seq);
        write!(text, ", number {seq} of session {session}").expect("text grows in memory");
    }
    text
}

/// Bytes in quotes, cut if they are many.
fn shown(bytes: &[u8]) -> String {
    let part = &bytes[..bytes.len().min(SHOWN)];
    let rest = bytes.len() - part.len();
    let more = if rest > 0 { format!(" and {rest} bytes") } else { String::new() };
    format!("\"{}\"{more}", part.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::ProposalId;
    use raft::eraftpb::HardState;

    /// A segment with a header, an entry, and a term.
    fn segment() -> (Vec<u8>, Vec<usize>) {
        let action = Action::Op(Op::Put { key: "k".into(), value: vec![0; 50].into() });
        let id = ProposalId { origin: 1, nonce: 0, counter: 1 };
        let data = Command { id, session: None, action }.encode().into();
        let entry = Entry { index: 1, term: 2, data, ..Entry::default() };
        let state = HardState { term: 2, vote: 1, commit: 1, ..HardState::default() };
        let mut bytes = Vec::new();
        let mut offsets = Vec::new();
        let mut chain = 0;
        for number in 0..3 {
            let mut record = frame::begin(64);
            match number {
                0 => item::put_header(&mut record, 1, Place::default()),
                1 => item::put_entries(&mut record, std::slice::from_ref(&entry)),
                _ => item::put_hard_state(&mut record, &state),
            }
            let offset = bytes.len() as u64;
            offsets.push(bytes.len());
            let at = frame::Position { sequence: 1, offset, watermark: offset, chain };
            chain = frame::seal(&mut record, at);
            bytes.extend(record);
        }
        (bytes, offsets)
    }

    fn read(bytes: &[u8]) -> Vec<Found> {
        Inspector::default().segment("wal/0000000000000001.wal", bytes).unwrap()
    }

    #[test]
    fn records_are_told_in_words() {
        let (bytes, offsets) = segment();
        let found = read(&bytes);
        let record = |text: &str| What::Record { items: vec![text.to_owned()], follows: true };
        assert_eq!(found[0].what, record("header of segment 1, behind 0 of term 0"));
        let zeros = "\\x00".repeat(SHOWN);
        let entry = format!("entry 1 of term 2: put \"k\" \"{zeros}\" and 10 bytes");
        assert_eq!(found[1].what, record(&entry));
        assert_eq!(found[2].what, record("term 2, vote 1, commit 1"));
        assert!(found.iter().map(|found| found.offset as usize).eq(offsets));
    }

    #[test]
    fn damage_is_told_and_what_is_behind_it_is_read() {
        let (mut bytes, offsets) = segment();
        bytes[offsets[1] + frame::HEAD_BYTES + 3] ^= 1;
        let found = read(&bytes);
        let reason = format!("damage to what was durable, as the record at {} tells", offsets[2]);
        assert_eq!(found[1].what, What::Damage { reason });
        assert_eq!((found[1].bytes as usize, found.len()), (offsets[2] - offsets[1], 3));

        let (bytes, offsets) = segment();
        let found = read(&bytes[..offsets[2] + 9]);
        let reason = "like the tail of a write that was not synced".to_owned();
        assert_eq!(found[2].what, What::Damage { reason });
        assert_eq!(Inspector::default().segment("wal/x", &bytes), None);
    }
}
