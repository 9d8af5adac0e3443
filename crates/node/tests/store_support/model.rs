//! What a store must come back with: one of the states since the last sync, none older, none that
//! never was.

use std::collections::BTreeMap;

use node::store::{Recovered, Store, StoreOptions};
use raft::eraftpb::{ConfState, HardState, Message};
use raft::storage::Storage;
use system::Effect;

use super::disk::{Disk, SharedDisk};
use super::{conf_state, entry, hard_state, snapshot_file, snapshot_message};

/// One call to a store.
#[derive(Clone, Debug)]
pub enum Call {
    Found,
    /// Puts `terms.len()` entries at `last + 1 - back`, with data of `bytes` bytes.
    Save {
        back: u64,
        terms: Vec<u64>,
        bytes: usize,
        commit: u64,
        sync: bool,
    },
    /// Installs a snapshot `ahead` of the last index, with `entries` behind it.
    Install {
        ahead: u64,
        entries: u64,
    },
    /// Takes a snapshot at the commit index.
    Take,
    /// Compacts to `keep` entries before the snapshot.
    Compact {
        keep: u64,
    },
}

/// What is told by a log that was read again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub hard_state: HardState,
    /// Term and data of each entry behind the last reset of the log.
    pub entries: BTreeMap<u64, (u64, Vec<u8>)>,
    /// The place that the log was reset to.
    pub reset: (u64, u64),
    /// The noted snapshot.
    pub mark: Option<(u64, u64)>,
    pub founding: Option<ConfState>,
}

impl State {
    pub fn last(&self) -> u64 {
        self.entries.last_key_value().map_or(self.reset.0, |(&index, _)| index)
    }

    fn term(&self, index: u64) -> u64 {
        if index == self.reset.0 { self.reset.1 } else { self.entries[&index].0 }
    }

    fn snapshot_index(&self) -> u64 {
        self.mark.map_or(0, |mark| mark.0)
    }
}

/// A store on a disk, with the states that a crash may bring back.
pub struct Run {
    pub options: StoreOptions,
    pub disk: SharedDisk,
    pub store: Store,
    pub effects: node::store::Effects,
    /// From the last one known to be durable on.
    pub states: Vec<State>,
    /// How many of them were performed but for a sync, the durable one included.
    pub written: usize,
}

impl Run {
    pub fn new(options: StoreOptions) -> Self {
        let disk = SharedDisk::default();
        let effects = disk.effects();
        let (store, recovered) = Store::open(options.clone(), &effects).expect("an empty disk");
        assert!(recovered.is_new);
        disk.perform_all(&effects);
        Run { options, disk, store, effects, states: vec![State::default()], written: 1 }
    }

    fn state(&self) -> &State {
        self.states.last().expect("a state")
    }

    /// Makes a call, leaving its effects pending. Answers whether the call made sense.
    pub fn call(&mut self, call: &Call) -> bool {
        let mut state = self.state().clone();
        match call {
            Call::Found => {
                if state != State::default() {
                    return false;
                }
                let conf = conf_state(&[1, 2, 3]);
                self.store.found(conf.clone());
                state.founding = Some(conf);
            }
            Call::Save { back, terms, bytes, commit, sync } => {
                self.save(&mut state, *back, terms, *bytes, *commit, *sync);
            }
            Call::Install { ahead, entries } => self.install(&mut state, *ahead, *entries),
            Call::Take => {
                let index = state.hard_state.commit;
                if index <= state.snapshot_index() {
                    return false;
                }
                let term = state.term(index);
                self.store.take_snapshot(&snapshot_file(index, term));
                state.mark = Some((index, term));
            }
            Call::Compact { keep } => {
                self.store.compact((state.snapshot_index() + 1).saturating_sub(*keep));
                return true;
            }
        }
        self.states.push(state);
        true
    }

