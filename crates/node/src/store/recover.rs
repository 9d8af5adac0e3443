//! Reading everything again after a crash, and telling what a crash explains from what it does
//! not.
//!
//! * A bad place in the newest segment, without evidence that it was durable, and shaped like
//!   lost sectors: an unsynced tail. It is cut.
//! * A newest segment without a header, likewise, and the one before does not tell of it: its
//!   creation did not finish. It is removed.
//! * A bad place where a segment would tell of the next one, and that one holds no record yet: it
//!   is told again.
//! * A snapshot file that the log does not note: it never happened, even if it is whole. The node
//!   has told nobody, and the older snapshot and the log behind it are still there. Using it
//!   instead could give the library a snapshot that its log does not reach.
//! * A damaged snapshot: an older one will do if the log still holds what is behind it.
//! * Anything else is damage to what was durable, and is refused: a voter that forgets can let a
//!   second leader win its term, or lose what it acknowledged (*Raft §5.4; FAST '18, §2.3*).
//!
//! What is only known to be readable is written again before anything relies on it: after a failed
//! sync the operating system may show what no later sync will save (*Rebello et al., ATC '20,
//! "Can applications recover from fsync failures?"*). That is all behind the last watermark, and
//! the record that tells of a segment without records.
//!
//! **What no log can tell:** damage that looks exactly like an unsynced tail, with nothing behind
//! it; and sectors below 512 bytes, whose loss is taken for damage.

use std::cell::Cell;
use std::collections::VecDeque;

use raft::eraftpb::{ConfState, Entry, HardState};
use system::{DiskError, Effect, Halt, HaltReason};

use super::item::{self, Item};
use super::log::{Log, Place};
use super::snapshot::{self, SnapshotFile};
use super::wal::{self, Ended, Segment, Wal};
use super::{Effects, Recovered, SNAPSHOTS_KEPT, Store, StoreOptions, frame};

/// Answers [`Store::open`].
pub(super) fn open(options: StoreOptions, effects: &Effects) -> Result<(Store, Recovered), Halt> {
    let replay = Replay::read(options.record_bytes_max, effects)?;
    let noted = replay.mark.map_or(0, |mark| mark.index);
    let commit = options.commit.recovered(replay.hard_state.commit, noted);
    let last = replay.log.last_index();
    if commit > last {
        let sequence = replay.segments.back().map_or(1, |segment| segment.sequence);
        let end = at(sequence, replay.position as usize);
        return Err(corrupt(&end, format!("commit {commit} is beyond the last index {last}")));
    }
    // Nothing is refused behind this, so nothing is changed in front of a refusal.
    let (chosen, files) = choose_snapshot(effects, &replay)?;
    let Replay { log, mut hard_state, founding, mark, segments, chain, position, .. } = replay;
    hard_state.commit = commit;
    if let Some(unfinished) = replay.unfinished {
        effects.push(Effect::Remove { path: wal::path(unfinished) });
    }
    if let Some(segment) = segments.back() {
        let path = wal::path(segment.sequence);
        if replay.cut_bytes > 0 {
            effects.push(Effect::Truncate { path: path.clone(), len: position });
        }
        let data = replay.doubtful;
        let offset = position - data.len() as u64;
        effects.push(Effect::Write { path: path.clone(), offset, data });
        effects.push(Effect::Sync { path });
    }
    if replay.unfinished.is_some() || !segments.is_empty() {
        effects.push(Effect::SyncDir { dir: wal::DIRECTORY.into() });
    }
    if let Some(ended) = replay.ended {
        let path = wal::path(ended.sequence);
        effects.push(Effect::Truncate { path, len: ended.position });
        ended.tell_next(effects);
    }

    let is_blank = segments.is_empty();
    let is_new = log.last() == Place::default()
        && hard_state == HardState::default()
        && founding.is_none()
        && mark.is_none();
    let conf_state = match &chosen {
        Some(snapshot) => snapshot.conf_state.clone(),
        None => founding.clone().unwrap_or_default(),
    };
    let mut store = Store {
        options,
        effects: effects.clone(),
        wal: Wal::new(segments, position, chain),
        log,
        hard_state,
        conf_state,
        founding,
        mark: chosen.as_ref().map(SnapshotFile::place),
        files,
        outgoing: None,
        wanted: Cell::new(false),
    };
    if store.wal.segments.is_empty() {
        store.cut_segment();
    }
    Ok((store, Recovered { snapshot: chosen, cut_bytes: replay.cut_bytes, is_new, is_blank }))
}

/// What the segments say, read in order.
#[derive(Default)]
struct Replay {
    /// Bytes of a record beyond which it is damage.
    record_bytes_max: u64,
    log: Log,
    hard_state: HardState,
    founding: Option<ConfState>,
    mark: Option<Place>,
    segments: VecDeque<Segment>,
    /// The crc of the last frame.
    chain: u32,
    /// The end of the last segment's last frame.
    position: u64,
    cut_bytes: u64,
    /// What stands in the newest segment behind the last place that is known to be durable.
    doubtful: Vec<u8>,
    /// The newest segment, if its creation did not finish.
    unfinished: Option<u64>,
    /// Whether the segment read last tells of the next one.
    tells_next: bool,
    /// The end of the segment before the newest one, as long as the newest one holds no record:
    /// it may not tell of it yet, or not durably.
    ended: Option<Ended>,
}

