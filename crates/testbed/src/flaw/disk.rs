//! Flaws in what becomes of errors of the disk, and in what a start makes of what it finds
//! (*Protocol-Aware Recovery, FAST'18; "fsyncgate", 2018*).

use system::{Boot, Halt, HaltReason, Nanos, Note, System};

use super::planted::{Effect, Effects, Filter, Input};
use super::{Flaw, Plant};
use node::{Config, RaftNode};

pub(super) static FLAWS: &[Flaw] = &[
    Flaw {
        id: "persist-error-ignored",
        about: "the node goes on as if a write or sync that failed had not",
        origin: "etcd raftexample ignores what wal.Save returns, to this day",
        trigger: "an error of the disk, and then a restart",
        expected: &["durability", "vote-kept", "log-kept", "election-safety", "sut"],
        scenario: "disk-storm",
        ceiling: 20,
        plant: Plant::Filter(|| Box::new(GoesOn::behind(Failed::Any))),
    },
    Flaw {
        id: "fsync-retry",
        about: "a sync that failed is tried again, and believed when it succeeds",
        origin: "fsyncgate, PostgreSQL 2018",
        trigger: "a failed sync dropped the pages, and power is lost later",
        expected: &["durability", "vote-kept", "log-kept", "election-safety", "sut"],
        scenario: "disk-storm",
        ceiling: 50,
        plant: Plant::Filter(|| Box::new(GoesOn::behind(Failed::Sync))),
    },
    Flaw {
        id: "torn-tail-fatal",
        about: "a record that power loss tore at the end of the log keeps the node from starting",
        origin: "etcd #5230, fixed in bd9f1584d",
        trigger: "power is lost inside of a write",
        expected: &["sut/halt", "liveness"],
        scenario: "crashes",
        ceiling: 5,
        plant: Plant::Filter(|| Box::new(NoTornTail)),
    },
    Flaw {
        id: "release-before-sync",
        about: "old segments of the log are removed before what replaces them is durable",
        origin: "etcd #7628, fixed in 50517039a",
        trigger: "power is lost while the log is compacted",
        expected: &["durability", "log-kept", "sut"],
        scenario: "snapshot-storm",
        ceiling: 100,
        plant: Plant::Filter(|| Box::new(RemoveFirst)),
    },
];

/// Which failures are not taken for one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// Every one, and what failed is left out.
    Any,
    /// That of a sync, which is tried again.
    Sync,
}

/// Goes on behind an effect that failed.
struct GoesOn {
    behind: Failed,
    /// What was to be performed last.
    turn: Vec<Effect>,
}

impl GoesOn {
    fn behind(behind: Failed) -> Self {
        GoesOn { behind, turn: Vec::new() }
    }
}

impl Filter for GoesOn {
    fn handle(&mut self, node: &mut RaftNode, now: Nanos, input: Input, effects: &Effects) {
        let Input::DiskFailed(failure) = &input else {
            return node.handle(now, input, effects);
        };
        let rest = self.turn.len() - failure.dropped;
        match self.behind {
            Failed::Any => self.turn.drain(rest..).for_each(|effect| effects.push(effect)),
            Failed::Sync if failure.effect == "sync" || failure.effect == "sync-dir" => {
                self.turn.drain(rest - 1..).for_each(|effect| effects.push(effect));
            }
            Failed::Sync => node.handle(now, input, effects),
        }
    }

    fn rewrite(&mut self, _: &RaftNode, effects: Vec<Effect>) -> Vec<Effect> {
        self.turn.clone_from(&effects);
        effects
    }
}

/// Does not start if there is a tail to be cut.
struct NoTornTail;

impl Filter for NoTornTail {
    fn boot(&mut self, config: &Config, boot: Boot, effects: &Effects) -> Result<RaftNode, Halt> {
        let node = RaftNode::boot(config, boot, effects)?;
        let mut torn = None;
        effects.rewrite(0, |list| {
            torn = list.iter().find_map(|effect| match effect {
                Effect::Note(Note::TailCut { bytes }) => Some(*bytes),
                _ => None,
            });
            list
        });
        match torn {
            None => Ok(node),
            Some(bytes) => {
                let detail = format!("unexpected end of the log: {bytes} bytes of no record");
                Err(Halt { reason: HaltReason::Corrupt, detail })
            }
        }
    }
}

/// Files are removed before anything else is done to files.
struct RemoveFirst;

impl Filter for RemoveFirst {
    fn rewrite(&mut self, _: &RaftNode, mut effects: Vec<Effect>) -> Vec<Effect> {
        let Some(first) = effects.iter().position(Effect::is_disk) else { return effects };
        let is_removal = |effect: &Effect| matches!(effect, Effect::Remove { .. });
        let (mut turn, late): (Vec<_>, Vec<_>) =
            effects.split_off(first).into_iter().partition(is_removal);
        turn.extend(late);
        effects.extend(turn);
        effects
    }
}
