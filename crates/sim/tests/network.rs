//! What the network does to messages: each fault fires, as often as it says, and to its own links
//! alone.

use proptest::prelude::*;
use sim::{Chance, Delay, Fate, Lost, Network, NetworkOptions, Quality};

const CALM: NetworkOptions = NetworkOptions {
    delay: Delay::Uniform { min: 100, max: 900 },
    loss: 0,
    duplicate: 0,
    reorder: 0,
    reorder_hold: 5_000,
    in_order: false,
    bandwidth: None,
    corrupt: 0,
};

fn network(options: NetworkOptions) -> Network {
    Network::new(options, &Chance::new(11))
}

/// The fates of messages that leave node 1 for node 2 at these times.
fn fates(network: &mut Network, times: impl IntoIterator<Item = u64>) -> Vec<Fate> {
    times.into_iter().map(|now| network.send(now, 1, 2, 100).fate).collect()
}

fn count(fates: &[Fate], wanted: impl Fn(&Fate) -> bool) -> usize {
    fates.iter().filter(|fate| wanted(fate)).count()
}

/// A tenth of 100,000 draws, within six standard deviations.
fn assert_tenth(hits: usize) {
    assert!((9_430..10_570).contains(&hits), "{hits} of 100,000 at a tenth");
}

#[test]
fn messages_of_a_link_are_counted_from_one() {
    let mut network = network(CALM);
    assert_eq!(network.send(0, 1, 2, 10).number, 1);
    assert_eq!(network.send(0, 2, 1, 10).number, 1);
    assert_eq!(network.send(0, 1, 2, 10).number, 2);
    assert_eq!(network.send(0, 1, 70, 10).number, 1);
}

#[test]
fn loss_takes_its_share() {
    let fates = fates(&mut network(NetworkOptions { loss: 100_000, ..CALM }), 0..100_000);
    assert_tenth(count(&fates, |fate| fate.lost == Some(Lost::Chance)));
    assert!(fates.iter().all(|fate| fate.lost.is_some() == fate.arrival.is_none()));
}

#[test]
fn duplication_takes_its_share() {
    let fates = fates(&mut network(NetworkOptions { duplicate: 100_000, ..CALM }), 0..100_000);
    assert_tenth(count(&fates, |fate| fate.copy.is_some()));
}

#[test]
fn reordering_holds_its_share_back() {
    let options = NetworkOptions { delay: Delay::Fixed(50), reorder: 100_000, ..CALM };
    let fates = fates(&mut network(options), (0..100_000).map(|number| number * 10));
    let arrivals: Vec<_> = fates.iter().map(|fate| fate.arrival.expect("none is lost")).collect();
    let holds = arrivals.iter().enumerate().map(|(number, at)| at - number as u64 * 10 - 50);
    let held: Vec<_> = holds.filter(|&hold| hold > 0).collect();
    assert_tenth(held.len());
    assert!(held.iter().all(|&hold| hold <= 5_000));
    assert!(held.iter().any(|&hold| hold > 4_900) && held.iter().any(|&hold| hold < 100));
    assert!(!arrivals.is_sorted(), "none was overtaken");
}

#[test]
fn bandwidth_sends_one_message_after_the_other() {
    let options = NetworkOptions { delay: Delay::Fixed(7), bandwidth: Some(1_000), ..CALM };
    let mut network = network(options);
    // 100 bytes at a kilobyte per second take a tenth of a second.
    let tenth = 100_000_000;
    let arrivals: Vec<_> =
        fates(&mut network, [0, 0, 5 * tenth]).iter().map(|fate| fate.arrival).collect();
    assert_eq!(arrivals, [Some(tenth + 7), Some(2 * tenth + 7), Some(6 * tenth + 7)]);
    assert_eq!(network.send(0, 2, 1, 100).fate.arrival, Some(tenth + 7), "each link by itself");
}

#[test]
fn a_full_send_buffer_drops() {
    let mut network = network(NetworkOptions { bandwidth: Some(1_000), ..CALM });
    // Each message takes a tenth of a second: those that would wait more than one are dropped.
    let fates = fates(&mut network, [0; 15]);
    assert_eq!(count(&fates, |fate| fate.lost == Some(Lost::Backlog)), 4);
    assert!(fates[10].arrival.is_some() && fates[11].arrival.is_none());
}

#[test]
fn damage_takes_its_share_and_flips_few_bits() {
    let fates = fates(&mut network(NetworkOptions { corrupt: 100_000, ..CALM }), 0..100_000);
    assert_tenth(count(&fates, |fate| fate.damage.is_some()));
    let mut flipped = [0; 4];
    for random in fates.iter().filter_map(|fate| fate.damage) {
        let mut bytes = [0_u8; 40];
        sim::damage(&mut bytes, random);
        flipped[bytes.iter().map(|byte| byte.count_ones()).sum::<u32>() as usize] += 1;
    }
    assert!(flipped[0] == 0 && flipped[1..].iter().all(|&count| count > 2_000), "{flipped:?}");
}

#[test]
fn damage_moves_no_other_luck() {
    let options = NetworkOptions { loss: 200_000, duplicate: 200_000, ..CALM };
    let sound = fates(&mut network(options), 0..1_000);
    let damaged = fates(&mut network(NetworkOptions { corrupt: 500_000, ..options }), 0..1_000);
    for (sound, damaged) in sound.iter().zip(&damaged) {
        assert_eq!(*sound, Fate { damage: None, ..*damaged });
    }
}