impl Replay {
    fn read(record_bytes_max: u64, effects: &Effects) -> Result<Self, Halt> {
        let mut replay = Replay { record_bytes_max, ..Replay::default() };
        let sequences = sequences(effects)?;
        let Some((&newest, older)) = sequences.split_last() else { return Ok(replay) };
        let newest_bytes = read_file(effects, &wal::path(newest))?.unwrap_or_default();
        let header = frame::read(&newest_bytes, newest, 0);
        // Records follow only when the segment before tells of this one.
        let is_bare = header.as_ref().is_none_or(|header| header.end == newest_bytes.len());
        for &sequence in older {
            let bytes = read_file(effects, &wal::path(sequence))?.unwrap_or_default();
            let may_be_torn = is_bare && header.is_some() && sequence + 1 == newest;
            replay.segment(&bytes, sequence, may_be_torn)?;
            if !(replay.tells_next || is_bare && sequence + 1 == newest) {
                let reason = "a record that told of the next segment is missing";
                return Err(corrupt(&at(sequence, bytes.len()), reason));
            }
        }
        if header.is_none() {
            refuse_unless_torn(&newest_bytes, newest, 0)?;
            if older.is_empty() && newest != 1 {
                return Err(corrupt(&at(newest, 0), "the segments before it are missing"));
            }
            if replay.tells_next {
                let reason = "the header is missing that was durable, as the segment before tells";
                return Err(corrupt(&at(newest, 0), reason));
            }
            replay.unfinished = Some(newest);
            return Ok(replay);
        }
        if let (true, Some(&sequence)) = (is_bare, older.last()) {
            let Replay { position, chain, .. } = replay;
            replay.ended = Some(Ended { sequence, position, chain });
        }
        replay.segment(&newest_bytes, newest, true)?;
        if replay.tells_next {
            let reason = format!("the segment is missing, as {} tells", wal::path(newest));
            return Err(corrupt(&at(newest + 1, 0), reason));
        }
        Ok(replay)
    }

    fn segment(&mut self, bytes: &[u8], sequence: u64, may_be_torn: bool) -> Result<(), Halt> {
        let mut offset = 0;
        let mut watermark = 0;
        self.tells_next = false;
        self.cut_bytes = 0;
        while offset < bytes.len() || offset == 0 {
            if self.tells_next {
                return Err(corrupt(&at(sequence, offset), "a record behind the segment's last"));
            }
            let Some(frame) = frame::read(bytes, sequence, offset) else {
                if !may_be_torn {
                    let reason = "damage in front of a later segment";
                    return Err(corrupt(&at(sequence, offset), reason));
                }
                refuse_unless_torn(bytes, sequence, offset)?;
                self.cut_bytes = (bytes.len() - offset) as u64;
                break;
            };
            if frame.payload.len() as u64 > self.record_bytes_max {
                let reason = format!("a record of {} bytes", frame.payload.len());
                return Err(corrupt(&at(sequence, offset), reason));
            }
            let is_first = self.segments.is_empty();
            if !is_first && frame.chain != self.chain {
                let reason = "the record does not follow the one before it";
                return Err(corrupt(&at(sequence, offset), reason));
            }
            let items = item::read_items(&bytes[frame.payload]);
            let applied = items.and_then(|items| self.record(sequence, offset, items));
            applied.map_err(|reason| corrupt(&at(sequence, offset), reason))?;
            offset = frame.end;
            if !self.tells_next {
                (self.chain, watermark) = (frame.crc, frame.watermark);
                self.position = offset as u64;
            }
        }
        let durable = usize::try_from(watermark).unwrap_or(usize::MAX);
        self.doubtful = bytes.get(durable..self.position as usize).unwrap_or_default().to_vec();
        Ok(())
    }

