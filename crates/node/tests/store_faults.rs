//! The disk answers with errors: a store that stops at the first one, as the node does, and is
//! opened again comes back with all that it was told is durable. Whatever a failed sync does to
//! what was dirty, whatever a loss of power takes after it.

mod store_support;

use std::rc::Rc;

use node::store::{Effects, Store, StoreOptions};
use raft::eraftpb::HardState;
use sim::{Chance, Delay, Disk, DiskOptions, Rates, SharedDisk, Stream, StreamName};
use store_support::{conf_state, entry, hard_state, snapshot_file};
use system::HaltReason;

/// A node that only saves.
struct Life {
    disk: SharedDisk,
    stream: Stream,
    segment_bytes: u64,
    /// The last index that was said to be durable, and the term.
    durable: (u64, u64),
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    DiskFailed,
    Power,
}

impl Life {
    fn new(seed: u64, segment_bytes: u64) -> Self {
        let chance = Chance::new(seed);
        let [write, sync] = [Delay::Fixed(0); 2];
        let options = DiskOptions::sound(write, sync, 512, 300_000, 300_000);
        let disk = SharedDisk::new(Disk::new(options, 1, &chance));
        let stream = chance.stream(StreamName::Target(1));
        Life { disk, stream, segment_bytes, durable: (0, 0) }
    }

    /// Performs what waits; on an error nothing behind it.
    fn perform(&mut self, effects: &Effects) -> Result<(), End> {
        while let Some(effect) = effects.pop() {
            if self.stream.chance(10_000) {
                self.disk.borrow_mut().perform_inside(&effect);
                return Err(End::Power);
            }
            if self.disk.borrow_mut().perform(&effect).is_err() {
                effects.clear();
                return Err(End::DiskFailed);
            }
        }
        Ok(())
    }

    /// Opens the store and saves until something ends it.
    fn live(&mut self) -> End {
        let effects = Effects::new(Rc::new(self.disk.clone()));
        let options = StoreOptions { segment_bytes: self.segment_bytes, ..StoreOptions::default() };
        let (mut store, recovered) = match Store::open(options, &effects) {
            Ok(opened) => opened,
            Err(halt) => {
                assert_eq!(halt.reason, HaltReason::DiskFailed, "{}", halt.detail);
                return End::DiskFailed;
            }
        };
        let found = (store.last_index(), store.hard_state().term);
        let (index, term) = self.durable;
        assert!(found.0 >= index && found.1 >= term, "{:?} was durable: {found:?}", self.durable);
        if let Err(end) = self.perform(&effects) {
            return end;
        }
        // The node answers from here on as if all of it were durable.
        self.durable = found;
        if recovered.is_new {
            store.found(conf_state(&[1, 2, 3]));
        }
        let term = found.1 + 1;
        for number in 0..30 {
            if let Err(end) = self.save(&mut store, &effects, term, number) {
                return end;
            }
        }
        End::Power
    }

    fn save(
        &mut self,
        store: &mut Store,
        effects: &Effects,
        term: u64,
        number: u64,
    ) -> Result<(), End> {
        let index = store.last_index() + 1;
        let commit = index - 1;
        let state: HardState = hard_state(term, 1, commit);
        let bytes = self.stream.below(900) as usize;
        store.save(vec![entry(index, term, vec![7; bytes])], Some(&state), true);
        self.perform(effects)?;
        self.durable = (index, term);
        if number % 7 == 3 && commit > store.snapshot_index() {
            let term = store.term(commit).expect("the log holds what is committed");
            store.take_snapshot(&snapshot_file(commit, term));
            store.compact(commit);
            self.perform(effects)?;
        }
        Ok(())
    }
}

/// Ever new lives on one disk, with faults of these rates in some of them.
fn lives(rates: Rates, full: bool, seeds: u64) -> u32 {
    let mut failed = 0;
    for seed in 0..seeds {
        for segment_bytes in [1, 3_000] {
            let mut life = Life::new(seed, segment_bytes);
            for round in 0..12 {
                if round % 3 != 2 {
                    let room =
                        (full && life.stream.chance(500_000)).then(|| life.stream.below(5_000));
                    life.disk.borrow_mut().set_fault(1, rates, room);
                }
                let end = life.live();
                life.disk.borrow_mut().clear_fault(1);
                failed += u32::from(end == End::DiskFailed);
                if end == End::Power || life.stream.chance(300_000) {
                    life.disk.borrow_mut().power_loss();
                }
            }
        }
    }
    failed
}

const RATE: u32 = 30_000;

#[test]
fn no_sync_that_drops_pages_takes_what_was_durable() {
    let rates = Rates { sync_drops: RATE, ..Rates::default() };
    assert!(lives(rates, false, 100) > 500);
}

#[test]
fn no_sync_that_keeps_pages_takes_what_was_durable() {
    let rates = Rates { sync_keeps: RATE, ..Rates::default() };
    assert!(lives(rates, false, 100) > 500);
}

#[test]
fn no_error_of_the_medium_takes_what_was_durable() {
    let rates = Rates { io_error: RATE, ..Rates::default() };
    assert!(lives(rates, false, 100) > 500);
}

#[test]
fn no_full_disk_takes_what_was_durable() {
    assert!(lives(Rates::default(), true, 100) > 300);
}

#[test]
fn nothing_takes_what_was_durable() {
    let rates = Rates {
        io_error: RATE / 4,
        sync_drops: RATE / 2,
        sync_keeps: RATE / 4,
        ..Rates::default()
    };
    assert!(lives(rates, true, 200) > 1_000);
}
