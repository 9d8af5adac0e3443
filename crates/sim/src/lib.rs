//! The world: virtual time, keyed chance, a network and disks. It knows bytes and times, not
//! Raft.
//!
//! Everything here is a value that the testbed asks: the queue says what is due, the network says
//! what becomes of a message, a disk says what a loss of power leaves. Nothing here calls back,
//! waits, prints or fails; a wrong use is a panic, because it is a mistake of ours.
//!
//! * [`queue`]: where time comes from.
//! * [`chance`]: where luck comes from.
//! * [`delay`]: how long things take.
//! * [`network`], [`partition`]: where a message is lost, doubled, delayed or cut off.
//! * [`disk`]: where an unsynced write vanishes.
//!
//! **Invariant:** the luck of a message belongs to its link and number, the luck of a file
//! operation to its disk and number. Removing a fault moves only the luck that it touched.
//!
//! **Invariant:** no wall clock, no thread, no float, no map without order.

pub mod chance;
pub mod delay;
pub mod disk;
pub mod network;
pub mod partition;
pub mod queue;

pub use chance::{Chance, Stream, StreamName};
pub use delay::Delay;
pub use disk::{Disk, DiskFault, DiskOptions, Loss, Rates, SharedDisk, Struck};
pub use network::{Fate, Lost, Network, NetworkOptions, Quality, Sent, damage};
pub use queue::{Order, Queue};
