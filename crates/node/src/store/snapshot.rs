//! Snapshot files: `snap/{term:016x}-{index:016x}.snap`.
//!
//! A file is written under a temporary name, synced, renamed, and its directory synced; only then
//! may the log rely on it (*etcd `snap/snapshotter.go`*). What is inside repeats the name and
//! carries a checksum, so a torn, rotten or misnamed file is skipped instead of believed.
//!
//! ```text
//! 0  magic 4 | 4 crc 4 of all that follows | 8 index 8 | 16 term 8 | 24 conf bytes 4
//! 28 configuration, then the data up to the end
//! ```

use bytes::Bytes;
use raft::eraftpb::ConfState;
use system::{Effect, FilePath};

use super::Effects;
use super::item::{Reader, put_conf_state, sorted};
use super::log::Place;

/// The directory of the snapshot files.
pub(super) const DIRECTORY: &str = "snap";

const MAGIC: [u8; 4] = *b"SqSn";
const HEAD_BYTES: usize = 28;

/// A snapshot as it stands in its file.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotFile {
    /// The last index that it holds.
    pub index: u64,
    /// That entry's term.
    pub term: u64,
    /// The configuration after that entry.
    pub conf_state: ConfState,
    /// The state machine, in its own encoding.
    pub data: Bytes,
}

impl SnapshotFile {
    pub(super) fn place(&self) -> Place {
        Place { index: self.index, term: self.term }
    }
}

/// The name of the snapshot at a place.
pub(super) fn path(place: Place) -> FilePath {
    format!("{DIRECTORY}/{:016x}-{:016x}.snap", place.term, place.index).into()
}

/// The place that a file's name tells; `None` for a temporary or foreign file.
pub(super) fn place_of(path: &str) -> Option<Place> {
    let name = path.strip_prefix(DIRECTORY)?.strip_prefix('/')?.strip_suffix(".snap")?;
    let (term, index) = name.split_once('-')?;
    let number = |text: &str| u64::from_str_radix(text, 16).ok();
    let place = Place { index: number(index)?, term: number(term)? };
    (*self::path(place) == *path).then_some(place)
}

/// Makes a snapshot durable under its name.
pub(super) fn write(effects: &Effects, snapshot: &SnapshotFile) {
    let name = path(snapshot.place());
    let temporary: FilePath =
        format!("{DIRECTORY}/{:016x}-{:016x}.tmp", snapshot.term, snapshot.index).into();
    effects.push(Effect::Append { path: temporary.clone(), data: encode(snapshot) });
    effects.push(Effect::Sync { path: temporary.clone() });
    effects.push(Effect::Rename { from: temporary, to: name });
    effects.push(Effect::SyncDir { dir: DIRECTORY.into() });
}

fn encode(snapshot: &SnapshotFile) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD_BYTES + 64 + snapshot.data.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&snapshot.index.to_le_bytes());
    out.extend_from_slice(&snapshot.term.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    put_conf_state(&mut out, &sorted(snapshot.conf_state.clone()));
    let conf_bytes = u32::try_from(out.len() - HEAD_BYTES).expect("a configuration is small");
    out[24..28].copy_from_slice(&conf_bytes.to_le_bytes());
    out.extend_from_slice(&snapshot.data);
    let crc = crc32fast::hash(&out[8..]);
    out[4..8].copy_from_slice(&crc.to_le_bytes());
    out
}

/// Reads what [`write`] wrote; `None` if the bytes are not the snapshot of `place`.
pub(super) fn decode(bytes: Vec<u8>, place: Place) -> Option<SnapshotFile> {
    let head = bytes.get(..HEAD_BYTES)?;
    let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
    let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
    if head[..4] != MAGIC || word(4) != crc32fast::hash(&bytes[8..]) {
        return None;
    }
    if (Place { index: number(8), term: number(16) }) != place {
        return None;
    }
    let data_start = HEAD_BYTES.checked_add(word(24) as usize)?;
    let mut conf = Reader { bytes: bytes.get(HEAD_BYTES..data_start)? };
    let conf_state = conf.conf_state().ok()?;
    let data = Bytes::from(bytes).slice(data_start..);
    Some(SnapshotFile { index: place.index, term: place.term, conf_state, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> SnapshotFile {
        let conf_state = ConfState { voters: vec![1, 2, 3], ..ConfState::default() };
        SnapshotFile { index: 300, term: 4, conf_state, data: Bytes::from_static(b"state") }
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written() {
        let bytes = encode(&snapshot());
        assert_eq!(decode(bytes.clone(), snapshot().place()), Some(snapshot()));
        assert_eq!(decode(bytes, Place { index: 301, term: 4 }), None);
    }

    #[test]
    fn a_damaged_snapshot_is_skipped() {
        let bytes = encode(&snapshot());
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(damaged, snapshot().place()), None, "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert_eq!(decode(bytes[..len].to_vec(), snapshot().place()), None, "{len} bytes");
        }
    }

    #[test]
    fn names_tell_the_place() {
        let place = snapshot().place();
        assert_eq!(&*path(place), "snap/0000000000000004-000000000000012c.snap");
        assert_eq!(place_of(&path(place)), Some(place));
        for foreign in ["snap/4-12c.snap", "snap/x.snap", "snap/a.tmp", "wal/1.wal"] {
            assert_eq!(place_of(foreign), None, "{foreign}");
        }
    }
}
