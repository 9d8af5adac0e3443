//! Whatever moment the power fails at, and whatever it takes of what was not synced: a store comes
//! back with a state that it had, none older than the last sync.

mod store_support;

use node::store::StoreOptions;
use proptest::prelude::*;
use store_support::disk::Fate;
use store_support::model::{Call, Run};

fn small_segments(segment_bytes: u64) -> StoreOptions {
    StoreOptions { segment_bytes, ..StoreOptions::default() }
}

fn save(back: u64, terms: &[u64], bytes: usize, commit: u64, sync: bool) -> Call {
    Call::Save { back, terms: terms.to_vec(), bytes, commit, sync }
}

/// Crashes at every boundary between the pending effects, with every subset of what was not
/// synced, recovers, and crashes the recovery in the same way, `depth` times over.
fn crash_everywhere(run: &mut Run, depth: u32) -> u64 {
    let mut crashes = 0;
    loop {
        let disk = run.disk.0.borrow().clone();
        for fates in disk.fate_sets() {
            let mut disk = disk.clone();
            disk.crash(&fates);
            let (mut recovered, _) = run.recover(disk);
            crashes += 1;
            if depth > 0 {
                crashes += crash_everywhere(&mut recovered, depth - 1);
            } else {
                while recovered.step() {}
            }
        }
        // A killed process loses nothing that the operating system holds.
        let (mut recovered, _) = run.recover(disk);
        assert_eq!(recovered.states.len(), run.written, "a kill loses nothing");
        if depth > 0 {
            crashes += crash_everywhere(&mut recovered, depth - 1);
        }
        if !run.step() {
            return crashes;
        }
    }
}

fn crash_after(segment_bytes: u64, calls: &[Call]) -> u64 {
    let mut run = Run::new(small_segments(segment_bytes));
    let mut crashes = 0;
    for call in calls {
        assert!(run.call(call), "{call:?} makes no sense here");
        crashes += crash_everywhere(&mut run, 1);
    }
    run.settle();

    crashes
}

#[test]
fn a_save_survives_from_its_sync_on() {
    let calls = [
        Call::Found,
        save(0, &[1, 0], 20, 0, true),
        save(0, &[], 0, 2, false),
        save(0, &[0, 1], 700, 1, false),
        save(1, &[1], 20, 0, false),
        save(0, &[0], 2000, 0, true),
    ];
    assert!(crash_after(1 << 20, &calls) > 400);
}

#[test]
fn a_segment_is_cut_without_a_gap() {
    let calls = [
        save(0, &[1, 0], 300, 1, false),
        save(0, &[0], 300, 1, false),
        save(2, &[1, 0], 300, 0, true),
        save(0, &[0], 300, 3, false),
    ];
    assert!(crash_after(200, &calls) > 100);
}

#[test]
fn a_snapshot_counts_once_it_is_noted() {
    let calls = [
        Call::Found,
        save(0, &[1, 0, 0], 20, 2, true),
        Call::Take,
        Call::Compact { keep: 1 },
        save(0, &[0], 600, 2, true),
        Call::Take,
        save(0, &[0], 20, 2, true),
        Call::Take,
        Call::Compact { keep: 0 },
    ];
    for segment_bytes in [1, 1 << 20] {
        assert!(crash_after(segment_bytes, &calls) > 200);
    }
}

#[test]
fn a_leaders_snapshot_replaces_the_log_at_once() {
    let calls = [
        save(0, &[1, 0, 0], 20, 1, true),
        save(0, &[0], 20, 0, false),
        Call::Install { ahead: 3, entries: 2 },
        save(1, &[1, 0], 20, 1, true),
        Call::Take,
        Call::Install { ahead: 1, entries: 0 },
        Call::Compact { keep: 0 },
        save(0, &[1], 20, 1, true),
    ];
    for segment_bytes in [1, 200, 1 << 20] {
        assert!(crash_after(segment_bytes, &calls) > 200);
    }
}

#[test]
fn entries_over_a_released_segment_are_read_again() {
    let calls = [
        Call::Found,
        save(0, &[1, 0, 0, 0], 20, 1, true),
        save(3, &[1, 0, 0, 0, 0], 20, 5, true),
        Call::Take,
        Call::Compact { keep: 0 },
        save(0, &[0], 20, 0, true),
    ];
    assert!(crash_after(1, &calls) > 100);
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let terms = proptest::collection::vec(prop_oneof![3 => Just(0u64), 1 => Just(1)], 0..4);
    let bytes = prop_oneof![4 => 0..60usize, 1 => 400..1500usize];
    let save = (0..4u64, terms, bytes, 0..4u64, any::<bool>()).prop_map(
        |(back, terms, bytes, commit, sync)| Call::Save { back, terms, bytes, commit, sync },
    );
    let call = prop_oneof![
        1 => Just(Call::Found),
        12 => save,
        1 => (1..4u64, 0..3u64).prop_map(|(ahead, entries)| Call::Install { ahead, entries }),
        3 => Just(Call::Take),
        3 => (0..4u64).prop_map(|keep| Call::Compact { keep }),
    ];
    proptest::collection::vec(call, 1..40)
}

/// Where the power fails: after so many effects, and what it takes.
fn crashes() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let luck = proptest::collection::vec(any::<u8>(), 8);
    proptest::collection::vec((0..60usize, luck), 1..12)
}

fn crash(run: &Run, luck: &[u8]) -> Run {
    let mut disk = run.disk.0.borrow().clone();
    if luck[0] != 0 {
        let fates: Vec<Fate> = (0..disk.dirty())
            .map(|i| {
                let fates = disk.fates(i);
                fates[usize::from(luck[i % luck.len()]) % fates.len()]
            })
            .collect();
        disk.crash(&fates);
    }
    run.recover(disk).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_life_forgets_what_an_earlier_one_synced(
        calls in calls(),
        crashes in crashes(),
        segment_bytes in prop_oneof![Just(1u64), Just(300), Just(2000), Just(1 << 20)],
    ) {
        let mut run = Run::new(small_segments(segment_bytes));
        let mut crashes = crashes.into_iter();
        let mut next = move || crashes.next().unwrap_or((usize::MAX, Vec::new()));
        let (mut left, mut luck) = next();
        for call in &calls {
            run.call(call);
            loop {
                while left == 0 {
                    run = crash(&run, &luck);
                    (left, luck) = next();
                }
                if !run.step() {
                    break;
                }
                left -= 1;
            }
        }
    }
}
