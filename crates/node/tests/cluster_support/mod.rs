//! A small world for nodes: disks, links that keep their order, no time but ticks.
//!
//! Election timeouts are not random here: node `i` waits `election_ticks + i` ticks, so scripts
//! can be read without a dice in hand.

#![allow(dead_code, reason = "each test uses its own part of it")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::rc::Rc;

use node::{Config, RaftNode};
use raft::eraftpb::Message;
use sim::{Chance, Delay, Disk, DiskOptions, SharedDisk, Stream, StreamName};
use system::{
    Boot, Effect, Effects, Input, Nanos, NodeId, Note, Random, Reply, Request, RequestId, Start,
    System, Timer, View,
};

/// A node and what belongs to it.
struct Host {
    disk: SharedDisk,
    effects: Effects<Box<Message>>,
    node: Option<RaftNode>,
    start: Start,
    incarnation: u64,
}

/// Numbers that make node `id` wait `election_ticks + id` ticks.
struct Fixed {
    id: NodeId,
    election_ticks: u64,
    first: Option<u64>,
}

impl Random for Fixed {
    fn next_u64(&mut self) -> u64 {
        // The first number names this start of the node.
        self.first.take().unwrap_or(((self.id << 32) / self.election_ticks + 1) << 32)
    }
}

/// True luck, for storms.
struct Drawn(Stream);

impl Random for Drawn {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

struct Packet {
    message: Box<Message>,
    report: Option<u64>,
}

/// Nodes, links and what happened.
pub(crate) struct World {
    pub(crate) config: Config,
    /// Where nodes draw from, instead of what scripts want.
    pub(crate) luck: Option<Chance>,
    /// Cut links, as (from, to).
    pub(crate) cut: BTreeSet<(NodeId, NodeId)>,
    /// Whether every effect is told, or only what changes things.
    pub(crate) tells_all: bool,
    /// What happened since it was last taken.
    pub(crate) story: String,
    /// The last reply to each request.
    pub(crate) replies: BTreeMap<RequestId, Reply>,
    hosts: BTreeMap<NodeId, Host>,
    links: BTreeMap<(NodeId, NodeId), VecDeque<Packet>>,
    last_request: RequestId,
    now: Nanos,
}

impl World {
    pub(crate) fn new(config: Config) -> Self {
        World {
            config,
            luck: None,
            cut: BTreeSet::new(),
            tells_all: false,
            story: String::new(),
            replies: BTreeMap::new(),
            hosts: BTreeMap::new(),
            links: BTreeMap::new(),
            last_request: 0,
            now: 0,
        }
    }

    /// Puts a machine in place and starts the node on it.
    pub(crate) fn add(&mut self, id: NodeId, start: Start) {
        let options = DiskOptions::sound(Delay::Fixed(0), Delay::Fixed(0), 512, 0, 0);
        let disk = SharedDisk::new(Disk::new(options, id, &Chance::new(0)));
        let effects = Effects::new(Rc::new(disk.clone()));
        self.hosts.insert(id, Host { disk, effects, node: None, start, incarnation: 0 });
        self.boot(id);
    }

    /// Starts a node on what its disk holds.
    pub(crate) fn boot(&mut self, id: NodeId) {
        let host = self.hosts.get_mut(&id).expect("the node has a machine");
        let incarnation = host.incarnation;
        let random: Box<dyn Random> = match &self.luck {
            Some(luck) => Box::new(Drawn(luck.stream(StreamName::Node { id, incarnation }))),
            None => Box::new(Fixed {
                id,
                election_ticks: u64::from(self.config.election_ticks),
                first: Some(id << 8 | incarnation),
            }),
        };
        host.incarnation += 1;
        let (now, start) = (self.now, host.start);
        let boot = Boot { id, incarnation, now, start, has_lived: incarnation > 0, random };
        match RaftNode::boot(&self.config, boot, &host.effects) {
            Ok(node) => host.node = Some(node),
            Err(halt) => {
                let _ = writeln!(self.story, "n{id} cannot start: {}", halt.detail);
            }
        }
        self.perform(id);
    }

