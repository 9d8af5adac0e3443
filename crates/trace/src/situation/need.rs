//! What must a scenario have for a situation to be possible in it?

use std::fmt;

use system::{Admin, ConfChange, ReadMode, Transition};

use crate::scenario::{CrashHow, Fault, Scenario, SwarmFault};

/// One thing that a scenario must have. [`Need::is_met`] errs on the side of "possible".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Founding voters, at least so many.
    Voters(u64),
    /// Something that disturbs the cluster: any fault, or links that lose messages.
    Stir,
    /// Nodes that crash.
    Crash,
    /// Nodes that lose power.
    Power,
    /// Partitions.
    Partition,
    /// Links that are worse than perfect.
    Net,
    /// Disks that fail.
    Disk,
    /// Nodes that are paused.
    Pause,
    /// Clocks that run wrong.
    Clock,
    /// Messages that are damaged on the way and refused.
    Damage,
    /// Elections that begin with a pre-vote.
    PreVote,
    /// Leaders that step down without a quorum.
    CheckQuorum,
    /// Snapshots of the nodes' own state.
    Snapshots,
    /// Changes of the membership.
    Membership,
    /// Changes by joint consensus.
    Joint,
    /// Learners that can be promoted.
    Learners,
    /// Transfers of leadership.
    Transfer,
    /// Reads.
    Reads,
    /// Reads that the leader confirms by a round of heartbeats.
    IndexReads,
    /// Reads by lease.
    LeaseReads,
    /// Client sessions.
    Sessions,
}

impl Need {
    /// Whether a scenario has it, or what a seed may draw of it does.
    #[must_use]
    pub fn is_met(self, scenario: &Scenario) -> bool {
        self.is_in(scenario) || scenario.variants().any(|variant| self.is_in(&variant))
    }

    fn is_in(self, scenario: &Scenario) -> bool {
        let (net, node, work) = (&scenario.net, &scenario.node, &scenario.workload);
        match self {
            Need::Voters(least) => scenario.cluster.nodes >= least || membership(scenario),
            Need::Stir => net.loss > 0 || has_faults(scenario),
            // Who is stopped is not taken by surprise: it ends itself.
            Need::Crash => crash(scenario, |how| how != CrashHow::Stop),
            Need::Power => crash(scenario, |how| how == CrashHow::Power),
            Need::Partition => has(scenario, "partition") || has(scenario, "flap"),
            Need::Net => {
                net.loss > 0
                    || net.duplicate > 0
                    || net.reorder > 0
                    || ["links", "clog"].iter().any(|kind| has(scenario, kind))
            }
            Need::Disk => {
                let disk = &scenario.disk;
                let fails = disk.io_error > 0 || disk.sync_drops > 0 || disk.sync_keeps > 0;
                fails || disk.misdirect > 0 || disk.capacity.is_some() || has(scenario, "disk")
            }
            Need::Pause => has(scenario, "pause"),
            Need::Clock => ["drift", "jump", "tick-stall"].iter().any(|kind| has(scenario, kind)),
            Need::Damage => net.checksum && (net.corrupt > 0 || damages(scenario)),
            Need::PreVote => node.pre_vote,
            Need::CheckQuorum => node.check_quorum,
            Need::Snapshots => node.snapshot_every > 0,
            Need::Membership => membership(scenario),
            Need::Joint => drawn(scenario) || changes(scenario).any(|(joint, n)| joint || n > 1),
            Need::Learners => {
                let promotes = changes(scenario).next().is_some() && scenario.cluster.learners > 0;
                drawn(scenario) || promotes || scripted_learner(scenario)
            }
            Need::Transfer => {
                let is_one = |fault: &Fault| matches!(fault, Fault::Admin(Admin::Transfer { .. }));
                drawn(scenario) || scenario.faults.iter().any(|fault| is_one(&fault.fault))
            }
            Need::Reads => work.mix.get > 0 || !work.script.is_empty(),
            Need::IndexReads => {
                let confirmed = matches!(work.read, ReadMode::ReadIndex | ReadMode::Lease);
                confirmed && Need::Reads.is_in(scenario)
            }
            Need::LeaseReads => work.read == ReadMode::Lease && Need::Reads.is_in(scenario),
            Need::Sessions => work.sessions,
        }
    }
}