    fn save(
        &mut self,
        state: &mut State,
        back: u64,
        terms: &[u64],
        bytes: usize,
        commit: u64,
        sync: bool,
    ) {
        let first = (state.last() + 1).saturating_sub(back).max(state.hard_state.commit + 1);
        let mut term = state.term(first - 1).max(state.hard_state.term);
        let mut entries = Vec::new();
        if !terms.is_empty() {
            state.entries.split_off(&first);
        }
        for (index, step) in (first..).zip(terms) {
            term += step;
            let data = vec![u8::try_from(index % 251).unwrap() + 1; bytes];
            state.entries.insert(index, (term, data.clone()));
            entries.push(entry(index, term, data));
        }
        let commit = (state.hard_state.commit + commit).min(state.last());
        state.hard_state = hard_state(term, term % 3, commit);
        self.store.save(entries, Some(&state.hard_state), sync);
    }

    fn install(&mut self, state: &mut State, ahead: u64, count: u64) {
        let (index, term) = (state.last() + ahead, state.hard_state.term + 1);
        let hard = hard_state(term, 0, index);
        let entries: Vec<_> = (1..=count).map(|i| entry(index + i, term, vec![9; 40])).collect();
        self.store.install_snapshot(&snapshot_message(index, term), entries.clone(), Some(&hard));
        state.entries = entries.into_iter().map(|e| (e.index, (e.term, e.data.to_vec()))).collect();
        state.hard_state = hard;
        state.reset = (index, term);
        state.mark = Some(state.reset);
    }

    /// Performs the next effect, keeping count of what it made durable.
    pub fn step(&mut self) -> bool {
        let Some(effect) = self.effects.pop() else { return false };
        self.count(&effect);
        self.disk.0.borrow_mut().perform(effect);
        true
    }

    fn count(&mut self, effect: &Effect<Box<Message>>) {
        match effect {
            // The first record of a segment is its header, which says nothing new, and neither
            // does the last one of a segment that another one follows.
            Effect::Append { path, .. } if path.starts_with("wal/") => {
                let disk = self.disk.0.borrow();
                let segments = disk.files().filter(|(path, _)| path.starts_with("wal/"));
                let newest = segments.map(|(path, _)| path).last();
                self.written += usize::from(newest == Some(path));
            }
            Effect::Sync { path } if path.starts_with("wal/") => {
                self.states.drain(..self.written - 1);
                self.written = 1;
            }
            _ => {}
        }
    }

    pub fn settle(&mut self) {
        while self.step() {}
        assert_eq!(self.written, self.states.len(), "every call is one record");
    }

    /// Recovers from a copy of the disk, which must work, and finds the state that came back.
    pub fn recover(&self, disk: Disk) -> (Run, Recovered) {
        let disk = SharedDisk::new(disk);
        let effects = disk.effects();
        let (store, recovered) = Store::open(self.options.clone(), &effects)
            .unwrap_or_else(|halt| panic!("a crash is no reason to refuse: {}", halt.detail));
        let possible = &self.states[..self.written];
        let found = possible
            .iter()
            .rposition(|state| agrees(&store, &recovered, state))
            .unwrap_or_else(|| {
                let hard = store.hard_state();
                let [first, last] = [store.first_index(), store.last_index()];
                panic!("{hard:?} with entries {first}..={last} is none of {possible:#?}")
            });
        let states = possible[..=found].to_vec();
        let options = self.options.clone();
        (Run { options, disk, store, effects, written: states.len(), states }, recovered)
    }
}

/// Whether a recovered store holds this state. The log may reach further back than it did.
fn agrees(store: &Store, recovered: &Recovered, state: &State) -> bool {
    let mut hard = state.hard_state.clone();
    hard.commit = hard.commit.max(state.snapshot_index());
    let snapshot = state.mark.map(|(index, term)| snapshot_file(index, term));
    let conf = match &snapshot {
        Some(snapshot) => snapshot.conf_state.clone(),
        None => state.founding.clone().unwrap_or_default(),
    };
    let log = (store.first_index()..=store.last_index()).all(|index| {
        let entry = store.entry(index).expect("a log without gaps");
        let same = |(term, data): &(u64, Vec<u8>)| *term == entry.term && **data == *entry.data;
        entry.index == index && state.entries.get(&index).is_some_and(same)
    });
    let base = store.first_index() - 1;
    store.last_index() == state.last()
        && *store.hard_state() == hard
        && log
        && store.term(base) == Some(state.term(base))
        && base <= hard.commit
        && recovered.snapshot == snapshot
        && recovered.is_new == (*state == State::default())
        && store.initial_state().expect("in memory").conf_state == conf
        && base <= store.snapshot_index()
}
