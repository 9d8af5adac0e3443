//! Clients: each has one operation open at a time, and retries it where that is safe.
//!
//! * An attempt that gets no answer in time leaves the operation *ambiguous*: it may have
//!   happened. It is tried again at another node only if a session makes that safe, or if it is a
//!   read. An operation that ends ambiguous has the outcome `unknown`, never `fail`.
//! * After an unknown outcome a client opens a new session, as a restarted process would: the
//!   old request may still take effect, the new session must not answer for it.

use std::collections::VecDeque;

use sim::Chance;
use system::{
    ClientId, Nanos, NodeId, Op, Output, ReadMode, Refusal, Reply, Request, Response, SessionSeq,
    System,
};
use trace::{Event, Kind, OpId, Outcome, Pace, ScriptedOp, Workload};

use crate::demand;
use crate::phases::Phase;
use crate::slot::{parts, request_id};
use crate::workload::{Generator, key_name};
use crate::world::World;

/// Before a refused attempt is repeated.
const BACKOFF: Nanos = 10_000_000;

pub(crate) struct Client {
    pub(crate) id: ClientId,
    generator: Generator,
    script: VecDeque<ScriptedOp>,
    scripted: bool,
    /// Operations begun.
    number: u64,
    session: Option<u64>,
    /// Requests of the session so far.
    seq: u64,
    /// Whom to ask next.
    prefer: NodeId,
    open: Option<Open>,
    wake_at: Nanos,
    scheduled: Option<Nanos>,
    /// When the next operation of an open workload was due.
    pace_at: Nanos,
    /// Whether it has still to complete a write after all was healed.
    pub(crate) owes_write: bool,
    /// The last of those that it did not complete, and why.
    pub(crate) write_failed: Option<(OpId, &'static str)>,
    /// Keys still to be read at the end.
    pub(crate) finals: VecDeque<u64>,
    /// A read at the end that did not succeed.
    pub(crate) final_failed: Option<OpId>,
}

/// An operation under way.
struct Open {
    op: Op,
    key: Option<usize>,
    id: OpId,
    to: Option<NodeId>,
    deadline: Nanos,
    attempt: u32,
    /// Whether an earlier attempt may have happened.
    ambiguous: bool,
    waits: Waits,
    session: Option<SessionSeq>,
    cause: u64,
}

/// What an operation waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// The answer that opens a session.
    Session,
    /// The answer.
    Answer,
    /// The time to try again.
    Retry,
}

impl Client {
    pub(crate) fn new(id: ClientId, workload: &Workload, chance: &Chance) -> Self {
        let script: VecDeque<_> =
            workload.script.iter().filter(|op| op.client == id).cloned().collect();
        Client {
            id,
            generator: Generator::new(workload, id, chance),
            scripted: !workload.script.is_empty(),
            script,
            number: 0,
            session: None,
            seq: 0,
            prefer: 1,
            open: None,
            wake_at: 0,
            scheduled: None,
            pace_at: 0,
            owes_write: false,
            write_failed: None,
            finals: VecDeque::new(),
            final_failed: None,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.open.is_none()
    }

    /// That it has not completed the write that it owes, in words.
    pub(crate) fn missing_write(&self) -> String {
        let last = self.write_failed.map_or(String::new(), |(id, why)| {
            format!(" (c{}.{} ended without an answer: {why})", id.client, id.number)
        });
        format!("c{} has completed no write{last}", self.id)
    }
}

impl<S: System> World<'_, S> {
    pub(crate) fn begin_client(&mut self, client: usize) {
        let nodes = self.plan.scenario.cluster.nodes;
        let id = self.clients[client].id;
        self.clients[client].prefer = 1 + (id - 1) % nodes;
        self.rest(client);
    }

