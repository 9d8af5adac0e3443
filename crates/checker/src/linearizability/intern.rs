//! Byte strings as small numbers, in the order in which they were first met.
//!
//! Maps of the standard library with an order of their own are not part of a program that must
//! give the same answer twice, and ordered ones are too slow here: a history of a million
//! operations has a million values.

/// The mark of an empty slot.
const EMPTY: u64 = 0;

/// Numbers for byte strings, each within a space of its own; `None` is the absent value.
#[derive(Debug, Default)]
pub(super) struct Interner<'a> {
    /// Half a hash, and behind it the number plus one; a power of two of them.
    slots: Vec<u64>,
    list: Vec<(u32, Option<&'a [u8]>)>,
}

impl<'a> Interner<'a> {
    /// An interner with room for so many.
    pub(super) fn with_capacity(count: usize) -> Self {
        let slots = vec![EMPTY; count.next_power_of_two().max(16)];
        Interner { slots, list: Vec::with_capacity(count) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The string of a number.
    pub(super) fn get(&self, number: u32) -> Option<&'a [u8]> {
        self.list[number as usize].1
    }

    /// The number of a string, a new one if it has none.
    pub(super) fn add(&mut self, space: u32, value: Option<&'a [u8]>) -> u32 {
        if self.list.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(space, value);
        match self.look(hash, space, value) {
            Ok(number) => number,
            Err(slot) => {
                let number = self.list.len() as u32;
                self.slots[slot] = entry(hash, number);
                self.list.push((space, value));
                number
            }
        }
    }

    /// The number of a string, if it has one.
    pub(super) fn find(&self, space: u32, value: Option<&[u8]>) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.look(hash(space, value), space, value).ok()
    }

    /// The number, or the slot where it would go.
    fn look(&self, hash: u64, space: u32, value: Option<&[u8]>) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let found = self.slots[slot];
            if found == EMPTY {
                return Err(slot);
            }
            if found >> 32 == hash >> 32 {
                let number = found as u32 - 1;
                if self.list[number as usize] == (space, value) {
                    return Ok(number);
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for (number, &(space, value)) in self.list.iter().enumerate() {
            let hash = hash(space, value);
            let mut slot = hash as usize & (size - 1);
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = entry(hash, number as u32);
        }
    }
}

fn entry(hash: u64, number: u32) -> u64 {
    hash >> 32 << 32 | (u64::from(number) + 1)
}

/// A hash that is quick for short strings. Strings that collide on purpose only take longer.
fn hash(space: u32, value: Option<&[u8]>) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = value.unwrap_or_default();
    let mut hash = u64::from(space) << 32 ^ bytes.len() as u64 ^ u64::from(value.is_none()) << 63;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut mix = |word: u64| {
        hash = (hash ^ word).wrapping_mul(FACTOR);
        hash ^= hash >> 29;
    };
    for word in words {
        mix(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(u64::from_le_bytes(last));
    hash.wrapping_mul(FACTOR) ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_of_one_space_have_one_number() {
        let texts: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let mut interner = Interner::default();
        for space in 0..2 {
            for (number, text) in texts.iter().enumerate() {
                assert_eq!(interner.find(space, Some(text.as_bytes())), None);
                let expected = number as u32 + 1000 * space + space;
                assert_eq!(interner.add(space, Some(text.as_bytes())), expected);
            }
            assert_eq!(interner.add(space, None), 1000 * (space + 1) + space);
        }
        assert_eq!(interner.add(1, Some(b"7")), 1008);
        assert_eq!(interner.find(0, Some(b"7")), Some(7));
        assert_eq!(interner.find(0, Some(b"")), None);
        assert_eq!(interner.get(7), Some(b"7".as_slice()));
        assert_eq!(interner.len(), 2002);
    }
}
