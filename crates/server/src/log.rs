//! Words for people, on stderr. `slog`, because the `raft` crate speaks it, too.

use slog::{Drain, Level, Logger, o};
use system::NodeId;

/// A logger that names the node in every line.
pub(crate) fn logger(id: NodeId, quiet: bool) -> Logger {
    let decorator = slog_term::PlainSyncDecorator::new(std::io::stderr());
    let drain = slog_term::FullFormat::new(decorator).use_utc_timestamp().build();
    let least = if quiet { Level::Warning } else { Level::Info };
    Logger::root(drain.filter_level(least).fuse(), o!("node" => id))
}
