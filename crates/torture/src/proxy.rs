//! The wires: one listener for each directed link, one gate for each direction.
//!
//! ```text
//! n1 ──dials──> proxy from n1 to n2 ──dials──> n2     bytes of n1 pass the gate (1, 2)
//!                                                     bytes of n2 pass the gate (2, 1)
//! ```
//!
//! * Bytes are never looked at, changed, dropped or reordered: a stream is late, stands still, or
//!   breaks.
//! * A connection belongs to who dialed it. When its link is cut, it ends, and new ones are closed
//!   at once. What flows against the direction of dialing waits while its link is cut, as
//!   retransmissions would.

use std::io;
use std::net::{SocketAddr, TcpListener as Bound};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sim::partition::Pair;
use sim::{Chance, Stream, StreamName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::links::Links;

/// Bytes that are read at once.
const CHUNK: usize = 16 << 10;

/// Chunks that may be on their way in one direction of a connection.
const CHUNKS_MAX: usize = 256;

/// How long a process may take to accept.
const CONNECT: Duration = Duration::from_secs(2);

/// A directed link.
#[derive(Debug)]
pub struct Route {
    /// Who dials, and whom.
    pub link: Pair,
    /// Where the one dials.
    pub listener: Bound,
    /// Where the other listens.
    pub target: SocketAddr,
}

/// How much passed.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Connections that were led through.
    pub connections: AtomicU64,
    /// Connections that were closed because a link was cut.
    pub broken: AtomicU64,
    /// Bytes that were led through.
    pub bytes: AtomicU64,
}

/// The proxies, on a thread of their own. They end when this is dropped.
#[derive(Debug)]
pub struct Proxies {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    traffic: Arc<Traffic>,
}

struct Shared {
    links: Arc<Links>,
    chance: Chance,
    traffic: Arc<Traffic>,
}

impl Proxies {
    /// Leads everything that is dialed through.
    ///
    /// # Errors
    ///
    /// If the system gives no event loop or refuses a listener.
    pub fn start(routes: Vec<Route>, links: Arc<Links>, chance: Chance) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let traffic = Arc::new(Traffic::default());
        let shared = Arc::new(Shared { links, chance, traffic: Arc::clone(&traffic) });
        let (stop, mut stopped) = watch::channel(false);
        for route in routes {
            route.listener.set_nonblocking(true)?;
            let guard = runtime.enter();
            let listener = TcpListener::from_std(route.listener)?;
            drop(guard);
            runtime.spawn(serve(listener, route.link, route.target, Arc::clone(&shared)));
        }
        let thread = std::thread::Builder::new().name("proxies".to_owned()).spawn(move || {
            // An error means that the sender is gone, which is an end too.
            let _ = runtime.block_on(stopped.wait_for(|stopped| *stopped));
        })?;
        Ok(Proxies { stop, thread: Some(thread), traffic })
    }

    /// How much has passed so far.
    #[must_use]
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }
}

impl Drop for Proxies {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, link: Pair, target: SocketAddr, shared: Arc<Shared>) {
    let mut number = 0;
    loop {
        // What cannot be accepted is gone already, or the machine is short of something.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        number += 1;
        tokio::spawn(lead(stream, link, target, number, Arc::clone(&shared)));
    }
}

/// Leads one connection through, until either side ends it or its link is cut.
async fn lead(dialed: TcpStream, link: Pair, target: SocketAddr, number: u64, shared: Arc<Shared>) {
    if shared.links.gate(link).is_cut {
        shared.traffic.broken.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let Ok(Ok(onward)) = timeout(CONNECT, TcpStream::connect(target)).await else { return };
    // Without this, small frames wait for each other; a refusal costs only time.
    let _ = (dialed.set_nodelay(true), onward.set_nodelay(true));
    shared.traffic.connections.fetch_add(1, Ordering::Relaxed);
    let (dialed_in, dialed_out) = dialed.into_split();
    let (onward_in, onward_out) = onward.into_split();
    let back = (link.1, link.0);
    tokio::select! {
        () = carry(dialed_in, onward_out, link, number, &shared) => {}
        () = carry(onward_in, dialed_out, back, number, &shared) => {}
        () = until_cut(link, &shared.links) => {
            shared.traffic.broken.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn until_cut(link: Pair, links: &Links) {
    let mut changes = links.changes();
    while !links.gate(link).is_cut {
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Carries bytes in one direction; each chunk arrives when its time has come and the gate is open.
async fn carry(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    link: Pair,
    number: u64,
    shared: &Shared,
) {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let mut stream =
        shared.chance.stream(StreamName::Link { from: link.0 | number << 8, to: link.1 });
    let take = take(from, sender, link, &mut stream, shared);
    let give = give(to, receiver, link, shared);
    tokio::join!(take, give);
}

async fn take(
    mut from: impl AsyncRead + Unpin,
    sender: mpsc::Sender<(Instant, Vec<u8>)>,
    link: Pair,
    luck: &mut Stream,
    shared: &Shared,
) {
    let mut chunk = vec![0; CHUNK];
    let mut free_at = Instant::now();
    let mut last = free_at;
    while let Ok(count) = from.read(&mut chunk).await {
        if count == 0 {
            return;
        }
        let quality = shared.links.gate(link).quality;
        let now = Instant::now();
        // A narrow link takes one chunk after the other.
        free_at = free_at.max(now) + transmission(count as u64, quality.bandwidth);
        last = last.max(free_at + Duration::from_nanos(quality.delay.draw(luck.next_u64())));
        if sender.send((last, chunk[..count].to_vec())).await.is_err() {
            return;
        }
    }
}

async fn give(
    mut to: impl AsyncWrite + Unpin,
    mut chunks: mpsc::Receiver<(Instant, Vec<u8>)>,
    link: Pair,
    shared: &Shared,
) {
    let mut changes = shared.links.changes();
    while let Some((due, bytes)) = chunks.recv().await {
        sleep_until(due).await;
        loop {
            let gate = shared.links.gate(link);
            if !gate.is_held && !gate.is_cut {
                break;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
        shared.traffic.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

/// How long a link is taken by so many bytes.
fn transmission(bytes: u64, bandwidth: Option<u64>) -> Duration {
    bandwidth.map_or(Duration::ZERO, |per_second| {
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / per_second.max(1))
    })
}
