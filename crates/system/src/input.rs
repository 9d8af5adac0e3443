//! What the host hands to a system.

use crate::files::DiskFailure;
use crate::id::{NodeId, RequestId};
use crate::request::Request;

/// The name of a timer of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer(pub &'static str);

/// One thing that happens to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<M> {
    /// A timer that the node set has fired. A periodic timer that fires while an earlier firing
    /// still waits is dropped, as a ticker's are.
    Timer(Timer),
    /// A message from another node.
    Message {
        /// Its sender, as the transport knows it.
        from: NodeId,
        /// The message.
        message: M,
    },
    /// A request of a client. Answered by [`crate::Effect::Reply`] with the same id, or never: see
    /// [`crate::Capabilities::answers`].
    Request {
        /// Names the request in the answer.
        id: RequestId,
        /// The request.
        request: Request,
    },
    /// What became of a message that was sent with a wish to know.
    Delivery {
        /// Its receiver.
        to: NodeId,
        /// What [`crate::Effect::Send`] named.
        token: u64,
        /// Whether the receiver's transport took it.
        delivered: bool,
    },
    /// The transport's connection to a peer went down or came back.
    Link {
        /// The peer.
        peer: NodeId,
        /// Whether it can be reached now, as far as the transport can tell.
        up: bool,
    },
    /// A file effect failed. The effects behind it in the same batch were **not** performed.
    DiskFailed(DiskFailure),
    /// Asks for an orderly end: answer what can be answered, then [`crate::Effect::Halt`].
    Stop,
}
