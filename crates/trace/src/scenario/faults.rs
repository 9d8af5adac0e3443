//! What befalls a cluster: random faults, scripted ones, and whom they hit.

use system::{Admin, Nanos, NodeId, NodeSet, Setup};

use super::{Delay, Direction, LinkRange, Ppm, SetupChoices};
use crate::disk::DiskStrike;
use crate::membership::{MemberDraw, MemberSwarm};

/// One kind of random fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swarm {
    /// Chance that a seed has this kind at all.
    pub on: Ppm,
    /// Mean distance from the end of one to the start of the next; each seed draws its own from
    /// this range.
    pub every: (Nanos, Nanos),
    /// How long one lasts: shortest and longest.
    pub lasts: (Nanos, Nanos),
    /// What: where it names several shapes, each occurrence draws one.
    pub fault: SwarmFault,
}

/// What a random fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwarmFault {
    /// A partition of one of these shapes.
    Partition(Vec<Shape>),
    /// A crash of one of these targets, in one of these ways; the node restarts after `lasts`.
    Crash {
        /// Who.
        targets: Vec<Target>,
        /// How.
        how: Vec<CrashHow>,
        /// Chance that the crash waits for an effect and falls before, inside or after it; of no
        /// effect on a stop.
        at_effect: Ppm,
        /// Which effects those are; each occurrence draws one class. Empty: any effect.
        of: Vec<EffectClass>,
    },
    /// A fault of the disk of one of these targets: each occurrence draws one of the strikes.
    Disk {
        /// Who.
        targets: Vec<Target>,
        /// How; each kind once.
        strikes: Vec<DiskStrike>,
    },
    /// Every link has a quality from these ranges instead of its own.
    Links(LinkRange),
    /// The links that a shape would cut hold their messages instead, and release all at the end.
    Clog(Vec<Shape>),
    /// A partition of one of these shapes that comes and goes all the time.
    Flap {
        /// Which.
        shapes: Vec<Shape>,
        /// How long it is on, and then off; each seed draws the longest from this range.
        period: (Nanos, Nanos),
    },
    /// A process is stopped, and goes on at the end.
    Pause(Vec<Target>),
    /// A node crashes again and again.
    CrashLoop {
        /// Who.
        targets: Vec<Target>,
        /// How.
        how: Vec<CrashHow>,
        /// How long it is up, and down, at most; each seed draws the longest from this range.
        up: (Nanos, Nanos),
    },
    /// A node is ended and starts again, at the end, with another setup.
    Restart {
        /// Who.
        targets: Vec<Target>,
        /// How.
        how: Vec<CrashHow>,
        /// With what.
        setup: SetupChoices,
    },
    /// The clock of a node runs at another rate.
    Drift {
        /// Who.
        targets: Vec<Target>,
        /// How much faster or slower; each seed draws the largest from this range.
        rate: (Ppm, Ppm),
        /// Which of both.
        directions: Vec<Direction>,
    },
    /// The clock of a node jumps.
    Jump {
        /// Who.
        targets: Vec<Target>,
        /// By how much; each seed draws the largest from this range.
        by: (Nanos, Nanos),
        /// Where to.
        directions: Vec<Direction>,
    },
    /// The timers of a node do not fire.
    TickStall(Vec<Target>),
    /// A change of the membership, or of who leads.
    Membership(MemberSwarm),
}

/// A change of the quality of links; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkFault {
    /// Time on the way.
    pub delay: Option<Delay>,
    /// Chance of loss.
    pub loss: Option<Ppm>,
    /// Chance of duplication.
    pub duplicate: Option<Ppm>,
    /// Chance of reordering.
    pub reorder: Option<Ppm>,
    /// Chance of flipped bits.
    pub corrupt: Option<Ppm>,
    /// Bytes per second of each directed link.
    pub bandwidth: Option<u64>,
    /// Whether messages keep their order.
    pub in_order: Option<bool>,
}

/// A fault at a given time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedFault {
    /// Its name; `f` and its number if the scenario gives none.
    pub id: String,
    /// When it begins.
    pub at: Nanos,
    /// How long it lasts; for a crash: until the restart. 0 for what has no duration.
    pub lasts: Nanos,
    /// Whether a run may be judged although this fault did nothing. True of what a seed drew.
    pub optional: bool,
    /// What.
    pub fault: Fault,
}

