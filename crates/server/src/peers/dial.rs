//! The sending end of the connection to one peer: dial, greet, send, and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use system::NodeId;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep, timeout};

use super::Stream;
use super::handshake::{self, Failure};
use super::stream::{self, Broken, FrameReader};
use super::tls::Tls;
use super::wire::Frame;
use crate::metrics::Dropped;
use crate::shared::{Event, Shared};
use crate::url::Url;

/// For a connection to be made, and for the greeting.
const GREETING_TIME: Duration = Duration::from_secs(3);
/// Between questions whether the other end lives.
const PING_TIME: Duration = Duration::from_secs(1);
/// Between two attempts, at first and at most.
const BACKOFF_TIMES: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(1)];
/// Bytes of frames written at once.
const BATCH_BYTES: usize = 256 << 10;

/// A connection to one peer, for as long as its queue exists.
pub(super) struct Link {
    pub(super) shared: Arc<Shared>,
    pub(super) tls: Option<Tls>,
    pub(super) peer: NodeId,
    pub(super) url: Url,
    pub(super) up: Arc<AtomicBool>,
}

type Connection = (FrameReader<ReadHalf<Stream>>, WriteHalf<Stream>);

/// Keeps the connection up until the queue's other end is gone.
pub(super) async fn keep_up(link: Link, mut frames: mpsc::Receiver<Frame>) {
    let log = link.shared.log.clone();
    let mut backoff = BACKOFF_TIMES[0];
    let mut told = false;
    loop {
        let connected = timeout(GREETING_TIME, link.connect()).await;
        let failure = match connected {
            Ok(Ok(connection)) => {
                backoff = BACKOFF_TIMES[0];
                told = false;
                link.set_up(true);
                slog::info!(log, "connected to node {} at {}", link.peer, link.url);
                let ended = link.run(connection, &mut frames).await;
                link.set_up(false);
                let Err(broken) = ended else { return };
                slog::info!(log, "lost node {} at {}: {broken}", link.peer, link.url);
                None
            }
            Ok(Err(Failure::Removed)) => {
                link.shared.post(Event::Removed { by: link.peer });
                Some(Failure::Removed.to_string())
            }
            Ok(Err(failure)) => Some(failure.to_string()),
            Err(_) => Some("no greeting in time".to_owned()),
        };
        if let Some(failure) = failure.filter(|_| !told) {
            // Once per outage: the attempts go on, the words would only repeat.
            told = true;
            slog::info!(log, "cannot reach node {} at {}: {failure}", link.peer, link.url);
        }
        if !link.discard(&mut frames) {
            return;
        }
        sleep(backoff).await;
        backoff = (backoff * 2).min(BACKOFF_TIMES[1]);
    }
}

impl Link {
    async fn connect(&self) -> Result<Connection, Failure> {
        let closed = |error| Failure::Broken(Broken::Closed(error));
        let stream = TcpStream::connect(self.url.socket()).await.map_err(closed)?;
        stream.set_nodelay(true).map_err(closed)?;
        let stream: Stream = match &self.tls {
            Some(tls) => tls.connect(&self.url.host, stream).await.map_err(closed)?,
            None => Box::pin(stream),
        };
        let (reader, mut writer) = tokio::io::split(stream);
        let mut reader = FrameReader::new(reader);
        let client = handshake::dial(&self.shared, self.peer, &mut reader, &mut writer).await?;
        self.shared.change_book(|book| book.take_client(self.peer, client));
        Ok((reader, writer))
    }

    fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
        if up {
            self.shared.metrics.peers.connected.add(1);
        }
        self.shared.post(Event::Link { peer: self.peer, up });
    }

    /// Sends what the queue brings. `Ok` if the queue's other end is gone.
    async fn run(
        &self,
        (mut reader, mut writer): Connection,
        frames: &mut mpsc::Receiver<Frame>,
    ) -> Result<(), Broken> {
        let mut pings = interval(PING_TIME);
        let mut out = Vec::new();
        loop {
            tokio::select! {
                frame = frames.recv() => {
                    let Some(frame) = frame else { return Ok(()) };
                    self.encode(&frame, &mut out);
                    while out.len() < BATCH_BYTES {
                        let Ok(frame) = frames.try_recv() else { break };
                        self.encode(&frame, &mut out);
                    }
                }
                answer = reader.next() => {
                    let (kind, content) = answer?;
                    match Frame::decode(kind, &content) {
                        Some(Frame::Pong) => {}
                        Some(Frame::Taken { token }) => {
                            let to = self.peer;
                            self.shared.post(Event::Delivery { to, token, delivered: true });
                        }
                        _ => return Err(Broken::Bad(Dropped::Malformed)),
                    }
                }
                _ = pings.tick() => {
                    Frame::Ping.encode(&mut out);
                }
            }
            if !out.is_empty() {
                let start = Instant::now();
                stream::write(&mut writer, &out).await.map_err(Broken::Closed)?;
                if start.elapsed() > PING_TIME {
                    // It was busy taking what we sent.
                    reader.touch();
                }
                self.shared.metrics.peers.bytes_sent.add(out.len() as u64);
                out.clear();
                if out.capacity() > 4 * BATCH_BYTES {
                    out = Vec::new();
                }
            }
        }
    }

    fn encode(&self, frame: &Frame, out: &mut Vec<u8>) {
        if frame.encode(out) {
            self.shared.metrics.peers.frames_sent.add(1);
        } else {
            slog::error!(
                self.shared.log,
                "a message for node {} is too long to be sent",
                self.peer
            );
            self.shared.metrics.peers.drop_frame(Dropped::Oversized);
            self.report_lost(frame);
        }
    }

    /// Drops what waited for a connection that is gone. False if the queue is, too.
    fn discard(&self, frames: &mut mpsc::Receiver<Frame>) -> bool {
        loop {
            match frames.try_recv() {
                Ok(frame) => {
                    self.shared.metrics.peers.drop_frame(Dropped::Unreachable);
                    self.report_lost(&frame);
                }
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn report_lost(&self, frame: &Frame) {
        if let Frame::Message { report: Some(token), .. } = *frame {
            self.shared.post(Event::Delivery { to: self.peer, token, delivered: false });
        }
    }
}
