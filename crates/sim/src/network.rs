//! Where a message is lost, doubled, damaged, held back or cut off.
//!
//! The network moves no message: it says what becomes of one, as a [`Fate`], and the testbed puts
//! it into the queue. Each directed link has its own stream and takes the same four words for
//! every message, whatever becomes of it: the n-th message of a link has its luck, and no other
//! link or fault can change it. Damage, which most runs never see, has a stream of its own.
//!
//! **Not done here:** the damaged bytes themselves, mailboxes, a quality for single links.

mod clogs;
mod cuts;

use system::Nanos;

use crate::chance::{Chance, Stream, StreamName, between, hits};
use crate::delay::Delay;
use clogs::Clogs;
use cuts::Cuts;

/// The largest number of an endpoint: nodes are 1 to 63, client `c` is 64 + `c`.
pub const ENDPOINT_MAX: u64 = (1 << 16) - 1;

/// A sender's transport holds messages for so long when the link's bandwidth is used up; what
/// would wait longer is dropped, as by a full send buffer. Nanoseconds.
pub const BACKLOG_MAX: Nanos = 1_000_000_000;

const SECOND: u128 = 1_000_000_000;

/// The network when no fault is on. Applies to every directed link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkOptions {
    /// Time on the way.
    pub delay: Delay,
    /// Chance that a message is lost, in parts per million.
    pub loss: u32,
    /// Chance that a message arrives twice, in parts per million. The second one takes a delay of
    /// its own; on an in-order link it arrives right behind the first one.
    pub duplicate: u32,
    /// Chance that a message is held back, to be overtaken by later ones, in parts per million.
    pub reorder: u32,
    /// How long it is held back at most, in nanoseconds; at least 1.
    pub reorder_hold: Nanos,
    /// Whether a link keeps its messages in order, as TCP does; then nothing is held back.
    pub in_order: bool,
    /// Bytes per second that a directed link carries, one message after the other; at least 1.
    /// `None`: no bound.
    pub bandwidth: Option<u64>,
    /// Chance that bits of a message are flipped, in parts per million.
    pub corrupt: u32,
}

/// A change of the quality of all links; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Time on the way.
    pub delay: Option<Delay>,
    /// Chance of loss, in parts per million.
    pub loss: Option<u32>,
    /// Chance of duplication, in parts per million.
    pub duplicate: Option<u32>,
    /// Chance of being held back, in parts per million.
    pub reorder: Option<u32>,
    /// Chance of flipped bits, in parts per million.
    pub corrupt: Option<u32>,
    /// Bytes per second of each directed link; at least 1.
    pub bandwidth: Option<u64>,
    /// Whether links keep their order.
    pub in_order: Option<bool>,
}

/// What is known of a message when it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Counts the messages of its directed link, from 1.
    pub number: u64,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a message. It arrives, or it is lost, never both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When it arrives; `None` if it is lost.
    pub arrival: Option<Nanos>,
    /// When it arrives for a second time, if it does.
    pub copy: Option<Nanos>,
    /// Why it does not arrive.
    pub lost: Option<Lost>,
    /// If bits of it are flipped, where: random bits for [`damage`].
    pub damage: Option<u64>,
}

/// Why a message is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// By the link's own quality.
    Chance,
    /// By a partition, with the number of its fault.
    Cut(u32),
    /// By the sender's full buffer: the bandwidth is used up.
    Backlog,
}

/// All links of a run.
///
/// * A message's luck depends on the seed, its link and its number alone.
/// * On an in-order link no two messages arrive at the same time.
#[derive(Clone, Debug)]
pub struct Network {
    options: NetworkOptions,
    /// The options with all layers of quality on top.
    current: NetworkOptions,
    qualities: Vec<(u32, Quality)>,
    cuts: Cuts,
    clogs: Clogs,
    /// By sender, then by receiver; links come into being with their first message.
    links: Vec<Vec<Option<Box<Link>>>>,
    chance: Chance,
}

#[derive(Clone, Debug)]
struct Link {
    stream: Stream,
    damage: Stream,
    /// Messages so far.
    sent: u64,
    /// When the last byte so far has left the sender.
    free_at: Nanos,
    /// The latest arrival so far.
    last_arrival: Nanos,
}

