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
        match self.look(space, value) {
            Ok(number) => number,
            Err(free) => {
                let number = self.list.len() as u32;
                self.slots[free.slot] = free.tag | (u64::from(number) + 1);
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
        self.look(space, value).ok()
    }

    /// The number, or where it would go. The first space to have a string has it where the string
    /// alone says; the others have it where the space says too.
    fn look(&self, space: u32, value: Option<&[u8]>) -> Result<u32, Free> {
        let hash = hash(value);
        let first = self.probe(hash, |entry| entry.1 == value)?;
        if self.list[first as usize].0 == space {
            return Ok(first);
        }
        let hash = hash.within(space);
        self.probe(hash, |entry| entry == (space, value))
    }

    fn probe(&self, hash: Hash, is_it: impl Fn((u32, Option<&[u8]>)) -> bool) -> Result<u32, Free> {
        let mask = self.slots.len() - 1;
        let tag = hash.tag >> 32 << 32;
        let mut slot = hash.place as usize & mask;
        loop {
            let found = self.slots[slot];
            if found == EMPTY {
                return Err(Free { slot, tag });
            }
            let number = found as u32 - 1;
            if found >> 32 << 32 == tag && is_it(self.list[number as usize]) {
                return Ok(number);
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for number in 0..self.list.len() {
            let (space, value) = self.list[number];
            if let Err(free) = self.look(space, value) {
                self.slots[free.slot] = free.tag | (number as u64 + 1);
            }
        }
    }
}

/// Where a new number goes, and what marks it there.
#[derive(Clone, Copy, Debug)]
struct Free {
    slot: usize,
    tag: u64,
}

/// What a string comes to.
#[derive(Clone, Copy, Debug)]
struct Hash {
    /// Where to look first. Strings that differ in their last two bytes only are near each other:
    /// those that are written one after the other often do, and then share lines of the cache.
    place: u64,
    /// Tells strings apart, by its upper half.
    tag: u64,
}

impl Hash {
    /// The same string in another space.
    fn within(self, space: u32) -> Hash {
        let tag = mix(self.tag, u64::from(space));
        Hash { place: tag >> 16, tag }
    }
}

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(hash: u64, word: u64) -> u64 {
    let hash = (hash ^ word).wrapping_mul(FACTOR);
    hash ^ hash >> 29
}

/// A hash that is quick for short strings. Strings that collide on purpose only take longer.
fn hash(value: Option<&[u8]>) -> Hash {
    let Some(value) = value else {
        let tag = mix(FACTOR, 1);
        return Hash { place: tag, tag };
    };
    let (front, last) = value.split_at(value.len().saturating_sub(2));
    let mut hash = value.len() as u64;
    let (words, rest) = front.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    hash = mix(hash, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    let near = last.iter().fold(0, |place, byte| place << 5 | u64::from(byte & 31));
    let last = last.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let place = (hash.wrapping_mul(FACTOR) >> 20).wrapping_add(near);
    Hash { place, tag: mix(hash, last).wrapping_mul(FACTOR) }
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
