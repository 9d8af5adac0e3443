//! A place for one node: its disk, which outlives it, and the program, while it runs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use sim::{Disk, SharedDisk};
use system::{Effect, Effects, Input, Nanos, NodeId, RequestId, Role, Setup, System, Timer};
use trace::{CrashHow, EffectClass, FaultId, OpId, Place};

use crate::clock::Clock;

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Never started.
    Unborn,
    /// Running.
    Up,
    /// Crashed; a restart is on its way.
    Down,
    /// Ended itself because it is no member any more. Starts again, on its old disk, if it is to
    /// become one.
    Removed,
    /// Ended itself for another reason, or refused to start; stays so.
    Halted,
}

/// What waits for a node. Kept with the event that brought it.
pub(crate) struct Mail<M> {
    pub(crate) input: Input<M>,
    pub(crate) cause: u64,
}

/// A crash that waits for an effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArmedCrash {
    /// Effects still to be performed before it falls.
    pub(crate) left: u32,
    /// Which effects count.
    pub(crate) of: EffectClass,
    pub(crate) place: Place,
    pub(crate) how: CrashHow,
    pub(crate) fault: u32,
    /// How long the node stays down.
    pub(crate) down: Nanos,
}

/// Crashes that go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looping {
    pub(crate) how: CrashHow,
    pub(crate) fault: u32,
    /// How long the node is up and down each time: shortest and longest.
    pub(crate) up: (Nanos, Nanos),
    /// When it ends.
    pub(crate) until: Nanos,
    /// Restarts so far.
    pub(crate) turn: u64,
}

/// An orderly end that was asked for, until it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopping {
    pub(crate) fault: u32,
    /// How long the node stays down.
    pub(crate) down: Nanos,
}

/// An armed timer.
pub(crate) struct Armed {
    pub(crate) timer: Timer,
    /// Tells the firing that is on its way from those that were replaced.
    pub(crate) generation: u64,
    pub(crate) period: Option<Nanos>,
    /// Whether a firing waits in the mailbox.
    pub(crate) waiting: bool,
}

pub(crate) struct Slot<S: System> {
    pub(crate) id: NodeId,
    pub(crate) life: Life,
    /// Counts starts; the next start gets this number.
    pub(crate) incarnation: u64,
    pub(crate) program: Option<S>,
    pub(crate) effects: Effects<S::Message>,
    pub(crate) disk: Rc<RefCell<Disk>>,
    /// Whether the node has told others something: it must not be taken for a new one again.
    pub(crate) has_lived: bool,
    /// Until when the disk stands still, and by which fault.
    pub(crate) stall: (Nanos, FaultId),
    /// Whether the budget of data loss was spent on this node.
    pub(crate) at_risk: bool,
    /// Whether the budget of silent loss was.
    pub(crate) forgets: bool,
    pub(crate) mailbox: VecDeque<Mail<S::Message>>,
    /// Requests that the node took and has not answered, with the moment.
    pub(crate) unanswered: Vec<(RequestId, Nanos)>,
    /// Whether an effect is under way; the node takes no input meanwhile.
    pub(crate) busy: bool,
    /// The file effect that is under way.
    pub(crate) current: Option<Effect<S::Message>>,
    /// Time that performed effects have cost and that has not been waited for yet.
    pub(crate) debt: Nanos,
    pub(crate) timers: Vec<Armed>,
    pub(crate) timer_generation: u64,
    pub(crate) crash: Option<ArmedCrash>,
    pub(crate) looping: Option<Looping>,
    /// Set while the node has been asked to stop and has not gone.
    pub(crate) stopping: Option<Stopping>,
    /// The fault that stopped the process; 0 if it runs.
    pub(crate) paused: u32,
    /// The fault that keeps timers from firing; 0 if they do.
    pub(crate) stalled: u32,
    /// The machine's clock; goes on over restarts.
    pub(crate) clock: Clock,
    /// What the node's options were changed to.
    pub(crate) setup: Setup,
    /// The event behind the effects that wait.
    pub(crate) cause: u64,
    /// As the node last noted them.
    pub(crate) role: Role,
    pub(crate) term: u64,
    /// Powers cut so far: each draws from its own stream.
    pub(crate) crashes: u64,
}

impl<S: System> Slot<S> {
    pub(crate) fn new(id: NodeId, disk: Disk) -> Self {
        let disk = Rc::new(RefCell::new(disk));
        Slot {
            id,
            life: Life::Unborn,
            incarnation: 0,
            program: None,
            effects: Effects::new(Rc::new(SharedDisk(Rc::clone(&disk)))),
            disk,
            has_lived: false,
            stall: (0, 0),
            at_risk: false,
            forgets: false,
            mailbox: VecDeque::new(),
            unanswered: Vec::new(),
            busy: false,
            current: None,
            debt: 0,
            timers: Vec::new(),
            timer_generation: 0,
            crash: None,
            looping: None,
            stopping: None,
            paused: 0,
            stalled: 0,
            clock: Clock::default(),
            setup: Setup::default(),
            cause: trace::Event::NO_CAUSE,
            role: Role::Follower,
            term: 0,
            crashes: 0,
        }
    }

    /// A fresh list of effects over the node's files.
    pub(crate) fn new_effects(&self) -> Effects<S::Message> {
        Effects::new(Rc::new(SharedDisk(Rc::clone(&self.disk))))
    }

    pub(crate) fn is_up(&self) -> bool {
        self.life == Life::Up
    }

    pub(crate) fn is_leader(&self) -> bool {
        self.is_up() && self.role == Role::Leader
    }

    /// Takes everything of a running program away; the disk stays.
    pub(crate) fn clear(&mut self) {
        self.program = None;
        self.effects.clear();
        self.mailbox.clear();
        self.unanswered.clear();
        self.timers.clear();
        self.busy = false;
        self.current = None;
        self.debt = 0;
        self.crash = None;
        self.stopping = None;
        self.paused = 0;
        self.stalled = 0;
        self.role = Role::Follower;
    }

    pub(crate) fn post(&mut self, input: Input<S::Message>, cause: u64) {
        self.mailbox.push_back(Mail { input, cause });
    }
}

/// Puts together what [`OpId::of`] takes apart.
pub(crate) fn request_id(client: u64, number: u64, attempt: u32) -> RequestId {
    assert!(client < 1 << 24 && number < 1 << 28, "too many clients or operations");
    client << 40 | number << 12 | u64::from(attempt.min(0xfff))
}

/// Client, operation and attempt of a request id.
pub(crate) fn parts(id: RequestId) -> (u64, u64, u32) {
    let OpId { client, number } = OpId::of(id);
    (client, number, (id & 0xfff) as u32)
}
