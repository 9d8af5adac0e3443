//! Where a message is lost, doubled, held back or cut off.
//!
//! The network moves no message: it says what becomes of one, as a [`Fate`], and the testbed puts
//! it into the queue. Each directed link has its own stream and takes the same four words for
//! every message, whatever becomes of it: the n-th message of a link has its luck, and no other
//! link or fault can change it.
//!
//! **Not done here:** corruption of bits, mailboxes, a quality for single links.

mod cuts;

use system::Nanos;

use crate::chance::{Chance, Stream, StreamName, between, hits};
use crate::delay::Delay;
use cuts::Cuts;

/// The largest number of an endpoint: nodes are 1 to 63, client `c` is 64 + `c`.
pub const ENDPOINT_MAX: u64 = (1 << 16) - 1;

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
}

/// Why a message is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// By the link's own quality.
    Chance,
    /// By a partition, with the number of its fault.
    Cut(u32),
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
    /// By sender, then by receiver; links come into being with their first message.
    links: Vec<Vec<Option<Box<Link>>>>,
    chance: Chance,
}

#[derive(Clone, Debug)]
struct Link {
    stream: Stream,
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
        let options = self.current;
        let link = self.link(from, to);
        link.sent += 1;
        let luck = Luck::draw(&mut link.stream);
        let departure = link.depart(now, bytes, options.bandwidth);
        let lost = match cut {
            Some(fault) => Some(Lost::Cut(fault)),
            None if hits(luck.loss, options.loss) => Some(Lost::Chance),
            None => None,
        };
        let fate = match lost {
            Some(_) => Fate { arrival: None, copy: None, lost },
            None => link.arrive(departure, &luck, &options),
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

    /// Changes the quality of all links, in the layer of this fault. What several layers change,
    /// the one set last decides.
    pub fn set_quality(&mut self, fault: u32, quality: Quality) {
        self.qualities.retain(|&(other, _)| other != fault);
        self.qualities.push((fault, quality));
        self.current = overlay(self.options, &self.qualities);
    }

    /// Takes the change of quality of this fault away, if there is one.
    pub fn clear_quality(&mut self, fault: u32) {
        self.qualities.retain(|&(other, _)| other != fault);
        self.current = overlay(self.options, &self.qualities);
    }

    /// Takes all cuts and all changes of quality away.
    pub fn heal_all(&mut self) {
        self.cuts = Cuts::default();
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
        let link = Link { stream, sent: 0, free_at: 0, last_arrival: 0 };
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
    /// When the last byte of the message has left. A lost message occupied the link all the same.
    #[inline]
    fn depart(&mut self, now: Nanos, bytes: u32, bandwidth: Option<u64>) -> Nanos {
        let Some(bandwidth) = bandwidth else { return now };
        let takes = (u128::from(bytes) * SECOND).div_ceil(u128::from(bandwidth));
        let takes = Nanos::try_from(takes).expect("4 GiB at one byte per second fit");
        self.free_at = now.max(self.free_at) + takes;
        self.free_at
    }

    #[inline]
    fn arrive(&mut self, departure: Nanos, luck: &Luck, options: &NetworkOptions) -> Fate {
        let twice = hits(luck.duplicate, options.duplicate);
        let mut arrival = departure + options.delay.draw(luck.delay);
        let mut copy = twice.then(|| departure + options.delay.draw(luck.copy));
        if options.in_order {
            // A distance of one keeps the order where the queue shuffles ties.
            arrival = arrival.max(self.last_arrival + 1);
            copy = copy.map(|_| arrival + 1);
            self.last_arrival = copy.unwrap_or(arrival);
        } else if hits(luck.reorder, options.reorder) {
            arrival += between(u64::from(luck.hold) << 32, 1, options.reorder_hold.max(1));
        }
        assert!(arrival >= departure, "a message arrives before it left");
        Fate { arrival: Some(arrival), copy, lost: None }
    }
}

fn overlay(base: NetworkOptions, qualities: &[(u32, Quality)]) -> NetworkOptions {
    qualities.iter().fold(base, |below, (_, quality)| NetworkOptions {
        delay: quality.delay.unwrap_or(below.delay),
        loss: quality.loss.unwrap_or(below.loss),
        duplicate: quality.duplicate.unwrap_or(below.duplicate),
        reorder: quality.reorder.unwrap_or(below.reorder),
        ..below
    })
}
