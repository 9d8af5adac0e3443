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
        "cuts links: groups, halves, bridge, majority-ring, pair, isolate-, mute-, deaf-",
    ),
    word(
        "crash",
        "power loss or kill, when idle or before, inside or after an effect; then a restart",
    ),
    word("links", "all links get another delay, loss, duplication or reordering"),
    scripted("reconfigure", "adds, promotes, demotes or removes nodes; jointly if asked"),
    scripted("transfer", "hands leadership over"),
    word("membership", "a change of the cluster that makes sense at the moment, drawn"),
];

impl SwarmFault {
    /// Its key in scenarios.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            SwarmFault::Partition(_) => "partition",
            SwarmFault::Crash { .. } => "crash",
            SwarmFault::Links(_) => "links",
            SwarmFault::Membership(_) => "membership",
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
            Fault::Admin(system::Admin::Reconfigure { .. }) => "reconfigure",
            Fault::Admin(system::Admin::Transfer { .. }) => "transfer",
            Fault::Membership(_) => "membership",
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
