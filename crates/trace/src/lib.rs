//! The files people keep.
pub mod event;
pub mod history;
pub mod plan;
pub mod scenario;
pub mod verdict;
pub use event::*;
pub use history::*;
pub use plan::*;
pub use scenario::*;
pub use verdict::*;
