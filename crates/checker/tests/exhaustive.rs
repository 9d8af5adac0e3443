//! All small histories of three clients and two values: every order of calls and returns, every
//! answer, every operation that may stay open. Clients and values that only differ by name are
//! taken once.
//!
//! * Of a register: all of up to four operations, and one of 199 of those with five.
//! * Of a store with all its operations: all of up to three, and one of 97 of those with four.
//! * Of both, up to twelve operations, four of each client: walks through the same tree, which has
//!   far too many branches (beyond 10^15) to take them all.

mod reference;

use checker::linearizability::{Limits, Road, Verdict, decide};
use checker::synthetic::Draw;
use reference::wing_gong_lowe;
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

const CLIENTS: usize = 3;
const OPERATIONS_OF_A_CLIENT: usize = 4;

/// What is asked of the key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Register,
    Store,
}

/// A history in the making.
struct Making {
    asked: Asked,
    /// How many operations are all taken, and of how many more one is taken of so many.
    all: usize,
    sampled: usize,
    stride: u64,
    skipped: u64,
    operations: Vec<Operation>,
    /// The open operation of each client that has begun.
    open: Vec<Option<usize>>,
    seq: u64,
    right: u64,
    wrong: u64,
}

fn value(number: usize) -> Option<bytes::Bytes> {
    VALUES[number].map(Into::into)
}

/// What can be written comes first, then what appends can make of it.
const VALUES: [Option<&str>; 7] =
    [None, Some("a"), Some("b"), Some("ab"), Some("ba"), Some("aa"), Some("bb")];

impl Making {
    fn new(asked: Asked, all: usize, sampled: usize, stride: u64) -> Making {
        let (operations, open) = (Vec::new(), Vec::new());
        let (skipped, seq, right, wrong) = (0, 0, 0, 0);
        Making { asked, all, sampled, stride, skipped, operations, open, seq, right, wrong }
    }

    /// Judges what is there, and goes on in every way.
    fn go_on(&mut self) {
        if self.operations.iter().any(|o| o.returned_seq != u64::MAX) {
            self.judge();
        }
        for client in 0..CLIENTS.min(self.open.len() + 1) {
            if client == self.open.len() {
                self.open.push(None);
            }
            match self.open[client] {
                Some(place) => self.end(client, place),
                None if self.operations.len() < self.sampled => self.begin(client),
                None => {}
            }
            if client + 1 == self.open.len()
                && self.operations.iter().all(|o| o.id.client != client as u64)
            {
                self.open.pop();
            }
        }
    }

    /// What a client can ask next. The first who writes writes `a`.
    fn choices(&self) -> Vec<Op> {
        let key = bytes::Bytes::from_static(b"x");
        let is_new = self.operations.iter().all(|o| o.op.is_read());
        let written = || (if is_new { 1..=1 } else { 1..=2 }).filter_map(value);
        let mut ops: Vec<Op> = written().map(|value| Op::Put { key: key.clone(), value }).collect();
        if self.asked == Asked::Store {
            ops.push(Op::Delete { key: key.clone() });
            ops.extend(written().map(|value| Op::Append { key: key.clone(), value }));
            for expect in 0..3 {
                let cas = |value| Op::Cas { key: key.clone(), expect: self::value(expect), value };
                ops.extend(written().map(cas));
            }
        }
        ops.push(Op::Get { key });
        ops
    }

    fn answers(&self, op: &Op) -> Vec<Output> {
        let values = if self.asked == Asked::Store { VALUES.len() } else { 3 };
        match op {
            Op::Get { .. } => (0..values).map(|number| Output::Value(value(number))).collect(),
            Op::Cas { .. } => vec![Output::Swapped(true), Output::Swapped(false)],
            _ => vec![Output::Done],
        }
    }

    fn call(&mut self, client: usize, op: Op) {
        self.open[client] = Some(self.operations.len());
        self.operations.push(Operation {
            id: OpId { client: client as u64, number: self.operations.len() as u64 },
            op,
            invoked_seq: self.seq,
            invoked_at: self.seq,
            returned_seq: u64::MAX,
            returned_at: u64::MAX,
            outcome: Outcome::Unknown("open"),
        });
        self.seq += 1;
    }