    /// Ends a node; with a loss of power, its disk forgets what was not synced.
    pub(crate) fn crash(&mut self, id: NodeId, power: bool) {
        let host = self.hosts.get_mut(&id).expect("the node has a machine");
        host.node = None;
        host.effects.clear();
        if power {
            host.disk.borrow_mut().power_loss();
        }
        self.links.retain(|&(from, to), _| from != id && to != id);
    }

    pub(crate) fn ids(&self) -> Vec<NodeId> {
        self.hosts.keys().copied().collect()
    }

    pub(crate) fn view(&self, id: NodeId) -> Option<View> {
        self.hosts[&id].node.as_ref().map(RaftNode::view)
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&RaftNode> {
        self.hosts[&id].node.as_ref()
    }

    pub(crate) fn input(&mut self, id: NodeId, input: Input<Box<Message>>) {
        let host = self.hosts.get_mut(&id).expect("the node has a machine");
        if let Some(node) = &mut host.node {
            node.handle(self.now, input, &host.effects);
            node.flush(self.now, &host.effects);
            self.perform(id);
        }
    }

    pub(crate) fn request(&mut self, id: NodeId, request: Request) -> RequestId {
        self.last_request += 1;
        let request_id = self.last_request;
        self.input(id, Input::Request { id: request_id, request });
        request_id
    }

    /// One tick of every node that is up.
    pub(crate) fn tick(&mut self) {
        self.now += self.config.tick;
        for id in self.ids() {
            self.input(id, Input::Timer(Timer("tick")));
        }
    }

    /// Delivers messages until none is on its way, or until `max` are delivered.
    pub(crate) fn deliver(&mut self, max: u64) {
        for delivered in 0..max {
            let Some(link) = self.links.keys().next().copied() else { return };
            self.deliver_one(link);
            assert!(delivered < 10_000, "the nodes talk without end");
        }
    }

    /// The links on which something is on its way.
    pub(crate) fn busy_links(&self) -> Vec<(NodeId, NodeId)> {
        self.links.keys().copied().collect()
    }

    /// Delivers the oldest message of a link, or drops it if the link is cut.
    pub(crate) fn deliver_one(&mut self, link: (NodeId, NodeId)) {
        let (from, to) = link;
        let arrives = !self.cut.contains(&link) && self.hosts[&to].node.is_some();
        let Some(packet) = self.take(link) else { return };
        if arrives {
            self.input(to, Input::Message { from, message: packet.message });
        }
        self.report(from, to, packet.report, arrives);
    }

    /// Loses the oldest message of a link.
    pub(crate) fn drop_one(&mut self, link: (NodeId, NodeId)) {
        if let Some(packet) = self.take(link) {
            self.report(link.0, link.1, packet.report, false);
        }
    }

    /// Lets the oldest message of a link arrive a second time, later.
    pub(crate) fn repeat_one(&mut self, link: (NodeId, NodeId)) {
        if let Some(queue) = self.links.get_mut(&link) {
            let message = queue.front().expect("a busy link").message.clone();
            queue.push_back(Packet { message, report: None });
        }
    }

    fn take(&mut self, link: (NodeId, NodeId)) -> Option<Packet> {
        let queue = self.links.get_mut(&link)?;
        let packet = queue.pop_front();
        if queue.is_empty() {
            self.links.remove(&link);
        }
        packet
    }

    fn report(&mut self, from: NodeId, to: NodeId, token: Option<u64>, delivered: bool) {
        if let Some(token) = token {
            self.input(from, Input::Delivery { to, token, delivered });
        }
    }

    fn perform(&mut self, id: NodeId) {
        loop {
            let host = self.hosts.get_mut(&id).expect("the node has a machine");
            let Some(effect) = host.effects.pop() else { return };
            tell(&mut self.story, id, &effect, self.tells_all);
            if effect.is_disk() {
                host.disk.borrow_mut().perform(&effect).expect("the disk is whole");
                continue;
            }
            match effect {
                Effect::Send { to, message, report } if self.hosts.contains_key(&to) => {
                    let queue = self.links.entry((id, to)).or_default();
                    queue.push_back(Packet { message, report });
                }
                Effect::Reply { request, reply } => {
                    let before = self.replies.insert(request, reply);
                    assert!(before.is_none(), "request {request} is answered twice");
                }
                Effect::Halt(_) => {
                    let host = self.hosts.get_mut(&id).expect("the node has a machine");
                    host.node = None;
                    host.effects.clear();
                }
                _ => {}
            }
        }
    }
}

/// Writes what an effect did, if it is worth a line.
fn tell(story: &mut String, id: NodeId, effect: &Effect<Box<Message>>, all: bool) {
    let line = match effect {
        Effect::Reply { request, reply } => format!("r{request} {}", reply_text(reply)),
        Effect::Halt(halt) => format!("halts: {}, {}", halt.reason.name(), halt.detail),
        Effect::Note(note) => match note_text(note, all) {
            Some(text) => text,
            None => return,
        },
        Effect::Send { to, message, .. } if all => {
            let summary = RaftNode::summary(message);
            format!("send n{to} {} t{}", summary.kind.name(), summary.term)
        }
        effect if all && effect.is_disk() => effect.name().to_owned(),
        _ => return,
    };
    let _ = writeln!(story, "n{id} {line}");
}

fn note_text(note: &Note, all: bool) -> Option<String> {
    Some(match *note {
        Note::Role { role, term, leader: 0 } => format!("{} t{term}", role.name()),
        Note::Role { role, term, leader } => format!("{} t{term} of n{leader}", role.name()),
        Note::Recovered { term, vote, commit, first_index, snapshot_index, .. } => format!(
            "recovered t{term} vote={vote} commit={commit} first={first_index} \
             snapshot={snapshot_index}"
        ),
        Note::TailCut { bytes } => format!("cut {bytes} bytes"),
        Note::Truncate { from } => format!("truncates from {from}"),
        Note::Conf { index, voters, outgoing, learners } => {
            let mut text = format!("conf@{index} {voters}");
            if !outgoing.is_empty() {
                let _ = write!(text, " leaving {outgoing}");
            }
            if !learners.is_empty() {
                let _ = write!(text, " learners {learners}");
            }
            text
        }
        Note::SnapshotTaken { index, .. } => format!("snapshot {index}"),
        Note::SnapshotSent { to, index } => format!("sends snapshot {index} to n{to}"),
        Note::SnapshotInstalled { index, .. } => format!("installs snapshot {index}"),
        Note::Compact { first_index } => format!("log begins at {first_index}"),
        Note::Transfer { to } => format!("transfers to n{to}"),
        Note::Proposed { request, forwarded: true } => format!("forwards r{request}"),
        _ if !all => return None,
        Note::Append { index, term, kind, .. } => format!("entry {index} t{term} {}", kind.name()),
        Note::Vote { term, candidate } => format!("vote t{term} n{candidate}"),
        Note::Persisted { last_index, commit, .. } => {
            format!("persisted last={last_index} commit={commit}")
        }
        Note::Commit { index } => format!("commit {index}"),
        Note::Apply { index, .. } => format!("apply {index}"),
        Note::Read { request, index, .. } => format!("read r{request} @{index}"),
        Note::Proposed { request, .. } => format!("proposes r{request}"),
        Note::TransferEnded { to, moved } => format!("transfer to n{to} moved={moved}"),
        Note::LeaseRefused { request } => format!("no lease for r{request}"),
    })
}

fn reply_text(reply: &Reply) -> String {
    use system::{Output, Refusal, Response};
    match reply {
        Reply::Ok { response, index, path } => {
            let what = match response {
                Response::Output(Output::Done) => "done".to_owned(),
                Response::Output(Output::Swapped(swapped)) => format!("swapped={swapped}"),
                Response::Output(Output::Value(None)) => "absent".to_owned(),
                Response::Output(Output::Value(Some(value))) => {
                    String::from_utf8_lossy(value).into_owned()
                }
                Response::Session(session) => format!("session={session}"),
                Response::Changed => "changed".to_owned(),
            };
            format!("ok {what} @{index} by {}", path.name())
        }
        Reply::Failed(Refusal::NotLeader { hint }) => format!("failed not-leader hint=n{hint}"),
        Reply::Failed(refusal) => format!("failed {}", refusal.name()),
        Reply::Unknown(why) => format!("unknown: {why}"),
    }
}
