//! What the clients do: the n-th operation of a client as a function of the seed.

use bytes::Bytes;
use sim::{Chance, Stream, StreamName};
use system::{ClientId, Key, Nanos, Op, Value};
use trace::{KeyDistribution, Pace, Workload};

/// Words of the client's stream that belong to one operation.
const WORDS_PER_OP: u64 = 4;
/// The same, if clients roam.
const WORDS_PER_ROAMING_OP: u64 = 8;

/// Draws operations for one client.
#[derive(Debug)]
pub struct Generator {
    client: ClientId,
    stream: Stream,
    /// Running sums of the keys' weights.
    weights: Vec<u64>,
    /// Names of the keys, made once.
    keys: Vec<Key>,
    /// What the client last saw of each key: what a cas expects.
    seen: Vec<Option<Value>>,
    /// How long a value of the operation being drawn is, at least.
    value_bytes: usize,
}

/// One drawn operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What.
    pub op: Op,
    /// The key's number.
    pub key: usize,
    /// A number that chooses the node to ask first, if it is not the one that answered last.
    pub roams: Option<u64>,
    /// The pause before it: since the operation before it ended (closed pace) or was due (open
    /// pace).
    pub pause: Nanos,
}

impl Generator {
    /// A generator for the client with this id, on the luck of a run.
    #[must_use]
    pub fn new(workload: &Workload, client: ClientId, chance: &Chance) -> Self {
        Generator {
            client,
            stream: chance.stream(StreamName::Client(client)),
            weights: weights(workload),
            keys: (0..workload.keys).map(key_name).collect(),
            seen: vec![None; workload.keys as usize],
            value_bytes: 0,
        }
    }

    /// The operation with this number (from 1).
    pub fn draw(&mut self, workload: &Workload, number: u64) -> Drawn {
        let may_roam = workload.roam > 0;
        let words = if may_roam { WORDS_PER_ROAMING_OP } else { WORDS_PER_OP };
        self.stream.seek(number * words);
        let roams = (may_roam && self.stream.chance(workload.roam)).then(|| self.stream.next_u64());
        let large = workload.large_values.filter(|large| self.stream.chance(large.chance));
        self.value_bytes = large.map_or(workload.value_bytes, |large| large.bytes) as usize;
        let key = self.draw_key();
        let op = self.draw_op(workload, key, number);
        Drawn { op, key, roams, pause: self.draw_pause(workload.pace) }
    }

    fn draw_key(&mut self) -> usize {
        let total = *self.weights.last().expect("a workload has a key");
        let at = self.stream.below(total);
        self.weights.partition_point(|&sum| sum <= at)
    }

    fn draw_op(&mut self, workload: &Workload, key: usize, number: u64) -> Op {
        let mix = &workload.mix;
        let total = mix.get + mix.put + mix.delete + mix.cas + mix.append;
        let mut at = self.stream.below(u64::from(total)) as u32;
        let name = self.keys[key].clone();
        if self.client <= workload.readers {
            return Op::Get { key: name };
        }
        let mut falls_in = |share: u32| {
            let inside = at < share;
            at = at.wrapping_sub(share);
            inside
        };
        if falls_in(mix.get) {
            Op::Get { key: name }
        } else if falls_in(mix.put) {
            Op::Put { key: name, value: self.value(number) }
        } else if falls_in(mix.delete) {
            Op::Delete { key: name }
        } else if falls_in(mix.cas) {
            let expect = self.seen[key].clone();
            Op::Cas { key: name, expect, value: self.value(number) }
        } else {
            self.append(name, number)
        }
    }

    fn draw_pause(&mut self, pace: Pace) -> Nanos {
        let mean = match pace {
            Pace::Closed { think } => think,
            Pace::Open { every } => every,
        };
        self.stream.between(mean / 2, mean + mean / 2)
    }

    /// A write of a kind that the workload has, to a key that nobody else writes; `None` if it has
    /// none.
    pub(crate) fn closing_write(&mut self, workload: &Workload, number: u64) -> Option<Op> {
        let mix = &workload.mix;
        let has = |name: &str, share: u32| match &workload.script[..] {
            [] => share > 0,
            script => script.iter().any(|scripted| scripted.op.name() == name),
        };
        self.value_bytes = workload.value_bytes as usize;
        let key = Bytes::from(format!("end{}", self.client));
        if has("put", mix.put) {
            Some(Op::Put { key, value: self.value(number) })
        } else if has("append", mix.append) {
            Some(self.append(key, number))
        } else if has("cas", mix.cas) {
            Some(Op::Cas { key, expect: None, value: self.value(number) })
        } else if has("delete", mix.delete) {
            Some(Op::Delete { key })
        } else {
            None
        }
    }

    fn append(&self, key: Key, number: u64) -> Op {
        Op::Append { key, value: Bytes::from(format!("{}.{number};", self.client)) }
    }

    /// A value that no other operation writes.
    fn value(&self, number: u64) -> Value {
        let mut text = format!("{}.{number}", self.client).into_bytes();
        text.resize(text.len().max(self.value_bytes), b'_');
        Bytes::from(text)
    }

    /// Remembers what the key with this number was seen to hold: what a cas expects.
    pub fn saw(&mut self, key: usize, value: Option<Value>) {
        self.seen[key] = value;
    }
}

/// The name of the key with this number: `k0`, `k1`, ...
#[must_use]
pub fn key_name(number: u64) -> Key {
    Bytes::from(format!("k{number}"))
}

fn weights(workload: &Workload) -> Vec<u64> {
    const SCALE: u64 = 1_000_000;
    let mut sum = 0;
    (0..workload.keys)
        .map(|key| {
            sum += match workload.distribution {
                KeyDistribution::Uniform => 1,
                KeyDistribution::Zipf => SCALE / (key + 1),
                KeyDistribution::Hot(share) if key == 0 => {
                    (u64::from(share) * (workload.keys - 1)).max(1)
                }
                KeyDistribution::Hot(share) => SCALE - u64::from(share),
            };
            sum
        })
        .collect()
}
