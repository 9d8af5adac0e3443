//! Streams are keyed: by name, by position, by nothing else.

use proptest::prelude::*;
use sim::{Chance, Stream, StreamName};

const NAMES: [StreamName; 17] = [
    StreamName::Link { from: 1, to: 2 },
    StreamName::Link { from: 2, to: 1 },
    StreamName::Link { from: 1, to: 3 },
    StreamName::Disk(1),
    StreamName::Disk(2),
    StreamName::Crash { node: 1, number: 2 },
    StreamName::Crash { node: 2, number: 1 },
    StreamName::Node { id: 1, incarnation: 0 },
    StreamName::Node { id: 1, incarnation: 1 },
    StreamName::Client(1),
    StreamName::Nemesis(1),
    StreamName::Target(1),
    StreamName::Workload(1),
    StreamName::Other(1),
    StreamName::Damage { from: 1, to: 2 },
    StreamName::Damage { from: 2, to: 1 },
    StreamName::Knob(1),
];

fn words(stream: &mut Stream, count: usize) -> Vec<u64> {
    (0..count).map(|_| stream.next_u64()).collect()
}

#[test]
fn every_name_and_every_seed_has_its_own_numbers() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        for name in NAMES {
            assert!(seen.insert(words(&mut Chance::new(seed).stream(name), 2)), "{seed} {name:?}");
        }
    }
}

#[test]
fn drawing_from_one_stream_moves_no_other() {
    let chance = Chance::new(7);
    let before = words(&mut chance.stream(NAMES[0]), 50);
    let [mut first, mut second] = [chance.stream(NAMES[0]), chance.stream(NAMES[1])];
    let mut mixed = Vec::new();
    for number in 0..50 {
        words(&mut second, number % 3);
        mixed.push(first.next_u64());
    }
    assert_eq!(mixed, before);
}

/// Streams decide what recorded runs do: they must not change with a release.
#[test]
fn the_numbers_are_fixed() {
    let mut stream = Chance::new(42).stream(StreamName::Link { from: 1, to: 2 });
    assert_eq!(words(&mut stream, 2), FIXED);
}
const FIXED: [u64; 2] = [7_317_308_419_300_041_517, 15_316_867_266_697_665_809];

#[test]
fn a_boxed_stream_draws_as_the_stream_does() {
    let mut plain = Chance::new(1).stream(NAMES[7]);
    let mut boxed: Box<dyn system::Random> = Box::new(plain.clone());
    for _ in 0..100 {
        assert_eq!(boxed.below(1000), plain.below(1000));
        assert_eq!(boxed.next_u64(), plain.next_u64());
    }
}

#[test]
fn chances_come_true_as_often_as_they_say() {
    let mut stream = Chance::new(3).stream(NAMES[13]);
    for ppm in [1_000, 10_000, 250_000, 500_000, 900_000] {
        let hits = (0..1_000_000).filter(|_| stream.chance(ppm)).count() as u64;
        // Five standard deviations, squared.
        let spread = 25 * u64::from(ppm) * (1_000_000 - u64::from(ppm)) / 1_000_000;
        assert!(hits.abs_diff(u64::from(ppm)).pow(2) < spread, "{ppm} ppm hit {hits} times");
    }
}

proptest! {
    #[test]
    fn a_position_holds_the_same_word_however_it_is_reached(
        seed: u64,
        positions in proptest::collection::vec(0_u64..500, 1..20),
    ) {
        let chance = Chance::new(seed);
        let all = words(&mut chance.stream(NAMES[3]), 500);
        let mut stream = chance.stream(NAMES[3]);
        for position in positions {
            stream.seek(position);
            prop_assert_eq!(stream.next_u64(), all[position as usize]);
        }
    }

    #[test]
    fn never_is_never_and_always_is_always(seed: u64) {
        let mut stream = Chance::new(seed).stream(NAMES[13]);
        for _ in 0..1000 {
            prop_assert!(!stream.chance(0));
            prop_assert!(stream.chance(1_000_000));
        }
    }

    #[test]
    fn draws_stay_within_their_bounds(seed: u64, min: u64, max: u64, bound in 1_u64..) {
        let mut stream = Chance::new(seed).stream(NAMES[13]);
        let [min, max] = [min.min(max), min.max(max)];
        for _ in 0..20 {
            prop_assert!((min..=max).contains(&stream.between(min, max)));
            prop_assert!(stream.below(bound) < bound);
            stream.between(0, u64::MAX);
        }
    }
}
