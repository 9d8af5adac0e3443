//! All histories of a register with two values, three clients and up to four operations: every
//! order of calls and returns, every answer, every operation that may stay open. Clients and
//! values that only differ by name are taken once.

mod reference;

use checker::linearizability::{Limits, Road, Verdict, decide};
use reference::wing_gong_lowe;
use system::{Op, Output, ReadPath};
use trace::{History, OpId, Operation, Outcome};

const CLIENTS: usize = 3;
const OPERATIONS_MAX: usize = 4;

/// A history in the making.
#[derive(Default)]
struct Making {
    operations: Vec<Operation>,
    /// The open operation of each client that has begun.
    open: Vec<Option<usize>>,
    seq: u64,
    right: u64,
    wrong: u64,
}

fn value(number: usize) -> Option<bytes::Bytes> {
    [None, Some("a"), Some("b")][number].map(Into::into)
}

impl Making {
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
                None if self.operations.len() < OPERATIONS_MAX => self.begin(client),
                None => {}
            }
            if client + 1 == self.open.len()
                && self.operations.iter().all(|o| o.id.client != client as u64)
            {
                self.open.pop();
            }
        }
    }

    fn begin(&mut self, client: usize) {
        let key = bytes::Bytes::from_static(b"x");
        let is_new = self.operations.iter().all(|o| o.op.is_read());
        let writes = if is_new { 1..=1 } else { 1..=2 };
        let puts = writes
            .map(|number| Op::Put { key: key.clone(), value: value(number).expect("a value") });
        let ops: Vec<Op> = puts.chain([Op::Get { key: key.clone() }]).collect();
        for op in ops {
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
            self.go_on();
            self.seq -= 1;
            self.operations.pop();
            self.open[client] = None;
        }
    }

    fn end(&mut self, client: usize, place: usize) {
        let outputs = match self.operations[place].op {
            Op::Get { .. } => (0..3).map(|number| Output::Value(value(number))).collect(),
            _ => vec![Output::Done],
        };
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

    fn judge(&mut self) {
        let history = History { initial: None, operations: self.operations.clone() };
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

#[test]
fn all_small_histories() {
    let mut making = Making::default();
    making.go_on();
    assert!(making.right > 10_000 && making.wrong > 10_000, "{} {}", making.right, making.wrong);
    println!("{} right, {} wrong", making.right, making.wrong);
}
