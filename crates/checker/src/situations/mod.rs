//! Which situations did a run come into? Rare things are counted here as they happen, each with
//! the kinds of fault that were on at that moment.
//!
//! What each situation means stands beside its name in [`trace::situation`]; here is what it is
//! told by. An event costs a few nanoseconds: it is looked at by its kind, and what must be
//! remembered of a node is a handful of numbers.
//!
//! **Invariant:** nothing is judged. A run that comes into no situation is not worse.
//! **Invariant:** log and snapshots are told apart by the directories of their files, `wal/` and
//! `snap/`. A system that names them otherwise does not come into situations of its disk.

mod crashes;
mod disks;
mod elections;
mod faults;
mod log;
mod membership;
mod reads;
mod snapshots;

use system::{DiskError, MessageKind, NodeId, NodeSet, Note, Op, ReadPath, Role};
use trace::{DropReason, Event, Kind, Outcome, Situation};

use crate::invariants::{PerNode, per_node, slot};
use crate::judge::Founding;
use faults::Faults;

/// A situation that a run came into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub situation: Situation,
    /// How often, at least once.
    pub hits: u32,
    /// The kinds of fault, as [`Kind::FaultStart`] names them, that were on at one of these
    /// moments at least; [`NO_FAULT`] if at one of them none was. A crash is on until the node
    /// has recovered.
    pub faults: Vec<&'static str>,
}

/// Stands for a fault where there was none.
pub const NO_FAULT: &str = "none";

/// Watches one run: [`Situations::observe`] every event, then ask what it [`Situations::reached`].
#[derive(Debug)]
pub struct Situations {
    nodes: PerNode<Node>,
    cluster: Cluster,
    tally: Tally,
    /// The last operation of each client; `asked[0]` is the nemesis.
    asked: Vec<Asked>,
}

/// What is remembered of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    role: Role,
    term: u64,
    /// It has started and not yet said its role.
    is_recovering: bool,
    /// It has restarted, and does not know of a leader since.
    is_rejoining: bool,
    /// The last index of its log.
    last: u64,
    commit: u64,
    /// The last index that it found at its start and still has.
    recovered: u64,
    /// As a leader: its first entry of the term; [`Node::NOT_YET`] until that is in the log.
    first_of_term: u64,
    /// The last entry that it put into the log itself; 0 for none.
    own: u64,
    /// The last change of the configuration in its log; 0 for none.
    change: u64,
    /// It has decided on a vote that is not durable.
    votes: bool,
    /// The write-ahead log holds bytes that are not synced.
    is_unsynced: bool,
    file: SnapshotFile,
    /// Snapshots that it installed since it started.
    installs: u32,
    /// Who is on the way to get a snapshot of it.
    sent: NodeSet,
}

impl Node {
    const NOT_YET: u64 = u64::MAX;
}

/// How far a node is with the file of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SnapshotFile {
    /// There is none under way.
    #[default]
    None,
    /// It is being written.
    Written,
    /// It bears its name, which is not durable.
    Renamed,
    /// It is durable, and the write-ahead log does not tell of it.
    Unmarked,
}

/// What is remembered of all nodes together.
#[derive(Debug)]
struct Cluster {
    live: NodeSet,
    leaders: NodeSet,
    candidates: NodeSet,
    /// The highest term that had a leader.
    leader_term: u64,
    /// The highest term in which votes were asked for.
    candidate_term: u64,
    /// The last leader, if it crashed; else 0.
    crashed_leader: NodeId,
    /// The newest configuration: the entry that made it so, voters, those being left, learners.
    conf_index: u64,
    voters: NodeSet,
    outgoing: NodeSet,
    learners: NodeSet,
    /// The joint configuration has lost its leader.
    is_orphaned: bool,
}

/// The last operation of a client, and where its last attempt went.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    number: u64,
    is_read: bool,
    node: NodeId,
    /// The node's term when it took the request.
    term: u64,
}

/// The counts.
#[derive(Debug)]
struct Tally {
    hits: [u32; Situation::COUNT],
    under: [u32; Situation::COUNT],
    faults: Faults,
}

impl Tally {
    fn hit(&mut self, situation: Situation) {
        self.hits[situation as usize] += 1;
        self.under[situation as usize] |= self.faults.mask();
    }

    fn hit_if(&mut self, is_so: bool, situation: Situation) {
        if is_so {
            self.hit(situation);
        }
    }
}

impl Situations {
    /// A watcher who has seen nothing.
    #[must_use]
    pub fn new(founding: Founding) -> Situations {
        let tally = Tally {
            hits: [0; Situation::COUNT],
            under: [0; Situation::COUNT],
            faults: Faults::new(),
        };
        let cluster = Cluster {
            live: NodeSet::EMPTY,
            leaders: NodeSet::EMPTY,
            candidates: NodeSet::EMPTY,
            leader_term: 0,
            candidate_term: 0,
            crashed_leader: 0,
            conf_index: 0,
            voters: founding.voters,
            outgoing: NodeSet::EMPTY,
            learners: founding.learners,
            is_orphaned: false,
        };
        Situations { nodes: per_node(), cluster, tally, asked: Vec::new() }
    }

