//! From clusters to blocks, from blocks to zones, from zones to decisions.

use super::{Clusters, Decision, NEVER, NONE};

/// Clusters that are tied to each other.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// The first return.
    first_return: u64,
    /// The last call.
    last_call: u64,
    /// One of the clusters.
    cluster: u32,
}

/// Where a block, or a write that nobody saw, has to be.
#[derive(Clone, Copy, Debug)]
struct Zone {
    left: u64,
    right: u64,
    cluster: u32,
    key: u32,
}

/// The forward and the backward zones, by key and place.
#[derive(Debug, Default)]
struct Zones {
    forward: Vec<Zone>,
    backward: Vec<Zone>,
}

impl Clusters {
    /// Decides every key, and says for each cluster which block it is in.
    pub(super) fn decide(mut self) -> (Vec<Decision>, Vec<u32>) {
        let mut decisions = vec![Decision::Yes; self.hard.len()];
        self.drop_unseen();
        let (blocks, mut zones) = self.build_blocks(&mut decisions);
        for other in &self.others {
            if self.list[other.cluster as usize].seen {
                let key = self.list[other.cluster as usize].key;
                self.hard[key as usize] = true;
            } else if other.returned != NEVER {
                zones.add(other.returned, other.call, other.cluster, &self);
            }
        }
        zones.sort();
        zones.judge(&mut decisions);
        self.judge_differing(&blocks, &zones.forward, &mut decisions);
        for (key, decision) in decisions.iter_mut().enumerate() {
            if self.hard[key] {
                *decision = Decision::Hard;
            }
        }
        (decisions, self.list.iter().map(|cluster| cluster.block).collect())
    }

    /// A write of unknown outcome happened if somebody saw it; then so did what it took.
    fn drop_unseen(&mut self) {
        for cluster in 0..self.list.len() {
            let mut at = cluster;
            while self.list[at].seen && self.list[at].from != NONE {
                let from = self.list[at].from as usize;
                if std::mem::replace(&mut self.list[from].seen, true) {
                    break;
                }
                at = from;
            }
        }
        for cluster in &mut self.list {
            if !cluster.seen && cluster.call != NEVER && cluster.returned == NEVER {
                (cluster.call, cluster.from) = (NEVER, NONE);
            }
        }
    }

    /// Ties clusters together. Those that cannot be tied decide their key.
    fn build_blocks(&mut self, decisions: &mut [Decision]) -> (Vec<Block>, Zones) {
        let mut next: Vec<u32> = Vec::new();
        let mut zones = Zones::default();
        let mut tied = 0;
        for place in 0..self.list.len() {
            let cluster = &mut self.list[place];
            if cluster.call == NEVER {
                if cluster.seen {
                    refuse(decisions, cluster.key, place as u32, place as u32);
                }
                continue;
            }
            if cluster.first_return < cluster.call {
                refuse(decisions, cluster.key, place as u32, place as u32);
            }
            cluster.first_return = cluster.first_return.min(cluster.returned);
            cluster.last_call = cluster.last_call.max(cluster.call);
            let from = cluster.from;
            if from != NONE {
                next.resize(self.list.len(), NONE);
                let other = std::mem::replace(&mut next[from as usize], place as u32);
                if other != NONE {
                    refuse(decisions, self.list[place].key, other, place as u32);
                }
                tied += 1;
            }
        }
        let mut blocks = Vec::new();
        for place in 0..self.list.len() {
            let cluster = &self.list[place];
            if cluster.call == NEVER || cluster.from != NONE {
                continue;
            }
            if next.is_empty() || next[place] == NONE {
                zones.add(cluster.first_return, cluster.last_call, place as u32, self);
            } else {
                tied -= self.tie(place, &next, &mut blocks, decisions);
                let block = blocks.last().expect("it was tied");
                zones.add(block.first_return, block.last_call, place as u32, self);
            }
        }
        if tied > 0 {
            self.find_rings(decisions);
        }
        (blocks, zones)
    }

    /// Makes a block of what follows a cluster, and says how many follow. Each cluster is left
    /// with the moments between which it must fill the block.
    fn tie(
        &mut self,
        head: usize,
        next: &[u32],
        blocks: &mut Vec<Block>,
        decisions: &mut [Decision],
    ) -> usize {
        let number = blocks.len() as u32;
        let mut chain = vec![head];
        let mut latest = (0, head);
        let mut at = head;
        loop {
            let cluster = &mut self.list[at];
            if at != head && cluster.first_return < latest.0 {
                refuse(decisions, cluster.key, latest.1 as u32, at as u32);
            }
            latest = latest.max((cluster.last_call, at));
            cluster.last_call = latest.0;
            cluster.block = number;
            if next[at] == NONE {
                break;
            }
            at = next[at] as usize;
            chain.push(at);
        }
        let mut first_return = NEVER;
        for &at in chain.iter().rev() {
            first_return = first_return.min(self.list[at].first_return);
            self.list[at].first_return = first_return;
        }
        blocks.push(Block { first_return, last_call: latest.0, cluster: head as u32 });
        chain.len() - 1
    }

