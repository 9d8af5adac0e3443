//! A lock as a value that is compared and set: from free to held, and back.

use system::{Key, Op};

/// What a lock holds that nobody holds; a lock begins so.
pub const FREE: &[u8] = b"free";
/// What a lock holds that somebody holds.
pub const HELD: &[u8] = b"held";
/// The key of an object in histories without keys.
pub const ONLY_KEY: &[u8] = b"x";

/// The operation that acquires a lock.
#[must_use]
pub fn acquire(key: Key) -> Op {
    Op::Cas { key, expect: Some(FREE.into()), value: HELD.into() }
}

/// The operation that releases a lock.
#[must_use]
pub fn release(key: Key) -> Op {
    Op::Cas { key, expect: Some(HELD.into()), value: FREE.into() }
}

/// Whether an operation acquires a lock.
#[must_use]
pub fn is_acquire(op: &Op) -> bool {
    is_change(op, FREE, HELD)
}

/// Whether an operation releases a lock.
#[must_use]
pub fn is_release(op: &Op) -> bool {
    is_change(op, HELD, FREE)
}

fn is_change(op: &Op, from: &[u8], to: &[u8]) -> bool {
    let Op::Cas { expect, value, .. } = op else { return false };
    expect.as_deref() == Some(from) && value == to
}