    /// Wakes the client at a time. One due per client suffices: it is armed again if it is early.
    fn sleep_until(&mut self, client: usize, at: Nanos) {
        let state = &mut self.clients[client];
        state.wake_at = at;
        if state.scheduled.is_none_or(|scheduled| scheduled > at) {
            state.scheduled = Some(at);
            self.queue.push(at, crate::world::Due::Client { client });
        }
    }

    /// The pause before the next operation.
    fn rest(&mut self, client: usize) {
        let now = self.now();
        let state = &self.clients[client];
        match self.phase {
            Phase::Storm => {}
            Phase::FinalWrites if state.owes_write => {
                let pause = if state.write_failed.is_some() { BACKOFF } else { 0 };
                return self.sleep_until(client, now + pause);
            }
            Phase::FinalReads if !state.finals.is_empty() => {
                return self.sleep_until(client, now);
            }
            _ => return,
        }
        let workload = &self.plan.scenario.workload;
        let state = &mut self.clients[client];
        let at = if state.scripted {
            let Some(next) = state.script.front() else { return };
            next.at.max(now)
        } else {
            let pause = state.generator.draw(workload, state.number + 1).pause;
            match workload.pace {
                Pace::Closed { .. } => now + pause,
                Pace::Open { .. } => {
                    state.pace_at += pause;
                    state.pace_at.max(now)
                }
            }
        };
        self.sleep_until(client, at);
    }

    pub(crate) fn wake_client(&mut self, client: usize) {
        let now = self.now();
        let state = &mut self.clients[client];
        if state.scheduled != Some(now) {
            return;
        }
        state.scheduled = None;
        if now < state.wake_at {
            let at = state.wake_at;
            return self.sleep_until(client, at);
        }
        match &state.open {
            None => self.begin_op(client),
            Some(open) if now >= open.deadline => self.give_up(client, "timeout"),
            Some(open) if open.waits == Waits::Retry => self.attempt(client),
            Some(_) => self.attempt_timed_out(client),
        }
    }

    /// What a client does next: the operation, its key if it was drawn, and whom it asks if that is
    /// not who answered last.
    fn next_op(&mut self, client: usize) -> Option<(Op, Option<usize>, Option<NodeId>)> {
        let workload = &self.plan.scenario.workload;
        let nodes = self.slots.len() as u64;
        let state = &mut self.clients[client];
        match self.phase {
            Phase::Storm => match state.script.pop_front() {
                Some(next) => Some((next.op, None, next.to)),
                None if state.scripted => None,
                None => {
                    let drawn = state.generator.draw(workload, state.number + 1);
                    Some((drawn.op, Some(drawn.key), drawn.roams.map(|word| 1 + word % nodes)))
                }
            },
            Phase::FinalWrites => {
                if !state.owes_write {
                    return None;
                }
                let write = state.generator.closing_write(workload, state.number + 1);
                write.map(|op| (op, None, None))
            }
            _ => {
                let key = state.finals.pop_front()?;
                Some((Op::Get { key: key_name(key) }, None, None))
            }
        }
    }

    fn begin_op(&mut self, client: usize) {
        let now = self.now();
        let workload = &self.plan.scenario.workload;
        let Some((op, key, to)) = self.next_op(client) else { return };
        let state = &mut self.clients[client];
        state.number += 1;
        let id = OpId { client: state.id, number: state.number };
        let deadline = now + workload.op_timeout;
        let cause =
            self.recorder.record(Event::NO_CAUSE, Kind::Invoke { id, op: Box::new(op.clone()) });
        self.clients[client].open = Some(Open {
            op,
            key,
            id,
            to,
            deadline,
            attempt: 0,
            ambiguous: false,
            waits: Waits::Answer,
            session: None,
            cause,
        });
        self.attempt(client);
    }