    /// Clusters that take each other in a ring have no first; those that take one that nobody
    /// wrote have none either.
    fn find_rings(&self, decisions: &mut [Decision]) {
        for (place, cluster) in self.list.iter().enumerate() {
            if cluster.call != NEVER && cluster.from != NONE && cluster.block == NONE {
                refuse(decisions, cluster.key, cluster.from, place as u32);
            }
        }
    }

    /// Looks at those who saw a value differ.
    fn judge_differing(&mut self, blocks: &[Block], forward: &[Zone], decisions: &mut [Decision]) {
        for differing in &self.differing {
            let cluster = self.list[differing.cluster as usize];
            // Of several writers the first may have been dropped: its call says nothing.
            if cluster.shared {
                self.hard[cluster.key as usize] = true;
                continue;
            }
            if cluster.call == NEVER || differing.call < cluster.call {
                continue;
            }
            let (from, to) = (cluster.first_return, cluster.last_call);
            if from < differing.call && differing.returned < to {
                refuse(decisions, cluster.key, differing.cluster, differing.cluster);
                continue;
            }
            let (first_return, head) = match blocks.get(cluster.block as usize) {
                Some(block) => (block.first_return, block.cluster),
                None => (cluster.first_return, differing.cluster),
            };
            let key = cluster.key;
            let mut place =
                forward.partition_point(|zone| (zone.key, zone.right) < (key, first_return));
            if forward.get(place).is_some_and(|zone| zone.cluster == head) {
                place += 1;
            }
            let follows = forward.get(place).filter(|zone| zone.key == key);
            if follows.is_none_or(|zone| differing.returned < zone.left) {
                self.hard[key as usize] = true;
            }
        }
    }
}

fn refuse(decisions: &mut [Decision], key: u32, one: u32, other: u32) {
    let decision = &mut decisions[key as usize];
    if *decision == Decision::Yes {
        *decision = Decision::No(one, other);
    }
}

impl Zones {
    fn add(&mut self, first_return: u64, last_call: u64, cluster: u32, clusters: &Clusters) {
        let key = clusters.list[cluster as usize].key;
        if first_return < last_call {
            self.forward.push(Zone { left: first_return, right: last_call, cluster, key });
        } else {
            self.backward.push(Zone { left: last_call, right: first_return, cluster, key });
        }
    }

    fn sort(&mut self) {
        sort_nearly_sorted(&mut self.forward);
        sort_nearly_sorted(&mut self.backward);
    }

    fn judge(&self, decisions: &mut [Decision]) {
        for pair in self.forward.windows(2) {
            let [one, other] = pair else { continue };
            if one.key == other.key && other.left < one.right {
                refuse(decisions, one.key, one.cluster, other.cluster);
            }
        }
        let mut place = 0;
        for inner in &self.backward {
            let begins_before = |zone: &Zone| (zone.key, zone.left) < (inner.key, inner.left);
            while self.forward.get(place).is_some_and(begins_before) {
                place += 1;
            }
            let Some(outer) = place.checked_sub(1).map(|place| &self.forward[place]) else {
                continue;
            };
            if outer.key == inner.key && inner.right < outer.right {
                refuse(decisions, inner.key, outer.cluster, inner.cluster);
            }
        }
    }
}

/// Sorts by key and left end. Zones arrive nearly in order, one key after another or one key
/// alone; what is not is left to the library.
fn sort_nearly_sorted(zones: &mut Vec<Zone>) {
    let order = |zone: &Zone| (zone.key, zone.left);
    if zones.iter().any(|zone| zone.key != 0) {
        *zones = spread_by_key(zones);
    }
    let mut moves_left = zones.len() * 16;
    for place in 1..zones.len() {
        let zone = zones[place];
        let mut at = place;
        while at > 0 && order(&zones[at - 1]) > order(&zone) {
            zones[at] = zones[at - 1];
            at -= 1;
        }
        zones[at] = zone;
        moves_left = moves_left.saturating_sub(place - at);
        if moves_left == 0 {
            zones.sort_unstable_by_key(order);
            return;
        }
    }
}

/// The zones of one key behind those of another, each key's in the order in which they came.
fn spread_by_key(zones: &[Zone]) -> Vec<Zone> {
    let keys = zones.iter().map(|zone| zone.key).max().map_or(0, |key| key as usize + 1);
    let mut starts = vec![0usize; keys + 1];
    for zone in zones {
        starts[zone.key as usize + 1] += 1;
    }
    for key in 0..keys {
        starts[key + 1] += starts[key];
    }
    let mut spread = zones.to_vec();
    for zone in zones {
        let place = &mut starts[zone.key as usize];
        spread[*place] = *zone;
        *place += 1;
    }
    spread
}
