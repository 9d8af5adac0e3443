//! What a system asks of its host.
//!
//! Effects are performed in the order in which they were pushed, and an effect is not begun
//! before the one in front of it has ended. So "save before send" is a statement about a list,
//! and a crash can fall before, inside or after any item of it.

use crate::files::FilePath;
use crate::id::{Nanos, NodeId, RequestId};
use crate::input::Timer;
use crate::note::Note;
use crate::request::Reply;

/// One thing that a system wants done.
///
/// File effects change what the operating system holds; only [`Effect::Sync`] and
/// [`Effect::SyncDir`] make a change survive a loss of power. Directories exist as soon as a path
/// names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect<M> {
    /// Writes `data` at the end of a file, creating it if it is absent.
    Append {
        /// The file.
        path: FilePath,
        /// What is written.
        data: Vec<u8>,
    },
    /// Writes `data` at `offset`, creating the file if it is absent and filling a gap with zeros.
    Write {
        /// The file.
        path: FilePath,
        /// Where, in bytes from the start.
        offset: u64,
        /// What is written.
        data: Vec<u8>,
    },
    /// Cuts a file to `len` bytes.
    Truncate {
        /// The file.
        path: FilePath,
        /// What remains, in bytes.
        len: u64,
    },
    /// Makes the content of a file durable (fsync). Not its name: see [`Effect::SyncDir`].
    Sync {
        /// The file.
        path: FilePath,
    },
    /// Gives a file another name, replacing what bore it.
    Rename {
        /// The old name.
        from: FilePath,
        /// The new name, in the same directory.
        to: FilePath,
    },
    /// Removes a file; removing what is absent does nothing.
    Remove {
        /// The file.
        path: FilePath,
    },
    /// Makes creations, renames and removals in a directory durable.
    SyncDir {
        /// The directory.
        dir: FilePath,
    },
    /// Sends a message to another node.
    Send {
        /// Its receiver.
        to: NodeId,
        /// The message.
        message: M,
        /// With a token, the host reports by [`crate::Input::Delivery`] what became of it.
        report: Option<u64>,
    },
    /// Answers a request. A second answer to the same request is a defect of the system.
    Reply {
        /// The request.
        request: RequestId,
        /// The answer.
        reply: Reply,
    },
    /// Arms a timer, replacing an armed timer of the same name. Durations are measured by the
    /// node's own clock, which may drift.
    SetTimer {
        /// Its name.
        timer: Timer,
        /// When it fires, from now, in nanoseconds.
        after: Nanos,
        /// Whether it fires again and again, with the same distance.
        periodic: bool,
    },
    /// Disarms a timer, if it is armed.
    CancelTimer {
        /// Its name.
        timer: Timer,
    },
    /// Something became true. Costs nothing and changes nothing.
    Note(Note),
    /// The node ends itself. What stands behind it is not performed.
    Halt(Halt),
}

/// Why a node ended itself or could not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// The kind of reason.
    pub reason: HaltReason,
    /// The reason in words, with numbers, for a person.
    pub detail: String,
}

/// The kinds of reason for an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HaltReason {
    /// It was asked to.
    Stopped,
    /// The cluster removed it.
    Removed,
    /// A file effect failed: what is durable can no longer be known.
    DiskFailed,
    /// Its files hold damage that must not be repaired by forgetting.
    Corrupt,
    /// Its files, its configuration and what it was told contradict each other.
    Inconsistent,
    /// The Raft library refused to go on.
    Library,
}

impl HaltReason {
    /// The reason's name in traces.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HaltReason::Stopped => "stopped",
            HaltReason::Removed => "removed",
            HaltReason::DiskFailed => "disk-failed",
            HaltReason::Corrupt => "corrupt",
            HaltReason::Inconsistent => "inconsistent",
            HaltReason::Library => "library",
        }
    }
}

impl<M> Effect<M> {
    /// The effect's name in traces and golden scripts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Effect::Append { .. } => "append",
            Effect::Write { .. } => "write",
            Effect::Truncate { .. } => "truncate",
            Effect::Sync { .. } => "sync",
            Effect::Rename { .. } => "rename",
            Effect::Remove { .. } => "remove",
            Effect::SyncDir { .. } => "sync-dir",
            Effect::Send { .. } => "send",
            Effect::Reply { .. } => "reply",
            Effect::SetTimer { .. } => "set-timer",
            Effect::CancelTimer { .. } => "cancel-timer",
            Effect::Note(_) => "note",
            Effect::Halt(_) => "halt",
        }
    }

    /// Whether the effect touches a file.
    #[must_use]
    pub fn is_disk(&self) -> bool {
        matches!(
            self,
            Effect::Append { .. }
                | Effect::Write { .. }
                | Effect::Truncate { .. }
                | Effect::Sync { .. }
                | Effect::Rename { .. }
                | Effect::Remove { .. }
                | Effect::SyncDir { .. }
        )
    }
}
