//! What each fault of network, process and clock does, seen on messages and nodes.

#[path = "storm/nodes.rs"]
mod nodes;
#[path = "storm/stops.rs"]
mod stops;
#[path = "storm/times.rs"]
mod times;
#[path = "storm/watch.rs"]
mod watch;
