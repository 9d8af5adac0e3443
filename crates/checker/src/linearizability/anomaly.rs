//! Names.

use trace::{Operation, Violation};

use super::shrink::Part;

/// The violation that a part of a history shows.
pub(super) fn violation(part: &Part<'_>, _all: &[&Operation]) -> Violation {
    Violation {
        check: "linearizability",
        kind: "not-linearizable".into(),
        message: String::new(),
        ops: part.operations.iter().map(|o| o.id).collect(),
        nodes: vec![],
        core: vec![],
    }
}
