//! Every fault there is, with what it does, how it is measured, and the test that shows it: what
//! `cargo xtask faults` prints.
//!
//! A fault that is new has no way around this list: [`rows_of`] names its row in a match that
//! the compiler holds complete, and a test holds the names against [`ROWS`].

use trace::{CrashHow, CrashPoint, Fault, LinkFault, MemberKind, Place, Shape};

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name: the kind in scenarios, and what sets it apart within the kind.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// How its strength is measured, and from where to where.
    pub range: &'static str,
    /// The counter that counts it; empty if the nemesis' own events do ([`rows_of`]).
    pub counter: &'static str,
    /// The test that shows what it does to a message, a node or a reader: file and function.
    pub test: (&'static str, &'static str),
}

const NETWORK: &str = "crates/sim/tests/network.rs";
const PARTITION: &str = "crates/sim/src/partition.rs";
const TIMES: &str = "crates/testbed/tests/storm/times.rs";
const NODES: &str = "crates/testbed/tests/storm/nodes.rs";
const STOPS: &str = "crates/testbed/tests/storm/stops.rs";
const CHANGES: &str = "crates/testbed/src/nemesis/members.rs";
const CRASH: &str = "crates/sim/tests/disk_model/main.rs";
const SCRIPTS: &str = "crates/sim/tests/disk_scripts.rs";
const DISKS: &str = "crates/testbed/tests/disks.rs";
const MEMBERS: &str = "crates/node/tests/cluster.rs";

const fn row(
    name: &'static str,
    about: &'static str,
    range: &'static str,
    test: (&'static str, &'static str),
) -> Row {
    Row { name, about, range, counter: "", test }
}

const fn member(name: &'static str, about: &'static str) -> Row {
    row(name, about, "members", (CHANGES, "every_kind_makes_a_change_and_none_leaves_the_bounds"))
}

const fn counted(counter: &'static str, row: Row) -> Row {
    Row { counter, ..row }
}

