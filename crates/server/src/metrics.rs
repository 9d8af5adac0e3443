//! What `GET /metrics` counts: atomics that the loop, the peers and the HTTP side raise.
//!
//! Counters start at 0 with the process. Their names and meanings stand in `http/metrics.rs`,
//! where they are written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets of [`Latency`], in microseconds; one more holds the rest.
pub(crate) const BUCKETS_MICROS: [u64; 12] =
    [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000];

/// How long something took.
#[derive(Default)]
pub(crate) struct Latency {
    pub(crate) buckets: [Counter; BUCKETS_MICROS.len() + 1],
    pub(crate) sum_micros: Counter,
}

impl Latency {
    pub(crate) fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_MICROS.partition_point(|&bound| bound < micros);
        self.buckets[bucket].add(1);
        self.sum_micros.add(micros);
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().map(Counter::get).sum()
    }
}

/// Of the disk.
#[derive(Default)]
pub(crate) struct DiskMetrics {
    pub(crate) file_syncs: Latency,
    pub(crate) directory_syncs: Latency,
    pub(crate) written_bytes: Counter,
}

impl DiskMetrics {
    pub(crate) fn written(&self, bytes: usize) {
        self.written_bytes.add(bytes as u64);
    }

    pub(crate) fn file_synced(&self, took: Duration) {
        self.file_syncs.record(took);
    }

    pub(crate) fn directory_synced(&self, took: Duration) {
        self.directory_syncs.record(took);
    }
}

/// Why a frame of a peer, or one for a peer, went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// A checksum that does not fit.
    Checksum,
    /// Longer than a frame may be.
    Oversized,
    /// No frame, or a frame that does not belong here.
    Malformed,
    /// A message in another node's name.
    Forged,
    /// The node's mailbox was full.
    MailboxFull,
    /// The queue to a peer was full.
    QueueFull,
    /// The peer was not connected, or nobody knows its address.
    Unreachable,
}

impl Dropped {
    pub(crate) const ALL: [Dropped; 7] = [
        Dropped::Checksum,
        Dropped::Oversized,
        Dropped::Malformed,
        Dropped::Forged,
        Dropped::MailboxFull,
        Dropped::QueueFull,
        Dropped::Unreachable,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Dropped::Checksum => "checksum",
            Dropped::Oversized => "oversized",
            Dropped::Malformed => "malformed",
            Dropped::Forged => "forged",
            Dropped::MailboxFull => "mailbox-full",
            Dropped::QueueFull => "queue-full",
            Dropped::Unreachable => "unreachable",
        }
    }
}

/// Of the connections between peers.
#[derive(Default)]
pub(crate) struct PeerMetrics {
    pub(crate) frames_sent: Counter,
    pub(crate) frames_received: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) bytes_received: Counter,
    dropped: [Counter; Dropped::ALL.len()],
    /// Connections that were refused in the handshake, here.
    pub(crate) refused: Counter,
    /// Connections that were made.
    pub(crate) connected: Counter,
}

impl PeerMetrics {
    pub(crate) fn drop_frame(&self, why: Dropped) {
        self.dropped[why as usize].add(1);
    }

    pub(crate) fn dropped(&self, why: Dropped) -> u64 {
        self.dropped[why as usize].get()
    }
}

/// Everything that is counted.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) disk: DiskMetrics,
    pub(crate) peers: PeerMetrics,
    /// Requests handed to the log, here or through the leader.
    pub(crate) proposals: Counter,
    /// Reads answered.
    pub(crate) reads: Counter,
    /// Entries applied.
    pub(crate) applied: Counter,
    /// Rounds of the loop, and the inputs that they handled together.
    pub(crate) rounds: Counter,
    pub(crate) inputs: Counter,
    /// Snapshots taken, sent and installed.
    pub(crate) snapshots_taken: Counter,
    pub(crate) snapshots_sent: Counter,
    pub(crate) snapshots_installed: Counter,
    /// Times that the node became leader.
    pub(crate) elected: Counter,
    /// Answers by the first digit of their status.
    pub(crate) answers: [Counter; 6],
    /// Client connections refused because there were too many.
    pub(crate) clients_refused: Counter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fall_into_their_buckets() {
        let latency = Latency::default();
        for micros in [50, 51, 1_000_000, 2_000_000] {
            latency.record(Duration::from_micros(micros));
        }
        let counts: Vec<u64> = latency.buckets.iter().map(Counter::get).collect();
        assert_eq!(counts, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(latency.count(), 4);
    }

    #[test]
    fn every_reason_has_its_place() {
        for (place, why) in Dropped::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place);
        }
    }
}