    /// Takes in one event. Constant amortised cost.
    ///
    /// # Panics
    ///
    /// If a node's id is above 63.
    #[inline]
    pub fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Note { node, note } => self.note(*node, note),
            Kind::Disk { node, act, path, error, .. } => {
                self.tally.hit_if(*error == Some(DiskError::Full), Situation::DiskFull);
                disks::done(&mut self.nodes[slot(*node)], act, path, &mut self.tally);
            }
            Kind::Send { .. } | Kind::Timer { .. } | Kind::Attempt { .. } => {}
            Kind::Receive { message, kind } => {
                if *kind == MessageKind::Snapshot {
                    self.nodes[slot(message.from)].sent.remove(message.to);
                }
            }
            other => self.seldom(other),
        }
    }

    /// The situations that the run came into, in the order of the catalogue.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        let tally = &self.tally;
        let reached = Situation::ALL.iter().filter(|which| tally.hits[**which as usize] > 0);
        reached
            .map(|&situation| Reached {
                situation,
                hits: tally.hits[situation as usize],
                faults: tally.faults.names(tally.under[situation as usize]),
            })
            .collect()
    }

    fn note(&mut self, id: NodeId, note: &Note) {
        let Situations { nodes, cluster, tally, asked } = self;
        let node = &mut nodes[slot(id)];
        match *note {
            Note::Apply { .. } | Note::Compact { .. } | Note::SnapshotTaken { .. } => {}
            Note::Append { index, kind, .. } => log::append(node, index, kind),
            Note::Persisted { .. } => node.votes = false,
            Note::Commit { index } => log::commit(node, index, tally),
            Note::Truncate { from } => log::truncate(node, from, tally),
            Note::Proposed { forwarded, .. } => {
                if !forwarded && cluster.leaders.len() > 1 {
                    elections::proposed(node, cluster, tally);
                }
            }
            Note::Read { request, path, .. } => {
                reads::served(id, node, request, path, asked, tally)
            }
            Note::Role { role, term, leader } => {
                if std::mem::take(&mut node.is_recovering) {
                    crashes::recovered(id, node, term, cluster, tally);
                }
                node.is_rejoining &= leader == 0;
                elections::role(id, node, role, term, cluster, tally);
            }
            Note::Vote { .. } => node.votes = true,
            Note::Recovered { commit, first_index, snapshot_index, .. } => {
                (node.commit, node.last) = (commit, first_index.saturating_sub(1));
                tally.hit_if(snapshot_index > 0, Situation::RestartFromSnapshot);
            }
            Note::TailCut { .. } => tally.hit(Situation::TornTailCut),
            Note::Conf { index, voters, outgoing, learners } => {
                let conf = membership::Conf { index, voters, outgoing, learners };
                membership::in_force(id, conf, nodes, cluster, tally);
            }
            Note::SnapshotSent { to, .. } => {
                node.sent.insert(to);
                tally.hit(Situation::SnapshotSent);
            }
            Note::SnapshotInstalled { index, .. } => snapshots::installed(node, index, tally),
            Note::Transfer { .. } => {}
            Note::TransferEnded { moved: true, .. } => tally.hit(Situation::TransferCompleted),
            Note::TransferEnded { moved: false, .. } => tally.hit(Situation::TransferFailed),
            Note::LeaseRefused { .. } => tally.hit(Situation::LeaseRefused),
        }
    }

    /// Events of which a run has few.
    fn seldom(&mut self, kind: &Kind) {
        let Situations { nodes, cluster, tally, asked } = self;
        match kind {
            Kind::Invoke { id, op } => reads::invoked(*id, matches!(**op, Op::Get { .. }), asked),
            Kind::Request { node, id } => {
                reads::asked(*node, &nodes[slot(*node)], *id, asked, tally)
            }
            Kind::Return { outcome, .. } => {
                let remembered = matches!(**outcome, Outcome::Ok { path: ReadPath::Session, .. });
                tally.hit_if(remembered, Situation::RetryRemembered);
            }
            Kind::Drop { message, kind, why, .. } => {
                tally.hit_if(*why == DropReason::Corrupt, Situation::CorruptMessageRefused);
                tally.hit_if(*why == DropReason::Queue, Situation::MailboxFull);
                if *kind == MessageKind::Snapshot {
                    nodes[slot(message.from)].sent.remove(message.to);
                    tally.hit(Situation::SnapshotLost);
                }
            }
            Kind::Duplicate { kind, .. } => {
                tally.hit_if(*kind == MessageKind::Snapshot, Situation::SnapshotDoubled);
            }
            Kind::Start { node, incarnation } => {
                crashes::started(*node, *incarnation, &mut nodes[slot(*node)], cluster);
            }
            Kind::Crash { node, during, lost_bytes, torn_writes, .. } => {
                let loss = crashes::Loss { during, bytes: *lost_bytes, torn: *torn_writes };
                crashes::crashed(*node, loss, nodes, cluster, tally);
            }
            Kind::Halt { node, reason, .. } => {
                disks::halted(*reason, tally);
                crashes::ended(*node, &mut nodes[slot(*node)], cluster);
            }
            Kind::Panic { node, .. } => crashes::ended(*node, &mut nodes[slot(*node)], cluster),
            Kind::FaultStart { name, .. } => tally.faults.begin(name),
            Kind::FaultEnd { name, .. } => tally.faults.end(name),
            Kind::Phase { name: "settle" } => tally.faults.heal(),
            _ => {}
        }
    }
}
