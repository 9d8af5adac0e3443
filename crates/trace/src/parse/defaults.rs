//! What a scenario has when its file says nothing: five nodes and five clients on a quick, sound
//! network and disk.

use std::collections::BTreeMap;

use system::{Nanos, ReadMode};

use crate::scenario::{
    Budget, ClusterOptions, Delay, DiskOptions, Expect, Heal, KeyDistribution, Limits, Mix,
    NetOptions, NodeOptions, Pace, Profile, RecoveryBounds, Scenario, Workload,
};

const MICRO: u64 = 1_000;
const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

impl Default for ClusterOptions {
    fn default() -> Self {
        ClusterOptions { nodes: 5, learners: 0, spares: 0, clients: 5 }
    }
}

impl Default for NodeOptions {
    fn default() -> Self {
        NodeOptions {
            tick: 10 * MILLI,
            election_ticks: 15,
            heartbeat_ticks: 5,
            pre_vote: true,
            check_quorum: true,
            snapshot_every: 500,
            catch_up_entries: 50,
            segment_bytes: 64 * 1024,
            uncommitted_bytes_max: 1024 * 1024,
            sessions_max: 1_000,
            forward: true,
        }
    }
}

impl Default for Workload {
    fn default() -> Self {
        Workload {
            pace: Pace::default(),
            keys: 5,
            distribution: KeyDistribution::Uniform,
            mix: Mix::default(),
            readers: 0,
            value_bytes: 16,
            large_values: None,
            roam: 0,
            read: ReadMode::ReadIndex,
            sessions: true,
            attempt_timeout: 500 * MILLI,
            op_timeout: 3 * SECOND,
            script: Vec::new(),
        }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Pace::Closed { think: 5 * MILLI }
    }
}

impl Default for Mix {
    fn default() -> Self {
        Mix { get: 50, put: 30, delete: 5, cas: 10, append: 5 }
    }
}

impl Default for NetOptions {
    fn default() -> Self {
        NetOptions {
            delay: Delay::Uniform { min: MILLI, max: 10 * MILLI },
            loss: 0,
            duplicate: 0,
            reorder: 0,
            reorder_hold: 50 * MILLI,
            in_order: false,
            mailbox: 4_096,
            corrupt: 0,
            checksum: true,
            bandwidth: None,
        }
    }
}

impl Default for DiskOptions {
    fn default() -> Self {
        DiskOptions {
            write: Delay::Fixed(20 * MICRO),
            sync: Delay::Uniform { min: 200 * MICRO, max: 2 * MILLI },
            sector_bytes: 512,
            survive: 300_000,
            tear: 300_000,
            stall: 0,
            stall_for: Delay::Uniform { min: 50 * MILLI, max: 500 * MILLI },
            capacity: None,
            io_error: 0,
            sync_drops: 0,
            sync_keeps: 0,
            lying_sync: 0,
            misdirect: 0,
        }
    }
}

impl Limits {
    /// The events of a run with a storm of this length, unless a scenario says otherwise: 500 000
    /// a second, at least 5 000 000. A busy cluster of seven records about 20 000 a second.
    pub(super) fn events_max_of(storm: Nanos) -> u64 {
        (storm.div_ceil(SECOND) * 500_000).max(5_000_000)
    }

    /// The steps likewise: ten for each event.
    pub(super) fn steps_max_of(storm: Nanos) -> u64 {
        Limits::events_max_of(storm) * 10
    }
}

impl Default for Limits {
    fn default() -> Self {
        let storm = 8 * SECOND;
        Limits {
            storm,
            settle: 10 * SECOND,
            heal: Heal::All,
            available_within: 3 * SECOND,
            events_max: Limits::events_max_of(storm),
            steps_max: Limits::steps_max_of(storm),
            check_max: 5_000_000,
            witness: 900_000,
            stop_on_violation: false,
        }
    }
}

/// A scenario without name and sentence, which a file must say.
impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            name: String::new(),
            about: String::new(),
            profile: Profile::default(),
            flaw: None,
            cluster: ClusterOptions::default(),
            node: NodeOptions::default(),
            workload: Workload::default(),
            net: NetOptions::default(),
            disk: DiskOptions::default(),
            budget: Budget::default(),
            draws: Vec::new(),
            swarm: Vec::new(),
            faults: Vec::new(),
            require: Vec::new(),
            limits: Limits::default(),
            expect: Expect::default(),
            recovery: RecoveryBounds::default(),
            excuse: BTreeMap::new(),
        }
    }
}
