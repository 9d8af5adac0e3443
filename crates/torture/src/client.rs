//! Clients: the simulator's (`testbed`), with a thread and a socket each.
//!
//! * The n-th operation of a client is the simulator's: a function of scenario, seed, client and
//!   n. When it begins is not.
//! * An attempt that gets no answer leaves the operation *ambiguous*. It is tried again only if a
//!   session makes that safe, or if it is a read; an operation that ends ambiguous is `unknown`.
//! * After an unknown outcome a client opens a new session, as a restarted process would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sim::Chance;
use system::{ClientId, NodeId, Op, Output, ReadMode, ReadPath, SessionSeq};
use testbed::Generator;
use trace::{Event, Kind, OpId, Outcome, Pace, ScriptedOp, Workload};

use crate::api::{Answer, Api, Done};
use crate::recorder::Recorder;

/// Before an attempt that was refused is repeated.
const BACKOFF: Duration = Duration::from_millis(20);

/// What all clients share.
#[derive(Debug)]
pub(crate) struct Field<'a> {
    pub(crate) workload: &'a Workload,
    pub(crate) recorder: &'a Recorder,
    /// Where each node answers; `n1` first.
    pub(crate) servers: &'a [String],
    /// When clients begin nothing more.
    pub(crate) over: &'a AtomicBool,
    /// When everything ends at once.
    pub(crate) stop: &'a AtomicBool,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    field: &'a Field<'a>,
    id: ClientId,
    api: Api,
    generator: Generator,
    number: u64,
    session: Option<u64>,
    sequence: u64,
    prefer: NodeId,
}

/// An operation under way.
struct Open {
    id: OpId,
    op: Op,
    key: Option<usize>,
    deadline: Instant,
    /// Whether an earlier attempt may have happened.
    ambiguous: bool,
    session: Option<SessionSeq>,
    attempts: u32,
    cause: u64,
}

/// What an attempt came to.
enum Step {
    Again,
    End(Outcome),
}

impl<'a> Client<'a> {
    pub(crate) fn new(field: &'a Field<'a>, id: ClientId, chance: &Chance, api: Api) -> Self {
        let generator = Generator::new(field.workload, id, chance);
        let prefer = 1 + (id - 1) % field.servers.len() as u64;
        Client { field, id, api, generator, number: 0, session: None, sequence: 0, prefer }
    }

    /// Works until it is told to stop.
    pub(crate) fn work(&mut self) {
        let workload = self.field.workload;
        if !workload.script.is_empty() {
            let id = self.id;
            workload.script.iter().filter(|op| op.client == id).for_each(|op| self.follow(op));
            return;
        }
        let mut due = Instant::now();
        while !self.is_over() {
            let drawn = self.generator.draw(workload, self.number + 1);
            let pause = Duration::from_nanos(drawn.pause);
            due = match workload.pace {
                Pace::Closed { .. } => Instant::now() + pause,
                Pace::Open { .. } => due + pause,
            };
            if self.sleep_until(due) {
                self.operate(drawn.op, Some(drawn.key), workload.op_timeout);
            }
        }
    }

    fn follow(&mut self, scripted: &ScriptedOp) {
        if self.sleep_until(self.field.recorder.instant(scripted.at)) {
            self.prefer = scripted.to.unwrap_or(self.prefer);
            self.operate(scripted.op.clone(), None, self.field.workload.op_timeout);
        }
    }

    /// Reads keys at the end, each until it is read or the time is up. Returns those that were
    /// not.
    pub(crate) fn read_all(&mut self, keys: &[u64], within: Duration) -> Vec<OpId> {
        let until = Instant::now() + within;
        let mut missing = Vec::new();
        for &key in keys {
            let op = Op::Get { key: testbed::key_name(key) };
            let left = until.saturating_duration_since(Instant::now()).as_nanos();
            let left = u64::try_from(left).unwrap_or(u64::MAX);
            if !self.operate(op, None, left) {
                missing.push(OpId { client: self.id, number: self.number });
            }
        }
        missing
    }

    /// One operation from its invocation to its return; whether it is known to have happened.
    fn operate(&mut self, op: Op, key: Option<usize>, timeout: u64) -> bool {
        self.number += 1;
        let id = OpId { client: self.id, number: self.number };
        let invoke = Kind::Invoke { id, op: Box::new(op.clone()) };
        let cause = self.field.recorder.record(Event::NO_CAUSE, invoke);
        let deadline = Instant::now() + Duration::from_nanos(timeout);
        let mut open =
            Open { id, op, key, deadline, ambiguous: false, session: None, attempts: 0, cause };
        loop {
            let asked = self.prefer;
            if let Step::End(outcome) = self.attempt(&mut open) {
                let is_ok = matches!(outcome, Outcome::Ok { .. });
                if matches!(outcome, Outcome::Unknown(_)) {
                    self.session = None;
                }
                let node = if is_ok { asked } else { 0 };
                let outcome = Box::new(outcome);
                self.field.recorder.record(open.cause, Kind::Return { id, outcome, node });
                return is_ok;
            }
        }
    }

