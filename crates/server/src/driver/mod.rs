//! The loop over the seam: what waits is handed to the node, and its effects are performed front
//! to back. The simulator's twin is `testbed/src/perform.rs`.
//!
//! * The node and its disk live on one thread. While an effect is under way the node takes no
//!   input; what arrives meanwhile waits, is handed over together, and then `flush` is called
//!   once: so one fsync serves all that is pending.
//! * A file effect that fails drops those behind it, and the node is told.
//! * Time is the machine's monotonic clock. It stands still while the whole machine sleeps, so
//!   lease reads, which a client must ask for, are for machines that do not.
//! * Nobody is told anything before the data directory notes, durably, that the node has lived.
//!
//! **Not done here:** deciding anything that Raft, the log or the store decide.

mod addresses;
mod notes;
mod timers;
mod waiting;

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use node::RaftNode;
use node::store::Effects;
use system::{
    Admin, Boot, DiskError, DiskFailure, Effect, Halt, HaltReason, Input, Nanos, NodeId, NodeSet,
    Refusal, Reply, Request, System,
};

use crate::disk::{DataDir, Disk};
use crate::peers::Frame;
use crate::random::OsRandom;
use crate::shared::{Event, Message, Shared};
use timers::Timers;
use waiting::{Waiter, Waiting};

/// Events that are handed over at once, at most: a bound for the time between two flushes.
const ROUND_EVENTS: usize = 2_048;
/// Between two looks at the members' addresses in the store.
const LOOK_UP_TIME: Duration = Duration::from_secs(1);

/// A node and everything that performs its effects.
struct Driver {
    shared: Arc<Shared>,
    directory: DataDir,
    disk: Rc<Disk>,
    effects: Effects,
    node: RaftNode,
    timers: Timers,
    waiting: Waiting,
    /// What the driver itself has to tell the node.
    inputs: VecDeque<Input<Message>>,
    /// When the process's time began.
    start: Instant,
    /// When the members' addresses are looked up again.
    look_up: Instant,
    /// Peers who say that the cluster has removed this node.
    removed_by: NodeSet,
    /// Why the driver ends, although the node has not said so.
    end: Option<Halt>,
}

/// Runs a node until it ends itself, or cannot start.
///
/// # Errors
///
/// If the data directory cannot be written.
pub(crate) fn run(
    shared: Arc<Shared>,
    mut directory: DataDir,
    mailbox: &Receiver<Event>,
) -> Result<Halt, String> {
    let meta = directory.meta();
    let boot = Boot {
        id: meta.id,
        incarnation: meta.starts,
        now: 0,
        start: shared.settings.start,
        has_lived: meta.lived,
        random: Box::new(OsRandom::new()),
    };
    let root = &shared.settings.data_dir;
    let disk = Rc::new(Disk::new(root, Arc::clone(&shared.metrics), shared.log.clone()));
    let effects = Effects::new(disk.clone());
    let node = match RaftNode::boot(&shared.settings.config, boot, &effects) {
        Ok(node) => node,
        Err(halt) => return Ok(halt),
    };
    directory.count_start()?;
    let start = Instant::now();
    let driver = Driver {
        shared,
        directory,
        disk,
        effects,
        node,
        timers: Timers::default(),
        waiting: Waiting::default(),
        inputs: VecDeque::new(),
        start,
        look_up: start,
        removed_by: NodeSet::EMPTY,
        end: None,
    };
    Ok(driver.run(mailbox))
}

impl Driver {
    fn run(mut self, mailbox: &Receiver<Event>) -> Halt {
        loop {
            if let Some(halt) = self.perform() {
                return halt;
            }
            self.shared.set_view(self.node.view());
            if let Some(halt) = self.end.take() {
                return halt;
            }
            let first = if self.inputs.is_empty() {
                match mailbox.recv_timeout(self.timers.wait(Instant::now())) {
                    Ok(event) => Some(event),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => Some(Event::Stop),
                }
            } else {
                None
            };
            self.round(first, mailbox);
        }
    }

    /// Hands over all that waits, and lets the node flush.
    fn round(&mut self, first: Option<Event>, mailbox: &Receiver<Event>) {
        let mut count = self.inputs.len() as u64;
        while let Some(input) = self.inputs.pop_front() {
            self.hand_over(input);
        }
        for event in first.into_iter().chain(mailbox.try_iter()).take(ROUND_EVENTS) {
            count += 1;
            self.take(event);
        }
        let at = Instant::now();
        while let Some(timer) = self.timers.due(at) {
            count += 1;
            self.hand_over(Input::Timer(timer));
        }
        if at >= self.look_up {
            self.look_up = at + LOOK_UP_TIME;
            self.look_up_addresses();
            self.waiting.forget_abandoned();
        }
        self.node.flush(self.now(), &self.effects);
        self.shared.metrics.rounds.add(1);
        self.shared.metrics.inputs.add(count);
    }

