//! The node's random numbers, and the one place where they matter: election timeouts.
//!
//! The library draws its timeout from the thread's generator whenever it is reset, and reads it
//! in `tick` alone. Just before each tick the value is therefore replaced by one from the node's
//! own stream, if the library has drawn since: the library's own meaning, and a run that can be
//! repeated.

use raft::{Raft, Storage};
use system::Random;

/// The source of a node's randomness.
pub(crate) struct Luck {
    random: Box<dyn Random>,
    election_ticks: u64,
    /// The timeout that was set last; 0 for none.
    timeout: usize,
}

impl Luck {
    pub(crate) fn new(random: Box<dyn Random>, election_ticks: u32) -> Self {
        Luck { random, election_ticks: u64::from(election_ticks), timeout: 0 }
    }

    /// A number that no other start of any node has.
    pub(crate) fn nonce(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// To be called before each tick.
    pub(crate) fn before_tick<S: Storage>(&mut self, raft: &mut Raft<S>) {
        if raft.randomized_election_timeout() == self.timeout {
            return;
        }
        let ticks = self.election_ticks + self.random.below(self.election_ticks);
        self.timeout = usize::try_from(ticks).expect("ticks fit the address space");
        raft.set_randomized_election_timeout(self.timeout);
    }
}
