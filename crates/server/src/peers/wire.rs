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
//! length nothing can be trusted.

use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use node::RaftNode;
use system::{Admin, Reply, System};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::admin;
use crate::metrics::Dropped;
use crate::shared::Message;

/// Bytes of a frame at most, once a peer is let in. A snapshot travels in one frame.
pub(crate) const FRAME_BYTES_MAX: usize = 256 << 20;
/// Bytes of a frame at most, while nobody knows who is there.
pub(super) const GREETING_BYTES_MAX: usize = 4 << 10;

/// Without any byte for so long, or none taken, a connection counts as broken. Its ends ask each
/// other more often than that.
pub(super) const SILENCE_TIME: Duration = Duration::from_secs(5);
/// Bytes written before their time begins anew.
const WRITE_BYTES: usize = 128 << 10;

const HEAD_BYTES: usize = 8;

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

fn checksum(length: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(body);
    hasher.finalize()
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection ended or failed.
    Closed(io::Error),
    /// The other end does not speak as it should.
    Bad(Dropped),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Broken::Closed(error) => write!(f, "{error}"),
            Broken::Bad(why) => write!(f, "bad frame ({})", why.name()),
        }
    }
}

/// Takes frames off a connection. What has been read of an unfinished frame is kept here, so a
/// call that is given up loses nothing.
pub(super) struct FrameReader<R> {
    stream: R,
    buffer: BytesMut,
    frame_bytes_max: usize,
    /// When something last showed that the other end lives.
    heard: Instant,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(super) fn new(stream: R) -> Self {
        let (buffer, heard) = (BytesMut::new(), Instant::now());
        FrameReader { stream, buffer, frame_bytes_max: GREETING_BYTES_MAX, heard }
    }

    /// The other end has shown that it lives.
    pub(super) fn touch(&mut self) {
        self.heard = Instant::now();
    }

    /// The other end is known now: it may send long frames.
    pub(super) fn trust(&mut self) {
        self.frame_bytes_max = FRAME_BYTES_MAX;
    }

    /// The next frame's kind and content.
    pub(super) async fn next(&mut self) -> Result<(u8, BytesMut), Broken> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            // Memory grows with what has arrived, not with what a head promises.
            self.buffer.reserve(16 << 10);
            let patience = self.heard + SILENCE_TIME;
            let read = timeout_at(patience, self.stream.read_buf(&mut self.buffer)).await;
            let count = read.unwrap_or_else(|_| Err(silent())).map_err(Broken::Closed)?;
            self.heard = Instant::now();
            if count == 0 {
                let closed = ErrorKind::UnexpectedEof;
                return Err(Broken::Closed(io::Error::new(closed, "the peer hung up")));
            }
        }
    }

    fn take(&mut self) -> Result<Option<(u8, BytesMut)>, Broken> {
        let Some(head) = self.buffer.first_chunk::<HEAD_BYTES>() else { return Ok(None) };
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().expect("4 bytes"));
        let (length, crc) = (word(0), word(4));
        let body_bytes = length as usize;
        if body_bytes > self.frame_bytes_max {
            return Err(Broken::Bad(Dropped::Oversized));
        }
        if body_bytes == 0 {
            return Err(Broken::Bad(Dropped::Malformed));
        }
        if self.buffer.len() < HEAD_BYTES + body_bytes {
            return Ok(None);
        }
        self.buffer.advance(HEAD_BYTES);
        let mut body = self.buffer.split_to(body_bytes);
        if checksum(&length.to_le_bytes(), &body) != crc {
            return Err(Broken::Bad(Dropped::Checksum));
        }
        let kind = body.get_u8();
        Ok(Some((kind, body)))
    }
}

/// Writes whole frames.
///
/// # Errors
///
/// If the connection breaks, or the other end takes nothing for [`SILENCE_TIME`].
pub(super) async fn write<W: AsyncWrite + Unpin>(writer: &mut W, out: &[u8]) -> io::Result<()> {
    for part in out.chunks(WRITE_BYTES) {
        timeout(SILENCE_TIME, writer.write_all(part)).await.map_err(|_| silent())??;
    }
    timeout(SILENCE_TIME, writer.flush()).await.map_err(|_| silent())?
}

fn silent() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "the peer is silent")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<(u8, BytesMut), Broken> {
        FrameReader::new(bytes).next().await
    }

    fn run<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn frames_come_back() {
        let admin = Admin::Transfer { to: 3 };
        let mut bytes = Vec::new();
        assert!(Frame::Admin { id: 7, admin: admin.clone() }.encode(&mut bytes));
        assert!(Frame::Taken { token: 9 }.encode(&mut bytes));
        let mut reader = FrameReader::new(&bytes[..]);
        run(async {
            let (kind, content) = reader.next().await.unwrap();
            let frame = Frame::decode(kind, &content).unwrap();
            assert!(matches!(frame, Frame::Admin { id: 7, admin: read } if read == admin));
            let (kind, content) = reader.next().await.unwrap();
            assert!(matches!(Frame::decode(kind, &content), Some(Frame::Taken { token: 9 })));
            assert!(matches!(reader.next().await, Err(Broken::Closed(_))));
        });
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let mut bytes = Vec::new();
        Frame::Taken { token: 9 }.encode(&mut bytes);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(run(read(&damaged)).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn strangers_cannot_make_us_hold_much() {
        let head = u32::try_from(GREETING_BYTES_MAX + 1).unwrap().to_le_bytes();
        let bytes = [&head[..], &[0; 5]].concat();
        assert!(matches!(run(read(&bytes)), Err(Broken::Bad(Dropped::Oversized))));
    }

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
