//! What an administrator is told is true (*Raft §6; thesis §3.10, §4.3*).
//!
//! * A change of members that is called done was in force, and no longer as a joint
//!   configuration, at some time between the question and the answer. It may have been so before:
//!   then there was nothing to do. An earlier attempt, or somebody else, may have made it.
//! * A transfer of leadership that is called done made its target a leader, in a term behind that
//!   of the leader who was asked; or the target led already. What the node that began the transfer
//!   says of its end is held against the same.
//!
//! Only what was answered as done is judged, and a system that tells neither configurations nor
//! leaders cannot be.
//!
//! Not done here: that the change lasts, which nobody promised, and that the road was the one that
//! was asked for, which [`super::config_safety`] judges where it matters.

use system::{Admin, ConfChange, NodeId, Note, Role};
use trace::OpId;

use super::{PerNode, per_node, slot};
use crate::configuration::Configuration;
use crate::findings::{Findings, Said};
use crate::replica::Replica;

const CHECK: &str = "admin-answers";

/// A question that waits for its answer.
#[derive(Debug)]
struct Open {
    id: OpId,
    /// The event that asked.
    seq: u64,
    wish: Wish,
}

/// What is asked for, and how far it has come.
#[derive(Debug)]
enum Wish {
    Change {
        changes: Vec<ConfChange>,
        /// The highest index that had made a configuration by then: what is told of it, or of an
        /// older one, is no news.
        base: u64,
        /// Whether it was in force.
        met: bool,
        /// Who went into a joint configuration last, and in which event.
        joint: Option<(NodeId, u64)>,
    },
    Transfer {
        to: NodeId,
        /// The lowest term in which such a transfer began.
        term: Option<u64>,
        /// Whether the target led when asked, or became a leader later.
        led: bool,
    },
}

/// Remembers what is asked for, who led, and who hands over.
#[derive(Debug)]
pub(crate) struct AdminAnswers {
    /// Few at any time.
    open: Vec<Open>,
    /// The highest term that each node led.
    led: PerNode<u64>,
    /// The term of the transfer that each node began, and the event that told of it.
    begun: PerNode<Option<(u64, u64)>>,
    /// Whether anybody ever told a configuration, and a leader.
    tells_configuration: bool,
    tells_leader: bool,
}

impl AdminAnswers {
    pub(crate) fn new() -> Self {
        AdminAnswers {
            open: Vec::new(),
            led: per_node(),
            begun: per_node(),
            tells_configuration: false,
            tells_leader: false,
        }
    }

    /// A node starts: it knows of no transfer.
    pub(crate) fn start(&mut self, node: NodeId) {
        self.begun[slot(node)] = None;
    }

    /// Something is asked for, while `configuration` is the newest.
    pub(crate) fn asked(
        &mut self,
        (seq, id): (u64, OpId),
        admin: &Admin,
        configuration: &Configuration,
        replicas: &PerNode<Replica>,
    ) {
        let wish = match admin {
            Admin::Reconfigure { changes, .. } => Wish::Change {
                changes: changes.clone(),
                base: configuration.index,
                met: meets(configuration, changes),
                joint: None,
            },
            Admin::Transfer { to } => {
                let target = &replicas[slot(*to)];
                let led = target.live && target.role == Role::Leader;
                Wish::Transfer { to: *to, term: None, led }
            }
        };
        self.open.push(Open { id, seq, wish });
    }

    /// That is over; `done` if it is answered as done.
    pub(crate) fn answered(&mut self, seq: u64, id: OpId, done: bool, findings: &mut Findings) {
        let Some(place) = self.open.iter().position(|open| open.id == id) else { return };
        let open = self.open.swap_remove(place);
        if !done {
            return;
        }
        match open.wish {
            Wish::Change { met: false, joint, .. } if self.tells_configuration => {
                change_not_made(&open, joint, seq, findings);
            }
            Wish::Transfer { to, term, led: false } if self.tells_leader => {
                let best = self.led[slot(to)];
                if term.is_none_or(|term| best <= term) {
                    let message =
                        format!("a transfer to n{to} was answered as done: {}", led(to, best));
                    findings.report(CHECK, "not-moved", &[(to, open.seq), (0, seq)], message);
                }
            }
            _ => {}
        }
    }