    fn begin(&mut self, client: usize) {
        for op in self.choices() {
            if self.operations.len() >= self.all {
                self.skipped += 1;
                if !self.skipped.is_multiple_of(self.stride) {
                    continue;
                }
            }
            self.call(client, op);
            self.go_on();
            self.seq -= 1;
            self.operations.pop();
            self.open[client] = None;
        }
    }

    fn end(&mut self, client: usize, place: usize) {
        let outputs = self.answers(&self.operations[place].op);
        self.open[client] = None;
        for output in outputs {
            self.operations[place].returned_seq = self.seq;
            self.operations[place].outcome = Outcome::Ok { output, path: ReadPath::Log, index: 0 };
            self.seq += 1;
            self.go_on();
            self.seq -= 1;
        }
        self.operations[place].returned_seq = u64::MAX;
        self.operations[place].outcome = Outcome::Unknown("open");
        self.open[client] = Some(place);
    }

    fn history(&self) -> History {
        History { initial: None, operations: self.operations.clone() }
    }

    /// Goes one way through the tree, to its end. Two wrong answers of three are taken back.
    fn walk(&mut self, draw: &mut Draw) {
        self.open = vec![None; CLIENTS];
        loop {
            let begun = |client: &usize| {
                self.operations.iter().filter(|o| o.id.client == *client as u64).count()
            };
            let may_move = |client: &usize| {
                self.open[*client].is_some() || begun(client) < OPERATIONS_OF_A_CLIENT
            };
            let clients: Vec<usize> = (0..CLIENTS).filter(may_move).collect();
            if clients.is_empty() {
                break;
            }
            let client = clients[draw.below(clients.len() as u64) as usize];
            let Some(place) = self.open[client].take() else {
                let mut ops = self.choices();
                self.call(client, ops.swap_remove(draw.below(ops.len() as u64) as usize));
                continue;
            };
            let outputs = self.answers(&self.operations[place].op);
            self.operations[place].returned_seq = self.seq;
            self.seq += 1;
            loop {
                let output = outputs[draw.below(outputs.len() as u64) as usize].clone();
                let path = ReadPath::Log;
                self.operations[place].outcome = Outcome::Ok { output, path, index: 0 };
                if draw.below(30) == 0 || wing_gong_lowe(&self.history()) {
                    break;
                }
            }
            self.judge();
        }
    }

    fn judge(&mut self) {
        let history = self.history();
        let expected = wing_gong_lowe(&history);
        for road in [Road::Both, Road::Search, Road::Zones] {
            let limits = Limits { road, ..Limits::new(1_000_000) };
            let answer = match decide(&history, limits) {
                Verdict::Yes => expected,
                Verdict::No(_) => !expected,
                Verdict::Unknown(_) => road == Road::Zones,
            };
            assert!(answer, "{road:?}, expected {expected}: {:#?}", history.operations);
        }
        *if expected { &mut self.right } else { &mut self.wrong } += 1;
    }
}

fn all(asked: Asked, all: usize, sampled: usize, stride: u64) {
    let mut making = Making::new(asked, all, sampled, stride);
    making.go_on();
    assert!(making.right > 10_000 && making.wrong > 10_000, "{} {}", making.right, making.wrong);
    println!("{} right, {} wrong", making.right, making.wrong);
}

#[test]
fn all_small_histories_of_a_register() {
    all(Asked::Register, 4, 5, 199);
}

#[test]
fn all_small_histories_of_a_store() {
    all(Asked::Store, 3, 4, 97);
}

#[test]
fn walks_through_histories_of_four_operations_of_each_client() {
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..4_000 {
        let asked = if seed % 2 == 0 { Asked::Register } else { Asked::Store };
        let mut making = Making::new(asked, 0, 0, 1);
        making.walk(&mut Draw::new(seed));
        assert_eq!(making.operations.len(), CLIENTS * OPERATIONS_OF_A_CLIENT);
        right += making.right;
        wrong += making.wrong;
    }
    assert!(right > 10_000 && wrong > 5_000, "{right} {wrong}");
    println!("{right} right, {wrong} wrong");
}
