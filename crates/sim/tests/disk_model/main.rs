//! The disk against a reference that is as naive as can be.

mod model;

use model::{Model, Op, View};
use proptest::prelude::*;
use sim::{Chance, Delay, Disk, DiskFault, DiskOptions, Rates};
use system::{DiskError, Effect};

const SECTOR: u32 = 4;

/// One step in the life of a disk.
#[derive(Clone, Debug)]
enum Step {
    Perform(Op),
    /// The node crashes inside the operation; with or without the power.
    Inside(Op, bool),
    PowerLoss,
    /// A fault is on for the operations that follow.
    Fault(Rates, Option<u64>),
    Clear,
}

fn disk(seed: u64, survive: u32, tear: u32) -> Disk {
    let [write, sync] = [Delay::Fixed(1), Delay::Fixed(2)];
    Disk::new(DiskOptions::sound(write, sync, SECTOR, survive, tear), 1, &Chance::new(seed))
}

fn effect(op: &Op) -> Effect<()> {
    match op.clone() {
        Op::Append(path, data) => Effect::Append { path: path.into(), data },
        Op::Write(path, offset, data) => Effect::Write { path: path.into(), offset, data },
        Op::Truncate(path, len) => Effect::Truncate { path: path.into(), len },
        Op::Sync(path) => Effect::Sync { path: path.into() },
        Op::Rename(from, to) => Effect::Rename { from: from.into(), to: to.into() },
        Op::Remove(path) => Effect::Remove { path: path.into() },
        Op::SyncDir(dir) => Effect::SyncDir { dir: dir.into() },
    }
}

fn view(disk: &mut Disk) -> View {
    let mut view = View::new();
    for dir in ["", "d", "e"] {
        for path in disk.list(dir).expect("a directory is readable") {
            // A fault may strike the reading, but not all of them.
            let content = (0..100).find_map(|_| disk.read(&path).ok());
            let content = content.expect("a file is readable").expect("a file is there");
            view.insert(path.to_string(), content);
        }
    }
    disk.take_struck();
    view
}

/// What the disk may show after a crash inside `op`. Syncs change nothing that is seen, and what
/// they settled is among what a loss of power may leave anyway.
fn interrupted(model: &Model, op: &Op, written: u64) -> Vec<Model> {
    let mut outcomes = vec![model.clone()];
    let part = match op.clone() {
        Op::Append(path, data) => Op::Append(path, data[..written as usize].to_vec()),
        Op::Write(path, offset, data) => Op::Write(path, offset, data[..written as usize].to_vec()),
        Op::Sync(_) | Op::SyncDir(_) => return outcomes,
        whole => whole,
    };
    let mut done = model.clone();
    let _ = done.perform(&part);
    outcomes.push(done);
    outcomes
}

fn power_loss(disk: &mut Disk, model: &Model) -> Result<Model, TestCaseError> {
    let before = model.view();
    let loss = disk.power_loss();
    let after = view(disk);
    prop_assert!(model.may_leave(&after, SECTOR as usize), "{before:?} became {after:?}");
    prop_assert_eq!(disk.dirty_bytes(), 0);
    if loss == sim::Loss::default() && before != after {
        // Only an unsynced truncation can be undone without a trace in the numbers.
        prop_assert!(before.keys().eq(after.keys()), "{before:?} became {after:?}");
    }
    Ok(Model::after(&after))
}

/// The first bytes of what an operation writes.
fn part(op: &Op, bytes: u64) -> Option<Op> {
    let bytes = bytes as usize;
    match op.clone() {
        _ if bytes == 0 => None,
        Op::Append(path, data) => Some(Op::Append(path, data[..bytes].to_vec())),
        Op::Write(path, offset, data) => Some(Op::Write(path, offset, data[..bytes].to_vec())),
        other => panic!("{other:?} writes nothing"),
    }
}

