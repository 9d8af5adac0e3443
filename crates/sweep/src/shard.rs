//! Which chunks are mine? Those whose number, divided by the number of shards, leaves my index.
//!
//! Chunks and not shards are the unit: the number of shards may change between two attempts, and
//! nothing is run twice or left out for it.

use std::fmt;

use crate::plan::Plan;

/// One of several that share a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The only one.
    pub const WHOLE: Shard = Shard { index: 0, count: 1 };

    /// The shard with this index, from 0, of so many.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn new(index: u64, count: u64) -> Result<Shard, String> {
        if count == 0 {
            return Err("there is at least 1 shard".to_owned());
        }
        if index >= count {
            return Err(format!(
                "shard index {index} is not below the number of shards, {count} (indices begin \
                 at 0)"
            ));
        }
        Ok(Shard { index, count })
    }

    /// Reads `M/N`, where M counts from 1.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or there is no such shard.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let expected = || format!("`{text}` is no shard: expected M/N, from 1/N to N/N, or auto");
        let (number, count) = text.split_once('/').ok_or_else(expected)?;
        let number: u64 = number.parse().map_err(|_| expected())?;
        let count: u64 = count.parse().map_err(|_| expected())?;
        number.checked_sub(1).and_then(|index| Shard::new(index, count).ok()).ok_or_else(expected)
    }

    /// The index, from 0.
    #[must_use]
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many shards there are.
    #[must_use]
    pub fn count(self) -> u64 {
        self.count
    }

    /// Whether this shard runs a chunk.
    #[must_use]
    pub fn owns(self, chunk: u64) -> bool {
        chunk % self.count == self.index
    }

    /// The chunks of this shard, in the order in which they are run.
    #[must_use]
    pub fn order(self, plan: &Plan) -> Vec<u64> {
        plan.order().into_iter().filter(|chunk| self.owns(*chunk)).collect()
    }
}

impl fmt::Display for Shard {
    /// As people count: from 1.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.index + 1, self.count)
    }
}
