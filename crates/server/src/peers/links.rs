//! Which peers are dialed: those in the address book that the cluster has not removed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use system::NodeId;
use tokio::sync::mpsc;

use super::dial::{self, Link};
use super::tls::Tls;
use crate::shared::{Outbox, Shared};
use crate::url::Url;

/// Frames that may wait for one peer.
const QUEUE_FRAMES: usize = 4_096;

/// Keeps one connection to each peer, as the address book says. Runs until it is dropped.
pub(crate) async fn keep(shared: Arc<Shared>, tls: Option<Tls>) {
    let mut book = shared.watch_book();
    let mut dialed: BTreeMap<NodeId, Url> = BTreeMap::new();
    loop {
        book.mark_unchanged();
        let wanted = wanted(&shared);
        // A link whose queue is gone sends what is left in it, and ends.
        dialed.retain(|id, url| {
            let stays = wanted.get(id) == Some(url);
            if !stays {
                shared.outboxes().remove(id);
            }
            stays
        });
        for (id, url) in wanted {
            if let Entry::Vacant(place) = dialed.entry(id) {
                begin(&shared, tls.as_ref(), id, url.clone());
                place.insert(url);
            }
        }
        if book.changed().await.is_err() {
            return;
        }
    }
}

fn wanted(shared: &Shared) -> BTreeMap<NodeId, Url> {
    shared.book(|book| {
        let others = book.ids().iter().filter(|&id| id != shared.settings.id);
        let wanted = others.filter(|&id| !book.is_removed(id));
        wanted.filter_map(|id| Some((id, book.url(id)?.clone()))).collect()
    })
}

fn begin(shared: &Arc<Shared>, tls: Option<&Tls>, peer: NodeId, url: Url) {
    if let Err(reason) = shared.settings.may_dial(&url) {
        slog::error!(shared.log, "node {peer} is not dialed: {reason}");
        return;
    }
    let (queue, frames) = mpsc::channel(QUEUE_FRAMES);
    let up = Arc::new(AtomicBool::new(false));
    shared.outboxes().insert(peer, Outbox { queue, up: Arc::clone(&up) });
    let link = Link { shared: Arc::clone(shared), tls: tls.cloned(), peer, url, up };
    tokio::spawn(dial::keep_up(link, frames));
}