/// Performs an operation, asks the disk which fault struck it, and has the model do the same.
fn perform(disk: &mut Disk, model: &mut Model, op: &Op) -> Result<(), TestCaseError> {
    let answer = disk.perform(&effect(op)).map(|_| ());
    let struck = disk.take_struck();
    let Some(fault) = struck.first() else {
        prop_assert_eq!(answer, model.perform(op));
        return Ok(());
    };
    prop_assert_eq!(struck.len(), 1);
    prop_assert_eq!(fault.fault, 1);
    let expected = match (fault.what, op) {
        (DiskFault::IoError | DiskFault::Full, Op::Append(..) | Op::Write(..)) => {
            if let Some(part) = part(op, fault.bytes) {
                prop_assert!(model.perform(&part).is_ok());
            }
            Err(if fault.what == DiskFault::Full { DiskError::Full } else { DiskError::Io })
        }
        (DiskFault::IoError, _) => Err(DiskError::Io),
        (DiskFault::SyncKeeps, Op::Sync(_) | Op::SyncDir(_)) => Err(DiskError::Io),
        (DiskFault::LyingSync, Op::Sync(_) | Op::SyncDir(_)) => Ok(()),
        (DiskFault::SyncDrops, Op::Sync(path)) => {
            let shown = view(disk);
            if shown == model.view() {
                model.drop_dirty(path);
            } else {
                let fits = model.evict(path, &shown[path], SECTOR as usize);
                prop_assert!(fits, "{path} cannot hold {:?}", shown[path]);
            }
            Err(DiskError::Io)
        }
        other => panic!("{other:?} makes no sense"),
    };
    prop_assert_eq!(answer, expected);
    Ok(())
}

fn live(mut disk: Disk, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Perform(op) => perform(&mut disk, &mut model, op)?,
            Step::Fault(rates, room) => disk.set_fault(1, *rates, *room),
            Step::Clear => disk.clear_fault(1),
            Step::Inside(op, power) => {
                let written = disk.perform_inside(&effect(op));
                let outcomes = interrupted(&model, op, written);
                let shown = view(&mut disk);
                let outcome = outcomes.into_iter().find(|outcome| outcome.view() == shown);
                prop_assert!(outcome.is_some(), "{step:?} left {shown:?}");
                model = outcome.expect("it was just asserted");
                if *power {
                    model = power_loss(&mut disk, &model)?;
                }
            }
            Step::PowerLoss => model = power_loss(&mut disk, &model)?,
        }
        prop_assert_eq!(view(&mut disk), model.view());
    }
    disk.clear_fault(1);
    let before = view(&mut disk);
    // What a failed sync has dropped must be written again.
    for (path, content) in &before {
        for op in [Op::Write(path.clone(), 0, content.clone()), Op::Sync(path.clone())] {
            prop_assert!(disk.perform(&effect(&op)).is_ok());
        }
    }
    for dir in ["", "d", "e"] {
        prop_assert!(disk.perform(&effect(&Op::SyncDir(dir.to_owned()))).is_ok());
    }
    prop_assert_eq!(disk.dirty_bytes(), 0);
    disk.power_loss();
    prop_assert_eq!(view(&mut disk), before);
    Ok(())
}

fn path() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "d/a", "d/b", "e/a"]).prop_map(str::to_owned)
}

fn op() -> impl Strategy<Value = Op> {
    let data = || prop::collection::vec(1_u8.., 0..8);
    let renames = vec![("a", "b"), ("b", "a"), ("d/a", "d/b"), ("d/b", "d/a"), ("a", "a")];
    prop_oneof![
        6 => (path(), data()).prop_map(|(path, data)| Op::Append(path, data)),
        3 => (path(), 0_u64..12, data()).prop_map(|(path, at, data)| Op::Write(path, at, data)),
        2 => (path(), 0_u64..12).prop_map(|(path, len)| Op::Truncate(path, len)),
        3 => path().prop_map(Op::Sync),
        2 => prop::sample::select(renames).prop_map(|(a, b)| Op::Rename(a.into(), b.into())),
        2 => path().prop_map(Op::Remove),
        2 => prop::sample::select(vec!["", "d", "e"]).prop_map(|dir| Op::SyncDir(dir.to_owned())),
    ]
}