#[test]
fn a_clogged_link_holds_its_messages_and_releases_all_at_once() {
    let mut network = network(CALM);
    network.clog(3, [(1, 2)], 50_000);
    let held: Vec<_> = fates(&mut network, [0, 10, 20]).iter().map(|fate| fate.arrival).collect();
    assert_eq!(held, [Some(50_000); 3]);
    assert!(network.send(0, 2, 1, 100).fate.arrival < Some(1_000), "the other way is free");
    let late = network.send(49_950, 1, 2, 100).fate.arrival;
    assert!(late > Some(50_000), "who would arrive later anyway is not hastened");
    network.clog(4, [(1, 2)], 90_000);
    network.unclog(3);
    assert_eq!(network.send(60_000, 1, 2, 100).fate.arrival, Some(90_000));
    network.unclog(4);
    assert!(network.send(60_000, 1, 2, 100).fate.arrival < Some(61_000));
}

#[test]
fn a_clogged_link_in_order_keeps_the_order_of_its_burst() {
    let mut network = network(NetworkOptions { in_order: true, ..CALM });
    network.clog(3, [(1, 2)], 50_000);
    let held: Vec<_> = fates(&mut network, [0, 10, 20]).iter().map(|fate| fate.arrival).collect();
    assert_eq!(held, [Some(50_000), Some(50_001), Some(50_002)]);
}

#[test]
fn a_quality_turns_datagrams_into_a_stream() {
    let mut network = network(CALM);
    let in_order = Quality { in_order: Some(true), bandwidth: Some(1_000), ..Quality::default() };
    network.set_quality(1, in_order);
    let arrivals: Vec<_> =
        fates(&mut network, 0..8).iter().map(|fate| fate.arrival.expect("none is lost")).collect();
    assert!(arrivals.is_sorted() && arrivals[0] >= 100_000_000, "{arrivals:?}");
}

#[test]
fn a_cut_link_loses_everything_until_its_fault_is_healed() {
    let mut network = network(CALM);
    network.cut(5, [(1, 2), (3, 2)]);
    network.cut(6, [(1, 2), (2, 1)]);
    assert_eq!(network.send(0, 1, 2, 10).fate.lost, Some(Lost::Cut(5)));
    assert_eq!(network.send(0, 2, 1, 10).fate.lost, Some(Lost::Cut(6)));
    network.heal(5);
    assert_eq!([network.is_cut(1, 2), network.is_cut(3, 2)], [Some(6), None]);
    network.heal(6);
    assert_eq!(network.send(0, 1, 2, 10).fate.lost, None);
    network.cut(7, [(65, 1)]);
    assert_eq!(network.is_cut(65, 1), Some(7));
    network.heal_all();
    assert_eq!(network.is_cut(65, 1), None);
}

#[test]
fn the_last_quality_decides_field_by_field() {
    let mut network = network(CALM);
    network.set_quality(1, Quality { loss: Some(1_000_000), ..Quality::default() });
    network.set_quality(2, Quality { delay: Some(Delay::Fixed(3)), ..Quality::default() });
    assert_eq!(network.send(0, 1, 2, 10).fate.lost, Some(Lost::Chance));
    network.set_quality(3, Quality { loss: Some(0), ..Quality::default() });
    assert_eq!(network.send(0, 1, 2, 10).fate.arrival, Some(3));
    network.clear_quality(3);
    assert_eq!(network.send(0, 1, 2, 10).fate.lost, Some(Lost::Chance));
    network.clear_quality(1);
    assert_eq!(network.send(0, 1, 2, 10).fate.arrival, Some(3));
    network.heal_all();
    assert!(network.send(0, 1, 2, 10).fate.arrival >= Some(100));
}

proptest! {
    #[test]
    fn an_in_order_link_never_reorders(
        seed: u64,
        steps in proptest::collection::vec(0_u64..400, 1..100),
        duplicate in 0_u32..=1_000_000,
    ) {
        let options = NetworkOptions { in_order: true, reorder: 500_000, duplicate, ..CALM };
        let mut network = Network::new(options, &Chance::new(seed));
        let mut now = 0;
        let mut last = 0;
        for step in steps {
            now += step;
            let fate = network.send(now, 1, 2, 10).fate;
            for at in fate.arrival.into_iter().chain(fate.copy) {
                prop_assert!(at > last && at >= now + 100);
                last = at;
            }
        }
    }

    #[test]
    fn no_loss_loses_none(seed: u64, reorder in 0_u32..=1_000_000) {
        let mut network =
            Network::new(NetworkOptions { reorder, ..CALM }, &Chance::new(seed));
        for fate in fates(&mut network, 0..200) {
            prop_assert_eq!(fate.lost, None);
            prop_assert!(fate.arrival.is_some());
        }
    }

    /// What shrinking relies on: without the fault, all that it did not touch stays as it was.
    #[test]
    fn a_cut_moves_no_luck_but_its_own(
        seed: u64,
        sends in proptest::collection::vec((1_u64..5, 1_u64..5), 1..120),
        cut in (1_u64..5, 1_u64..5),
        healed_after in 0_usize..120,
    ) {
        let options = NetworkOptions { loss: 200_000, duplicate: 200_000, reorder: 200_000, ..CALM };
        let chance = Chance::new(seed);
        let [mut whole, mut broken] = [(); 2].map(|()| Network::new(options, &chance));
        broken.cut(1, [cut]);
        for (number, &(from, to)) in sends.iter().enumerate() {
            if number == healed_after {
                broken.heal(1);
            }
            let now = number as u64 * 10;
            let [expected, sent] = [&mut whole, &mut broken].map(|net| net.send(now, from, to, 9));
            if (from, to) == cut && number < healed_after {
                prop_assert_eq!(sent.fate.lost, Some(Lost::Cut(1)));
            } else {
                prop_assert_eq!(sent, expected);
            }
        }
    }
}
