//! Bits rot in what was durable: a store refuses to start, or comes back with all that it had.

mod store_support;

use node::store::{Store, StoreOptions};
use store_support::disk::{Disk, SharedDisk};
use store_support::model::{Call, Run};
use system::HaltReason;

fn save(back: u64, terms: &[u64], bytes: usize, commit: u64) -> Call {
    Call::Save { back, terms: terms.to_vec(), bytes, commit, sync: true }
}

/// Everything synced, in segments of this size.
fn settled(segment_bytes: u64) -> Run {
    let mut run = Run::new(StoreOptions { segment_bytes, ..StoreOptions::default() });
    let calls = [
        Call::Found,
        save(0, &[1, 0, 0], 10, 2),
        Call::Take,
        save(0, &[0, 1], 10, 2),
        save(1, &[1], 600, 0),
        Call::Take,
        Call::Compact { keep: 1 },
        save(0, &[0], 10, 1),
    ];
    for call in &calls {
        assert!(run.call(call), "{call:?} makes no sense here");
        run.settle();
    }
    // Two removals of snapshots may still be undone; here they are not.
    let mut disk = run.disk.0.borrow_mut();
    let fates = disk.fate_sets().pop().expect("the set in which all survives");
    disk.crash(&fates);
    drop(disk);
    run
}

/// Whether the store starts from this disk; then nothing may be missing.
fn starts(run: &Run, disk: &Disk) -> bool {
    let shared = SharedDisk::new(disk.clone());
    match Store::open(run.options.clone(), &shared.effects()) {
        Ok(_) => {
            let (mut recovered, _) = run.recover(disk.clone());
            while recovered.step() {}
            true
        }
        Err(halt) => {
            assert_eq!(halt.reason, HaltReason::Corrupt);
            assert!(halt.detail.contains(".wal at byte ") || halt.detail.contains(".snap"));
            false
        }
    }
}

/// The names of the files in a directory, with their lengths.
fn files(disk: &Disk, dir: &str) -> Vec<(String, usize)> {
    let files = disk.files().filter(|(path, _)| path.starts_with(dir));
    files.map(|(path, bytes)| (path.to_string(), bytes.len())).collect()
}

#[test]
fn no_flipped_bit_of_the_log_goes_unnoticed() {
    for segment_bytes in [1, 150, 1 << 20] {
        let run = settled(segment_bytes);
        let disk = run.disk.0.borrow().clone();
        assert!(starts(&run, &disk), "nothing is damaged yet");
        let (mut refused, mut started) = (0, 0);
        for (path, len) in files(&disk, "wal/") {
            for bit in 0..len * 8 {
                let mut damaged = disk.clone();
                damaged.damage(&path, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
                match starts(&run, &damaged) {
                    true => started += 1,
                    false => refused += 1,
                }
            }
        }
        // Only the padding behind a record can change without harm.
        assert!(refused > 10 * started, "{refused} refused, {started} started");
    }
}

#[test]
fn a_lost_segment_is_noticed() {
    let run = settled(1);
    let disk = run.disk.0.borrow().clone();
    let segments = files(&disk, "wal/");
    assert!(segments.len() > 3);
    // Without the first one, what is left may be all that a snapshot needs.
    for (path, _) in &segments[1..] {
        let mut damaged = disk.clone();
        damaged.lose(path);
        assert!(!starts(&run, &damaged), "{path}");
    }
}

#[test]
fn a_lost_end_of_a_segment_is_noticed_unless_it_is_the_end_of_the_log() {
    let run = settled(1);
    let disk = run.disk.0.borrow().clone();
    let mut segments = files(&disk, "wal/");
    let last = segments.pop().expect("a segment");
    assert!(segments.len() > 1);
    for (path, len) in segments {
        for kept in 0..len {
            let mut damaged = disk.clone();
            damaged.damage(&path, |bytes| bytes.truncate(kept));
            assert!(!starts(&run, &damaged), "{path} cut to {kept}");
        }
    }
    // The newest one cannot have lost its header, because the one before tells of it.
    let mut damaged = disk.clone();
    damaged.damage(&last.0, Vec::clear);
    assert!(!starts(&run, &damaged));
}

#[test]
fn an_emptied_log_is_not_a_new_node() {
    let run = settled(1 << 20);
    let mut disk = run.disk.0.borrow().clone();
    for (path, _) in files(&disk, "wal/") {
        disk.lose(&path);
    }
    assert!(!starts(&run, &disk));
}

#[test]
fn a_record_of_another_history_does_not_fit_into_the_chain() {
    let history = |step: u64| {
        let mut run = Run::new(StoreOptions::default());
        let mut lengths = Vec::new();
        for call in [Call::Found, save(0, &[step], 10, 0), save(0, &[0], 10, 1)] {
            assert!(run.call(&call));
            run.settle();
            lengths.push(files(&run.disk.0.borrow(), "wal/")[0].1);
        }
        (run, lengths)
    };
    let ((run, lengths), (other, other_lengths)) = (history(1), history(2));
    assert_eq!(lengths, other_lengths);
    let stale = other.disk.0.borrow().files().next().expect("a segment").1.to_vec();
    let mut disk = run.disk.0.borrow().clone();
    let (path, _) = files(&disk, "wal/").remove(0);
    let record = lengths[0]..lengths[1];
    disk.damage(&path, |bytes| bytes[record.clone()].copy_from_slice(&stale[record]));
    assert!(!starts(&run, &disk));
}
