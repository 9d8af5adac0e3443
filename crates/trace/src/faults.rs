//! What can befall a cluster, in the words of scenario files: one line for each kind.

use crate::scenario::{Fault, SwarmFault};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultWord {
    /// Its key under `[[fault]]` and `[[swarm]]`.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whether `[[swarm]]` draws it.
    pub is_drawn: bool,
    /// Whether `[[fault]]` scripts it.
    pub is_scripted: bool,
}

const fn word(name: &'static str, about: &'static str) -> FaultWord {
    FaultWord { name, about, is_drawn: true, is_scripted: true }
}

const fn scripted(name: &'static str, about: &'static str) -> FaultWord {
    FaultWord { is_drawn: false, ..word(name, about) }
}

/// Every kind. A test holds the list against what the parser reads.
pub const FAULTS: &[FaultWord] = &[
    word(
        "partition",
        "cuts links: groups, halves, bridge, majority-ring, pair, one-way, isolate-, mute-, deaf-",
    ),
    word(
        "crash",
        "power loss or kill, when idle or before, inside or after an effect; then a restart",
    ),
    word("links", "all links get another delay, loss, duplication, order, damage or bandwidth"),
    word("disk", "one of these befalls the disk of a node, within the budget of lost data"),
    scripted("reconfigure", "adds, promotes, demotes or removes nodes; jointly if asked"),
    scripted("transfer", "hands leadership over"),
    word("membership", "a change of the cluster that makes sense at the moment, drawn"),
    word("clog", "the links that a partition would cut hold their messages, then release all"),
    word("flap", "a partition that comes and goes"),
    word("pause", "a process is stopped and goes on; what arrives meanwhile waits"),
    word("crash-loop", "a node crashes again and again, often while it recovers"),
    word("restart", "a node comes back with another setup"),
    word("drift", "a clock runs fast or slowly"),
    word("jump", "a clock jumps ahead or back"),
    word("tick-stall", "timers do not fire"),
];

impl SwarmFault {
    /// Its key in scenarios.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            SwarmFault::Partition(_) => "partition",
            SwarmFault::Crash { .. } => "crash",
            SwarmFault::Links(_) => "links",
            SwarmFault::Disk { .. } => "disk",
            SwarmFault::Membership(_) => "membership",
            SwarmFault::Clog(_) => "clog",
            SwarmFault::Flap { .. } => "flap",
            SwarmFault::Pause(_) => "pause",
            SwarmFault::CrashLoop { .. } => "crash-loop",
            SwarmFault::Restart { .. } => "restart",
            SwarmFault::Drift { .. } => "drift",
            SwarmFault::Jump { .. } => "jump",
            SwarmFault::TickStall(_) => "tick-stall",
        }
    }
}

impl Fault {
    /// Its key in scenarios.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Partition(_) => "partition",
            Fault::Crash { .. } => "crash",
            Fault::Links(_) => "links",
            Fault::Disk { .. } => "disk",
            Fault::Admin(system::Admin::Reconfigure { .. }) => "reconfigure",
            Fault::Admin(system::Admin::Transfer { .. }) => "transfer",
            Fault::Membership(_) => "membership",
            Fault::Clog(_) => "clog",
            Fault::Flap { .. } => "flap",
            Fault::Pause(_) => "pause",
            Fault::CrashLoop { .. } => "crash-loop",
            Fault::Restart { .. } => "restart",
            Fault::Drift { .. } => "drift",
            Fault::Jump { .. } => "jump",
            Fault::TickStall(_) => "tick-stall",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::faults::{FAULT_KINDS, SWARM_KINDS};

    #[test]
    fn the_list_has_what_the_parser_reads() {
        let names = |is_meant: fn(&FaultWord) -> bool| {
            FAULTS.iter().filter(|word| is_meant(word)).map(|word| word.name).collect::<Vec<_>>()
        };
        assert_eq!(names(|word| word.is_scripted), FAULT_KINDS);
        assert_eq!(names(|word| word.is_drawn), SWARM_KINDS);
    }
}
