//! What happened in a run: the only truth that checkers, traces and pictures share.
//!
//! An event is small and mostly flat, because a sweep makes millions of them only to hash and
//! judge them. Formatting is somebody else's work ([`crate::line`], [`crate::text`]).

use system::{
    Admin, DiskError, FilePath, HaltReason, MessageKind, Nanos, NodeId, Note, Op, Output, ReadPath,
    RequestId, Summary,
};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the total order of the run, from 0.
    pub seq: u64,
    /// When, in virtual nanoseconds since the start.
    pub at: Nanos,
    /// The `seq` of the event that brought it about; [`Event::NO_CAUSE`] for none.
    pub cause: u64,
    /// What.
    pub kind: Kind,
}

impl Event {
    /// The cause of what nothing in the run caused.
    pub const NO_CAUSE: u64 = u64::MAX;
}

/// Names a message: the number of the message on its directed link, from 1. Removing a fault
/// elsewhere does not renumber it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageId {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Counts the messages of this link.
    pub number: u64,
}

/// Names an operation: the number of the operation of its client, from 1 (`c2.5`). Client 0 is
/// the nemesis, whose operations are administrative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpId {
    /// The client.
    pub client: u64,
    /// Counts its operations.
    pub number: u64,
}

impl OpId {
    /// The operation behind a request. Request ids carry who asks: 24 bits of client, 28 of
    /// operation, 12 of attempt.
    #[must_use]
    pub fn of(request: RequestId) -> OpId {
        OpId { client: request >> 40, number: request >> 12 & 0xfff_ffff }
    }
}

/// Names a fault of the plan, from 1 (`f1`); 0 for none.
pub type FaultId = u32;

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A node starts on what its disk holds.
    Start {
        /// The node.
        node: NodeId,
        /// Counts its starts, from 0.
        incarnation: u64,
    },
    /// A node is no more, from outside.
    Crash {
        /// The node.
        node: NodeId,
        /// How.
        how: CrashKind,
        /// The fault behind it.
        fault: FaultId,
        /// Which effect it fell on, as [`system::Effect::name`] has it, and empty if the node was
        /// idle.
        during: &'static str,
        /// Bytes written and not synced that the disk forgot, wholly or in part.
        lost_bytes: u64,
        /// Writes of which the disk kept some sectors and lost others.
        torn_writes: u32,
    },
    /// A node ended itself, or refused to start.
    Halt {
        /// The node.
        node: NodeId,
        /// Why.
        reason: HaltReason,
        /// Why, in words.
        detail: Box<str>,
    },
    /// A node's code panicked: a finding.
    Panic {
        /// The node.
        node: NodeId,
        /// The panic.
        panic: Box<PanicInfo>,
    },
    /// A node says that something became true.
    Note {
        /// The node.
        node: NodeId,
        /// What.
        note: Note,
    },
    /// A timer fires.
    Timer {
        /// The node.
        node: NodeId,
        /// The timer's name.
        timer: &'static str,
    },
    /// A message leaves its sender.
    Send {
        /// The message.
        message: MessageId,
        /// What it is.
        summary: Summary,
    },
    /// A message reaches the mailbox of its receiver.
    Receive {
        /// The message.
        message: MessageId,
        /// What it is.
        kind: MessageKind,
    },
    /// A message is lost.
    Drop {
        /// The message.
        message: MessageId,
        /// What it is.
        kind: MessageKind,
        /// How.
        why: DropReason,
        /// The fault behind it; 0 for the ordinary chance of the link.
        fault: FaultId,
    },
    /// A message will arrive twice.
    Duplicate {
        /// The message.
        message: MessageId,
        /// What it is.
        kind: MessageKind,
    },
    /// Bits of a message are flipped on its way. Its receiver's transport refuses it, unless it
    /// checks nothing.
    Corrupt {
        /// The message.
        message: MessageId,
        /// What it was.
        kind: MessageKind,
    },
    /// A disk has done, or failed to do, what a node asked.
    Disk {
        /// The node.
        node: NodeId,
        /// What, as [`system::Effect::name`] has it.
        act: &'static str,
        /// The file or directory.
        path: FilePath,
        /// How many bytes were written, or made durable.
        bytes: u64,
        /// Why it failed.
        error: Option<DiskError>,
    },
    /// A fault of a disk strikes.
    DiskFault {
        /// The node.
        node: NodeId,
        /// The fault behind it; 0 for the ordinary chance of the disk.
        fault: FaultId,
        /// What: a word of [`crate::DiskWhat`], `lost-names` for names that a loss of power
        /// undid, or `kept-out` for a node that must not come back.
        what: &'static str,
        /// The file or directory concerned; empty for the whole disk.
        path: FilePath,
        /// Bytes concerned, or names.
        bytes: u64,
    },
    /// A fault of the plan begins, or happens.
    FaultStart {
        /// The fault.
        fault: FaultId,
        /// Its kind, as scenarios name it.
        name: &'static str,
        /// What it hit, after "the leader" and the like were resolved.
        detail: Box<str>,
    },
    /// A fault of the plan ends.
    FaultEnd {
        /// The fault.
        fault: FaultId,
        /// Its kind.
        name: &'static str,
    },
    /// A client begins an operation.
    Invoke {
        /// The operation's name.
        id: OpId,
        /// The operation.
        op: Box<Op>,
    },
    /// A client, or the nemesis, sends a request for an operation to a node; not the first time
    /// if it retries.
    Attempt {
        /// The operation.
        id: OpId,
        /// To whom.
        to: NodeId,
        /// Counts the attempts, from 1.
        attempt: u32,
    },
    /// A node takes a request from its mailbox.
    Request {
        /// The node.
        node: NodeId,
        /// The operation behind it.
        id: OpId,
    },
    /// A client knows how its operation ended, or gives up on knowing.
    Return {
        /// The operation.
        id: OpId,
        /// How it ended.
        outcome: Box<Outcome>,
        /// Who answered; 0 if nobody.
        node: NodeId,
    },
    /// The nemesis asks for a change of the cluster.
    AdminInvoke {
        /// The operation's name.
        id: OpId,
        /// The change.
        admin: Box<Admin>,
    },
    /// How that ended: empty if it is done.
    AdminReturn {
        /// The operation.
        id: OpId,
        /// Why it is not done, or not known to be.
        error: Option<&'static str>,
    },
    /// The run enters a phase: `storm`, `heal`, `settle`, `final-writes`, `final-reads`, `autopsy`.
    Phase {
        /// Its name.
        name: &'static str,
    },
    /// What a node's disk alone holds at the end, as its own recovery reads it.
    Autopsy {
        /// The node.
        node: NodeId,
        /// What was read.
        found: Box<Autopsy>,
    },
    /// A checker found a broken promise.
    Violation(Box<Violation>),
}

