//! The client interface: HTTP/1.1 over connections that are bounded in number, size and time.
//!
//! * [`route`]: what a request asks. [`handle`]: doing it. [`answer`]: how it ended, as a status.
//! * [`status`], [`metrics`]: what the node says of itself.
//! * [`timed`]: a client that takes nothing is cut off.
//!
//! `hyper` serves the connections without a framework on top: keys are bytes, not text, the paths
//! are few, and one pure function decides about them.

mod answer;
mod handle;
mod metrics;
mod route;
mod status;
mod timed;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::shared::Shared;
use timed::Timed;

/// For the head of a request to arrive; also how long a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// For a client to take a part of an answer.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's head, at most.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Headers of a request, at most.
const HEADERS_MAX: usize = 64;
/// For connections to end when the process is asked to.
const FAREWELL_TIME: Duration = Duration::from_secs(2);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
raftkv-outcome: failed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves clients until `stop` says so, and lets those under way finish.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) {
    let connections_max = u32::try_from(shared.settings.connections_max).unwrap_or(u32::MAX);
    let room = Arc::new(Semaphore::new(connections_max as usize));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                slog::warn!(shared.log, "a client's connection was not accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            shared.metrics.clients_refused.add(1);
            // Whether it fits into the socket's buffer does not matter.
            let _ = stream.try_write(FULL);
            continue;
        };
        let (shared, stop) = (Arc::clone(&shared), stop.clone());
        tokio::spawn(async move {
            converse(shared, stream, stop).await;
            drop(permit);
        });
    }
    drop(listener);
    let _ = timeout(FAREWELL_TIME, room.acquire_many(connections_max)).await;
}

/// Serves one connection.
async fn converse(shared: Arc<Shared>, stream: TcpStream, mut stop: watch::Receiver<bool>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(handle::handle(&shared, request).await) }
    });
    let stream = TokioIo::new(Timed::new(stream, WRITE_TIME));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    // What goes wrong on a client's connection is the client's.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
