//! Messages, requests and answers on their way.

use system::{Input, NodeId, Reply, Request, RequestId, System};
use trace::{DropReason, Kind, MessageId};

use crate::panics::guard;
use crate::world::{Arrival, Due, World};

/// After so long a transport reports a message as not delivered.
const REPORT_LOST: u64 = 200_000_000;
/// After so long it reports one as delivered.
const REPORT_DELIVERED: u64 = 1_000_000;
/// A request or an answer, in bytes, for links with a bandwidth.
const REQUEST_BYTES: u32 = 100;

/// The network's name for a client.
pub(crate) fn client_endpoint(client: u64) -> u64 {
    64 + client
}

impl<S: System> World<'_, S> {
    /// A node's message leaves.
    pub(crate) fn send(
        &mut self,
        from: NodeId,
        to: NodeId,
        message: S::Message,
        report: Option<u64>,
    ) {
        if to == 0 || to > self.slots.len() as NodeId {
            // The transport knows no such address. A node that believed damaged bytes may send
            // there.
            return;
        }
        let now = self.now();
        let summary = S::summary(&message);
        let sent = self.network.send(now, from, to, summary.bytes);
        let id = MessageId { from, to, number: sent.number };
        let cause = self.slot(from).cause;
        let cause = self.record(cause, Kind::Send { message: id, summary });
        if let Some(lost) = sent.fate.lost {
            let (why, fault) = match lost {
                sim::Lost::Chance => (DropReason::Loss, 0),
                sim::Lost::Cut(fault) => (DropReason::Partition, fault),
                sim::Lost::Backlog => (DropReason::Queue, 0),
            };
            self.drop_message(id, summary.kind, why, fault, cause, report);
            return;
        }
        if let Some(copy) = sent.fate.copy {
            self.record(cause, Kind::Duplicate { message: id, kind: summary.kind });
            let body = message.clone();
            let kind = summary.kind;
            let again = Arrival { message: id, kind, body, cause, report: None, damage: None };
            self.queue.push(copy, Due::Arrival(again));
        }
        if sent.fate.damage.is_some() {
            self.record(cause, Kind::Corrupt { message: id, kind: summary.kind });
        }
        let damage = sent.fate.damage;
        let arrival = sent.fate.arrival.expect("a message that is not lost arrives");
        let kind = summary.kind;
        let arriving = Arrival { message: id, kind, body: message, cause, report, damage };
        self.queue.push(arrival, Due::Arrival(arriving));
    }

    fn drop_message(
        &mut self,
        message: MessageId,
        kind: system::MessageKind,
        why: DropReason,
        fault: u32,
        cause: u64,
        report: Option<u64>,
    ) {
        let cause = self.record(cause, Kind::Drop { message, kind, why, fault });
        self.report(message, report, false, cause);
    }

    /// Tells the sender what became of a message, if it asked.
    fn report(&mut self, message: MessageId, report: Option<u64>, delivered: bool, cause: u64) {
        let Some(token) = report else { return };
        let input = Input::Delivery { to: message.to, token, delivered };
        let after = if delivered { REPORT_DELIVERED } else { REPORT_LOST };
        self.notice(message.from, input, after, cause);
    }

    fn notice(&mut self, to: NodeId, input: Input<S::Message>, after: u64, cause: u64) {
        let at = self.now() + after;
        let incarnation = self.slot(to).incarnation;
        self.queue.push(at, Due::Notice { to, incarnation, input: Box::new(input), cause });
    }

    /// A message reaches the place of its receiver.
    pub(crate) fn arrive(&mut self, arrival: Arrival<S::Message>) {
        let Arrival { message, kind, body, cause, report, damage } = arrival;
        let MessageId { from, to, number } = message;
        if let Some(fault) = self.network.is_cut(from, to) {
            self.drop_message(message, kind, DropReason::Partition, fault, cause, report);
            return;
        }
        let slot = &self.slots[to as usize - 1];
        if !slot.is_up() {
            self.drop_message(message, kind, DropReason::Down, 0, cause, report);
            self.notice_link(from, to, false, cause);
            return;
        }
        let body = match damage {
            None => body,
            Some(random) => match self.damaged(to, &body, random) {
                Some(body) => body,
                None => {
                    let why = DropReason::Corrupt;
                    return self.drop_message(message, kind, why, 0, cause, report);
                }
            },
        };
        if self.is_full(to) {
            self.drop_message(message, kind, DropReason::Queue, 0, cause, report);
            return;
        }
        let arrived = &mut self.arrived[(from * 64 + to) as usize];
        if number < *arrived {
            self.recorder.counters.reordered += 1;
        } else {
            *arrived = number;
        }
        let cause = self.record(cause, Kind::Receive { message, kind });
        self.report(message, report, true, cause);
        self.notice_link(from, to, true, cause);
        self.slot(to).post(Input::Message { from, message: body }, cause);
        self.serve(to);
    }

    /// Whether the mailbox of a node takes nothing more.
    fn is_full(&self, id: NodeId) -> bool {
        let mailbox = &self.slots[id as usize - 1].mailbox;
        mailbox.len() >= self.plan.scenario.net.mailbox as usize
    }

    /// What the receiver's transport makes of a frame with flipped bits: nothing, if it checks
    /// what arrives, or if the bytes are no message any more.
    fn damaged(&mut self, to: NodeId, message: &S::Message, random: u64) -> Option<S::Message> {
        let mut frame = Vec::new();
        S::encode(message, &mut frame);
        let sum = crc32fast::hash(&frame).to_le_bytes();
        frame.extend_from_slice(&sum);
        sim::damage(&mut frame, random);
        let (bytes, sum) = frame.split_last_chunk().expect("a frame ends with its checksum");
        if self.checks_messages && crc32fast::hash(bytes).to_le_bytes() != *sum {
            return None;
        }
        match guard(|| S::decode(bytes)) {
            Ok(decoded) => decoded.ok(),
            Err(panic) => {
                self.panicked(to, panic);
                None
            }
        }
    }

    /// The sender's transport notices that a connection broke or works again.
    fn notice_link(&mut self, from: NodeId, to: NodeId, up: bool, cause: u64) {
        let down = &mut self.noticed_down[from as usize];
        if down.contains(to) != up {
            return;
        }
        if up {
            down.remove(to);
        } else {
            down.insert(to);
        }
        self.notice(from, Input::Link { peer: to, up }, REPORT_DELIVERED, cause);
    }

    /// A client's request leaves for a node.
    pub(crate) fn send_request(
        &mut self,
        client: u64,
        to: NodeId,
        id: RequestId,
        request: Request,
        cause: u64,
    ) {
        let now = self.now();
        let sent = self.network.send(now, client_endpoint(client), to, REQUEST_BYTES);
        if let Some(at) = sent.fate.arrival {
            self.queue.push(at, Due::Request { to, id, request: Box::new(request), cause });
        }
    }

    /// A request reaches a node. One that is down refuses the connection.
    pub(crate) fn take_request(&mut self, to: NodeId, id: RequestId, request: Request, cause: u64) {
        if self.slot(to).is_up() {
            // A connection that is never accepted: no answer comes.
            if !self.is_full(to) {
                self.slot(to).post(Input::Request { id, request }, cause);
                self.serve(to);
            }
        } else {
            let refused = Reply::Failed(system::Refusal::Stopping);
            self.answer(to, id, refused, cause);
        }
    }

    /// A node's answer leaves for a client.
    pub(crate) fn reply(&mut self, from: NodeId, id: RequestId, reply: Reply) {
        let cause = self.slot(from).cause;
        self.answer(from, id, reply, cause);
    }

    fn answer(&mut self, from: NodeId, id: RequestId, reply: Reply, cause: u64) {
        let now = self.now();
        let (client, _, _) = crate::slot::parts(id);
        let sent = self.network.send(now, from, client_endpoint(client), REQUEST_BYTES);
        if let Some(at) = sent.fate.arrival {
            self.queue.push(at, Due::Reply { id, from, reply: Box::new(reply), cause });
        }
    }
}
