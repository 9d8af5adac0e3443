//! The receiving end: connections of peers, each greeted before it is believed in anything.

use std::sync::Arc;
use std::time::Duration;

use system::NodeId;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::Stream;
use super::handshake::{self, Failure};
use super::stream::{self, Broken, FrameReader};
use super::tls::Tls;
use super::wire::Frame;
use crate::metrics::Dropped;
use crate::shared::{Event, Shared};

/// Connections of peers at once, those that are still strangers among them.
const CONNECTIONS_MAX: usize = 256;
/// For the greeting.
const GREETING_TIME: Duration = Duration::from_secs(3);

/// Takes connections of peers. Runs until it is dropped.
pub(crate) async fn listen(shared: Arc<Shared>, tls: Option<Tls>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, say: others must end first.
                slog::warn!(shared.log, "a peer's connection was not accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            shared.metrics.peers.refused.add(1);
            continue;
        };
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            serve(&shared, tls, stream).await;
            drop(permit);
        });
    }
}

async fn serve(shared: &Shared, tls: Option<Tls>, stream: TcpStream) {
    let from = stream.peer_addr();
    let place = from.map_or_else(|_| "an unknown place".to_owned(), |from| from.to_string());
    let (peer, reader, writer) = match timeout(GREETING_TIME, greet(shared, tls, stream)).await {
        Ok(Ok(greeted)) => greeted,
        Ok(Err(failure)) => {
            if let Failure::Broken(Broken::Bad(why)) = failure {
                shared.metrics.peers.drop_frame(why);
            }
            shared.metrics.peers.refused.add(1);
            slog::warn!(shared.log, "refused a peer from {place}: {failure}");
            return;
        }
        Err(_) => {
            shared.metrics.peers.refused.add(1);
            slog::warn!(shared.log, "refused a peer from {place}: no greeting in time");
            return;
        }
    };
    if let Err(Broken::Bad(why)) = receive(shared, peer, reader, writer).await {
        shared.metrics.peers.drop_frame(why);
        slog::warn!(shared.log, "cut off node {peer}: bad frame ({})", why.name());
    }
}

type Greeted = (NodeId, FrameReader<ReadHalf<Stream>>, WriteHalf<Stream>);

async fn greet(shared: &Shared, tls: Option<Tls>, stream: TcpStream) -> Result<Greeted, Failure> {
    let closed = |error| Failure::Broken(Broken::Closed(error));
    stream.set_nodelay(true).map_err(closed)?;
    let stream: Stream = match tls {
        Some(tls) => tls.accept(stream).await.map_err(closed)?,
        None => Box::pin(stream),
    };
    let (reader, mut writer) = tokio::io::split(stream);
    let mut reader = FrameReader::new(reader);
    let hello = handshake::accept(shared, &mut reader, &mut writer).await?;
    shared.change_book(|book| book.take_hello(hello.from, &hello.peer, &hello.client));
    Ok((hello.from, reader, writer))
}

/// Hands over what a peer sends, until the connection breaks.
async fn receive(
    shared: &Shared,
    peer: NodeId,
    mut reader: FrameReader<ReadHalf<Stream>>,
    mut writer: WriteHalf<Stream>,
) -> Result<(), Broken> {
    let mut out = Vec::new();
    let mut book = shared.watch_book();
    loop {
        let (kind, content) = tokio::select! {
            frame = reader.next() => frame?,
            // Cut off, it comes again and is told.
            _ = book.wait_for(|_| shared.book(|book| book.is_removed(peer))) => return Ok(()),
        };
        shared.metrics.peers.frames_received.add(1);
        shared.metrics.peers.bytes_received.add(content.len() as u64 + 9);
        let Some(frame) = Frame::decode(kind, &content) else {
            return Err(Broken::Bad(Dropped::Malformed));
        };
        match frame {
            Frame::Message { message, report } => {
                if message.from != peer || message.to != shared.settings.id {
                    return Err(Broken::Bad(Dropped::Forged));
                }
                let taken = shared.post(Event::Message { from: peer, message });
                if let Some(token) = report.filter(|_| taken) {
                    Frame::Taken { token }.encode(&mut out);
                }
            }
            Frame::Admin { id, admin } => {
                shared.post(Event::PassedOn { from: peer, id, admin });
            }
            Frame::AdminAnswer { id, reply } => {
                shared.post(Event::Answered { id, reply });
            }
            Frame::Ping => {
                Frame::Pong.encode(&mut out);
            }
            Frame::Pong | Frame::Taken { .. } => return Err(Broken::Bad(Dropped::Malformed)),
        }
        if !out.is_empty() {
            stream::write(&mut writer, &out).await.map_err(Broken::Closed)?;
            out.clear();
        }
    }
}
