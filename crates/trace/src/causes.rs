//! Why did an operation end as it did? Its causal past, short enough to be read.
//!
//! Followed are the causes of its end, back to what nobody caused: through the `cause` of each
//! event a received message leads to its sending, and that to what its sender did. To these are
//! added what the nodes on the way were at that moment, and the faults that kept messages from
//! them or ended them. Heartbeats are left out, and of many lost messages the last one stands
//! for all.

use std::collections::{BTreeMap, BTreeSet};

use system::{MessageKind, NodeId, Note};

use crate::about::{fault_of, message_of, node_of, op_of, type_of};
use crate::event::{Event, FaultId, Kind, OpId};
use crate::text;

/// Events before the invocation that are followed.
const BEFORE_MAX: usize = 12;
/// Events in all that are followed.
const CHAIN_MAX: usize = 200;

/// One event of the past, and how many alike it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The event.
    pub event: &'a Event,
    /// How many others it stands for.
    pub folded: u64,
}

/// The causal past of the end of an operation, newest first; if it has not ended, of the last
/// that is known of it. Empty if `events` do not know the operation. `events` must be in their
/// order.
#[must_use]
pub fn why(events: &[Event], op: OpId) -> Vec<&Event> {
    reasons(events, op).into_iter().map(|reason| reason.event).collect()
}

/// The same, with the number of events that each stands for.
#[must_use]
pub fn reasons(events: &[Event], op: OpId) -> Vec<Reason<'_>> {
    let own = |event: &&Event| op_of(&event.kind) == Some(op);
    let Some(end) = events.iter().rev().find(own) else { return Vec::new() };
    let start = events.iter().find(own).expect("it has a last event, so it has a first one");
    let mut kept: BTreeMap<u64, Reason<'_>> = BTreeMap::new();
    let mut keep = |event, folded| {
        kept.entry(event_seq(event)).or_insert(Reason { event, folded });
    };
    let past = &events[..=position(events, end.seq).unwrap_or(events.len() - 1)];
    let chain = chain(past, end, start);
    let links: BTreeSet<u64> = chain.iter().map(|event| event.seq).collect();
    let nodes: BTreeSet<NodeId> = chain.iter().flat_map(|event| ends(event)).collect();
    chain.iter().copied().filter(|event| !is_routine(event)).for_each(|event| keep(event, 0));
    past.iter().filter(own).for_each(|event| keep(event, 0));
    past.iter().filter(|event| tells(event, &links)).for_each(|event| keep(event, 0));
    for node in &nodes {
        if let Some(event) = past.iter().rev().find(|event| is_role(event, *node)) {
            keep(event, 0);
        }
    }
    for (event, folded) in faults(past, &nodes, start.seq) {
        keep(event, folded);
    }
    kept.into_values().rev().collect()
}

/// The past as text: when, who, what, and where to find it. Newest first.
#[must_use]
pub fn render_why(events: &[Event], op: OpId) -> String {
    let reasons = reasons(events, op);
    let whats = reasons.iter().map(|reason| {
        let what = text::what(&reason.event.kind);
        if reason.folded == 0 { what } else { format!("{what} (and {} more)", reason.folded) }
    });
    let whats: Vec<String> = whats.collect();
    let whos: Vec<String> = reasons.iter().map(|reason| text::who(&reason.event.kind)).collect();
    let width = |cells: &[String]| cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let (who_width, what_width) = (width(&whos), width(&whats));
    let mut out = String::new();
    for ((reason, who), what) in reasons.iter().zip(&whos).zip(&whats) {
        let Event { at, seq, .. } = reason.event;
        let time = text::time(*at);
        out += &format!("{time}  {who:<who_width$}  {what:<what_width$}  seq {seq}\n");
    }
    out
}

fn event_seq(event: &Event) -> u64 {
    event.seq
}

fn position(events: &[Event], seq: u64) -> Option<usize> {
    events.binary_search_by_key(&seq, event_seq).ok()
}

/// The event, its cause, the cause of that, and so on.
fn chain<'a>(events: &'a [Event], end: &'a Event, start: &Event) -> Vec<&'a Event> {
    let mut chain = vec![end];
    let mut last = end;
    let mut before = 0;
    while let Some(at) = position(events, last.cause) {
        // A trace is a file: a cause that is not older would lead us in circles.
        if events[at].seq >= last.seq || chain.len() >= CHAIN_MAX {
            break;
        }
        last = &events[at];
        before += usize::from(last.seq < start.seq);
        if before > BEFORE_MAX {
            break;
        }
        chain.push(last);
    }
    chain
}

/// What happens all the time and explains nothing.
fn is_routine(event: &Event) -> bool {
    let beat = [MessageKind::Heartbeat, MessageKind::HeartbeatResponse];
    matches!(event.kind, Kind::Timer { .. })
        || type_of(&event.kind).is_some_and(|kind| beat.contains(&kind))
}

/// A fact that a link of the chain brought about and that says how a request was served.
fn tells(event: &Event, links: &BTreeSet<u64>) -> bool {
    let Kind::Note { note, .. } = &event.kind else { return false };
    matches!(note, Note::Read { .. } | Note::Proposed { .. }) && links.contains(&event.cause)
}

fn is_role(event: &Event, id: NodeId) -> bool {
    matches!(&event.kind, Kind::Note { node, note: Note::Role { .. } } if *node == id)
}

/// The nodes that an event concerns.
fn ends(event: &Event) -> Vec<NodeId> {
    match &event.kind {
        Kind::Return { node, .. } if *node != 0 => vec![*node],
        Kind::Attempt { to, .. } => vec![*to],
        kind => match message_of(kind) {
            Some(message) => vec![message.from, message.to],
            None => node_of(kind).into_iter().collect(),
        },
    }
}

fn touches(event: &Event, nodes: &BTreeSet<NodeId>) -> bool {
    ends(event).iter().any(|node| nodes.contains(node))
}

/// The faults that were on after `start`, and of what each did to `nodes` the last event.
fn faults<'a>(past: &'a [Event], nodes: &BTreeSet<NodeId>, start: u64) -> Vec<(&'a Event, u64)> {
    let mut begun: BTreeMap<FaultId, &Event> = BTreeMap::new();
    let mut done: BTreeMap<(FaultId, bool), (&Event, u64)> = BTreeMap::new();
    for event in past {
        let Some(fault) = fault_of(&event.kind) else { continue };
        match &event.kind {
            Kind::FaultStart { .. } => {
                begun.insert(fault, event);
            }
            Kind::FaultEnd { .. } if event.seq < start => {
                begun.remove(&fault);
                done.remove(&(fault, false));
                done.remove(&(fault, true));
            }
            Kind::Drop { .. } | Kind::Crash { .. } if touches(event, nodes) => {
                let lost = matches!(event.kind, Kind::Drop { .. });
                let folded = done.get(&(fault, lost)).map_or(0, |(_, folded)| folded + 1);
                done.insert((fault, lost), (event, folded));
            }
            _ => {}
        }
    }
    // A crash has no end of its own: it matters while its node is down, and we keep it if it
    // happened after the operation began.
    done.retain(|(_, lost), (event, _)| *lost || event.seq >= start);
    let struck: BTreeSet<FaultId> = done.keys().map(|(fault, _)| *fault).collect();
    let starts = begun.into_iter().filter(|(fault, _)| struck.contains(fault));
    starts.map(|(_, event)| (event, 0)).chain(done.into_values()).collect()
}

#[cfg(test)]
mod tests;
