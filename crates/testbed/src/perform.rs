//! The heart of the loop: a node takes what waits for it, and its effects are performed front to
//! back.
//!
//! A node takes no input while an effect is under way, as a program with one thread does not.
//! Syncs take their time one by one. Writes go to the operating system's cache: their time is
//! owed, and is paid before the next thing that the outside world could see.

use system::{DiskFailure, Effect, FilePath, Input, NodeId, Note, Role, System};
use trace::{EffectClass, Kind, OpId, Place};

use crate::panics::guard;
use crate::slot::Armed;
use crate::world::{Due, World};

/// How often a timer that fires once is tried again while timers are stalled.
const STALLED_RETRY: u64 = 1_000_000;

/// What became of an effect.
enum Done {
    /// It has ended; the next one may begin.
    Yes,
    /// It takes time, or the node is no more.
    No,
}

impl<S: System> World<'_, S> {
    /// Lets a node work until it waits for something.
    pub(crate) fn serve(&mut self, id: NodeId) {
        loop {
            let slot = self.slot(id);
            if !slot.is_up() || slot.busy || slot.paused > 0 {
                return;
            }
            if !self.perform(id) {
                return;
            }
            if self.slot(id).mailbox.is_empty() {
                return;
            }
            self.take_mail(id);
        }
    }

    /// Hands all that waits to the node.
    fn take_mail(&mut self, id: NodeId) {
        let now = self.local_now(id);
        let mut only_timers = true;
        let mut mailbox = std::mem::take(&mut self.slot(id).mailbox);
        let mut last_timer = None;
        for mail in &mailbox {
            match &mail.input {
                Input::Timer(timer) => last_timer = Some((*timer, mail.cause)),
                Input::Request { id: request, .. } => {
                    only_timers = false;
                    let kind = Kind::Request { node: id, id: OpId::of(*request) };
                    self.record(mail.cause, kind);
                    let taken = (*request, self.queue.now());
                    self.slot(id).unanswered.push(taken);
                }
                _ => only_timers = false,
            }
        }
        let slot = &mut self.slots[id as usize - 1];
        for armed in &mut slot.timers {
            armed.waiting = false;
        }
        let program = slot.program.as_mut().expect("a node that is up has a program");
        let effects = &slot.effects;
        let cause = &mut slot.cause;
        let result = guard(|| {
            for mail in mailbox.drain(..) {
                *cause = mail.cause;
                program.handle(now, mail.input, effects);
            }
            program.flush(now, effects);
        });
        slot.mailbox = mailbox;
        let idle = slot.effects.is_empty();
        // A tick that changes nothing is no event: there are hundreds for each that does.
        if let Some((timer, cause)) = last_timer
            && !(only_timers && idle)
        {
            let cause = self.record(cause, Kind::Timer { node: id, timer: timer.0 });
            if only_timers {
                self.slot(id).cause = cause;
            }
        }
        if let Err(panic) = result {
            self.panicked(id, panic);
        }
    }

    /// Performs effects until one takes time. True if none is left.
    fn perform(&mut self, id: NodeId) -> bool {
        loop {
            let slot = self.slot(id);
            if !slot.is_up() || slot.busy {
                return false;
            }
            let Some(effect) = slot.effects.pop() else { return true };
            if slot.crash.is_some() && self.falls_on(id, &effect) {
                return false;
            }
            if let Done::No = self.perform_one(id, effect) {
                return false;
            }
        }
    }

    fn perform_one(&mut self, id: NodeId, effect: Effect<S::Message>) -> Done {
        match effect {
            Effect::Note(note) => self.note(id, note),
            Effect::Send { .. } | Effect::Reply { .. } if self.slot(id).debt > 0 => {
                return self.pay(id, effect);
            }
            Effect::Send { to, message, report } => {
                self.slot(id).has_lived = true;
                self.send(id, to, message, report);
            }
            Effect::Reply { request, reply } => {
                let slot = self.slot(id);
                slot.has_lived = true;
                slot.unanswered.retain(|(waits, _)| *waits != request);
                self.reply(id, request, reply);
            }
            Effect::SetTimer { timer, after, periodic } => {
                self.set_timer(id, timer, after, periodic);
            }
            Effect::CancelTimer { timer } => self.slot(id).timers.retain(|t| t.timer != timer),
            Effect::Halt(halt) => {
                self.halt(id, halt);
                return Done::No;
            }
            effect => return self.perform_disk(id, effect),
        }
        Done::Yes
    }

    fn perform_disk(&mut self, id: NodeId, effect: Effect<S::Message>) -> Done {
        let now = self.now();
        let slot = self.slot(id);
        let latency = slot.disk.borrow_mut().latency(&effect);
        let (until, fault) = slot.stall;
        let stalled = until.saturating_sub(now + slot.debt);
        if stalled > 0 {
            let (cause, path) = (slot.cause, path_of(&effect));
            self.record(cause, Kind::DiskFault { node: id, fault, what: "stall", path, bytes: 0 });
        }
        let slot = self.slot(id);
        let latency = latency + stalled;
        let takes_time =
            stalled > 0 || matches!(effect, Effect::Sync { .. } | Effect::SyncDir { .. });
        if takes_time && latency + slot.debt > 0 {
            slot.busy = true;
            slot.current = Some(effect);
            let at = now + latency + std::mem::take(&mut slot.debt);
            let incarnation = slot.incarnation;
            self.queue.push(at, Due::EffectDone { node: id, incarnation });
            return Done::No;
        }
        slot.debt += latency;
        self.complete_disk(id, &effect);
        Done::Yes
    }

    /// The file effect has taken its time: now it is so.
    fn complete_disk(&mut self, id: NodeId, effect: &Effect<S::Message>) {
        let slot = self.slot(id);
        let result = slot.disk.borrow_mut().perform(effect);
        let cause = slot.cause;
        if !slot.disk.borrow().is_quiet() {
            self.record_struck(id, 0);
        }
        let slot = self.slot(id);
        let path = path_of(effect);
        let (bytes, error) = match result {
            Ok(bytes) => (bytes, None),
            Err(error) => (0, Some(error)),
        };
        if let Some(error) = error {
            let dropped = slot.effects.len();
            slot.effects.clear();
            let failure = DiskFailure { effect: effect.name(), path: path.clone(), error, dropped };
            slot.mailbox.push_front(crate::slot::Mail { input: Input::DiskFailed(failure), cause });
        }
        self.record(cause, Kind::Disk { node: id, act: effect.name(), path, bytes, error });
    }

    /// Waits for the time that writes have cost, then goes on with `effect`.
    fn pay(&mut self, id: NodeId, effect: Effect<S::Message>) -> Done {
        let now = self.now();
        let slot = self.slot(id);
        slot.effects.push_front(effect);
        slot.busy = true;
        let at = now + std::mem::take(&mut slot.debt);
        let incarnation = slot.incarnation;
        self.queue.push(at, Due::EffectDone { node: id, incarnation });
        Done::No
    }

    pub(crate) fn effect_done(&mut self, id: NodeId, incarnation: u64) {
        let slot = self.slot(id);
        if !slot.is_up() || slot.incarnation != incarnation {
            return;
        }
        slot.busy = false;
        if let Some(effect) = slot.current.take() {
            self.complete_disk(id, &effect);
        }
        self.serve(id);
    }

    /// Counts down to an armed crash; true if it fell on this effect and the node is no more.
    fn falls_on(&mut self, id: NodeId, effect: &Effect<S::Message>) -> bool {
        let slot = self.slot(id);
        let armed = slot.crash.as_mut().expect("a crash is armed");
        if !is_of(armed.of, effect) {
            return false;
        }
        armed.left -= 1;
        if armed.left > 0 {
            return false;
        }
        let armed = *armed;
        if effect.is_disk() {
            let mut disk = slot.disk.borrow_mut();
            match armed.place {
                Place::Before => {}
                Place::Inside => {
                    disk.perform_inside(effect);
                }
                Place::After => {
                    let _ = disk.perform(effect);
                }
            }
        } else if armed.place == Place::After
            && let Effect::Send { to, message, .. } = effect
        {
            slot.has_lived = true;
            let (to, message) = (*to, message.clone());
            self.send(id, to, message, None);
        }
        self.end(id, armed.how, armed.fault, effect.name());
        let incarnation = self.slot(id).incarnation;
        let at = self.now() + armed.down;
        self.queue.push(at, Due::Restart { node: id, incarnation });
        true
    }

    fn note(&mut self, id: NodeId, note: Note) {
        let slot = self.slot(id);
        if let Note::Role { role, term, .. } = note {
            slot.role = role;
            slot.term = term;
        }
        let cause = slot.cause;
        let seq = self.record(cause, Kind::Note { node: id, note });
        if let Note::Role { role: Role::Leader, .. } = note {
            self.slot(id).cause = seq;
        }
    }

    fn set_timer(&mut self, id: NodeId, timer: system::Timer, after: u64, periodic: bool) {
        let now = self.now();
        let slot = self.slot(id);
        slot.timers.retain(|armed| armed.timer != timer);
        slot.timer_generation += 1;
        let generation = slot.timer_generation;
        let period = periodic.then_some(after.max(1));
        slot.timers.push(Armed { timer, generation, period, waiting: false });
        let incarnation = slot.incarnation;
        let at = now + slot.clock.wait(after);
        self.queue.push(at, Due::Timer { node: id, incarnation, generation });
    }

    pub(crate) fn fire(&mut self, id: NodeId, incarnation: u64, generation: u64) {
        let now = self.now();
        let slot = self.slot(id);
        if !slot.is_up() || slot.incarnation != incarnation {
            return;
        }
        let Some(at) = slot.timers.iter().position(|armed| armed.generation == generation) else {
            return;
        };
        let armed = &mut slot.timers[at];
        let timer = armed.timer;
        let period = armed.period.map(|period| slot.clock.wait(period));
        if slot.stalled > 0 {
            // A ticker that is starved drops its ticks; a single timer is late.
            let later = now + period.unwrap_or(STALLED_RETRY);
            self.queue.push(later, Due::Timer { node: id, incarnation, generation });
            return;
        }
        let waits = std::mem::replace(&mut armed.waiting, true);
        if period.is_none() {
            slot.timers.remove(at);
        }
        if !waits {
            slot.post(Input::Timer(timer), Self::NOTHING);
        }
        if let Some(period) = period {
            self.queue.push(now + period, Due::Timer { node: id, incarnation, generation });
        }
        self.serve(id);
    }
}

/// Whether a crash that waits for effects of this class counts an effect.
fn is_of<M>(class: EffectClass, effect: &Effect<M>) -> bool {
    match class {
        EffectClass::Any => !matches!(effect, Effect::Note(_)),
        EffectClass::Write => matches!(effect, Effect::Append { .. } | Effect::Write { .. }),
        EffectClass::Sync => matches!(effect, Effect::Sync { .. } | Effect::SyncDir { .. }),
        EffectClass::Name => matches!(effect, Effect::Rename { .. } | Effect::Remove { .. }),
        EffectClass::Send => matches!(effect, Effect::Send { .. } | Effect::Reply { .. }),
    }
}

/// The file or directory of a file effect.
fn path_of<M>(effect: &Effect<M>) -> FilePath {
    match effect {
        Effect::Append { path, .. }
        | Effect::Write { path, .. }
        | Effect::Truncate { path, .. }
        | Effect::Sync { path }
        | Effect::Remove { path }
        | Effect::Rename { to: path, .. }
        | Effect::SyncDir { dir: path } => path.clone(),
        _ => unreachable!("{} is no file effect", effect.name()),
    }
}
