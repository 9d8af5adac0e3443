//! `[disk]`, and faults of disks.

use super::net::delay;
use super::reader::{Reader, Table};
use super::source::Node;
use super::words::nearest;
use crate::disk::{DiskStrike, DiskWhat};
use crate::scenario::{DiskOptions, Fault, SwarmFault, Target};

/// The keys of `[disk]`.
pub(crate) const DISK_KEYS: &[&str] = &[
    "write",
    "sync",
    "sector-bytes",
    "survive",
    "tear",
    "stall",
    "stall-for",
    "capacity",
    "io-error",
    "sync-drops",
    "sync-keeps",
    "lying-sync",
    "misdirect",
];

/// The keys of a drawn fault of a disk, beside its times.
pub(crate) const SWARM_KEYS: &[&str] = &["target", "what", "chance", "room", "count", "unnoticed"];

/// The keys of a scripted fault of a disk, beside its times.
pub(crate) const FAULT_KEYS: &[&str] =
    &["node", "target", "what", "chance", "room", "count", "unnoticed"];

/// `[disk]`.
pub(crate) fn disk(reader: &mut Reader, table: Table<'_>) -> DiskOptions {
    let base = DiskOptions::default();
    let mut chance = |key, default| reader.optional(table, key, Reader::ppm).unwrap_or(default);
    let survive = chance("survive", base.survive);
    let tear = chance("tear", base.tear);
    let stall = chance("stall", base.stall);
    let io_error = chance("io-error", base.io_error);
    let sync_drops = chance("sync-drops", base.sync_drops);
    let sync_keeps = chance("sync-keeps", base.sync_keeps);
    let lying_sync = chance("lying-sync", base.lying_sync);
    let misdirect = chance("misdirect", base.misdirect);
    DiskOptions {
        write: reader.optional(table, "write", delay).unwrap_or(base.write),
        sync: reader.optional(table, "sync", delay).unwrap_or(base.sync),
        sector_bytes: reader
            .optional(table, "sector-bytes", |r, n| r.int32(n, 512..=1 << 20))
            .unwrap_or(base.sector_bytes),
        survive,
        tear,
        stall,
        stall_for: reader.optional(table, "stall-for", delay).unwrap_or(base.stall_for),
        capacity: reader.optional(table, "capacity", |r, n| r.int(n, 4_096..=1 << 40)),
        io_error,
        sync_drops,
        sync_keeps,
        lying_sync,
        misdirect,
    }
}

/// The drawn fault of a disk.
pub(crate) fn drawn(reader: &mut Reader, table: Table<'_>) -> SwarmFault {
    let targets = reader.optional(table, "target", |r, n| r.some(n, Reader::target));
    let whats = reader.optional(table, "what", |r, n| r.some(n, what));
    let whats = whats.unwrap_or_else(|| DiskWhat::ALL.to_vec());
    let options = options(reader, table, &whats);
    SwarmFault::Disk {
        targets: targets.unwrap_or_else(|| vec![Target::Any]),
        strikes: whats.into_iter().map(|what| options.strike(what)).collect(),
    }
}

/// The scripted fault of a disk.
pub(crate) fn scripted(reader: &mut Reader, table: Table<'_>) -> Option<Fault> {
    let target = match reader.exactly_one(table, &["node", "target"]) {
        Some("node") => reader.optional(table, "node", Reader::node_id).map(Target::Node),
        _ => reader.optional(table, "target", Reader::target),
    };
    let what = reader.required(table, "what", what);
    let strike = what.map(|what| options(reader, table, &[what]).strike(what));
    Some(Fault::Disk { target: target?, strike: strike? })
}

/// What is said beside the kind.
struct Options {
    chance: Option<u32>,
    room: Option<u64>,
    count: Option<u32>,
    unnoticed: Option<bool>,
}

impl Options {
    /// What of it belongs to this kind.
    fn strike(&self, what: DiskWhat) -> DiskStrike {
        let usual = DiskStrike::of(what);
        let pick = |key| belongs(key, what);
        DiskStrike {
            what,
            chance: self.chance.filter(|_| pick("chance")).unwrap_or(usual.chance),
            room: self.room.filter(|_| pick("room")).unwrap_or(usual.room),
            count: self.count.filter(|_| pick("count")).unwrap_or(usual.count),
            unnoticed: self.unnoticed.filter(|_| pick("unnoticed")).unwrap_or(usual.unnoticed),
        }
    }
}

fn options(reader: &mut Reader, table: Table<'_>, whats: &[DiskWhat]) -> Options {
    for key in ["chance", "room", "count", "unnoticed"] {
        let fits = whats.iter().any(|&what| belongs(key, what));
        if let (Some(span), false) = (table.key_span(key), fits) {
            let owners = DiskWhat::ALL.into_iter().filter(|&what| belongs(key, what));
            let names: Vec<&str> = owners.map(DiskWhat::name).collect();
            let message = format!("`{key}` does not belong to this fault");
            reader.problem("S014", message, span, format!("only to {}", names.join(", ")));
        }
    }
    Options {
        chance: reader.optional(table, "chance", Reader::ppm),
        room: reader.optional(table, "room", |r, n| r.int(n, 0..=1 << 40)),
        count: reader.optional(table, "count", |r, n| r.int32(n, 1..=1_000)),
        unnoticed: reader.optional(table, "unnoticed", Reader::flag),
    }
}

/// Whether a key means something for a kind of fault.
pub(crate) fn belongs(key: &str, what: DiskWhat) -> bool {
    use DiskWhat::{
        BitRot, Full, IoError, LyingSync, Misdirect, SyncDrops, SyncKeeps, Unreadable, Wipe,
    };
    match key {
        "chance" => matches!(what, IoError | SyncDrops | SyncKeeps | LyingSync | Misdirect),
        "room" => what == Full,
        "count" => matches!(what, BitRot | Unreadable),
        _ => what == Wipe,
    }
}

fn what(reader: &mut Reader, node: &Node) -> Option<DiskWhat> {
    let text = reader.text(node)?;
    let found = DiskWhat::ALL.into_iter().find(|what| what.name() == text);
    if found.is_none() {
        let names = DiskWhat::ALL.map(DiskWhat::name);
        let help = match nearest(&text, &names) {
            Some(near) => format!("there is a fault named `{near}`"),
            None => format!("the faults of a disk are {}", names.join(", ")),
        };
        let message = format!("unknown fault of a disk `{text}`");
        reader.problem("S017", message, node.span, "").help = Some(help);
    }
    found
}
