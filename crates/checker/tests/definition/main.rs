//! The checker against the definition of linearizability, through every text that it reads.
//!
//! Nothing here is shared with the checker: [`object`] is what a register, a store and a lock are,
//! [`order`] is the definition, [`record`] draws histories, and [`dialects`] writes each of them as
//! somebody's file. The file is read and judged, and the verdict must be that of the definition.

mod dialects;
mod object;
mod order;
mod record;

use std::collections::BTreeMap;

use checker::linearizability::{Limits, Linearizable, Verdict, decide, linearizable};
use dialects::{Dialect, Keys};
use object::{Call, State};
use order::{Event, is_linearizable, is_linearizable_by_all_orders};
use record::{Luck, Record, Wanted, draw};
use trace::foreign::{self, Known, Model};

/// Of so many histories the counterexample is looked for too.
const EXPLAINED: usize = 16;
const CONFIGURATIONS_MAX: u64 = 10_000_000;

/// A model in a dialect, and what is drawn for it.
struct Draws {
    model: Model,
    dialect: Dialect,
    initial: State,
    /// What the file does not say of the beginning.
    known: Option<String>,
    keys: usize,
}

/// What both said of many histories.
#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    crowded: usize,
}

fn value(luck: &mut Luck, model: Model) -> String {
    let values: &[&str] =
        if model == Model::Kv { &["x", "y", "xy"] } else { &["0", "1", "2", "3"] };
    luck.pick(values).to_owned()
}

fn call(luck: &mut Luck, model: Model, dialect: Dialect) -> Call {
    let (first, second) = (value(luck, model), value(luck, model));
    let absent = !matches!(dialect, Dialect::Log) && luck.once_in(4);
    let cas = Call::Cas((!absent).then_some(first.clone()), second);
    let from: &[Call] = match model {
        Model::Register => &[Call::Read, Call::Read, Call::Write(first)],
        Model::CasRegister => &[Call::Read, Call::Write(first), cas.clone(), cas],
        Model::Mutex => &[Call::Acquire, Call::Release],
        Model::Kv if dialect == Dialect::KvLines => {
            &[Call::Read, Call::Write(first.clone()), Call::Append(first)]
        }
        Model::Kv => {
            let append = Call::Append(first.clone());
            &[Call::Read, Call::Read, Call::Write(first), append, cas, Call::Delete]
        }
    };
    luck.pick(from)
}

/// Draws, writes, reads and judges one history.
fn compare(draws: Draws, seed: u64, tallies: &mut BTreeMap<&str, Tally>) {
    let mut luck = Luck::new(seed);
    let Draws { model, dialect, keys, .. } = draws;
    let wanted = Wanted {
        keys,
        initial: draws.initial.clone(),
        calls: &|luck| call(luck, model, dialect),
        size: 5 + luck.below(12),
        tells_mismatch: dialect.tells_mismatch(),
    };
    let records = draw(&wanted, Luck::new(seed ^ 0xffff));
    let text = draws.dialect.text(&records, &draws.initial, &mut luck);
    let expected = by_definition(&draws, &records);
    let known = Known { initial: draws.known.clone(), ..Known::default() };
    let found = match foreign::read(text.as_bytes(), &known) {
        Ok(found) => found,
        Err(problem) => panic!("{dialect:?}, seed {seed}: {problem}\n{text}"),
    };
    let limits = Limits::new(CONFIGURATIONS_MAX);
    let answer = match decide(&found.history, limits) {
        Verdict::Yes => true,
        Verdict::No(_) => false,
        Verdict::Unknown(reason) => panic!("{dialect:?}, seed {seed}: {reason}\n{text}"),
    };
    let says = |is_right| if is_right { "linearizable" } else { "not linearizable" };
    assert!(
        answer == expected,
        "{model:?}, {dialect:?}, seed {seed}: {}, and the definition says {}\n{text}",
        says(answer),
        says(expected)
    );
    if luck.once_in(EXPLAINED) {
        let explained = linearizable(&found.history, CONFIGURATIONS_MAX);
        assert_eq!(explained == Linearizable::Yes, expected, "seed {seed}: {explained:?}\n{text}");
    }
    let tally = tallies.entry(draws.dialect.name()).or_default();
    *if expected { &mut tally.right } else { &mut tally.wrong } += 1;
    tally.crowded += usize::from(is_crowded(&records));
}

/// The history of one object, as the dialect means it.
fn events(draws: &Draws, records: &[Record], key: usize) -> Vec<Event> {
    let of_key = records.iter().filter(|record| record.key == key);
    of_key.filter_map(|record| draws.dialect.event(record)).collect()
}

/// A history is linearizable if that of each object is (*Herlihy and Wing, theorem 1*).
fn by_definition(draws: &Draws, records: &[Record]) -> bool {
    (0..draws.keys).all(|key| is_linearizable(&draws.initial, &events(draws, records, key)))
}

/// Whether at least five equal calls never got an answer.
fn is_crowded(records: &[Record]) -> bool {
    let equal = |one: &Record| {
        let same = |other: &&Record| (&other.call, other.key) == (&one.call, one.key);
        let open = |other: &&Record| matches!(other.end, record::End::GaveUp | record::End::Open);
        records.iter().filter(same).filter(open).count()
    };
    records.iter().any(|record| record.call != Call::Read && equal(record) >= 5)
}

