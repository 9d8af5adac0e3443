//! The fast path: where every value that was seen has one writer, sorting decides
//! (*Gibbons and Korach 1997; zones after Golab, Li and Shah 2011*).
//!
//! A write and all who saw its value are a *cluster*: nobody else may come between them. A swap
//! ties its own cluster to the one that it took; what is tied is a *block*, in a fixed order. The
//! zone of a block lies between the first return and the last call in it. If the first return
//! comes first, the zone is *forward*: the block fills it. Otherwise it is *backward*: every
//! operation is open throughout, and one moment of it is enough.
//!
//! There is an order if and only if
//!
//! * nobody saw a value before its write was called, or saw one that nobody wrote;
//! * within a block, nobody returned before one who comes earlier was called;
//! * no two forward zones overlap, and no backward zone lies within a forward one.
//!
//! A write of unknown outcome counts if somebody saw it. One that saw a value differ (a cas that
//! did not swap) is content if it was called before that value was written, or returned after
//! another forward zone had begun behind it; it is wrong within the value's own zone. Anything
//! else is [`Decision::Hard`], as are values with several writers that somebody saw.

mod blocks;
mod stream;

pub(super) use stream::{by_key, conflict, first_of, of_key};

use super::model::{Effect, JUNK, Model};

/// No cluster, no block.
const NONE: u32 = u32::MAX;

/// A moment that never comes. The first moment of a history is 1; what was there at first was
/// there at 0.
const NEVER: u64 = u64::MAX;

/// What is known of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// There is an order.
    Yes,
    /// There is none, because of these two clusters, which may be one.
    No(u32, u32),
    /// This path cannot tell.
    Hard,
}

/// A write, and those who saw its value.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    /// When the write was called; [`NEVER`] if there is none.
    call: u64,
    /// When it returned.
    returned: u64,
    /// The first return of all.
    first_return: u64,
    /// The last call of all.
    last_call: u64,
    key: u32,
    /// Which cluster the write took, if it is a swap.
    from: u32,
    /// The block, once it has one.
    block: u32,
    seen: bool,
    /// Whether there are more writers, which stand apart.
    shared: bool,
}

/// One that saw a value differ.
#[derive(Clone, Copy, Debug)]
struct Differing {
    cluster: u32,
    call: u64,
    returned: u64,
}

/// A write beside the first one of its cluster.
#[derive(Clone, Copy, Debug)]
struct Other {
    cluster: u32,
    call: u64,
    returned: u64,
}

/// The clusters of one or many keys, as they are gathered.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    list: Vec<Cluster>,
    others: Vec<Other>,
    differing: Vec<Differing>,
    hard: Vec<bool>,
}

impl Clusters {
    fn with_capacity(operations: usize) -> Clusters {
        Clusters { list: Vec::with_capacity(operations), ..Clusters::default() }
    }

    /// Makes room for a key.
    fn key(&mut self, key: u32) {
        if self.hard.len() <= key as usize {
            self.hard.resize(key as usize + 1, false);
        }
    }

    /// Makes room for a cluster.
    fn cluster(&mut self, cluster: u32, key: u32) {
        if self.list.len() <= cluster as usize {
            let empty = Cluster {
                call: NEVER,
                returned: NEVER,
                first_return: NEVER,
                last_call: 0,
                key,
                from: NONE,
                block: NONE,
                seen: false,
                shared: false,
            };
            self.list.resize(cluster as usize + 1, empty);
            self.list[cluster as usize].key = key;
        }
    }

    /// Somebody saw the value.
    fn read(&mut self, cluster: u32, call: u64, returned: u64) {
        let cluster = &mut self.list[cluster as usize];
        cluster.seen = true;
        cluster.first_return = cluster.first_return.min(returned);
        cluster.last_call = cluster.last_call.max(call);
    }

    /// Somebody wrote the value, and took the one of `from` if it was a swap.
    fn write(&mut self, cluster: u32, from: u32, call: u64, returned: u64) {
        if from != NONE && returned != NEVER {
            self.list[from as usize].seen = true;
        }
        let place = cluster;
        let cluster = &mut self.list[cluster as usize];
        if cluster.call == NEVER {
            (cluster.call, cluster.returned, cluster.from) = (call, returned, from);
            return;
        }
        cluster.shared = true;
        if from != NONE || cluster.from != NONE {
            self.hard[cluster.key as usize] = true;
        }
        self.others.push(Other { cluster: place, call, returned });
    }

    /// Somebody saw that the value was not there.
    fn differ(&mut self, cluster: u32, call: u64, returned: u64) {
        self.differing.push(Differing { cluster, call, returned });
    }
}

/// Decides one key by its model. The clusters of [`Decision::No`] are states.
pub(super) fn of_model(model: &Model) -> Decision {
    let moment = |place: u32| match place {
        u32::MAX => NEVER,
        place => u64::from(place) + 1,
    };
    let mut clusters = Clusters::default();
    clusters.key(0);
    clusters.cluster(model.needed.len().max(1) as u32 - 1, 0);
    if model.initial != JUNK {
        clusters.write(model.initial, NONE, 0, 0);
    }
    for step in &model.steps {
        let (call, returned) = (moment(step.call), moment(step.deadline));
        match step.effect {
            Effect::Read(state) => clusters.read(state, call, returned),
            Effect::Differ(state) => clusters.differ(state, call, returned),
            Effect::Write(state) => clusters.write(state, NONE, call, returned),
            Effect::Swap(from, to) if from != JUNK => clusters.write(to, from, call, returned),
            Effect::Swap(..) | Effect::Append(_) => return Decision::Hard,
        }
    }
    clusters.decide().0.pop().expect("one key")
}