    /// Takes in what a node says; `replica` already has.
    pub(crate) fn observe(&mut self, said: Said<'_>, replica: &Replica, findings: &mut Findings) {
        match *said.note {
            Note::Conf { index, voters, outgoing, learners } => {
                self.tells_configuration = true;
                self.entered(said, &Configuration { index, voters, outgoing, learners });
            }
            Note::Role { role: Role::Leader, term, .. } => self.leads(said.node, term),
            Note::Transfer { to } => self.begins(said, to, replica.term),
            Note::TransferEnded { to, moved } => {
                let begun = self.begun[slot(said.node)].take();
                if let (true, Some(begun)) = (moved, begun) {
                    self.moved(said, to, begun, findings);
                }
            }
            _ => {}
        }
    }

    fn entered(&mut self, said: Said<'_>, new: &Configuration) {
        for open in &mut self.open {
            let Wish::Change { changes, base, met, joint } = &mut open.wish else { continue };
            if new.index > *base {
                *met |= meets(new, changes);
                if !new.outgoing.is_empty() {
                    *joint = Some((said.node, said.seq));
                }
            }
        }
    }

    fn leads(&mut self, node: NodeId, term: u64) {
        self.tells_leader = true;
        let best = &mut self.led[slot(node)];
        *best = term.max(*best);
        for open in &mut self.open {
            if let Wish::Transfer { to, led, .. } = &mut open.wish {
                *led |= *to == node;
            }
        }
    }

    fn begins(&mut self, said: Said<'_>, target: NodeId, now: u64) {
        self.begun[slot(said.node)] = Some((now, said.seq));
        for open in &mut self.open {
            if let Wish::Transfer { to, term, .. } = &mut open.wish
                && *to == target
            {
                *term = Some(term.map_or(now, |term| term.min(now)));
            }
        }
    }

    /// A node says that the transfer it began has moved the leadership.
    fn moved(&self, said: Said<'_>, to: NodeId, (term, seq): (u64, u64), findings: &mut Findings) {
        let best = self.led[slot(to)];
        if self.tells_leader && best <= term {
            let message = format!(
                "n{}, the leader of term {term}, says that it handed over to n{to}: {}",
                said.node,
                led(to, best)
            );
            findings.report(
                CHECK,
                "not-moved",
                &[(said.node, seq), (said.node, said.seq)],
                message,
            );
        }
    }
}

fn change_not_made(open: &Open, joint: Option<(NodeId, u64)>, seq: u64, findings: &mut Findings) {
    let asked = (0, open.seq);
    if let Some(joint) = joint {
        let message = format!(
            "a change was answered as done: n{} was in a joint configuration, and nobody had left it",
            joint.0
        );
        findings.report(CHECK, "still-joint", &[asked, joint, (0, seq)], message);
    } else {
        let message = "a change was answered as done: nobody was in such a configuration";
        findings.report(CHECK, "not-in-force", &[asked, (0, seq)], message.into());
    }
}

/// The highest term that a node led, in words.
fn led(node: NodeId, term: u64) -> String {
    if term == 0 {
        format!("n{node} never led")
    } else {
        format!("n{node} led term {term} and none behind it")
    }
}

/// Whether a configuration is what `changes` lead to, and on the way to nowhere else.
fn meets(configuration: &Configuration, changes: &[ConfChange]) -> bool {
    let Configuration { voters, outgoing, learners, .. } = configuration;
    outgoing.is_empty()
        && changes.iter().all(|change| match *change {
            ConfChange::AddVoter(id) => voters.contains(id),
            ConfChange::AddLearner(id) => learners.contains(id),
            ConfChange::Remove(id) => !voters.contains(id) && !learners.contains(id),
        })
}