/// As in: it needs crashes.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Need::Voters(least) => return write!(f, "at least {least} voters"),
            Need::Stir => "a fault, or links that lose messages",
            Need::Crash => "crashes",
            Need::Power => "loss of power",
            Need::Partition => "partitions",
            Need::Net => "links that double, delay or damage messages",
            Need::Disk => "faults of disks",
            Need::Pause => "pauses",
            Need::Clock => "faults of clocks",
            Need::Damage => "links that damage messages, and net.checksum",
            Need::PreVote => "node.pre-vote",
            Need::CheckQuorum => "node.check-quorum",
            Need::Snapshots => "node.snapshot-every above 0",
            Need::Membership => "changes of the membership",
            Need::Joint => "joint changes of the membership",
            Need::Learners => "learners that are promoted",
            Need::Transfer => "transfers of leadership",
            Need::Reads => "reads",
            Need::IndexReads => "workload.read = \"read-index\" or \"lease\", and reads",
            Need::LeaseReads => "workload.read = \"lease\", and reads",
            Need::Sessions => "workload.sessions",
        };
        f.write_str(words)
    }
}

fn has_faults(scenario: &Scenario) -> bool {
    !scenario.faults.is_empty() || scenario.swarm.iter().any(|swarm| swarm.on > 0)
}

/// Whether faults of this kind can strike.
fn has(scenario: &Scenario, kind: &str) -> bool {
    let scripted = scenario.faults.iter().any(|fault| fault.fault.kind() == kind);
    scripted || scenario.swarm.iter().any(|swarm| swarm.on > 0 && swarm.fault.kind() == kind)
}

fn crash(scenario: &Scenario, is_meant: fn(CrashHow) -> bool) -> bool {
    let scripted = scenario.faults.iter().any(|fault| match &fault.fault {
        Fault::Crash { how, .. } | Fault::CrashLoop { how, .. } | Fault::Restart { how, .. } => {
            is_meant(*how)
        }
        _ => false,
    });
    let drawn = scenario.swarm.iter().any(|swarm| match &swarm.fault {
        SwarmFault::Crash { how, .. }
        | SwarmFault::CrashLoop { how, .. }
        | SwarmFault::Restart { how, .. } => swarm.on > 0 && how.iter().any(|how| is_meant(*how)),
        _ => false,
    });
    scripted || drawn
}

/// Whether a fault of links damages messages.
fn damages(scenario: &Scenario) -> bool {
    let scripted = scenario.faults.iter().any(|fault| match &fault.fault {
        Fault::Links(links) => links.corrupt.is_some_and(|chance| chance > 0),
        _ => false,
    });
    let drawn = scenario.swarm.iter().any(|swarm| match &swarm.fault {
        SwarmFault::Links(links) => swarm.on > 0 && links.corrupt.is_some(),
        _ => false,
    });
    scripted || drawn
}

/// Whether changes of the cluster are drawn.
fn drawn(scenario: &Scenario) -> bool {
    let scripted = scenario.faults.iter().any(|f| matches!(f.fault, Fault::Membership(_)));
    let is_one = |swarm: &crate::Swarm| swarm.on > 0 && swarm.fault.kind() == "membership";
    scripted || scenario.swarm.iter().any(is_one)
}

fn membership(scenario: &Scenario) -> bool {
    drawn(scenario) || changes(scenario).next().is_some()
}

/// The scripted changes: whether each is joint, and how many steps it has.
fn changes(scenario: &Scenario) -> impl Iterator<Item = (bool, usize)> {
    scenario.faults.iter().filter_map(|fault| match &fault.fault {
        Fault::Admin(Admin::Reconfigure { changes, transition }) => {
            Some((*transition == Transition::Joint, changes.len()))
        }
        _ => None,
    })
}

fn scripted_learner(scenario: &Scenario) -> bool {
    scenario.faults.iter().any(|fault| match &fault.fault {
        Fault::Admin(Admin::Reconfigure { changes, .. }) => {
            changes.iter().any(|change| matches!(change, ConfChange::AddLearner(_)))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::{Situation, parse_scenario};

    #[test]
    fn a_need_is_met_by_what_the_scenario_says() {
        let unmet = |situation: Situation, more: &str| {
            let text = format!("about = \"A test.\"\n{more}");
            let scenario = parse_scenario("t.toml", &text, &[]).expect("a scenario");
            situation.unmet(&scenario).map(|need| need.to_string())
        };
        let links = |own: &str| {
            format!("[[swarm]]\nlinks = {{ every = \"1s\", for = [\"1s\", \"2s\"], {own} }}")
        };
        let damage = Situation::CorruptMessageRefused;
        assert!(unmet(damage, "").is_some_and(|need| need.contains("damage")));
        assert!(unmet(damage, &links("loss = 0.1")).is_some());
        assert_eq!(unmet(damage, &links("corrupt = 0.1")), None);
        assert!(unmet(Situation::DiskFull, "").is_some());
        assert_eq!(unmet(Situation::HaltedByDisk, "[disk]\nio-error = 0.1"), None);
        assert!(unmet(Situation::LeaseRead, "").is_some());
        assert_eq!(unmet(Situation::LeaseRead, "[workload]\nread = \"lease\""), None);
        assert!(unmet(Situation::AllDown, "").is_some_and(|need| need == "crashes"));
    }
}
