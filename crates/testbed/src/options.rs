//! From the words of a scenario to the options of world and node.

use system::ReadMode;
use trace::{Delay, LinkFault, NetOptions, Profile, Scenario};

/// The options of each node of a scenario.
#[must_use]
pub fn node_config(scenario: &Scenario) -> node::Config {
    let options = &scenario.node;
    let preset = match scenario.profile {
        Profile::Correct => node::Config::default(),
        Profile::Raftexample => node::Config::raftexample(),
    };
    node::Config {
        tick: options.tick,
        election_ticks: options.election_ticks,
        heartbeat_ticks: options.heartbeat_ticks,
        pre_vote: options.pre_vote,
        check_quorum: options.check_quorum,
        snapshot_every: options.snapshot_every,
        catch_up_entries: options.catch_up_entries,
        segment_bytes: options.segment_bytes,
        uncommitted_bytes_max: options.uncommitted_bytes_max,
        sessions_max: options.sessions_max,
        read_retry_ticks: options.heartbeat_ticks.max(2),
        forward: options.forward || preset.forward,
        leases: scenario.workload.read == ReadMode::Lease,
        ..preset
    }
}

pub(crate) fn network(options: &NetOptions) -> sim::NetworkOptions {
    sim::NetworkOptions {
        delay: delay(options.delay),
        loss: options.loss,
        duplicate: options.duplicate,
        reorder: options.reorder,
        reorder_hold: options.reorder_hold,
        in_order: options.in_order,
        bandwidth: options.bandwidth,
        corrupt: options.corrupt,
    }
}

pub(crate) fn disk(options: &trace::DiskOptions) -> sim::DiskOptions {
    sim::DiskOptions {
        write: delay(options.write),
        sync: delay(options.sync),
        sector_bytes: options.sector_bytes,
        survive: options.survive,
        tear: options.tear,
        stall: options.stall,
        stall_for: delay(options.stall_for),
        capacity: options.capacity,
        rates: sim::Rates {
            io_error: options.io_error,
            sync_drops: options.sync_drops,
            sync_keeps: options.sync_keeps,
            lying_sync: options.lying_sync,
            misdirect: options.misdirect,
        },
    }
}

pub(crate) fn quality(fault: LinkFault) -> sim::Quality {
    sim::Quality {
        delay: fault.delay.map(delay),
        loss: fault.loss,
        duplicate: fault.duplicate,
        reorder: fault.reorder,
        corrupt: fault.corrupt,
        bandwidth: fault.bandwidth,
        in_order: fault.in_order,
    }
}

fn delay(delay: Delay) -> sim::Delay {
    match delay {
        Delay::Fixed(value) => sim::Delay::Fixed(value),
        Delay::Uniform { min, max } => sim::Delay::Uniform { min, max },
        Delay::LongTail { min, median, max } => sim::Delay::LongTail { min, median, max },
    }
}