    /// The time is read behind the arrival of the input, for each: the process may have been
    /// stopped for long just before, and a lease that has expired meanwhile must not serve a
    /// read that came after.
    fn hand_over(&mut self, input: Input<Message>) {
        self.node.handle(self.now(), input, &self.effects);
    }

    fn take(&mut self, event: Event) {
        let input = match event {
            Event::Message { from, message } => Input::Message { from, message },
            Event::Delivery { to, token, delivered } => Input::Delivery { to, token, delivered },
            Event::Link { peer, up } => {
                self.removed_by.remove(peer);
                Input::Link { peer, up }
            }
            Event::Request { request, answer } => {
                let admin = match &request {
                    Request::Admin(admin) => Some(admin.clone()),
                    _ => None,
                };
                let id = self.waiting.wait(Waiter::Client { answer, admin });
                Input::Request { id, request }
            }
            Event::PassedOn { from, id, admin } => {
                let id = self.waiting.wait(Waiter::Peer { from, id });
                Input::Request { id, request: Request::Admin(admin) }
            }
            Event::Answered { id, reply } => return self.waiting.answer_passed(id, reply),
            Event::Removed { by } => {
                self.removed_by.insert(by);
                return self.leave_if_told();
            }
            Event::Stop => Input::Stop,
        };
        self.hand_over(input);
    }

    /// Ends the node when most of the others say that it was removed. One of them alone may not
    /// have heard yet that it was added again.
    fn leave_if_told(&mut self) {
        let mut others = self.members();
        if others.is_empty() {
            others = self.shared.book(|book| book.ids());
        }
        others.remove(self.shared.settings.id);
        if !others.is_empty() && others.has_majority_in(self.removed_by) {
            let detail = format!("{} say so", self.removed_by);
            self.end = Some(Halt { reason: HaltReason::Removed, detail });
        }
    }

    /// Performs what the node wants. Returns its end, if it ends.
    fn perform(&mut self) -> Option<Halt> {
        while let Some(effect) = self.effects.pop() {
            match effect {
                Effect::Note(note) => self.note(note),
                Effect::Send { to, message, report } => {
                    if self.has_lived()
                        && !self.shared.send(to, Frame::Message { message, report })
                        && let Some(token) = report
                    {
                        self.inputs.push_back(Input::Delivery { to, token, delivered: false });
                    }
                }
                Effect::Reply { request, reply } => {
                    if self.has_lived() {
                        self.reply(request, reply);
                    }
                }
                Effect::SetTimer { timer, after, periodic } => {
                    self.timers.set(Instant::now(), timer, after, periodic);
                }
                Effect::CancelTimer { timer } => self.timers.cancel(timer),
                Effect::Halt(halt) => {
                    self.shared.set_view(self.node.view());
                    return Some(halt);
                }
                effect => {
                    if let Err(failure) = self.disk.perform(&effect) {
                        self.fail(failure);
                    }
                }
            }
        }
        None
    }

    /// The effects behind a failed one are not performed.
    fn fail(&mut self, mut failure: DiskFailure) {
        failure.dropped = self.effects.len();
        self.effects.clear();
        self.inputs.push_front(Input::DiskFailed(failure));
    }

    /// Notes before the first word to anybody that there was one. False if that failed.
    fn has_lived(&mut self) -> bool {
        match self.directory.note_life() {
            Ok(()) => true,
            Err(error) => {
                slog::error!(self.shared.log, "{error}");
                let path = "raftkv".into();
                self.fail(DiskFailure { effect: "write", path, error: DiskError::Io, dropped: 0 });
                false
            }
        }
    }

    fn reply(&mut self, request: u64, reply: Reply) {
        match self.waiting.take(request) {
            Some(Waiter::Client { answer, admin }) => {
                let leader = match reply {
                    Reply::Failed(Refusal::NotLeader { hint }) => hint,
                    _ => 0,
                };
                match admin.filter(|_| leader != 0 && leader != self.shared.settings.id) {
                    Some(admin) => self.pass_on(leader, admin, answer, reply),
                    // A client that has hung up is not told.
                    None => drop(answer.send(reply)),
                }
            }
            Some(Waiter::Peer { from, id }) => {
                self.shared.send(from, Frame::AdminAnswer { id, reply });
            }
            Some(Waiter::Address(id)) => self.take_address(id, reply),
            None => slog::error!(self.shared.log, "an answer to nobody: {reply:?}"),
        }
    }

    /// Lets the leader change the cluster.
    fn pass_on(
        &mut self,
        leader: NodeId,
        admin: Admin,
        answer: tokio::sync::oneshot::Sender<Reply>,
        refused: Reply,
    ) {
        let id = self.waiting.pass_on(answer);
        if !self.shared.send(leader, Frame::Admin { id, admin }) {
            self.waiting.answer_passed(id, refused);
        }
    }

    fn now(&self) -> Nanos {
        u64::try_from(self.start.elapsed().as_nanos()).expect("a process ends within 584 years")
    }
}
