//! Frames on a connection: taken off it, and written to it, with patience for either.

use std::io::{self, ErrorKind};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::wire::{FRAME_BYTES_MAX, HEAD_BYTES, checksum};
use crate::metrics::Dropped;

/// Bytes of a frame at most, while nobody knows who is there.
pub(super) const GREETING_BYTES_MAX: usize = 4 << 10;
/// Without any byte for so long, or none taken, a connection counts as broken. Its ends ask each
/// other more often than that.
pub(super) const SILENCE_TIME: Duration = Duration::from_secs(5);
/// Bytes written before their time begins anew.
const WRITE_BYTES: usize = 128 << 10;

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
    use crate::peers::wire::Frame;
    use system::Admin;

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
}