    fn attempt(&mut self, open: &mut Open) -> Step {
        let left = open.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Step::End(ended(open, "timeout"));
        }
        if self.field.stop.load(Ordering::Relaxed) {
            return Step::End(ended(open, "interrupted"));
        }
        let workload = self.field.workload;
        let within = left.min(Duration::from_nanos(workload.attempt_timeout));
        let server = &self.field.servers[self.prefer as usize - 1];
        let logged = !open.op.is_read() || workload.read == ReadMode::Log;
        open.attempts += 1;
        let (id, to, attempt) = (open.id, self.prefer, open.attempts);
        self.field.recorder.record(open.cause, Kind::Attempt { id, to, attempt });
        if workload.sessions && logged && open.session.is_none() {
            let Some(session) = self.session else {
                match self.api.open_session(server, within) {
                    Answer::Done(session) => (self.session, self.sequence) = (Some(session), 0),
                    Answer::Refused { leader, .. } => self.turn_to(leader.as_deref()),
                    Answer::Lost(_) => self.turn_to(None),
                }
                return Step::Again;
            };
            self.sequence += 1;
            open.session = Some(SessionSeq { session, seq: self.sequence });
        }
        match self.api.operate(server, &open.op, workload.read, open.session, within) {
            Answer::Done(Done { output, index, path }) => {
                self.saw(open, &output);
                let path = path.unwrap_or_else(|| usual_path(&open.op, workload.read));
                Step::End(Outcome::Ok { output, path, index })
            }
            Answer::Refused { why, leader } => self.refused(open, why, leader.as_deref()),
            Answer::Lost(why) => {
                self.turn_to(None);
                open.ambiguous = true;
                if open.op.is_read() || open.session.is_some() {
                    std::thread::sleep(BACKOFF.min(left));
                    return Step::Again;
                }
                Step::End(Outcome::Unknown(why))
            }
        }
    }

    fn refused(&mut self, open: &mut Open, why: &'static str, leader: Option<&str>) -> Step {
        match why {
            "session-expired" if !open.ambiguous => {
                (self.session, open.session) = (None, None);
                return Step::Again;
            }
            "session-expired" | "superseded" | "too-large" | "unsupported" | "bad-request" => {
                return Step::End(ended(open, why));
            }
            _ => self.turn_to(leader),
        }
        if open.ambiguous && !open.op.is_read() && open.session.is_none() {
            return Step::End(ended(open, why));
        }
        if leader.is_none() {
            let left = open.deadline.saturating_duration_since(Instant::now());
            std::thread::sleep(BACKOFF.min(left));
        }
        Step::Again
    }

    /// Whom to ask next: who is said to lead, or the node behind the last.
    fn turn_to(&mut self, leader: Option<&str>) {
        let servers = self.field.servers;
        let known = leader.and_then(|url| servers.iter().position(|server| server == url));
        let hint = known.map(|place| place as u64 + 1).filter(|id| *id != self.prefer);
        self.prefer = hint.unwrap_or(1 + self.prefer % servers.len() as u64);
    }

    fn saw(&mut self, open: &Open, output: &Output) {
        let Some(key) = open.key else { return };
        match (&open.op, output) {
            (Op::Get { .. }, Output::Value(value)) => self.generator.saw(key, value.clone()),
            (Op::Put { value, .. }, _) | (Op::Cas { value, .. }, Output::Swapped(true)) => {
                self.generator.saw(key, Some(value.clone()));
            }
            (Op::Delete { .. }, _) => self.generator.saw(key, None),
            _ => {}
        }
    }

    fn is_over(&self) -> bool {
        self.field.over.load(Ordering::Relaxed)
    }

    /// Whether the time came before the end.
    fn sleep_until(&self, due: Instant) -> bool {
        const SLICE: Duration = Duration::from_millis(50);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if self.is_over() {
                return false;
            }
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(SLICE));
        }
    }
}

/// An operation without an answer.
fn ended(open: &Open, why: &'static str) -> Outcome {
    if open.ambiguous && !open.op.is_read() { Outcome::Unknown(why) } else { Outcome::Failed(why) }
}

/// How an operation is served if nobody says.
fn usual_path(op: &Op, read: ReadMode) -> ReadPath {
    match read {
        _ if !op.is_read() => ReadPath::Log,
        ReadMode::ReadIndex => ReadPath::ReadIndex,
        ReadMode::Lease => ReadPath::Lease,
        ReadMode::Log => ReadPath::Log,
        ReadMode::Local => ReadPath::Local,
    }
}
