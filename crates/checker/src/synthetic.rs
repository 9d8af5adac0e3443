//! Histories made to order: linearizable by construction, or with one lie in them.
//!
//! A store that is right answers clients of which each always has one operation open. Who takes
//! the next step (takes effect, returns) is drawn from a seed; so is whose outcome stays unknown.
//! Tests and benches share this generator, so that what is measured is what is tested.

mod lie;

use bytes::Bytes;
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

pub use lie::{Lie, tell};

/// A generator of numbers that is enough for drawing (*Vigna, splitmix64*).
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// A generator that starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Draw {
        Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// True `part` times of a million.
    pub fn chance(&mut self, part: u64) -> bool {
        self.below(1_000_000) < part
    }
}

/// How often each operation is drawn, as weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Reads.
    pub get: u64,
    /// Writes.
    pub put: u64,
    /// Appends.
    pub append: u64,
    /// Comparisons with what the store held a moment ago.
    pub cas: u64,
    /// Deletions.
    pub delete: u64,
}

impl Mix {
    /// Reads and writes, half and half.
    pub const REGISTER: Mix = Mix { get: 50, put: 50, append: 0, cas: 0, delete: 0 };
    /// Everything that a key-value store can do.
    pub const STORE: Mix = Mix { get: 40, put: 20, append: 15, cas: 15, delete: 10 };
}

/// What a history is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many operations, from 1.
    pub operations: u64,
    /// How many are open at once, from 1.
    pub clients: u64,
    /// How many keys, from 1.
    pub keys: u64,
    /// How many different values are written; 0 for a new one in each write.
    pub values: u64,
    /// How many of a million operations end with an unknown outcome.
    pub unknown: u64,
    /// What is asked.
    pub mix: Mix,
    /// The seed.
    pub seed: u64,
}

/// An operation under way.
#[derive(Debug)]
struct Open {
    place: usize,
    output: Option<Output>,
    /// Whether nobody will learn its outcome.
    unknown: bool,
}

/// A store and its clients.
struct Stage<'a> {
    shape: &'a Shape,
    draw: Draw,
    keys: Vec<Bytes>,
    held: Vec<Option<Bytes>>,
    numbers: Numbers,
    operations: Vec<Operation>,
    seq: u64,
}

/// Makes a linearizable history.
///
/// # Panics
///
/// If `operations`, `clients` or `keys` is 0.
#[must_use]
pub fn history(shape: &Shape) -> History {
    assert!(shape.operations > 0 && shape.clients > 0 && shape.keys > 0, "a shape of nothing");
    let mut stage = Stage {
        shape,
        draw: Draw::new(shape.seed),
        keys: (0..shape.keys).map(|key| Bytes::from(format!("k{key}"))).collect(),
        held: vec![None; shape.keys as usize],
        numbers: Numbers::up_to(shape.operations.max(shape.values)),
        operations: Vec::with_capacity(shape.operations as usize),
        seq: 0,
    };
    let mut open: Vec<Open> = Vec::new();
    loop {
        while (open.len() as u64) < shape.clients
            && (stage.operations.len() as u64) < shape.operations
        {
            let client = open.len() as u64;
            open.push(stage.invoke(client));
        }
        if open.is_empty() {
            break;
        }
        let client = stage.draw.below(open.len() as u64) as usize;
        if stage.step(&mut open[client]) {
            let more = (stage.operations.len() as u64) < shape.operations;
            if more {
                open[client] = stage.invoke(client as u64);
            } else {
                open.swap_remove(client);
            }
        }
    }
    History { operations: stage.operations, ..History::default() }
}

impl Stage<'_> {
    fn invoke(&mut self, client: u64) -> Open {
        let place = self.operations.len();
        let key = self.draw.below(self.shape.keys) as usize;
        let op = self.draw_op(key, place as u64);
        let unknown = self.draw.chance(self.shape.unknown);
        self.operations.push(Operation {
            id: OpId { client: client + 1, number: place as u64 + 1 },
            op,
            invoked_seq: self.seq,
            invoked_at: self.seq * 1000,
            returned_seq: u64::MAX,
            returned_at: u64::MAX,
            outcome: Outcome::Unknown("timeout"),
        });
        self.seq += 1;
        Open { place, output: None, unknown }
    }

    fn draw_op(&mut self, key: usize, place: u64) -> Op {
        let mix = &self.shape.mix;
        let mut at = self.draw.below(mix.get + mix.put + mix.append + mix.cas + mix.delete);
        let name = self.keys[key].clone();
        let number = match self.shape.values {
            0 => place,
            values => self.draw.below(values),
        };
        let value = self.numbers.get(number);
        let mut falls_in = |share: u64| {
            let inside = at < share;
            at = at.wrapping_sub(share);
            inside
        };
        if falls_in(mix.get) {
            Op::Get { key: name }
        } else if falls_in(mix.put) {
            Op::Put { key: name, value }
        } else if falls_in(mix.append) {
            Op::Append { key: name, value }
        } else if falls_in(mix.cas) {
            Op::Cas { key: name, expect: self.held[key].clone(), value }
        } else {
            Op::Delete { key: name }
        }
    }

    /// Lets an operation take effect or return. True if it is over.
    fn step(&mut self, open: &mut Open) -> bool {
        let operation = &mut self.operations[open.place];
        if open.output.is_none() && !(open.unknown && self.draw.chance(500_000)) {
            let key = key_number(operation.op.key());
            open.output = Some(apply(&operation.op, &mut self.held[key]));
            return false;
        }
        if !open.unknown {
            let output = open.output.take().expect("it took effect");
            operation.outcome = Outcome::Ok { output, path: ReadPath::Log, index: 0 };
            operation.returned_seq = self.seq;
        }
        operation.returned_at = self.seq * 1000;
        self.seq += 1;
        true
    }
}

fn key_number(key: &[u8]) -> usize {
    key[1..].iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// What a right store answers.
fn apply(op: &Op, held: &mut Option<Bytes>) -> Output {
    match op {
        Op::Get { .. } => return Output::Value(held.clone()),
        Op::Put { value, .. } => *held = Some(value.clone()),
        Op::Delete { .. } => *held = None,
        Op::Cas { expect, value, .. } => {
            let swaps = held == expect;
            if swaps {
                *held = Some(value.clone());
            }
            return Output::Swapped(swaps);
        }
        Op::Append { value, .. } => {
            let mut longer = held.as_deref().unwrap_or_default().to_vec();
            longer.extend_from_slice(value);
            longer.push(b';');
            longer.pop();
            *held = Some(longer.into());
        }
    }
    Output::Done
}

/// The numbers from 0 as texts that share one piece of memory.
struct Numbers {
    text: Bytes,
}

impl Numbers {
    /// Digits of each.
    const WIDTH: usize = 7;

    fn up_to(end: u64) -> Numbers {
        let mut text = String::with_capacity(end as usize * Self::WIDTH);
        for number in 0..=end {
            text.push_str(&format!("{number:0width$}", width = Self::WIDTH));
        }
        Numbers { text: text.into() }
    }

    fn get(&self, number: u64) -> Bytes {
        let start = number as usize * Self::WIDTH;
        self.text.slice(start..start + Self::WIDTH)
    }
}
