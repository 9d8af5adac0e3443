//! Clocks, ticks, pauses and links, seen by a system that sends what it takes for the time.

use trace::{DropReason, Event, Kind};

use crate::watch::{TICK, clock_of, watch};

const MS: u64 = 1_000_000;

/// Within the fault's second, 1 s to 1.5 s, less what borders it.
fn during(times: &[(u64, u64)]) -> Vec<(u64, u64)> {
    times.iter().copied().filter(|(at, _)| (1_020 * MS..1_480 * MS).contains(at)).collect()
}

#[test]
fn a_clock_is_true_without_a_fault() {
    let times = clock_of(&watch(""), 2);
    assert!((195..=200).contains(&times.len()), "{}", times.len());
    assert!(times.iter().all(|(at, shown)| at == shown));
}

#[test]
fn a_drifting_clock_shows_another_time_and_ticks_at_its_rate() {
    for (way, rate) in [("ahead", 1_500_000), ("behind", 500_000)] {
        let drift = format!(
            "[[fault]]\ndrift = {{ at = '1s', for = '500ms', node = 'n2', rate = 0.5, \
             direction = '{way}' }}"
        );
        let events = watch(&drift);
        let times = during(&clock_of(&events, 2));
        let ticks = 460 * MS * rate / 1_000_000 / TICK;
        assert!(times.len().abs_diff(ticks as usize) <= 2, "{way}: {} of {ticks}", times.len());
        for (at, shown) in times {
            assert_eq!(shown, 1_000 * MS + (at - 1_000 * MS) * rate / 1_000_000, "{way}");
        }
        let all = clock_of(&events, 2);
        let [after, last] = [all[all.len() - 40], all[all.len() - 1]];
        assert_eq!(last.1 - after.1, last.0 - after.0, "{way}: true again, what it gained stays");
        assert_ne!(last.0, last.1, "{way}");
        assert!(clock_of(&events, 3).iter().all(|(at, shown)| at == shown), "only n2");
    }
}

#[test]
fn a_clock_jumps_ahead_and_back() {
    for (way, by) in [("ahead", 300_i64), ("behind", -300)] {
        let jump = format!(
            "[[fault]]\njump = {{ at = '1s', node = 'n2', by = '300ms', direction = '{way}' }}"
        );
        for (at, shown) in clock_of(&watch(&jump), 2) {
            let gained = if at > 1_000 * MS { by * 1_000_000 } else { 0 };
            if at != 1_000 * MS {
                assert_eq!(shown, at.saturating_add_signed(gained), "{way} at {at}");
            }
        }
    }
}

#[test]
fn stalled_ticks_do_not_come() {
    let stall = "[[fault]]\ntick-stall = { at = '1s', for = '500ms', node = 'n2' }";
    let events = watch(stall);
    let times = clock_of(&events, 2);
    assert_eq!(during(&times), [], "n2 does not tick");
    assert!(times.iter().any(|(at, _)| *at > 1_500 * MS), "n2 ticks again");
    assert_eq!(during(&clock_of(&events, 3)).len(), 46, "n3 ticks all the time");
}

#[test]
fn a_paused_node_does_nothing_until_it_goes_on() {
    let events = watch("[[fault]]\npause = { at = '1s', for = '500ms', node = 'n1' }");
    let times = clock_of(&events, 1);
    assert_eq!(during(&times), [], "n1 does nothing");
    let first = times.iter().find(|(at, _)| *at > 1_480 * MS).expect("n1 goes on");
    assert_eq!(*first, (1_500 * MS, 1_500 * MS), "the tick that waited comes at once");
    let took = events.iter().filter(|event| {
        (1_020 * MS..1_480 * MS).contains(&event.at)
            && matches!(event.kind, Kind::Receive { message, .. } if message.to == 1)
    });
    assert!(took.count() > 80, "its mailbox takes messages meanwhile");
}

#[test]
fn a_paused_node_has_a_full_mailbox() {
    let lines = "[net]\nmailbox = 10\n[[fault]]\npause = { at = '1s', for = '500ms', node = 'n1' }";
    let events = watch(lines);
    let dropped: Vec<_> = drops(&events, DropReason::Queue).collect();
    assert!((80..=95).contains(&dropped.len()), "{} of about 90", dropped.len());
    assert!(dropped.iter().all(|(at, to)| *to == 1 && *at > 1_000 * MS && *at < 1_500 * MS));
}

