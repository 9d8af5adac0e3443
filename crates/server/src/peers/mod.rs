//! Connections between nodes.
//!
//! Each node dials each other node and sends on the connection that it dialed; what comes back
//! there is only how the transport fares. A message may be lost whenever a connection breaks or a
//! queue is full: that is the contract of the seam, and Raft repeats itself.
//!
//! * [`wire`]: frames, and what is in them. [`admin`]: changes of the cluster as bytes.
//!   [`stream`]: frames on a connection.
//! * [`handshake`]: who is there, and may it speak. [`tls`]: the same by certificates.
//! * [`links`], [`dial`]: the sending end. [`accept`]: the receiving one.
//!
//! A peer that has been let in is believed in what it says about Raft, as Raft itself does
//! (*Raft §2: non-Byzantine*); one that has not is not.

pub(crate) mod accept;
mod admin;
mod dial;
mod handshake;
pub(crate) mod links;
mod stream;
pub(crate) mod tls;
mod wire;

use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) use wire::Frame;

/// A connection, encrypted or not.
trait Io: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Io for T {}
type Stream = Pin<Box<dyn Io>>;