/// How a node was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashKind {
    /// Loss of power: what was not synced may be lost.
    Power,
    /// A kill of the process: the operating system keeps what was written.
    Kill,
}

impl CrashKind {
    /// The kind's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CrashKind::Power => "power",
            CrashKind::Kill => "kill",
        }
    }
}

/// How a message was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DropReason {
    /// By the chance of the link.
    Loss,
    /// By a partition.
    Partition,
    /// Its receiver was down.
    Down,
    /// Its receiver's mailbox was full.
    Queue,
    /// Its receiver's transport refused it: the checksum was wrong.
    Corrupt,
}

impl DropReason {
    /// The reason's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DropReason::Loss => "loss",
            DropReason::Partition => "partition",
            DropReason::Down => "down",
            DropReason::Queue => "queue",
            DropReason::Corrupt => "corrupt",
        }
    }
}

/// How an operation of a client ended (*Jepsen: ok, fail, info*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Ok {
        /// The answer.
        output: Output,
        /// How it was served.
        path: ReadPath,
        /// At which log index; 0 if it has none.
        index: u64,
    },
    /// It did not happen and never will.
    Failed(&'static str),
    /// It may have happened, and may still happen.
    Unknown(&'static str),
}

/// A panic of the program under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicInfo {
    /// File and line, without the directories of the build machine.
    pub place: String,
    /// The text.
    pub message: String,
}

/// What recovery reads from a disk when the power has been cut for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Autopsy {
    /// Why the node does not start, if it does not.
    pub refused: Option<String>,
    /// The durable term.
    pub term: u64,
    /// The durable commit index.
    pub commit: u64,
    /// The last index that the snapshot holds; 0 without one.
    pub snapshot_index: u64,
    /// The hash of the state in the snapshot; 0 without one.
    pub snapshot_digest: u64,
    /// The first index of the log.
    pub first_index: u64,
    /// Term and digest of each entry of the log, from `first_index` on.
    pub entries: Vec<(u64, u64)>,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check that found it (`election-safety`).
    pub check: &'static str,
    /// The kind of violation (`two-leaders-one-term`): with the check, the signature.
    pub kind: String,
    /// What happened, in one sentence with numbers.
    pub message: String,
    /// The operations concerned.
    pub ops: Vec<OpId>,
    /// The nodes concerned.
    pub nodes: Vec<NodeId>,
    /// The `seq` of the events that together prove it.
    pub core: Vec<u64>,
}

impl Violation {
    /// `check/kind`: what failures are grouped by.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{}/{}", self.check, self.kind)
    }
}