    /// Sends the operation, or first the request for a session, to a node.
    fn attempt(&mut self, client: usize) {
        let now = self.now();
        let workload = &self.plan.scenario.workload;
        let read = workload.read;
        let uses_session = workload.sessions;
        let state = &mut self.clients[client];
        let open = state.open.as_mut().expect("an operation is open");
        let to = open.to.take().unwrap_or(state.prefer);
        open.attempt += 1;
        let logged = !open.op.is_read() || read == ReadMode::Log;
        let request = if uses_session && logged && state.session.is_none() {
            open.waits = Waits::Session;
            Request::OpenSession
        } else {
            if uses_session && logged && open.session.is_none() {
                state.seq += 1;
                let session = state.session.expect("a session is open");
                open.session = Some(SessionSeq { session, seq: state.seq });
            }
            open.waits = Waits::Answer;
            Request::Op { op: open.op.clone(), read, session: open.session }
        };
        let (id, attempt, cause) = (open.id, open.attempt, open.cause);
        let wake = (now + workload.attempt_timeout).min(open.deadline);
        let cause = self.record(cause, Kind::Attempt { id, to, attempt });
        let request_name = request_id(id.client, id.number, attempt);
        self.send_request(id.client, to, request_name, request, cause);
        self.sleep_until(client, wake);
    }

    fn attempt_timed_out(&mut self, client: usize) {
        let state = &mut self.clients[client];
        let open = state.open.as_mut().expect("an operation is open");
        if open.waits == Waits::Answer {
            open.ambiguous = true;
            if !open.op.is_read() && open.session.is_none() {
                return self.give_up(client, "timeout");
            }
        }
        self.ask_next(client, 0);
        self.attempt(client);
    }

    /// Chooses the node to ask next: the hint, or the one behind the last.
    fn ask_next(&mut self, client: usize, hint: NodeId) {
        let nodes = self.slots.len() as u64;
        let state = &mut self.clients[client];
        let known = hint > 0 && hint <= nodes && hint != state.prefer;
        state.prefer = if known { hint } else { 1 + state.prefer % nodes };
        // After the storm nothing is demanded of nodes that stay broken.
        let broken = |node| self.phase != Phase::Storm && !self.healed.contains(node);
        for _ in 0..nodes {
            if broken(state.prefer) {
                state.prefer = 1 + state.prefer % nodes;
            }
        }
    }

    /// An answer reaches its client.
    pub(crate) fn take_reply(
        &mut self,
        request: system::RequestId,
        from: NodeId,
        reply: Reply,
        cause: u64,
    ) {
        let (client, number, attempt) = parts(request);
        if client == 0 {
            return self.take_admin_reply(number, attempt, reply, cause);
        }
        let client = client as usize - 1;
        let state = &mut self.clients[client];
        let Some(open) = &mut state.open else { return };
        if open.id.number != number {
            return;
        }
        let latest = open.attempt == attempt && open.waits != Waits::Retry;
        match reply {
            Reply::Ok { response: Response::Session(session), .. } => {
                if open.waits == Waits::Session {
                    state.session = Some(session);
                    state.seq = 0;
                    self.attempt(client);
                }
            }
            Reply::Ok { response: Response::Output(output), index, path } => {
                self.succeed(client, from, Outcome::Ok { output, path, index }, cause);
            }
            Reply::Ok { response: Response::Changed, .. } => {}
            Reply::Failed(refusal) if latest => self.refused(client, from, refusal, cause),
            Reply::Failed(_) => {}
            Reply::Unknown(_) if latest => self.attempt_timed_out(client),
            Reply::Unknown(_) => open.ambiguous |= open.waits != Waits::Session,
        }
    }

    fn succeed(&mut self, client: usize, from: NodeId, outcome: Outcome, cause: u64) {
        let state = &mut self.clients[client];
        let open = state.open.as_ref().expect("an operation is open");
        if let (Some(key), Outcome::Ok { output, .. }) = (open.key, &outcome) {
            match (&open.op, output) {
                (Op::Get { .. }, Output::Value(value)) => state.generator.saw(key, value.clone()),
                (Op::Put { value, .. }, _) | (Op::Cas { value, .. }, Output::Swapped(true)) => {
                    state.generator.saw(key, Some(value.clone()));
                }
                (Op::Delete { .. }, _) => state.generator.saw(key, None),
                _ => {}
            }
        }
        state.prefer = from;
        self.end_op(client, from, outcome, cause);
    }

