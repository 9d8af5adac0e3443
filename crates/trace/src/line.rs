//! What does one event look like in a file? One line of JSON, always the same bytes.
//!
//! * Keys stand in a fixed order, numbers are integers, no space is written: equal events are
//!   equal bytes, and `cmp` is a comparison of runs.
//! * Digests are strings of 16 hex digits, because JSON readers elsewhere round large numbers.
//! * What is zero and means "none" (a vote, a fault, a cause) is left out.
//! * Reading is tolerant within a major version: an unknown field or kind is passed over.

mod json;
mod names;
mod notes;
mod ops;
mod parse;
mod write;

pub use names::kind_name;
pub(crate) use parse::parse_fields;
pub use parse::parse_line;
pub use write::write_line;

pub(crate) use json::{Fields, Object, bytes as json_bytes, hash_digits, list, quote};
pub(crate) use names::{parse_message, parse_op, parse_tagged, read_path};
pub(crate) use ops::{
    parse_id as parse_history_id, parse_op as parse_history_op, write_id as write_history_id,
    write_op as write_history_op, write_outcome as write_history_outcome,
};

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;
