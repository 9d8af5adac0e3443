//! The seam: what a program under test is, and nothing else.
//!
//! A [`System`] is a state machine. The host hands it one [`Input`] at a time; it answers with an
//! ordered list of [`Effect`]s, which the host performs front to back. Between two inputs a
//! system does nothing: it has no thread, no clock, no file, no socket and no random generator
//! but those that the host lends it. Therefore the same program runs in a simulated world and
//! on a real machine, and a simulated run is a function of its inputs.
//!
//! * [`op`], [`request`]: what clients and administrators ask, and how it can end.
//! * [`input`], [`effect`]: the two directions of the seam.
//! * [`note`], [`view`], [`summary`]: what a system says of itself, for people and checkers.
//! * [`contract`]: what a system demands of its world.
//! * [`setup`]: what may change between two starts of a node.
//!
//! **Not done here:** encoding for the wire, scheduling, judging.

pub mod contract;
pub mod digest;
pub mod effect;
pub mod files;
pub mod id;
pub mod input;
pub mod journal;
pub mod note;
pub mod op;
pub mod request;
pub mod setup;
pub mod summary;
pub mod view;

pub use contract::{Capabilities, Contract, LinkContract, RestartContract};
pub use digest::Digest;
pub use effect::{Effect, Halt, HaltReason};
pub use files::{DiskError, DiskFailure, FilePath, Files};
pub use id::{ClientId, Nanos, NodeId, NodeSet, RequestId};
pub use input::{Input, Timer};
pub use journal::Effects;
pub use note::{EntryKind, Note, ReadPath, Role};
pub use op::{Key, Op, Output, Value};
pub use request::{
    Admin, ConfChange, ReadMode, Refusal, Reply, Request, Response, SessionSeq, Transition,
};
pub use setup::Setup;
pub use summary::{MessageKind, Summary};
pub use view::{EntryMark, View};

use std::rc::Rc;

/// A program under test.
///
/// # Rules
///
/// * Every call returns; a system never waits. What it would wait for arrives as an input.
/// * It draws randomness from [`Boot::random`] alone and reads time from the `now` of its inputs
///   alone (durations are the host's: see [`Effect::SetTimer`]).
/// * A panic inside any of these calls is a finding against the system, with its place and text;
///   the host treats the node as crashed.
pub trait System: Sized {
    /// Options of one node. Cloned for every restart.
    type Config: Clone;
    /// A message between nodes: an opaque value that the host moves, clones (to duplicate it),
    /// delays, drops, and encodes only to corrupt, measure or ship it.
    type Message: Clone;

    /// What the system demands of links and restarts, and what it offers. A finding outside of
    /// the contract is reported apart.
    fn contract(config: &Self::Config) -> Contract;

    /// The options of a node that starts again with another setup. A system that knows none of
    /// these options keeps its own.
    #[must_use]
    fn configured(config: &Self::Config, setup: &Setup) -> Self::Config {
        let _ = setup;
        config.clone()
    }

    /// Starts a node on what its files hold.
    ///
    /// Effects pushed here are performed before the first input is handed over.
    ///
    /// # Errors
    ///
    /// A node that cannot start says why and stays down: a damaged log, say. It must not start
    /// with less than what it once promised to others.
    fn boot(
        config: &Self::Config,
        boot: Boot,
        effects: &Effects<Self::Message>,
    ) -> Result<Self, Halt>;

    /// Takes one input.
    fn handle(&mut self, now: Nanos, input: Input<Self::Message>, effects: &Effects<Self::Message>);

    /// Called when every waiting input has been handled and before the effects are performed: the
    /// place for work that is cheaper in batches, such as one sync for many proposals.
    fn flush(&mut self, now: Nanos, effects: &Effects<Self::Message>) {
        let _ = (now, effects);
    }

    /// What the node would say of itself now. Called often; must be cheap.
    fn view(&self) -> View;

    /// The entry at `index` of the node's log, if the node holds it and can tell.
    fn entry(&self, index: u64) -> Option<EntryMark> {
        let _ = index;
        None
    }

    /// Bytes of the proposals that the node took as the present leader and that are not committed,
    /// if it leads and can tell. The oldest of them does not count: who holds none may take one of
    /// any size. May cost time in proportion to their number.
    fn backlog(&self) -> Option<u64> {
        None
    }

    /// A few numbers that tell a person what `message` is. Called for every message.
    fn summary(message: &Self::Message) -> Summary;

    /// Appends the wire form of `message` to `out`, without any checksum: integrity is the
    /// transport's.
    fn encode(message: &Self::Message, out: &mut Vec<u8>);

    /// Reads what [`System::encode`] wrote.
    ///
    /// # Errors
    ///
    /// Bytes that are not a message, with the reason.
    fn decode(bytes: &[u8]) -> Result<Self::Message, String>;
}

/// What a node is given when it starts.
pub struct Boot {
    /// The node's id, stable over restarts.
    pub id: NodeId,
    /// Counts the starts of this node, from 0.
    pub incarnation: u64,
    /// The node's clock at this moment, in nanoseconds.
    pub now: Nanos,
    /// What to do if the files hold no earlier life of the node. Ignored otherwise.
    pub start: Start,
    /// Whether the host knows of an earlier life in which the node told others something. If the
    /// files hold none then, they were lost, and with them promises: the node must not start.
    pub has_lived: bool,
    /// The node's own stream of random numbers, a new one for every incarnation.
    pub random: Box<dyn Random>,
}

/// How a node without a past begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As a founding member of a cluster with these voters.
    Found {
        /// The founding voters; must contain the node.
        voters: NodeSet,
        /// Founding members that do not vote.
        learners: NodeSet,
    },
    /// Empty; an existing cluster will teach it (`--join` in etcd's raftexample).
    Join,
}

/// A stream of random numbers that the host owns.
pub trait Random {
    /// The next 64 uniformly distributed bits.
    fn next_u64(&mut self) -> u64;

    /// A number in `0..bound`, each as likely as the others up to 2^-32.
    ///
    /// # Panics
    ///
    /// If `bound` is 0 or above 2^32.
    fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0 && bound <= 1 << 32, "bound {bound} is not in 1..=2^32");
        ((self.next_u64() >> 32) * bound) >> 32
    }
}

/// The files of a node as [`Effects`] reads them; shared because storage layers of Raft
/// libraries keep a handle.
pub type SharedFiles = Rc<dyn Files>;
