//! Where luck comes from: one seed, and from it one stream for every thing that decides.
//!
//! Draws are keyed, not sequential: a stream is named by what it decides (a link, a disk, a
//! node), and a position in it by the number of the decision. So a message that is no longer
//! sent on one link changes no draw on another, and shrinking a schedule does not throw all the
//! dice again. The generator is ChaCha8: the name of a stream is its nonce, the position its
//! counter.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use system::{ClientId, Digest, Nanos, NodeId, Random};

/// A million: what probabilities are parts of.
pub const MILLION: u32 = 1_000_000;

/// The luck of a whole run.
#[derive(Clone, Debug)]
pub struct Chance {
    base: ChaCha8Rng,
}

/// What a stream decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamName {
    /// What becomes of the messages of a directed link.
    Link {
        /// The sending endpoint.
        from: u64,
        /// The receiving endpoint.
        to: u64,
    },
    /// Which messages of a directed link are damaged, and where.
    Damage {
        /// The sending endpoint.
        from: u64,
        /// The receiving endpoint.
        to: u64,
    },
    /// What becomes of the operations of a node's disk.
    Disk(NodeId),
    /// The details of one crash.
    Crash {
        /// The node.
        node: NodeId,
        /// Counts the crashes of the node.
        number: u64,
    },
    /// What one life of a node draws for itself.
    Node {
        /// The node.
        id: NodeId,
        /// Counts its starts, from 0.
        incarnation: u64,
    },
    /// What a client draws.
    Client(ClientId),
    /// One kind of random fault, by its number in the scenario.
    Nemesis(u64),
    /// What a seed makes of one kind of random fault before it draws the occurrences: strengths.
    Knob(u64),
    /// What a seed draws of the scenario itself, by the number of the entry.
    Draw(u64),
    /// Whom one fault strikes, by the fault's number.
    Target(u64),
    /// A part of the workload, by its number.
    Workload(u64),
    /// Whether the order of the log may bear witness for the clients' history.
    Witness,
    /// Anything else.
    Other(u64),
}

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Chance {
    /// All the luck that follows from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Chance { base: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The stream of this name, at its beginning. Asking twice gives the same numbers twice.
    #[must_use]
    pub fn stream(&self, name: StreamName) -> Stream {
        let mut rng = self.base.clone();
        rng.set_stream(name.digest());
        Stream { rng }
    }
}

impl StreamName {
    fn digest(self) -> u64 {
        let [kind, first, second] = match self {
            StreamName::Link { from, to } => [1, from, to],
            StreamName::Disk(node) => [2, node, 0],
            StreamName::Crash { node, number } => [3, node, number],
            StreamName::Node { id, incarnation } => [4, id, incarnation],
            StreamName::Client(client) => [5, client, 0],
            StreamName::Nemesis(number) => [6, number, 0],
            StreamName::Target(number) => [7, number, 0],
            StreamName::Workload(number) => [8, number, 0],
            StreamName::Other(number) => [9, number, 0],
            StreamName::Witness => [40, 0, 0],
            StreamName::Damage { from, to } => [20, from, to],
            StreamName::Knob(number) => [21, number, 0],
            StreamName::Draw(number) => [22, number, 0],
        };
        Digest::new().u64(kind).u64(first).u64(second).finish()
    }
}

impl Stream {
    /// The next 64 uniformly distributed bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A number in `0..bound`. Takes one word.
    ///
    /// # Panics
    ///
    /// If `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "there is no number below 0");
        scale(self.next_u64(), bound)
    }

    /// True with a probability of `ppm` parts per million: never for 0, always for a million.
    /// Takes one word.
    ///
    /// # Panics
    ///
    /// If `ppm` is above a million.
    #[inline]
    pub fn chance(&mut self, ppm: u32) -> bool {
        hits((self.next_u64() >> 32) as u32, ppm)
    }

    /// A duration in `min..=max`. Takes one word.
    ///
    /// # Panics
    ///
    /// If `min` is above `max`.
    #[inline]
    pub fn between(&mut self, min: Nanos, max: Nanos) -> Nanos {
        between(self.next_u64(), min, max)
    }

    /// Goes to a position, in 64-bit words from the beginning of the stream. Below 2^63.
    ///
    /// # Panics
    ///
    /// If `position` is not below 2^63.
    pub fn seek(&mut self, position: u64) {
        assert!(position < 1 << 63, "position {position} is beyond the stream");
        // The generator counts 32-bit words.
        self.rng.set_word_pos(u128::from(position) * 2);
    }
}

impl Random for Stream {
    fn next_u64(&mut self) -> u64 {
        Stream::next_u64(self)
    }

    fn below(&mut self, bound: u64) -> u64 {
        Stream::below(self, bound)
    }
}

/// Whether 32 random bits fall into `ppm` parts per million.
#[inline]
pub(crate) fn hits(bits: u32, ppm: u32) -> bool {
    assert!(ppm <= MILLION, "{ppm} parts per million");
    (u64::from(bits) * u64::from(MILLION)) >> 32 < u64::from(ppm)
}

/// Maps 64 random bits to `0..bound`.
#[inline]
pub(crate) fn scale(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

/// Maps 64 random bits to `min..=max`.
#[inline]
pub(crate) fn between(bits: u64, min: u64, max: u64) -> u64 {
    assert!(min <= max, "{min} is above {max}");
    let count = u128::from(max - min) + 1;
    // One more than u64::MAX choices: the bits themselves.
    u64::try_from(count).map_or(bits, |count| min + scale(bits, count))
}

/// A bijection that scatters its argument (*Steele, Lea, Flood 2014, splitmix64*): many small
/// draws from one word, where a stream would be too dear.
#[inline]
pub(crate) fn mix(value: u64) -> u64 {
    let mut bits = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
