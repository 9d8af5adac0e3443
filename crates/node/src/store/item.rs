//! What a record of the write-ahead log says, and how it is written in bytes.
//!
//! A payload is a sequence of items, each a tag and its fields. Numbers are LEB128 varints,
//! because most of them are small; byte strings carry their length in front. Reading is total:
//! any bytes give items or a reason.

use bytes::Bytes;
use raft::eraftpb::{ConfState, Entry, EntryType, HardState};

use super::log::Place;

/// The version of the format, in every segment's header.
pub(super) const VERSION: u64 = 2;

const HEADER: u8 = 1;
const HARD_STATE: u8 = 2;
const ENTRIES: u8 = 3;
const MARK: u8 = 4;
const INSTALL: u8 = 5;
const FOUNDING: u8 = 6;
const NEXT: u8 = 7;

/// One statement of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// The first item of a segment.
    Header { sequence: u64, last: Place },
    /// Term, vote and commit from here on.
    HardState(HardState),
    /// Entries that replace what stands at their indices and above.
    Entries(Vec<Entry>),
    /// A snapshot of the node's own state is durable; the log goes on.
    Mark(Place),
    /// A snapshot of a leader replaced the log: nothing before it counts.
    Install(Place),
    /// The configuration that the cluster was founded with.
    Founding(ConfState),
    /// The last item of a segment: the one of this sequence is durable, header and name.
    Next(u64),
}

pub(super) fn put_header(out: &mut Vec<u8>, sequence: u64, last: Place) {
    out.push(HEADER);
    put(out, VERSION);
    put(out, sequence);
    put_place(out, last);
}

pub(super) fn put_hard_state(out: &mut Vec<u8>, state: &HardState) {
    out.push(HARD_STATE);
    put(out, state.term);
    put(out, state.vote);
    put(out, state.commit);
}

pub(super) fn put_mark(out: &mut Vec<u8>, place: Place) {
    out.push(MARK);
    put_place(out, place);
}

pub(super) fn put_install(out: &mut Vec<u8>, place: Place) {
    out.push(INSTALL);
    put_place(out, place);
}

pub(super) fn put_founding(out: &mut Vec<u8>, conf_state: &ConfState) {
    out.push(FOUNDING);
    put_conf_state(out, conf_state);
}

pub(super) fn put_next(out: &mut Vec<u8>, sequence: u64) {
    out.push(NEXT);
    put(out, sequence);
}

/// Writes contiguous entries; none write nothing.
pub(super) fn put_entries(out: &mut Vec<u8>, entries: &[Entry]) {
    let Some(first) = entries.first() else { return };
    out.push(ENTRIES);
    put(out, entries.len() as u64);
    put(out, first.index);
    for entry in entries {
        let sync_log = if entry.sync_log { 0x80 } else { 0 };
        out.push(kind_code(entry.entry_type) | sync_log);
        put(out, entry.term);
        put_bytes(out, &entry.data);
        put_bytes(out, &entry.context);
    }
}

/// An upper bound of what [`put_entries`] writes.
pub(super) fn entries_bytes_max(entries: &[Entry]) -> usize {
    let content: usize = entries.iter().map(|e| 31 + e.data.len() + e.context.len()).sum();
    21 + content
}

pub(super) fn put_conf_state(out: &mut Vec<u8>, conf_state: &ConfState) {
    let members = [
        &conf_state.voters,
        &conf_state.learners,
        &conf_state.voters_outgoing,
        &conf_state.learners_next,
    ];
    for ids in members {
        put(out, ids.len() as u64);
        ids.iter().for_each(|&id| put(out, id));
    }
    out.push(u8::from(conf_state.auto_leave));
}

/// The same configuration with its members in order: the library takes them out of hash maps.
pub(super) fn sorted(mut conf_state: ConfState) -> ConfState {
    conf_state.voters.sort_unstable();
    conf_state.learners.sort_unstable();
    conf_state.voters_outgoing.sort_unstable();
    conf_state.learners_next.sort_unstable();
    conf_state
}

fn kind_code(kind: EntryType) -> u8 {
    match kind {
        EntryType::EntryNormal => 0,
        EntryType::EntryConfChange => 1,
        EntryType::EntryConfChangeV2 => 2,
    }
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_place(out: &mut Vec<u8>, place: Place) {
    put(out, place.index);
    put(out, place.term);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads the items of a payload.
///
/// # Errors
///
/// What is wrong with the bytes.
pub(super) fn read_items(payload: &[u8]) -> Result<Vec<Item>, &'static str> {
    let mut reader = Reader { bytes: payload };
    let mut items = Vec::new();
    while !reader.bytes.is_empty() {
        items.push(reader.item()?);
    }
    Ok(items)
}

/// Takes values off the front of a byte string.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
}

