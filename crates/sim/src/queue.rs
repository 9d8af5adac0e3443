//! Where time comes from: a queue of what is due, and a clock that stands at the last item taken.
//!
//! The order is total: (time, tie), and no two items have the same tie. Small keys move in the
//! heap, the payloads stay where they are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use system::Nanos;

use crate::chance::mix;

/// In which order items of the same time are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were pushed.
    Arrival,
    /// Permuted by a hash of this seed and the number of the push.
    Shuffled(u64),
}

/// What is due, by virtual time.
///
/// * Time never goes back: an item is pushed at [`Queue::now`] or later.
/// * The order of items does not depend on their payload.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<Key>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    now: Nanos,
    pushed: u64,
    /// Turns the number of a push into its tie. `None`: the number itself.
    shuffle: Option<u64>,
}

/// The place of an item in the order, and of its payload in the slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    at: Nanos,
    tie: u64,
    slot: u32,
}

impl<T> Queue<T> {
    /// An empty queue at time 0.
    #[must_use]
    pub fn new(order: Order) -> Self {
        let shuffle = match order {
            Order::Arrival => None,
            Order::Shuffled(seed) => Some(mix(seed)),
        };
        Queue {
            heap: BinaryHeap::new(),
            slots: Vec::new(),
            free: Vec::new(),
            now: 0,
            pushed: 0,
            shuffle,
        }
    }

    /// Adds an item that is due at `at`.
    ///
    /// # Panics
    ///
    /// If `at` is before [`Queue::now`].
    #[inline]
    pub fn push(&mut self, at: Nanos, item: T) {
        assert!(at >= self.now, "due at {at}, but it is {} already", self.now);
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(item);
                slot
            }
            None => {
                let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 items wait");
                self.slots.push(Some(item));
                slot
            }
        };
        // `mix` is a bijection: two pushes never share a tie.
        let tie = self.shuffle.map_or(self.pushed, |key| mix(self.pushed ^ key));
        self.pushed += 1;
        self.heap.push(Reverse(Key { at, tie, slot }));
    }

    /// Takes the next item and moves the clock to its time.
    #[inline]
    pub fn pop(&mut self) -> Option<(Nanos, T)> {
        let Reverse(key) = self.heap.pop()?;
        assert!(key.at >= self.now, "time went from {} back to {}", self.now, key.at);
        self.now = key.at;
        self.free.push(key.slot);
        let item = self.slots[key.slot as usize].take().expect("a key has a payload");
        Some((key.at, item))
    }

    /// The time of the last item taken; 0 at first. Nanoseconds.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// When the next item is due.
    #[inline]
    #[must_use]
    pub fn peek_at(&self) -> Option<Nanos> {
        self.heap.peek().map(|Reverse(key)| key.at)
    }

    /// How many items wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