/// Every fault.
pub const ROWS: &[Row] = &[
    counted(
        "messages-lost",
        row("net loss", "a message is lost", "0..=1000000 ppm", (NETWORK, "loss_takes_its_share")),
    ),
    counted(
        "messages-duplicated",
        row(
            "net duplicate",
            "a message arrives twice",
            "0..=1000000 ppm",
            (NETWORK, "duplication_takes_its_share"),
        ),
    ),
    counted(
        "messages-reordered",
        row(
            "net reorder",
            "a message is held back and overtaken",
            "0..=1000000 ppm",
            (NETWORK, "reordering_holds_its_share_back"),
        ),
    ),
    counted(
        "messages-corrupted",
        row(
            "net corrupt",
            "1 to 3 bits of a message are flipped",
            "0..=1000000 ppm",
            (TIMES, "flipped_bits_are_refused_by_the_checksum"),
        ),
    ),
    counted(
        "messages-refused",
        row(
            "net checksum",
            "a damaged message is refused by the receiver's transport",
            "on, off",
            (TIMES, "without_a_checksum_damaged_messages_reach_nodes"),
        ),
    ),
    counted(
        "messages-overflowed",
        row(
            "net mailbox",
            "a full mailbox or send buffer drops a message",
            "1..=1000000 messages",
            (TIMES, "a_paused_node_has_a_full_mailbox"),
        ),
    ),
    row(
        "links delay",
        "all links get another delay",
        "0 ns and more",
        (NETWORK, "the_last_quality_decides_field_by_field"),
    ),
    row("links loss", "all links lose", "0..=1000000 ppm", (NETWORK, "loss_takes_its_share")),
    row(
        "links duplicate",
        "all links double",
        "0..=1000000 ppm",
        (NETWORK, "duplication_takes_its_share"),
    ),
    row(
        "links reorder",
        "all links hold messages back",
        "0..=1000000 ppm",
        (NETWORK, "reordering_holds_its_share_back"),
    ),
    row(
        "links corrupt",
        "all links flip bits",
        "0..=1000000 ppm",
        (NETWORK, "damage_takes_its_share_and_flips_few_bits"),
    ),
    row(
        "links bandwidth",
        "links are narrow: large messages take long, full buffers drop",
        "1 byte/s and more",
        (NETWORK, "a_full_send_buffer_drops"),
    ),
    row(
        "links in-order",
        "links are streams instead of datagrams",
        "on, off",
        (NETWORK, "a_quality_turns_datagrams_into_a_stream"),
    ),
    row(
        "partition groups",
        "nodes of different groups do not hear each other",
        "ns",
        (PARTITION, "groups_hear_themselves_and_the_groupless_nobody"),
    ),
    row(
        "partition halves",
        "a minority is cut off",
        "ns",
        (PARTITION, "groups_hear_themselves_and_the_groupless_nobody"),
    ),
    row(
        "partition isolate",
        "one node is cut off",
        "ns",
        (PARTITION, "isolation_is_muteness_with_deafness"),
    ),
    row(
        "partition mute",
        "one node is not heard",
        "ns",
        (PARTITION, "isolation_is_muteness_with_deafness"),
    ),
    row(
        "partition deaf",
        "one node does not hear",
        "ns",
        (PARTITION, "isolation_is_muteness_with_deafness"),
    ),
    row(
        "partition majority-ring",
        "each node hears a majority, no two the same one",
        "ns",
        (PARTITION, "in_a_ring_each_hears_another_majority"),
    ),
    row(
        "partition bridge",
        "two sides that only one node hears",
        "ns",
        (PARTITION, "a_bridge_hears_both_sides"),
    ),
    row(
        "partition pair",
        "two nodes do not hear each other, all others hear both",
        "ns",
        (PARTITION, "all_others_hear_both_of_a_pair"),
    ),
    row(
        "partition one-way",
        "one node does not hear one other",
        "ns",
        (TIMES, "one_way_cuts_one_directed_link"),
    ),
    row(
        "flap",
        "a partition comes and goes",
        "period of 1 ms and more",
        (TIMES, "a_flapping_partition_comes_and_goes"),
    ),
    row(
        "clog",
        "links hold their messages and release them in a burst",
        "ns",
        (TIMES, "a_clogged_link_bursts"),
    ),
    row(
        "crash power",
        "loss of power: what is unsynced survives, vanishes or is torn",
        "down for ns",
        (CRASH, "losses_of_power_take_their_share"),
    ),
    row(
        "crash kill",
        "the process is killed, the operating system keeps what was written",
        "down for ns",
        (NODES, "a_kill_loses_no_byte"),
    ),
    row(
        "crash stop",
        "the process is asked to stop, answers what waits, and ends itself",
        "down for ns",
        (STOPS, "a_stopped_node_answers_what_waits_and_comes_back"),
    ),
    row(
        "crash at an effect",
        "the crash waits for the n-th effect and falls before or after it",
        "effect 1 and more",
        (NODES, "a_crash_falls_on_the_effect_that_was_asked_for"),
    ),
    row(
        "crash inside an effect",
        "the crash falls in the middle of a write or sync",
        "effect 1 and more",
        (NODES, "a_crash_falls_on_the_effect_that_was_asked_for"),
    ),
    counted(
        "lost-names",
        row(
            "disk lost-names",
            "loss of power: creations, renames and removals are undone",
            "0..=1000000 ppm",
            (CRASH, "every_remainder_of_a_new_file_is_found"),
        ),
    ),
    counted(
        "disk-stall",
        row(
            "disk stall",
            "the disk stands still",
            "ns",
            (DISKS, "a_node_with_a_disk_that_stands_still_waits"),
        ),
    ),
    counted(
        "disk-io-error",
        row(
            "disk io-error",
            "EIO on a read, write or sync",
            "0..=1000000 ppm",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-sync-drops",
        row(
            "disk sync-drops",
            "a sync fails and drops what was dirty",
            "0..=1000000 ppm",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-sync-keeps",
        row(
            "disk sync-keeps",
            "a sync fails and keeps what was dirty",
            "0..=1000000 ppm",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-full",
        row(
            "disk full",
            "ENOSPC; what fits of a write is done",
            "0..=2^40 bytes of room",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-lying-sync",
        row(
            "disk lying-sync",
            "a sync does nothing and says that it did",
            "0..=1000000 ppm",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-bit-rot",
        row("disk bit-rot", "bits flip at rest", "1..=1000 places", (SCRIPTS, "scripts")),
    ),
    counted(
        "disk-unreadable",
        row(
            "disk unreadable",
            "sectors cannot be read any more",
            "1..=1000 sectors",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-misdirect",
        row(
            "disk misdirect",
            "a write goes to another place",
            "0..=1000000 ppm",
            (SCRIPTS, "scripts"),
        ),
    ),
    counted(
        "disk-wipe",
        row("disk wipe", "the disk is replaced by an empty one", "-", (SCRIPTS, "scripts")),
    ),
    row(
        "crash-loop",
        "a node crashes again and again, often while it recovers",
        "up for 1 ms and more",
        (NODES, "a_crash_loop_crashes_again_and_ends"),
    ),
    row(
        "restart",
        "a node comes back with another setup",
        "options of a node",
        (NODES, "a_restart_brings_another_setup"),
    ),
    row(
        "pause",
        "a process is stopped and goes on; what arrives meanwhile waits",
        "ns",
        (TIMES, "a_paused_node_does_nothing_until_it_goes_on"),
    ),
    row(
        "drift",
        "a clock runs fast or slowly",
        "0..=900000 ppm",
        (TIMES, "a_drifting_clock_shows_another_time_and_ticks_at_its_rate"),
    ),
    row("jump", "a clock jumps ahead or back", "0..=1 h", (TIMES, "a_clock_jumps_ahead_and_back")),
    row("tick-stall", "timers do not fire", "ns", (TIMES, "stalled_ticks_do_not_come")),
    row(
        "reconfigure",
        "members are added, promoted, demoted, removed, replaced",
        "members",
        (MEMBERS, "scripts"),
    ),
    row("transfer", "leadership is handed over", "a node", (MEMBERS, "scripts")),
    member("membership add", "an outsider becomes a voter"),
    member("membership add-learner", "an outsider becomes a learner"),
    member("membership promote", "a learner becomes a voter"),
    member("membership demote", "a voter becomes a learner"),
    member("membership remove", "a voter that does not lead, or a learner, is removed"),
    member("membership remove-leader", "the leader removes itself"),
    member("membership replace", "an outsider takes the place of a voter, jointly"),
    member("membership rejoin", "a voter is removed and added again"),
    member("membership grow", "several outsiders become voters, jointly"),
    member("membership shrink", "several voters are removed, jointly"),
    member("membership reshape", "a new set of voters, drawn from all nodes, jointly"),
    member("membership transfer", "leadership is handed to another voter"),
];

/// The rows that a fault of a plan belongs to, by name.
#[must_use]
pub fn rows_of(fault: &Fault) -> Vec<&'static str> {
    match fault {
        Fault::Partition(shape) => vec![shape_row(shape)],
        Fault::Crash { how, point, .. } => {
            let how = match how {
                CrashHow::Power => "crash power",
                CrashHow::Kill => "crash kill",
                CrashHow::Stop => "crash stop",
            };
            match point {
                CrashPoint::Now => vec![how],
                CrashPoint::Effect { place: Place::Inside, .. } => {
                    vec![how, "crash inside an effect"]
                }
                CrashPoint::Effect { .. } => vec![how, "crash at an effect"],
            }
        }
        Fault::Links(links) => link_rows(links),
        // Not when they begin, but when they strike an operation, which has counters of its own.
        Fault::Disk { .. } => Vec::new(),
        Fault::Clog(_) => vec!["clog"],
        Fault::Flap { .. } => vec!["flap"],
        Fault::Pause(_) => vec!["pause"],
        Fault::CrashLoop { .. } => vec!["crash-loop"],
        Fault::Restart { .. } => vec!["restart"],
        Fault::Drift { .. } => vec!["drift"],
        Fault::Jump { .. } => vec!["jump"],
        Fault::TickStall(_) => vec!["tick-stall"],
        Fault::Admin(system::Admin::Reconfigure { .. }) => vec!["reconfigure"],
        Fault::Admin(system::Admin::Transfer { .. }) => vec!["transfer"],
        // What is drawn is known when it strikes: its event says so.
        Fault::Membership(draw) => vec![member_row(draw.kind)],
    }
}

fn member_row(kind: MemberKind) -> &'static str {
    match kind {
        MemberKind::Add => "membership add",
        MemberKind::AddLearner => "membership add-learner",
        MemberKind::Promote => "membership promote",
        MemberKind::Demote => "membership demote",
        MemberKind::Remove => "membership remove",
        MemberKind::RemoveLeader => "membership remove-leader",
        MemberKind::Replace => "membership replace",
        MemberKind::Rejoin => "membership rejoin",
        MemberKind::Grow => "membership grow",
        MemberKind::Shrink => "membership shrink",
        MemberKind::Reshape => "membership reshape",
        MemberKind::Transfer => "membership transfer",
    }
}

fn shape_row(shape: &Shape) -> &'static str {
    match shape {
        Shape::Groups(_) => "partition groups",
        Shape::Halves => "partition halves",
        Shape::Isolate(_) => "partition isolate",
        Shape::Mute(_) => "partition mute",
        Shape::Deaf(_) => "partition deaf",
        Shape::MajorityRing => "partition majority-ring",
        Shape::Bridge => "partition bridge",
        Shape::Pair => "partition pair",
        Shape::OneWay => "partition one-way",
    }
}

fn link_rows(links: &LinkFault) -> Vec<&'static str> {
    let LinkFault { delay, loss, duplicate, reorder, corrupt, bandwidth, in_order } = links;
    let rows = [
        ("links delay", delay.is_some()),
        ("links loss", loss.is_some()),
        ("links duplicate", duplicate.is_some()),
        ("links reorder", reorder.is_some()),
        ("links corrupt", corrupt.is_some()),
        ("links bandwidth", bandwidth.is_some()),
        ("links in-order", in_order.is_some()),
    ];
    rows.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
}