    /// Takes the items of one record.
    fn record(
        &mut self,
        sequence: u64,
        offset: usize,
        items: Vec<Item>,
    ) -> Result<(), &'static str> {
        if offset == 0 {
            self.header(sequence, &items)?;
        }
        if let [Item::Next(next)] = items[..] {
            self.tells_next = true;
            return if next == sequence + 1 { Ok(()) } else { Err("a wrong next segment") };
        }
        items.into_iter().try_for_each(|item| self.item(item))
    }

    /// Takes the first record of a segment.
    fn header(&mut self, sequence: u64, items: &[Item]) -> Result<(), &'static str> {
        let Some(&Item::Header { sequence: written, last }) = items.first() else {
            return Err("a segment without a header");
        };
        if written != sequence {
            return Err("the header of another segment");
        }
        if self.segments.is_empty() {
            self.log = Log::new(last);
        } else if self.log.last() != last {
            return Err("the log does not end where the segment says it did");
        }
        self.segments.push_back(Segment { sequence, last });
        Ok(())
    }

    fn item(&mut self, item: Item) -> Result<(), &'static str> {
        match item {
            Item::Header { .. } => {}
            Item::HardState(state) => self.hard_state = state,
            Item::Entries(entries) => self.entries(entries)?,
            Item::Mark(place) => self.mark = Some(place),
            Item::Install(place) => {
                self.mark = Some(place);
                self.log = Log::new(place);
            }
            Item::Founding(conf_state) => self.founding = Some(conf_state),
            Item::Next(_) => return Err("the next segment is told of beside something else"),
        }
        Ok(())
    }

    /// Appends entries. They may reach below the base if the segments before were released: what
    /// they replace is gone, and of the entry below them nobody knows the term. Their first one
    /// then becomes the base; the snapshot that allowed the release holds it.
    fn entries(&mut self, mut entries: Vec<Entry>) -> Result<(), &'static str> {
        let Some(first) = entries.first() else { return Ok(()) };
        if first.index > self.log.last_index() + 1 {
            return Err("entries behind a gap in the log");
        }
        if first.index == 0 {
            return Err("an entry without an index");
        }
        if first.index <= self.log.base().index {
            self.log = Log::new(Place { index: first.index, term: first.term });
            entries.remove(0);
        }
        self.log.append(entries);
        Ok(())
    }
}

/// The segments on the disk, in order and without a gap.
fn sequences(effects: &Effects) -> Result<Vec<u64>, Halt> {
    let names = effects.list(wal::DIRECTORY).map_err(|error| unreadable(wal::DIRECTORY, error))?;
    let sequences: Vec<u64> = names.iter().filter_map(|name| wal::sequence_of(name)).collect();
    for pair in sequences.windows(2) {
        if pair[0] + 1 != pair[1] {
            return Err(corrupt(&at(pair[0] + 1, 0), "the segment is missing"));
        }
    }
    Ok(sequences)
}

/// Chooses the snapshot to start from, removes the files that are not needed any more, and tells
/// those that are left, oldest first.
fn choose_snapshot(
    effects: &Effects,
    replay: &Replay,
) -> Result<(Option<SnapshotFile>, Vec<Place>), Halt> {
    let dir = snapshot::DIRECTORY;
    let names = effects.list(dir).map_err(|error| unreadable(dir, error))?;
    if replay.segments.is_empty() && names.iter().any(|name| snapshot::place_of(name).is_some()) {
        return Err(corrupt(&at(1, 0), "there are snapshots, but no log"));
    }
    let noted = replay.mark.unwrap_or_default();
    let mut places: Vec<Place> = names.iter().filter_map(|name| snapshot::place_of(name)).collect();
    places.retain(|place| place.index <= noted.index);
    places.sort_by_key(|place| (place.index, place.term));

    let mut chosen = None;
    while let Some(&place) = places.last() {
        if replay.log.term(place.index) == Some(place.term) {
            let bytes = read_file(effects, &snapshot::path(place))?;
            chosen = bytes.and_then(|bytes| snapshot::decode(bytes, place));
            if chosen.is_some() {
                break;
            }
        }
        places.pop();
    }
    let base = replay.log.base().index;
    if chosen.is_none() && base > 0 {
        let place = snapshot::path(noted);
        return Err(corrupt(
            &place,
            format!("the log begins behind {base} and no snapshot reaches it"),
        ));
    }
    places.drain(..places.len().saturating_sub(SNAPSHOTS_KEPT));
    let kept: Vec<_> = places.iter().map(|&place| snapshot::path(place)).collect();
    for path in names.iter().filter(|name| !kept.contains(name)) {
        effects.push(Effect::Remove { path: path.clone() });
    }
    if !names.is_empty() {
        effects.push(Effect::SyncDir { dir: dir.into() });
    }
    Ok((chosen, places))
}

/// Lets a bad place in the newest segment pass if losing unsynced writes explains it.
fn refuse_unless_torn(bytes: &[u8], sequence: u64, bad: usize) -> Result<(), Halt> {
    if let Some(later) = frame::durable_beyond(bytes, sequence, bad) {
        let reason = format!("damage to what was durable, as the record at {later} tells");
        return Err(corrupt(&at(sequence, bad), reason));
    }
    if !frame::explained_by_tear(bytes, sequence, bad) {
        return Err(corrupt(&at(sequence, bad), "damage that no lost write explains"));
    }
    Ok(())
}

fn read_file(effects: &Effects, path: &str) -> Result<Option<Vec<u8>>, Halt> {
    effects.read(path).map_err(|error| unreadable(path, error))
}

fn at(sequence: u64, offset: usize) -> String {
    format!("{} at byte {offset}", wal::path(sequence))
}

fn corrupt(place: &str, reason: impl std::fmt::Display) -> Halt {
    Halt { reason: HaltReason::Corrupt, detail: format!("{place}: {reason}") }
}

fn unreadable(path: &str, error: DiskError) -> Halt {
    let detail = format!("{path}: cannot be read: {}", error.name());
    Halt { reason: HaltReason::DiskFailed, detail }
}
