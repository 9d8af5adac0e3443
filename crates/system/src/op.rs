//! Operations on the replicated key-value store, and what they answer.

use bytes::Bytes;

/// A key of the store.
pub type Key = Bytes;

/// A value of the store.
pub type Value = Bytes;

/// One operation of one client on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Reads the key.
    Get {
        /// The key.
        key: Key,
    },
    /// Sets the key to a value.
    Put {
        /// The key.
        key: Key,
        /// Its new value.
        value: Value,
    },
    /// Removes the key; removing what is absent succeeds.
    Delete {
        /// The key.
        key: Key,
    },
    /// Sets the key to `value` if it now holds `expect` (`None`: if it is absent).
    Cas {
        /// The key.
        key: Key,
        /// What the key must hold.
        expect: Option<Value>,
        /// Its new value.
        value: Value,
    },
    /// Puts `value` behind what the key holds; an absent key counts as empty.
    Append {
        /// The key.
        key: Key,
        /// What is put behind.
        value: Value,
    },
}

/// What a completed operation answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Of [`Op::Get`]: the value, or `None` if the key is absent.
    Value(Option<Value>),
    /// Of [`Op::Put`], [`Op::Delete`] and [`Op::Append`].
    Done,
    /// Of [`Op::Cas`]: whether the key held what was expected.
    Swapped(bool),
}

impl Op {
    /// The key that the operation is about.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Op::Get { key }
            | Op::Put { key, .. }
            | Op::Delete { key }
            | Op::Cas { key, .. }
            | Op::Append { key, .. } => key,
        }
    }

    /// Whether the operation leaves the store as it was.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self, Op::Get { .. })
    }

    /// The operation's name in scenarios, traces and histories.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Op::Get { .. } => "get",
            Op::Put { .. } => "put",
            Op::Delete { .. } => "delete",
            Op::Cas { .. } => "cas",
            Op::Append { .. } => "append",
        }
    }
}
