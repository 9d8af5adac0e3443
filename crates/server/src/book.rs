//! Where the members of the cluster are to be found.
//!
//! The addresses of members that were added are part of the replicated state: a key of the store
//! that no client can name ([`key`]) holds the peer address, written before the change of the
//! configuration is proposed. So every member knows it no later than the change itself, finds it
//! in its log or its snapshot after a restart, and all agree; no second protocol is needed. What
//! the log does not say comes from `--cluster`, and at last from what a peer says of itself when
//! it connects, which lets a member answer a leader whose entry it has not seen yet.
//!
//! A member that is removed leaves a mark under the same key, so that peers can tell it when it
//! asks, although nobody leads it any more.

use std::collections::BTreeMap;

use bytes::Bytes;
use system::{NodeId, NodeSet};

use crate::url::Url;

/// The key that holds the address of a member. Keys of clients do not begin with a zero byte.
pub(crate) fn key(id: NodeId) -> Bytes {
    format!("\0raftkv/peer/{id}").into()
}

/// What the store holds about a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where it is.
    pub(crate) url: Url,
    /// Whether it was asked to go.
    pub(crate) leaving: bool,
}

impl Record {
    pub(crate) fn encode(&self) -> Bytes {
        let suffix = if self.leaving { " leaving" } else { "" };
        format!("{}{suffix}", self.url).into()
    }

    /// Reads what [`Record::encode`] wrote; `None` if it is something else.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Record> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (url, leaving) = match text.strip_suffix(" leaving") {
            Some(url) => (url, true),
            None => (text, false),
        };
        Some(Record { url: Url::parse(url).ok()?, leaving })
    }
}

/// Where an address comes from; the greater one is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// The peer said so itself.
    Hello,
    /// `--cluster`.
    Cluster,
    /// The store.
    Store,
    /// `--peer`: this machine sees that peer elsewhere.
    Override,
}

/// What is known of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    source: Source,
    url: Url,
}

/// The addresses that one node knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    known: BTreeMap<NodeId, Known>,
    removed: NodeSet,
    /// Client addresses, as peers tell them when they connect.
    clients: BTreeMap<NodeId, String>,
}

impl Book {
    /// What the command line says.
    pub(crate) fn new(cluster: &[Url], overrides: &[(NodeId, Url)]) -> Self {
        let mut book = Book::default();
        for (id, url) in (1..).zip(cluster) {
            book.learn(id, url, Source::Cluster);
        }
        for (id, url) in overrides {
            book.learn(*id, url, Source::Override);
        }
        book
    }

    /// Takes what the store says. True if that changes anything.
    pub(crate) fn take_record(&mut self, id: NodeId, record: &Record, is_member: bool) -> bool {
        let removed = record.leaving && !is_member;
        let changed = self.removed.contains(id) != removed;
        if removed {
            self.removed.insert(id);
        } else {
            self.removed.remove(id);
        }
        self.learn(id, &record.url, Source::Store) || changed
    }

    /// Takes what a peer says of itself. True if that changes where it is.
    pub(crate) fn take_hello(&mut self, id: NodeId, url: &Url, client: &str) -> bool {
        self.take_client(id, client.to_owned());
        self.learn(id, url, Source::Hello)
    }

    /// Takes what a peer says of its client address. Never changes where the peer is.
    pub(crate) fn take_client(&mut self, id: NodeId, client: String) -> bool {
        self.clients.insert(id, client);
        false
    }

    fn learn(&mut self, id: NodeId, url: &Url, source: Source) -> bool {
        let better = self.known.get(&id).is_none_or(|known| {
            source > known.source || source == known.source && known.url != *url
        });
        let moved = self.url(id) != Some(url);
        if better {
            self.known.insert(id, Known { source, url: url.clone() });
        }
        better && moved
    }

    /// Where a node is, if that is known.
    pub(crate) fn url(&self, id: NodeId) -> Option<&Url> {
        self.known.get(&id).map(|known| &known.url)
    }

    /// Where a node's clients go, if it has told.
    pub(crate) fn client(&self, id: NodeId) -> Option<&str> {
        self.clients.get(&id).map(String::as_str)
    }

    /// Whether the cluster has removed a node.
    pub(crate) fn is_removed(&self, id: NodeId) -> bool {
        self.removed.contains(id)
    }

    /// All nodes that anything is known of.
    pub(crate) fn ids(&self) -> NodeSet {
        self.known.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(port: u16) -> Url {
        Url::parse(&format!("http://127.0.0.1:{port}")).unwrap()
    }

    #[test]
    fn the_better_source_is_believed() {
        let mut book = Book::new(&[url(1), url(2)], &[(2, url(22))]);
        assert!(!book.take_hello(1, &url(9), "c"));
        assert_eq!((book.url(1), book.client(1)), (Some(&url(1)), Some("c")));
        assert!(book.take_hello(3, &url(3), "c"));
        let record = |port| Record { url: url(port), leaving: false };
        assert!(book.take_record(1, &record(11), true));
        assert!(book.take_record(3, &record(33), true));
        assert!(!book.take_record(2, &record(222), true), "--peer is last");
        assert_eq!([1, 2, 3].map(|id| book.url(id).unwrap().port), [11, 22, 33]);
    }

    #[test]
    fn a_node_is_removed_when_it_was_asked_to_go_and_is_gone() {
        let mut book = Book::new(&[url(1)], &[]);
        let leaving = Record { url: url(1), leaving: true };
        assert_eq!(Record::decode(&leaving.encode()), Some(leaving.clone()));
        book.take_record(1, &leaving, true);
        assert!(!book.is_removed(1));
        assert!(book.take_record(1, &leaving, false));
        assert!(book.is_removed(1));
        let back = Record { url: url(1), leaving: false };
        assert!(book.take_record(1, &back, false));
        assert!(!book.is_removed(1));
        assert_eq!(Record::decode(b"nonsense"), None);
    }
}
