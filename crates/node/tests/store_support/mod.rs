//! What the store's tests share: a disk that loses what was not synced, and the states that a
//! store may come back with.

#![allow(dead_code, missing_docs, unreachable_pub)] // Each test binary uses its part.

pub mod disk;
pub mod model;

use bytes::Bytes;
use node::store::SnapshotFile;
use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};

pub fn entry(index: u64, term: u64, data: Vec<u8>) -> Entry {
    Entry { index, term, data: data.into(), ..Entry::default() }
}

pub fn hard_state(term: u64, vote: u64, commit: u64) -> HardState {
    HardState { term, vote, commit, ..HardState::default() }
}

pub fn conf_state(voters: &[u64]) -> ConfState {
    ConfState { voters: voters.to_vec(), ..ConfState::default() }
}

pub fn snapshot_file(index: u64, term: u64) -> SnapshotFile {
    let data = Bytes::from(format!("state of {index} in {term}"));
    SnapshotFile { index, term, conf_state: conf_state(&[1, 2, 3]), data }
}

pub fn snapshot_message(index: u64, term: u64) -> Snapshot {
    let file = snapshot_file(index, term);
    let mut snapshot = Snapshot { data: file.data, ..Snapshot::default() };
    let metadata = snapshot.mut_metadata();
    metadata.index = index;
    metadata.term = term;
    metadata.set_conf_state(file.conf_state);
    snapshot
}
