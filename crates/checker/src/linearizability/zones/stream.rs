//! All keys of a history in one pass over its operations, without a model of each.

use system::{Op, Output};
use trace::{History, Operation, Outcome};

use super::super::intern::Interner;
use super::{Clusters, Decision, NEVER, NONE};

/// The space of keys; key `n` has the space `n + 1` for its values.
const KEYS: u32 = 0;

/// Decides every key, in the order in which they were met.
pub(in super::super) fn by_key(history: &History) -> Vec<Decision> {
    let operations = history.operations.iter();
    let mut stream = Stream::new(operations.len(), u64::MAX);
    let mut last: Option<(&[u8], u32)> = None;
    for operation in operations {
        let name: &[u8] = operation.op.key();
        let key = match last {
            Some((same, key)) if std::ptr::eq(same, name) => key,
            _ => stream.keys.add(KEYS, Some(name)),
        };
        last = Some((name, key));
        stream.take(key, operation);
    }
    stream.decide(history.initial.as_deref())
}

/// The first operation on the key of this number.
pub(in super::super) fn first_of(history: &History, number: usize) -> Option<&Operation> {
    let mut keys = Interner::default();
    history.operations.iter().find(|o| keys.add(KEYS, Some(o.op.key())) as usize == number)
}

/// Decides one key. What returned after `horizon` is taken as still open.
pub(in super::super) fn of_key(
    initial: Option<&[u8]>,
    operations: &[&Operation],
    horizon: u64,
) -> Decision {
    let mut stream = Stream::new(operations.len(), horizon);
    let key = stream.keys.add(KEYS, Some(b""));
    for operation in operations {
        stream.take(key, operation);
    }
    stream.decide(initial).pop().unwrap_or(Decision::Yes)
}

/// The operations on one key that contradict each other, if this path can tell.
pub(in super::super) fn conflict<'a>(
    initial: Option<&[u8]>,
    operations: &[&'a Operation],
    horizon: u64,
) -> Option<Vec<&'a Operation>> {
    let mut stream = Stream::new(operations.len(), horizon);
    let key = stream.keys.add(KEYS, Some(b""));
    for operation in operations {
        stream.take(key, operation);
    }
    stream.begin(initial);
    let Stream { values, clusters, .. } = stream;
    let (mut decisions, blocks) = clusters.decide();
    let Decision::No(one, other) = decisions.pop()? else { return None };
    let block = |cluster: u32| blocks[cluster as usize];
    let chosen = |value: Option<&[u8]>| {
        values.find(key + 1, value).is_some_and(|cluster| {
            let is_tied = block(cluster) != NONE
                && (block(cluster) == block(one) || block(cluster) == block(other));
            cluster == one || cluster == other || is_tied
        })
    };
    let belongs = |operation: &&&Operation| match &operation.op {
        Op::Get { .. } => match &operation.outcome {
            Outcome::Ok { output: Output::Value(value), .. } => chosen(value.as_deref()),
            _ => false,
        },
        Op::Put { value, .. } | Op::Append { value, .. } => chosen(Some(value)),
        Op::Delete { .. } => chosen(None),
        Op::Cas { expect, value, .. } => chosen(expect.as_deref()) || chosen(Some(value)),
    };
    Some(operations.iter().filter(belongs).copied().collect())
}

/// Operations on their way into clusters.
struct Stream<'a> {
    keys: Interner<'a>,
    values: Interner<'a>,
    clusters: Clusters,
    /// The cluster of the last write on each key.
    latest: Vec<u32>,
    horizon: u64,
}

impl<'a> Stream<'a> {
    fn new(operations: usize, horizon: u64) -> Self {
        Stream {
            keys: Interner::default(),
            values: Interner::with_capacity(operations),
            clusters: Clusters::with_capacity(operations),
            latest: Vec::new(),
            horizon,
        }
    }

    fn take(&mut self, key: u32, operation: &'a Operation) {
        self.clusters.key(key);
        if self.latest.len() <= key as usize {
            self.latest.resize(key as usize + 1, NONE);
        }
        if operation.invoked_seq > self.horizon {
            return;
        }
        let output = match &operation.outcome {
            Outcome::Failed(_) => return,
            Outcome::Ok { output, .. } if operation.returned_seq <= self.horizon => Some(output),
            _ => None,
        };
        let call = operation.invoked_seq + 1;
        let returned = match output {
            None => NEVER,
            Some(_) => operation.returned_seq.saturating_add(1),
        };
        match &operation.op {
            Op::Get { .. } => {
                if let Some(Output::Value(value)) = output {
                    let value = value.as_deref();
                    let latest = self.latest[key as usize];
                    let cluster = match latest {
                        NONE => self.cluster(key, value),
                        latest if self.values.get(latest) == value => latest,
                        _ => self.cluster(key, value),
                    };
                    self.clusters.read(cluster, call, returned);
                }
            }
            Op::Put { value, .. } => {
                let cluster = self.cluster(key, Some(value));
                self.latest[key as usize] = cluster;
                self.clusters.write(cluster, NONE, call, returned);
            }
            Op::Delete { .. } => {
                let cluster = self.cluster(key, None);
                self.clusters.write(cluster, NONE, call, returned);
            }
            Op::Cas { expect, value, .. } => {
                let from = self.cluster(key, expect.as_deref());
                let is_same = expect.as_ref() == Some(value);
                match output {
                    Some(Output::Swapped(false)) => self.clusters.differ(from, call, returned),
                    Some(_) if is_same => self.clusters.read(from, call, returned),
                    None if is_same => {}
                    _ => {
                        let cluster = self.cluster(key, Some(value));
                        self.clusters.write(cluster, from, call, returned);
                    }
                }
            }
            Op::Append { .. } => self.clusters.hard[key as usize] = true,
        }
    }

    fn cluster(&mut self, key: u32, value: Option<&'a [u8]>) -> u32 {
        let cluster = self.values.add(key + 1, value);
        self.clusters.cluster(cluster, key);
        cluster
    }

    /// Every key holds this at first.
    fn begin(&mut self, initial: Option<&[u8]>) {
        for key in 0..self.keys.len() as u32 {
            if let Some(cluster) = self.values.find(key + 1, initial) {
                self.clusters.begin(cluster);
            }
        }
    }

    fn decide(mut self, initial: Option<&[u8]>) -> Vec<Decision> {
        self.begin(initial);
        self.clusters.decide().0
    }
}

impl Clusters {
    /// The value was there at first.
    fn begin(&mut self, cluster: u32) {
        let place = cluster;
        let cluster = &mut self.list[place as usize];
        let first = (cluster.call, cluster.returned, cluster.from);
        (cluster.call, cluster.returned, cluster.from) = (0, 0, NONE);
        if first.0 == NEVER {
            return;
        }
        // The writer that was taken for the first one is another one.
        cluster.shared = true;
        if first.2 != NONE {
            self.hard[cluster.key as usize] = true;
        }
        self.others.push(super::Other { cluster: place, call: first.0, returned: first.1 });
    }
}