impl Network {
    /// A network that is whole.
    ///
    /// # Panics
    ///
    /// If an option is out of its range.
    #[must_use]
    pub fn new(options: NetworkOptions, chance: &Chance) -> Self {
        assert_ne!(options.bandwidth, Some(0), "a link without bandwidth");
        Network {
            options,
            current: options,
            qualities: Vec::new(),
            cuts: Cuts::default(),
            clogs: Clogs::default(),
            links: Vec::new(),
            chance: chance.clone(),
        }
    }

    /// Says what becomes of a message of `bytes` that is sent at `now`.
    ///
    /// A partition that begins while the message is on its way is not foreseen: ask
    /// [`Network::is_cut`] again when it arrives.
    ///
    /// # Panics
    ///
    /// If an endpoint is above [`ENDPOINT_MAX`].
    #[inline]
    pub fn send(&mut self, now: Nanos, from: u64, to: u64, bytes: u32) -> Sent {
        let cut = self.cuts.find(from, to);
        let free_at = self.clogs.free_at(from, to);
        let options = self.current;
        let link = self.link(from, to);
        link.sent += 1;
        let luck = Luck::draw(&mut link.stream);
        let departure = link.depart(now, bytes, options.bandwidth);
        let lost = match cut {
            Some(fault) => Some(Lost::Cut(fault)),
            None if departure.is_none() => Some(Lost::Backlog),
            None if hits(luck.loss, options.loss) => Some(Lost::Chance),
            None => None,
        };
        let fate = match (lost, departure) {
            (None, Some(departure)) => link.arrive(departure, free_at, &luck, &options),
            _ => Fate { arrival: None, copy: None, lost, damage: None },
        };
        Sent { number: link.sent, fate }
    }

    /// The fault that cuts the link now; the oldest, if there are several.
    #[inline]
    #[must_use]
    pub fn is_cut(&self, from: u64, to: u64) -> Option<u32> {
        self.cuts.find(from, to)
    }

    /// Cuts directed links (from, to), in the layer of this fault. Layers overlap freely.
    ///
    /// # Panics
    ///
    /// If an endpoint is above [`ENDPOINT_MAX`].
    pub fn cut(&mut self, fault: u32, pairs: impl IntoIterator<Item = (u64, u64)>) {
        self.cuts.add(fault, pairs);
    }

    /// Takes the cuts of this fault away, if there are any; those of other faults stay.
    pub fn heal(&mut self, fault: u32) {
        self.cuts.remove(fault);
    }

    /// Lets directed links (from, to) hold all messages that are sent from now on and release them
    /// at `end`, in the layer of this fault.
    ///
    /// # Panics
    ///
    /// If an endpoint is above [`ENDPOINT_MAX`].
    pub fn clog(&mut self, fault: u32, pairs: impl IntoIterator<Item = (u64, u64)>, end: Nanos) {
        self.clogs.add(fault, pairs, end);
    }

    /// Ends the clog of this fault, if there is one. What it held arrives when it was to end.
    pub fn unclog(&mut self, fault: u32) {
        self.clogs.remove(fault);
    }

    /// Changes the quality of all links, in the layer of this fault. What several layers change,
    /// the one set last decides.
    ///
    /// # Panics
    ///
    /// If an option is out of its range.
    pub fn set_quality(&mut self, fault: u32, quality: Quality) {
        assert_ne!(quality.bandwidth, Some(0), "a link without bandwidth");
        self.qualities.retain(|&(other, _)| other != fault);
        self.qualities.push((fault, quality));
        self.current = overlay(self.options, &self.qualities);
    }

    /// Takes the change of quality of this fault away, if there is one.
    pub fn clear_quality(&mut self, fault: u32) {
        self.qualities.retain(|&(other, _)| other != fault);
        self.current = overlay(self.options, &self.qualities);
    }

    /// Takes all cuts, clogs and changes of quality away.
    pub fn heal_all(&mut self) {
        self.cuts = Cuts::default();
        self.clogs = Clogs::default();
        self.qualities.clear();
        self.current = self.options;
    }

    #[inline]
    fn link(&mut self, from: u64, to: u64) -> &mut Link {
        let [row, column] = [from as usize, to as usize];
        let known =
            self.links.get(row).and_then(|row| row.get(column)).is_some_and(Option::is_some);
        if !known {
            self.connect(from, to);
        }
        self.links[row][column].as_mut().expect("the link is there now")
    }

