//! Which chunks were under way when the whole process ended?
//!
//! A worker that ends is replaced by its parent. But if all of it is killed, as when a container
//! runs out of memory, the next incarnation would meet the same seed and end in the same way, for
//! ever. So what is begun is noted in a file of its shard, and struck out when it is done: a chunk
//! that was under way at two such ends is run one seed at a time, and a seed that was alone under
//! way at three is not run again: nobody can tell how it ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sweep::Shard;

/// Ends at which a chunk was under way, from which on its seeds are run alone.
const ENDS_OF_CHUNK: u64 = 2;

/// Ends at which a seed was under way alone, from which on it is not run again.
const ENDS_OF_SEED: u64 = 3;

/// The file, and what stands in it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: Option<PathBuf>,
    begun: Mutex<BTreeMap<String, u64>>,
}

impl Journal {
    /// The journal of a shard in a directory, as the last incarnation left it.
    pub(crate) fn open(directory: &Path, shard: Shard) -> Self {
        let path = directory.join(format!("inflight-{}-{}", shard.index(), shard.count()));
        let text = fs::read_to_string(&path).unwrap_or_default();
        // Somebody else's words, or half of ours, are no reason to stop.
        let begun = serde_json::from_str(&text).unwrap_or_default();
        Journal { path: Some(path), begun: Mutex::new(begun) }
    }

    /// A journal that nobody keeps.
    pub(crate) fn none() -> Self {
        Journal { path: None, begun: Mutex::default() }
    }

    /// Notes that a chunk is begun; says whether its seeds must be run alone.
    pub(crate) fn begin(&self, chunk: u64) -> bool {
        self.note(chunk.to_string()) > ENDS_OF_CHUNK
    }

    /// Notes that a seed is run alone; says whether it must not be.
    pub(crate) fn begin_alone(&self, chunk: u64, place: u64) -> bool {
        self.note(format!("{chunk}/{place}")) > ENDS_OF_SEED
    }

    /// Notes that a seed that was run alone is done.
    pub(crate) fn end_alone(&self, chunk: u64, place: u64) {
        self.change(|begun| begun.remove(&format!("{chunk}/{place}")));
    }

    /// Notes that a chunk is done, or given up in good order.
    pub(crate) fn end(&self, chunk: u64) {
        let alone = format!("{chunk}/");
        let of_chunk = |name: &str| name == chunk.to_string() || name.starts_with(&alone);
        self.change(|begun| begun.retain(|name, _| !of_chunk(name)));
    }

    /// Counts a beginning without an end.
    fn note(&self, name: String) -> u64 {
        self.change(|begun| {
            let count = begun.entry(name).or_default();
            *count += 1;
            *count
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, u64>) -> T) -> T {
        let mut begun = self.begun.lock().expect("no panic while it is held");
        let value = change(&mut begun);
        if let Some(path) = &self.path {
            // It is a help, not a record: what cannot be noted is run all the same.
            let _ = write(path, &begun);
        }
        value
    }
}

fn write(path: &Path, begun: &BTreeMap<String, u64>) -> std::io::Result<()> {
    if begun.is_empty() {
        return fs::remove_file(path);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let partial = path.with_file_name(format!(".tmp-{name}-{}", std::process::id()));
    fs::write(&partial, serde_json::to_string(begun).expect("plain data"))?;
    fs::rename(partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_at_every_end_is_run_alone_and_then_not_at_all() {
        let directory = std::env::temp_dir().join(format!("squall-journal-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let open = || Journal::open(&directory, Shard::WHOLE);
        let alone: Vec<bool> = (0..4).map(|_| open().begin(7)).collect();
        assert_eq!(alone, [false, false, true, true]);
        let never: Vec<bool> = (0..4).map(|_| open().begin_alone(7, 3)).collect();
        assert_eq!(never, [false, false, false, true]);
        open().end(7);
        assert!(!open().begin(7), "it ended well");
        open().end(7);
        assert_eq!(fs::read_dir(&directory).expect("it is there").count(), 0);
        fs::remove_dir_all(directory).expect("removed");
    }
}
