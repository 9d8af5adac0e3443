//! What the loop's thread, the peers and the HTTP side have in common.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use system::{Admin, NodeId, Reply, Request, System, View};
use tokio::sync::{mpsc, oneshot, watch};

use crate::book::Book;
use crate::metrics::{Dropped, Metrics};
use crate::peers::Frame;
use crate::settings::Settings;

/// A message between nodes.
pub(crate) type Message = <node::RaftNode as System>::Message;

/// What waits for the loop.
pub(crate) enum Event {
    /// A message of a peer.
    Message { from: NodeId, message: Message },
    /// What became of a message that was to be reported.
    Delivery { to: NodeId, token: u64, delivered: bool },
    /// A connection to a peer came or went.
    Link { peer: NodeId, up: bool },
    /// A request of a client of this process.
    Request { request: Request, answer: oneshot::Sender<Reply> },
    /// A change of the cluster that a peer passes on, because this node leads.
    PassedOn { from: NodeId, id: u64, admin: Admin },
    /// A peer's answer to what was passed on to it.
    Answered { id: u64, reply: Reply },
    /// A peer says that the cluster has removed this node.
    Removed { by: NodeId },
    /// The process is asked to end.
    Stop,
}

/// How many events may wait for the loop; peers' messages beyond are dropped, and requests
/// refused.
pub(crate) const MAILBOX_EVENTS: usize = 16_384;

/// The queue to one peer.
pub(crate) struct Outbox {
    pub(crate) queue: mpsc::Sender<Frame>,
    /// Whether the connection is up. What is sent while it is not is dropped: it would be stale.
    pub(crate) up: Arc<AtomicBool>,
}

/// Shared by everything in one process.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) log: slog::Logger,
    mailbox: SyncSender<Event>,
    view: Mutex<View>,
    book: Mutex<Book>,
    /// Counts the changes of the book.
    book_version: watch::Sender<u64>,
    outboxes: Mutex<BTreeMap<NodeId, Outbox>>,
}

impl Shared {
    pub(crate) fn new(
        settings: Settings,
        metrics: Arc<Metrics>,
        log: slog::Logger,
        mailbox: SyncSender<Event>,
    ) -> Self {
        let book = Book::new(&settings.cluster, &settings.peers);
        Shared {
            settings,
            metrics,
            log,
            mailbox,
            view: Mutex::default(),
            book: Mutex::new(book),
            book_version: watch::Sender::new(0),
            outboxes: Mutex::default(),
        }
    }

    /// Hands an event to the loop; false if it takes no more now.
    pub(crate) fn post(&self, event: Event) -> bool {
        match self.mailbox.try_send(event) {
            Ok(()) => true,
            Err(TrySendError::Full(event)) => {
                if matches!(event, Event::Message { .. }) {
                    self.metrics.peers.drop_frame(Dropped::MailboxFull);
                }
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// What the node said of itself last.
    pub(crate) fn view(&self) -> View {
        *held(&self.view)
    }

    pub(crate) fn set_view(&self, view: View) {
        *held(&self.view) = view;
    }

    /// Looks into the address book.
    pub(crate) fn book<R>(&self, look: impl FnOnce(&Book) -> R) -> R {
        look(&held(&self.book))
    }

    /// Writes into the address book; `change` says whether the connections must follow.
    pub(crate) fn change_book(&self, change: impl FnOnce(&mut Book) -> bool) {
        let changed = change(&mut held(&self.book));
        if changed {
            self.book_version.send_modify(|version| *version += 1);
        }
    }

    /// Tells when the address book changes.
    pub(crate) fn watch_book(&self) -> watch::Receiver<u64> {
        self.book_version.subscribe()
    }

    /// The queues to the peers.
    pub(crate) fn outboxes(&self) -> MutexGuard<'_, BTreeMap<NodeId, Outbox>> {
        held(&self.outboxes)
    }

    /// Whether a peer is connected.
    pub(crate) fn is_up(&self, peer: NodeId) -> bool {
        self.outboxes().get(&peer).is_some_and(|outbox| outbox.up.load(Ordering::Relaxed))
    }

    /// Puts a frame into the queue of a peer; false if it is dropped.
    pub(crate) fn send(&self, to: NodeId, frame: Frame) -> bool {
        let dropped = {
            let outboxes = self.outboxes();
            match outboxes.get(&to) {
                Some(outbox) if outbox.up.load(Ordering::Relaxed) => {
                    outbox.queue.try_send(frame).is_err().then_some(Dropped::QueueFull)
                }
                _ => Some(Dropped::Unreachable),
            }
        };
        if let Some(why) = dropped {
            self.metrics.peers.drop_frame(why);
        }
        dropped.is_none()
    }
}

/// A lock whose holder panicked still guards whole values: each is replaced in one step.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
