//! **Durability, seen by the clients** (*Raft §8: a client is answered when its command is
//! committed and applied*): what was acknowledged is there at the end.
//!
//! [`super::durability`] asks the disks, and needs the log index of an acknowledged write. A node
//! that acknowledges before it knows an index is caught here, by its clients: at the end a key
//! holds what an earlier write put there, although a later one was acknowledged. Only what is
//! certain counts: the value at the end has one writer, and that writer had its answer before the
//! lost write was asked for.

use std::collections::BTreeMap;

use system::{Key, Op, Output, Value};
use trace::{History, Operation, Outcome, Violation};

use crate::findings::Findings;

/// The operations on one key.
type OfKey<'a> = Vec<&'a Operation>;

/// Looks for the first key that has lost a write.
pub(crate) fn find(history: &History, findings: &mut Findings) {
    let mut keys: BTreeMap<&Key, OfKey<'_>> = BTreeMap::new();
    for operation in &history.operations {
        if !matches!(operation.outcome, Outcome::Failed(_)) {
            keys.entry(operation.op.key()).or_default().push(operation);
        }
    }
    if let Some(violation) = keys.values().find_map(|operations| lost(operations)) {
        findings.add(violation);
    }
}

fn lost(operations: &OfKey<'_>) -> Option<Violation> {
    let write = operations.iter().filter(|o| sets(o)).max_by_key(|o| o.invoked_seq)?;
    let (read, value) = operations
        .iter()
        .filter_map(|o| Some((o, read_value(o)?)))
        .max_by_key(|(read, _)| read.invoked_seq)?;
    if read.invoked_seq < write.returned_seq {
        return None;
    }
    // Whatever may have come behind the write, or beside it, may have taken its place.
    let others = operations.iter().filter(|o| !o.op.is_read() && o.id != write.id);
    let is_earlier = |o: &Operation| o.returned_seq < write.invoked_seq;
    let held = match value {
        None => {
            let mut others = others;
            let removed = others.any(|o| matches!(o.op, Op::Delete { .. }) && !is_earlier(o));
            (!removed).then(|| "nothing".to_owned())
        }
        Some(value) => {
            let writers: Vec<_> = others.filter(|o| may_make(&o.op, value)).collect();
            let made_here = written(&write.op) == Some(value);
            let one = writers.len() == 1 && is_earlier(writers[0]) && !made_here;
            one.then(|| format!("{}, written before it", value.escape_ascii()))
        }
    }?;
    let key = write.op.key().escape_ascii();
    let id = write.id;
    Some(Violation {
        check: "durability",
        kind: "acked-write-lost".to_owned(),
        message: format!(
            "c{}.{}'s {} of {key} was acknowledged, but at the end {key} holds {held}",
            id.client,
            id.number,
            write.op.name(),
        ),
        ops: vec![write.id, read.id],
        nodes: Vec::new(),
        core: vec![write.invoked_seq, write.returned_seq, read.invoked_seq, read.returned_seq],
    })
}

/// Whether the operation has certainly set the key to a value of its own.
fn sets(operation: &Operation) -> bool {
    match (&operation.op, &operation.outcome) {
        (Op::Put { .. }, Outcome::Ok { .. }) => true,
        (Op::Cas { .. }, Outcome::Ok { output, .. }) => *output == Output::Swapped(true),
        _ => false,
    }
}

fn read_value(operation: &Operation) -> Option<Option<&Value>> {
    match &operation.outcome {
        Outcome::Ok { output: Output::Value(value), .. } => Some(value.as_ref()),
        _ => None,
    }
}

fn written(op: &Op) -> Option<&Value> {
    match op {
        Op::Put { value, .. } | Op::Cas { value, .. } => Some(value),
        _ => None,
    }
}

/// Whether the operation can leave the key with this value. An append can, if it ends so.
fn may_make(op: &Op, value: &Value) -> bool {
    match op {
        Op::Append { value: end, .. } => value.ends_with(end),
        _ => written(op) == Some(value),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use system::ReadPath;
    use trace::OpId;

    use super::*;

    fn operation(number: u64, op: Op, (invoked_seq, returned_seq): (u64, u64)) -> Operation {
        let output = match &op {
            Op::Get { .. } => unreachable!("see `read`"),
            Op::Cas { .. } => Output::Swapped(true),
            _ => Output::Done,
        };
        Operation {
            id: OpId { client: 1, number },
            op,
            invoked_seq,
            invoked_at: invoked_seq,
            returned_seq,
            returned_at: returned_seq,
            outcome: Outcome::Ok { output, path: ReadPath::Local, index: 0 },
        }
    }

    fn put(number: u64, value: &'static str, interval: (u64, u64)) -> Operation {
        let (key, value) = (Bytes::from("x"), Bytes::from(value));
        operation(number, Op::Put { key, value }, interval)
    }

    fn read(number: u64, value: Option<&'static str>, interval: (u64, u64)) -> Operation {
        let mut read = operation(number, Op::Delete { key: Bytes::from("x") }, interval);
        read.op = Op::Get { key: Bytes::from("x") };
        let output = Output::Value(value.map(Bytes::from));
        read.outcome = Outcome::Ok { output, path: ReadPath::Local, index: 0 };
        read
    }

    fn judge(operations: Vec<Operation>) -> Vec<Violation> {
        let mut findings = Findings::default();
        find(&History { initial: None, operations }, &mut findings);
        findings.into_sorted()
    }

    #[test]
    fn an_acknowledged_write_that_left_no_trace_is_found() {
        let found =
            judge(vec![put(1, "a", (0, 1)), put(2, "b", (2, 3)), read(3, Some("a"), (4, 5))]);
        assert_eq!(found[0].signature(), "durability/acked-write-lost");
        assert!(found[0].message.contains("c1.2's put of x"), "{}", found[0].message);
        let found = judge(vec![put(1, "a", (0, 1)), read(2, None, (4, 5))]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_may_have_been_overwritten_is_not_lost() {
        let overlap = vec![put(1, "a", (0, 3)), put(2, "b", (2, 4)), read(3, Some("a"), (5, 6))];
        assert_eq!(judge(overlap), []);
        let early = vec![put(1, "a", (0, 1)), put(2, "b", (2, 6)), read(3, Some("a"), (4, 5))];
        assert_eq!(judge(early), []);
        let removed = operation(2, Op::Delete { key: Bytes::from("x") }, (1, u64::MAX));
        assert_eq!(judge(vec![put(1, "a", (0, 2)), removed, read(3, None, (4, 5))]), []);
    }
}