    fn refused(&mut self, client: usize, from: NodeId, refusal: Refusal, cause: u64) {
        let now = self.now();
        let state = &mut self.clients[client];
        let open = state.open.as_mut().expect("an operation is open");
        let safe = open.op.is_read() || open.session.is_some() || !open.ambiguous;
        match refusal {
            Refusal::NotLeader { hint } => self.ask_next(client, hint),
            // A read may always be asked again.
            Refusal::SessionExpired if !open.ambiguous || open.op.is_read() => {
                state.session = None;
                open.session = None;
            }
            Refusal::SessionExpired | Refusal::Superseded => {
                return self.give_up(client, refusal.name());
            }
            Refusal::TooLarge | Refusal::Unsupported => {
                return self.end_op(client, from, Outcome::Failed(refusal.name()), cause);
            }
            _ => self.ask_next(client, 0),
        }
        let open = self.clients[client].open.as_mut().expect("an operation is open");
        if !safe {
            return self.give_up(client, refusal.name());
        }
        open.waits = Waits::Retry;
        open.cause = cause;
        let at = (now + BACKOFF).min(open.deadline);
        self.sleep_until(client, at);
    }

    /// Ends the operation without an answer.
    fn give_up(&mut self, client: usize, why: &'static str) {
        let open = self.clients[client].open.as_ref().expect("an operation is open");
        let pending = open.waits == Waits::Answer && open.attempt > 0;
        let outcome = if !open.op.is_read() && (open.ambiguous || pending) {
            Outcome::Unknown(why)
        } else {
            Outcome::Failed(why)
        };
        let cause = open.cause;
        self.ask_next(client, 0);
        self.end_op(client, 0, outcome, cause);
    }

    fn end_op(&mut self, client: usize, from: NodeId, outcome: Outcome, cause: u64) {
        let state = &mut self.clients[client];
        let open = state.open.take().expect("an operation is open");
        if matches!(outcome, Outcome::Unknown(_)) {
            state.session = None;
        }
        match (self.phase, &outcome) {
            (Phase::FinalReads, Outcome::Failed(_) | Outcome::Unknown(_)) => {
                state.final_failed = Some(open.id);
            }
            (Phase::FinalWrites, Outcome::Failed(why) | Outcome::Unknown(why))
                if !demand::is_final(why) =>
            {
                state.write_failed = Some((open.id, why));
            }
            (Phase::FinalWrites, _) => state.owes_write = false,
            _ => {}
        }
        let kind = Kind::Return { id: open.id, outcome: Box::new(outcome), node: from };
        self.record(cause, kind);
        self.rest(client);
    }

    /// Lets each client write something, if clients of this workload write.
    pub(crate) fn begin_final_writes(&mut self) {
        let workload = &self.plan.scenario.workload;
        for client in 0..self.clients.len() {
            let state = &mut self.clients[client];
            let number = state.number + 1;
            state.owes_write = state.generator.closing_write(workload, number).is_some();
            self.go_on(client);
        }
    }

    /// Lets the clients read every key, each its share.
    pub(crate) fn begin_final_reads(&mut self) {
        let keys = self.plan.scenario.workload.keys;
        let count = self.clients.len() as u64;
        for client in 0..self.clients.len() {
            self.clients[client].finals = (client as u64..keys).step_by(count as usize).collect();
            self.go_on(client);
        }
    }

    /// A phase after the storm begins: the client asks no node that stays broken.
    fn go_on(&mut self, client: usize) {
        if !self.healed.contains(self.clients[client].prefer) {
            self.ask_next(client, 0);
        }
        self.rest(client);
    }
}