/// When messages were dropped for this reason, and whose they were.
fn drops(events: &[Event], wanted: DropReason) -> impl Iterator<Item = (u64, u64)> + '_ {
    events.iter().filter_map(move |event| match &event.kind {
        Kind::Drop { message, why, .. } if *why == wanted => Some((event.at, message.to)),
        _ => None,
    })
}

#[test]
fn a_clogged_link_bursts() {
    let clog = "[[fault]]\nclog = { at = '1s', for = '500ms', groups = [['n1'], ['n2', 'n3']] }";
    let events = watch(clog);
    let at = |from: u64, to: u64| {
        let received = events.iter().filter(|event| {
            (from..to).contains(&event.at)
                && matches!(event.kind, Kind::Receive { message, .. } if message.from == 2)
        });
        received.count()
    };
    assert_eq!(at(1_020 * MS, 1_500 * MS), 0, "the link holds all");
    assert!(at(1_500 * MS, 1_500 * MS + 1) >= 48, "and releases all at once");
    assert_eq!(drops(&events, DropReason::Partition).count(), 0, "nothing is lost");
}

#[test]
fn a_flapping_partition_comes_and_goes() {
    let flap = "[[fault]]\nflap = { at = '1s', for = '500ms', period = '50ms', \
                groups = [['n1'], ['n2', 'n3']] }";
    let events = watch(flap);
    let phases: std::collections::BTreeSet<u64> = drops(&events, DropReason::Partition)
        .map(|(at, _)| (at - 1_000 * MS) / (50 * MS))
        .collect();
    assert_eq!(phases.into_iter().collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
}

#[test]
fn one_way_cuts_one_directed_link() {
    let events = watch("[[fault]]\npartition = { at = '1s', for = '900ms', shape = 'one-way' }");
    let detail = events.iter().find_map(|event| match &event.kind {
        Kind::FaultStart { detail, .. } => Some(detail.to_string()),
        _ => None,
    });
    let detail = detail.expect("it starts");
    let links: std::collections::BTreeSet<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Drop { message, why: DropReason::Partition, .. } => {
                Some(format!("n{} does not hear n{}", message.to, message.from))
            }
            _ => None,
        })
        .collect();
    // Of the six links the watchers use four.
    assert!(links.iter().all(|link| *link == detail), "{detail}: {links:?}");
}

#[test]
fn flipped_bits_are_refused_by_the_checksum() {
    let events = watch("[net]\ncorrupt = 0.2");
    let corrupted = count(&events, |kind| matches!(kind, Kind::Corrupt { .. }));
    assert!((80..=160).contains(&corrupted), "{corrupted} of 600 at a fifth");
    let refused = drops(&events, DropReason::Corrupt).count();
    assert!(corrupted.abs_diff(refused) <= 5, "{refused} of {corrupted}; some are on their way");
    for event in &events {
        let Kind::Corrupt { message, .. } = event.kind else { continue };
        let taken = |kind: &Kind| matches!(kind, Kind::Receive { message: m, .. } if *m == message);
        assert_eq!(count(&events, taken), 0, "{message:?} was damaged and taken");
    }
}

#[test]
fn without_a_checksum_damaged_messages_reach_nodes() {
    let events = watch("[net]\ncorrupt = 0.2\nchecksum = false");
    let taken = events.iter().filter(|event| {
        let Kind::Corrupt { message, .. } = event.kind else { return false };
        let taken = |kind: &Kind| matches!(kind, Kind::Receive { message: m, .. } if *m == message);
        count(&events, taken) == 1
    });
    // Any eight bytes are a number to a watcher.
    assert!(taken.count() > 70);
    assert_eq!(drops(&events, DropReason::Corrupt).count(), 0);
}

fn count(events: &[Event], wanted: impl Fn(&Kind) -> bool) -> usize {
    events.iter().filter(|event| wanted(&event.kind)).count()
}
