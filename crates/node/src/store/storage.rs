//! What the Raft library reads: its `Storage` trait over the log in memory. No disk is touched.

use protobuf::Message as _;
use raft::eraftpb::{Entry, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};

use super::Store;

impl Storage for Store {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard_state.clone(), self.conf_state.clone()))
    }

    /// The entries of `low..high`, at least one and else no more than `max_size` bytes.
    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low < self.first_index() {
            return Err(StorageError::Compacted.into());
        }
        if high > self.last_index() + 1 {
            return Err(StorageError::Unavailable.into());
        }
        let max_size = max_size.into().unwrap_or(u64::MAX);
        if low >= high {
            return Ok(Vec::new());
        }
        if max_size == u64::MAX {
            return Ok(self.log.range(low, high).cloned().collect());
        }
        let mut size = 0u64;
        let fits = |entry: &&Entry| {
            let first = size == 0;
            size += u64::from(entry.compute_size());
            first || size <= max_size
        };
        Ok(self.log.range(low, high).take_while(fits).cloned().collect())
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        self.log.term(index).ok_or_else(|| {
            let compacted = index < self.log.base().index;
            if compacted { StorageError::Compacted } else { StorageError::Unavailable }.into()
        })
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.log.first_index())
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.log.last_index())
    }

    /// The outgoing snapshot, if it reaches `request_index` and the entries behind it are still
    /// in the log: a receiver could do nothing with an older one.
    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        if let Some(snapshot) = &self.outgoing {
            let index = snapshot.get_metadata().index;
            if index >= request_index && index >= self.log.base().index {
                return Ok(snapshot.clone());
            }
        }
        self.wanted.set(true);
        Err(StorageError::SnapshotTemporarilyUnavailable.into())
    }
}
