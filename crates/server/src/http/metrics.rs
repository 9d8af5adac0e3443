//! `GET /metrics`: everything that is counted, in the text format of Prometheus.

use std::fmt::{Display, Write};

use hyper::StatusCode;
use system::Role;

use super::answer::{self, Answer};
use crate::metrics::{BUCKETS_MICROS, Counter, Dropped, Latency};
use crate::shared::Shared;

/// The page.
pub(super) fn metrics(shared: &Shared) -> Answer {
    let mut page = Page(String::with_capacity(8 << 10));
    node(&mut page, shared);
    work(&mut page, shared);
    disk(&mut page, shared);
    peers(&mut page, shared);
    clients(&mut page, shared);
    answer::body(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", page.0)
}

fn node(page: &mut Page, shared: &Shared) {
    let view = shared.view();
    page.gauge("raftkv_term", "The node's term.", view.term);
    page.gauge("raftkv_leader", "The leader that the node knows, or 0.", view.leader);
    let leads = u64::from(view.role == Role::Leader);
    page.gauge("raftkv_is_leader", "Whether the node leads.", leads);
    page.gauge("raftkv_commit_index", "The highest index known to be committed.", view.commit);
    page.gauge("raftkv_applied_index", "The highest index that is applied.", view.applied);
    page.gauge("raftkv_first_index", "The first index in the log.", view.first_index);
    page.gauge("raftkv_last_index", "The last index in the log.", view.last_index);
    page.gauge("raftkv_voters", "Voters of the configuration.", view.voters.len());
    page.gauge("raftkv_learners", "Learners of the configuration.", view.learners.len());
}

fn work(page: &mut Page, shared: &Shared) {
    let metrics = &shared.metrics;
    page.counter("raftkv_elected_total", "Times the node became leader.", &metrics.elected);
    let help = "Requests handed to the log, here or through the leader.";
    page.counter("raftkv_proposals_total", help, &metrics.proposals);
    page.counter("raftkv_reads_total", "Reads answered.", &metrics.reads);
    page.counter("raftkv_entries_applied_total", "Entries applied.", &metrics.applied);
    page.counter("raftkv_rounds_total", "Rounds of the loop.", &metrics.rounds);
    let help = "Inputs handed to the node; divided by the rounds, the size of a batch.";
    page.counter("raftkv_inputs_total", help, &metrics.inputs);
    let help = "Snapshots of the node's own state.";
    page.counter("raftkv_snapshots_taken_total", help, &metrics.snapshots_taken);
    page.counter("raftkv_snapshots_sent_total", "Snapshots sent.", &metrics.snapshots_sent);
    let help = "Snapshots taken over from a leader.";
    page.counter("raftkv_snapshots_installed_total", help, &metrics.snapshots_installed);
}

fn disk(page: &mut Page, shared: &Shared) {
    let disk = &shared.metrics.disk;
    page.head("raftkv_fsync_seconds", "histogram", "Time of a sync.");
    page.latency("raftkv_fsync_seconds", "kind=\"file\"", &disk.file_syncs);
    page.latency("raftkv_fsync_seconds", "kind=\"directory\"", &disk.directory_syncs);
    page.counter("raftkv_written_bytes_total", "Bytes written to files.", &disk.written_bytes);
}

fn peers(page: &mut Page, shared: &Shared) {
    let peers = &shared.metrics.peers;
    page.counter("raftkv_peer_frames_sent_total", "Frames sent to peers.", &peers.frames_sent);
    let help = "Frames received from peers.";
    page.counter("raftkv_peer_frames_received_total", help, &peers.frames_received);
    page.counter("raftkv_peer_bytes_sent_total", "Bytes sent to peers.", &peers.bytes_sent);
    let help = "Bytes received from peers.";
    page.counter("raftkv_peer_bytes_received_total", help, &peers.bytes_received);
    page.head("raftkv_peer_frames_dropped_total", "counter", "Frames that went no further.");
    for why in Dropped::ALL {
        let label = format!("reason=\"{}\"", why.name());
        page.sample("raftkv_peer_frames_dropped_total", &label, peers.dropped(why));
    }
    let help = "Connections of peers that were refused.";
    page.counter("raftkv_peer_connections_refused_total", help, &peers.refused);
    let help = "Connections to peers that were made.";
    page.counter("raftkv_peer_connections_total", help, &peers.connected);
    page.head("raftkv_peer_up", "gauge", "Whether a peer is connected.");
    for id in shared.book(|book| book.ids()).iter().filter(|&id| id != shared.settings.id) {
        let up = u64::from(shared.is_up(id));
        page.sample("raftkv_peer_up", &format!("peer=\"{id}\""), up);
    }
}

fn clients(page: &mut Page, shared: &Shared) {
    let metrics = &shared.metrics;
    page.head("raftkv_http_answers_total", "counter", "Answers to clients.");
    for (class, counter) in metrics.answers.iter().enumerate().skip(2) {
        page.sample("raftkv_http_answers_total", &format!("status=\"{class}xx\""), counter.get());
    }
    let help = "Connections of clients refused because there were too many.";
    page.counter("raftkv_http_connections_refused_total", help, &metrics.clients_refused);
}

/// Text that grows by metrics.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.line(format_args!("{name} {value}"));
    }

    fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, "counter", help);
        self.line(format_args!("{name} {}", counter.get()));
    }

    fn sample(&mut self, name: &str, labels: &str, value: u64) {
        self.line(format_args!("{name}{{{labels}}} {value}"));
    }

    fn latency(&mut self, name: &str, labels: &str, latency: &Latency) {
        let mut below = 0;
        let counts = latency.buckets.iter().map(Counter::get);
        for (bound, count) in BUCKETS_MICROS.into_iter().zip(counts) {
            below += count;
            let bound = seconds(bound);
            self.line(format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {below}"));
        }
        let count = latency.count();
        self.line(format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {count}"));
        let sum = seconds(latency.sum_micros.get());
        self.line(format_args!("{name}_sum{{{labels}}} {sum}"));
        self.line(format_args!("{name}_count{{{labels}}} {count}"));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{text}").expect("text grows in memory");
    }
}

/// Microseconds as a decimal fraction of seconds.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn histograms_add_up() {
        let latency = Latency::default();
        latency.record(Duration::from_micros(70));
        latency.record(Duration::from_secs(3));
        let mut page = Page(String::new());
        page.latency("x", "a=\"b\"", &latency);
        assert!(page.0.starts_with("x_bucket{a=\"b\",le=\"0.000050\"} 0\n"), "{}", page.0);
        assert!(page.0.contains("x_bucket{a=\"b\",le=\"1.000000\"} 1\n"), "{}", page.0);
        assert!(page.0.ends_with("le=\"+Inf\"} 2\nx_sum{a=\"b\"} 3.000070\nx_count{a=\"b\"} 2\n"));
    }
}
