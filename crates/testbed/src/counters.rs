//! How much happened: proof that the world was not quiet.

use system::{Note, ReadPath, Role};
use trace::{CrashKind, DropReason, Event, Kind, Outcome};

macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident = $name:literal,)*) => {
        /// Counts of what happened in a run.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Counters { $($(#[$doc])* pub $field: u64,)* }

        impl Counters {
            /// Every counter with its name, in a fixed order.
            #[must_use]
            pub fn each(&self) -> Vec<(&'static str, u64)> {
                vec![$(($name, self.$field),)*]
            }
        }
    };
}

counters! {
    /// Nodes that became leader.
    elections = "elections",
    /// Crashes by loss of power.
    power_losses = "power-losses",
    /// Crashes by kill.
    kills = "kills",
    /// Writes that a loss of power tore.
    torn_writes = "torn-writes",
    /// Bytes that a loss of power took.
    lost_bytes = "lost-bytes",
    /// Creations, renames and removals that a loss of power undid.
    lost_names = "lost-names",
    /// Operations that found a disk standing still.
    disk_stalls = "disk-stall",
    /// Operations and readings that a disk answered with EIO.
    disk_io_errors = "disk-io-error",
    /// Failed syncs that dropped what was dirty.
    disk_sync_drops = "disk-sync-drops",
    /// Failed syncs that kept what was dirty.
    disk_sync_keeps = "disk-sync-keeps",
    /// Writes for which a disk had no room.
    disk_full = "disk-full",
    /// Syncs that did nothing and said that they did.
    disk_lying_syncs = "disk-lying-sync",
    /// Bits that flipped at rest.
    disk_bit_rot = "disk-bit-rot",
    /// Sectors that became unreadable, and readings that found one.
    disk_unreadable = "disk-unreadable",
    /// Writes that went to another place.
    disk_misdirected = "disk-misdirect",
    /// Disks that were replaced by empty ones.
    disks_wiped = "disk-wipe",
    /// Nodes that were kept out because they had lost something and did not know.
    kept_out = "disk-kept-out",
    /// Torn tails that recovery cut off.
    tails_cut = "tails-cut",
    /// Nodes that ended themselves.
    halts = "halts",
    /// Messages sent between nodes.
    sent = "messages-sent",
    /// Messages lost by chance.
    lost = "messages-lost",
    /// Messages lost in a partition.
    cut = "messages-cut",
    /// Messages lost because the receiver was down.
    undelivered = "messages-undelivered",
    /// Messages whose bits were flipped.
    corrupted = "messages-corrupted",
    /// Damaged messages that the receiver's transport refused.
    refused = "messages-refused",
    /// Messages that a full mailbox or send buffer dropped.
    overflowed = "messages-overflowed",
    /// Messages that arrived twice.
    duplicated = "messages-duplicated",
    /// Messages that overtook an earlier one of their link.
    reordered = "messages-reordered",
    /// Faults of the plan that struck.
    faults = "faults",
    /// Faults of the plan that did nothing.
    missed = "faults-missed",
    /// Snapshots that nodes took of themselves.
    snapshots_taken = "snapshots-taken",
    /// Snapshots sent to others.
    snapshots_sent = "snapshots-sent",
    /// Snapshots installed from others.
    snapshots_installed = "snapshots-installed",
    /// Conflicting tails that followers dropped.
    truncations = "truncations",
    /// Configurations that came into force.
    conf_changes = "conf-changes",
    /// Syncs of files.
    syncs = "syncs",
    /// Operations that clients began.
    invoked = "ops-invoked",
    /// Operations that happened.
    ok = "ops-ok",
    /// Operations that definitely did not happen.
    failed = "ops-failed",
    /// Operations of which nobody can tell.
    unknown = "ops-unknown",
    /// Attempts beyond the first.
    retries = "retries",
    /// Answers that the session table remembered.
    session_answers = "session-answers",
    /// Looks at a quorum that had had its time, from which an answer was demanded.
    demands = "demands",
    /// Changes of the cluster that the nemesis saw done.
    admin_done = "admin-done",
}

impl Counters {
    pub(crate) fn observe(&mut self, event: &Event) {
        match &event.kind {
            Kind::Note { note, .. } => self.note(note),
            Kind::Send { .. } => self.sent += 1,
            Kind::Drop { why, .. } => match why {
                DropReason::Loss => self.lost += 1,
                DropReason::Partition => self.cut += 1,
                DropReason::Down => self.undelivered += 1,
                DropReason::Corrupt => self.refused += 1,
                DropReason::Queue => self.overflowed += 1,
            },
            Kind::Duplicate { .. } => self.duplicated += 1,
            Kind::Corrupt { .. } => self.corrupted += 1,
            Kind::Crash { how, lost_bytes, torn_writes, .. } => {
                match how {
                    CrashKind::Power => self.power_losses += 1,
                    CrashKind::Kill => self.kills += 1,
                }
                self.lost_bytes += lost_bytes;
                self.torn_writes += u64::from(*torn_writes);
            }
            Kind::DiskFault { what, .. } => self.disk_fault(what),
            Kind::Halt { .. } => self.halts += 1,
            Kind::FaultStart { .. } => self.faults += 1,
            Kind::Disk { act: "sync", error: None, .. } => self.syncs += 1,
            Kind::Invoke { .. } => self.invoked += 1,
            Kind::Attempt { attempt, .. } if *attempt > 1 => self.retries += 1,
            Kind::Return { outcome, .. } => match **outcome {
                Outcome::Ok { path, .. } => {
                    self.ok += 1;
                    self.session_answers += u64::from(path == ReadPath::Session);
                }
                Outcome::Failed(_) => self.failed += 1,
                Outcome::Unknown(_) => self.unknown += 1,
            },
            Kind::AdminReturn { error: None, .. } => self.admin_done += 1,
            _ => {}
        }
    }

    fn disk_fault(&mut self, what: &str) {
        let counter = match what {
            "stall" => &mut self.disk_stalls,
            "io-error" => &mut self.disk_io_errors,
            "sync-drops" => &mut self.disk_sync_drops,
            "sync-keeps" => &mut self.disk_sync_keeps,
            "full" => &mut self.disk_full,
            "lying-sync" => &mut self.disk_lying_syncs,
            "bit-rot" => &mut self.disk_bit_rot,
            "unreadable" => &mut self.disk_unreadable,
            "misdirect" => &mut self.disk_misdirected,
            "wipe" => &mut self.disks_wiped,
            "kept-out" => &mut self.kept_out,
            _ => return,
        };
        *counter += 1;
    }

    fn note(&mut self, note: &Note) {
        match note {
            Note::Role { role: Role::Leader, .. } => self.elections += 1,
            Note::TailCut { .. } => self.tails_cut += 1,
            Note::SnapshotTaken { .. } => self.snapshots_taken += 1,
            Note::SnapshotSent { .. } => self.snapshots_sent += 1,
            Note::SnapshotInstalled { .. } => self.snapshots_installed += 1,
            Note::Truncate { .. } => self.truncations += 1,
            Note::Conf { index, .. } if *index > 0 => self.conf_changes += 1,
            _ => {}
        }
    }
}