/// Some faults, often enough to meet each other.
fn faults() -> impl Strategy<Value = Step> {
    let rate = || prop_oneof![3 => Just(0_u32), 1 => Just(200_000), 1 => Just(1_000_000)];
    let rates = (rate(), rate(), rate(), rate()).prop_map(|(io, drops, keeps, lies)| Rates {
        io_error: io / 2,
        sync_drops: drops,
        sync_keeps: keeps,
        lying_sync: lies,
        misdirect: 0,
    });
    (rates, prop::option::of(0_u64..20)).prop_map(|(rates, room)| Step::Fault(rates, room))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => op().prop_map(Step::Perform),
        1 => (op(), any::<bool>()).prop_map(|(op, power)| Step::Inside(op, power)),
        1 => Just(Step::PowerLoss),
        1 => faults(),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_disk_shows_and_leaves_what_the_model_says(
        seed: u64,
        survive in prop::sample::select(vec![0_u32, 300_000, 700_000, 1_000_000]),
        tear in prop::sample::select(vec![0_u32, 500_000, 1_000_000]),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        live(disk(seed, survive, tear), &steps)?;
    }
}

/// The luck of an operation is its own, whatever the one in front of it is and however it ends.
#[test]
fn the_nth_operation_has_its_own_luck() {
    let append = |path: &str| Op::Append(path.to_owned(), b"12345678".to_vec());
    for seed in 0..200 {
        let mut outcomes = Vec::new();
        let others = [
            append("b"),
            Op::Remove("a".to_owned()),
            Op::SyncDir("e".to_owned()),
            Op::Sync("absent".to_owned()),
        ];
        for other in others {
            let mut disk = disk(seed, 300_000, 500_000);
            for op in [append("a"), Op::Sync("a".into()), Op::SyncDir(String::new())] {
                disk.perform(&effect(&op)).expect("the file is there");
            }
            let _ = disk.perform(&effect(&other));
            disk.perform(&effect(&append("d/a"))).expect("nothing fails");
            disk.power_loss();
            outcomes.push(disk.read("d/a").expect("a file is readable"));
        }
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{seed}: {outcomes:?}");
    }
}

/// Name and content of a new file survive by themselves, the content by the sector.
#[test]
fn every_remainder_of_a_new_file_is_found() {
    let mut found = std::collections::BTreeSet::new();
    for seed in 0..500 {
        let mut disk = disk(seed, 300_000, 500_000);
        let op = Op::Append("a".to_owned(), b"1234567".to_vec());
        disk.perform(&effect(&op)).expect("nothing fails");
        disk.power_loss();
        found.insert(disk.read("a").expect("a file is readable"));
    }
    let remainders: [&[u8]; 4] = [b"", b"\0\0\0\x00567", b"1234", b"1234567"];
    let expected = remainders.map(|content| Some(content.to_vec()));
    assert!(found.into_iter().eq([None].into_iter().chain(expected)));
}

/// How often a write survives, and how often it is torn, is what the options say.
#[test]
fn losses_of_power_take_their_share() {
    let mut disk = disk(1, 300_000, 500_000);
    let [mut whole, mut torn] = [0, 0];
    for _ in 0..20_000 {
        for op in [Op::Append("a".to_owned(), b"12345678".to_vec()), Op::SyncDir(String::new())] {
            disk.perform(&effect(&op)).expect("nothing fails");
        }
        let loss = disk.power_loss();
        whole += u32::from(loss.lost_bytes == 0);
        torn += loss.torn_writes;
        for op in [Op::Remove("a".to_owned()), Op::SyncDir(String::new())] {
            disk.perform(&effect(&op)).expect("nothing fails");
        }
    }
    // 30% survive; of the rest half is torn, of which a quarter keeps both sectors by chance, and
    // another quarter neither.
    assert!(whole.abs_diff(20_000 * 3875 / 10_000) < 400, "{whole} survive");
    assert!(torn.abs_diff(20_000 * 1750 / 10_000) < 330, "{torn} are torn");
}
