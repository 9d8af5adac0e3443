//! Which configurations the depth-first search has been in, and which of them make others
//! needless.
//!
//! A configuration is known by a 128-bit key of the completed operations that took effect and of
//! the value of the key, and by how many operations of each optional group took effect. One that
//! used fewer optional operations can do all that one can that used more of them.
//!
//! Two keys of different configurations are equal with a probability of 2^-128: for ten million
//! configurations less than 10^-24 in all.

/// The configurations that share one key are looked at up to so many; the newest first.
const CHAIN_MAX: usize = 256;

/// No further configuration.
const NONE: u32 = u32::MAX;

/// A set of configurations.
#[derive(Debug)]
pub(super) struct Visited {
    /// Open addressing: a key and the place of its newest configuration.
    table: Vec<(u128, u32)>,
    used: usize,
    /// For each configuration, the one before it with the same key.
    before: Vec<u32>,
    /// The counts of all configurations, `width` for each.
    counts: Vec<u16>,
    width: usize,
}

impl Visited {
    /// An empty set of configurations with so many optional groups.
    pub(super) fn new(width: usize) -> Visited {
        let table = vec![(0, NONE); 1 << 10];
        Visited { table, used: 0, before: Vec::new(), counts: Vec::new(), width }
    }

    /// Bytes that it takes, and at most needs to take one more configuration in.
    pub(super) fn bytes(&self) -> u64 {
        let table = self.table.len() * size_of::<(u128, u32)>();
        let grows = if self.is_full() { table * 2 } else { 0 };
        let pool = self.before.capacity() * 4 + self.counts.capacity() * 2;
        let pool_grows = if self.before.len() == self.before.capacity() { pool } else { 0 };
        (table + grows + pool + pool_grows) as u64
    }

    /// Takes a configuration in, unless one that is there makes it needless. Says whether it did.
    pub(super) fn insert(&mut self, key: u128, counts: &[u16]) -> bool {
        assert_eq!(counts.len(), self.width, "a count for each group");
        if self.is_full() {
            self.grow();
        }
        let place = self.place(key);
        let newest = self.table[place].1;
        let mut other = newest;
        for _ in 0..CHAIN_MAX {
            if other == NONE {
                break;
            }
            let start = other as usize * self.width;
            let theirs = &self.counts[start..start + self.width];
            if theirs.iter().zip(counts).all(|(theirs, ours)| theirs <= ours) {
                return false;
            }
            other = self.before[other as usize];
        }
        self.used += usize::from(newest == NONE);
        self.table[place] = (key, self.before.len() as u32);
        self.before.push(newest);
        self.counts.extend_from_slice(counts);
        true
    }

    fn is_full(&self) -> bool {
        self.used * 4 >= self.table.len() * 3
    }

    /// Where a key is, or where there is room for it.
    fn place(&self, key: u128) -> usize {
        let mask = self.table.len() - 1;
        let mut place = key as usize & mask;
        while self.table[place].1 != NONE && self.table[place].0 != key {
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let larger = vec![(0, NONE); self.table.len() * 2];
        for entry in std::mem::replace(&mut self.table, larger) {
            if entry.1 != NONE {
                let place = self.place(entry.0);
                self.table[place] = entry;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_used_fewer_makes_the_others_needless() {
        let mut visited = Visited::new(2);
        assert!(visited.insert(7, &[1, 1]));
        assert!(!visited.insert(7, &[1, 1]));
        assert!(!visited.insert(7, &[2, 1]));
        assert!(visited.insert(7, &[0, 2]));
        assert!(visited.insert(8, &[2, 1]));
        assert!(visited.insert(7, &[0, 0]));
        assert!(!visited.insert(7, &[0, 1]));
    }

    #[test]
    fn keys_are_found_again_after_growth() {
        let mut visited = Visited::new(0);
        let key = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) | 1;
        let before = visited.bytes();
        for n in 0..5_000 {
            assert!(visited.insert(key(n), &[]));
        }
        for n in 0..5_000 {
            assert!(!visited.insert(key(n), &[]));
        }
        assert!(visited.bytes() > before);
    }
}