impl Reader<'_> {
    fn item(&mut self) -> Result<Item, &'static str> {
        match self.byte()? {
            HEADER => {
                if self.number()? != VERSION {
                    return Err("an unknown format version");
                }
                Ok(Item::Header { sequence: self.number()?, last: self.place()? })
            }
            HARD_STATE => Ok(Item::HardState(HardState {
                term: self.number()?,
                vote: self.number()?,
                commit: self.number()?,
                ..HardState::default()
            })),
            ENTRIES => self.entries().map(Item::Entries),
            MARK => self.place().map(Item::Mark),
            INSTALL => self.place().map(Item::Install),
            FOUNDING => self.conf_state().map(Item::Founding),
            NEXT => self.number().map(Item::Next),
            _ => Err("an unknown item"),
        }
    }

    fn entries(&mut self) -> Result<Vec<Entry>, &'static str> {
        let count = self.number()?;
        let first = self.number()?;
        let mut entries = Vec::new();
        for offset in 0..count {
            let code = self.byte()?;
            let entry_type = match code & 0x7f {
                0 => EntryType::EntryNormal,
                1 => EntryType::EntryConfChange,
                2 => EntryType::EntryConfChangeV2,
                _ => return Err("an unknown kind of entry"),
            };
            entries.push(Entry {
                entry_type,
                term: self.number()?,
                index: first.checked_add(offset).ok_or("an index beyond 64 bits")?,
                data: self.byte_string()?,
                context: self.byte_string()?,
                sync_log: code & 0x80 != 0,
                ..Entry::default()
            });
        }
        Ok(entries)
    }

    pub(super) fn conf_state(&mut self) -> Result<ConfState, &'static str> {
        Ok(ConfState {
            voters: self.ids()?,
            learners: self.ids()?,
            voters_outgoing: self.ids()?,
            learners_next: self.ids()?,
            auto_leave: self.byte()? != 0,
            ..ConfState::default()
        })
    }

    fn ids(&mut self) -> Result<Vec<u64>, &'static str> {
        let count = self.number()?;
        (0..count).map(|_| self.number()).collect()
    }

    fn place(&mut self) -> Result<Place, &'static str> {
        Ok(Place { index: self.number()?, term: self.number()? })
    }

    fn byte_string(&mut self) -> Result<Bytes, &'static str> {
        let len = usize::try_from(self.number()?).map_err(|_| "a length beyond memory")?;
        let (string, rest) = self.bytes.split_at_checked(len).ok_or("a cut byte string")?;
        self.bytes = rest;
        Ok(Bytes::copy_from_slice(string))
    }

    fn number(&mut self) -> Result<u64, &'static str> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err("a number beyond 64 bits");
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number without an end")
    }

    fn byte(&mut self) -> Result<u8, &'static str> {
        let (&byte, rest) = self.bytes.split_first().ok_or("a cut item")?;
        self.bytes = rest;
        Ok(byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_as_they_were_written() {
        let place = Place { index: u64::MAX, term: 127 };
        let state = HardState { term: 128, vote: 3, commit: 1 << 40, ..HardState::default() };
        let entry = |index, kind| Entry {
            index,
            term: 9,
            entry_type: kind,
            data: Bytes::from(vec![7; 300]),
            context: Bytes::from_static(b"c"),
            sync_log: index == 5,
            ..Entry::default()
        };
        let entries =
            vec![entry(5, EntryType::EntryNormal), entry(6, EntryType::EntryConfChangeV2)];
        let conf = sorted(ConfState {
            voters: vec![3, 1, 2],
            learners: vec![9, 4],
            auto_leave: true,
            ..ConfState::default()
        });
        assert_eq!((&conf.voters[..], &conf.learners[..]), (&[1, 2, 3][..], &[4, 9][..]));

        let mut out = Vec::new();
        put_header(&mut out, 4, place);
        put_hard_state(&mut out, &state);
        let before = out.len();
        put_entries(&mut out, &entries);
        assert!(out.len() - before <= entries_bytes_max(&entries));
        put_mark(&mut out, place);
        put_install(&mut out, place);
        put_founding(&mut out, &conf);
        let items = [
            Item::Header { sequence: 4, last: place },
            Item::HardState(state),
            Item::Entries(entries),
            Item::Mark(place),
            Item::Install(place),
            Item::Founding(conf),
        ];
        assert_eq!(read_items(&out).unwrap(), items);
        for len in 0..out.len() {
            if let Ok(read) = read_items(&out[..len]) {
                assert!(read.len() < items.len(), "cut to {len} bytes");
            }
        }
    }
}