    #[cold]
    fn connect(&mut self, from: u64, to: u64) {
        assert!(from.max(to) <= ENDPOINT_MAX, "endpoint {} is out of range", from.max(to));
        let [row, column] = [from as usize, to as usize];
        if self.links.len() <= row {
            self.links.resize_with(row + 1, Vec::new);
        }
        if self.links[row].len() <= column {
            self.links[row].resize_with(column + 1, || None);
        }
        let stream = self.chance.stream(StreamName::Link { from, to });
        let damage = self.chance.stream(StreamName::Damage { from, to });
        let link = Link { stream, damage, sent: 0, free_at: 0, last_arrival: 0 };
        self.links[row][column] = Some(Box::new(link));
    }
}

/// The four words of one message.
struct Luck {
    loss: u32,
    duplicate: u32,
    reorder: u32,
    hold: u32,
    delay: u64,
    copy: u64,
}

impl Luck {
    #[inline]
    fn draw(stream: &mut Stream) -> Self {
        let halves = |word: u64| [(word >> 32) as u32, word as u32];
        let [loss, duplicate] = halves(stream.next_u64());
        let [reorder, hold] = halves(stream.next_u64());
        Luck { loss, duplicate, reorder, hold, delay: stream.next_u64(), copy: stream.next_u64() }
    }
}

impl Link {
    /// When the last byte of the message has left; `None` if the sender's buffer is full. A lost
    /// message occupied the link all the same.
    #[inline]
    fn depart(&mut self, now: Nanos, bytes: u32, bandwidth: Option<u64>) -> Option<Nanos> {
        let Some(bandwidth) = bandwidth else { return Some(now) };
        if self.free_at > now + BACKLOG_MAX {
            return None;
        }
        let takes = (u128::from(bytes) * SECOND).div_ceil(u128::from(bandwidth));
        let takes = Nanos::try_from(takes).expect("4 GiB at one byte per second fit");
        self.free_at = now.max(self.free_at) + takes;
        Some(self.free_at)
    }

    #[inline]
    fn arrive(
        &mut self,
        departure: Nanos,
        free_at: Nanos,
        luck: &Luck,
        options: &NetworkOptions,
    ) -> Fate {
        let twice = hits(luck.duplicate, options.duplicate);
        let mut arrival = departure + options.delay.draw(luck.delay);
        let mut copy = twice.then(|| departure + options.delay.draw(luck.copy));
        // What a clog holds comes all at once: the burst.
        arrival = arrival.max(free_at);
        copy = copy.map(|copy| copy.max(free_at));
        if options.in_order {
            // A distance of one keeps the order where the queue shuffles ties.
            arrival = arrival.max(self.last_arrival + 1);
            copy = copy.map(|_| arrival + 1);
            self.last_arrival = copy.unwrap_or(arrival);
        } else if hits(luck.reorder, options.reorder) {
            arrival += between(u64::from(luck.hold) << 32, 1, options.reorder_hold.max(1));
        }
        assert!(arrival >= departure, "a message arrives before it left");
        let damage = (options.corrupt > 0).then(|| self.damaged(options.corrupt)).flatten();
        Fate { arrival: Some(arrival), copy, lost: None, damage }
    }

    /// Two words for each message, at the place of its number.
    fn damaged(&mut self, corrupt: u32) -> Option<u64> {
        self.damage.seek(self.sent * 2);
        self.damage.chance(corrupt).then(|| self.damage.next_u64())
    }
}

/// Flips one to three bits of a message's bytes, as [`Fate::damage`] says. Empty bytes stay.
pub fn damage(bytes: &mut [u8], random: u64) {
    let Ok(bits @ 1..) = u64::try_from(bytes.len() * 8) else { return };
    let mut seen = Vec::new();
    for flip in 0..1 + random % 3 {
        let bit = crate::chance::scale(crate::chance::mix(random ^ flip), bits);
        // The same bit twice would be no damage.
        if !seen.contains(&bit) {
            seen.push(bit);
            bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
    }
}

fn overlay(base: NetworkOptions, qualities: &[(u32, Quality)]) -> NetworkOptions {
    qualities.iter().fold(base, |below, (_, quality)| NetworkOptions {
        delay: quality.delay.unwrap_or(below.delay),
        loss: quality.loss.unwrap_or(below.loss),
        duplicate: quality.duplicate.unwrap_or(below.duplicate),
        reorder: quality.reorder.unwrap_or(below.reorder),
        corrupt: quality.corrupt.unwrap_or(below.corrupt),
        bandwidth: quality.bandwidth.or(below.bandwidth),
        in_order: quality.in_order.unwrap_or(below.in_order),
        ..below
    })
}
