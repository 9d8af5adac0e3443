//! What is applied, and what snapshots hold.

use system::Note;

use super::run::Run;

#[test]
fn an_index_is_applied_in_one_way() {
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 1, 10).apply(2, 2, 1, 20).holds();
    let mismatch = "state-machine-safety/apply-mismatch";
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 2, 10).breaks(mismatch);
    Run::new().apply(1, 1, 1, 10).apply(2, 1, 1, 11).breaks(mismatch);
}

#[test]
fn entries_are_applied_in_order() {
    Run::new().apply(1, 1, 1, 1).apply(1, 3, 1, 3).breaks("apply-order/gap");
    Run::new().apply(1, 1, 1, 1).apply(1, 1, 1, 1).breaks("apply-order/again");
    Run::new().apply(1, 1, 1, 1).crash(1).start(1).apply(1, 1, 1, 1).holds();
    let installed = |index| Note::SnapshotInstalled { index, term: 1, digest: 5 };
    Run::new().say(1, installed(5)).apply(1, 6, 1, 6).holds();
    Run::new().say(1, installed(5)).apply(1, 5, 1, 5).breaks("apply-order/again");
    Run::new().say(1, installed(5)).apply(1, 7, 1, 5).breaks("apply-order/gap");
}

#[test]
fn what_is_applied_is_committed() {
    let committed = |index| {
        let mut run = Run::new();
        run.append(1, 1, 1).append(1, 2, 1).commit(1, index).apply(1, 1, 1, 1).apply(1, 2, 1, 2);
        run
    };
    committed(2).holds();
    committed(1).breaks("apply-order/uncommitted");
    // The commit index starts again with the node.
    let mut run = committed(2);
    run.crash(1).start(1).apply(1, 1, 1, 1).breaks("apply-order/uncommitted");
    // A system that tells of no commits.
    Run::new().append(1, 1, 1).apply(1, 1, 1, 1).holds();
}

#[test]
fn a_snapshot_is_what_was_applied() {
    let differs = "snapshot-prefix/differs";
    let taken = |index, digest| Note::SnapshotTaken { index, term: 1, digest };
    let installed = |digest| Note::SnapshotInstalled { index: 1, term: 1, digest };
    let applied = || {
        let mut run = Run::new();
        run.apply(1, 1, 1, 10);
        run
    };
    applied().say(1, taken(1, 10)).say(2, installed(10)).holds();
    applied().say(1, taken(1, 11)).breaks(differs);
    applied().say(2, installed(11)).breaks(differs);
    // Of another term.
    let other = Note::SnapshotInstalled { index: 1, term: 2, digest: 10 };
    applied().say(2, other).breaks(differs);
    // The snapshot comes first.
    Run::new().say(2, installed(11)).apply(1, 1, 1, 10).breaks(differs);
    // Found at a start.
    let recovered = |snapshot_digest| Note::Recovered {
        term: 1,
        vote: 0,
        commit: 1,
        first_index: 2,
        base_term: 1,
        snapshot_index: 1,
        snapshot_digest,
    };
    applied().crash(2).start(2).say(2, recovered(10)).holds();
    applied().crash(2).start(2).say(2, recovered(11)).breaks(differs);
}

#[test]
fn a_snapshot_holds_no_more_than_was_applied_and_no_less_than_was_compacted() {
    let taken = |index| Note::SnapshotTaken { index, term: 1, digest: 20 };
    let compact = |first_index| Note::Compact { first_index };
    let applied = || {
        let mut run = Run::new();
        run.append(1, 1, 1).append(1, 2, 1).append(1, 3, 1);
        run.apply(1, 1, 1, 10).apply(1, 2, 1, 20);
        run
    };
    applied().say(1, taken(2)).say(1, compact(3)).holds();
    applied().say(1, taken(3)).breaks("snapshot-prefix/ahead");
    applied().say(1, taken(2)).say(1, compact(4)).breaks("snapshot-prefix/compacted-beyond");
    applied().say(1, compact(2)).breaks("snapshot-prefix/compacted-beyond");
}
