//! One small hash for everything that is compared: entries, states, event streams.
//!
//! Not cryptographic; stable over processes, builds and machines, and cheap enough to run over
//! every event. Two 64-bit words are multiplied to 128 bits and folded, as wyhash does.

/// A running hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

const SEED: u64 = 0x5153_7561_6c6c_0001;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    /// The hash of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Digest(SEED)
    }

    /// Takes in one number.
    #[inline]
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        Digest(fold(self.0 ^ value, MULTIPLIER).wrapping_add(value.rotate_left(32)))
    }

    /// Takes in two numbers at the price of one. Not the same as one after the other.
    #[inline]
    #[must_use]
    pub fn pair(self, a: u64, b: u64) -> Self {
        let a = self.0 ^ a;
        let product = u128::from(a) * u128::from((b ^ MULTIPLIER) | 1);
        let [low, high] = [product as u64, (product >> 64) as u64];
        // The rotation keeps `a` even where the factor is 1.
        Digest((low ^ high ^ a.rotate_left(29)).wrapping_add(b.rotate_left(32)))
    }

    /// Takes in bytes, with their count.
    #[inline]
    #[must_use]
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let mut digest = self.u64(bytes.len() as u64);
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            digest = digest.u64(u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            digest = digest.u64(u64::from_le_bytes(last));
        }
        digest
    }

    /// The hash so far.
    #[inline]
    #[must_use]
    pub fn finish(self) -> u64 {
        let mixed = fold(self.0, MULTIPLIER ^ SEED);
        mixed ^ (mixed >> 32)
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a | 1) * u128::from(b);
    let [low, high] = [product as u64, (product >> 64) as u64];
    low ^ high ^ a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_every_byte_their_order_and_their_count() {
        let hash = |bytes: &[u8]| Digest::new().bytes(bytes).finish();
        let inputs: [&[u8]; 8] =
            [b"", b"\0", b"\0\0", b"a", b"ab", b"ba", b"abcdefgh", b"abcdefgh\0"];
        for (i, a) in inputs.iter().enumerate() {
            for b in &inputs[..i] {
                assert_ne!(hash(a), hash(b), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn small_numbers_do_not_collide() {
        let mut seen = std::collections::BTreeSet::new();
        for a in 0..200 {
            for b in 0..200 {
                assert!(seen.insert(Digest::new().u64(a).u64(b).finish()), "{a} {b}");
            }
        }
    }

    #[test]
    fn small_pairs_do_not_collide() {
        let mut seen = std::collections::BTreeSet::new();
        for a in 0..200 {
            for b in 0..200 {
                let pair = Digest::new().pair(a, b);
                assert!(seen.insert(pair.finish()), "{a} {b}");
                assert!(seen.insert(pair.pair(b, a).finish()), "{a} {b} {b} {a}");
            }
        }
    }

    #[test]
    fn every_bit_of_a_pair_counts() {
        let start = Digest::new().pair(3, 5);
        for (a, b) in [(0, 0), (u64::MAX, 7), (1 << 40, MULTIPLIER)] {
            let base = start.pair(a, b).finish();
            for bit in 0..64 {
                assert_ne!(start.pair(a ^ 1 << bit, b).finish(), base, "bit {bit} of the first");
                assert_ne!(start.pair(a, b ^ 1 << bit).finish(), base, "bit {bit} of the second");
            }
        }
    }

    /// Hashes stand in traces that people keep: they must not change with a release.
    #[test]
    fn the_hash_is_fixed() {
        assert_eq!(Digest::new().bytes(b"squall").u64(7).finish(), FIXED);
    }
    const FIXED: u64 = 6_386_110_485_133_093_140;
}
