//! What travels between nodes: frames with a checksum.
//!
//! ```text
//! 0  length   4   of kind and content, in bytes
//! 4  crc      4   of length, kind and content
//! 8  kind     1
//! 9  content
//! ```
//!
//! Numbers are little-endian. Whatever is not of this form ends the connection: behind a damaged
//! length nothing can be trusted. [`super::stream`] moves frames.

use bytes::Buf;
use node::RaftNode;
use system::{Admin, Reply, System};

use super::admin;
use crate::shared::Message;

/// Bytes of a frame at most, once a peer is let in. A snapshot travels in one frame.
pub(crate) const FRAME_BYTES_MAX: usize = 256 << 20;

pub(super) const HEAD_BYTES: usize = 8;

const MESSAGE: u8 = 1;
const REPORTED: u8 = 2;
const ADMIN: u8 = 3;
const ADMIN_ANSWER: u8 = 4;
const PING: u8 = 5;
const PONG: u8 = 6;
const TAKEN: u8 = 7;
/// Kinds of the handshake.
pub(super) const CHALLENGE: u8 = 16;
pub(super) const HELLO: u8 = 17;
pub(super) const WELCOME: u8 = 18;
pub(super) const REFUSAL: u8 = 19;

/// One thing that is sent from node to node.
#[derive(Debug)]
pub(crate) enum Frame {
    /// A message of Raft. With a token, the receiver says when it has taken it.
    Message { message: Message, report: Option<u64> },
    /// A change of the cluster, passed on to the leader.
    Admin { id: u64, admin: Admin },
    /// What became of a change that was passed on.
    AdminAnswer { id: u64, reply: Reply },
    /// Asks whether the other end lives.
    Ping,
    /// Answers [`Frame::Ping`], in the other direction.
    Pong,
    /// A reported message was taken; in the other direction.
    Taken { token: u64 },
}

impl Frame {
    /// Appends the frame to `out`; false if it is longer than a frame may be.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let kind = match self {
            Frame::Message { report: None, .. } => MESSAGE,
            Frame::Message { report: Some(_), .. } => REPORTED,
            Frame::Admin { .. } => ADMIN,
            Frame::AdminAnswer { .. } => ADMIN_ANSWER,
            Frame::Ping => PING,
            Frame::Pong => PONG,
            Frame::Taken { .. } => TAKEN,
        };
        begin(out, kind);
        match self {
            Frame::Message { message, report } => {
                if let Some(token) = report {
                    out.extend_from_slice(&token.to_le_bytes());
                }
                RaftNode::encode(message, out);
            }
            Frame::Admin { id, admin } => {
                out.extend_from_slice(&id.to_le_bytes());
                admin::encode(admin, out);
            }
            Frame::AdminAnswer { id, reply } => {
                out.extend_from_slice(&id.to_le_bytes());
                admin::encode_reply(reply, out);
            }
            Frame::Taken { token } => out.extend_from_slice(&token.to_le_bytes()),
            Frame::Ping | Frame::Pong => {}
        }
        if out.len() - start - HEAD_BYTES > FRAME_BYTES_MAX {
            out.truncate(start);
            return false;
        }
        seal(out, start);
        true
    }

    /// Reads a frame's kind and content.
    pub(super) fn decode(kind: u8, mut content: &[u8]) -> Option<Frame> {
        let mut number = || content.try_get_u64_le().ok();
        let frame = match kind {
            MESSAGE => Frame::Message { message: RaftNode::decode(content).ok()?, report: None },
            REPORTED => {
                let report = Some(number()?);
                Frame::Message { message: RaftNode::decode(content).ok()?, report }
            }
            ADMIN => Frame::Admin { id: number()?, admin: admin::decode(content)? },
            ADMIN_ANSWER => {
                Frame::AdminAnswer { id: number()?, reply: admin::decode_reply(content)? }
            }
            PING => Frame::Ping,
            PONG => Frame::Pong,
            TAKEN => Frame::Taken { token: number()? },
            _ => return None,
        };
        Some(frame)
    }
}

/// Begins a frame; its content follows, and then [`seal`].
pub(super) fn begin(out: &mut Vec<u8>, kind: u8) {
    out.extend_from_slice(&[0; HEAD_BYTES]);
    out.push(kind);
}

/// Completes the frame that begins at `start` and ends where `out` does.
pub(super) fn seal(out: &mut [u8], start: usize) {
    let length = u32::try_from(out.len() - start - HEAD_BYTES).expect("a frame is below 4 GiB");
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    let crc = checksum(&length.to_le_bytes(), &out[start + HEAD_BYTES..]);
    out[start + 4..start + HEAD_BYTES].copy_from_slice(&crc.to_le_bytes());
}

pub(super) fn checksum(length: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_make_it_panic() {
        for kind in 0..=255 {
            for len in 0..40 {
                let _ = Frame::decode(kind, &vec![0xff; len]);
                let _ = Frame::decode(kind, &vec![0x08; len]);
            }
        }
    }
}
