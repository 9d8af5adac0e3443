//! The start of a node on what its files hold (*raftexample: replayWAL, loadSnapshot,
//! startRaft*).

use raft::eraftpb::ConfState;
use raft::{RawNode, Storage};
use slog::{Discard, Logger, o};
use system::{Boot, Halt, HaltReason, Note, Start};

use crate::conf::Conf;
use crate::config::Config;
use crate::deliveries::Deliveries;
use crate::lease::Lease;
use crate::luck::Luck;
use crate::machine::Machine;
use crate::message;
use crate::proposals::Proposals;
use crate::raft_node::{Life, RaftNode, Seen, TICK};
use crate::reads::Reads;
use crate::store::{Effects, Recovered, Store, StoreOptions};

/// Starts a node. When this returns, it has applied what its files say is committed.
pub(crate) fn boot(config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
    let options = StoreOptions {
        segment_bytes: config.segment_bytes,
        mark_before_snapshot: config.semantics.mark_before_snapshot,
        hard_state_first: config.semantics.hard_state_first,
        commit: config.semantics.commit,
        record_bytes_max: config.record_bytes_max,
    };
    let (mut store, recovered) = Store::open(options, effects)?;
    if boot.has_lived && recovered.is_blank {
        let detail = "the files of an earlier life are gone".to_owned();
        return Err(Halt { reason: HaltReason::Corrupt, detail });
    }
    if let (true, Start::Found { voters, learners }) = (recovered.is_new, boot.start) {
        store.found(Conf::founding(voters, learners).state);
    }
    let mut machine = Machine::new(config.sessions_max);
    let (conf_index, applied) = restore(&mut machine, &recovered)?;
    let conf = Conf::new(conf_index, initial(&store)?);
    say_recovered(&store, &recovered, &machine, applied, effects)?;

    let seen = Seen {
        role: (system::Role::Follower, u64::MAX, 0),
        vote: (store.hard_state().term, store.hard_state().vote),
        commit: store.hard_state().commit,
        last_index: store.last_index(),
    };
    let logger = Logger::root(Discard, o!());
    let raw = RawNode::new(&config.raft(boot.id, applied), store, &logger)
        .map_err(|error| Halt { reason: HaltReason::Library, detail: error.to_string() })?;
    let mut luck = Luck::new(boot.random, config.election_ticks);
    let nonce = luck.nonce();
    if !conf.is_empty() {
        effects.note(conf.note());
    }
    let mut node = RaftNode {
        id: boot.id,
        config: *config,
        raw,
        machine,
        conf,
        luck,
        ticks: 0,
        applied,
        waiting: Vec::new(),
        seen,
        proposals: Proposals::new(boot.id, nonce),
        reads: Reads::new(boot.id, nonce),
        lease: Lease::new(config),
        heard: 0,
        transfer: None,
        joint: None,
        joint_deadline: 0,
        deliveries: Deliveries::default(),
        life: Life::Member,
    };
    effects.set_timer(TICK, config.tick, true);
    node.drain(boot.now, effects);
    if config.semantics.restore_last {
        restore(&mut node.machine, &recovered)?;
    }
    Ok(node)
}

/// The configuration that the log starts from.
fn initial(store: &Store) -> Result<ConfState, Halt> {
    match store.initial_state() {
        Ok(state) => Ok(state.conf_state),
        Err(error) => Err(Halt { reason: HaltReason::Library, detail: error.to_string() }),
    }
}

/// Takes the state from the snapshot, if there is one. Returns the index of the configuration in
/// it, and its own.
fn restore(machine: &mut Machine, recovered: &Recovered) -> Result<(u64, u64), Halt> {
    let Some(snapshot) = &recovered.snapshot else {
        return Ok((0, 0));
    };
    match machine.restore(&snapshot.data) {
        Some(conf_index) => Ok((conf_index, snapshot.index)),
        None => Err(Halt {
            reason: HaltReason::Corrupt,
            detail: format!("snapshot {} holds no state", snapshot.index),
        }),
    }
}

/// Says what was found, and refuses what contradicts itself.
fn say_recovered(
    store: &Store,
    recovered: &Recovered,
    machine: &Machine,
    applied: u64,
    effects: &Effects,
) -> Result<(), Halt> {
    if recovered.cut_bytes > 0 {
        effects.note(Note::TailCut { bytes: recovered.cut_bytes });
    }
    let [first_index, last_index] = [store.first_index(), store.last_index()];
    let hard_state = store.hard_state();
    if hard_state.commit < applied || hard_state.commit > last_index {
        let detail = format!(
            "commit {} is not in {applied}..={last_index}, the snapshot and the end of the log",
            hard_state.commit
        );
        return Err(Halt { reason: HaltReason::Inconsistent, detail });
    }
    effects.note(Note::Recovered {
        term: hard_state.term,
        vote: hard_state.vote,
        commit: hard_state.commit,
        first_index,
        base_term: store.term(first_index - 1).unwrap_or(0),
        snapshot_index: applied,
        snapshot_digest: if recovered.snapshot.is_some() { machine.digest() } else { 0 },
    });
    for entry in (first_index..=last_index).filter_map(|index| store.entry(index)) {
        let mark = message::mark(entry);
        effects.note(Note::Append {
            index: entry.index,
            term: mark.term,
            kind: message::kind(entry),
            digest: mark.digest,
        });
    }
    Ok(())
}
