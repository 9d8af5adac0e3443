//! The files people keep.
pub mod event;
pub mod hash;
pub mod header;
pub mod history;
pub mod line;
pub mod plan;
pub mod scenario;
pub mod verdict;
pub mod write;
pub use event::*;
pub use hash::{RunHash, hash_text};
pub use header::{Build, Header, TRACE_VERSION};
pub use history::*;
pub use line::{kind_name, parse_line, write_line};
pub use plan::*;
pub use scenario::*;
pub use verdict::*;
pub use write::{Footer, MARK_EVERY, Writer, compressed, count};