/// A fault, its targets perhaps still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Cuts links.
    Partition(Shape),
    /// Ends a node; it restarts when the fault ends.
    Crash {
        /// Who.
        target: Target,
        /// How.
        how: CrashHow,
        /// On which of its effects.
        point: CrashPoint,
    },
    /// Changes the quality of all links.
    Links(LinkFault),
    /// Strikes disks.
    Disk {
        /// Whose.
        target: Target,
        /// How.
        strike: DiskStrike,
    },
    /// The links that the shape would cut hold their messages instead, and release all of them
    /// when the fault ends.
    Clog(Shape),
    /// A partition that comes and goes.
    Flap {
        /// Which.
        shape: Shape,
        /// How long it is on, and then off; at least 1 ms.
        period: Nanos,
    },
    /// A process is stopped (SIGSTOP) and goes on when the fault ends. What arrives meanwhile
    /// waits in its mailbox, as far as that holds it.
    Pause(Target),
    /// A node crashes, comes up, and crashes again, until the fault ends.
    CrashLoop {
        /// Who.
        target: Target,
        /// How.
        how: CrashHow,
        /// How long it is up each time, and down: shortest and longest.
        up: (Nanos, Nanos),
    },
    /// Ends a node; it restarts with another setup when the fault ends.
    Restart {
        /// Who.
        target: Target,
        /// How it is ended.
        how: CrashHow,
        /// With what it comes back.
        setup: Setup,
    },
    /// Clocks run at another rate until the fault ends: each by an amount drawn from the range.
    Drift {
        /// Whose.
        target: Target,
        /// Least and most, below a million.
        rate: (Ppm, Ppm),
        /// Faster, slower, or either.
        directions: Vec<Direction>,
    },
    /// Clocks jump, each by an amount drawn from the range.
    Jump {
        /// Whose.
        target: Target,
        /// Least and most.
        by: (Nanos, Nanos),
        /// Ahead, behind, or either.
        directions: Vec<Direction>,
    },
    /// Timers do not fire until the fault ends; messages are taken as ever.
    TickStall(Target),
    /// Asks for a change of the cluster, again and again until it is done or the fault ends.
    Admin(Admin),
    /// Finds a change that makes sense for the membership of the moment, and asks for it.
    Membership(MemberDraw),
}

/// Which links are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Nodes of different groups do not hear each other; a node in no group hears nobody.
    Groups(Vec<NodeSet>),
    /// Two groups, drawn, the smaller one a minority.
    Halves,
    /// One node, resolved when the fault begins, hears nobody and is heard by nobody.
    Isolate(Target),
    /// Each node hears a majority, but no two the same one.
    MajorityRing,
    /// Two groups that only one node, drawn, can both hear.
    Bridge,
    /// One node, resolved when the fault begins, is not heard, but hears.
    Mute(Target),
    /// One node, resolved when the fault begins, does not hear, but is heard.
    Deaf(Target),
    /// Two nodes, drawn, do not hear each other; all others hear both.
    Pair,
    /// One node, drawn, does not hear one other; all else is heard.
    OneWay,
}

/// Which node. Drawn and found at the moment in which the fault begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This one.
    Node(NodeId),
    /// The leader of the highest term; if there is none, any.
    Leader,
    /// A member that does not lead, drawn.
    Follower,
    /// Any node that is up, drawn.
    Any,
    /// Every node, at once.
    All,
}

/// How a node ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashHow {
    /// Loss of power.
    Power,
    /// Kill of the process.
    Kill,
    /// An orderly end: the process is asked to stop ([`system::Input::Stop`], SIGTERM), says and
    /// writes what it still wants to, and goes. One that has not gone after a bound is killed. Does
    /// not wait for an effect: see [`CrashPoint`].
    Stop,
}

/// On which effect a crash falls. A [`CrashHow::Stop`] falls on none: it is an input, which waits
/// behind what is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// Wherever the node is when the fault begins.
    Now,
    /// On the n-th effect (from 1) that it performs from then on.
    Effect {
        /// Which.
        n: u32,
        /// Of which class; others are not counted.
        of: EffectClass,
        /// Before, inside or after it.
        place: Place,
    },
}

/// Which effects a crash may wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EffectClass {
    /// Any.
    #[default]
    Any,
    /// Those that write into a file: where a crash tears.
    Write,
    /// Those that make something durable: where it is open how much of it is.
    Sync,
    /// Those that change names: renames and removals.
    Name,
    /// Messages and answers.
    Send,
}

/// Where in an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is not begun.
    Before,
    /// It is begun and not ended: a write is torn, a sync has reached some of it.
    Inside,
    /// It is ended, the next one not begun.
    After,
}