/// Compares many histories of a model, in so many dialects that have it.
fn compare_all(
    model: Model,
    histories: usize,
    dialects: usize,
    draw_one: &dyn Fn(&mut Luck) -> Draws,
) {
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for number in 0..histories as u64 {
        let seed = (model as u64 + 1) << 32 | number;
        let draws = draw_one(&mut Luck::new(seed ^ 0xaaaa));
        compare(draws, seed, &mut tallies);
    }
    println!("{model:?}: {tallies:#?}");
    assert_eq!(tallies.len(), dialects);
    for tally in tallies.values() {
        // A comparison in which one side always gives one answer shows little.
        let all = tally.right + tally.wrong;
        assert!(all > histories / dialects / 4, "{tallies:?}");
        assert!(tally.right > all / 4 && tally.wrong > all / 16, "{tallies:?}");
        assert!(tally.crowded > all / 4, "{tallies:?}");
    }
}

fn lines(luck: &mut Luck) -> (Dialect, State) {
    let initial = if luck.once_in(2) { State::Nothing } else { State::Value("1".to_owned()) };
    let has_header = initial != State::Nothing || luck.once_in(2);
    (Dialect::Lines { has_header, is_timed: luck.once_in(2) }, initial)
}

fn edn(luck: &mut Luck, keys: Keys) -> Dialect {
    Dialect::Edn {
        keys,
        is_vector: luck.once_in(2),
        nil_is_absence: luck.once_in(2),
        is_timed: luck.once_in(2),
    }
}

/// One register, or more where the dialect has keys.
fn registers(luck: &mut Luck, model: Model) -> Draws {
    let draws = |dialect, initial| Draws { model, dialect, initial, known: None, keys: 1 };
    match luck.below(5) {
        0 => {
            let (dialect, initial) = lines(luck);
            Draws { keys: 1 + luck.below(2), ..draws(dialect, initial) }
        }
        1 => draws(Dialect::Log, State::Nothing),
        2 => Draws { keys: 1 + luck.below(2), ..draws(Dialect::Json, State::Nothing) },
        3 => {
            // As Knossos has it, a register holds 0 at first; the file does not say so.
            let known = luck.once_in(2).then(|| "0".to_owned());
            let initial = known.clone().map_or(State::Nothing, State::Value);
            Draws { known, ..draws(edn(luck, Keys::None), initial) }
        }
        _ => {
            let keys = luck.pick(&[Keys::Field, Keys::Pair]);
            Draws { keys: 2, ..draws(edn(luck, keys), State::Nothing) }
        }
    }
}

fn stores(luck: &mut Luck) -> Draws {
    let keys = 1 + luck.below(2);
    let draws = |dialect, initial| Draws { model: Model::Kv, dialect, initial, known: None, keys };
    match luck.below(4) {
        0 => {
            let (dialect, initial) = lines(luck);
            draws(dialect, initial)
        }
        1 => draws(Dialect::KvLines, State::Value(String::new())),
        2 => draws(Dialect::Json, State::Nothing),
        _ => {
            let keys = luck.pick(&[Keys::Field, Keys::Pair]);
            draws(edn(luck, keys), State::Nothing)
        }
    }
}

fn locks(luck: &mut Luck) -> Draws {
    let (model, initial) = (Model::Mutex, State::Free);
    let keys = luck.pick(&[Keys::None, Keys::None, Keys::Field]);
    let count = if keys == Keys::None { 1 } else { 2 };
    Draws { model, dialect: edn(luck, keys), initial, known: None, keys: count }
}

#[test]
fn registers_as_the_definition_says() {
    compare_all(Model::Register, 50_000, 6, &|luck| registers(luck, Model::Register));
}

#[test]
fn registers_with_comparisons_as_the_definition_says() {
    compare_all(Model::CasRegister, 60_000, 6, &|luck| registers(luck, Model::CasRegister));
}

#[test]
fn stores_as_the_definition_says() {
    compare_all(Model::Kv, 60_000, 5, &stores);
}

#[test]
fn locks_as_the_definition_says() {
    compare_all(Model::Mutex, 40_000, 2, &locks);
}

/// The memory of the reference, and its rule for equal calls, change no verdict.
#[test]
fn all_orders_say_the_same() {
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..4_000 {
        let mut luck = Luck::new(seed ^ 0xaaaa);
        let draws = if luck.once_in(2) {
            stores(&mut luck)
        } else {
            registers(&mut luck, Model::CasRegister)
        };
        let &Draws { model, dialect, .. } = &draws;
        let wanted = Wanted {
            keys: 1,
            initial: draws.initial.clone(),
            calls: &|luck| call(luck, model, dialect),
            size: 3 + luck.below(4),
            tells_mismatch: dialect.tells_mismatch(),
        };
        let records = draw(&wanted, Luck::new(seed));
        let events = events(&draws, &records, 0);
        if events.len() > 8 {
            continue;
        }
        let expected = is_linearizable_by_all_orders(&draws.initial, &events);
        assert_eq!(is_linearizable(&draws.initial, &events), expected, "seed {seed}: {events:?}");
        *if expected { &mut right } else { &mut wrong } += 1;
    }
    assert!(right > 300 && wrong > 100, "{right} {wrong}");
}
