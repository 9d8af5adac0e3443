//! A request takes effect once, however often it is tried (*thesis §6.3*), as the clients see it.
//!
//! * No read at a log index sees a write that says that it took effect behind that index: it has
//!   taken effect before, too.
//! * What was appended once stands in a value once.
//!
//! Only what is certain counts: a value is taken apart from its end, as long as one operation
//! alone can have written the piece there, down to a value that one operation alone has put.
//!
//! Not done here: a request that took effect twice in a row, or whose traces were overwritten
//! before anyone looked. No client can tell.

use std::collections::{BTreeMap, BTreeSet};

use system::{Key, Op, Output, Value};
use trace::{History, Operation, Outcome, Violation};

use crate::findings::Findings;

const CHECK: &str = "exactly-once";
/// Pieces into which one value is taken apart, at most.
const PIECES_MAX: usize = 1_000;

/// Who wrote what on one key; `None` where several may have.
#[derive(Default)]
struct Writers<'a> {
    whole: BTreeMap<&'a [u8], Option<&'a Operation>>,
    pieces: BTreeMap<&'a [u8], Option<&'a Operation>>,
    /// The lengths of pieces.
    lengths: BTreeSet<usize>,
    reads: Vec<(&'a Operation, &'a Value, u64)>,
}

/// Looks for the first request of each kind that took effect twice.
pub(crate) fn find(history: &History, findings: &mut Findings) {
    let mut keys: BTreeMap<&Key, Writers<'_>> = BTreeMap::new();
    for operation in &history.operations {
        keys.entry(operation.op.key()).or_default().take(operation);
    }
    if let Some(initial) = &history.initial {
        for writers in keys.values_mut() {
            writers.whole.insert(initial, None);
        }
    }
    for writers in keys.values() {
        for &(read, value, index) in &writers.reads {
            writers.judge(read, value, index, findings);
        }
    }
}

impl<'a> Writers<'a> {
    fn take(&mut self, operation: &'a Operation) {
        match (&operation.op, &operation.outcome) {
            (_, Outcome::Failed(_)) => {}
            (Op::Put { value, .. } | Op::Cas { value, .. }, _) => {
                let writer = self.whole.entry(value);
                writer.and_modify(|other| *other = None).or_insert(Some(operation));
            }
            (Op::Append { value, .. }, _) => {
                let writer = self.pieces.entry(value);
                writer.and_modify(|other| *other = None).or_insert(Some(operation));
                self.lengths.insert(value.len());
            }
            (Op::Get { .. }, Outcome::Ok { output: Output::Value(Some(value)), index, .. })
                if *index > 0 =>
            {
                self.reads.push((operation, value, *index));
            }
            _ => {}
        }
    }

    fn judge(&self, read: &Operation, value: &Value, index: u64, findings: &mut Findings) {
        let Some(seen) = self.take_apart(value) else { return };
        let mut once = BTreeSet::new();
        for write in seen {
            if !once.insert(write.id) {
                findings.add(violation("appended-twice", write, read, "stands twice in it"));
            }
            if let Outcome::Ok { index: later, .. } = write.outcome
                && later > index
            {
                let what = format!("says that it took effect at {later}");
                findings.add(violation("seen-before", write, read, &what));
            }
        }
    }

    /// Who made the value; `None` if that is not certain.
    fn take_apart(&self, value: &[u8]) -> Option<Vec<&'a Operation>> {
        let mut rest = value;
        let mut seen = Vec::new();
        while seen.len() < PIECES_MAX {
            let put = self.whole.get(rest).copied();
            let mut pieces = self
                .lengths
                .iter()
                .filter(|&&length| length > 0 && length <= rest.len())
                .filter_map(|length| self.pieces.get(&rest[rest.len() - length..]).copied());
            match (put, pieces.next(), pieces.next()) {
                (Some(Some(put)), None, _) => {
                    seen.push(put);
                    return Some(seen);
                }
                (None, Some(Some(piece)), None) => {
                    seen.push(piece);
                    let Op::Append { value, .. } = &piece.op else { return None };
                    rest = &rest[..rest.len() - value.len()];
                }
                (None, None, _) if rest.is_empty() => return Some(seen),
                _ => return None,
            }
        }
        None
    }
}

fn violation(kind: &str, write: &Operation, read: &Operation, what: &str) -> Violation {
    let (key, name) = (write.op.key().escape_ascii(), write.op.name());
    let (by, reader) = (write.id, read.id);
    let index = match read.outcome {
        Outcome::Ok { index, .. } => index,
        _ => 0,
    };
    let mut core = vec![write.invoked_seq, read.invoked_seq, read.returned_seq];
    if write.returned_seq != u64::MAX {
        core.push(write.returned_seq);
    }
    core.sort_unstable();
    Violation {
        check: CHECK,
        kind: kind.to_owned(),
        message: format!(
            "c{}.{}'s read of {key} at index {index} saw c{}.{}'s {name}, which {what}",
            reader.client, reader.number, by.client, by.number
        ),
        ops: vec![by, reader],
        nodes: Vec::new(),
        core,
    }
}
